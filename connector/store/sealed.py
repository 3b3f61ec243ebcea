"""Everything sealed under LEADLINE_SECRET_KEYS, for whoever moves it to another key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, text

from adapters.records import RecordRef
from connector.store.engine import reading
from connector.vault import KEY_ID_BYTES

TEXTS: Final[Mapping[str, str]] = {"connection": "name", "token": "connection"}
"""Tables with a column `sealed` that holds a text, and the column that names the row."""


@dataclass(frozen=True, slots=True)
class SealedText:
    table: str
    name: str
    sealed: bytes


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
