"""What `doctor` has to say about an org: does it have the mapped fields, do they fit, may our user write them."""

from collections.abc import Iterator, Mapping
from typing import Final

from adapters.records import Problem
from adapters.salesforce.schema import FieldInfo, ObjectInfo
from config.fields import FIELDS, OUTPUTS, PERSONS_OUTPUTS, Kind
from config.mapping import FieldMapping

_NUMBERS: Final = ("double", "int", "long", "currency", "percent")
_TEXTS: Final = ("string", "textarea", "picklist", "url", "email", "phone", "combobox", "reference")

_READABLE: Final[Mapping[Kind, tuple[str, ...]]] = {
    "text": (*_TEXTS, *_NUMBERS, "multipicklist", "boolean", "date", "datetime", "id", "encryptedstring"),
    "integer": (*_NUMBERS, "string"),
    "flag": ("boolean", "picklist", "string"),
    "moment": ("datetime", "date", "string"),
}
_WRITABLE: Final[Mapping[Kind, tuple[str, ...]]] = {
    "text": _TEXTS,
    "integer": (*_NUMBERS, "string"),
    "flag": ("boolean",),
    "moment": ("datetime", "string"),
}

_SHORTEST: Final[Mapping[str, int]] = {"route_reason": 255, "packet_url": 255}
"""Characters that an output needs."""


def problems(mapping: FieldMapping, info: ObjectInfo, task: ObjectInfo) -> Iterator[Problem]:
    """Inputs that are missing cost evidence; outputs that are missing stop every write that carries them."""
    for name, field in mapping.inputs.items():
        yield from _input(name, field, info)
    for name, field in mapping.outputs.items():
        yield from _output(name, field, info)
    if not task.createable:
        yield Problem(
            what="The integration user may not create tasks.",
            fix="Grant 'Edit Tasks' through Leadline's permission set.",
        )


def _input(name: str, field: str, info: ObjectInfo) -> Iterator[Problem]:
    if info.path(field) is None:
        yield Problem(
            what=f"{info.name}.{field} is mapped to {name}, and the integration user cannot see such a field.",
            fix=f"Give the user read access to {field}, or take {name} out of the mapping.",
            fatal=False,
        )
        return
    found = info.field(field)
    if found and found.type not in _READABLE[FIELDS[name].kind]:
        yield Problem(
            what=f"{info.name}.{found.name} is of type {found.type}, which cannot be read as {FIELDS[name].kind}.",
            fix=f"Map {name} to another field.",
            fatal=False,
        )


def _output(name: str, field: str, info: ObjectInfo) -> Iterator[Problem]:
    found = info.field(field)
    if found is None:
        yield Problem(
            what=f"{info.name}.{field} ({OUTPUTS[name].meaning}) does not exist or is hidden from the integration user.",
            fix="Run the installation, which creates the field and grants it, or take the output out of the mapping.",
        )
    elif name not in PERSONS_OUTPUTS:
        yield from _unwritable(name, found, info)


def _unwritable(name: str, found: FieldInfo, info: ObjectInfo) -> Iterator[Problem]:
    label = f"{info.name}.{found.name}"
    if not found.updateable:
        yield Problem(
            what=f"{label} is read-only for the integration user.", fix=f"Grant edit access to {found.name} in a permission set."
        )
    if found.type not in _WRITABLE[OUTPUTS[name].kind]:
        yield Problem(
            what=f"{label} is of type {found.type}, which cannot hold {name}.", fix=f"Map {name} to a field of a fitting type."
        )
    if 0 < found.length < _SHORTEST.get(name, 0):
        yield Problem(
            what=f"{label} holds {found.length} characters, {name} may have {_SHORTEST[name]}.",
            fix=f"Make the field {_SHORTEST[name]} characters long.",
            fatal=False,
        )
    if name == "key" and not found.identifies:
        yield Problem(what=f"{label} is not unique.", fix="Mark the field as external ID and unique.")
