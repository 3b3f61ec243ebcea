"""Back-pressure: above a set depth of the inbox, below a floor of free disk, or without a store, webhooks are to come later."""

import shutil
import time
from dataclasses import dataclass
from typing import Final

from connector import observe
from connector.store.budgets import waiting_by_reason
from connector.store.engine import StoreUnavailableError
from connector.wiring import Services

_COUNT_SECONDS: Final = 15.0


@dataclass(slots=True)
class Pressure:
    """Whether more can be taken in, looked at once a second."""

    services: Services
    reason: str = ""
    _counted_at: float = -1e9

    def run(self) -> None:
        while True:
            self.look()
            time.sleep(1.0)

    def _count_waiting(self) -> None:
        """Now and then: the rows that wait for calls may be many."""
        if time.monotonic() - self._counted_at < _COUNT_SECONDS:
            return
        self._counted_at = time.monotonic()
        counts = waiting_by_reason(self.services.engine)
        for queue in ("due", "outbox"):
            for reason in ("budget", "limit"):
                observe.CALLS_WAITED_FOR.labels(queue=queue, reason=reason).set(counts.get((queue, reason), 0))

    def look(self) -> None:
        settings = self.services.settings
        free_mb = shutil.disk_usage(settings.home).free // 2**20
        if free_mb < settings.min_disk_mb:
            self.reason = f"less than {settings.min_disk_mb} MB of disk are free"
            return
        try:
            waiting = self.services.waiting()
            self._count_waiting()
        except StoreUnavailableError:
            self.reason = "the store does not answer"  # said at once, instead of after a time-out for each request
            return
        observe.WAITING_DELIVERIES.set(waiting)
        self.reason = f"{waiting} deliveries wait to be opened" if waiting > settings.max_waiting else ""
