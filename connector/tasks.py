"""Tasks for owners: made once under a key of ours. What may have been made is looked for before it is made again."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog

from adapters.errors import AdapterError, Refused, UnknownOutcome
from adapters.records import TaskDraft
from connector.differences import Plan
from connector.moments import moment_of
from connector.store.connections import CrmConnection
from connector.store.deliveries import bury
from connector.store.effects import (
    Effect,
    begin_making,
    effects_by_key,
    effects_left_behind,
    give_up_making,
    mark_made,
    unmark_making,
)
from connector.store.engine import Session, transact
from connector.store.restored import Restored
from connector.wiring import Services

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Made:
    ids: dict[str, str] = field(default_factory=dict)
    """Task key to the vendor's id, for all that exist now."""
    open: set[str] = field(default_factory=set)
    """Keys whose fate is not known yet: their rows wait."""


@dataclass(frozen=True, slots=True)
class TaskMaker:
    services: Services
    crm: CrmConnection
    settling: float

    def make(self, plans: Sequence[Plan]) -> Made:
        """Makes the tasks of finished writes, unless they exist. A record whose owner a person kept gets none."""
        drafts = {draft.key: draft for plan in plans if (draft := self._draft(plan))}
        made = Made()
        if not drafts:
            return made
        effects = effects_by_key(self.services.engine, drafts)
        made.ids |= {key: one.vendor_id for key, one in effects.items() if one.vendor_id}
        self._look_in_lost_hours(made, plans, [draft for key, draft in drafts.items() if key not in effects])
        made.open |= {key for key, one in effects.items() if not one.vendor_id and (one.unanswered_for or 0.0) < self.settling}
        self._look_for(made, [one for key, one in effects.items() if key not in made.ids and key not in made.open])
        self._create(made, [draft for key, draft in drafts.items() if key not in made.ids and key not in made.open])
        return made

    def _draft(self, plan: Plan) -> TaskDraft | None:
        """For the owner whom we chose, or to whom the org's rule gave the record: then a queue, in which nobody is paged, too."""
        task = plan.write.task
        if not task or "owner" in plan.kept:
            return None
        owner_id = (plan.handed_to or plan.standing.owner_id) if plan.write.hand_over else task["owner_id"]
        owner = self.services.seats(self.crm.name).by_owner.get(owner_id or "")
        if owner_id is None or (plan.write.hand_over and (owner is None or owner.kind != "person")):
            return None
        return TaskDraft(
            ref=plan.write.ref,
            key=task["key"],
            subject=task["subject"],
            body=task["body"],
            owner_id=owner_id,
            due_at=datetime.fromisoformat(task["due_at"]),
        )

    def _look_in_lost_hours(self, made: Made, plans: Sequence[Plan], drafts: Sequence[TaskDraft]) -> None:
        """A store that was put back from a backup may have made the task of an event of before, or of a decision that stands on
        the record, and forgotten it."""
        restored = self.services.restored
        doubtful = {plan.write.ref for plan in plans if restored and _may_be_forgotten(plan, restored)}
        if sought := [draft for draft in drafts if draft.ref in doubtful]:
            made.ids |= self.services.adapter(self.crm).find_tasks(sought)

    def look_after(self) -> None:
        """Finds out what became of tasks that were begun for decisions replaced since."""
        self._look_for(Made(), effects_left_behind(self.services.engine, self.crm.name, self.settling))

    def _look_for(self, made: Made, effects: Sequence[Effect]) -> None:
        """Looks where each was begun: a person's other record, in the other CRM, may have wanted the same task."""
        for name in sorted({one.ref.connection for one in effects}):
            there = [one for one in effects if one.ref.connection == name]
            try:
                found = self._find(name, there)
            except AdapterError:
                if name == self.crm.name:
                    raise
                made.open |= {one.key for one in there}  # the other CRM's trouble does not hold up this one
            else:
                made.ids |= found
                self._settle(found, [one for one in there if one.key not in found])

    def _find(self, name: str, effects: Sequence[Effect]) -> Mapping[str, str]:
        crm = self.services.crm(name)
        if crm is None:
            return {}
        return self.services.adapter(crm).find_tasks([_sought(one) for one in effects])

    def _settle(self, found: Mapping[str, str], missing: Sequence[Effect]) -> None:
        def work(connection: Session) -> None:
            mark_made(connection, found)
            give_up_making(connection, missing)

        transact(self.services.engine, work)

    def _create(self, made: Made, drafts: Sequence[TaskDraft]) -> None:
        if not drafts:
            return
        keys = [(draft.key, draft.ref) for draft in drafts]
        marked_at = time.monotonic()
        mine = transact(self.services.engine, lambda connection: begin_making(connection, keys))
        made.open |= {draft.key for draft in drafts if draft.key not in mine}
        self._create_mine(made, [draft for draft in drafts if draft.key in mine], marked_at)

    def _create_mine(self, made: Made, drafts: Sequence[TaskDraft], marked_at: float) -> None:
        if not drafts:
            return
        try:
            with self.services.writing_to(self.crm, marked_at) as adapter:
                outcomes = adapter.create_tasks(drafts)
        except UnknownOutcome as error:
            log.warning("tasks unanswered", connection=self.crm.name, code=error.code, count=len(drafts))
            made.open |= {draft.key for draft in drafts}
            return
        except Refused as error:
            self._create_apart(made, drafts, marked_at, error)
            return
        except AdapterError:
            self._not_made([draft.key for draft in drafts])
            raise
        created = {d.key: o.id for d, o in zip(drafts, outcomes, strict=True) if o.state == "written" and o.id}
        made.ids |= created
        made.open |= {d.key for d, o in zip(drafts, outcomes, strict=True) if o.state in {"unknown", "retry"}}
        refused = [(d, o.reason) for d, o in zip(drafts, outcomes, strict=True) if o.state in {"refused", "gone", "conflict"}]
        self._not_made([d.key for d, o in zip(drafts, outcomes, strict=True) if o.state == "retry"])
        transact(self.services.engine, lambda connection: mark_made(connection, created))
        self._bury(refused)

    def _create_apart(self, made: Made, drafts: Sequence[TaskDraft], marked_at: float, error: Refused) -> None:
        """The CRM refuses the call as a whole, and would again: one task at a time shows which it means."""
        if len(drafts) == 1:
            self._bury([(drafts[0], str(error))])
            return
        for draft in drafts:
            self._create_mine(made, [draft], marked_at)

    def _not_made(self, keys: Sequence[str]) -> None:
        transact(self.services.engine, lambda connection: unmark_making(connection, keys))

    def _bury(self, refused: Sequence[tuple[TaskDraft, str]]) -> None:
        """A refused task does not hold the write: it is set aside with the vendor's reason."""
        if not refused:
            return
        self._not_made([draft.key for draft, _ in refused])

        def work(connection: Session) -> None:
            for draft, reason in refused:
                reference = f"{draft.ref.object}/{draft.ref.id}"
                bury(connection, name=self.crm.name, what="task", reference=reference, reason=reason)

        transact(self.services.engine, work)


def _may_be_forgotten(plan: Plan, restored: Restored) -> bool:
    decided_at = plan.standing.outputs.get("decided_at")
    return plan.write.source_at <= restored.at or (isinstance(decided_at, str) and restored.lost(moment_of(decided_at)))


def _sought(effect: Effect) -> TaskDraft:
    """What a search needs of a task: where it hangs, and its key."""
    return TaskDraft(effect.ref, effect.key, subject="", body="", owner_id="", due_at=effect.sent_at or datetime.now(UTC))
