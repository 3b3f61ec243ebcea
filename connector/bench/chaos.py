"""The storm: processes die at random while both CRMs misbehave and people keep working; then the books are checked.

Choices follow from the seed: who dies, who edits what. Moments do not.
"""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from connector.bell import BellUnreachableError
from connector.bench.chaos_crowd import Crowd
from connector.bench.chaos_findings import NAMES, findings, look
from connector.bench.chaos_killer import Killer, Ledger
from connector.bench.chaos_world import LATE_SECONDS, World, open_world
from connector.crms import shares_of
from connector.store.budgets import budget_of
from connector.store.dues import backlog
from connector.store.outbox import open_writes

_RETRY_SCALE: Final = 0.004
"""A vendor's day of retries in under six minutes."""

_WEBHOOKS: Final[Mapping[str, Any]] = {
    "repeat": 0.15,
    "reorder_seconds": 0.4,
    "regroup": True,
    "retry_scale": _RETRY_SCALE,
}

_FAULTS: Final[tuple[Mapping[str, Any], ...]] = (
    {"kind": "drop", "probability": 0.04},
    {"kind": "late", "probability": 0.01, "seconds": LATE_SECONDS},
    {"kind": "status", "status": 503, "probability": 0.02},
    {"kind": "status", "status": 500, "probability": 0.02},
    {"kind": "status", "status": 429, "probability": 0.02, "crm": "hubspot"},  # Salesforce's means: not for a quarter of an hour
    {"kind": "lock", "probability": 0.01},
    {"kind": "latency", "probability": 0.05, "seconds": 0.3},
    {"kind": "expired", "probability": 0.005},
)


@dataclass(frozen=True, slots=True)
class Storm:
    kills: int = 300
    seed: int = 1
    creations: int = 4
    """Records made in each CRM before every strike."""
    edits: int = 12
    pause: float = 1.0
    """Longest pause between two strikes, seconds."""
    flush_redis: bool = False
    """Redis forgets everything once a second; the CRMs' answers are sound, and their limits count."""
    settle_limit: float = 300.0
    """Seconds in which everything has to be done once the CRMs are sound again."""


@dataclass(slots=True)
class ChaosReport:
    """What was done and what was found; no finding means that every promise held."""

    storm: Storm
    ledger: Ledger
    events: int = 0
    """Things that people did in the CRMs."""
    records: int = 0
    packets: int = 0
    tasks: int = 0
    seconds: float = 0.0
    settled_after: float = 0.0
    flushes: int = 0
    calls: int = 0
    """CRM calls."""
    findings: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "name": "chaos",
            "seed": self.storm.seed,
            "kills": len(self.ledger.kills),
            "by_victim": self.ledger.summary(),
            "events": self.events,
            "records": self.records,
            "packets": self.packets,
            "tasks": self.tasks,
            "crm_calls": self.calls,
            "redis_flushes": self.flushes,
            "seconds": round(self.seconds, 1),
            "settled_after": round(self.settled_after, 1),
            "findings": self.findings,
        }


def run_chaos(storm: Storm) -> ChaosReport:
    """Runs one storm on real servers and processes.

    Raises:
        connector.bench.stage.StageError: something could not be started at all.
    """
    rng, began = Random(storm.seed), time.monotonic()  # noqa: S311 - repeatable choices, no secret
    with open_world() as world:
        killer = Killer(world, rng)
        report = ChaosReport(storm, killer.ledger)
        _disturb(world, storm)
        with _forgetful_redis(world, report, on=storm.flush_redis):
            crowd = Crowd(world.portals, rng)
            _rage(storm, crowd, killer, report)
            world.portals.sandbox.clear_faults()
            _settle(world, storm, report)
            if storm.flush_redis:
                report.findings += _tokens_wasted(world, storm, crowd, report)
        _judge(world, report)
    report.seconds = time.monotonic() - began
    return report


def _disturb(world: World, storm: Storm) -> None:
    world.portals.sandbox.chaos(**_WEBHOOKS)
    for fault in () if storm.flush_redis else _FAULTS:
        world.portals.sandbox.add_fault(**fault)


def _rage(storm: Storm, crowd: Crowd, killer: Killer, report: ChaosReport) -> None:
    left = storm.kills
    while left > 0:
        report.events += crowd.work(storm.creations, storm.edits)
        killer.pause(storm.pause)
        left -= killer.strike(left)
    report.events += crowd.work(storm.creations, storm.edits)


@contextmanager
def _forgetful_redis(world: World, report: ChaosReport, *, on: bool) -> Iterator[None]:
    stopping = threading.Event()

    def forget() -> None:
        while not stopping.wait(1.0):
            try:
                world.services.bell.forget_everything()
            except BellUnreachableError:
                continue  # it was killed just now, which is as good
            report.flushes += 1

    thread = threading.Thread(target=forget, name="forgetful-redis", daemon=True)
    if on:
        thread.start()
    try:
        yield
    finally:
        stopping.set()
        if on:
            thread.join()


def _settle(world: World, storm: Storm, report: ChaosReport) -> None:
    """Waits until nobody has anything left to do, twice in a row."""
    began, quiet = time.monotonic(), 0
    while quiet < 2:
        report.settled_after = time.monotonic() - began
        left = waiting(world)
        quiet = 0 if any(left.values()) else quiet + 1
        if report.settled_after > storm.settle_limit:
            told = ", ".join(f"{count} {what}" for what, count in left.items() if count)
            report.findings.append(f"not settled after {storm.settle_limit:.0f} s: {told}")
            return
        time.sleep(0.5)


def waiting(world: World) -> Mapping[str, int]:
    """What is left to be done, by whom."""
    engine = world.services.engine
    if not world.services.database_answers():
        return {"sessions with the database": 1}  # the last kill's; the pool replaces them
    return {
        "webhook events": world.portals.sandbox.pending(),
        "deliveries": world.services.waiting(),
        "records due": sum(backlog(engine, name) for name in NAMES.values()),
        "open writes": sum(open_writes(engine, name) for name in NAMES.values()),
    }


def _tokens_wasted(world: World, storm: Storm, crowd: Crowd, report: ChaosReport) -> Iterator[str]:
    """All processes meet an expired token in the same moment; one of them refreshes it, once for each connection."""
    sandbox = world.portals.sandbox
    before = sandbox.stats()["grants"]
    sandbox.expire_tokens()
    report.events += crowd.work(storm.creations, storm.edits)
    _settle(world, storm, report)
    grants = sandbox.stats()["grants"] - before
    if grants != len(NAMES):
        yield f"{grants} token refreshes for {len(NAMES)} connections whose tokens had ended"


def _budgets_overdrawn(world: World, stats: Mapping[str, Any]) -> Iterator[str]:
    for kind, name in NAMES.items():
        seen = sum(row["count"] for row in stats["calls"] if row["crm"] == kind and "/oauth" not in row["route"])
        used, ceiling = budget_of(world.services.engine, name, shares_of(world.services.connections()[name]))
        if not seen <= used <= ceiling:
            yield f"{name}: {seen} calls were made, {used} are booked, {ceiling} are allowed"


def _judge(world: World, report: ChaosReport) -> None:
    stats = world.portals.sandbox.stats()
    report.calls = stats["total"]
    if report.storm.flush_redis:
        report.findings += _budgets_overdrawn(world, stats)
        if stats["throttled"]:
            report.findings.append(f"{stats['throttled']} calls were answered 429")
    for target in world.portals.sandbox.targets():
        if target["abandoned"]:
            report.findings.append(f"{target['crm']} gave up {target['abandoned']} events; the retry schedule is too short")
    report.findings += world.trouble
    after = look(world)
    report.records, report.packets, report.tasks = len(after.leads), len(after.packets), len(after.tasks)
    report.findings += findings(after)
