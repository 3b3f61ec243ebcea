"""The way to PostgreSQL: one engine per process, short timeouts, and a transaction that is tried again when that is safe.

Everything above the store takes its types from here; what PostgreSQL's driver raises ends here.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg.types.array import ListBinaryDumper
from sqlalchemy import Connection as Session
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

__all__ = [
    "Engine",
    "Session",
    "StoreFullError",
    "StoreRefusedError",
    "StoreUnavailableError",
    "answers",
    "open_engine",
    "reading",
    "session_limits",
    "transact",
    "writing",
]

T = TypeVar("T")

_RERUN = {"40001", "40P01", "55P03"}  # serialization failure, deadlock, lock not available
_FULL = "53100"
_TRIES = 5


class StoreUnavailableError(RuntimeError):
    """PostgreSQL does not answer. Nothing was changed; the same work may be done again."""


class StoreFullError(StoreUnavailableError):
    """PostgreSQL has no room left. Nothing was changed; the same work may be done again once there is some."""


class StoreRefusedError(RuntimeError):
    """PostgreSQL refuses what was asked, and will again: something in it is wrong. Names the kind of refusal, no values."""


def open_engine(url: str, *, size: int = 8, statement_ms: int = 20_000, lock_ms: int = 8_000) -> Engine:
    """An engine whose sessions give up before any lease ends."""
    engine = create_engine(
        _with_driver(url),
        pool_size=size,
        max_overflow=size,
        pool_timeout=1,
        connect_args=session_limits(statement_ms=statement_ms, lock_ms=lock_ms),
    )
    event.listen(engine, "connect", _tune)
    return engine


def session_limits(*, statement_ms: int = 20_000, lock_ms: int = 8_000) -> dict[str, Any]:
    """What the driver is told when it connects: to give up before any lease ends."""
    limits = {"statement_timeout": statement_ms, "lock_timeout": lock_ms, "idle_in_transaction_session_timeout": 30_000}
    options = " ".join(f"-c {name}={value}" for name, value in {**limits, "timezone": "UTC"}.items())
    return {"connect_timeout": 2, "options": options}


def _with_driver(url: str) -> str:
    for scheme in ("postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url


def _tune(session: psycopg.Connection, _record: object) -> None:
    session.prepare_threshold = 3  # a plan on the server from the third use on
    session.adapters.register_dumper(list, ListBinaryDumper)  # a batch's columns; as text every element goes through a regex


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session for one or a few reads.

    Raises:
        StoreUnavailableError: the database is not there.
    """
    try:
        with engine.connect() as session:
            yield session
    except (OperationalError, InterfaceError, PoolTimeoutError) as error:
        raise _unavailable(error) from error


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """One transaction that is never run again: for what must not be done twice.

    Raises:
        StoreUnavailableError: the database is not there; whether this was committed is not known.
    """
    try:
        with engine.begin() as session:
            yield session
    except (OperationalError, InterfaceError, PoolTimeoutError) as error:
        raise _unavailable(error) from error


def answers(engine: Engine) -> bool:
    try:
        with reading(engine) as session:
            session.execute(text("SELECT 1"))
    except StoreUnavailableError:
        return False
    return True


def transact(engine: Engine, work: Callable[[Session], T]) -> T:
    """Runs `work` in one transaction; runs it again from the top after a deadlock, a serialization failure or a lost session.

    `work` must be repeatable: all it changes, it changes through the session it is given.

    Raises:
        StoreUnavailableError: the database is not there.
        StoreRefusedError: the database refuses the work itself.
    """
    for attempt in range(1, _TRIES + 1):
        try:
            with engine.begin() as session:
                return work(session)
        except DBAPIError as error:
            if attempt < _TRIES and _worth_another_try(error, attempt):
                continue
            if isinstance(error, OperationalError | InterfaceError):
                raise _unavailable(error) from error
            raise StoreRefusedError(f"The database refuses this: {type(error.orig).__name__}.") from error
        except PoolTimeoutError as error:
            raise StoreUnavailableError("The database has no session to spare; it is tried again later.") from error
    raise AssertionError("the loop above returns or raises")


def _unavailable(error: OperationalError | InterfaceError | PoolTimeoutError) -> StoreUnavailableError:
    if _state(error) == _FULL:
        return StoreFullError(
            "The database's disk is full, so nothing more was stored: make room there, and it goes on from here."
        )
    return StoreUnavailableError("The database does not answer; it is tried again later.")


def _state(error: object) -> str:
    """PostgreSQL's five letters; empty where there are none."""
    return str(getattr(getattr(error, "orig", None), "sqlstate", "") or "")


def _worth_another_try(error: DBAPIError, attempt: int) -> bool:
    """A session that died is replaced at once; a server that is down answers no faster for being asked again."""
    return _state(error) in _RERUN or (error.connection_invalidated and attempt <= 2)
