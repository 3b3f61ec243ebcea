"""The parts of `bench mirror`, in order: fill, read, change, sweep, sweep again, a busy hour, and a look into all books."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from adapters.records import RecordRef
from adapters.sandbox.client import CRMName
from connector.bench.chaos import waiting
from connector.bench.chaos_findings import findings as book_findings
from connector.bench.chaos_findings import look
from connector.bench.chaos_killer import Killer
from connector.bench.chaos_world import World
from connector.bench.crowd import people
from connector.bench.mirror_calls import Tally
from connector.bench.mirror_findings import compare, findings
from connector.bench.mirror_people import Population
from connector.bench.mirror_readers import Reader, Readers, reader
from connector.bench.mirror_report import MirrorReport, Size, some
from connector.bench.mirror_strikes import Strikes
from connector.bench.stage import StageError
from connector.bench.town import HOUSE, KINDS, NAMES, TABLES
from connector.store.audit import consequences
from connector.store.backfills import backfill_of
from connector.store.engine import StoreUnavailableError, transact
from connector.store.sweeps import plan_sweep

LATER: Final = 86_400.0
"""Seconds to the clock's own next sweep: there is to be one, and it is ours."""

_MEANWHILE: Final = 0.1
"""Of the changes: made while everything is read, around the page in hand."""
_BURSTS: Final = 10
_BUSY_RATE: Final = 20
"""Leads a second of a busy hour, from both CRMs together."""
_SETTLE: Final = 900.0
_WORK: Final = 10.0
"""Seconds in which there has to be something to do, where a kill is to hit work."""
_LOOK: Final = 0.05


@dataclass(slots=True)
class Run:
    world: World
    size: Size
    told: Callable[[str], None]
    rng: Random = field(init=False)
    report: MirrorReport = field(init=False)
    population: Population = field(init=False)
    strikes: Strikes = field(init=False)
    tally: Tally = field(init=False)
    readers: list[Reader] = field(default_factory=list)
    busy: list[RecordRef] = field(default_factory=list)
    _changed_at: float = 0.0
    _journal_from: int = 0

    def __post_init__(self) -> None:
        self.rng = Random(self.size.seed)  # noqa: S311 - repeatable choices, no secret
        self.report = MirrorReport(self.size)
        self.population = Population(self.world.portals, self.rng)
        self.strikes = Strikes(self.size.kills, Killer(self.world, self.rng), self.rng, self.report.kills)
        self.tally = Tally(self.world.portals.sandbox)

    def parts(self) -> Mapping[str, Callable[[], None]]:
        return {
            "fill": self._fill,
            "backfill": self._backfill,
            "changes": self._change,
            "sweep": self._sweep,
            "quiet sweep": self._quiet_sweep,
            "busy hour": self._busy_hour,
            "books": self._books,
        }

    def running(self) -> Iterator[tuple[str, int]]:
        """Kind and process id of what may be greedy."""
        for process in self.world.supervisor.processes:
            if process.running is not None:
                yield process.name.partition("-")[0], process.running.pid
        for one in self.readers:
            if one.process is not None:
                yield one.command[0], one.process.pid

    # --- the parts

    def _fill(self) -> None:
        self.told(f"filling both CRMs with {self.size.records:,} records each")
        for name in NAMES.values():
            transact(self.world.services.engine, lambda session, name=name: plan_sweep(session, name, LATER, through=False))  # type: ignore[misc]
        self.world.portals.sandbox.settings("hubspot", search_lag_ms=int(self.size.lag * 1_000))
        self.population.fill(self.size.records)
        self.population.plan(self.size.changes, self.size.missed)
        self._journal_from = self.world.portals.sandbox.journal_end()

    def _backfill(self) -> None:
        victims = self.strikes.of("backfill")
        self.told(f"reading all of it; {len(victims)} kills on the way")
        self.tally.begin()
        readers = self._typed("backfill")
        strikes, bursts = _evenly(len(victims)), _evenly(_BURSTS)
        while readers.under_way():
            done = self._done()
            if bursts and done >= bursts[0]:
                bursts.pop(0)
                self._meanwhile()
            if strikes and done >= strikes[0]:
                strikes.pop(0)
                self.strikes.strike(victims.pop(0), readers.readers)
            time.sleep(_LOOK)
        readers.end()
        self._settle()
        self._after_backfill(readers)

    def _after_backfill(self, readers: Readers) -> None:
        report = self.report
        report.calls["backfill, as the CRM counted"] = _per_thousand(self.tally.calls(), self.size.records)
        own = {kind: float(answer["calls_in_all_runs"]) for kind, answer in _answers(readers).items()}
        report.calls["backfill, as it counted"] = _per_thousand(own, self.size.records)
        report.after_backfill = {**consequences(self.world.services.engine), "writes in the CRMs": self.tally.writes()}
        report.findings += [f"the backfill left {count} {what}" for what, count in report.after_backfill.items() if count]
        for kind, answer in _answers(readers).items():
            report.counted[f"{kind}: changed while it was read"] = len(self.population.meanwhile[kind])
            report.counted[f"{kind}: read"] = answer["read"]
        self._heard(readers)

    def _change(self) -> None:
        self.told(f"changing {self.size.changes:,} records in each, {self.size.missed:.0%} of them untold")
        self.tally.begin()
        self.population.change_silently()
        self.population.change()
        self._changed_at = time.monotonic()
        for victim in self.strikes.of("changes"):
            self._wait_for_work()
            self.strikes.strike(victim, ())
        self._settle()
        self.report.calls["changes"] = _per_thousand(self.tally.calls(), self.size.changes)

    def _sweep(self) -> None:
        self.told("one sweep of each")
        time.sleep(max(0.0, self._changed_at + self.size.lag + 1 - time.monotonic()))
        self.tally.begin()
        readers = self._typed("sweep", "--now")
        for victim in self.strikes.of("sweep"):
            self._wait_for_work()
            # How many calls a killed run made is told by their routes, which Salesforce's share with others.
            self.strikes.strike(victim, [one for one in readers.readers if NAMES["hubspot"] in one.command])
        readers.end()
        self._settle()
        calls = {"salesforce": float(_answers(readers)["salesforce"]["run"]["calls"]), "hubspot": float(self.tally.swept())}
        self.report.calls["sweep, all pages"] = calls  # type: ignore[assignment]
        self._heard(readers)
        self._compare()

    def _compare(self) -> None:
        self.told("comparing with the CRMs' own records")
        with self._unlimited():
            for kind in KINDS:
                compared = compare(self.world, self.population, kind)
                self.report.counted[f"{kind}: there"] = len(compared.there)
                self.report.counted[f"{kind}: compared by value"] = len(compared.leads)
                self.report.findings += some(findings(compared, self.population.plans[kind].hands))

    def _quiet_sweep(self) -> None:
        """Nothing happened since, but for what we wrote."""
        if not self.size.quiet:
            return
        self.told("a quiet sweep")
        readers = self._typed("sweep", "--now")
        readers.end()
        self._settle()
        found = {kind: answer["run"] for kind, answer in _answers(readers).items()}
        self.report.calls["quiet sweep"] = {kind: float(run["calls"]) for kind, run in found.items()}
        self.report.counted |= {f"{kind}: seen by a quiet sweep": run["seen"] for kind, run in found.items()}
        self._heard(readers)

    def _busy_hour(self) -> None:
        """New leads at the pace of a busy hour, half in each CRM."""
        if not self.size.busy:
            return
        self.told(f"{self.size.busy} s of a busy hour")
        self.tally.begin()
        began, each = time.monotonic(), _BUSY_RATE // len(KINDS)
        for second in range(self.size.busy):
            for kind in KINDS:
                self.busy += self._arrive(kind, each, second)
            time.sleep(max(0.0, began + second + 1 - time.monotonic()))
        self._settle()
        self.report.calls["busy hour"] = _per_thousand(self.tally.calls(), self.size.busy * each)

    def _books(self) -> None:
        """Whoever was decided about was decided about once, and what was decided is in the CRM."""
        self.told("checking the books")
        hands = {_ref(kind, id_) for kind in KINDS for id_ in self.population.plans[kind].hands}
        with self._unlimited():
            after = look(self.world, sorted(hands.union(self.busy)), self._journal_from)
        self.report.counted |= {"to be decided": len(after.leads), "packets": len(after.packets), "tasks": len(after.tasks)}
        self.report.findings += some(book_findings(after))
        self.report.throttled = self.tally.throttled()
        refused = {kind: count for kind, count in self.report.throttled.items() if count > 1}
        self.report.findings += [f"{kind} answered {count} calls with 429" for kind, count in refused.items()]

    # --- what they are made of

    def _typed(self, command: str, *more: str) -> Readers:
        made = Readers([reader(self.world, name, command, *more) for name in NAMES.values()])
        self.readers += made.readers
        made.start()
        return made

    def _heard(self, readers: Readers) -> None:
        """What the commands said on the way."""
        self.report.findings += [f"{one.name} showed a traceback" for one in readers.readers if one.tracebacks()]
        for one in readers.readers:
            if one.unasked:
                self.report.counted[f"{one.name}: typed again, since a server was away"] = one.unasked

    def _done(self) -> float:
        """How much of everything is read."""
        return sum(self._read(kind) for kind in KINDS) / (self.size.records * len(KINDS))

    def _read(self, kind: CRMName) -> int:
        try:
            state = backfill_of(self.world.services.engine, NAMES[kind])
        except StoreUnavailableError:
            return 0  # it was killed just now
        return 0 if state is None else self.size.records if state.ended_at else state.read

    def _meanwhile(self) -> None:
        for kind in KINDS:
            self.population.change_around(kind, self._read(kind), int(self.size.changes * _MEANWHILE / _BURSTS))

    def _arrive(self, kind: CRMName, count: int, second: int) -> list[RecordRef]:
        crowd = people(count, prefix=f"{kind[0]}b{second}x", seed=self.rng.randrange(2**32))
        rows = [self.population.fields(kind, person) for person in crowd]
        return [_ref(kind, id_) for id_ in self.world.portals.sandbox.create(kind, TABLES[kind], rows)]

    def _wait_for_work(self) -> None:
        """Until somebody has something to do, or it is done already."""
        give_up = time.monotonic() + _WORK
        while not any(waiting(self.world).values()) and time.monotonic() < give_up:
            time.sleep(_LOOK)

    def _settle(self) -> None:
        """Until nobody has anything left to do, twice in a row.

        Raises:
            StageError: that took too long.
        """
        began, quiet = time.monotonic(), 0
        while quiet < 2:
            left = {what: count for what, count in waiting(self.world).items() if count}
            quiet = 0 if left else quiet + 1
            if time.monotonic() - began > _SETTLE:
                raise StageError(f"Not settled after {_SETTLE:.0f} s: {left}; the logs of the processes say why.")
            time.sleep(0.5)

    @contextmanager
    def _unlimited(self) -> Iterator[None]:
        """Reading back is not what is measured."""
        sandbox = self.world.portals.sandbox
        sandbox.settings("hubspot", limits=False)
        try:
            yield
        finally:
            sandbox.settings("hubspot", limits=True)


def _ref(kind: CRMName, id_: str) -> RecordRef:
    return RecordRef(NAMES[kind], HOUSE[kind], id_)  # type: ignore[arg-type]


def _answers(readers: Readers) -> Mapping[CRMName, Mapping[str, Any]]:
    """What the commands said in the end, by CRM."""
    return {kind: one.answer or {} for kind, name in NAMES.items() for one in readers.readers if name in one.command}


def _per_thousand(calls: Mapping[CRMName, float], count: int) -> dict[CRMName, float]:
    return {kind: made / count * 1_000 for kind, made in calls.items()}


def _evenly(count: int) -> list[float]:
    """Marks between nothing and everything."""
    return [(place + 1) / (count + 1) for place in range(count)]
