"""Metadata components: their types, the files they live in, and the parts that a file holds."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from adapters.sandbox.salesforce_tree import Tree, text, trees


@dataclass(frozen=True, slots=True)
class Component:
    type: str
    """`CustomField`"""
    name: str
    """The full name: `Lead.Fit_Score__c`, `Tier_1`, `Folder/Report`."""
    tree: Tree
    file: str = ""
    """Its path in the package."""

    @property
    def key(self) -> tuple[str, str]:
        return self.type, self.name


@dataclass(frozen=True, slots=True)
class FileType:
    """A folder of the package."""

    type: str
    suffix: str
    parts: Mapping[str, str]
    """Element name to the type of the parts that a file of this type holds."""


_OBJECT_PARTS: Final = {
    "fields": "CustomField",
    "validationRules": "ValidationRule",
    "recordTypes": "RecordType",
    "listViews": "ListView",
    "businessProcesses": "BusinessProcess",
}
_WORKFLOW_PARTS: Final = {
    "rules": "WorkflowRule",
    "outboundMessages": "WorkflowOutboundMessage",
    "fieldUpdates": "WorkflowFieldUpdate",
    "tasks": "WorkflowTask",
    "alerts": "WorkflowAlert",
}

FOLDERS: Final[Mapping[str, FileType]] = {
    "objects": FileType("CustomObject", "object", _OBJECT_PARTS),
    "workflows": FileType("Workflow", "workflow", _WORKFLOW_PARTS),
    "assignmentRules": FileType("AssignmentRules", "assignmentRules", {"assignmentRule": "AssignmentRule"}),
    "permissionsets": FileType("PermissionSet", "permissionset", {}),
    "queues": FileType("Queue", "queue", {}),
    "flows": FileType("Flow", "flow", {}),
    "flowDefinitions": FileType("FlowDefinition", "flowDefinition", {}),
    "LeadConvertSettings": FileType("LeadConvertSettings", "LeadConvertSetting", {}),
    "namedCredentials": FileType("NamedCredential", "namedCredential", {}),
    "externalCredentials": FileType("ExternalCredential", "externalCredential", {}),
    "remoteSiteSettings": FileType("RemoteSiteSetting", "remoteSite", {}),
    "reports": FileType("Report", "report", {}),
    "flexipages": FileType("FlexiPage", "flexipage", {}),
    "layouts": FileType("Layout", "layout", {}),
    "duplicateRules": FileType("DuplicateRule", "duplicateRule", {}),
}
"""What this org understands. Anything else is refused by name, never taken and forgotten."""

READ_ONLY: Final = frozenset({"DuplicateRule"})
"""Shown and in force, but set up by the control API only."""

BUNDLES: Final[Mapping[str, str]] = {"lwc": "LightningComponentBundle"}
"""Folders in which a component is a folder of files, kept without being looked into."""

CONTAINERS: Final = frozenset(kind.type for kind in FOLDERS.values() if kind.parts)

PART_OF: Final[Mapping[str, tuple[str, str]]] = {
    part: (folder, element) for folder, kind in FOLDERS.items() for element, part in kind.parts.items()
}
"""Type of a part to the folder and element where it lives."""

TYPES: Final = frozenset({kind.type for kind in FOLDERS.values()} | set(PART_OF) | set(BUNDLES.values()))


def parts(kind: FileType, name: str, content: Tree, file: str) -> Iterator[Component]:
    """The components inside a file: `Lead` with a field `Fit__c` holds `Lead.Fit__c`."""
    for element, type_ in kind.parts.items():
        for below in trees(content, element):
            own = {key: nodes for key, nodes in below.items() if key != "fullName"}
            yield Component(type_, f"{name}.{text(below, 'fullName')}", own, file)


def path(type_: str, name: str) -> str:
    """Where a component lives in a package, without the package's own folder."""
    folder, _ = PART_OF.get(type_, ("", ""))
    if folder:
        return f"{folder}/{name.partition('.')[0]}.{FOLDERS[folder].suffix}"
    folder, kind = next(item for item in FOLDERS.items() if item[1].type == type_)
    return f"{folder}/{name}.{kind.suffix}"


def files(components: Iterable[Component]) -> dict[str, tuple[str, Tree]]:
    """Path to root element and content: parts of one container share its file."""
    found: dict[str, tuple[str, Tree]] = {}
    for component in components:
        where = path(component.type, component.name)
        folder, element = PART_OF.get(component.type, ("", ""))
        if not folder:
            found[where] = (component.type, component.tree)
            continue
        _, content = found.setdefault(where, (FOLDERS[folder].type, {}))
        content.setdefault(element, []).append({"fullName": [component.name.partition(".")[2]], **component.tree})
    return found
