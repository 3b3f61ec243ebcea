"""The way to PostgreSQL: one engine per process, short timeouts, and a transaction that is tried again when that is safe."""

from collections.abc import Callable
from typing import TypeVar

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

T = TypeVar("T")

_RERUN = {"40001", "40P01", "55P03"}  # serialization failure, deadlock, lock not available
_TRIES = 5


class StoreUnavailableError(RuntimeError):
    """PostgreSQL does not answer. Nothing was changed; the same work may be done again."""


def open_engine(url: str, *, size: int = 8, statement_ms: int = 20_000, lock_ms: int = 8_000) -> Engine:
    """An engine whose sessions give up before any lease ends."""
    limits = {"statement_timeout": statement_ms, "lock_timeout": lock_ms, "idle_in_transaction_session_timeout": 30_000}
    options = " ".join(f"-c {name}={value}" for name, value in {**limits, "timezone": "UTC"}.items())
    engine = create_engine(
        _with_driver(url),
        pool_size=size,
        max_overflow=size,
        pool_timeout=1,
        connect_args={"connect_timeout": 2, "options": options},
    )
    event.listen(engine, "connect", _prepare_statements_early)
    return engine


def _with_driver(url: str) -> str:
    for scheme in ("postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url


def _prepare_statements_early(session: psycopg.Connection, _record: object) -> None:
    session.prepare_threshold = 3  # a plan on the server from the third use on


def transact(engine: Engine, work: Callable[[Connection], T]) -> T:
    """Runs `work` in one transaction; runs it again from the top after a deadlock, a serialization failure or a lost session.

    `work` must be repeatable: all it changes, it changes through the connection it is given.

    Raises:
        StoreUnavailableError: the database is not there.
    """
    for attempt in range(1, _TRIES + 1):
        try:
            with engine.begin() as connection:
                return work(connection)
        except (OperationalError, InterfaceError) as error:
            if attempt == _TRIES or not _worth_another_try(error, attempt):
                raise StoreUnavailableError("The database does not answer; it is tried again later.") from error
        except DBAPIError as error:
            if attempt == _TRIES or _state(error) not in _RERUN:
                raise
    raise AssertionError("the loop above returns or raises")


def _worth_another_try(error: DBAPIError, attempt: int) -> bool:
    """A session that died is replaced at once; a server that is down answers no faster for being asked again."""
    return _state(error) in _RERUN or (error.connection_invalidated and attempt <= 2)


def _state(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", "") or "")
