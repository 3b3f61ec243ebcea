"""How things stand, for whoever looks after this installation: processes alive, what waits and since when, what was written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, text

from connector.store.engine import reading

_BEAT = text("""
    INSERT INTO heartbeat (process) VALUES (:process) ON CONFLICT (process) DO UPDATE SET at = clock_timestamp()
""")


def note_heartbeat(connection: Connection, process: str) -> None:
    connection.execute(_BEAT, {"process": process})


def heartbeat_ages(engine: Engine) -> Mapping[str, float]:
    """Seconds since the last sign of life, by process: `clock`, `worker`. Who never gave one is missing."""
    query = text("SELECT process, EXTRACT(EPOCH FROM clock_timestamp() - at) AS age FROM heartbeat")
    with reading(engine) as connection:
        return {row.process: float(row.age) for row in connection.execute(query)}


def database_now(engine: Engine) -> datetime:
    with reading(engine) as connection:
        found: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    return found


@dataclass(frozen=True, slots=True)
class Waiting:
    """What of one connection waits, and for how many seconds the oldest has been free to go."""

    unopened: int
    unopened_age: float
    due: int
    due_age: float
    writes: int
    write_age: float
    letters: int
    """Dead letters that nobody has settled."""


_WAITING = text("""
    SELECT
        (SELECT count(*) FROM delivery WHERE connection = :name AND opened_at IS NULL) AS unopened,
        (SELECT EXTRACT(EPOCH FROM clock_timestamp() - min(received_at)) FROM delivery
            WHERE connection = :name AND opened_at IS NULL) AS unopened_age,
        (SELECT count(*) FROM due WHERE connection = :name) AS due,
        (SELECT EXTRACT(EPOCH FROM clock_timestamp() - min(not_before)) FROM due WHERE connection = :name) AS due_age,
        (SELECT count(*) FROM outbox WHERE connection = :name) AS writes,
        (SELECT EXTRACT(EPOCH FROM clock_timestamp() - min(not_before)) FROM outbox WHERE connection = :name) AS write_age,
        (SELECT count(*) FROM dead_letter WHERE connection = :name AND settled_at IS NULL) AS letters
""")


def waiting_of(engine: Engine, name: str) -> Waiting:
    with reading(engine) as connection:
        row = connection.execute(_WAITING, {"name": name}).one()
    ages = (float(age or 0.0) for age in (row.unopened_age, row.due_age, row.write_age))
    unopened_age, due_age, write_age = ages
    return Waiting(row.unopened, unopened_age, row.due, due_age, row.writes, write_age, row.letters)


def last_written(engine: Engine, name: str) -> datetime | None:
    """When a record of this connection was last written, or found to need nothing."""
    query = text("SELECT max(written_at) FROM record WHERE connection = :name")
    with reading(engine) as connection:
        found: datetime | None = connection.execute(query, {"name": name}).scalar_one()
    return found


@dataclass(frozen=True, slots=True)
class WrittenField:
    """One field of one object, as our receipts of a span have it."""

    object: str
    field: str
    records: int
    """Records in which we wrote it, each counted once."""


_FIELDS = text("""
    WITH receipt AS (
        SELECT object, record_id, convert_from(body, 'UTF8')::jsonb AS body FROM document
        WHERE connection = :name AND kind = 'receipt' AND recorded_at > clock_timestamp() - make_interval(days => :days)
    )
    SELECT object, field, count(DISTINCT record_id) AS records
    FROM receipt, jsonb_array_elements_text(COALESCE(body -> 'fields', '[]')) AS field
    GROUP BY object, field ORDER BY object, field
""")

_TASKS = text("""
    SELECT count(*) FROM effect WHERE connection = :name AND made_at > clock_timestamp() - make_interval(days => :days)
""")


def fields_written(engine: Engine, name: str, days: int) -> tuple[WrittenField, ...]:
    """By object and field, from the chained receipts. What was written is sealed there; which field and record is not."""
    with reading(engine) as connection:
        rows = connection.execute(_FIELDS, {"name": name, "days": days}).all()
    return tuple(WrittenField(row.object, row.field, row.records) for row in rows)


def tasks_written(engine: Engine, name: str, days: int) -> int:
    with reading(engine) as connection:
        return int(connection.execute(_TASKS, {"name": name, "days": days}).scalar_one())


_KEPT = text("""
    SELECT 'delivery' AS what, count(*) AS rows, min(received_at) AS oldest FROM delivery WHERE connection = :name
    UNION ALL SELECT 'event', count(*), min(opened_at) FROM event WHERE connection = :name
    UNION ALL SELECT 'document', count(*), min(recorded_at) FROM document WHERE connection = :name
    UNION ALL SELECT 'record_key', count(*), NULL FROM record_key WHERE connection = :name
    UNION ALL SELECT 'record', count(*), NULL FROM record WHERE connection = :name
    UNION ALL SELECT 'dead_letter', count(*), min(created_at) FROM dead_letter WHERE connection = :name AND settled_at IS NULL
    UNION ALL SELECT 'outbox', count(*), min(created_at) FROM outbox WHERE connection = :name
""")


def kept(engine: Engine, name: str) -> Mapping[str, tuple[int, datetime | None]]:
    """By table, how many rows there are of a connection, and since when the oldest."""
    with reading(engine) as connection:
        return {row.what: (row.rows, row.oldest) for row in connection.execute(_KEPT, {"name": name})}
