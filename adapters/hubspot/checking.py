"""What `doctor` has to say about a portal: does it have the mapped properties, do they fit, may Leadline write them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from adapters.fitting import READABLE, read_problems, write_problems
from adapters.hubspot.answers import Property
from adapters.hubspot.mapping import OBJECTS
from adapters.hubspot.schema import field_spec
from adapters.records import FieldType, Problem
from config.fields import FIELDS, OUTPUTS, PERSONS_OUTPUTS, Kind
from config.mapping import FieldMapping, Row

HOLDS: Final[Mapping[Kind, frozenset[str]]] = {
    "integer": frozenset({"number", "string"}),
    "text": frozenset({"string", "enumeration"}),
    "flag": frozenset({"bool", "enumeration", "string"}),
    "moment": frozenset({"datetime", "string"}),
}
"""Kind of an output to the property types that can hold it."""

_OURS: Final = "Run `leadline install` with --apply for this connection, or take the output out of the mapping."

_READABLE: Final[Mapping[Kind, tuple[FieldType, ...]]] = {**READABLE, "integer": ("number", "text", "choice")}
"""Its own choices of ranges, such as `25-50` employees, are read as their middle."""


def problems(mapping: FieldMapping, properties: Iterable[Property]) -> Iterator[Problem]:
    """What stands between `mapping` and a portal that has `properties`."""
    there = {property_.name: property_ for property_ in properties}
    rows = list(mapping.rows())
    for row in [row for row in rows if row.name in OUTPUTS]:
        yield from _output(row, there.get(row.field))
    for row in [row for row in rows if row.name in FIELDS]:
        yield from _input(row, there.get(row.field))
    for name in mapping.also:
        yield Problem(
            what=f"HubSpot's {name} cannot be routed yet, and the mapping names them.",
            fix=f"Take {name} out of the mapping; there is: {', '.join(OBJECTS)}.",
            object=name,
        )


def _input(row: Row, found: Property | None) -> Iterator[Problem]:
    if found is None:
        yield Problem(
            what=f"HubSpot has no property {row.field} that this connection sees, from which {row.name} is to be read.",
            fix=f"Map {row.name} to a property that exists, or take it out of the mapping.",
            fatal=row.terms.required,
            object=row.object,
            name=row.name,
            absent=True,
        )
    else:
        yield from read_problems(row, field_spec(found), _READABLE)


def _output(row: Row, found: Property | None) -> Iterator[Problem]:
    if found is None:
        yield Problem(
            what=f"HubSpot has no property {row.field} that this connection sees, into which {row.name} is to be written.",
            fix=_OURS if row.own else f"Map {row.name} to a property that exists, or give this connection the scope to see it.",
            object=row.object,
            name=row.name,
            absent=True,
        )
    elif row.name not in PERSONS_OUTPUTS:
        yield from write_problems(row, field_spec(found))
