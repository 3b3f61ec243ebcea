from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from adapters.errors import CallOperator, Refused
from adapters.salesforce.checking import problems
from adapters.salesforce.reading import selection
from adapters.salesforce.schema import SCHEMA_SECONDS, FieldInfo, ObjectInfo, Schemas, parse_describe
from config.fields import FIELDS, OUTPUTS
from config.mapping import FieldMapping

DESCRIPTION: Mapping[str, Any] = {
    "name": "Lead",
    "createable": True,
    "fields": [
        {"name": "Id", "type": "id", "length": 18, "updateable": False},
        {"name": "Email", "type": "email", "length": 80, "updateable": True},
        {"name": "OwnerId", "type": "reference", "relationshipName": "Owner", "length": 18, "updateable": True},
        {"name": "Key__c", "type": "string", "length": 64, "externalId": True, "unique": True, "updateable": True},
        {
            "name": "Confidence__c",
            "type": "picklist",
            "length": 255,
            "updateable": True,
            "restrictedPicklist": True,
            "picklistValues": [{"value": "High", "active": True}, {"value": "Old", "active": False}],
        },
        {"name": "Score__c", "type": "double", "length": 0, "updateable": True, "picklistValues": []},
    ],
}


def test_a_description_is_kept_to_what_is_needed() -> None:
    info = parse_describe(DESCRIPTION)
    assert info.field("confidence__C") == FieldInfo(
        "Confidence__c", "picklist", length=255, choices=frozenset({"High"}), values=("High",)
    )
    assert info.field("Key__c") == FieldInfo("Key__c", "string", length=64, identifies=True, unique=True)
    assert info.field("Nothing__c") is None


@pytest.mark.parametrize(
    ("mapped", "read"),
    [
        ("email", "Email"),
        ("owner.Name", "Owner.Name"),
        ("Account.Name", None),
        ("Missing__c", None),
        ("Owner.Name FROM User", None),
    ],
)
def test_a_mapped_field_is_spelled_as_the_org_spells_it(mapped: str, read: str | None) -> None:
    assert parse_describe(DESCRIPTION).path(mapped) == read


def test_fields_that_the_org_does_not_have_are_not_asked_for() -> None:
    mapping = FieldMapping("Lead", {"email": "Email", "phone": "Phone"}, {"key": "key__c", "grade": "Grade__c"})
    chosen = selection(mapping, parse_describe(DESCRIPTION))
    assert chosen.columns == ("Id", "OwnerId", "Email", "Key__c")
    assert (chosen.inputs, chosen.outputs) == ({"email": "Email"}, {"key": "Key__c"})


class Describer:
    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, object_name: str) -> Mapping[str, Any]:
        self.asked.append(object_name)
        return DESCRIPTION


def test_a_description_is_read_once_and_again_when_old() -> None:
    describe, seconds = Describer(), [0.0]
    schemas = Schemas(describe, lambda: seconds[0])
    schemas.of("Lead")
    seconds[0] = SCHEMA_SECONDS
    schemas.of("Lead")
    assert describe.asked == ["Lead"]
    seconds[0] = SCHEMA_SECONDS + 1
    schemas.of("Lead")
    assert describe.asked == ["Lead", "Lead"]


def _outdated() -> CallOperator:
    return CallOperator("", provider="salesforce", operation="query", status=400, code="INVALID_FIELD")


def test_an_outdated_description_is_read_anew_and_the_work_done_once_more() -> None:
    describe = Describer()
    schemas = Schemas(describe, lambda: 0.0)
    failures = iter([_outdated()])

    def work() -> str:
        schemas.of("Lead")
        for failure in failures:
            raise failure
        return "done"

    assert schemas.believed(work) == "done"
    assert describe.asked == ["Lead", "Lead"]


@pytest.mark.parametrize("failure", [_outdated(), Refused("", provider="salesforce", operation="query", code="MALFORMED_QUERY")])
def test_work_is_not_repeated_for_ever_or_for_another_reason(failure: Exception) -> None:
    attempts = []

    def work() -> None:
        attempts.append(1)
        raise failure

    with pytest.raises(type(failure)):
        Schemas(Describer(), lambda: 0.0).believed(work)
    assert len(attempts) == (2 if isinstance(failure, CallOperator) else 1)


# what doctor says

KINDS = {"text": "string", "integer": "double", "flag": "boolean", "moment": "datetime"}
TASK = ObjectInfo("Task", {}, {})


def _mapping() -> FieldMapping:
    return FieldMapping("Lead", {name: f"In_{name}__c" for name in FIELDS}, {name: f"Out_{name}__c" for name in OUTPUTS})


def _info(**changed: FieldInfo | None) -> ObjectInfo:
    found = {f"in_{field.name}__c": FieldInfo(f"In_{field.name}__c", KINDS[field.kind], 255) for field in FIELDS.values()}
    found |= {f"out_{field.name}__c": FieldInfo(f"Out_{field.name}__c", KINDS[field.kind], 255) for field in OUTPUTS.values()}
    found["out_key__c"] = replace(found["out_key__c"], identifies=True)
    return ObjectInfo("Lead", {name: info for name, info in {**found, **changed}.items() if info is not None}, {})


def test_an_org_that_has_everything_has_no_problems() -> None:
    assert list(problems(_mapping(), _info(), TASK)) == []


@pytest.mark.parametrize(
    ("name", "field", "fatal"),
    [
        ("in_email__c", None, False),
        ("in_hand_raised_at__c", FieldInfo("In_hand_raised_at__c", "boolean"), False),
        ("out_grade__c", None, True),
        ("out_grade__c", FieldInfo("Out_grade__c", "string", 255, updateable=False), True),
        ("out_fit_score__c", FieldInfo("Out_fit_score__c", "boolean"), True),
        ("out_sla_due__c", FieldInfo("Out_sla_due__c", "date"), True),
        ("out_route_reason__c", FieldInfo("Out_route_reason__c", "string", 80), False),
        ("out_key__c", FieldInfo("Out_key__c", "string", 64), True),
        ("out_seller_response__c", None, True),
    ],
)
def test_each_misfit_is_one_problem_with_its_fix(name: str, field: FieldInfo | None, fatal: bool) -> None:
    (problem,) = problems(_mapping(), _info(**{name: field}), TASK)
    assert name.partition("_")[2] in problem.what.lower()
    assert problem.fix
    assert problem.fatal is fatal


def test_a_sellers_answer_may_be_read_only_for_us() -> None:
    field = FieldInfo("Out_seller_response__c", "picklist", 255, updateable=False)
    assert list(problems(_mapping(), _info(out_seller_response__c=field), TASK)) == []


def test_a_user_who_may_not_create_tasks_is_a_problem() -> None:
    (problem,) = problems(_mapping(), _info(), replace(TASK, createable=False))
    assert "tasks" in problem.what
