"""Deliver: the only writer of a connection. Outbox rows become differences, differences become calls, answers become receipts.

Before a call it is committed that a call is under way (`sent_at`); a row whose answer was never seen is left alone for the
settling time, then read back before anything is repeated. An empty difference makes no call.
"""

import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

import structlog

from adapters.errors import AdapterError, CallOperator, Refused, Retry, UnknownOutcome
from adapters.records import Gone, Lead, Outcome, RecordRef
from connector import observe
from connector.allowance import SpentError, waiting_for
from connector.differences import Plan, Standing, plan_write, to_be_dated
from connector.leavers import OWNER, Leavers
from connector.observe import record_hash
from connector.receipts import receipt_of
from connector.restoring import Restorer, owner_just_set
from connector.scene import Scene
from connector.store.chain import Document, append
from connector.store.connections import CrmConnection
from connector.store.deliveries import bury
from connector.store.dues import make_due
from connector.store.engine import Session, transact
from connector.store.letters import decide_anew
from connector.store.outbox import (
    Sending,
    Write,
    Written,
    compare_again,
    hold,
    hold_back,
    leave_out,
    mark_sent,
    mark_written,
    next_writes,
    postpone,
    sent_to_undecided,
    settle,
)
from connector.store.records import mark_gone
from connector.tasks import TaskMaker
from connector.wiring import Services

log = structlog.get_logger(__name__)

FRESH_SECONDS: Final = 5.0
"""A read older than this is made again before anything is written over it."""

FOLLOW_SECONDS: Final = 600.0
"""How long a row waits for a decision about the record in its place: nothing decided by then was set aside, or is gone too."""

TRIES: Final = 8
"""So often a record is tried that the CRM takes only later: some two minutes. Then it is set aside; a person can send it on."""


@dataclass(slots=True)
class _Round:
    """What became of one batch of rows."""

    done: list[tuple[Plan, str]] = field(default_factory=list)
    """Plans that need no more, with their outcome: written, same."""
    gone: list[tuple[Write, RecordRef | None]] = field(default_factory=list)
    again: list[tuple[Write, float]] = field(default_factory=list)
    held_up: list[tuple[Write, float]] = field(default_factory=list)
    """Not for anything about themselves: no try is counted."""
    refused: list[tuple[Plan, Outcome]] = field(default_factory=list)
    left: frozenset[RecordRef] = frozenset()
    """Of the refused, those whose owner has left: they are decided anew."""
    open: list[Write] = field(default_factory=list)
    """Written, but whether the task was made is not known yet, or a person's owner could not be put back yet."""
    unanswered: bool = False
    """The CRM left a call unanswered: it is not asked for more."""


@dataclass(frozen=True, slots=True)
class Deliverer:
    """One connection's deliverer. Whoever runs it holds the connection's deliver lock."""

    services: Services
    crm: CrmConnection
    scene: Scene

    def run(self) -> int:
        """Writes everything that may go now; returns how many rows were finished."""
        finished = 0
        self._look_after_tasks()
        while writes := next_writes(self.services.engine, self.crm.name, self.services.adapter(self.crm).batch):
            done, goes_on = self.write(writes)
            finished += done
            if not goes_on:
                break
        return finished

    def write(self, writes: Sequence[Write]) -> tuple[int, bool]:
        """Writes these rows; returns how many were finished, and whether the CRM is fit for more."""
        this = _Round()
        try:
            with self.services.for_leads(self.crm, hot=all(write.hot for write in writes)):
                done = self._deliver(this, writes)
        except SpentError as error:
            return 0, self._wait_for_calls(writes, error)
        except AdapterError as error:
            self._wait_for_crm(writes, error)
            return 0, False
        if this.unanswered:
            return done, False
        self.services.answered(self.crm)
        return done, True

    def _look_after_tasks(self) -> None:
        try:
            TaskMaker(self.services, self.crm, self._settling).look_after()
        except AdapterError as error:
            log.warning("tasks not found out", connection=self.crm.name, status=error.status, kind=type(error).__name__)

    def _deliver(self, this: _Round, writes: Sequence[Write]) -> int:
        plans = self._plans(this, writes)
        wanted = [plan for plan in plans if not plan.empty]
        this.done += [(plan, "same") for plan in plans if plan.empty]
        marks = [Sending(plan.write, plan.owner_id, plan.overwritten) for plan in wanted]
        marked_at = time.monotonic()
        sent = transact(self.services.engine, lambda connection: mark_sent(connection, marks, self._settling))
        self._write(this, [plan for plan in wanted if plan.write.id in sent], marked_at)
        this.done, this.open = Restorer(self.services, self.crm, self.scene).restore(this.done)
        made = TaskMaker(self.services, self.crm, self._settling).make([plan for plan, _ in this.done])
        this.open += [plan.write for plan, _ in this.done if plan.write.task and plan.write.task["key"] in made.open]
        this.done = [(plan, how) for plan, how in this.done if plan.write not in this.open]
        this.left = Leavers(self.services, self.crm, self.scene).of(this.refused)
        transact(self.services.engine, lambda connection: self._settle(connection, this, made.ids))
        self._count(this)
        return len(this.done)

    @property
    def _settling(self) -> float:
        return self.services.settings.settle_seconds

    # --- reading

    def _plans(self, this: _Round, writes: Sequence[Write]) -> list[Plan]:
        now = datetime.now(UTC)
        fresh = {write.id: standing for write in writes if (standing := self._as_hydrated(write, now))}
        read = self._read([write.ref for write in writes if write.id not in fresh])
        standings = []
        for write in writes:
            found = read.get(write.ref)
            if isinstance(found, Gone):
                this.gone.append((write, found.now))
            else:
                standings.append((write, fresh[write.id] if found is None else _as_read(found)))
        changed = self._changed_at(standings)
        return [plan_write(self.scene, write, standing, changed.get(write.ref, {})) for write, standing in standings]

    def _as_hydrated(self, write: Write, now: datetime) -> Standing | None:
        """What hydration saw, if nothing has been tried since, it is fresh enough to write over, and it was read from the
        fields that will be written."""
        before = write.before
        if before is None or write.attempts or write.unanswered_for is not None:
            return None
        read_at = datetime.fromisoformat(before["read_at"])
        if (now - read_at).total_seconds() > FRESH_SECONDS:
            return None
        if before.get("mapping") != self.scene.mapping_of(write.ref).fingerprint():
            return None
        return Standing(before["outputs"], before["owner_id"], datetime.fromisoformat(before["modified_at"]), read_at)

    def _changed_at(self, standings: Sequence[tuple[Write, Standing]]) -> Mapping[RecordRef, Mapping[str, datetime]]:
        """Asked only where the newer value wins and it matters: for most mappings and most leads that is no call."""
        asked = {write.ref: to_be_dated(self.scene, write, standing) for write, standing in standings}
        asked = {ref: names for ref, names in asked.items() if names}
        if not asked:
            return {}
        names = sorted({name for some in asked.values() for name in some})
        return self.services.adapter(self.crm).changed_at(list(asked), names)

    def _read(self, refs: Sequence[RecordRef]) -> Mapping[RecordRef, Lead | Gone]:
        found: dict[RecordRef, Lead | Gone] = {}
        for name in sorted({ref.object for ref in refs}):
            found.update(self.services.adapter(self.crm).fetch([ref for ref in refs if ref.object == name]))
        return found

    # --- writing

    def _write(self, this: _Round, plans: Sequence[Plan], marked_at: float) -> None:
        if not plans:
            return
        try:
            with self.services.writing_to(self.crm, marked_at) as adapter:
                outcomes = adapter.write([plan.change() for plan in plans])
        except UnknownOutcome as error:
            log.warning("write unanswered", connection=self.crm.name, code=error.code, count=len(plans))
            self.services.failed(self.crm, error)
            this.unanswered = True
            return  # the rows say that a call is under way; they are read back when it has settled
        except Refused as error:
            self._write_apart(this, plans, marked_at, error)
            return
        except AdapterError:
            unsent = [plan.write for plan in plans]
            transact(self.services.engine, lambda connection: postpone(connection, unsent, 0.0, pardon=True))
            raise
        for plan, outcome in zip(plans, outcomes, strict=True):
            self._sort_in(this, plan, outcome)
        this.done = self._after_hand_over(this.done)

    def _write_apart(self, this: _Round, plans: Sequence[Plan], marked_at: float, error: Refused) -> None:
        """The CRM refuses the call as a whole, and would again: one record at a time shows which it means."""
        if len(plans) == 1:
            [plan] = plans
            this.refused.append((plan, Outcome(plan.write.ref, "refused", reason=str(error), code=error.code)))
            return
        for plan in plans:
            self._write(this, [plan], marked_at)

    def _after_hand_over(self, done: Sequence[tuple[Plan, str]]) -> list[tuple[Plan, str]]:
        """Reads back whom the org's own rule chose: our receipt names them, so that they do not look like a person's choice."""
        handed = [plan.write.ref for plan, how in done if how == "written" and plan.hand_over]
        found = self._read(handed) if handed else {}
        owners = {ref: lead.owner_id for ref, lead in found.items() if isinstance(lead, Lead)}
        return [(replace(plan, handed_to=owners.get(plan.write.ref)), how) for plan, how in done]

    def _sort_in(self, this: _Round, plan: Plan, outcome: Outcome) -> None:
        observe.WRITES.labels(crm=self.crm.kind, outcome=outcome.state).inc()
        say = log.warning if outcome.state == "refused" else log.debug
        ref, trace = record_hash(plan.write.ref), plan.write.trace
        say("write answered", trace=trace, connection=self.crm.name, record_hash=ref, outcome=outcome.state, code=outcome.code)
        match outcome.state:
            case "written":
                this.done.append((plan, "written"))
            case "gone":
                this.gone.append((plan.write, outcome.now))
            case "conflict":  # read again and once more at once; a record that keeps moving is left to come to rest
                this.again.append((plan.write, 0.0 if plan.write.attempts < 2 else _pause(plan.write)))
            case "retry" if outcome.after:
                this.held_up.append((plan.write, outcome.after))
            case "retry" if plan.write.attempts + 1 >= TRIES:
                this.refused.append((plan, replace(outcome, fields=(), reason=f"{outcome.reason} Tried {TRIES} times.")))
            case "retry":
                this.again.append((plan.write, _pause(plan.write)))
            case "refused":
                this.refused.append((plan, outcome))
            case "unknown":
                pass  # as above

    # --- settling

    def _settle(self, connection: Session, this: _Round, task_ids: Mapping[str, str]) -> None:
        name = self.crm.name
        mark_written(connection, name, {plan.write.ref: _written(plan, how) for plan, how in this.done})
        there = settle(connection, [plan.write for plan, _ in this.done])
        mark_sent(connection, [Sending(write) for write in this.open], self._settling)
        self._follow(connection, this.gone)
        for write, wait in this.again:
            postpone(connection, [write], wait)
        for write, wait in this.held_up:
            postpone(connection, [write], wait, pardon=True)
        for plan, outcome in this.refused:
            self._refuse(connection, plan, outcome, left=plan.write.ref in this.left)
        done = [(plan, how) for plan, how in this.done if plan.write.wrapped_key and plan.write.id in there]
        append(connection, name, [self._receipt(plan, how, task_ids) for plan, how in done])

    def _receipt(self, plan: Plan, how: str, task_ids: Mapping[str, str]) -> Document:
        return receipt_of(self.services.vault, plan, how, task_ids, self.scene.mapping_of(plan.write.ref).outputs)

    def _follow(self, connection: Session, gone: Sequence[tuple[Write, RecordRef | None]]) -> None:
        """Closes what is lost. HubSpot takes an old id for the record in its place: what was sent may stand on that one, so the
        row waits until something is decided there, and then that is compared with what stands.
        """
        moved = [(write, now) for write, now in gone if now]
        early = sent_to_undecided(connection, [(write, now) for write, now in moved if write.age < FOLLOW_SECONDS])
        compare_again(connection, [(write, now) for write, now in moved if write.id not in early])
        settle(connection, [write for write, _ in gone if write.id not in early])
        postpone(connection, [write for write, _ in gone if write.id in early], 1.0)
        mark_gone(connection, [write.ref for write, _ in gone], {write.ref: now.id for write, now in moved})
        make_due(connection, self.crm.name, ((now.object, now.id, write.source_at) for write, now in moved))

    def _refuse(self, connection: Session, plan: Plan, outcome: Outcome, *, left: bool) -> None:
        """A field the vendor refuses is left out and the rest goes again; what is refused whole is set aside. For a record
        whose owner left, another one is found."""
        if left:
            decide_anew(connection, plan.write.ref)
        else:
            self._bury(connection, plan, outcome)
        refused = [name for name in outcome.fields if name in plan.outputs or (name == OWNER and plan.owner_id)]
        if refused and len(refused) < len(plan.outputs) + bool(plan.owner_id) and plan.write.attempts < TRIES:
            leave_out(connection, plan.write, refused, owner=OWNER in refused)
        else:
            settle(connection, [plan.write])

    def _bury(self, connection: Session, plan: Plan, outcome: Outcome) -> None:
        reference = f"{plan.write.ref.object}/{plan.write.ref.id}"
        reason = f"{outcome.code}: {outcome.reason}" if outcome.code else outcome.reason
        bury(connection, name=self.crm.name, what="write", reference=reference, reason=reason, fields=outcome.fields)
        observe.DEADLETTERS.labels(what="write").inc()

    def _wait_for_crm(self, writes: Sequence[Write], error: AdapterError) -> None:
        """The CRM could not be asked for something: all wait, and rows whose call may be under way keep their mark."""
        log.warning("deliver failed", connection=self.crm.name, status=error.status, code=error.code, kind=type(error).__name__)
        self.services.failed(self.crm, error)
        wait = error.after if isinstance(error, Retry) else 60.0 if isinstance(error, CallOperator) else 5.0
        transact(self.services.engine, lambda connection: hold(connection, writes, wait))

    def _wait_for_calls(self, writes: Sequence[Write], error: SpentError) -> bool:
        """A call was not made for want of allowance. True if some may go all the same: they come next."""
        waiting = waiting_for(error)
        count = transact(self.services.engine, lambda connection: hold_back(connection, self.crm.name, waiting))
        log.info("writes wait", connection=self.crm.name, policy=error.policy, count=count, after=round(error.after))
        return waiting.reason == "budget" and any(write.hot for write in writes)

    def _count(self, this: _Round) -> None:
        now = datetime.now(UTC)
        for plan, how in this.done:
            if how == "written":
                observe.SOURCE_TO_WRITTEN_SECONDS.labels(crm=self.crm.kind).observe(
                    max(0.0, (now - plan.write.source_at).total_seconds())
                )


def _pause(write: Write) -> float:
    """Seconds until the next try: half a second, doubled each time, a minute at most; of that all or down to the half, so
    that we do not meet the same neighbour at the same lock again and again."""
    return min(60.0, 0.5 * 2.0**write.attempts) * random.uniform(0.5, 1.0)  # noqa: S311 - nobody gains by guessing it


def _as_read(lead: Lead) -> Standing:
    return Standing(lead.outputs, lead.owner_id, lead.modified_at, lead.read_at)


def _written(plan: Plan, how: str) -> Written:
    """What stands there by our hand: all that was wanted, less what a person keeps there."""
    outputs = {name: value for name, value in plan.write.outputs.items() if name not in plan.kept}
    return Written(outputs, (plan.handed_to if how == "written" else None) or owner_just_set(plan, how))
