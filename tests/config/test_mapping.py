"""The field mapping as a document: the shipped ones, and what is wrong with others, in words."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.fields import FIELDS, OUTPUTS
from config.mapping import (
    FieldMapping,
    MappingError,
    Terms,
    changed_row,
    is_own,
    line_of,
    load_mapping,
    mapping_document,
    mapping_text,
    parse_mapping,
    shipped_mapping,
)
from config.transforms import Transform

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


# --- rows that say more

MORE = """
object: Lead
inputs:
  email: {field: Email, required: true}
  employees: {field: Staff__c, transform: number}
  company: Company
outputs:
  fit_score: {field: Score__c, transform: scale 0-1, overwrite: ours_wins}
  grade: {field: Rating__c, transform: {table: {A1: Hot, C3: Cold}}}
  route: Route__c
  confidence: off
also:
  Contact:
    inputs: {company: Account.Name, employees: off}
    outputs: {grade: Leadline_Grade__c}
"""


def test_a_row_says_what_happens_on_the_way_and_whose_value_stands() -> None:
    mapping = load_mapping(MORE)
    assert mapping.inputs == {"email": "Email", "employees": "Staff__c", "company": "Company"}
    assert "confidence" not in mapping.outputs
    assert mapping.terms_of("fit_score") == Terms(Transform("scale", "0-1"), "ours_wins")
    assert mapping.terms_of("email") == Terms(required=True)
    assert mapping.terms_of("route") == Terms()
    rows = {row.name: row for row in mapping.rows()}
    assert [(rows[name].direction, rows[name].kind) for name in ("employees", "fit_score")] == [
        ("read", "integer"),
        ("write", "integer"),
    ]
    assert (rows["route"].own, is_own("Leadline_Route__c"), is_own("leadline_route")) == (False, True, True)


def test_another_object_differs_in_what_it_names() -> None:
    mapping = load_mapping(MORE)
    contact = mapping.of("Contact")
    assert mapping.for_record("contact") is contact
    assert mapping.for_record("lead") is mapping
    assert contact.inputs == {"email": "Email", "company": "Account.Name"}
    assert contact.outputs == {"fit_score": "Score__c", "grade": "Leadline_Grade__c", "route": "Route__c"}
    assert contact.terms_of("fit_score") == mapping.terms_of("fit_score")
    assert contact.terms_of("grade") == Terms()


@pytest.mark.parametrize("text", [MORE, *(mapping_text(shipped_mapping(kind)) for kind in ("salesforce", "hubspot"))])
def test_a_mapping_is_written_as_it_is_read(text: str) -> None:
    mapping = load_mapping(text)
    assert load_mapping(mapping_text(mapping)) == mapping
    # as the store gives it back: JSON, in an order of its own
    stored = json.loads(json.dumps(mapping_document(mapping), sort_keys=True))
    assert parse_mapping(stored) == mapping
    assert mapping_text(parse_mapping(stored)) == mapping_text(mapping)


def test_every_mistake_is_named_with_its_line_and_once() -> None:
    text = (
        MORE.replace("field: Email", "field: Score__c").replace("scale 0-1", "scale 1").replace("also:\n", "also:\n  Task: 7\n")
    )
    with pytest.raises(MappingError) as refused:
        load_mapping(text)
    found = {(problem.line, problem.where) for problem in refused.value.problems}
    assert found == {(13, "also Task")}  # the shape first
    with pytest.raises(MappingError) as refused:
        load_mapping(text.replace("  Task: 7\n", ""))
    assert [(problem.line, problem.where) for problem in refused.value.problems] == [
        (8, "outputs fit_score"),
        (8, "outputs fit_score"),
    ]


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("inputs: {email: {field: E, overwrite: ours_wins}}\noutputs: {}", "email is only read"),
        ("inputs: {}\noutputs: {grade: {field: G, required: true}}", "grade is written"),
        ("inputs: {}\noutputs: {grade: {transform: lower}}", "Missing data for required field"),
        ("inputs: {}\noutputs: {grade: {field: G, transform: zip}}", "There is no transform 'zip'"),
        ("inputs: {}\noutputs: {grade: {field: G, overwrite: never}}", "Must be one of: fill_blanks, ours_wins"),
        ("inputs: {emial: E}\noutputs: {}", "did you mean email?"),
        ("inputs: {}\noutputs: {xyzzy: E}", "there are: fit_score"),
        ("inputs: {}\noutputs: {}\nalso: {a/b: {}}", "Give the CRM's own name of the object"),
        ("inputs: &a {}\noutputs: *a", "Anchors"),
    ],
)
def test_what_a_row_may_not_say(entry: str, says: str) -> None:
    with pytest.raises(MappingError) as refused:
        load_mapping(f"object: Lead\n{entry}\n")
    assert says in str(refused.value)


def test_rows_are_found_by_their_line() -> None:
    assert line_of(MORE, "Lead", "employees") == 5
    assert line_of(MORE, "Contact", "grade") == 15
    assert line_of(MORE, "Contact", "route") == 10  # taken over
    assert line_of(MORE, "Lead", "title") == 3


def test_one_row_is_changed_and_the_others_stay() -> None:
    mapping = load_mapping(MORE)
    changed = changed_row(mapping, "Contact", "route", False)
    assert "route" not in changed.of("Contact").outputs
    assert changed.outputs == mapping.outputs
    moved = changed_row(mapping, "", "route", {"field": "Other__c"})
    assert (moved.outputs["route"], moved.of("Contact").outputs["route"]) == ("Other__c", "Other__c")
    with pytest.raises(MappingError, match="neither a field that Leadline reads"):
        changed_row(mapping, "", "shoe_size", "Shoe__c")


def test_the_outputs_place_and_form_have_a_fingerprint() -> None:
    mapping = load_mapping(MORE)
    assert mapping.fingerprint() == load_mapping(mapping_text(mapping)).fingerprint()
    others = ("0-1", "1-5"), ("Score__c", "Other__c")
    assert len({load_mapping(MORE.replace(*other)).fingerprint() for other in others} | {mapping.fingerprint()}) == 3


@given(st.text(max_size=80) | st.text("objectinputs:{} \n", max_size=80))
def test_any_text_is_a_mapping_or_refused_with_lines(text: str) -> None:
    with pytest.raises(MappingError) as refused:
        load_mapping(text)
    assert all(problem.line >= 1 for problem in refused.value.problems)
    assert str(refused.value)
