"""What `doctor` has to say about an org: does it have the mapped fields, do they fit, may our user write them."""

from collections.abc import Iterator
from typing import Final

from adapters.fitting import read_problems, write_problems
from adapters.records import Problem
from adapters.salesforce.schema import FieldInfo, ObjectInfo
from config.fields import OUTPUTS, PERSONS_OUTPUTS
from config.mapping import FieldMapping, Row

_OURS: Final = "Run the installation, which creates the field and grants it, or take the output out of the mapping."


def problems(mapping: FieldMapping, info: ObjectInfo, task: ObjectInfo) -> Iterator[Problem]:
    """Inputs that are missing cost evidence; outputs that are missing stop every write that carries them."""
    yield from mapped_problems(mapping, info)
    if not task.createable:
        yield Problem(
            what="The integration user may not create tasks.",
            fix="Grant 'Edit Tasks' through Leadline's permission set.",
        )


def mapped_problems(mapping: FieldMapping, info: ObjectInfo, *, routed: bool = True) -> Iterator[Problem]:
    """Of one object. One that leads only go on in, once they are converted, may lack fields: no lead has to wait for them."""
    for row in mapping.rows():
        yield from _output(row, info, routed=routed) if row.name in OUTPUTS else _input(row, info)


def _input(row: Row, info: ObjectInfo) -> Iterator[Problem]:
    found = info.field(row.field)
    if info.path(row.field) is None:
        yield Problem(
            what=f"{info.name}.{row.field} is mapped to {row.name}, and the integration user cannot see such a field: it is "
            "missing, or hidden by field-level security.",
            fix=f"Give the user read access to {row.field}, or take {row.name} out of the mapping.",
            fatal=row.terms.required,
            object=row.object,
            name=row.name,
            absent=True,
        )
    elif found:
        yield from read_problems(row, found.spec())


def _output(row: Row, info: ObjectInfo, *, routed: bool) -> Iterator[Problem]:
    found = info.field(row.field)
    if found is None:
        yield Problem(
            what=f"{info.name}.{row.field} ({OUTPUTS[row.name].meaning}) does not exist or is hidden from the integration user.",
            fix=_OURS if row.own else f"Grant our user access to {row.field}, or map {row.name} to another field.",
            fatal=routed,
            object=row.object,
            name=row.name,
            absent=True,
        )
    elif row.name not in PERSONS_OUTPUTS:
        yield from write_problems(row, found.spec())
        yield from _key(row, found)


def _key(row: Row, found: FieldInfo) -> Iterator[Problem]:
    if row.name == "key" and not found.identifies:
        what = f"{row.object}.{found.name} is not unique."
        yield Problem(what, "Mark the field as external ID and unique.", object=row.object, name=row.name)
