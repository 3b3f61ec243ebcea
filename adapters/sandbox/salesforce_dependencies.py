"""Who uses what: which components stand in the way of deleting another."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from adapters.sandbox.salesforce_flows import messages
from adapters.sandbox.salesforce_tree import Tree, child, text, texts, trees, words

Key = tuple[str, str]
"""(type, full name)"""

LABELS: Final = {
    "Flow": "Flow",
    "ValidationRule": "Validation Rule",
    "WorkflowRule": "Workflow Rule",
    "WorkflowFieldUpdate": "Field Update",
    "WorkflowOutboundMessage": "Outbound Message",
    "AssignmentRule": "Lead Assignment Rule",
    "Report": "Report",
    "ListView": "List View",
    "Layout": "Page Layout",
    "FlexiPage": "Lightning Page",
}
"""Types whose use of a field is a use; a permission on it is not, and goes with it."""

_FIELD: Final = re.compile(r"(?:\b(\w+)[.$])?\b([A-Za-z]\w*__c)\b")


class Named(Protocol):
    @property
    def type(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def tree(self) -> Tree: ...


@dataclass(frozen=True, slots=True)
class Use:
    type: str
    name: str
    uses: Key


def uses(components: Iterable[Named]) -> Iterator[Use]:
    """Every use of a field, a queue or an outbound message by another component."""
    for component in components:
        if component.type in LABELS:
            yield from (Use(component.type, component.name, ("CustomField", name)) for name in sorted(_fields(component)))
            yield from (Use(component.type, component.name, key) for key in _others(component))


def object_of(component: Named) -> str:
    """The object that a component's bare field names belong to."""
    if component.type == "Flow":
        return text(child(component.tree, "start"), "object")
    if component.type == "Report":
        return "Lead" if "Lead" in text(component.tree, "reportType") else text(component.tree, "reportType")
    return re.split(r"[.-]", component.name)[0]


def _fields(component: Named) -> set[str]:
    own = object_of(component)
    return {
        f"{prefix if prefix in {'Lead', 'Contact', 'Account', 'Opportunity'} else own}.{field}"
        for word in words(component.tree)
        for prefix, field in _FIELD.findall(word)
    }


def _others(component: Named) -> Iterator[Key]:
    content = component.tree
    if component.type == "Flow":
        yield from (("WorkflowOutboundMessage", name) for name in messages(content))
    if component.type == "AssignmentRule":
        entries = trees(content, "ruleEntry")
        yield from (("Queue", text(entry, "assignedTo")) for entry in entries if text(entry, "assignedToType") == "Queue")
    if component.type == "WorkflowRule":
        own = object_of(component)
        for action in trees(content, "actions"):
            kind = {"OutboundMessage": "WorkflowOutboundMessage", "FieldUpdate": "WorkflowFieldUpdate"}.get(text(action, "type"))
            if kind:
                yield kind, f"{own}.{text(action, 'name')}"
    yield from (("Queue", name) for name in texts(content, "queue"))
