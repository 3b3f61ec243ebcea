"""Our custom fields, on Lead and Contact alike."""

from collections.abc import Iterator, Sequence
from typing import Final
from xml.etree.ElementTree import Element

from adapters.kit import OutputField, Wanted
from adapters.salesforce.package.component import Component
from adapters.salesforce.package.tree import branch, leaf

_DIGITS: Final = {"fit_score": 3, "engagement_score": 3, "priority_rank": 2}


def objects_of(wanted: Wanted) -> tuple[str, ...]:
    """A lead becomes a contact, and takes what was decided along."""
    return ("Lead", "Contact") if wanted.mapping.object == "Lead" else (wanted.mapping.object,)


def our_fields(wanted: Wanted, object_: str = "") -> Sequence[OutputField]:
    """Of one object; without a name, of the main one."""
    return [field for field in (wanted.on(object_) if object_ else wanted.fields) if field.ours]


def field_components(wanted: Wanted) -> Iterator[Component]:
    for object_ in objects_of(wanted):
        for field in our_fields(wanted, object_):
            yield Component("CustomField", f"{object_}.{field.field}", _body(field))


def _body(field: OutputField) -> Element:
    words = (leaf("label", field.label), leaf("inlineHelpText", field.help))
    return branch("fields", *words, leaf("required", False), *_type(field))


def _type(field: OutputField) -> Sequence[Element]:
    if field.output == "key":
        unique = (leaf("unique", True), leaf("externalId", True), leaf("caseSensitive", True))
        return (leaf("type", "Text"), leaf("length", field.length), *unique)
    if field.choices:
        return (leaf("type", "Picklist"), _choices(field.choices))
    if field.output == "packet_url":
        return (leaf("type", "Url"),)
    return _plain(field)


def _plain(field: OutputField) -> Sequence[Element]:
    if field.kind == "integer":
        return (leaf("type", "Number"), leaf("precision", _DIGITS.get(field.output, 18)), leaf("scale", 0))
    if field.kind == "moment":
        return (leaf("type", "DateTime"),)
    if field.kind == "flag":
        return (leaf("type", "Checkbox"), leaf("defaultValue", False))
    return (leaf("type", "Text"), leaf("length", field.length), leaf("unique", False))


def _choices(values: Sequence[str]) -> Element:
    """Restricted: an integration that misspells is told so, and reports stay clean."""
    listed = [branch("value", leaf("fullName", one), leaf("default", False), leaf("label", one)) for one in values]
    return branch("valueSet", leaf("restricted", True), branch("valueSetDefinition", leaf("sorted", False), *listed))
