"""What a CRM's own fields are taken for, by their names, labels, types and values."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.records import FieldSpec
from config.fields import ALLOWED, CHOICES, FIELDS
from config.mapping import FieldMapping
from config.transforms import transform_document
from connector.fieldmap.meaning import suspicion
from connector.fieldmap.suggesting import Suggestion, suggested

NOTHING = FieldMapping("Lead", {}, {})


def field(name: str, label: str = "", type_: Any = "text", **more: Any) -> FieldSpec:
    return FieldSpec(name, label or name, type_, more.pop("vendor_type", type_), custom=True, **more)


def one(spec: FieldSpec, *answers: str, mapping: FieldMapping = NOTHING) -> Suggestion | None:
    found = suggested(mapping, [spec], {spec.name: answers}, max(10, len(answers))).rows
    assert len(found) <= 1
    return found[0] if found else None


@pytest.mark.parametrize(
    ("spec", "answers", "name", "transform"),
    [
        (field("Role__c", "Job Title"), ["CEO", "CTO", "VP Sales", "Engineer", "Buyer"], "title", "same"),
        (field("F_17__c", "Nubmer of Employees"), ["51-200", "about 40", "1,200", "5k", "10"], "employees", "number"),
        (field("Company_Size__c", type_="choice", choices=("1-10", "11-50")), ["1-10"] * 6, "employees", "number"),
        (
            field("Last_Visit__c"),
            ["22.11.2026", "01.02.2026", "31.12.2025", "05.05.2026", "28.02.2026"],
            "last_visit_at",
            "date dmy",
        ),
        (field("Last_Visit__c", type_="date"), [], "last_visit_at", "same"),
        (field("Relationship__c", type_="choice", choices=("Customer", "Partner")), ["Customer"] * 5, "relationship", "lower"),
        (field("X1__c"), [f"n{number}@acme.example" for number in range(6)], "email", "same"),
        (field("Do_Not_Email__c", type_="flag"), ["true", "false"] * 3, "opted_out", "same"),
    ],
)
def test_what_could_be_read(spec: FieldSpec, answers: list[str], name: str, transform: str) -> None:
    found = one(spec, *answers)
    assert found
    assert (found.row.name, found.row.direction) == (name, "read")
    assert transform_document(found.row.terms.transform) == transform
    assert all(found.evidence)
    assert found.command("acme").startswith(f"leadline map acme set {name} {spec.name}")


@pytest.mark.parametrize(
    ("spec", "answers", "name", "transform"),
    [
        (field("Score__c", type_="number", digits=1, decimals=2), [], "fit_score", "scale 0-1"),
        (field("Score__c", type_="number", digits=16, decimals=2), ["0.5", "0.82", "1"], "fit_score", "scale 0-1"),
        (field("Score__c", type_="number", digits=18, decimals=0), ["3", "5", "1"], "fit_score", "scale 1-5"),
        (field("Score__c", type_="number", digits=18, decimals=0), ["0", "9", "7"], "fit_score", "scale 0-10"),
        (field("Score__c", type_="number", digits=18, decimals=0), ["55", "90"], "fit_score", "same"),
        (field("Lead_Score__c", type_="choice", choices=tuple("ABCDF"), restricted=True), [], "fit_score", "letters ABCDF"),
        (field("Lead_Score__c", type_="choice", choices=tuple("12345"), restricted=True), [], "fit_score", "scale 1-5"),
        (field("Engagement_Score__c", type_="number"), [], "engagement_score", "same"),
        (field("Grade__c", type_="number", digits=1, decimals=0), [], "grade", "letter_number ABC"),
        (field("Lead_Grade__c", type_="choice", choices=CHOICES["grade"], restricted=True), [], "grade", "same"),
        (field("Follow_Up_By__c", type_="date"), [], "sla_due", "day"),
    ],
)
def test_where_our_outputs_could_go(spec: FieldSpec, answers: list[str], name: str, transform: str) -> None:
    found = one(spec, *answers)
    assert found
    assert (found.row.name, found.row.direction) == (name, "write")
    assert transform_document(found.row.terms.transform) == transform


@pytest.mark.parametrize(
    ("choices", "best", "worst"),
    [(("Hot", "Warm", "Cold"), "Hot", "Cold"), (("HIGH", "MEDIUM", "LOW"), "HIGH", "LOW"), (tuple("ABCDF"), "A", "C")],
)
def test_a_rating_gets_a_table_of_all_nine_grades(choices: tuple[str, ...], best: str, worst: str) -> None:
    found = one(field("Lead_Rating__c", type_="choice", choices=choices, restricted=True))
    assert found
    table = dict(found.row.terms.transform.table)
    assert set(table) == set(CHOICES["grade"])
    assert (table["A1"], table["C3"]) == (best, worst)


@pytest.mark.parametrize(
    "spec",
    [
        field("Score__c", type_="number", writable=False),
        field("Score__c", type_="number", calculated=True),
        field("Score__c", type_="flag"),
        field("Score_Notes__c", type_="text"),
        field("Rating__c", type_="choice", choices=("Gold", "Silver"), restricted=True),
        field("Rating__c", type_="choice", choices=("Gold", "Silver"), restricted=True),
        field("Score__c", unique=True),
    ],
)
def test_what_cannot_hold_an_output_is_not_offered(spec: FieldSpec) -> None:
    found = one(spec)
    assert found is None or found.row.direction == "read"


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        (field("Country_of_Birth__c"), "looks like age"),
        (field("X9__c", "Nationality (Country)"), "looks like origin"),
        (field("Converted_Company__c"), "may tell what became of the lead"),
        (field("Closed_Won_Industry__c"), "may tell what became of the lead"),
        (field("Industry_Stage__c"), "may tell what became of the lead"),
    ],
)
def test_what_must_not_matter_is_left_out_and_named(spec: FieldSpec, why: str) -> None:
    found = suggested(NOTHING, [spec], {}, 0)
    assert found.rows == []
    ((name, said),) = found.left_out
    assert name == spec.name
    assert why in said


def test_a_field_whose_values_say_otherwise_is_not_offered() -> None:
    assert one(field("Country__c"), *["Yes", "No", "Yes", "No", "Yes"]) is None
    assert one(field("Website_Visits__c"), *["often", "never", "often", "never", "often"]) is None


def test_what_is_mapped_and_filled_is_left_alone() -> None:
    mapped = FieldMapping("Lead", {"phone": "Phone"}, {})
    mobile, phone = field("MobilePhone", "Mobile Phone"), field("Phone")
    numbers = [f"+4930123456{number}" for number in range(6)]

    def names(**answers: list[str]) -> list[str]:
        return [row.row.field for row in suggested(mapped, [mobile, phone], answers, 10).rows]

    assert names(Phone=numbers, MobilePhone=numbers) == []
    assert names(Phone=[], MobilePhone=[]) == []
    assert names(Phone=[], MobilePhone=numbers) == ["MobilePhone"]


def test_each_of_our_names_is_offered_once_and_the_likeliest_first() -> None:
    specs = [field("Rating__c", type_="number"), field("Score__c", type_="number"), field("Lead_Score__c", type_="number")]
    found = suggested(NOTHING, [*specs, field("Old_Acme_Score__c", type_="number")], {}, 0).rows
    assert [row.row.name for row in found] == ["fit_score", "grade"]
    assert found[0].row.field in {"Score__c", "Lead_Score__c"}


def test_the_shipped_names_are_under_no_suspicion() -> None:
    from config.mapping import shipped_mapping

    for kind in ("salesforce", "hubspot"):
        for name, crm_field in shipped_mapping(kind).inputs.items():
            assert name not in ALLOWED or suspicion(crm_field, name) == "", (name, crm_field)


_TYPES: Any = st.sampled_from(["text", "number", "flag", "moment", "date", "choice", "choices", "link"])
_SPECS = st.builds(
    FieldSpec,
    name=st.text("abcdefS_ ", min_size=1, max_size=20),
    label=st.sampled_from(["Score", "Lead Rating", "Gender", "Country", "Won", "Employees", "Title", "", "Stage"]),
    type=_TYPES,
    vendor_type=st.just("any"),
    digits=st.integers(0, 18),
    decimals=st.none() | st.integers(0, 4),
    choices=st.lists(st.text(max_size=4), max_size=4, unique=True).map(tuple),
    restricted=st.booleans(),
    writable=st.booleans(),
)


@given(st.lists(_SPECS, max_size=6, unique_by=lambda spec: spec.name), st.lists(st.text(max_size=8), max_size=8))
def test_anything_is_looked_at_and_nothing_suspicious_influences(specs: list[FieldSpec], answers: list[str]) -> None:
    for found in suggested(NOTHING, specs, {spec.name: answers for spec in specs}, 8).rows:
        assert 0 < found.confidence <= 100
        if found.row.direction == "read" and found.row.name in ALLOWED and found.row.name in FIELDS:
            assert not suspicion(found.row.field, found.row.name)
            assert not suspicion(found.label, found.row.name)
