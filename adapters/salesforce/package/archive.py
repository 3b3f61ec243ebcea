"""A package as Salesforce's own tools have it: one folder, its files, its manifest, and as one archive."""

import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from xml.etree.ElementTree import Element

from adapters.salesforce.package.component import Component
from adapters.salesforce.package.tree import branch, document, leaf

_FILES: Final[Mapping[str, tuple[str, str]]] = {
    "PermissionSet": ("permissionsets", "permissionset"),
    "Queue": ("queues", "queue"),
    "Flow": ("flows", "flow"),
    "FlowDefinition": ("flowDefinitions", "flowDefinition"),
    "LeadConvertSettings": ("LeadConvertSettings", "LeadConvertSetting"),
}
"""By type, the folder and the suffix of a file of its own."""

_SHARED: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "CustomField": ("objects", "object", "CustomObject", "fields"),
    "WorkflowOutboundMessage": ("workflows", "workflow", "Workflow", "outboundMessages"),
    "AssignmentRule": ("assignmentRules", "assignmentRules", "AssignmentRules", "assignmentRule"),
}
"""By type, the folder, suffix and root of the object's file in which it is an element, and the element's tag."""

_SOURCE: Final = "force-app/main/default"

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The same package is the same bytes."""

Removals = Sequence[tuple[str, str]]
"""Type and name."""


def files_of(components: Sequence[Component], api: str, removals: Removals = ()) -> dict[str, bytes]:
    """Everything that belongs into the folder, by path. What is removed goes after what is changed."""
    files = {path: document(root) for path, root in _sources(components)}
    files["package.xml"] = document(_manifest([(one.type, one.name) for one in components], api))
    if removals:
        files["destructiveChangesPost.xml"] = document(_manifest(removals, api))
    return files


def project_of(components: Sequence[Component], api: str) -> dict[str, bytes]:
    """The same as a project for Salesforce's own command line, each field in a file of its own."""
    fields = [one for one in components if one.type == "CustomField"]
    others = [one for one in components if one.type != "CustomField"]
    files = {f"{_SOURCE}/{path}-meta.xml": document(root) for path, root in _sources(others)}
    for one in fields:
        path = f"{_SOURCE}/objects/{one.object}/fields/{one.own_name}.field-meta.xml"
        files[path] = document(_named("CustomField", one))
    files["manifest/package.xml"] = document(_manifest(list(map(_in_project, components)), api))
    about = {"packageDirectories": [{"path": "force-app", "default": True}], "sourceApiVersion": api.removeprefix("v")}
    files["sfdx-project.json"] = json.dumps(about, indent=2).encode() + b"\n"
    return files


def _in_project(one: Component) -> tuple[str, str]:
    """As the command line finds it again by its manifest: a message only by the file of all workflow of its object."""
    return ("Workflow", one.object) if one.type == "WorkflowOutboundMessage" else (one.type, one.name)


def archive_of(files: Mapping[str, bytes]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files):
            archive.writestr(zipfile.ZipInfo(path, _EPOCH), files[path], zipfile.ZIP_DEFLATED)
    return whole.getvalue()


def _sources(components: Sequence[Component]) -> Iterator[tuple[str, Element]]:
    shared: dict[tuple[str, str], list[Component]] = defaultdict(list)
    for one in components:
        if one.type in _SHARED:
            shared[one.type, one.object].append(one)
        else:
            folder, suffix = _FILES[one.type]
            yield f"{folder}/{one.name}.{suffix}", branch(one.type, *one.body)
    for (type_, object_), ones in shared.items():
        folder, suffix, root, tag = _SHARED[type_]
        yield f"{folder}/{object_}.{suffix}", branch(root, *(_named(tag, one) for one in ones))


def _named(tag: str, one: Component) -> Element:
    return branch(tag, leaf("fullName", one.own_name), *one.body)


def _manifest(members: Removals, api: str) -> Element:
    by_type: dict[str, list[str]] = defaultdict(list)
    for type_, name in members:
        by_type[type_].append(name)
    types = [
        branch("types", *(leaf("members", name) for name in sorted(by_type[type_])), leaf("name", type_))
        for type_ in sorted(by_type)
    ]
    return branch("Package", *types, leaf("version", api.removeprefix("v")))
