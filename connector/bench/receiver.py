"""How fast webhooks are taken in: the real web process against its floor, in alternating pairs of runs.

Both serve the same requests, pre-signed, to the same load generator, one after the other; no worker runs meanwhile. A ratio is
taken within each pair, so that what the machine does besides strikes both sides alike.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from statistics import median
from typing import Final

from connector.bench.arithmetic import middle
from connector.bench.bodies import CASES
from connector.bench.load import Generator, Loaded, Run, open_generator
from connector.bench.meter import cpu_seconds, peak_memory_mb
from connector.bench.result import Result
from connector.bench.senders import Target
from connector.bench.stage import Stage, StageError, connect_target, open_process, open_stage
from connector.ports import HOST, free_port

CONNECTIONS: Final = 8
_WARM_UP: Final = 300
"""Requests that each side gets before it is measured; they also say how many a run needs."""


@dataclass(frozen=True, slots=True)
class _Pair:
    ours: Loaded
    floor: Loaded
    cpu_ms: float | None
    """Of our web process, for one request."""
    floor_cpu_ms: float | None

    @property
    def ratio(self) -> float:
        """Requests a second, ours over the floor's; both sent equally many."""
        return self.floor.seconds / self.ours.seconds


def measure(*, pairs: int = 7, seconds: float = 2.0, cases: Sequence[str] = tuple(CASES)) -> list[Result]:
    """Measures each case with `pairs` pairs of runs of about `seconds` each; of several cases, all together as well."""
    target = Target()
    with open_stage(public_url=target.public_url) as stage:
        connect_target(stage.services, target)
        stage.start("web")
        port = free_port()
        with open_process("connector.bench.floor", str(port), port=port, stage=stage) as pid, open_generator() as generator:
            duel = _Duel(stage, generator, floor_port=port, floor_pid=pid, seeds=count(1))
            measured = [duel.measure(case, pairs, seconds) for case in cases]
        memory = peak_memory_mb(stage.pids("web"))
    alone = [_result(one, memory) for one in measured]
    return [*alone, _together(measured, memory)] if len(measured) > 1 else alone


@dataclass(frozen=True, slots=True)
class _Measured:
    case: str
    requests: int
    """Of each run."""
    pairs: Sequence[_Pair]


@dataclass(frozen=True, slots=True)
class _Duel:
    stage: Stage
    generator: Generator
    floor_port: int
    floor_pid: int
    seeds: Iterator[int]
    """A fresh one for each run, so that no request is ever sent twice."""

    def measure(self, case: str, pairs: int, seconds: float) -> _Measured:
        requests = self._requests(case, seconds)
        return _Measured(case, requests, [self._pair(case, requests, swapped=bool(number % 2)) for number in range(pairs)])

    def _requests(self, case: str, seconds: float) -> int:
        """How many our side answers in so many seconds; both sides are warm afterwards."""
        for port in (self.floor_port, self.stage.port):
            warm = self._run(case, port, _WARM_UP)
        return max(_WARM_UP, round(_WARM_UP / warm.seconds * seconds))

    def _pair(self, case: str, requests: int, *, swapped: bool) -> _Pair:
        if swapped:
            floor, floor_cpu = self._timed(case, self.floor_port, requests, self.floor_pid)
        [pid] = self.stage.pids("web")
        ours, cpu = self._timed(case, self.stage.port, requests, pid)
        if not swapped:
            floor, floor_cpu = self._timed(case, self.floor_port, requests, self.floor_pid)
        return _Pair(ours, floor, cpu, floor_cpu)

    def _timed(self, case: str, port: int, requests: int, pid: int) -> tuple[Loaded, float | None]:
        """A run, and the milliseconds of processor time that one request took the process."""
        before = cpu_seconds([pid])
        loaded = self._run(case, port, requests)
        after = cpu_seconds([pid])
        return loaded, None if before is None or after is None else (after - before) * 1000 / requests

    def _run(self, case: str, port: int, requests: int) -> Loaded:
        loaded = self.generator.run(Run(HOST, port, CONNECTIONS, case, requests, next(self.seeds)))
        if loaded.refused:
            raise StageError(f"{loaded.refused} of {requests} requests of {case} were refused, so there is nothing to compare.")
        return loaded


def _result(measured: _Measured, memory: float | None) -> Result:
    case, pairs, requests = measured.case, measured.pairs, measured.requests
    ratios = sorted(pair.ratio for pair in pairs)
    ours, floor = (median(requests / run.seconds for run in runs) for runs in ([p.ours for p in pairs], [p.floor for p in pairs]))
    return Result(
        name=f"receiver {case}",
        says=f"{CASES[case].says} a request, {CONNECTIONS} connections: {ours:.0f} a second, {median(ratios):.2f} of the floor's "
        f"{floor:.0f} (pairs from {ratios[0]:.2f} to {ratios[-1]:.2f}).",
        unit="requests/s",
        ours=ours,
        floor=floor,
        ratio=median(ratios),
        ratio_spread=(ratios[0], ratios[-1]),
        p50_ms=median(pair.ours.p50_ms for pair in pairs),
        p99_ms=median(pair.ours.p99_ms for pair in pairs),
        peak_memory_mb=memory,
        cpu_ms_per_unit=middle(pair.cpu_ms for pair in pairs),
        repetitions=len(pairs),
        details={"floor_cpu_ms_per_unit": middle(pair.floor_cpu_ms for pair in pairs)},
    )


def _together(measured: Sequence[_Measured], memory: float | None) -> Result:
    """A stream with as many requests of each case: the times of one of each, added."""
    rounds = range(len(measured[0].pairs))
    ours = [sum(one.pairs[at].ours.seconds / one.requests for one in measured) for at in rounds]
    floor = [sum(one.pairs[at].floor.seconds / one.requests for one in measured) for at in rounds]
    ratios = sorted(theirs / mine for mine, theirs in zip(ours, floor, strict=True))
    rates = [median(len(measured) / seconds for seconds in side) for side in (ours, floor)]
    return Result(
        name="receiver all cases",
        says=f"As many of each as of the others: {rates[0]:.0f} a second, {median(ratios):.2f} of the floor's {rates[1]:.0f} "
        f"(pairs from {ratios[0]:.2f} to {ratios[-1]:.2f}).",
        unit="requests/s",
        ours=rates[0],
        floor=rates[1],
        ratio=median(ratios),
        ratio_spread=(ratios[0], ratios[-1]),
        peak_memory_mb=memory,
        repetitions=len(rounds),
    )
