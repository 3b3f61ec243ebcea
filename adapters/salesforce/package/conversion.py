"""Lead conversion: what was decided about a lead goes on to the contact, beside whatever the org itself maps."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final
from xml.etree.ElementTree import Element

from adapters.kit import Wanted
from adapters.salesforce.package.component import Component
from adapters.salesforce.package.fields import objects_of, our_fields
from adapters.salesforce.package.passage import Bodies, Passage, passages
from adapters.salesforce.package.tree import branch, leaf, text_of

NAME: Final = "LeadConvertSettings"

PAIR: Final = "converted field"
"""Kind of a step: two fields of the customer's that we mapped to one another. Their names do not say whose doing that is."""

Change = Callable[[Mapping[str, str]], Mapping[str, str]]
"""The lead's field to the other record's, as it is and as it shall be."""

_ORDER: Final = ("Account", "Contact", "Opportunity")
_NONE: Final[Bodies] = {}


def ways(wanted: Wanted, present: Element | None, theirs: Bodies = _NONE) -> tuple[Passage, ...]:
    """How each output gets to the contact, held against what the org maps itself.

    Args:
        theirs: metadata of the customer's fields among them.
    """
    return tuple(passages(wanted, theirs, contacts_of(present)))


def conversion(wanted: Wanted, present: Element | None, theirs: Bodies = _NONE) -> Component:
    """The org's own settings, with our outputs mapped to the contact where the org does not map them itself."""
    ours = {one.lead.field: one.contact.field for one in ways(wanted, present, theirs) if not one.hindrance}
    return _settings(present, lambda mapped: {**ours, **mapped})


def without_ours(wanted: Wanted, present: Element) -> Component:
    """The org's own settings, without a field of ours on either side, and without the customer's fields that we mapped."""
    return _settings(
        present,
        lambda mapped: {lead: other for lead, other in mapped.items() if not _is_ours(wanted, lead, other)},
        everywhere=True,
    )


def mapped_ours(wanted: Wanted, present: Element | None) -> int:
    """How many mappings name a field of ours, or were made by us."""
    mappings = present.findall("objectMapping") if present is not None else []
    return sum(_is_ours(wanted, lead, other) for one in mappings for lead, other in _mapped(one).items())


def pairs_made(wanted: Wanted, present: Element | None) -> Iterator[str]:
    """The customer's fields that we mapped to one another, and that still are."""
    yield from (pair for lead, other in contacts_of(present).items() if (PAIR, pair := f"{lead} ► {other}") in wanted.made)


def _is_ours(wanted: Wanted, lead: str, other: str) -> bool:
    ours = {one.field.lower() for object_ in objects_of(wanted) for one in our_fields(wanted, object_)}
    return bool({lead.lower(), other.lower()} & ours) or (PAIR, f"{lead} ► {other}") in wanted.made


def contacts_of(present: Element | None) -> dict[str, str]:
    """Lead field to contact field, as the org maps them."""
    mappings = present.findall("objectMapping") if present is not None else []
    found = [_mapped(one) for one in mappings if text_of(one, "outputObject") == "Contact"]
    return {lead: other for pairs in found for lead, other in pairs.items()}


def _settings(present: Element | None, change: Change, *, everywhere: bool = False) -> Component:
    before = {text_of(one, "outputObject"): one for one in present.findall("objectMapping")} if present is not None else {}
    kept = [one for one in (present if present is not None else []) if one.tag not in {"objectMapping", "fullName"}]
    mappings = []
    for object_ in sorted({*before, "Contact"}, key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER)):
        mapped = _mapped(before.get(object_))
        after = change(mapped) if object_ == "Contact" or everywhere else mapped
        if after:
            mappings.append(_mapping(object_, after))
    return Component("LeadConvertSettings", NAME, branch(NAME, *kept, *mappings))


def _mapped(element: Element | None) -> dict[str, str]:
    pairs = element.findall("mappingFields") if element is not None else []
    return {text_of(pair, "inputField"): text_of(pair, "outputField") for pair in pairs}


def _mapping(object_: str, fields: Mapping[str, str]) -> Element:
    pairs = [branch("mappingFields", leaf("inputField", lead), leaf("outputField", fields[lead])) for lead in sorted(fields)]
    return branch("objectMapping", leaf("inputObject", "Lead"), *pairs, leaf("outputObject", object_))
