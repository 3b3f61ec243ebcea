"""The lived-in portal, counted again through the public API alone."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.sandbox.client import SandboxError
from tests.adapters.sandbox.hubspot_sandbox import Portal, portal

SCALE = {"seed": 7, "contacts": 240}
CONTACT = "hubspot_owner_id,phone,createdate,hubspot_owner_assigneddate,my_score"


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Portal, dict[str, Any]]]:
    """The portal, and what it says that it made; no test changes it."""
    with portal(tmp_path_factory.mktemp("lived-in"), install=False) as hub:
        yield hub, hub.control.command("hubspot", "lived_in", **SCALE)


def all_of(hub: Portal, table: str, query: str = "") -> list[dict[str, Any]]:
    found, after = [], "0"
    while after:
        page = hub.call("GET", f"/crm/v3/objects/{table}?limit=100&after={after}&{query}").json()
        found += page["results"]
        after = page.get("paging", {}).get("next", {}).get("after", "")
    return found


def owner_ids(hub: Portal, *, archived: bool) -> set[str]:
    listed = hub.call("GET", f"/crm/v3/owners?archived={str(archived).lower()}").json()["results"]
    return {owner["id"] for owner in listed}


def test_four_hundred_properties_of_its_own_in_several_groups(lived: tuple[Portal, dict[str, Any]]) -> None:
    hub, told = lived
    custom = [
        one
        for kind in ("contacts", "companies", "deals")
        for one in hub.call("GET", f"/crm/v3/properties/{kind}").json()["results"]
        if not one["hubspotDefined"]
    ]
    assert len(custom) == told["properties"] == 400
    assert len({one["groupName"] for one in custom}) == 10
    named = {one["name"]: one for one in custom}
    assert named["erp_id"]["hasUniqueValue"] is True
    assert named["score_in_percent"]["calculationFormula"] == "my_score * 100"
    assert [option["value"] for option in named["lead_rating"]["options"]] == ["Hot", "Warm", "Cold"]


def test_contacts_of_ninety_days_with_and_without_owners(lived: tuple[Portal, dict[str, Any]]) -> None:
    hub, told = lived
    contacts = [one["properties"] for one in all_of(hub, "contacts", f"properties={CONTACT}")]
    owners = Counter(one["hubspot_owner_id"] for one in contacts)
    left = owner_ids(hub, archived=True)
    assert len(contacts) == told["contacts"] == 240
    assert owners[None] == told["unowned"] > 0
    assert sum(owners[id_] for id_ in left) == told["owned by those who left"] > 0
    assert set(owners) - {None} <= left | owner_ids(hub, archived=False)
    assert len(contacts) - len({one["phone"] for one in contacts}) == told["duplicates"] == 12
    filled = sum(one["my_score"] is not None for one in contacts)
    assert 0.4 < filled / len(contacts) < 0.7
    born = [datetime.fromisoformat(one["createdate"]) for one in contacts]
    assert (max(born) - min(born)).days in range(80, 90)


def test_owners_have_a_history_that_agrees_with_their_dates(lived: tuple[Portal, dict[str, Any]]) -> None:
    hub, _ = lived
    owned = 0
    for one in all_of(hub, "contacts", f"properties={CONTACT}&propertiesWithHistory=hubspot_owner_id"):
        history = one["propertiesWithHistory"]["hubspot_owner_id"]
        assert [entry["value"] for entry in history] == [id_ for id_ in [one["properties"]["hubspot_owner_id"]] if id_]
        for entry in history:
            owned += 1
            assert entry["timestamp"] == one["properties"]["hubspot_owner_assigneddate"] > one["properties"]["createdate"]
            assert entry["sourceType"] in {"AUTOMATION_PLATFORM", "CRM_UI"}
    assert owned > 100


def test_engagements_hang_on_contacts_and_come_after_their_owners(lived: tuple[Portal, dict[str, Any]]) -> None:
    hub, told = lived
    assigned = {
        one["id"]: one["properties"]["hubspot_owner_assigneddate"] for one in all_of(hub, "contacts", f"properties={CONTACT}")
    }
    touched = set()
    for table in ("calls", "emails", "meetings", "tasks", "notes"):
        records = all_of(hub, table, "properties=hs_timestamp,hubspot_owner_id&associations=contacts")
        assert len(records) == told[table]
        for one in records:
            (contact,) = one["associations"]["contacts"]["results"]
            touched.add(contact["id"])
            assert one["properties"]["hs_timestamp"] > assigned[contact["id"]]
    assert len(touched) == told["touched"]


def test_deals_won_lost_and_open_belong_to_a_contact_and_a_company(lived: tuple[Portal, dict[str, Any]]) -> None:
    hub, told = lived
    deals = all_of(hub, "deals", "properties=dealstage,hs_is_closed,hs_is_closed_won&associations=contacts,companies")
    stages = Counter(one["properties"]["dealstage"] for one in deals)
    assert stages == {"closedwon": told["closedwon"], "closedlost": told["closedlost"], "qualifiedtobuy": told["open deals"]}
    assert all(set(one["associations"]) == {"contacts", "companies"} for one in deals)
    won = [one for one in deals if one["properties"]["hs_is_closed_won"] == "true"]
    assert len(won) == told["closedwon"]


def test_people_who_left_are_archived_and_the_others_have_teams(lived: tuple[Portal, dict[str, Any]]) -> None:
    hub, told = lived
    here = hub.call("GET", "/crm/v3/owners").json()["results"]
    assert (len(here), len(owner_ids(hub, archived=True))) == (told["people"], told["people who left"]) == (12, 4)
    assert Counter(owner["teams"][0]["name"] for owner in here) == {"Inbound": 6, "Key accounts": 6}


def test_a_workflow_rotates_and_others_use_its_properties(lived: tuple[Portal, dict[str, Any]]) -> None:
    hub, _ = lived
    flows = [
        hub.call("GET", f"/automation/v4/flows/{one['id']}").json()
        for one in hub.call("GET", "/automation/v4/flows").json()["results"]
    ]
    rotating = [flow["name"] for flow in flows if any(action["actionTypeId"] == "0-11" for action in flow["actions"])]
    assert rotating == ["Rotate new leads", "Target accounts to the key account team"]
    assert [flow["name"] for flow in flows if not flow["isEnabled"]] == ["Territory by country (2021)"]
    refused = hub.call("DELETE", "/crm/v3/properties/contacts/lead_rating").json()
    users = Counter(entry["context"]["parentType"][0] for entry in refused["errors"])
    assert users == {"AUTOMATION_PLATFORM_FLOW": 1, "INBOUNDDB_LISTS": 1, "FORM": 1}
    found = hub.call("POST", "/crm/v3/lists/search", {"processingTypes": ["MANUAL"]}).json()["lists"]
    assert [(one["name"], one["additionalProperties"]["hs_list_size"]) for one in found] == [
        ("Spring conference", "24"),
        ("Do not call", "24"),
    ]


def test_one_seed_makes_one_portal(lived: tuple[Portal, dict[str, Any]], tmp_path: Path) -> None:
    hub, told = lived
    with portal(tmp_path, install=False) as again:
        assert again.control.command("hubspot", "lived_in", **SCALE) == told
        query = "properties=email,hubspot_owner_id,my_score&propertiesWithHistory=hubspot_owner_id"
        assert all_of(again, "contacts", query) == all_of(hub, "contacts", query)
        with pytest.raises(SandboxError, match="lived in already"):
            again.control.command("hubspot", "lived_in")


@pytest.mark.parametrize("wrong", [{"contacts": 0}, {"days": "90"}, {"properties": 100}, {"properties": 9_000}, {"leads": 5}])
def test_a_portal_that_cannot_be_had_is_refused_in_a_sentence(hub: Portal, wrong: dict[str, Any]) -> None:
    with pytest.raises(SandboxError, match="lived-in portal"):
        hub.control.command("hubspot", "lived_in", **wrong)


def test_hubspots_own_salesforce_sync_is_seen_in_properties_and_history(hub: Portal) -> None:
    lead, customer = hub.contact(email="a@b.test"), hub.contact(email="c@b.test", lifecyclestage="customer")
    assert hub.call("GET", "/crm/v3/properties/contacts/salesforcelastsynctime").status_code == 404
    assert hub.control.command("hubspot", "salesforce_sync") == {"synced": 2}
    definition = hub.call("GET", "/crm/v3/properties/contacts/salesforceleadid").json()
    assert (definition["groupName"], definition["modificationMetadata"]["readOnlyValue"]) == ("salesforceinformation", True)
    query = "properties=salesforceleadid,salesforcecontactid&propertiesWithHistory=salesforcelastsynctime"
    shown = {one["id"]: one for one in all_of(hub, "contacts", query)}
    assert shown[lead]["properties"]["salesforceleadid"].startswith("00Q")
    assert shown[customer]["properties"]["salesforcecontactid"].startswith("003")
    assert shown[lead]["propertiesWithHistory"]["salesforcelastsynctime"][0]["sourceType"] == "SALESFORCE"
    written = hub.call("PATCH", f"/crm/v3/objects/contacts/{lead}", {"properties": {"salesforceleadid": "x"}})
    assert written.json()["errors"][0]["code"] == "READ_ONLY_VALUE"
