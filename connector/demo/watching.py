"""Waits until the CRMs' own records show that every lead was dealt with."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from connector.demo.lead import CRMS, CRMName
from connector.demo.machine import Machine
from connector.demo.sending import TABLES, Sent
from connector.store.dues import connections_with_work

_LOOK_SECONDS: Final = 0.4
"""Between two looks: the sandbox and the workers share the processors with whoever looks."""

_PAGE: Final = 250

PATIENCE: Final = 90.0
"""Seconds without any progress after which what is open stays open."""


@dataclass(slots=True)
class Watch:
    """Which leads are still open, in the order in which they were made."""

    machine: Machine
    open: dict[CRMName, list[Sent]] = field(default_factory=lambda: {crm: [] for crm in CRMS})
    done: int = 0

    def add(self, sent: Sequence[Sent]) -> None:
        for one in sent:
            self.open[one.lead.crm].append(one)

    def look(self) -> int:
        """Strikes off what has a route by now; gives how many are done in all."""
        self.machine.supervisor.ensure()
        for crm in CRMS:
            self._strike(crm)
        return self.done

    def _strike(self, crm: CRMName) -> None:
        """Page by page, as long as whole pages are done: old leads are dealt with before young ones."""
        still: list[Sent] = []
        waiting = self.open[crm]
        while waiting:
            page, waiting = waiting[:_PAGE], waiting[_PAGE:]
            left = self._without_route(crm, page)
            still += left
            self.done += len(page) - len(left)
            if len(left) > _PAGE // 2:
                break
        self.open[crm] = still + waiting

    def _without_route(self, crm: CRMName, page: Sequence[Sent]) -> list[Sent]:
        portals = self.machine.portals
        route = portals.mappings[crm].outputs["route"]
        records = portals.sandbox.read(crm, TABLES[crm], [one.id for one in page])
        return [one for one, record in zip(page, records, strict=True) if not (record and record["properties"].get(route))]

    def wait(self, update: Callable[[int], None]) -> None:
        """Until all is done and nothing is under way any more, or nothing has moved for `PATIENCE`."""
        moved_at, last = time.monotonic(), -1
        while time.monotonic() - moved_at < PATIENCE:
            update(self.look())
            if self.done != last:
                moved_at, last = time.monotonic(), self.done
            if not any(self.open.values()) and self._quiet():
                return
            time.sleep(_LOOK_SECONDS)

    def _quiet(self) -> bool:
        """No webhook is on its way, and nothing is left to decide or to write."""
        portals = self.machine.portals
        return portals.sandbox.pending() == 0 and not connections_with_work(portals.services.engine)
