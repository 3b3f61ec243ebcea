"""Tasks: made once, under a key of ours, whoever died in between."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, text

from adapters.records import RecordRef
from connector.store.engine import reading


@dataclass(frozen=True, slots=True)
class Effect:
    key: str
    vendor_id: str | None
    unanswered_for: float | None


def effects_by_key(engine: Engine, keys: Iterable[str]) -> Mapping[str, Effect]:
    query = text("""
        SELECT key, vendor_id, EXTRACT(EPOCH FROM clock_timestamp() - sent_at) AS unanswered_for
        FROM effect WHERE key = ANY(:keys)
    """)
    with reading(engine) as connection:
        rows = connection.execute(query, {"keys": list(keys)}).all()
    return {r.key: Effect(r.key, r.vendor_id, None if r.unanswered_for is None else float(r.unanswered_for)) for r in rows}


def mark_making(connection: Connection, tasks: Sequence[tuple[str, RecordRef]]) -> None:
    """Says, before the call, that these tasks are being made."""
    query = text("""
        INSERT INTO effect (key, connection, object, record_id, sent_at)
        VALUES (:key, :connection, :object, :record_id, clock_timestamp())
        ON CONFLICT (key) DO UPDATE SET sent_at = clock_timestamp()
    """)
    rows = [{"key": k, "connection": r.connection, "object": r.object, "record_id": r.id} for k, r in sorted(tasks)]
    if rows:
        connection.execute(query, rows)


def mark_made(connection: Connection, made: Mapping[str, str]) -> None:
    """Remembers the vendor's id of each task."""
    query = text("UPDATE effect SET vendor_id = :id, sent_at = NULL, made_at = clock_timestamp() WHERE key = :key")
    if made:
        connection.execute(query, [{"key": key, "id": id_} for key, id_ in sorted(made.items())])


def unmark_making(connection: Connection, keys: Sequence[str]) -> None:
    """The vendor said that these were not made: they may be made again."""
    if keys:
        connection.execute(text("DELETE FROM effect WHERE key = ANY(:keys) AND made_at IS NULL"), {"keys": list(keys)})
