"""What a sweep and a drain cost per record while the mirror grows: it should be the same at a million as at ten thousand.

The bulk of the mirror is put straight into the store (`store/bulk.py`), since this asks about our own cost; the records that are
swept and read anew are in the sandbox CRMs, and are read over HTTP like any others.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from adapters.sandbox.client import CRMName
from connector.bench.arithmetic import middle
from connector.bench.meter import cpu_seconds, peak_memory_mb
from connector.bench.mirror_people import Population, deaf
from connector.bench.stage import Stage, StageError, open_stage
from connector.bench.town import HOUSE, KINDS, NAMES, TABLES, Town, open_town
from connector.pipeline import Drain
from connector.store.bulk import BIG, analyse, put_many, rows_read
from connector.store.dues import backlog
from connector.store.engine import transact
from connector.store.sweeps import plan_sweep
from connector.sweeping import Sweep

MEMORY: Final = 400.0
"""MB that a worker may have."""
GROWTH: Final = 1.5
"""Times what it cost in the smallest mirror: less may be the machine's mood."""
_PREFIX: Final[Mapping[CRMName, str]] = {"salesforce": "00Q9z", "hubspot": "9"}
_LATER: Final = 86_400.0
_PATIENCE: Final = 300.0
_SECONDS: Final = 600.0


@dataclass(frozen=True, slots=True)
class Step:
    """One size. Times and reads are per record that was changed, the median of the rounds."""

    records: int
    """In the mirror, both CRMs together."""
    sweep_ms: float
    drain_ms: float
    sweep_cpu_ms: float
    drain_cpu_ms: float
    read: float
    """Rows of the big tables that PostgreSQL read, in whatever way."""
    walked: Mapping[str, int]
    """By table, rows that it read by walking through all of it, in all rounds; a small one it may walk through."""
    worker_mb: float | None
    """The most that a worker had, which did one round by itself."""

    def document(self) -> dict[str, Any]:
        """JSON-ready."""
        names = ("sweep_ms", "drain_ms", "sweep_cpu_ms", "drain_cpu_ms", "read")
        times = {name: round(getattr(self, name), 3) for name in names}
        memory = None if self.worker_mb is None else round(self.worker_mb)
        return {"records": self.records, **times, "walked": dict(self.walked), "worker_mb": memory}


@dataclass(slots=True)
class _Round:
    """What one round took, in seconds."""

    sweep: float = 0.0
    drain: float = 0.0
    sweep_cpu: float = 0.0
    drain_cpu: float = 0.0


def measure(
    sizes: Sequence[int], changes: int, rounds: int, seed: int, told: Callable[[str], None] = lambda _: None
) -> list[Step]:
    """One step for each size, from small to large in one store.

    Args:
        changes: records of each CRM that are changed in each round.

    Raises:
        StageError: something did not come up, or did not finish.
    """
    with open_stage(workers=1) as stage, open_town(stage) as town:
        growing = _Growing(stage, town, changes, seed)
        growing.begin()
        steps = []
        for size in sorted(sizes):
            told(f"{size:,} records")
            steps.append(growing.step(size, rounds))
    return steps


@dataclass(slots=True)
class _Growing:
    stage: Stage
    town: Town
    changes: int
    seed: int
    population: Population = field(init=False)
    held: int = 0
    turn: int = 0

    def __post_init__(self) -> None:
        self.population = Population(self.town.portals, Random(self.seed))  # noqa: S311 - repeatable, no secret

    def begin(self) -> None:
        """The records that are changed later, known from the first sweep."""
        self.town.portals.sandbox.settings("hubspot", search_lag_ms=0)
        for name in NAMES.values():
            transact(self.town.services.engine, lambda session, name=name: plan_sweep(session, name, _LATER, through=False))  # type: ignore[misc]
        self.population.fill(self.changes)
        self._round()

    def step(self, size: int, rounds: int) -> Step:
        self._grow(size)
        self._round()  # plans are made anew for the new sizes
        before = rows_read(self.town.services.engine)
        done = [self._round() for _ in range(rounds)]
        after = rows_read(self.town.services.engine)
        count = self.changes * len(KINDS)
        return Step(
            records=size,
            sweep_ms=_per(count, [one.sweep for one in done]),
            drain_ms=_per(count, [one.drain for one in done]),
            sweep_cpu_ms=_per(count, [one.sweep_cpu for one in done]),
            drain_cpu_ms=_per(count, [one.drain_cpu for one in done]),
            read=sum(sum(after[table]) - sum(before[table]) for table in BIG) / (count * rounds),
            walked={table: after[table][0] - before[table][0] for table in BIG},
            worker_mb=self._worker(),
        )

    def _grow(self, size: int) -> None:
        each, engine = size // len(KINDS) - self.changes, self.town.services.engine
        for kind in KINDS:
            put_many(engine, NAMES[kind], HOUSE[kind], _PREFIX[kind], self.held + 1, each, self.seed)
        self.held = max(self.held, each)
        analyse(engine)

    def _change(self) -> None:
        """Everybody in the CRMs gets another title, and nobody is told."""
        self.turn += 1
        with deaf(self.town.portals.sandbox):
            for kind in KINDS:
                title = self.town.portals.mappings[kind].inputs["title"]
                rows = [(id_, {title: f"Sales Manager {self.turn}"}) for id_ in self.population.ids[kind]]
                self.town.portals.sandbox.update_all(kind, TABLES[kind], rows)

    def _round(self) -> _Round:
        self._change()
        took = _Round()
        for kind in KINDS:
            self._time(took, "sweep", lambda kind=kind: self._sweep(kind))  # type: ignore[misc]
            self._time(took, "drain", lambda kind=kind: self._drain(kind))  # type: ignore[misc]
        return took

    def _time(self, took: _Round, what: str, work: Callable[[], object]) -> None:
        wall, cpu = time.monotonic(), time.process_time()
        work()
        setattr(took, what, getattr(took, what) + time.monotonic() - wall)
        setattr(took, f"{what}_cpu", getattr(took, f"{what}_cpu") + time.process_time() - cpu)

    def _sweep(self, kind: CRMName) -> None:
        crm = self.town.services.connections()[NAMES[kind]]
        Sweep(self.town.services, crm, self.town.services.adapter(crm), time.monotonic() + _SECONDS).run()

    def _drain(self, kind: CRMName) -> None:
        Drain(self.town.services, self.town.services.connections()[NAMES[kind]]).run()
        if left := backlog(self.town.services.engine, NAMES[kind]):
            raise StageError(f"{left} records were still due after a drain; there is nothing to measure.")

    def _worker(self) -> float | None:
        """A worker process sweeps and drains one round by itself; the most memory that it had."""
        self._change()
        for name in NAMES.values():
            transact(self.town.services.engine, lambda session, name=name: plan_sweep(session, name, _LATER, through=False))  # type: ignore[misc]
        self.stage.start("worker")
        try:
            for name in NAMES.values():
                self.town.services.ring("sweep", name)  # which rings for a drain
                self._wait()
            return peak_memory_mb(self.stage.pids("worker"))
        finally:
            self.stage.stop("worker")

    def _wait(self) -> None:
        """Until the worker has nothing left to do."""
        give_up, quiet = time.monotonic() + _PATIENCE, 0.0
        while quiet < 3:
            busy = cpu_seconds(self.stage.pids("worker"))
            time.sleep(0.5)
            idle = (cpu_seconds(self.stage.pids("worker")) or 0.0) - (busy or 0.0) < 0.05
            quiet = quiet + 1 if idle and not self.town.left() else 0
            if time.monotonic() > give_up:
                raise StageError(f"A worker was still busy after {_PATIENCE:.0f} s.")


def _per(count: int, seconds: Sequence[float]) -> float:
    """Milliseconds for one record, the median of the rounds."""
    return (middle(seconds) or 0.0) / count * 1_000


def findings(steps: Sequence[Step]) -> Iterator[str]:
    """One sentence for everything that grows with the mirror, or is too much."""
    first, last = steps[0], steps[-1]
    for what in ("sweep_ms", "drain_ms", "read"):
        before, now = getattr(first, what), getattr(last, what)
        if now > before * GROWTH:
            yield f"{what}: {before:.3f} per record at {first.records:,}, {now:.3f} at {last.records:,}"
    yield from (f"{table} was walked through at {last.records:,}: {rows:,} rows" for table, rows in last.walked.items() if rows)
    for step in steps:
        if step.worker_mb is not None and step.worker_mb > MEMORY:
            yield f"a worker had {step.worker_mb:.0f} MB at {step.records:,}"
