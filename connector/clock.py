"""The clock process: re-rings for whatever waits, and keeps house. A second one is harmless: one holds the lock."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from connector.bell import BellUnreachableError, Job
from connector.forgetting import forget_marked
from connector.store.budgets import prune_slots
from connector.store.chain import prune_documents
from connector.store.deliveries import prune_deliveries
from connector.store.dues import connections_with_work, prune_events
from connector.store.engine import Engine, Session, StoreUnavailableError, transact
from connector.store.indexed import prune_births
from connector.store.singleton import only_one
from connector.store.standings import note_heartbeat
from connector.store.sweeps import due_sweeps
from connector.store.tokens import ending_tokens
from connector.store.touches import prune_touches
from connector.sweeping import FIRST_SECONDS
from connector.wiring import Services

log = structlog.get_logger(__name__)

_BEAT: Final = 15.0
"""Seconds between two signs of life, and between two questions whether a worker is there."""

_HOUSEKEEPING: Final = 3600.0
"""Seconds between two rounds of retention."""


@dataclass(slots=True)
class Clock:
    services: Services
    stopped: threading.Event = field(default_factory=threading.Event)
    _kept_house_at: float = -1e9
    _beat_at: float = -1e9

    def run(self) -> None:
        """Ticks until stopped, as long as no other clock holds the lock."""
        while not self.stopped.is_set():
            try:
                with only_one(self.services.engine, "clock") as mine:
                    self._tick_while_held(mine=mine)
            except StoreUnavailableError:
                log.warning("store unreachable")
            self.stopped.wait(self.services.settings.ring_seconds)

    def _tick_while_held(self, *, mine: bool) -> None:
        while mine and not self.stopped.is_set():
            self.tick()
            self.stopped.wait(self.services.settings.ring_seconds)

    def tick(self) -> None:
        """Rings for every connection that has something to open, to decide or to write, whose token ends soon, or whose
        sweep is due."""
        for name in connections_with_work(self.services.engine):
            self._ring("drain", name)
            self._ring("deliver", name)
        for name in ending_tokens(self.services.engine):
            self._ring("renew", name)
        for name in due_sweeps(self.services.engine, FIRST_SECONDS):
            self._ring("sweep", name)
        if time.monotonic() - self._beat_at > _BEAT:
            self._beat_at = time.monotonic()
            transact(self.services.engine, lambda session: note_heartbeat(session, "clock"))
            self._ring("beat", "worker")
        if time.monotonic() - self._kept_house_at > _HOUSEKEEPING:
            self._kept_house_at = time.monotonic()
            for name in self.services.connections():
                forget_marked(self.services, name)  # a drain that died between marking and forgetting
            keep_house(self.services.engine, self.services.settings.delivery_days, self.services.settings.packet_months)

    def _ring(self, job: Job, name: str) -> None:
        try:
            self.services.bell.ring(job, name)
        except BellUnreachableError:
            log.warning("bell unreachable", connection=name)


def keep_house(engine: Engine, delivery_days: int, packet_months: int) -> None:
    """Retention: raw deliveries and events after days, packets after months, in batches that never lock much at once."""
    deliveries = _prune(engine, lambda connection: prune_deliveries(connection, delivery_days))
    events = _prune(engine, lambda connection: prune_events(connection, delivery_days))
    documents = _prune(engine, lambda connection: prune_documents(connection, packet_months))
    touches = _prune(engine, lambda connection: prune_touches(connection, packet_months))
    rest = _prune(engine, prune_slots) + _prune(engine, prune_births)
    log.info("kept house", count=deliveries + events + documents + touches + rest)


def _prune(engine: Engine, batch: Callable[[Session], int]) -> int:
    total = 0
    while gone := transact(engine, batch):
        total += gone
    return total
