"""Owners whom the CRM does not take any more: who can own is read anew, and what was theirs is decided anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from adapters.errors import AdapterError
from adapters.records import Outcome, RecordRef
from connector.differences import Plan
from connector.scene import Scene
from connector.store.connections import CrmConnection
from connector.store.engine import transact
from connector.store.seats import set_seats
from connector.wiring import Services

log = structlog.get_logger(__name__)

OWNER: Final = "owner_id"
"""How an outcome's `fields` call the owner."""


@dataclass(frozen=True, slots=True)
class Leavers:
    """One connection's seats are as old as its last installation; a refused owner says that they are out of date."""

    services: Services
    crm: CrmConnection
    scene: Scene

    def of(self, refused: Sequence[tuple[Plan, Outcome]]) -> frozenset[RecordRef]:
        """The records whose wanted owner is a person who turned out to have left. The next decision finds somebody else, since
        it asks the seats; one who is active and refused all the same, or a queue that is gone, is for an operator."""
        people = {owner.id: owner.active for owner in self.scene.seats[self.crm.name].by_owner.values() if owner.kind == "person"}
        wanted = {
            plan.write.ref: plan.owner_id
            for plan, outcome in refused
            if OWNER in outcome.fields and plan.owner_id and plan.owner_id in people
        }
        active = frozenset(id_ for id_, there in people.items() if there)
        if not active.isdisjoint(wanted.values()):
            active = self._read_anew(active)
        return frozenset(ref for ref, owner in wanted.items() if owner not in active)

    def _read_anew(self, believed: frozenset[str]) -> frozenset[str]:
        """What was written by now must not be lost to a call that fails: then the owner is taken to be there still."""
        try:
            owners = self.services.adapter(self.crm).owners()
        except AdapterError as error:
            log.warning("owners not read", connection=self.crm.name, status=error.status, kind=type(error).__name__)
            return believed
        transact(self.services.engine, lambda session: set_seats(session, self.crm.name, owners))
        self.services.refresh()
        return frozenset(owner.id for owner in owners if owner.active)
