"""HubSpot's own Salesforce sync at work: a person in both CRMs is written once in each, and nothing goes in circles."""

import pytest

from connector.demo.portals import Portals
from connector.wiring import Services
from tests.connector.conftest import Work
from tests.connector.crm_leads import (
    ASKED,
    add_lead,
    count,
    documents,
    edit,
    go,
    our_writes,
    output,
    owner_of,
    owners_we_set,
    people,
    reconnect,
    replayed,
    shown,
    tasks,
)

STILL = {"made": 0, "to_hubspot": 0, "to_salesforce": 0}


@pytest.fixture
def synced(portals: Portals, services: Services) -> Portals:
    """Salesforce is connected in HubSpot, and `install` has found that."""
    portals.sandbox.command("hubspot", "salesforce_sync")
    portals.sandbox.settings("hubspot", search_lag_ms=0, limits=False)
    reconnect(services, "hubspot", owner_by="salesforce_sync")
    go(services)
    return portals


def until_still(portals: Portals, work: Work) -> None:
    """Sync and workers in turn, until neither has anything to do; they come to rest, or this fails."""
    for _ in range(4):
        done = portals.sandbox.sync()
        work()
        if done == STILL:
            return
    raise AssertionError("it goes in circles")


def pairs(portals: Portals) -> dict[str, dict[str, str]]:
    """E-mail to the ids of the lead and of the contact."""
    found: dict[str, dict[str, str]] = {}
    for crm, table, name in (("salesforce", "Lead", "Email"), ("hubspot", "contacts", "email")):
        for one in portals.sandbox.records(crm, table):  # type: ignore[arg-type]
            found.setdefault(str(one["properties"][name]).lower(), {})[crm] = one["id"]
    return found


def test_each_is_decided_once_and_written_once_in_each(synced: Portals, services: Services, work: Work) -> None:
    for number in range(12):
        crm = ("salesforce", "hubspot")[number % 2]
        add_lead(synced, crm, f"p{number}@acme{number}.test", **ASKED[crm])
        if number % 3 == 0:
            work()  # decided before the sync has copied it; the others after
    until_still(synced, work)
    found = pairs(synced)
    assert len(found) == 12
    for ids in found.values():
        assert len(owners_we_set(synced, "salesforce", ids["salesforce"])) == 1
        assert owners_we_set(synced, "hubspot", ids["hubspot"]) == []
        for name in ("route", "fit_score", "suggested_owner"):
            assert str(output(synced, "salesforce", ids["salesforce"], name)).removesuffix(".0") == output(
                synced, "hubspot", ids["hubspot"], name
            )
        assert len(our_writes(synced, "hubspot", ids["hubspot"])) == 1
    assert len(tasks(synced, "salesforce")) == 12
    assert tasks(synced, "hubspot") == []
    by_id = {crm: {id_: email for email, id_ in people(synced, crm).items()} for crm in ("salesforce", "hubspot")}
    for ids in found.values():
        emails = {by_id[crm][owner_of(synced, crm, id_)] for crm, id_ in ids.items()}
        assert len(emails) == 1, "the sync carries the owner over"
    assert replayed(services) == {"reproduced"}


def test_a_person_who_changes_the_owner_in_hubspot_keeps_it(synced: Portals, services: Services, work: Work) -> None:
    add_lead(synced, "salesforce", "nora@acme.test", **ASKED["salesforce"])
    work()
    until_still(synced, work)
    [ids] = pairs(synced).values()
    packets = len(documents(services, "packet"))
    mine = {crm: people(synced, crm)["hana@leadline.example"] for crm in ("salesforce", "hubspot")}
    edit(synced, "hubspot", ids["hubspot"], hubspot_owner_id=mine["hubspot"])
    until_still(synced, work)
    assert owner_of(synced, "salesforce", ids["salesforce"]) == mine["salesforce"]
    assert owner_of(synced, "hubspot", ids["hubspot"]) == mine["hubspot"]
    assert len(owners_we_set(synced, "salesforce", ids["salesforce"])) == 1
    assert len(documents(services, "packet")) == packets
    assert count(services, "outbox") == 0


def test_a_field_changed_in_salesforce_is_decided_about_once(synced: Portals, services: Services, work: Work) -> None:
    add_lead(synced, "hubspot", "nora@acme.test", **ASKED["hubspot"])
    work()
    until_still(synced, work)
    [ids] = pairs(synced).values()
    tasks_before, packets = len(tasks(synced, "salesforce")), len(documents(services, "packet"))
    edit(synced, "salesforce", ids["salesforce"], Title="Head of Sales")
    until_still(synced, work)
    assert shown(synced, "hubspot", ids["hubspot"])["jobtitle"] == "Head of Sales"
    assert len(documents(services, "packet")) - packets <= 2  # each record's own input changed
    assert output(synced, "salesforce", ids["salesforce"], "route") == output(synced, "hubspot", ids["hubspot"], "route")
    assert len(owners_we_set(synced, "salesforce", ids["salesforce"])) == 1
    assert len(tasks(synced, "salesforce")) == tasks_before
