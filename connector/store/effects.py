"""Tasks: made once, under a key of ours, whoever died in between and whichever CRM asks for it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, text

from adapters.records import RecordRef
from connector.store.engine import reading


@dataclass(frozen=True, slots=True)
class Effect:
    """A task that was made, or whose making was begun."""

    key: str
    ref: RecordRef
    """The record for which it was begun: another one of the same person may want it too."""
    vendor_id: str | None
    sent_at: datetime | None
    unanswered_for: float | None
    """Seconds since its making was begun; None once it is made."""


_COLUMNS = "key, connection, object, record_id, vendor_id, sent_at, EXTRACT(EPOCH FROM clock_timestamp() - sent_at) AS seconds"

_BY_KEY = text(f"SELECT {_COLUMNS} FROM effect WHERE key = ANY(:keys)")  # noqa: S608 - a constant

_LEFT_BEHIND = text(f"""
    SELECT {_COLUMNS} FROM effect
    WHERE connection = :connection AND made_at IS NULL AND sent_at < clock_timestamp() - make_interval(secs => :settle)
        AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.task ->> 'key' = effect.key)
    LIMIT 100
""")  # noqa: S608 - a constant


def effects_by_key(engine: Engine, keys: Iterable[str]) -> Mapping[str, Effect]:
    with reading(engine) as connection:
        return {row.key: _effect(row) for row in connection.execute(_BY_KEY, {"keys": list(keys)})}


def effects_left_behind(engine: Engine, name: str, settle: float) -> Sequence[Effect]:
    """Tasks begun for a decision that another has replaced since: nobody waits for them, and they may exist."""
    with reading(engine) as connection:
        return [_effect(row) for row in connection.execute(_LEFT_BEHIND, {"connection": name, "settle": settle})]


def _effect(row: Row[Any]) -> Effect:
    ref = RecordRef(row.connection, row.object, row.record_id)
    return Effect(row.key, ref, row.vendor_id, row.sent_at, None if row.seconds is None else float(row.seconds))


_BEGIN = text("""
    INSERT INTO effect (key, connection, object, record_id, sent_at)
    SELECT *, clock_timestamp() FROM unnest(:keys ::text[], :connections ::text[], :objects ::text[], :records ::text[])
    ON CONFLICT (key) DO NOTHING RETURNING key
""")


def begin_making(connection: Connection, tasks: Sequence[tuple[str, RecordRef]]) -> frozenset[str]:
    """Says, before the call, that these tasks are being made. Returns those that nobody else has begun or made."""
    rows = sorted(tasks)
    values = {
        "keys": [key for key, _ in rows],
        "connections": [ref.connection for _, ref in rows],
        "objects": [ref.object for _, ref in rows],
        "records": [ref.id for _, ref in rows],
    }
    return frozenset(connection.execute(_BEGIN, values).scalars())


def mark_made(connection: Connection, made: Mapping[str, str]) -> None:
    """Remembers the vendor's id of each task."""
    query = text("UPDATE effect SET vendor_id = :id, sent_at = NULL, made_at = clock_timestamp() WHERE key = :key")
    if made:
        connection.execute(query, [{"key": key, "id": id_} for key, id_ in sorted(made.items())])


def unmark_making(connection: Connection, keys: Iterable[str]) -> None:
    """The vendor said that these, which we had begun, were not made: they may be made again."""
    connection.execute(text("DELETE FROM effect WHERE key = ANY(:keys) AND made_at IS NULL"), {"keys": sorted(keys)})


_GIVE_UP = text("""
    DELETE FROM effect USING unnest(:keys ::text[], :moments ::timestamptz[]) AS seen(key, sent_at)
    WHERE effect.key = seen.key AND effect.sent_at = seen.sent_at AND made_at IS NULL
""")


def give_up_making(connection: Connection, effects: Sequence[Effect]) -> None:
    """They were looked for and do not exist. Whoever has begun anew since they were read is left alone."""
    if effects:
        connection.execute(_GIVE_UP, {"keys": [one.key for one in effects], "moments": [one.sent_at for one in effects]})
