"""Sweep: what changed in a CRM is found by its own stamps, whatever webhooks told of it.

Each stream (records, activities, what was deleted) is read page by page from its mark on, less an overlap, and after each page
it is committed how far it got, with what the page brought: a killed sweep goes on from there. A changed record becomes an
arrival, just as by a webhook: it is read anew, and where nothing changed that matters it ends by its input hash. Our own clock
decides nothing: marks are stamps that the CRM gave.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from adapters.base import CRM
from adapters.errors import AdapterError, CallOperator, Refused, Retry
from adapters.records import RecordRef
from adapters.sweeping import Moved, Page, Stream
from connector.aside import LATE
from connector.patience import patiently
from connector.store.connections import CrmConnection
from connector.store.dues import NewEvent, add_events, make_due
from connector.store.engine import Session, transact
from connector.store.sweeps import StreamState, begin_streams, known_among, plan_sweep, put_page, refuse_stream, sweep_of
from connector.store.touches import put_touches
from connector.wiring import Services, utc_now

log = structlog.get_logger(__name__)

OVERLAP: Final = timedelta(minutes=15)
"""Read again each time: what was stamped before our mark and committed after it, and what search showed late. A transaction of
Salesforce lasts ten minutes at most."""

EARLY: Final = timedelta(minutes=1)
"""A stamp so near to the CRM's clock may be given twice: Salesforce keeps whole seconds. Such a record is looked at once more."""

FIRST_SECONDS: Final = 300.0
"""From connecting to the first sweep."""

BACK_SECONDS: Final = 3_600.0
"""Where nothing was read yet, it begins so long before the connection was made: two clocks need not agree."""

EVERY: Final = 300.0
EVERY_ALONE: Final = 60.0
"""Seconds between two sweeps, and where no webhook comes at all. An option of the connection, `sweep_seconds`, says otherwise."""

_SECONDS: Final = 60.0
"""After so long a worker is given back; the clock rings again, and it goes on where it stopped."""

_WORTH_WAITING: Final = 3.0
"""Seconds that one call is waited for; a CRM that asks for more is left to the next sweep."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What one run found."""

    seen: int = 0
    fresh: int = 0
    """Of these, changes and activities that no sweep had come upon before; a webhook may have told of them."""
    through: bool = False
    """Every stream that may be read was read to its end."""
    problem: str = ""
    refused: Sequence[str] = ()
    """Streams that the CRM does not let us read."""


def interval(crm: CrmConnection) -> float:
    """Seconds between two sweeps of a connection."""
    return float(crm.options.get("sweep_seconds") or (EVERY_ALONE if crm.sweep_only else EVERY))


def sweep_now(services: Services, crm: CrmConnection, adapter: CRM, *, seconds: float = _SECONDS) -> Swept:
    """One run over all streams, as long as the CRM answers and time is left. Whoever calls holds the connection's sweep lock.

    What goes wrong is the connection's state, to be read by `doctor`, and no error.
    """
    run = Sweep(services, crm, adapter, deadline=time.monotonic() + seconds)
    try:
        found = run.run()
    except AdapterError as error:
        found = replace(run.found, problem=str(error))
        services.failed(crm, error)
        log.warning("sweep failed", connection=crm.name, status=error.status, code=error.code, kind=type(error).__name__)
        wait = error.after if isinstance(error, Retry) else EVERY_ALONE
    else:
        services.answered(crm)
        wait = interval(crm) if found.through else 0.0
    problem = found.problem
    transact(services.engine, lambda session: plan_sweep(session, crm.name, wait, through=found.through, problem=problem))
    if found.fresh:
        services.ring("drain", crm.name)
    return found


@dataclass(slots=True)
class Sweep:
    """One run."""

    services: Services
    crm: CrmConnection
    adapter: CRM
    deadline: float
    monotonic: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = utc_now
    found: Swept = Swept()

    def run(self) -> Swept:
        """
        Raises:
            adapters.errors.AdapterError: the CRM does not answer; what was read until then is committed.
        """
        sweeper = self.adapter.sweeper()
        names = [stream.name for stream in sweeper.streams]
        transact(self.services.engine, lambda session: begin_streams(session, self.crm.name, names, back=BACK_SECONDS))
        states = sweep_of(self.services.engine, self.crm.name, FIRST_SECONDS).streams
        for stream in sweeper.streams:
            if _is_due(stream, states[stream.name]) and not self._stream(stream, states[stream.name]):
                return self.found
        self.found = replace(self.found, through=True)
        return self.found

    def _stream(self, stream: Stream, state: StreamState) -> bool:
        """Reads one stream to its end; False if time ran out before."""
        try:
            return self._pages(stream, state)
        except (CallOperator, Refused) as error:
            if error.status == 401 or stream.kind == "records":
                raise
            why = str(error)
        transact(self.services.engine, lambda session: refuse_stream(session, self.crm.name, stream.name, why))
        self.found = replace(self.found, refused=(*self.found.refused, stream.name))
        return True

    def _pages(self, stream: Stream, state: StreamState) -> bool:
        sweeper, since, after, first = self.adapter.sweeper(), state.seen_to - OVERLAP, state.after, not state.after
        while self.monotonic() < self.deadline:
            page = patiently(lambda at=after: sweeper.page(stream.name, since, at), self.pause, most=_WORTH_WAITING)  # type: ignore[misc]
            self._take_in(stream, page, first=first)
            if page.after is None:
                return True
            after, first = page.after, False
        return False

    def _take_in(self, stream: Stream, page: Page, *, first: bool) -> None:
        """One transaction for what a page brought and for how far the stream was read by it."""
        now, name = self.now(), self.crm.name

        def work(session: Session) -> tuple[int, int]:
            seen, fresh = len(page.moved) + len(page.deeds), self._news(session, stream, page, now)
            put_page(session, name, stream.name, first=first, seen=seen, fresh=fresh, after=page.after, seen_to=page.seen_to)
            return seen, fresh

        seen, fresh = transact(self.services.engine, work)
        self.found = replace(self.found, seen=self.found.seen + seen, fresh=self.found.fresh + fresh)

    def _news(self, session: Session, stream: Stream, page: Page, now: datetime) -> int:
        name = self.crm.name
        if stream.kind == "touches":
            main = self.adapter.sweeper().object
            return put_touches(session, name, stream.name, main, page.deeds)
        live = known_among(session, name, _to_look_up(page.moved), live=True)
        if stream.kind == "vanished":
            make_due(session, name, ((one.ref.object, one.ref.id, one.at) for one in page.moved if one.ref in live), found_at=now)
            return len(live)
        events = [event for one in page.moved for event in self._events(one, live, page.asked_at or now, now)]
        return add_events(session, name, events, now)

    def _events(self, one: Moved, live: frozenset[RecordRef], asked_at: datetime, now: datetime) -> Iterator[NewEvent]:
        early = asked_at if one.at > asked_at - EARLY else None
        at = one.created_at if one.ref not in live and now - one.created_at <= LATE else one.at
        if not one.gone or one.ref in live:
            yield _event(one.ref, one.at, early, at)
        for id_ in one.former:
            if (former := replace(one.ref, id=id_)) in live:
                yield _event(former, one.at, early, one.at)


def _is_due(stream: Stream, state: StreamState) -> bool:
    return bool(state.after) or state.ended_ago is None or state.ended_ago >= stream.every


def _to_look_up(moved: Sequence[Moved]) -> list[RecordRef]:
    return [*(one.ref for one in moved), *(replace(one.ref, id=id_) for one in moved for id_ in one.former)]


def _event(ref: RecordRef, stamp: datetime, early: datetime | None, at: datetime) -> NewEvent:
    """The same record with the same stamp is the same news, unless that stamp could still be given to something else."""
    said = f"sweep:{ref.object}:{ref.id}:{stamp.isoformat()}" + (f":{early.isoformat()}" if early else "")
    return NewEvent(hashlib.sha256(said.encode()).digest()[:16], 0, ref, "swept", at)
