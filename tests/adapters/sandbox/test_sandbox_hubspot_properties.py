"""Properties and groups, and a portal in which nothing is installed."""

from pathlib import Path
from typing import Any

import pytest
from hubspot.crm.properties import PropertyCreate, PropertyGroupCreate
from hubspot.crm.properties.exceptions import ApiException

from config.mapping import shipped_mapping
from tests.adapters.sandbox.hubspot_sandbox import DATED, V3, Portal, portal

SCORE = {"groupName": "ours", "name": "our_score", "label": "Score", "type": "number", "fieldType": "number"}


@pytest.fixture
def grouped(hub: Portal) -> Portal:
    hub.sdk.crm.properties.groups_api.create("contacts", PropertyGroupCreate(name="ours", label="Ours"))
    return hub


def test_nothing_is_installed_unless_asked_for(tmp_path: Path) -> None:
    with portal(tmp_path, install=False) as bare:
        before = {one.name for one in bare.sdk.crm.properties.core_api.get_all("contacts").results}
        assert not {name for name in before if name.startswith("leadline_") or name == "campaign"}
        bare.control.install("hubspot")
        mapping = shipped_mapping("hubspot")
        after = {one.name for one in bare.sdk.crm.properties.core_api.get_all("contacts").results}
        assert set(mapping.inputs.values()) | set(mapping.outputs.values()) <= after


@pytest.mark.parametrize("paths", [V3, DATED], ids=["v3", "2026-09"])
def test_a_property_and_its_group_from_birth_to_archive(hub: Portal, paths: dict[str, str]) -> None:
    base = f"{paths['properties']}/contacts"
    assert hub.call("POST", base, SCORE).status_code == 400
    assert hub.call("POST", f"{base}/groups", {"name": "ours", "label": "Ours"}).status_code == 201
    assert hub.call("POST", base, SCORE).status_code == 201
    assert hub.call("GET", f"{base}/our_score").json()["groupName"] == "ours"
    again = hub.call("POST", base, SCORE)
    assert (again.status_code, again.json()["subCategory"]) == (409, "Properties.PROPERTY_WITH_NAME_EXISTS")
    busy = hub.call("DELETE", f"{base}/groups/ours")
    assert (busy.status_code, busy.json()["subCategory"]) == (400, "PropertyGroupError.GROUP_WITH_ACTIVE_PROPERTIES")
    assert hub.call("DELETE", f"{base}/our_score").status_code == 204
    assert hub.call("GET", f"{base}/our_score").status_code == 404
    assert hub.call("GET", f"{base}/our_score?archived=true").status_code == 200
    assert hub.call("DELETE", f"{base}/groups/ours").status_code == 204


def test_an_archived_name_comes_back(grouped: Portal) -> None:
    api = grouped.sdk.crm.properties.core_api
    wanted = PropertyCreate(group_name="ours", name="our_score", label="Score", type="number", field_type="number")
    api.create("contacts", wanted)
    id_ = grouped.contact(email="a@b.test", our_score="7")
    api.archive("contacts", "our_score")
    assert grouped.call("PATCH", f"/crm/v3/objects/contacts/{id_}", {"properties": {"our_score": "8"}}).status_code == 400
    api.create("contacts", wanted)
    assert grouped.values(id_)["our_score"] == "7"


def test_changed_options_replace_the_whole_list(grouped: Portal) -> None:
    tier = {**SCORE, "name": "tier", "type": "enumeration", "fieldType": "select", "options": [{"label": "A", "value": "a"}]}
    grouped.call("POST", "/crm/v3/properties/contacts", tier)
    changed = grouped.call("PATCH", "/crm/v3/properties/contacts/tier", {"options": [{"label": "B", "value": "b"}]})
    assert [option["value"] for option in changed.json()["options"]] == ["b"]
    id_ = grouped.contact(email="a@b.test")
    statuses = [
        grouped.call("PATCH", f"/crm/v3/objects/contacts/{id_}", {"properties": {"tier": value}}).status_code
        for value in ("a", "b")
    ]
    assert statuses == [400, 200]


def test_several_options_append_with_a_leading_semicolon(grouped: Portal) -> None:
    options = [{"label": value, "value": value} for value in ("red", "green", "blue")]
    colours = {**SCORE, "name": "colours", "type": "enumeration", "fieldType": "checkbox", "options": options}
    grouped.call("POST", "/crm/v3/properties/contacts", colours)
    id_ = grouped.contact(email="a@b.test")
    for sent, kept in (("red;green", "red;green"), (";blue", "red;green;blue"), ("blue", "blue")):
        grouped.call("PATCH", f"/crm/v3/objects/contacts/{id_}", {"properties": {"colours": sent}})
        assert grouped.values(id_)["colours"] == kept


@pytest.mark.parametrize(
    "wrong",
    [
        {"label": ""},
        {"name": "Our Score"},
        {"fieldType": "text"},
        {"groupName": "nowhere"},
        {"type": "bool", "fieldType": "booleancheckbox"},
        {"options": "x"},
    ],
)
def test_a_wrong_definition_is_a_400(grouped: Portal, wrong: dict[str, Any]) -> None:
    assert grouped.call("POST", "/crm/v3/properties/contacts", {**SCORE, **wrong}).status_code == 400


def test_at_most_ten_unique_properties(grouped: Portal) -> None:
    statuses = [
        grouped.call(
            "POST", "/crm/v3/properties/contacts", {**SCORE, "name": f"key_{number}", "hasUniqueValue": True}
        ).status_code
        for number in range(10)
    ]
    assert statuses == [201] * 9 + [400]  # leadline_key is the tenth


def test_hubspots_own_properties_stay(hub: Portal) -> None:
    with pytest.raises(ApiException, match="CANNOT_DELETE_PROPERTY_IN_USE"):
        hub.sdk.crm.properties.core_api.archive("contacts", "email")


def test_a_batch_of_properties(grouped: Portal) -> None:
    inputs = [{**SCORE, "name": name} for name in ("one", "two")]
    assert grouped.call("POST", "/crm/v3/properties/contacts/batch/create", {"inputs": inputs}).status_code == 201
    read = grouped.call("POST", "/crm/v3/properties/contacts/batch/read", {"archived": False, "inputs": [{"name": "two"}]})
    assert [one["name"] for one in read.json()["results"]] == ["two"]
