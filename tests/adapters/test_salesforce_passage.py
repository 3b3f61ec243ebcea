"""Which of the customer's fields Salesforce itself carries to the contact, and why not the others."""

from dataclasses import replace
from xml.etree.ElementTree import Element

import pytest

from adapters.kit import OutputField, Wanted
from adapters.salesforce.package.conversion import PAIR, contacts_of, conversion, mapped_ours, ways, without_ours
from adapters.salesforce.package.tree import branch, leaf
from config.mapping import parse_mapping

SCORE = OutputField("fit_score", "Score__c", "integer", "Fit", "", ours=False)


def wanted(contact: OutputField = SCORE, transform: str = "same", lead: OutputField = SCORE) -> Wanted:
    outputs = {"fit_score": lead.field}
    also = {"Contact": {"outputs": {"fit_score": {"field": contact.field, "transform": transform}}}}
    mapping = parse_mapping({"object": "Lead", "inputs": {}, "outputs": outputs, "also": also})
    return Wanted(mapping, (lead,), (), (), "", also={"Contact": (contact,)})


def number(digits: int, places: int) -> Element:
    return branch("fields", leaf("type", "Number"), leaf("precision", digits), leaf("scale", places))


def text(length: int, type_: str = "Text") -> Element:
    return branch("fields", leaf("type", type_), leaf("length", length))


def picklist(*values: str, restricted: bool = True) -> Element:
    listed = [branch("value", leaf("fullName", one)) for one in values]
    definition = branch("valueSetDefinition", *listed)
    return branch("fields", leaf("type", "Picklist"), branch("valueSet", leaf("restricted", restricted), definition))


def settings(*pairs: tuple[str, str]) -> Element:
    mapped = [branch("mappingFields", leaf("inputField", one), leaf("outputField", other)) for one, other in pairs]
    return branch(
        "LeadConvertSettings", branch("objectMapping", leaf("inputObject", "Lead"), *mapped, leaf("outputObject", "Contact"))
    )


def hindrance(lead: Element, contact: Element) -> str:
    (way,) = ways(wanted(), None, {"Lead.Score__c": lead, "Contact.Score__c": contact})
    return way.hindrance


CASES = {
    "alike": (number(3, 0), number(3, 0), ""),
    "more room there": (number(3, 0), number(5, 0), ""),
    "fewer digits there": (number(5, 0), number(3, 0), "holds 3 digits, and 5 may come"),
    "other decimals": (number(3, 2), number(3, 0), "keeps 0 decimals, not 2"),
    "another type": (number(3, 0), text(80), "of type Number, the other of type Text"),
    "a longer text there": (text(80), text(255), ""),
    "a shorter text there": (text(255), text(80), "holds 80 characters, and 255 may come"),
    "the same list": (picklist("A", "B"), picklist("A", "B", "C"), ""),
    "a list without a value": (picklist("A", "B"), picklist("A"), "restricted list has no B"),
    "an open list": (picklist("A", "B"), picklist("A", restricted=False), ""),
    "a text into a restricted list": (text(80), picklist("A"), "restricted list may lack values"),
    "a list into a text": (picklist("A"), text(255), ""),
    "a list into a long text": (picklist("A"), text(4000, "LongTextArea"), "cannot be mapped to a long text"),
}


@pytest.mark.parametrize("case", CASES)
def test_types_and_room(case: str) -> None:
    lead, contact, why = CASES[case]
    found = hindrance(lead, contact)
    assert why in found
    assert bool(found) == bool(why)


def test_what_the_org_maps_itself_stays_and_is_said() -> None:
    bodies = {"Lead.Score__c": number(3, 0), "Contact.Score__c": number(3, 0)}
    for pairs, why in (
        ([("Score__c", "Score__c")], ""),
        ([("Score__c", "Old_Score__c")], "this org maps Score__c to Contact.Old_Score__c"),
        ([("Points__c", "Score__c")], "this org fills Contact.Score__c from Points__c"),
    ):
        present = settings(*pairs)
        (way,) = ways(wanted(), present, bodies)
        assert way.hindrance == why
        assert contacts_of(conversion(wanted(), present, bodies).body) == dict(pairs)


def test_another_form_or_a_standard_field_is_leadlines_to_write() -> None:
    bodies = {"Lead.Score__c": number(3, 2), "Contact.Score__c": number(3, 2)}
    (way,) = ways(wanted(transform="scale 0-1"), None, bodies)
    assert "another form (scale 0-1, not same)" in way.hindrance
    (way,) = ways(wanted(replace(SCORE, field="Department")), None, bodies)
    assert way.hindrance == "Salesforce maps custom fields only"


def test_only_what_we_mapped_is_taken_back() -> None:
    """The customer's own pair looks the same; the books tell them apart."""
    present = settings(("Score__c", "Score__c"), ("Region__c", "Region__c"))
    assert mapped_ours(wanted(), present) == 0
    ours = replace(wanted(), made=frozenset({(PAIR, "Score__c ► Score__c")}))
    assert mapped_ours(ours, present) == 1
    assert contacts_of(without_ours(ours, present).body) == {"Region__c": "Region__c"}
