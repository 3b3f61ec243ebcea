"""HubSpot's own Salesforce sync between the two sandbox CRMs: pairs, fields, owners, and that it comes to rest."""

from typing import Any

import pytest

from tests.adapters.sandbox.hubspot_sandbox import Portal

ADA, BEN = "ada@acme.test", "ben@acme.test"
STILL = {"made": 0, "to_hubspot": 0, "to_salesforce": 0}


@pytest.fixture
def ids(hub: Portal) -> dict[str, dict[str, str]]:
    """Owner ids of two people in both CRMs, which the sync connects."""
    people = [{"email": one, "firstName": one[:3], "lastName": "Acme", "active": True} for one in (ADA, BEN)]
    hub.control.install("salesforce")
    made = hub.control.add_people(people)
    hub.control.command("hubspot", "salesforce_sync")
    return {crm: made[crm]["people"] for crm in made}


def only(hub: Portal, crm: Any, table: str) -> dict[str, Any]:
    [found] = hub.control.records(crm, table)
    return dict(found)


def test_who_is_on_one_side_only_is_made_on_the_other(hub: Portal, ids: dict[str, dict[str, str]]) -> None:
    hub.control.create(
        "hubspot", "contacts", [{"email": "nora@b.test", "firstname": "Nora", "hubspot_owner_id": ids["hubspot"][ADA]}]
    )
    hub.control.create(
        "salesforce", "Lead", [{"Email": "Ola@b.test", "LastName": "Ola", "Company": "B", "OwnerId": ids["salesforce"][BEN]}]
    )
    assert hub.control.sync()["made"] == 2
    leads = {one["properties"]["Email"]: one["properties"] for one in hub.control.records("salesforce", "Lead")}
    contacts = {one["properties"]["email"].lower(): one["properties"] for one in hub.control.records("hubspot", "contacts")}
    assert leads["nora@b.test"]["OwnerId"] == ids["salesforce"][ADA]
    assert (leads["nora@b.test"]["Company"], leads["nora@b.test"]["LastName"]) == ("[not provided]", "[not provided]")
    assert contacts["ola@b.test"]["hubspot_owner_id"] == ids["hubspot"][BEN]
    assert contacts["nora@b.test"]["salesforceleadid"]
    hub.control.sync()
    assert hub.control.sync() == STILL


def test_salesforce_is_preferred_unless_it_is_blank(hub: Portal, ids: dict[str, dict[str, str]]) -> None:
    hub.control.create(
        "hubspot", "contacts", [{"email": "nora@b.test", "lastname": "Berg", "jobtitle": "VP", "country": "Norway"}]
    )
    lead = {"Email": "nora@b.test", "LastName": "Berg", "Company": "B", "Title": "CEO", "OwnerId": ids["salesforce"][ADA]}
    hub.control.create("salesforce", "Lead", [lead])
    assert hub.control.sync() == {"made": 0, "to_hubspot": 1, "to_salesforce": 1}
    assert only(hub, "hubspot", "contacts")["properties"]["jobtitle"] == "CEO"
    assert only(hub, "salesforce", "Lead")["properties"]["Country"] == "Norway"
    assert hub.control.sync() == STILL


@pytest.mark.parametrize("where", ["hubspot", "salesforce"])
def test_the_newer_owner_wins_on_whichever_side_it_was_chosen(hub: Portal, ids: dict[str, dict[str, str]], where: Any) -> None:
    hub.control.create("hubspot", "contacts", [{"email": "nora@b.test", "hubspot_owner_id": ids["hubspot"][ADA]}])
    hub.control.sync()
    table, name = {"hubspot": ("contacts", "hubspot_owner_id"), "salesforce": ("Lead", "OwnerId")}[where]
    hub.control.update(where, table, only(hub, where, table)["id"], {name: ids[where][BEN]})
    hub.control.sync()
    assert only(hub, "hubspot", "contacts")["properties"]["hubspot_owner_id"] == ids["hubspot"][BEN]
    assert only(hub, "salesforce", "Lead")["properties"]["OwnerId"] == ids["salesforce"][BEN]
    assert hub.control.sync() == STILL
