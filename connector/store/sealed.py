"""Everything sealed under LEADLINE_SECRET_KEYS, for whoever moves it to another key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, text

from adapters.records import RecordRef
from connector.store.engine import reading
from connector.vault import BODY_MARK, KEY_ID_BYTES

TEXTS: Final[Mapping[str, str]] = {"connection": "name", "token": "connection"}
"""Tables with a column `sealed` that holds a text, and the column that names the row."""


@dataclass(frozen=True, slots=True)
class SealedText:
    table: str
    name: str
    sealed: bytes


BODIES: Final = ("delivery", "dead_letter")
"""Tables with a column `body` that holds a delivery."""


@dataclass(frozen=True, slots=True)
class SealedBody:
    table: str
    id: int
    connection: str
    body: bytes


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """The key of one CRM record, wrapped."""

    ref: RecordRef
    wrapped: bytes


def sealed_texts(engine: Engine) -> Sequence[SealedText]:
    found = []
    with reading(engine) as connection:
        for table, column in TEXTS.items():
            rows = connection.execute(text(f"SELECT {column} AS name, sealed FROM {table} ORDER BY 1"))  # noqa: S608 - constants
            found += [SealedText(table, row.name, bytes(row.sealed)) for row in rows]
    return found


def replace_text(connection: Connection, old: SealedText, sealed: bytes) -> bool:
    """Unless somebody has sealed something newer there meanwhile."""
    statement = f"UPDATE {old.table} SET sealed = :new WHERE {TEXTS[old.table]} = :name AND sealed = :old"  # noqa: S608
    return connection.execute(text(statement), {"new": sealed, "name": old.name, "old": old.sealed}).rowcount == 1


_PAGE = text(f"""
    SELECT connection, object, record_id, wrapped FROM record_key
    WHERE (connection, object, record_id) > (:connection, :object, :record)
        AND substring(wrapped FROM 1 FOR {KEY_ID_BYTES}) <> :newest
    ORDER BY connection, object, record_id LIMIT :limit
""")  # noqa: S608 - a constant


def wrapped_page(engine: Engine, after: RecordRef | None, newest: str, limit: int) -> Sequence[WrappedKey]:
    """Record keys that are not under the newest key, in the order of their records, after `after`.

    Args:
        newest: key id, in hexadecimal.
    """
    start = {"connection": after.connection, "object": after.object, "record": after.id} if after else _BEGINNING
    with reading(engine) as connection:
        rows = connection.execute(_PAGE, {**start, "newest": bytes.fromhex(newest), "limit": limit}).all()
    return [WrappedKey(RecordRef(row.connection, row.object, row.record_id), bytes(row.wrapped)) for row in rows]


_BEGINNING: Final = {"connection": "", "object": "", "record": ""}

_REPLACE = text("""
    UPDATE record_key k SET wrapped = n.new
    FROM unnest(:connections ::text[], :objects ::text[], :records ::text[], :olds ::bytea[], :news ::bytea[])
        AS n(connection, object, record_id, old, new)
    WHERE (k.connection, k.object, k.record_id) = (n.connection, n.object, n.record_id) AND k.wrapped = n.old
""")


def replace_wrapped(connection: Connection, moved: Sequence[tuple[WrappedKey, bytes]]) -> int:
    """How many were replaced: a key that was destroyed meanwhile stays destroyed."""
    if not moved:
        return 0
    columns = {
        "connections": [old.ref.connection for old, _ in moved],
        "objects": [old.ref.object for old, _ in moved],
        "records": [old.ref.id for old, _ in moved],
        "olds": [old.wrapped for old, _ in moved],
        "news": [new for _, new in moved],
    }
    return connection.execute(_REPLACE, columns).rowcount


def wrapped_counts(engine: Engine) -> Mapping[str, int]:
    """Record keys by the id of the key that wraps them."""
    query = text(f"SELECT substring(wrapped FROM 1 FOR {KEY_ID_BYTES}) AS id, count(*) AS n FROM record_key GROUP BY 1")  # noqa: S608
    with reading(engine) as connection:
        return {bytes(row.id).hex(): row.n for row in connection.execute(query)}


def bodies_page(engine: Engine, table: str, after: int, newest: str, limit: int) -> Sequence[SealedBody]:
    """Bodies of one of `BODIES` that are not under the newest key, in the order of their ids, after `after`.

    Args:
        newest: key id, in hexadecimal.
    """
    query = text(f"""
        SELECT id, connection, body FROM {table} WHERE id > :after AND body <> ''
            AND substring(body FROM 1 FOR {len(BODY_MARK) + KEY_ID_BYTES}) <> :newest ORDER BY id LIMIT :limit
    """)  # noqa: S608 - constants
    values = {"after": after, "newest": BODY_MARK + bytes.fromhex(newest), "limit": limit}
    with reading(engine) as connection:
        return [SealedBody(table, row.id, row.connection, bytes(row.body)) for row in connection.execute(query, values)]


def replace_bodies(connection: Connection, moved: Sequence[tuple[SealedBody, bytes]]) -> int:
    """How many were replaced: one that was emptied meanwhile stays empty. All are of one table."""
    if not moved:
        return 0
    query = text(f"""
        UPDATE {moved[0][0].table} t SET body = n.new
        FROM unnest(:ids ::bigint[], :olds ::bytea[], :news ::bytea[]) AS n(id, old, new)
        WHERE t.id = n.id AND t.body = n.old
    """)  # noqa: S608 - a constant
    values = {"ids": [old.id for old, _ in moved], "olds": [old.body for old, _ in moved], "news": [new for _, new in moved]}
    return connection.execute(query, values).rowcount


def body_counts(engine: Engine) -> Mapping[str, int]:
    """Deliveries and dead letters by the id of the key that seals them."""
    found: dict[str, int] = {}
    for table in BODIES:
        query = text(f"""
            SELECT substring(body FROM {len(BODY_MARK) + 1} FOR {KEY_ID_BYTES}) AS id, count(*) AS n FROM {table}
            WHERE substring(body FROM 1 FOR {len(BODY_MARK)}) = :mark GROUP BY 1
        """)  # noqa: S608 - constants
        with reading(engine) as connection:
            for row in connection.execute(query, {"mark": BODY_MARK}):
                id_ = bytes(row.id).hex()
                found[id_] = found.get(id_, 0) + row.n
    return found
