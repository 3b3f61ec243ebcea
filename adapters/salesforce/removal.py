"""Taking Leadline out of an org: first it stops, then what it owns is handed on, then its parts go; values stay unless purged."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from xml.etree.ElementTree import Element

from adapters.errors import CallOperator
from adapters.kit import OutputField, Plan, Step, Wanted
from adapters.salesforce.answers import Item
from adapters.salesforce.calls import chunks
from adapters.salesforce.client import COLLECTION, Client, Record, soql
from adapters.salesforce.failures import PROVIDER, item_reason
from adapters.salesforce.goal import Goal, Planner
from adapters.salesforce.metadata import Metadata
from adapters.salesforce.org import Queue
from adapters.salesforce.package.access import INTEGRATION, REPS, sight
from adapters.salesforce.package.calling import FLOW, MESSAGE
from adapters.salesforce.package.component import Component
from adapters.salesforce.package.conversion import NAME as CONVERSION
from adapters.salesforce.package.conversion import PAIR, mapped_ours, pairs_made, without_ours
from adapters.salesforce.package.fields import objects_of, our_fields
from adapters.salesforce.package.rule import RULE
from adapters.salesforce.package.tree import branch, leaf, text_of

Done = Callable[[Step], None]

_KEPT: Final = "Kept by Leadline's removal"
_OURS: Final = "Leadline "
"""A queue of such a name is ours, whoever made it."""


@dataclass(frozen=True, slots=True)
class Left:
    """One of our fields that exists on an object."""

    name: str
    """`Lead.Leadline_Route__c`"""
    body: Element
    why: str
    """Why it stays; empty if it goes."""


class Remover:
    def __init__(self, client: Client, metadata: Metadata, planner: Planner, now: Callable[[], datetime]) -> None:
        self._client = client
        self._metadata = metadata
        self._planner = planner
        self._now = now

    def plan(self, wanted: Wanted, *, purge: bool) -> Plan:
        goal = self._planner.goal(wanted)
        queues = self._our_queues(wanted)
        fields = list(self._fields(wanted, goal, purge=purge))
        steps = [*self._parts(wanted, goal, queues), *self._field_steps(fields)]
        kept = [one.name for one in fields if one.why]
        return Plan((*steps, *_by_hand(wanted, kept, purge=purge)))

    def run(self, wanted: Wanted, done: Done, *, heir: str, purge: bool) -> None:
        """Each stage leaves the org sound, and a second run goes on where the first one was interrupted."""
        goal = self._planner.goal(wanted)
        if not purge and self._is_out(wanted, goal):
            return
        self._fall_silent(goal, done)
        self.see(wanted, goal)
        queues = self._our_queues(wanted)
        self._hand_on(queues, heir, done)
        goal = self._planner.goal(wanted)  # with the permission set that was needed to see
        fields = list(self._fields(wanted, goal, purge=purge))
        parts = [step for step in self._parts(wanted, goal, queues) if step.action != "keep"]
        self._unassign(done)
        self._take_out(wanted, goal, queues, fields)
        for step in (*parts, *self._field_steps(fields)):
            if step.action != "keep":
                done(step)

    def _is_out(self, wanted: Wanted, goal: Goal) -> bool:
        """Nothing is left but fields that an earlier removal kept; to look into them again would take rights that it gave up."""
        if any(self._parts(wanted, goal, self._our_queues(wanted))):
            return False
        fields = [body for (type_, _), body in goal.present.items() if type_ == "CustomField"]
        return all(text_of(one, "inlineHelpText").startswith(_KEPT) for one in fields)

    # --- what there is

    def _our_queues(self, wanted: Wanted) -> Sequence[Queue]:
        """Queues that we made, or that bear our name; the policy may also send leads to queues of the customer's."""
        there = self._planner.queues(wanted).values()
        return [one for one in there if one.label.startswith(_OURS) or ("queue", one.developer_name) in wanted.made]

    def _parts(self, wanted: Wanted, goal: Goal, queues: Sequence[Queue]) -> Iterator[Step]:
        if goal.flow:
            yield Step("flow", FLOW, "remove", (_some(len(goal.flow.versions), "version"),))
        for type_, name in _whole_parts(wanted):
            if (type_, name) in goal.present:
                yield Step(Component(type_, name, Element(type_)).kind, name, "remove")
        for queue in queues:
            yield Step("queue", queue.developer_name, "remove", tuple(self._waiting(queue)))
        if count := mapped_ours(wanted, present := goal.present.get((CONVERSION, CONVERSION))):
            yield Step("lead conversion mapping", CONVERSION, "change", (f"{_some(count, 'field')} of ours taken out",))
            yield from (Step(PAIR, pair, "remove") for pair in pairs_made(wanted, present))

    def _waiting(self, queue: Queue) -> Iterator[str]:
        if self._client.query(soql("SELECT Id FROM Lead WHERE OwnerId = {} AND IsConverted = false LIMIT 1", queue.id)):
            yield "its leads go to the heir"

    def _conversion(self, wanted: Wanted, goal: Goal) -> list[Component]:
        present = goal.present.get((CONVERSION, CONVERSION))
        return [without_ours(wanted, present)] if present is not None and mapped_ours(wanted, present) else []

    def _fields(self, wanted: Wanted, goal: Goal, *, purge: bool) -> Iterator[Left]:
        for object_ in objects_of(wanted):
            described = self._planner.org.describe(object_)
            for field in our_fields(wanted, object_):
                name = f"{object_}.{field.field}"
                body = goal.present.get(("CustomField", name))
                if body is not None:
                    seen = described.field(field.field) is not None
                    yield Left(name, body, "" if purge else self._why_kept(object_, field, seen=seen))

    def _why_kept(self, object_: str, field: OutputField, *, seen: bool) -> str:
        if not seen:
            return "the integration user cannot see it, so whether it holds values is not known"
        holds = self._client.query(f"SELECT Id FROM {object_} WHERE {field.field} != null LIMIT 1")  # noqa: S608
        return "it holds values" if holds else ""

    def _field_steps(self, fields: Iterator[Left] | Sequence[Left]) -> Iterator[Step]:
        for one in fields:
            if not one.why:
                yield Step("custom field", one.name, "remove")
            elif text_of(one.body, "inlineHelpText").startswith(_KEPT):
                yield Step("custom field", one.name, "keep", (f"kept before: {one.why}",))
            else:
                yield Step("custom field", one.name, "change", (f"kept, since {one.why}; its help text says so",))

    # --- what is done

    def see(self, wanted: Wanted, goal: Goal) -> None:
        """Makes sure that we see our fields. A removal takes our rights, and without them a full field looks like no field.

        Raises:
            adapters.errors.CallOperator: one stays hidden all the same.
        """
        if not (hidden := self._hidden(wanted, goal)):
            return
        rights = [name for type_, name in goal.present if type_ == "CustomField"]
        self._metadata.deploy([sight(rights)])
        user = self._planner.org.user(wanted.service_user)
        if user.id not in self._planner.org.assigned(INTEGRATION):
            assign(self._client, self._planner, INTEGRATION, [user.id])
        if hidden := self._hidden(wanted, goal):
            sentence = (
                f"The integration user cannot see {', '.join(hidden)}; grant it, so that values are neither lost nor overlooked."
            )
            raise CallOperator(sentence, provider=PROVIDER, operation="remove")

    def _hidden(self, wanted: Wanted, goal: Goal) -> Sequence[str]:
        described = {object_: self._planner.org.describe(object_) for object_ in objects_of(wanted)}
        names = [name for type_, name in goal.present if type_ == "CustomField"]
        return [name for name in names if described[name.partition(".")[0]].field(name.partition(".")[2]) is None]

    def _fall_silent(self, goal: Goal, done: Done) -> None:
        """The org calls nobody any more, and our rule moves no lead."""
        components: list[Component] = []
        if goal.flow and goal.flow.active:
            components.append(Component("FlowDefinition", FLOW, branch("FlowDefinition", leaf("activeVersionNumber", 0))))
        rule = goal.present.get(("AssignmentRule", f"Lead.{RULE}"))
        if rule is not None and text_of(rule, "active") == "true":
            components.append(Component("AssignmentRule", f"Lead.{RULE}", _with(rule, "active", "false")))
        if components:
            self._metadata.deploy(components)
        for one in components:
            done(Step(one.kind, one.name, "change", ("active true ► false",)))

    def _hand_on(self, queues: Sequence[Queue], heir: str, done: Done) -> None:
        ids = [queue.id for queue in queues if queue.id != heir]
        query = soql("SELECT Id FROM Lead WHERE OwnerId IN {} AND IsConverted = false ORDER BY Id LIMIT 2000", ids) if ids else ""
        moved = 0
        while query and (rows := self._client.query(query)):
            for part in chunks(rows, COLLECTION):
                moved += _all_written(self._client.update([_owned(row, heir) for row in part]))
        if moved:
            done(Step("leads", f"{moved} in our queues", "change", ("owner ► the heir",)))

    def _unassign(self, done: Done) -> None:
        """A permission set that somebody holds cannot be removed."""
        for name in (INTEGRATION, REPS):
            held = sorted(self._planner.org.assigned(name).values())
            for part in chunks(held, COLLECTION):
                _all_written(self._client.unassign(part))
            if held:
                done(Step("permission set assignment", name, "remove", (_some(len(held), "user"),)))

    def _take_out(self, wanted: Wanted, goal: Goal, queues: Sequence[Queue], fields: Sequence[Left]) -> None:
        """What refers to other parts goes before them."""
        first = [("Flow", f"{FLOW}-{number}") for number in (goal.flow.versions if goal.flow else ())]
        rule = ("AssignmentRule", f"Lead.{RULE}")
        first += [rule] if rule in goal.present else []
        conversion = self._conversion(wanted, goal)
        if first or conversion:
            self._metadata.deploy(conversion, first)
        then = [part for part in _whole_parts(wanted) if part in goal.present and part != rule]
        then += [("Queue", queue.developer_name) for queue in queues]
        then += [("CustomField", one.name) for one in fields if not one.why]
        kept = [self._kept(one) for one in fields if one.why and not text_of(one.body, "inlineHelpText").startswith(_KEPT)]
        if then or kept:
            self._metadata.deploy(kept, then)

    def _kept(self, one: Left) -> Component:
        words = f"{_KEPT} on {self._now():%Y-%m-%d}; no longer updated."
        return Component("CustomField", one.name, _with(one.body, "inlineHelpText", words))


def _off(path: str, names: Sequence[str]) -> str:
    return f"{path} ► drag out: {', '.join(names)}"


def _whole_parts(wanted: Wanted) -> Sequence[tuple[str, str]]:
    return [
        ("WorkflowOutboundMessage", f"{wanted.mapping.object}.{MESSAGE}"),
        ("AssignmentRule", f"Lead.{RULE}"),
        ("PermissionSet", INTEGRATION),
        ("PermissionSet", REPS),
    ]


def _some(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _with(body: Element, tag: str, text: str) -> Element:
    """The same, but for one leaf."""
    return branch(body.tag, *(one for one in body if one.tag not in {tag, "fullName"}), leaf(tag, text))


def _owned(row: Mapping[str, str], heir: str) -> Record:
    return {"attributes": {"type": "Lead"}, "id": row["Id"], "OwnerId": heir}


def assign(client: Client, planner: Planner, permission_set: str, users: Sequence[str]) -> None:
    """Gives users a permission set; who has it already is fine."""
    id_ = planner.org.permission_set(permission_set)
    for part in chunks(users, COLLECTION):
        rows = [{"attributes": {"type": "PermissionSetAssignment"}, "AssigneeId": user, "PermissionSetId": id_} for user in part]
        _all_written([one for one in client.create(rows) if one.code != "DUPLICATE_VALUE"])


def _all_written(items: Sequence[Item]) -> int:
    """How many. An installation is not done by halves.

    Raises:
        adapters.errors.CallOperator: one was refused.
    """
    refused = next((one for one in items if not one.success), None)
    if refused is not None:
        sentence = f"Salesforce refused a part of this: {item_reason(refused)} What was done before stands; do the same again."
        raise CallOperator(sentence, provider=PROVIDER, operation="install", code=refused.code)
    return len(items)


def _by_hand(wanted: Wanted, kept: Sequence[str], *, purge: bool) -> Iterator[Step]:
    """Who put our fields on a layout takes them off again; a field that is deleted leaves its layouts by itself."""
    for object_ in objects_of(wanted):
        names = [name.partition(".")[2] for name in kept if name.startswith(f"{object_}.")]
        if names:
            path = f"Setup ► Object Manager ► {object_} ► Page Layouts ► each layout that shows them"
            yield Step("page layout", f"Take the fields that stay off the {object_.lower()}", "by_hand", (_off(path, names),))
    if purge:
        for object_ in objects_of(wanted):
            path = f"Setup ► Object Manager ► {object_} ► Fields & Relationships ► Deleted Fields ► Erase"
            lines = (f"{path}; else they stay there for 15 days",)
            yield Step("deleted field", f"Erase the deleted fields of {object_}", "by_hand", lines)
    lines = ("Setup ► External Client App Manager ► the app that you connected Leadline with ► Delete",)
    yield Step("app", "Take away Leadline's access", "by_hand", lines)
