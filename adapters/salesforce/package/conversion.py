"""Lead conversion: what was decided about a lead goes on to the contact, beside whatever the org itself maps."""

from collections.abc import Callable, Mapping
from typing import Final
from xml.etree.ElementTree import Element

from adapters.kit import Wanted
from adapters.salesforce.package.component import Component
from adapters.salesforce.package.fields import our_fields
from adapters.salesforce.package.tree import branch, leaf, text_of

NAME: Final = "LeadConvertSettings"

_STAYS: Final = frozenset({"key", "duplicate_of", "sla_due", "sla_state", "review_state"})
"""The key is a record's own, and unique; the clock and the review are about the lead."""

Change = Callable[[Mapping[str, str]], Mapping[str, str]]
"""The lead's field to the other record's, as it is and as it shall be."""

_ORDER: Final = ("Account", "Contact", "Opportunity")


def conversion(wanted: Wanted, present: Element | None) -> Component:
    """The org's own settings, with our fields mapped to the contact where the org does not map them itself."""
    ours = {one.field: one.field for one in our_fields(wanted) if one.output not in _STAYS}
    return _settings(present, lambda mapped: {**ours, **mapped})


def without_ours(wanted: Wanted, present: Element) -> Component:
    """The org's own settings, without a field of ours on either side."""
    ours = _names(wanted)
    return _settings(
        present,
        lambda mapped: {lead: other for lead, other in mapped.items() if not {lead.lower(), other.lower()} & ours},
        everywhere=True,
    )


def mapped_ours(wanted: Wanted, present: Element | None) -> int:
    """How many mappings name a field of ours."""
    ours = _names(wanted)
    mappings = present.findall("objectMapping") if present is not None else []
    pairs = [pair for one in mappings for pair in _mapped(one).items()]
    return sum(bool({lead.lower(), other.lower()} & ours) for lead, other in pairs)


def _names(wanted: Wanted) -> frozenset[str]:
    return frozenset(one.field.lower() for one in our_fields(wanted))


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
