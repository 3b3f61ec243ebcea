"""Backfill: reads every record that a CRM has, matches and scores it here, and writes nothing there.

Each page is one transaction with where the next one begins: whoever is killed goes on from the page in hand, and a page read
twice finds its records known. What is new enough to be a lead like any other (made after Leadline began to listen, within the
last day) becomes an arrival instead. What changes while everything is read is the sweep's, whose mark is set first of all.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from adapters.base import CRM
from adapters.records import Lead, RecordRef
from adapters.sweeping import WholePage
from connector.aside import LIST_SECONDS, Why, born, why_aside
from connector.audit.meter import Meter
from connector.hydration import input_hash, sound
from connector.indexing import Aside, index
from connector.patience import patiently
from connector.scene import scene_of
from connector.store.backfills import Backfill, backfill_of, begin_backfill, put_backfill_page
from connector.store.connections import CrmConnection
from connector.store.dues import make_due
from connector.store.engine import Session, transact
from connector.store.forgetting import forgotten_among
from connector.store.indexed import births_around, indexed_before
from connector.store.records import Known, known_records
from connector.store.sweeps import begin_streams
from connector.sweeping import BACK_SECONDS, OVERLAP, Sweep
from connector.wiring import Services, utc_now

TOUCHES_BACK: Final = timedelta(days=90)
"""How far back activities are read: as far as an audit looks."""

SHARE: Final = 0.7
"""Of the day's calls that may be used before a backfill stops."""

_TOUCH_SECONDS: Final = 24 * 3_600.0


Told = Callable[[str, int, int], None]
"""What is being read, how much of it is done, and of how much."""


class BackfillError(RuntimeError):
    """It cannot be done as asked; the sentence says why, and what to do."""


@dataclass(slots=True)
class Filling:
    """One connection's backfill. Whoever runs it holds the connection's backfill lock."""

    services: Services
    crm: CrmConnection
    adapter: CRM
    meter: Meter
    told: Told
    pause: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = utc_now
    _counted: int = field(default=0)

    def run(self, since: datetime | None = None, *, anew: bool = False) -> Backfill:
        """Begins, or goes on where an earlier one stopped.

        Raises:
            adapters.errors.AdapterError: the CRM does not answer, or not today; it goes on from here when run again.
        """
        state = backfill_of(self.services.engine, self.crm.name)
        if state is None or anew or state.ended_at:
            state = self._begin(since)
        elif since is not None and since != state.since:
            raise BackfillError("A backfill with another --since is under way: go on without --since, or begin anew with --anew.")
        state = self._records(state)
        self._activities()
        return state

    def _begin(self, since: datetime | None) -> Backfill:
        """First the marks, so that nothing can fall between: what changes from here on is the sweep's."""
        sweeper = self.adapter.sweeper()
        start = self.now()
        records = [stream.name for stream in sweeper.streams if stream.kind != "touches"]
        activities = [stream.name for stream in sweeper.streams if stream.kind == "touches"]
        total = patiently(lambda: self.adapter.whole().count(since), self.pause)

        def work(session: Session) -> None:
            begin_streams(session, self.crm.name, records, back=BACK_SECONDS)
            begin_streams(session, self.crm.name, activities, back=0.0, seen_to=start - TOUCHES_BACK + OVERLAP)
            begin_backfill(session, self.crm.name, since, total)

        transact(self.services.engine, work)
        return self._state()

    def _records(self, state: Backfill) -> Backfill:
        while state.ended_at is None:
            self.told("records", state.read, state.total)
            page = patiently(lambda at=state.after: self.adapter.whole().page(state.since, at), self.pause)  # type: ignore[misc] # noqa: B023
            self._take_in(page)
            if page.wait:
                self.pause(page.wait)
            state = self._state()
        self.told("records", state.read, state.read)
        return state

    def _take_in(self, page: WholePage) -> None:
        leads = [sound(lead) for lead in page.leads]
        known = known_records(self.services.engine, self.crm.name, [lead.ref for lead in leads])
        unknown = self._unknown(leads, known)
        whys = self._whys(unknown)
        asides = [Aside(lead, why, _person(known, lead)) for lead in unknown if (why := whys[lead.ref])]
        asides += [Aside(sound(lead), "old", None, ended=True, now=now) for lead, now in self._ended(page)]
        arrivals = [lead for lead in unknown if whys[lead.ref] is None]
        name, moment, calls = self.crm.name, self.now(), self._calls()

        def also(session: Session, taken: int) -> None:
            make_due(session, name, ((one.ref.object, one.ref.id, one.created_at) for one in arrivals), found_at=moment)
            read = len(page.leads) + len(page.ended)
            put_backfill_page(session, name, read=read, indexed=taken, arrived=len(arrivals), after=page.after, calls=calls)

        index(self.services, self.crm, asides, also)
        if arrivals:
            self.services.ring("drain", name)

    def _unknown(self, leads: Sequence[Lead], known: Mapping[RecordRef, Known]) -> list[Lead]:
        """Without what was decided about, what is indexed just so, and what is to stay forgotten."""
        engine = self.services.engine
        forgotten = transact(engine, lambda session: forgotten_among(session, [lead.ref for lead in leads])) if leads else ()
        return [lead for lead in leads if lead.ref not in forgotten and not _settled(known.get(lead.ref), lead)]

    def _ended(self, page: WholePage) -> list[tuple[Lead, RecordRef | None]]:
        refs = [lead.ref for lead, _ in page.ended]
        known = known_records(self.services.engine, self.crm.name, refs) if refs else {}
        return [(lead, now) for lead, now in page.ended if lead.ref not in known]

    def _whys(self, leads: Sequence[Lead]) -> Mapping[RecordRef, Why | None]:
        engine, name = self.services.engine, self.crm.name
        if not leads:
            return {}
        before = indexed_before(engine, name, [lead.ref for lead in leads])
        births = born(scene_of(self.services), self.crm, leads)
        crowds = transact(engine, lambda session: births_around(session, name, births, LIST_SECONDS)) if births else {}
        now = self.now()
        return {lead.ref: why_aside(self.crm, lead, now, before.get(lead.ref), crowds.get(lead.ref, 0)) for lead in leads}

    def _activities(self) -> None:
        """First touches of the last months; from then on they come with each sweep."""
        self.told("activities", 0, 1)
        sweep = Sweep(self.services, self.crm, self.adapter, deadline=time.monotonic() + _TOUCH_SECONDS)
        patiently(sweep.run, self.pause)
        calls = self._calls()
        transact(
            self.services.engine,
            lambda session: put_backfill_page(session, self.crm.name, read=0, indexed=0, arrived=0, after=None, calls=calls),
        )
        self.told("activities", 1, 1)

    def _calls(self) -> int:
        """Calls since this was asked last."""
        made, self._counted = self.meter.total - self._counted, self.meter.total
        return made

    def _state(self) -> Backfill:
        state = backfill_of(self.services.engine, self.crm.name)
        if state is None:
            raise RuntimeError(f"{self.crm.name} was disconnected while it was read.")
        return state


def _settled(known: Known | None, lead: Lead) -> bool:
    return known is not None and (known.packet_id is not None or known.input_hash == input_hash(lead.values))


def _person(known: Mapping[RecordRef, Known], lead: Lead) -> str | None:
    found = known.get(lead.ref)
    return found.person_id if found else None
