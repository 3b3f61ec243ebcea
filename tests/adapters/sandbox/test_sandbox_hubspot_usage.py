"""Properties in use, calculations, and what is gone after ninety days."""

from typing import Any

import pytest

from tests.adapters.sandbox.hubspot_sandbox import Portal

PROPERTIES = "/crm/v3/properties/contacts"
SCORE = {"groupName": "ours", "name": "our_score", "label": "Score", "type": "number", "fieldType": "number"}
FILTER = {
    "property": "our_score",
    "operation": {"operator": "IS_KNOWN", "operationType": "ALL_PROPERTY"},
    "filterType": "PROPERTY",
}
BRANCH = {"filterBranchType": "OR", "filterBranches": [{"filterBranchType": "AND", "filterBranches": [], "filters": [FILTER]}]}
SETS = {
    "type": "SINGLE_CONNECTION",
    "actionId": "1",
    "actionTypeId": "0-5",
    "actionTypeVersion": 0,
    "fields": {"property_name": "our_score", "value": {"type": "STATIC_VALUE", "staticValue": "5"}},
}
ROTATES = {
    "type": "SINGLE_CONNECTION",
    "actionId": "1",
    "actionTypeId": "0-11",
    "actionTypeVersion": 0,
    "fields": {"user_ids": ["9000001"], "target_property": "hubspot_owner_id", "overwrite_current_owner": "false"},
}
FLOW = {"name": "Score", "objectTypeId": "0-1", "actions": [SETS]}
FIELD = {"objectTypeId": "0-1", "name": "our_score", "label": "Score", "required": False, "hidden": True, "fieldType": "number"}
FORM = {"name": "Talk to us", "fieldGroups": [{"fields": [FIELD]}]}
LIST = {"name": "Scored", "objectTypeId": "0-1", "processingType": "DYNAMIC", "filterBranch": BRANCH}


@pytest.fixture
def scored(hub: Portal) -> Portal:
    hub.call("POST", f"{PROPERTIES}/groups", {"name": "ours", "label": "Ours"})
    assert hub.call("POST", PROPERTIES, SCORE).headers["Location"] == f"{PROPERTIES}/our_score"
    return hub


@pytest.mark.parametrize(
    ("path", "body", "parent", "key"),
    [
        ("/automation/v4/flows", FLOW, "AUTOMATION_PLATFORM_FLOW", "id"),
        ("/crm/v3/lists", LIST, "INBOUNDDB_LISTS", "listId"),
        ("/marketing/v3/forms", FORM, "FORM", "id"),
    ],
)
def test_a_property_in_use_stays_until_its_user_lets_go(
    scored: Portal, path: str, body: dict[str, Any], parent: str, key: str
) -> None:
    made = scored.call("POST", path, body).json()
    id_ = (made.get("list") or made)[key]
    refused = scored.call("DELETE", f"{PROPERTIES}/our_score")
    told = refused.json()
    assert (refused.status_code, told["subCategory"]) == (400, "PropertyValidationError.CANNOT_DELETE_PROPERTY_IN_USE")
    assert told["message"] == "Property: our_score of object type 0-1 is currently used in 1 places and cannot be deleted"
    (entry,) = told["errors"]
    assert (entry["context"]["parentType"], entry["context"]["parentName"]) == ([parent], [id_])
    assert scored.call("POST", f"{PROPERTIES}/batch/archive", {"inputs": [{"name": "our_score"}]}).status_code == 400
    assert scored.call("DELETE", f"{path}/{id_}").status_code == 204
    assert scored.call("DELETE", f"{PROPERTIES}/our_score").status_code == 204


def test_a_workflow_on_another_object_is_no_user(scored: Portal) -> None:
    scored.call("POST", "/automation/v4/flows", {**FLOW, "objectTypeId": "0-2"})
    assert scored.call("DELETE", f"{PROPERTIES}/our_score").status_code == 204


def test_a_calculation_uses_what_its_formula_names(scored: Portal) -> None:
    double = {**SCORE, "name": "our_double", "fieldType": "calculation_equation"}
    assert scored.call("POST", PROPERTIES, double).status_code == 400
    made = scored.call("POST", PROPERTIES, {**double, "calculationFormula": "our_score * 2"}).json()
    assert (made["calculated"], made["modificationMetadata"]["readOnlyValue"]) == (True, True)
    id_ = scored.contact(email="a@b.test")
    written = scored.call("PATCH", f"/crm/v3/objects/contacts/{id_}", {"properties": {"our_double": "4"}})
    assert written.json()["errors"][0]["code"] == "READ_ONLY_VALUE"
    refused = scored.call("DELETE", f"{PROPERTIES}/our_score").json()
    assert refused["errors"][0]["context"]["parentName"] == ["0-1/our_double"]


def test_after_ninety_days_an_archived_property_is_gone_with_its_values(scored: Portal) -> None:
    id_ = scored.contact(email="a@b.test", our_score="7")
    scored.call("DELETE", f"{PROPERTIES}/our_score")
    scored.tick(89 * 86400)
    assert scored.call("GET", f"{PROPERTIES}/our_score?archived=true").status_code == 200
    scored.tick(86400)
    assert scored.call("GET", f"{PROPERTIES}/our_score?archived=true").status_code == 404
    scored.call("POST", PROPERTIES, SCORE)
    assert "our_score" not in scored.values(id_)


def test_a_batch_creates_what_it_can(scored: Portal) -> None:
    inputs = [SCORE, {**SCORE, "name": "our_rank"}]
    made = scored.call("POST", f"{PROPERTIES}/batch/create", {"inputs": inputs})
    assert (made.status_code, [one["name"] for one in made.json()["results"]]) == (207, ["our_rank"])
    assert [one["subCategory"] for one in made.json()["errors"]] == ["Properties.PROPERTY_WITH_NAME_EXISTS"]
    gone = scored.call("POST", f"{PROPERTIES}/batch/archive", {"inputs": [{"name": "our_rank"}, {"name": "never_there"}]})
    assert gone.status_code == 204


@pytest.mark.parametrize("base", ["/automation/v4/flows", "/automation/2026-09-beta/flows"])
def test_a_listing_of_workflows_is_a_summary_and_a_revision_guards_a_change(hub: Portal, base: str) -> None:
    made = hub.call("POST", base, {"name": "Rotate", "objectTypeId": "0-1", "isEnabled": True, "actions": [ROTATES]}).json()
    (listed,) = hub.call("GET", base).json()["results"]
    assert "actions" not in listed
    assert (listed["id"], listed["isEnabled"], listed["flowType"]) == (made["id"], True, "WORKFLOW")
    batch = {"inputs": [{"flowId": made["id"], "type": "FLOW_ID"}, {"flowId": "404", "type": "FLOW_ID"}]}
    (whole,) = hub.call("POST", f"{base}/batch/read", batch).json()["results"]
    assert whole["actions"][0]["fields"]["target_property"] == "hubspot_owner_id"
    changed = hub.call("PUT", f"{base}/{made['id']}", {**whole, "isEnabled": False})
    assert (changed.json()["isEnabled"], changed.json()["revisionId"]) == (False, "2")
    assert hub.call("PUT", f"{base}/{made['id']}", whole).status_code == 400
    assert hub.call("POST", base, {"name": "x", "objectTypeId": "0-1"}).status_code == 400


@pytest.mark.parametrize("base", ["/marketing/v3/forms", "/marketing/forms/2026-09-beta"])
def test_forms_in_pages(hub: Portal, base: str) -> None:
    ids = [hub.call("POST", base, {**FORM, "name": str(number)}).json()["id"] for number in range(3)]
    first = hub.call("GET", f"{base}?limit=2").json()
    rest = hub.call("GET", f"{base}?limit=2&after={first['paging']['next']['after']}").json()
    assert [form["id"] for form in first["results"] + rest["results"]] == ids
    assert hub.call("PATCH", f"{base}/{ids[0]}", {"fieldGroups": []}).json()["fieldGroups"] == []
    assert hub.call("POST", base, {"name": "x", "fieldGroups": [{}]}).status_code == 400
    assert hub.call("GET", f"{base}/404").status_code == 404
