"""HubSpot's property strings and the house's values. No I/O, and the last place where HubSpot's names are seen."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from adapters.hubspot.answers import Malformed, Property, Record
from adapters.hubspot.moments import instant, moment
from adapters.records import Lead, ObjectName, RecordRef
from config.fields import FIELDS, OUTPUTS, Kind, Value, Values
from config.mapping import FieldMapping
from config.transforms import Transform

OBJECTS: Final[Mapping[str, ObjectName]] = {"contacts": "contact"}
"""HubSpot's object type to the house's. A lead (0-136) has other stamps, and tasks hang on it by another association."""

OWNER: Final = "hubspot_owner_id"
CREATED: Final = "createdate"
MODIFIED: Final = "lastmodifieddate"
"""Contacts' own; every other object has only `hs_lastmodifieddate`."""
MERGED: Final = "hs_merged_object_ids"
SOURCE: Final = "hs_object_source"

LONGEST_TEXT: Final = 65_536
"""Characters that a text property takes."""

_MOST_DIGITS: Final = 18
"""A larger number is a slip of somebody's finger, and `1e999999` would take all memory."""


class Unfit(ValueError):
    """A value that the property cannot hold; the sentence names the rule, never the value."""


def is_id(text: str) -> bool:
    """Whether HubSpot could have given this id; one input that it cannot read spoils its whole batch."""
    return text.isascii() and text.isdigit()


def properties_to_read(mapping: FieldMapping) -> tuple[str, ...]:
    """Exactly what a lead is made of, each name once."""
    own = (OWNER, CREATED, MODIFIED, "hs_object_id", MERGED, SOURCE)
    return tuple(dict.fromkeys((*mapping.inputs.values(), *mapping.outputs.values(), *own)))


def lead(record: Record, mapping: FieldMapping, ref: RecordRef, read_at: datetime) -> Lead:
    """A record in canonical fields.

    Raises:
        Malformed: the record has no creation or modification stamp.
    """
    return Lead(
        ref=ref,
        values=_inputs(record, mapping),
        outputs=_outputs(record, mapping),
        owner_id=record.properties.get(OWNER) or None,
        created_at=_stamp(record.properties.get(CREATED) or record.created),
        modified_at=_stamp(record.properties.get(MODIFIED) or record.modified),
        read_at=read_at,
        aliases=former_ids(record),
        imported=record.properties.get(SOURCE) == "IMPORT",
    )


def former_ids(record: Record) -> tuple[str, ...]:
    """The ids of the records that were merged into this one, joined by `;` on the wire."""
    joined = record.properties.get(MERGED) or ""
    return tuple(id_ for id_ in map(str.strip, joined.split(";")) if id_ and id_ != record.id)


def canonical(text: str | None, kind: Kind) -> Value:
    """What `text` means as a canonical value; None where it is empty or means nothing of that kind."""
    if text is None or not text.strip():
        return None
    match kind:
        case "text":
            return text
        case "integer":
            return _integer(text.strip())
        case "flag":
            return {"true": True, "false": False}.get(text.strip().lower())
        case "moment":
            found = instant(text)
            return None if found is None else moment(found)


def read_input(text: str | None, kind: Kind, transform: Transform) -> Value:
    """What HubSpot holds in a property that we read."""
    if transform.plain:
        return canonical(text, kind)
    found = transform.onward(canonical(text, "text"))
    return canonical(None if found is None else str(found), kind)


def read_output(text: str | None, kind: Kind, transform: Transform) -> Value:
    """What HubSpot holds in a property that we write. What is none of ours comes as its text: the property is not empty."""
    if not transform.plain:
        return transform.back(canonical(text, "text"))
    found = canonical(text, kind)
    return canonical(text, "text") if found is None else found


def property_text(value: Value, definition: Property | None) -> str:
    """What goes over the wire for `value`; empty clears. Without a definition HubSpot itself is left to judge.

    Raises:
        Unfit: the property is of a type, or has options, that exclude the value.
    """
    if value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if definition is None:
        return text[:LONGEST_TEXT]
    if definition.read_only:
        raise Unfit("the property is read-only")
    if definition.options:
        return _option(text, definition.options)
    return _typed(text, definition.type)


def _typed(text: str, type_: str) -> str:
    match type_:
        case "number":
            if _number(text) is None:
                raise Unfit("the property takes numbers only")
        case "bool":
            if text not in {"true", "false"}:
                raise Unfit("the property takes true or false only")
        case "date" | "datetime":
            found = instant(text)
            if found is None:
                raise Unfit("the property takes a date only")
            return found.date().isoformat() if type_ == "date" else moment(found)
    return text[:LONGEST_TEXT]


def _option(text: str, options: tuple[str, ...]) -> str:
    """The option's exact spelling: HubSpot refuses `high` where the option is `High`."""
    if text in options:
        return text
    alike = [option for option in options if option.casefold() == text.casefold()]
    if len(alike) != 1:
        raise Unfit("the property has no such option")
    return alike[0]


def _inputs(record: Record, mapping: FieldMapping) -> Values:
    return {
        name: read_input(record.properties.get(theirs), FIELDS[name].kind, mapping.transform_of(name))
        for name, theirs in mapping.inputs.items()
    }


def _outputs(record: Record, mapping: FieldMapping) -> Values:
    return {
        name: read_output(record.properties.get(theirs), OUTPUTS[name].kind, mapping.transform_of(name))
        for name, theirs in mapping.outputs.items()
    }


def _stamp(text: str) -> datetime:
    found = instant(text)
    if found is None:
        raise Malformed("a record's creation or modification stamp is missing")
    return found


def _integer(text: str) -> int | None:
    """Whole units, the fraction cut. HubSpot's own `numemployees` is a choice of ranges: `25-50` counts as its middle,
    37, and the open `1000+` as its beginning."""
    low, dash, high = text.removesuffix("+").partition("-")
    numbers = [_number(part) for part in ((low, high) if low and dash else (text.removesuffix("+"),))]
    known = [number for number in numbers if number is not None]
    return int(sum(known) / len(numbers)) if len(known) == len(numbers) else None


def _number(text: str) -> Decimal | None:
    """A number; commas between the thousands are read, though HubSpot writes none, since such a field may be plain text."""
    try:
        number = Decimal(text.strip().replace(",", ""))
    except InvalidOperation:
        return None
    return number if number.is_finite() and number.adjusted() < _MOST_DIGITS else None
