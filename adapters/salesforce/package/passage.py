"""Whether Salesforce itself can carry a field of a lead to a field of its contact, and why not. Pure.

The rules are those of the mapping of lead fields (help.salesforce.com, "Guidelines for Mapping Custom Lead Fields for Lead
Conversion"): custom fields of one type, as long and as exact; texts and picklists into one another within limits; and each target
once. What it cannot carry, Leadline writes to the contact itself.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from adapters.kit import OutputField, Wanted
from adapters.salesforce.package.fields import field_components
from adapters.salesforce.package.tree import text_of
from config.fields import LEADS_OUTPUTS

Bodies = Mapping[str, Element]
"""Metadata of custom fields, by `Lead.Score__c`."""

_SHORT: Final = frozenset({"Text", "TextArea"})
_TEXTS: Final = frozenset({"Text", "TextArea", "LongTextArea"})
_AREA: Final = 255
"""Characters of a text area, which has no length of its own."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One output's way from a lead to its contact."""

    lead: OutputField
    contact: OutputField
    hindrance: str = ""
    """Why Salesforce cannot carry it; empty if it can."""

    @property
    def pair(self) -> str:
        return f"{self.lead.field} ► {self.contact.field}"

    @property
    def foreign(self) -> bool:
        """Between two fields of the customer's: no name tells afterwards who mapped them."""
        return not self.lead.ours and not self.contact.ours


def passages(wanted: Wanted, theirs: Bodies, mapped: Mapping[str, str]) -> Iterator[Passage]:
    """Of every output that goes on to the contact.

    Args:
        theirs: the customer's fields among them.
        mapped: lead field to contact field, as the org maps them already.
    """
    bodies = {**{one.name: one.body for one in field_components(wanted)}, **theirs}
    there = {one.output: one for one in wanted.on("Contact")}
    for lead in wanted.on("Lead"):
        contact = there.get(lead.output)
        if contact is None or lead.output in LEADS_OUTPUTS:
            continue
        hindrance = _taken(lead.field, contact.field, mapped)
        if hindrance is None:
            hindrance = _unlike(wanted, lead.output) or _unfit(lead.field, contact.field, bodies)
        yield Passage(lead, contact, hindrance)


def _taken(lead: str, contact: str, mapped: Mapping[str, str]) -> str | None:
    """What the org itself says of these two; None where it says nothing, empty where it maps just that."""
    known = {field.lower(): target for field, target in mapped.items()}
    target = known.get(lead.lower())
    if target is not None:
        return "" if target.lower() == contact.lower() else f"this org maps {lead} to Contact.{target}"
    source = next((field for field, other in mapped.items() if other.lower() == contact.lower()), "")
    return f"this org fills Contact.{contact} from {source}" if source else None


def _unlike(wanted: Wanted, output: str) -> str:
    lead, contact = (wanted.mapping.for_record(word).transform_of(output) for word in ("lead", "contact"))
    return "" if lead == contact else f"it stands there in another form ({contact}, not {lead})"


def _unfit(lead: str, contact: str, bodies: Bodies) -> str:
    if not (lead.endswith("__c") and contact.endswith("__c")):
        return "Salesforce maps custom fields only"
    here, there = bodies.get(f"Lead.{lead}"), bodies.get(f"Contact.{contact}")
    if here is None or there is None:
        return "the field is not there"
    types = text_of(here, "type"), text_of(there, "type")
    if types[0] in _SHORT | {"Picklist"} and types[1] in _TEXTS | {"Picklist"}:
        return _unfit_words(here, there)
    if types[0] != types[1]:
        return f"the one is of type {types[0]}, the other of type {types[1]}"
    return _unfit_numbers(here, there)


def _unfit_words(here: Element, there: Element) -> str:
    if text_of(there, "type") == "Picklist":
        return _unlisted(here, there)
    if text_of(here, "type") == "Picklist":
        return "" if text_of(there, "type") in _SHORT else "a picklist cannot be mapped to a long text"
    return "" if _length(here) <= _length(there) else f"it holds {_length(there)} characters, and {_length(here)} may come"


def _unlisted(here: Element, there: Element) -> str:
    """A restricted list takes its own values only; of a global one, the values are not told."""
    if text_of(there, "valueSet/restricted") != "true" and not text_of(there, "valueSet/valueSetName"):
        return ""
    name = text_of(here, "valueSet/valueSetName")
    if name and name == text_of(there, "valueSet/valueSetName"):
        return ""
    given, taken = _values(here), _values(there)
    lacking = sorted(given - taken)
    if given and not lacking:
        return ""
    return f"its restricted list has no {', '.join(lacking)}" if lacking else "its restricted list may lack values"


def _values(field: Element) -> frozenset[str]:
    return frozenset(text_of(one, "fullName") for one in field.findall("valueSet/valueSetDefinition/value"))


def _unfit_numbers(here: Element, there: Element) -> str:
    places = [int(float(text_of(one, "scale") or 0)) for one in (here, there)]
    if places[0] != places[1]:
        return f"it keeps {places[1]} decimals, not {places[0]}"
    digits = [int(float(text_of(one, "precision") or 0)) for one in (here, there)]
    return "" if digits[0] <= digits[1] else f"it holds {digits[1]} digits, and {digits[0]} may come"


def _length(field: Element) -> int:
    return int(float(text_of(field, "length") or _AREA))
