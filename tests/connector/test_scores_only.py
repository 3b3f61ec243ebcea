"""Where HubSpot's own Salesforce sync decides about owners, HubSpot gets scores, and no owner and no task."""

import requests

from connector.demo.portals import HUBSPOT, Portals
from connector.installing import apply, plan
from connector.wiring import Services
from tests.connector.conftest import Work
from tests.connector.crm_leads import (
    add_lead,
    arrive,
    deliver,
    drain,
    edit,
    go,
    just_now,
    output,
    owner_of,
    owners_we_set,
    people,
    reconnect,
    tasks,
)


def test_hubspot_gets_scores_and_no_owner_and_salesforce_both(portals: Portals, services: Services, work: Work) -> None:
    go(services)
    reconnect(services, "hubspot", owner_by="salesforce_sync")
    lead = add_lead(portals, "salesforce", "nora@acme.example")
    contact = add_lead(portals, "hubspot", "nora@acme.example")
    work()
    assert output(portals, "hubspot", contact, "route")
    assert output(portals, "hubspot", contact, "suggested_owner")
    assert owner_of(portals, "hubspot", contact) == portals.intake["hubspot"]
    assert owners_we_set(portals, "hubspot", contact) == []
    assert owner_of(portals, "salesforce", lead) in people(portals, "salesforce").values()
    assert owners_we_set(portals, "salesforce", lead) != []
    assert tasks(portals, "hubspot") == []


def test_a_decision_that_hubspot_woke_pages_the_owner_in_salesforce_once(
    portals: Portals, services: Services, work: Work
) -> None:
    reconnect(services, "hubspot", owner_by="salesforce_sync")
    lead = add_lead(portals, "salesforce", "nora@acme.example")
    contact = add_lead(portals, "hubspot", "nora@acme.example")
    work()
    go(services)
    edit(portals, "hubspot", contact, hand_raise="demo", hand_raised_at=just_now())
    work()
    assert owners_we_set(portals, "hubspot", contact) == []
    assert owners_we_set(portals, "salesforce", lead) == [owner_of(portals, "salesforce", lead)]
    assert len(tasks(portals, "salesforce")) == 1
    assert tasks(portals, "hubspot") == []


def test_who_came_to_hubspot_first_is_paged_for_once_the_salesforce_record_is_there(
    portals: Portals, services: Services, work: Work
) -> None:
    go(services)
    reconnect(services, "hubspot", owner_by="salesforce_sync")
    contact = add_lead(portals, "hubspot", "nora@acme.example")
    work()
    assert tasks(portals, "hubspot") == []
    lead = add_lead(portals, "salesforce", "nora@acme.example")
    work()
    assert owners_we_set(portals, "salesforce", lead) == [owner_of(portals, "salesforce", lead)]
    (task,) = tasks(portals, "salesforce")
    assert str(output(portals, "hubspot", contact, "route_reason")) in str(task)
    edit(portals, "salesforce", lead, City="Graz")
    work()
    assert len(tasks(portals, "salesforce")) == 1


def test_an_owner_decided_before_is_not_written_after(portals: Portals, services: Services) -> None:
    go(services)
    contact = add_lead(portals, "hubspot", "nora@acme.example")
    arrive(portals)
    drain(services, "hubspot")
    reconnect(services, "hubspot", owner_by="salesforce_sync")
    assert deliver(services, "hubspot") == 1
    assert output(portals, "hubspot", contact, "route")
    assert owners_we_set(portals, "hubspot", contact) == []


def test_installing_finds_the_sync_and_leaves_owners_to_it(portals: Portals, services: Services) -> None:
    sync = {"groupName": "contactinformation", "name": "salesforcelastsynctime", "label": "Last sync", "type": "datetime"}
    portals.sandbox.settings("hubspot", search_lag_ms=0, limits=False)
    hubspot(portals, "/crm/v3/properties/contacts", {**sync, "fieldType": "date"})
    add_lead(portals, "hubspot", "nora@acme.example", salesforcelastsynctime="2026-11-20T08:00:00Z")
    crm = services.crm(HUBSPOT)
    assert crm
    assert [step.name for step in plan(services, crm).steps if step.kind == "owner"] == [HUBSPOT]
    done: list[str] = []
    apply(services, crm, lambda step: done.append(step.kind))
    assert done[-1] == "owner"
    settled = services.crm(HUBSPOT)
    assert settled
    assert settled.owner_by == "salesforce_sync"
    assert [step for step in plan(services, settled).steps if step.kind == "owner"] == []


def hubspot(portals: Portals, path: str, body: object) -> None:
    answer = requests.post(portals.sandbox.url + path, json=body, headers={"Authorization": "Bearer pat-na1-test"}, timeout=10)
    assert answer.status_code < 300, answer.text
