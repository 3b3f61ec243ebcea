"""The deliverer against both sandbox CRMs over HTTP: differences only, once, and what becomes of refusals."""

from typing import Any

import pytest

from adapters.sandbox.client import SandboxClient
from connector import jobs
from connector.demo.portals import Portals
from connector.store.connections import set_paused
from connector.store.engine import transact
from connector.wiring import Services
from tests.connector.conftest import Work
from tests.connector.crm_leads import (
    ASKED,
    NAMES,
    add_lead,
    arrive,
    count,
    deliver,
    documents,
    drain,
    edit,
    go,
    let_settle,
    our_writes,
    output,
    owner_of,
    owners_we_set,
    people,
    rows,
    tasks,
)

BOTH = pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
COMPETITOR: dict[str, dict[str, Any]] = {
    "salesforce": {"Relationship__c": "competitor"},
    "hubspot": {"relationship": "competitor"},
}
"""Nobody has to act on one: no clock, so that no moment differs from decision to decision."""
FIRST_NAME = {"salesforce": "FirstName", "hubspot": "firstname"}
GRADE = {"salesforce": "Leadline_Grade__c", "hubspot": "leadline_grade"}
TITLE = {"salesforce": "Title", "hubspot": "jobtitle"}


def calls(sandbox: SandboxClient, crm: str) -> int:
    """Calls that change something at this CRM."""
    paths = ("/composite", "/batch/update", "/batch/create", "/sobjects/")
    made = sandbox.stats()["calls"]
    return sum(c["count"] for c in made if c["crm"] == crm and c["method"] != "GET" and any(p in c["route"] for p in paths))


@BOTH
def test_shadow_writes_our_own_fields_and_nothing_else(portals: Portals, services: Services, work: Work, crm: str) -> None:
    lead = add_lead(portals, crm, "nora@acme.example", **ASKED[crm])
    work()
    [changed] = our_writes(portals, crm, lead)
    assert {name.lower().partition("_")[0] for name in changed} == {"leadline"}
    assert owner_of(portals, crm, lead) == portals.intake[crm]
    assert output(portals, crm, lead, "suggested_owner") is not None
    assert output(portals, crm, lead, "sla_state") == "Measuring only"
    assert tasks(portals, crm) == []


@BOTH
def test_live_writes_fields_owner_and_one_task_once(portals: Portals, services: Services, work: Work, crm: str) -> None:
    go(services)
    lead = add_lead(portals, crm, "nora@acme.example", **ASKED[crm])
    work()
    owner = people(portals, crm)[str(output(portals, crm, lead, "suggested_owner"))]
    assert owners_we_set(portals, crm, lead) == [owner] == [owner_of(portals, crm, lead)]
    assert len(our_writes(portals, crm, lead)) == len(tasks(portals, crm)) == 1
    [receipt] = documents(services, "receipt")
    assert receipt["outcome"] == "written"
    assert receipt["owner"] == {"before": portals.intake[crm], "after": owner}
    assert len(receipt["task_ids"]) == 1


@BOTH
def test_a_new_decision_that_says_the_same_makes_no_call(portals: Portals, services: Services, work: Work, crm: str) -> None:
    go(services)
    lead = add_lead(portals, crm, "nora@acme.example", **COMPETITOR[crm])
    work()
    before, first = calls(portals.sandbox, crm), output(portals, crm, lead, "packet_url")
    edit(portals, crm, lead, **{FIRST_NAME[crm]: "Nina"})
    work()
    assert len(documents(services, "packet")) == 2
    assert calls(portals.sandbox, crm) == before
    assert output(portals, crm, lead, "packet_url") == first
    assert [receipt["outcome"] for receipt in documents(services, "receipt")] == ["written", "same"]


@BOTH
def test_only_what_differs_is_written(portals: Portals, services: Services, work: Work, crm: str) -> None:
    lead = add_lead(portals, crm, "nora@acme.example", **COMPETITOR[crm])
    work()
    edit(portals, crm, lead, **{TITLE[crm]: "Intern"})
    work()
    again = our_writes(portals, crm, lead)[1]
    stamped = {"salesforce": "SystemModstamp", "hubspot": "hs_lastmodifieddate"}
    assert all(old != new for name, (old, new) in again.items() if name not in stamped.values())
    assert GRADE[crm] in again
    assert portals.mappings[crm].outputs["key"] not in again
    assert portals.mappings[crm].outputs["route"] not in again


@BOTH
def test_locked_records_are_tried_again(portals: Portals, services: Services, work: Work, crm: str) -> None:
    go(services)
    portals.sandbox.add_fault("lock", crm=crm, count=1)
    lead = add_lead(portals, crm, "nora@acme.example", **ASKED[crm])
    work()
    assert our_writes(portals, crm, lead) == []
    let_settle(services)
    work()
    assert len(owners_we_set(portals, crm, lead)) == len(tasks(portals, crm)) == 1


def test_a_field_the_vendor_refuses_is_left_out_and_reported(portals: Portals, services: Services, work: Work) -> None:
    go(services)
    portals.sandbox.settings("salesforce", hidden_fields=["Lead.Leadline_Grade__c"])
    lead = add_lead(portals, "salesforce", "nora@acme.example", **ASKED["salesforce"])
    work()
    [changed] = our_writes(portals, "salesforce", lead)
    assert "Leadline_Grade__c" not in changed
    assert "Leadline_Route__c" in changed
    [(what, reference, reason)] = rows(services, "SELECT what, reference, reason FROM dead_letter")
    assert (what, reference) == ("write", f"lead/{lead}")
    assert "Leadline_Grade__c" in reason
    assert "nora" not in reason.lower()
    assert count(services, "outbox") == 0


def test_a_call_that_is_refused_as_a_whole_is_made_record_by_record(portals: Portals, services: Services, work: Work) -> None:
    """Refused twice: the batch, and the first record alone. That one is set aside, the other two stand."""
    leads = [add_lead(portals, "salesforce", f"nora{n}@acme.example") for n in range(3)]
    arrive(portals)
    drain(services, "salesforce")
    portals.sandbox.add_fault("status", crm="salesforce", method="PATCH", status=400, count=2)
    deliver(services, "salesforce")
    assert [len(our_writes(portals, "salesforce", lead)) for lead in leads] == [0, 1, 1]
    assert rows(services, "SELECT what, reference FROM dead_letter") == [("write", f"lead/{leads[0]}")]
    assert count(services, "outbox") == 0


@BOTH
def test_a_record_deleted_meanwhile_ends_quietly(portals: Portals, services: Services, crm: str) -> None:
    lead = add_lead(portals, crm, "nora@acme.example")
    arrive(portals)
    drain(services, crm)
    portals.sandbox.delete(crm, {"salesforce": "Lead", "hubspot": "contacts"}[crm], lead)
    deliver(services, crm)
    assert count(services, "outbox") == 0
    assert rows(services, "SELECT state FROM record") == [("gone",)]
    assert count(services, "dead_letter") == 0


@BOTH
def test_a_merged_record_is_followed(portals: Portals, services: Services, work: Work, crm: str) -> None:
    """The decision goes on with the record that took its place."""
    table = {"salesforce": "Lead", "hubspot": "contacts"}[crm]
    loser, winner = (add_lead(portals, crm, f"{name}@acme.example") for name in ("nora", "nina"))
    arrive(portals)
    drain(services, crm)
    final = portals.sandbox.merge(crm, table, winner, loser)
    work()
    assert output(portals, crm, final, "route") is not None
    assert count(services, "outbox") == count(services, "due") == 0
    assert (loser, "gone", final) in rows(services, "SELECT record_id, state, now_id FROM record")


@pytest.mark.parametrize("merges", [1, 2])
def test_what_we_wrote_before_a_merge_is_no_persons_choice(portals: Portals, services: Services, work: Work, merges: int) -> None:
    """HubSpot makes a new record that carries the values and the owner of the old ones: they are ours to replace there too."""
    crm, quiet = "hubspot", {"hs_analytics_num_visits": "1"}
    go(services)
    lead = add_lead(portals, crm, "nora@acme.example", **quiet)
    others = [add_lead(portals, crm, f"nina{number}@acme.example", **quiet) for number in range(merges)]
    work()
    ours = owner_of(portals, crm, lead)
    for other in others:
        lead = portals.sandbox.merge(crm, "contacts", lead, other)
    assert owner_of(portals, crm, lead) == ours
    edit(portals, crm, lead, **ASKED[crm])
    work()
    [(wanted,)] = rows(services, "SELECT desired FROM record WHERE record_id = :id", id=lead)
    assert documents(services, "packet")[-1]["decision"]["owner"]["why"] != "person_set"
    assert {name: output(portals, crm, lead, name) for name in ("key", "route", "suggested_owner")} == {
        name: wanted[name] for name in ("key", "route", "suggested_owner")
    }
    assert owner_of(portals, crm, lead) == people(portals, crm)[wanted["suggested_owner"]]


def test_a_paused_connection_gets_no_write(portals: Portals, services: Services) -> None:
    jobs.start(services)
    lead = add_lead(portals, "hubspot", "nora@acme.example")
    arrive(portals)
    transact(services.engine, lambda session: set_paused(session, NAMES["hubspot"], paused=True))
    services.refresh()
    assert jobs.drain(NAMES["hubspot"]).startswith("opened 1, decided 1")
    assert jobs.deliver(NAMES["hubspot"]) == "paused"
    assert our_writes(portals, "hubspot", lead) == []
    transact(services.engine, lambda session: set_paused(session, NAMES["hubspot"], paused=False))
    services.refresh()
    assert jobs.deliver(NAMES["hubspot"]) == "finished 1"
    assert len(our_writes(portals, "hubspot", lead)) == 1
