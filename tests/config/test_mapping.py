"""The field mapping as a document: the shipped ones, and what is wrong with others, in words."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.fields import FIELDS, OUTPUTS
from config.mapping import FieldMapping, MappingError, parse_mapping, shipped_mapping

BOTH = pytest.mark.parametrize("kind", ["salesforce", "hubspot"])


def document(**changes: Any) -> dict[str, Any]:
    return {"object": "Lead", "inputs": {"email": "Email"}, "outputs": {"grade": "Grade__c"}, **changes}


@BOTH
def test_the_shipped_mappings_know_every_field(kind: str) -> None:
    mapping = shipped_mapping(kind)
    assert mapping.outputs.keys() == OUTPUTS.keys()
    assert not set(FIELDS) - set(mapping.inputs) - {"consent"}


@BOTH
def test_the_shipped_outputs_are_named_as_the_design_says(kind: str) -> None:
    form = {"salesforce": r"Leadline_\w+__c", "hubspot": r"leadline_[a-z_]+"}[kind]
    assert all(re.fullmatch(form, field) for field in shipped_mapping(kind).outputs.values())
    assert len(OUTPUTS) <= 18


def test_a_mapping_is_what_its_document_says() -> None:
    assert parse_mapping(document()) == FieldMapping("Lead", {"email": "Email"}, {"grade": "Grade__c"})


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"inputs": {"shoe_size": "Shoe__c"}}, "shoe_size"),
        ({"outputs": {"shoe_size": "Shoe__c"}}, "shoe_size"),
        ({"inputs": {"email": ""}}, "email"),
        ({"inputs": {"email": 7}}, "email"),
        ({"inputs": None}, "inputs"),
        ({"object": 7}, "object"),
        ({"extra": 1}, "extra"),
        ({"outputs": {"grade": "Same__c", "route": "same__C"}}, "both grade and route"),
        ({"outputs": {"grade": "EMAIL"}}, "read as email and written by grade"),
        ({"outputs": {"suggested_owner": "OwnerId"}}, "the record's owner"),
        ({"outputs": {"suggested_owner": "hubspot_owner_id"}}, "the record's owner"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(MappingError) as refused:
        parse_mapping(document(**changes))
    assert says in str(refused.value)


@pytest.mark.parametrize("field", ["object", "inputs", "outputs"])
def test_what_is_missing_is_named(field: str) -> None:
    with pytest.raises(MappingError, match=field):
        parse_mapping({name: value for name, value in document().items() if name != field})


_PARTS = st.none() | st.integers() | st.text(max_size=5) | st.dictionaries(st.text(max_size=5), st.none() | st.text(max_size=5))
_JSON = (
    _PARTS | st.lists(_PARTS, max_size=3) | st.fixed_dictionaries({"object": _PARTS, "inputs": _PARTS}, optional={"x": _PARTS})
)


@given(_JSON)
def test_any_document_is_a_mapping_or_refused(anything: object) -> None:
    try:
        parse_mapping(anything)
    except MappingError:
        return
    raise AssertionError("no document without the three parts is a mapping")
