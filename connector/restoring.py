"""Owners that a person set between our read and our write: where the vendor has no conditional write, they come back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from adapters.records import LANE, Change, RecordRef
from connector.differences import Plan, our_owners
from connector.scene import Scene
from connector.store.connections import CrmConnection
from connector.store.outbox import Write
from connector.wiring import Services

log = structlog.get_logger(__name__)

Done = Sequence[tuple[Plan, str]]
"""Finished plans with their outcome: written, same."""


@dataclass(frozen=True, slots=True)
class Restorer:
    services: Services
    crm: CrmConnection
    scene: Scene

    def restore(self, done: Done) -> tuple[list[tuple[Plan, str]], list[Write]]:
        """Puts back what was overwritten; a record whose owner was put back has its owner among what was kept.

        Returns:
            What is finished, and the rows that are not: they are looked at again, until the owner could be put back.

        Raises:
            adapters.errors.AdapterError: nothing is known; no row may be finished.
        """
        lost = self._overwritten(done)
        failed = self._put_back(lost) if lost else frozenset()
        kept = [(plan.owner_kept(lost[plan.write.ref]) if plan.write.ref in lost else plan, how) for plan, how in done]
        return (
            [(plan, how) for plan, how in kept if plan.write.ref not in failed],
            [plan.write for plan, _ in kept if plan.write.ref in failed],
        )

    def _overwritten(self, done: Done) -> Mapping[RecordRef, str]:
        """Persons' owners that stood there when we wrote ours, as the vendor's history has it."""
        ours = {plan.write.ref: owner for plan, how in done if (owner := owner_just_set(plan, how))}
        history = self.services.adapter(self.crm).owner_history(list(ours)) if ours else {}
        return {
            plan.write.ref: past[1]
            for plan, _ in done
            if len(past := history.get(plan.write.ref, ())) > 1
            and past[0] == _as_shown(ours[plan.write.ref])
            and past[1] != (plan.standing.owner_id or "")
            and self.scene.set_by_person(self.crm.name, past[1], our_owners(plan.write) | {past[0]})
        }

    def _put_back(self, lost: Mapping[RecordRef, str]) -> frozenset[RecordRef]:
        """Returns the records for which it failed."""
        log.warning("owner restored", connection=self.crm.name, count=len(lost))
        changes = [Change(ref=ref, outputs={}, owner_id=owner) for ref, owner in lost.items()]
        outcomes = self.services.adapter(self.crm).write(changes)
        return frozenset(outcome.ref for outcome in outcomes if outcome.state not in {"written", "gone", "refused"})


def _as_shown(owner_id: str) -> str:
    """What the record's history says where we set this owner: a lane leaves it without one."""
    return "" if owner_id.startswith(LANE) else owner_id


def owner_just_set(plan: Plan, how: str) -> str | None:
    """The owner that our write set, in this call or in one whose answer was lost and that a later read shows."""
    if how == "written":
        return plan.owner_id
    present = plan.standing.owner_id
    sent = {tried["owner_id"] for tried in plan.write.tried}
    return present if present is not None and present == plan.write.owner_id and present in sent else None
