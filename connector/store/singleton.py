"""One at a time: one drain and one deliverer per connection, one clock.

A PostgreSQL session lock, so that it ends with its holder: a killed process loses its session at once and the next one goes
on within seconds; no lease has to run out. What a holder commits is guarded besides: records by their claim's token, writes by
`outbox.sent_at`. Needs session pooling if a pooler such as pgbouncer stands in between.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from connector.store.engine import reading


@contextmanager
def only_one(engine: Engine, name: str) -> Iterator[bool]:
    """True for the one process that holds `name` for the length of the block; False for everyone else, at once."""
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
    with reading(engine) as plain:
        session = plain.execution_options(isolation_level="AUTOCOMMIT")
        mine = bool(session.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}).scalar_one())
        try:
            yield mine
        finally:
            if mine:
                _unlock(session.execute, key)


def _unlock(execute: object, key: int) -> None:
    """A session that was lost has given up its lock already."""
    try:
        execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key})  # type: ignore[operator]
    except DBAPIError:
        return
