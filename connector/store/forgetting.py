"""What goes when a person is forgotten. Every function works within the caller's transaction."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.dialects.postgresql import insert

from adapters.records import RecordRef
from connector.store.engine import reading
from connector.store.match_index import remove_profiles
from connector.store.people import IdentityKey
from connector.store.schema import record

_PAGE: Final = 1_000

_THESE: Final = "unnest(:connections ::text[], :objects ::text[], :records ::text[]) AS these(connection, object, record_id)"
_SAME: Final = "(t.connection, t.object, t.record_id) = (these.connection, these.object, these.record_id)"


def _arrays(refs: Iterable[RecordRef]) -> Mapping[str, list[str]]:
    rows = sorted(refs)
    return {"connections": [r.connection for r in rows], "objects": [r.object for r in rows], "records": [r.id for r in rows]}


# --- who and what


def records_of(connection: Connection, people: Sequence[str]) -> frozenset[RecordRef]:
    """Every record of these persons, whatever its state."""
    query = text("SELECT connection, object, record_id FROM record WHERE person_id = ANY(CAST(:people AS uuid[]))")
    return frozenset(RecordRef(*row) for row in connection.execute(query, {"people": list(people)}))


def people_of(connection: Connection, refs: Iterable[RecordRef]) -> frozenset[str]:
    """The persons behind records."""
    query = text(f"SELECT DISTINCT t.person_id FROM record t JOIN {_THESE} ON {_SAME} WHERE t.person_id IS NOT NULL")  # noqa: S608
    return frozenset(str(id_) for id_ in connection.execute(query, _arrays(refs)).scalars())


def keys_held(connection: Connection, people: Sequence[str]) -> frozenset[IdentityKey]:
    """The exact keys by which these persons are known."""
    query = text("SELECT kind, digest FROM identity_key WHERE person_id = ANY(CAST(:people AS uuid[]))")
    return frozenset(IdentityKey(row.kind, bytes(row.digest)) for row in connection.execute(query, {"people": list(people)}))


def take_sealing_keys(connection: Connection, refs: Iterable[RecordRef]) -> Mapping[RecordRef, bytes]:
    """Destroys sealing keys, and returns them wrapped, one last time."""
    gone = text(f"DELETE FROM record_key t USING {_THESE} WHERE {_SAME} RETURNING t.connection, t.object, t.record_id, t.wrapped")  # noqa: S608
    return {RecordRef(*row[:3]): row.wrapped for row in connection.execute(gone, _arrays(refs))}


# --- bodies


@dataclass(frozen=True, slots=True)
class Body:
    """A stored body; `id` counts within its own table."""

    id: int
    connection: str
    kind: str
    """Of the connection."""
    body: bytes


def delivery_bodies(connection: Connection, names: Sequence[str], after: int = 0) -> Iterator[Body]:
    """Every delivery of some connections that still has a body, from `after` on."""
    return _bodies(connection, "delivery", names, after)


def letter_bodies(connection: Connection, names: Sequence[str]) -> Iterator[Body]:
    """Every dead letter of some connections that has a body."""
    return _bodies(connection, "dead_letter", names, 0)


def _bodies(connection: Connection, table: str, names: Sequence[str], after: int) -> Iterator[Body]:
    query = text(f"""
        SELECT t.id, t.connection, c.kind, t.body FROM {table} t JOIN connection c ON c.name = t.connection
        WHERE t.connection = ANY(:names) AND t.id > :after AND t.body <> '' ORDER BY t.id LIMIT {_PAGE}
    """)  # noqa: S608 - one of two names of ours
    while rows := connection.execute(query, {"names": list(names), "after": after}).all():
        yield from (Body(*row) for row in rows)
        after = rows[-1].id


def blank_deliveries(connection: Connection, ids: Sequence[int]) -> int:
    """Empties the bodies of opened deliveries; the rows stay, so that the same request again is still known.

    Waits for whoever is opening one of them. Those still unopened are emptied by who opens them.
    """
    values = {"ids": sorted(ids)}
    connection.execute(text("SELECT id FROM delivery WHERE id = ANY(:ids) ORDER BY id FOR UPDATE"), values)
    empty = text("UPDATE delivery SET body = '' WHERE id = ANY(:ids) AND opened_at IS NOT NULL")
    return connection.execute(empty, values).rowcount


def settle_letters(connection: Connection, ids: Sequence[int], refs: Iterable[RecordRef]) -> int:
    """Empties and settles dead letters, by id or by the record they are about."""
    settled = text(f"""
        UPDATE dead_letter d SET body = NULL, settled_at = COALESCE(d.settled_at, clock_timestamp()),
            settled_how = COALESCE(d.settled_how, 'forgotten')
        WHERE (d.id = ANY(:ids) AND d.body IS NOT NULL) OR (d.settled_at IS NULL AND EXISTS (
            SELECT 1 FROM {_THESE} WHERE these.connection = d.connection
            AND d.reference = these.object || '/' || these.record_id))
    """)  # noqa: S608 - a constant
    return connection.execute(settled, {"ids": list(ids), **_arrays(refs)}).rowcount


# --- rows


_WORK: Final = ("due", "event", "outbox", "effect", "indexed_record", "birth", "touch")


def drop_work(connection: Connection, refs: Iterable[RecordRef]) -> None:
    """Nothing is due, under way, indexed or to be written any more. Whoever holds a claim on these records commits nothing."""
    refs = tuple(refs)
    values = _arrays(refs)
    for table in _WORK:
        connection.execute(text(f"DELETE FROM {table} t USING {_THESE} WHERE {_SAME}"), values)  # noqa: S608 - names of ours
    remove_profiles(connection, refs)


def blank_records(connection: Connection, refs: Sequence[RecordRef]) -> None:
    """Records keep their ids and the name of their packet, and nothing that says anything about a person."""
    rows = [{"connection": r.connection, "object": r.object, "record_id": r.id, "state": "forgotten"} for r in sorted(refs)]
    blank: dict[str, object] = {
        "person_id": None,
        "input_hash": None,
        "desired": {},
        "written": {},
        "written_owner": None,
        "owner_seen": None,
        "source": "",
    }
    put = insert(record).on_conflict_do_update(
        index_elements=[record.c.connection, record.c.object, record.c.record_id], set_={**blank, "state": "forgotten"}
    )
    if rows:
        connection.execute(put, rows)


def mark_forgetting(connection: Connection, refs: Sequence[RecordRef]) -> None:
    """Says that these are to be forgotten; nothing is decided about them from here on."""
    rows = [{"connection": r.connection, "object": r.object, "record_id": r.id, "state": "forgetting"} for r in sorted(set(refs))]
    put = insert(record).on_conflict_do_update(
        index_elements=[record.c.connection, record.c.object, record.c.record_id],
        set_={"state": "forgetting"},
        where=record.c.state != "forgotten",
    )
    if rows:
        connection.execute(put, rows)


def to_forget(engine: Engine, name: str) -> Sequence[RecordRef]:
    """Records of a connection that were marked and not yet forgotten."""
    query = select(record.c.connection, record.c.object, record.c.record_id).where(
        record.c.connection == name, record.c.state == "forgetting"
    )
    with reading(engine) as connection:
        return [RecordRef(*row) for row in connection.execute(query)]


_FORGOTTEN = text(f"""
    SELECT t.connection, t.object, t.record_id FROM record t JOIN {_THESE} ON {_SAME} WHERE t.state = 'forgotten'
""")  # noqa: S608 - a constant


def forgotten_among(connection: Connection, refs: Iterable[RecordRef]) -> frozenset[RecordRef]:
    """Those of `refs` that were forgotten, and stay so."""
    return frozenset(RecordRef(*row) for row in connection.execute(_FORGOTTEN, _arrays(refs)))
