"""What a store must know that was put back from a backup: between the two moments effects happened that it does not remember."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, text

from connector.store.engine import reading


@dataclass(frozen=True, slots=True)
class Restored:
    """The hours that were lost."""

    as_of: datetime
    at: datetime

    def lost(self, moment: datetime) -> bool:
        """Whether what was done at that moment was done and forgotten; a CRM may have cut the moment to whole seconds."""
        return self.as_of.replace(microsecond=0) <= moment <= self.at


def last_restored(engine: Engine) -> Restored | None:
    query = text("SELECT as_of, at FROM restored ORDER BY at DESC LIMIT 1")
    with reading(engine) as session:
        row = session.execute(query).first()
    return Restored(row.as_of, row.at) if row else None


# What was read before is no ground to write on; a call that was under way then has long come to an end, and is read back.
_REREAD = text("UPDATE outbox SET before = NULL, not_before = clock_timestamp(), waits_for = ''")

# Each may have been made since: it is looked for before it is made.
_DOUBT_TASKS = text("""
    INSERT INTO effect (key, connection, object, record_id, sent_at)
    SELECT DISTINCT ON (task ->> 'key') task ->> 'key', connection, object, record_id, CAST(:as_of AS timestamptz)
    FROM outbox WHERE task IS NOT NULL ORDER BY task ->> 'key', id
    ON CONFLICT (key) DO NOTHING
""")

_FREE = (
    text("UPDATE due SET lease = NULL, not_before = clock_timestamp(), waits_for = ''"),
    text("UPDATE token SET expires_at = clock_timestamp()"),  # a newer one may have been granted since
    text("DELETE FROM breaker"),
    text("DELETE FROM throttle"),
    text("DELETE FROM heartbeat"),
)


def put_restored(session: Connection, as_of: datetime) -> Mapping[str, int]:
    """Makes an older state of the store fit to go on from; how many writes are read again first, and tasks looked for."""
    tasks = session.execute(_DOUBT_TASKS, {"as_of": as_of}).rowcount
    writes = session.execute(_REREAD).rowcount
    for statement in _FREE:
        session.execute(statement)
    session.execute(text("INSERT INTO restored (as_of) VALUES (:as_of)"), {"as_of": as_of})
    return {"writes": writes, "tasks": tasks}
