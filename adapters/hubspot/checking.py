"""What `doctor` has to say about a portal: does it have the mapped properties, do they fit, may Leadline write them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from adapters.hubspot.answers import Property
from adapters.records import Problem
from config.fields import FIELDS, OUTPUTS, PERSONS_OUTPUTS, Kind
from config.mapping import FieldMapping

HOLDS: Final[Mapping[Kind, frozenset[str]]] = {
    "integer": frozenset({"number", "string"}),
    "text": frozenset({"string", "enumeration"}),
    "flag": frozenset({"bool", "enumeration", "string"}),
    "moment": frozenset({"datetime", "string"}),
}
"""Kind of an output to the property types that can hold it."""


def problems(mapping: FieldMapping, properties: Iterable[Property]) -> Iterator[Problem]:
    """What stands between `mapping` and a portal that has `properties`."""
    there = {property_.name: property_ for property_ in properties}
    for name, theirs in mapping.outputs.items():
        yield from _output(name, theirs, there.get(theirs))
    for name, theirs in mapping.inputs.items():
        if theirs not in there:
            yield Problem(
                what=f"HubSpot has no property {theirs}, from which {FIELDS[name].meaning.lower()} ({name}) is to be read.",
                fix=f"Map {name} to a property that exists, or take it out of the mapping.",
                fatal=False,
            )


def _output(name: str, theirs: str, found: Property | None) -> Iterator[Problem]:
    if found is None:
        yield Problem(
            what=f"HubSpot has no property {theirs}, into which {name} is to be written.",
            fix="Run `leadline install` with --apply for this connection, or take the output out of the mapping.",
        )
        return
    kind = OUTPUTS[name].kind
    if found.type not in HOLDS[kind]:
        yield Problem(
            what=f"The property {theirs} is of type {found.type}, which does not hold {name} ({kind}).",
            fix=f"Map {name} to a property of type {' or '.join(sorted(HOLDS[kind]))}.",
        )
    if found.read_only and name not in PERSONS_OUTPUTS:
        yield Problem(what=f"The property {theirs} is read-only.", fix=f"Map {name} to a property that an app may write.")
