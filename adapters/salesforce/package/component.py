"""One piece of metadata, whatever its type: its name in a package, and what it should look like."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

KINDS: Final[Mapping[str, str]] = {
    "CustomField": "custom field",
    "PermissionSet": "permission set",
    "Queue": "queue",
    "WorkflowOutboundMessage": "outbound message",
    "Flow": "flow",
    "FlowDefinition": "flow",
    "AssignmentRule": "assignment rule",
    "LeadConvertSettings": "lead conversion mapping",
}
"""By type of metadata, what an administrator calls it."""


@dataclass(frozen=True, slots=True)
class Component:
    """`type` and `name` as in a package manifest: `CustomField`, `Lead.Leadline_Route__c`."""

    type: str
    name: str
    body: Element
    """What it says, without its full name; the root's tag is of no meaning."""

    @property
    def kind(self) -> str:
        return KINDS[self.type]

    @property
    def object(self) -> str:
        """What stands before the dot: `Lead`."""
        return self.name.partition(".")[0]

    @property
    def own_name(self) -> str:
        """What stands after it."""
        return self.name.rpartition(".")[2]
