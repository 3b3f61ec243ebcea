"""What an org should have, and what of it is there already: the two sides of every plan."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from xml.etree.ElementTree import Element

from adapters.kit import Step, Wanted
from adapters.salesforce.client import Client, soql
from adapters.salesforce.metadata import Metadata
from adapters.salesforce.org import Describe, Org, Queue, User
from adapters.salesforce.package.access import INTEGRATION, REPS, permission_sets
from adapters.salesforce.package.calling import FLOW, calling
from adapters.salesforce.package.component import Component
from adapters.salesforce.package.conversion import NAME as CONVERSION
from adapters.salesforce.package.conversion import conversion, ways
from adapters.salesforce.package.fields import field_components, objects_of
from adapters.salesforce.package.passage import Bodies, Passage
from adapters.salesforce.package.queues import developer_name, queue_components
from adapters.salesforce.package.rule import RULE, rule_component, strangers
from adapters.salesforce.package.tree import branch, differences, from_json, leaf, text_of

_ADDRESS: Final = "endpointUrl"


@dataclass(frozen=True, slots=True)
class FlowState:
    """Our flow as the org has it."""

    body: Element
    """Of the latest version."""
    active: bool
    versions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Assignment:
    """Somebody who lacks a permission set."""

    permission_set: str
    user: User


@dataclass(frozen=True, slots=True)
class Goal:
    components: tuple[Component, ...]
    present: Mapping[tuple[str, str], Element]
    flow: FlowState | None
    assignments: tuple[Assignment, ...]
    strangers: tuple[str, ...]
    """E-mail addresses in the policy that are nobody's here."""
    passages: tuple[Passage, ...] = ()
    """How each output gets from a converted lead to its contact."""

    def steps(self) -> Iterator[tuple[Step, Component]]:
        """Each component with what is to be done to it."""
        for one in self.components:
            there = self.present.get((one.type, one.name))
            if there is None:
                yield Step(one.kind, one.name, "create"), one
                continue
            lines = tuple(_safe(line) for line in differences(there, one.body) if not self._mere_status(one, line))
            yield Step(one.kind, one.name, "change" if lines else "keep", lines), one

    @property
    def asleep(self) -> bool:
        """The flow is there and not active. In production a flow is deployed inactive unless the org says otherwise."""
        return self.flow is not None and not self.flow.active

    @staticmethod
    def _mere_status(one: Component, line: str) -> bool:
        """To deploy the same flow again would not activate it; a person has to."""
        return one.type == "Flow" and line.startswith("status ")


def _roomy(one: Component, present: Element | None) -> Component:
    """A field that has more room than we need keeps it: to make one shorter may cost what stands in it."""
    if one.type != "CustomField" or present is None:
        return one
    roomier = [tag for tag in ("length", "precision") if _number(present, tag) > _number(one.body, tag) > 0]
    return replace(
        one, body=branch(one.body.tag, *(_theirs(leaf_, present) if leaf_.tag in roomier else leaf_ for leaf_ in one.body))
    )


def _number(element: Element, tag: str) -> int:
    text = text_of(element, tag)
    return int(float(text)) if text else 0


def _theirs(ours: Element, present: Element) -> Element:
    return leaf(ours.tag, text_of(present, ours.tag))


def _safe(line: str) -> str:
    """The message's address holds the secret."""
    return f"{_ADDRESS} changes (it holds the secret, so it is not shown)" if line.startswith(_ADDRESS) else line


class Planner:
    """Works out goals. One org, one version."""

    def __init__(self, client: Client, metadata: Metadata, api: str, *, row_id: bool) -> None:
        self._client = client
        self._metadata = metadata
        self._api = api
        self._row_id = row_id
        self.org = Org(client)

    def goal(self, wanted: Wanted) -> Goal:
        user = self.org.user(wanted.service_user)
        people = self.org.users([*wanted.watchers, *(one.owner for one in wanted.rule if "@" in one.owner)])
        queues = self.queues(wanted)
        rule, settings = self.rules().get(RULE), self._metadata.read(CONVERSION, [CONVERSION]).get(CONVERSION)
        theirs = self._theirs(wanted)
        components = tuple(self._components(wanted, user, people, queues, theirs, rule, settings))
        flow = self.flow()
        present = self._present(components, flow, rule, settings)
        components = tuple(_roomy(one, present.get((one.type, one.name))) for one in components)
        assignments = tuple(self._assignments(user, people))
        emails = {email: one.user_name for email, one in people.items()}
        passed = ways(wanted, settings, theirs) if wanted.mapping.object == "Lead" else ()
        return Goal(components, present, flow, assignments, tuple(strangers(wanted, emails)), passed)

    def _components(
        self,
        wanted: Wanted,
        user: User,
        people: Mapping[str, User],
        queues: Mapping[str, Queue],
        theirs: Bodies,
        rule: Element | None,
        settings: Element | None,
    ) -> Iterator[Component]:
        yield from field_components(wanted)
        members = [people[email.lower()].user_name for email in wanted.watchers if email.lower() in people]
        yield from queue_components(wanted.queues, queues, members)
        described = {one: self.described(wanted, one) for one in objects_of(wanted) if self._looked_at(wanted, one)}
        yield from permission_sets(wanted, described)
        yield from calling(wanted, described[wanted.mapping.object], user.user_name, self._api, row_id=self._row_id)
        if wanted.mapping.object == "Lead":
            names = {label: known.developer_name for label, known in queues.items()}
            users = {email: one.user_name for email, one in people.items()}
            active = text_of(rule, "active") == "true"
            owners = {label: names.get(label, developer_name(label)) for label in wanted.queues}
            if made := rule_component(wanted, users, owners, active=active):
                yield made
            yield conversion(wanted, settings, theirs)

    def _theirs(self, wanted: Wanted) -> Bodies:
        """The customer's own fields that outputs go to."""
        names = [f"{object_}.{one.field}" for object_ in objects_of(wanted) for one in wanted.on(object_) if not one.ours]
        return self._metadata.read("CustomField", [name for name in names if name.endswith("__c")])

    @staticmethod
    def _looked_at(wanted: Wanted, object_: str) -> bool:
        """Of the object that leads go on in, only fields of the customer's have to be granted by name."""
        return object_ == wanted.mapping.object or any(not one.ours for one in wanted.on(object_))

    def described(self, wanted: Wanted, object_: str) -> Describe:
        """A mapped object, with the mapped custom fields that the integration user may not see as yet."""
        seen = self.org.describe(object_)
        read = wanted.mapping.inputs.values() if object_ == wanted.mapping.object else ()
        names = {*read, *(one.field for one in wanted.on(object_) if not one.ours)}
        hidden = [name for name in names if name.endswith("__c") and "." not in name and seen.field(name) is None]
        found = self._metadata.read("CustomField", (f"{seen.name}.{name}" for name in hidden))
        return seen.with_hidden({name.partition(".")[2]: one for name, one in found.items()})

    def queues(self, wanted: Wanted) -> Mapping[str, Queue]:
        """Those of the wanted queues that exist, whole."""
        known = self.org.queues(wanted.queues)
        bodies = self._metadata.read("Queue", (one.developer_name for one in known.values()))
        return {label: _whole(one, bodies.get(one.developer_name)) for label, one in known.items()}

    def rules(self) -> Mapping[str, Element]:
        """The org's lead assignment rules by name."""
        found = self._metadata.read("AssignmentRules", ["Lead"]).get("Lead")
        return {text_of(one, "fullName"): one for one in (found.findall("assignmentRule") if found is not None else [])}

    def flow(self) -> FlowState | None:
        """Our flow. The Metadata API's `readMetadata` does not read flows in every version; the Tooling API always does."""
        query = "SELECT Id, VersionNumber, Status FROM Flow WHERE Definition.DeveloperName = {} ORDER BY VersionNumber"
        rows = self._client.tooling(soql(query, FLOW))
        if not rows:
            return None
        body = self._client.tooling(soql("SELECT Id, Metadata FROM Flow WHERE Id = {}", rows[-1]["Id"]))[0].get("Metadata")
        active = any(row.get("Status") == "Active" for row in rows)
        return FlowState(from_json("Flow", body), active, tuple(int(row["VersionNumber"]) for row in rows))

    def _present(
        self, components: Sequence[Component], flow: FlowState | None, rule: Element | None, settings: Element | None
    ) -> Mapping[tuple[str, str], Element]:
        present: dict[tuple[str, str], Element] = {}
        for type_ in ("CustomField", "PermissionSet", "Queue", "WorkflowOutboundMessage"):
            found = self._metadata.read(type_, (one.name for one in components if one.type == type_))
            present |= {(type_, name): body for name, body in found.items()}
        if flow:
            present["Flow", FLOW] = flow.body
        if rule is not None:
            present["AssignmentRule", f"Lead.{RULE}"] = rule
        if settings is not None:
            present[CONVERSION, CONVERSION] = settings
        return present

    def _assignments(self, user: User, people: Mapping[str, User]) -> Iterator[Assignment]:
        """The integration user works with the one set; whoever the policy names sees with the other."""
        for name, whom in ((INTEGRATION, [user]), (REPS, sorted(people.values(), key=lambda one: one.user_name))):
            held = self.org.assigned(name)
            yield from (Assignment(name, one) for one in whom if one.id not in held)


def _whole(queue: Queue, body: Element | None) -> Queue:
    if body is None:
        return queue
    users = tuple(one.text or "" for one in body.findall("queueMembers/users/user"))
    return replace(queue, users=users, objects=tuple(text_of(one, "sobjectType") for one in body.findall("queueSobject")))


def row_id_of(options: Mapping[str, Any]) -> bool:
    """The connection's option `flow_row_id`: `no` leaves the record's id out of the flow's action."""
    return str(options.get("flow_row_id", "yes")) != "no"
