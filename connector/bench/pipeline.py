"""How fast leads are decided and written: a backlog against one job per lead, in alternating pairs, and the wait of a lone lead.

A run counts from the start of cold workers until nothing is due and nothing is left to write. Ours opens its deliveries within
that time; the peer finds them opened, and is given a sample, since it is slow. Every lead has its route in the CRM afterwards.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Final

from adapters.records import RecordRef
from adapters.sandbox.client import CRMName
from connector.bench.arithmetic import middle, percentile
from connector.bench.meter import cpu_seconds, peak_memory_mb
from connector.bench.result import Result
from connector.bench.stage import StageError, open_stage
from connector.bench.town import KINDS, NAMES, TABLES, Town, open_town
from connector.intake import open_deliveries
from connector.store.bare import arrivals

_JOB: Final = "connector.bench.peer.lead"
_SETTINGS: Final = "connector.bench.peer_settings"

LATENCY_MS: Final = 100
"""What each sandbox CRM takes for a call while it is quiet."""
_PAUSE: Final = 0.3
"""Seconds between two lone leads."""


@dataclass(frozen=True, slots=True)
class _Ran:
    """One run over one backlog."""

    leads: int
    seconds: float
    calls: Mapping[CRMName, int]
    cpu_s: float | None = None
    memory_mb: float | None = None

    @property
    def speed(self) -> float:
        return self.leads / self.seconds


def measure(*, leads: int = 10_000, sample: int = 300, workers: int = 3, pairs: int = 3, quiet: int = 60) -> list[Result]:
    """Measures `pairs` backlogs of `leads`, half in each CRM, each beside a peer's `sample`; then `quiet` lone leads."""
    with open_stage(workers=workers) as stage, open_town(stage) as town:
        measured = [_pair(town, leads // 2, sample // 2, workers, swapped=bool(number % 2)) for number in range(pairs)]
        return [_backlog_result(measured, workers), _quiet_result(_waits(town, quiet))]


def _pair(town: Town, leads: int, sample: int, workers: int, *, swapped: bool) -> tuple[_Ran, _Ran]:
    if swapped:
        peer = _peer(town, sample, workers)
        return _ours(town, leads), peer
    return _ours(town, leads), _peer(town, sample, workers)


def _ours(town: Town, each: int) -> _Ran:
    created = town.store_backlog(each)
    town.portals.sandbox.reset_stats()
    started = time.perf_counter()
    town.stage.start("worker")
    town.stage.start("clock")
    town.wait_until_written()
    seconds = time.perf_counter() - started
    pids = town.stage.pids("worker")
    ran = _Ran(each * len(KINDS), seconds, town.calls(), cpu_seconds(pids), peak_memory_mb(pids))
    town.stage.stop("worker")
    town.stage.stop("clock")
    _all_written(town, created)
    return ran


def _peer(town: Town, each: int, workers: int) -> _Ran:
    created = town.store_backlog(each)
    _open(town)
    town.services.bell.forget_everything()  # the web process has rung for our own workers
    for refs in zip(*created.values(), strict=True):
        for ref in refs:
            town.services.bell.queue.enqueue(_JOB, ref.connection, ref.object, ref.id)
    town.portals.sandbox.reset_stats()
    started = time.perf_counter()
    with _forking_workers(town, workers):
        town.wait_until_written()
        seconds = time.perf_counter() - started
    _all_written(town, created)
    return _Ran(each * len(KINDS), seconds, town.calls())


def _open(town: Town) -> None:
    for crm in town.services.connections().values():
        while open_deliveries(town.services.engine, town.services.vault, town.services.receivers, crm).deliveries:
            pass


@contextmanager
def _forking_workers(town: Town, count: int) -> Iterator[None]:
    """RQ's own workers, as its command starts them."""
    settings = town.services.settings
    environment = {
        **os.environ,
        "LEADLINE_HOME": str(settings.home),
        "LEADLINE_PUBLIC_URL": settings.public_url,
        "LEADLINE_DATABASE_URL": town.stage.servers.database_url,
        "LEADLINE_REDIS_URL": town.stage.servers.redis_url,
    }
    command = [sys.executable, "-m", "rq.cli", "worker", "--quiet", "--config", _SETTINGS, "--serializer", "json"]
    command += ["--url", town.stage.servers.redis_url, town.services.bell.queue.name]
    with ExitStack() as stack:
        for _ in range(count):
            process = stack.enter_context(subprocess.Popen(command, env=environment))  # noqa: S603 - RQ's own command
            stack.callback(process.terminate)
        yield


def _all_written(town: Town, created: Mapping[CRMName, Sequence[RecordRef]]) -> None:
    if missing := town.unwritten(created):
        raise StageError(f"{missing} leads have no route in their CRM, so this run says nothing.")


def _backlog_result(pairs: Sequence[tuple[_Ran, _Ran]], workers: int) -> Result:
    ratios = sorted(ours.speed / peer.speed for ours, peer in pairs)
    ours, peer = (median(ran.speed for ran in runs) for runs in zip(*pairs, strict=True))
    runs = [ran for ran, _ in pairs]
    calls = {kind: median(ran.calls[kind] / (ran.leads / len(KINDS)) for ran in runs) for kind in KINDS}
    memory = [ran.memory_mb for ran in runs if ran.memory_mb is not None]
    return Result(
        name="pipeline backlog",
        says=f"{runs[0].leads} leads on {workers} workers: {ours:.0f} a second, {median(ratios):.1f} times the {peer:.1f} of one "
        f"RQ job per lead (pairs from {ratios[0]:.1f} to {ratios[-1]:.1f}); CRM calls per lead: {_listed(calls)}.",
        unit="leads/s",
        ours=ours,
        floor=peer,
        ratio=median(ratios),
        ratio_spread=(ratios[0], ratios[-1]),
        peak_memory_mb=max(memory) if memory else None,
        cpu_ms_per_unit=middle(ran.cpu_s and ran.cpu_s * 1000 / ran.leads for ran in runs),
        crm_calls_per_lead=median(sum(ran.calls.values()) / ran.leads for ran in runs),
        repetitions=len(pairs),
        details={"calls_per_lead": calls, "peer_calls_per_lead": [sum(peer.calls.values()) / peer.leads for _, peer in pairs]},
    )


def _listed(calls: Mapping[CRMName, float]) -> str:
    return ", ".join(f"{kind} {count:.3f}" for kind, count in calls.items())


def _waits(town: Town, count: int) -> list[float]:
    """Milliseconds from the stored webhook to the written field, of leads that come one by one."""
    town.stage.start("worker")
    town.stage.start("clock")
    _settle(town, town.create(10))  # these find workers that still load
    town.portals.sandbox.latency(**dict.fromkeys(KINDS, LATENCY_MS))
    created = [_one_by_one(town) for _ in range(count // len(KINDS))]
    for refs in created:
        _settle(town, refs)
    came = {name: arrivals(town.services.engine, name) for name in NAMES.values()}
    lone = [ref for refs in created for each in refs.values() for ref in each]
    return [_written_at(town, ref) - came[ref.connection][ref.id].timestamp() * 1000 for ref in lone]


def _settle(town: Town, created: Mapping[CRMName, Sequence[RecordRef]]) -> None:
    town.wait_until_taken()
    town.wait_until_written()
    _all_written(town, created)


def _one_by_one(town: Town) -> Mapping[CRMName, Sequence[RecordRef]]:
    time.sleep(_PAUSE * len(KINDS))
    return town.create(1)


def _written_at(town: Town, ref: RecordRef) -> float:
    """When the route first stood on the record, in milliseconds since 1970, by the sandbox's own history."""
    kind = next(kind for kind in KINDS if NAMES[kind] == ref.connection)
    history = town.portals.sandbox.history(kind, TABLES[kind], ref.id)
    return float(next(entry["at"] for entry in history if town.route_field(kind) in entry["changed"]))


def _quiet_result(waits: Sequence[float]) -> Result:
    p50, p99 = percentile(waits, 50), percentile(waits, 99)
    return Result(
        name="pipeline quiet",
        says=f"a lone lead, CRMs that take {LATENCY_MS} ms a call: from the stored webhook to the written field {p50:.0f} ms at "
        f"the median, {p99:.0f} ms at the 99th percentile of {len(waits)}.",
        unit="ms",
        ours=p50,
        floor=None,
        ratio=None,
        p50_ms=p50,
        p99_ms=p99,
        repetitions=len(waits),
    )
