"""Whether a row of the mapping and a field of a CRM go together, with the exact reason where they do not. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from adapters.records import FieldSpec, FieldType, Problem
from config.fields import CHOICES, HIGHEST, LONGEST, Kind, Value
from config.mapping import Row
from config.transforms import decimals_of

_LISTED: Final = 8
"""Values of a picklist that a sentence shows."""

LEAST_REASON: Final = 60
"""Characters of a reason that make sense alone; in fewer it says nothing."""

_ENOUGH: Final = 50

_FITS: Final[Mapping[str, tuple[FieldType, ...]]] = {
    "integer": ("number", "text"),
    "text": ("text", "choice", "link"),
    "flag": ("flag",),
    "moment": ("moment", "text"),
    "day": ("date", "text"),
}
"""What arrives at a field to the types that can hold it."""

READABLE: Final[Mapping[Kind, tuple[FieldType, ...]]] = {
    "text": ("text", "number", "flag", "moment", "date", "choice", "choices", "link"),
    "integer": ("number", "text"),
    "flag": ("flag", "choice", "text"),
    "moment": ("moment", "date", "text"),
}


def read_problems(row: Row, spec: FieldSpec, readable: Mapping[Kind, tuple[FieldType, ...]] = READABLE) -> Iterator[Problem]:
    """Of a row that is read. The evidence suffers, the lead does not: fatal only where routing needs the field."""
    types = readable[row.kind] if row.terms.transform.plain else READABLE["text"]
    if spec.type not in types:
        what = f"{_place(row)} is of type {spec.vendor_type}, which cannot be read as {row.kind}."
        yield _problem(row, what, f"Map {row.name} to another field{_or_transform(row, spec)}.", fatal=row.terms.required)


def write_problems(row: Row, spec: FieldSpec) -> Iterator[Problem]:
    """Of a row that is written: each would have its writes refused, or somebody's value spoiled."""
    if refusal := _closed(row, spec):
        yield refusal
        return
    if spec.type not in _FITS[_arriving(row, spec)]:
        what = f"{_place(row)} is of type {spec.vendor_type}, which cannot hold {row.name} ({_said(row)})."
        yield _problem(row, what, f"Map {row.name} to a field of a fitting type{_or_transform(row, spec)}.")
        return
    yield from _number(row, spec)
    yield from _length(row, spec)
    yield from unlisted(row, spec, _values(row))
    if spec.unique and row.name != "key":
        what = f"{_place(row)} is unique: two leads with the same {row.name} could not both have it."
        yield _problem(row, what, f"Map {row.name} to a field that is not unique.")


def unlisted(row: Row, spec: FieldSpec, values: Sequence[Value]) -> Iterator[Problem]:
    """Of `values` that the output may have, those that a restricted list does not take."""
    if not spec.restricted or not spec.choices:
        return
    taken = {choice.casefold() for choice in spec.choices}
    lacking = [value for value in values if str(row.terms.transform.onward(value)).casefold() not in taken]
    if lacking:
        lacks = _list([_on_its_way(row, value) for value in lacking])
        what = f"{_place(row)} takes only {_list(spec.choices)}; it has no {lacks}."
        yield _problem(row, what, "Add the values there, or give a table of values: transform: {table: {ours: theirs}}.")


def _on_its_way(row: Row, value: Value) -> str:
    there = row.terms.transform.onward(value)
    return str(there) if there == value or row.kind == "integer" else f"{there} (for {value})"


def _closed(row: Row, spec: FieldSpec) -> Problem | None:
    if spec.calculated:
        fix = f"Map {row.name} to a field that holds a value of its own."
        return _problem(row, f"{_place(row)} is calculated by the CRM; nobody can write it.", fix)
    if not spec.writable:
        fix = f"Grant edit access to {spec.name} (a permission set, or the app's scopes), or map {row.name} to another field."
        return _problem(row, f"{_place(row)} is read-only for the integration user.", fix)
    return None


def _arriving(row: Row, spec: FieldSpec) -> str:
    """What the transform makes of the output: integer, text, flag, moment or day."""
    transform = row.terms.transform
    match transform.name:
        case "scale" | "letter_number":
            return "text" if spec.type == "choice" else "integer"
        case "letters":
            return "text"
        case "day":
            return "day"
        case "table":
            numbers = all(there.replace(".", "", 1).isdecimal() for _, there in transform.table)
            return "integer" if numbers and spec.type == "number" else "text"
    return row.kind


def _number(row: Row, spec: FieldSpec) -> Iterator[Problem]:
    if spec.type != "number":
        return
    transform = row.terms.transform
    places = decimals_of(transform) if transform.name == "scale" else 0
    if spec.decimals is not None and spec.decimals < places:
        what = f"{_place(row)} keeps {spec.decimals or 'no'} decimals, and {transform} needs {places}: 0.82 would become 1."
        yield _problem(row, what, f"Give the field {places} decimals, or choose another scale.")
    most = _highest(row)
    if spec.digits and most >= 10**spec.digits:
        what = f"{_place(row)} holds numbers below {10**spec.digits}, and {row.name} goes up to {most}."
        fix = f"Give the field {len(str(most))} digits before the point, or write another scale, such as transform: scale 0-1."
        yield _problem(row, what, fix)


def _highest(row: Row) -> int:
    transform = row.terms.transform
    if transform.name == "scale":
        return int(transform.detail.partition("-")[2])
    return 0 if transform.name != "same" else HIGHEST.get(row.name, 0)


def _length(row: Row, spec: FieldSpec) -> Iterator[Problem]:
    """A reason that is cut is still a reason; half of a key is another key."""
    need = _longest(row)
    if spec.type == "text" and 0 < spec.length < need:
        what = f"{_place(row)} holds {spec.length} characters, {row.name} may have {need}."
        fatal = row.name == "key" or (row.name == "route_reason" and spec.length < LEAST_REASON)
        yield _problem(row, what, f"Make the field {need} characters long{_or_longer(row, fatal=fatal)}.", fatal=fatal)


def _or_longer(row: Row, *, fatal: bool) -> str:
    if row.name != "route_reason":
        return ""
    return f", {LEAST_REASON} at least" if fatal else "; until then the reason is cut at a word"


def _longest(row: Row) -> int:
    transform = row.terms.transform
    values = _values(row)
    if values:
        return max(len(str(transform.onward(value))) for value in values)
    if row.kind != "text":
        return 20 if row.kind == "moment" else 3
    return LONGEST.get(row.name, _ENOUGH)


def _values(row: Row) -> Sequence[Value]:
    """Everything that the output can be, where that is a list: of a score that becomes a letter, one for each letter."""
    transform = row.terms.transform
    if transform.name == "letters":
        return [transform.back(letter) for letter in transform.detail]
    if transform.name == "scale" and not decimals_of(transform):
        low, _, high = transform.detail.partition("-")
        return [transform.back(step) for step in range(int(low), min(int(high), int(low) + 100) + 1)]
    return CHOICES.get(row.name, ())


def _said(row: Row) -> str:
    return row.kind if row.terms.transform.plain else f"{row.kind}, {row.terms.transform}"


def _or_transform(row: Row, spec: FieldSpec) -> str:
    """The transform that may make them fit, where there is one."""
    if row.direction == "read":
        return ", or read it with transform: number" if row.kind == "integer" and spec.type == "choice" else ""
    if spec.type == "date" and row.kind == "moment":
        return ", or write the day alone with transform: day"
    if row.kind == "integer" and spec.type == "choice":
        return ", or write a letter with transform: letters ABCDF"
    if row.name == "grade" and spec.type == "number":
        return ", or write a number with transform: letter_number ABC"
    return ""


def _place(row: Row) -> str:
    return f"{row.object}.{row.field}"


def _list(values: Sequence[str]) -> str:
    shown = ", ".join(values[:_LISTED])
    return f"{shown} and {len(values) - _LISTED} more" if len(values) > _LISTED else shown


def _problem(row: Row, what: str, fix: str, *, fatal: bool = True) -> Problem:
    return Problem(what, fix, fatal, object=row.object, name=row.name)
