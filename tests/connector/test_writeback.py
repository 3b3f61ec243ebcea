"""The deliverer against both sandbox CRMs over HTTP: differences only, and never over a person's hand."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.records import RecordRef
from adapters.sandbox.client import SandboxClient
from adapters.sandbox.sandbox import RunningSandbox, start, wall_clock
from connector import jobs
from connector.demo.portals import Portals
from connector.packet import receipt_identity
from connector.store.connections import set_paused
from connector.store.engine import transact
from connector.wiring import Services
from tests.connector.conftest import Work
from tests.connector.crm_leads import (
    ASKED,
    NAMES,
    OWNER,
    add_lead,
    arrive,
    count,
    deliver,
    documents,
    drain,
    edit,
    execute,
    go,
    let_settle,
    opened,
    our_writes,
    output,
    owner_of,
    owners_we_set,
    people,
    rows,
    shown,
    tasks,
)

BOTH = pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
COMPETITOR: dict[str, dict[str, Any]] = {
    "salesforce": {"Relationship__c": "competitor"},
    "hubspot": {"relationship": "competitor"},
}
"""Nobody has to act on one: no clock, so that no moment differs from decision to decision."""
FIRST_NAME = {"salesforce": "FirstName", "hubspot": "firstname"}
REASON = {"salesforce": "Leadline_Route_Reason__c", "hubspot": "leadline_route_reason"}
GRADE = {"salesforce": "Leadline_Grade__c", "hubspot": "leadline_grade"}
TITLE = {"salesforce": "Title", "hubspot": "jobtitle"}


@dataclass(slots=True)
class Ahead:
    """How far the CRMs' clock is ahead of ours."""

    milliseconds: int = 0

    def __call__(self, seconds: int) -> None:
        self.milliseconds += seconds * 1000


@pytest.fixture
def later() -> Ahead:
    """Lets the CRMs' clock go on: theirs counts in whole seconds."""
    return Ahead()


@pytest.fixture
def sandbox(tmp_path: Path, later: Ahead) -> Iterator[RunningSandbox]:
    running = start(tmp_path / "sandbox", clock=lambda: wall_clock() + later.milliseconds)
    yield running
    running.stop()


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
def test_a_value_that_a_person_set_is_kept(portals: Portals, services: Services, work: Work, crm: str) -> None:
    lead = add_lead(portals, crm, "nora@acme.example", **COMPETITOR[crm])
    work()
    edit(portals, crm, lead, **{REASON[crm]: "I know her. Leave it to me."})
    edit(portals, crm, lead, **{TITLE[crm]: "Intern"})
    work()
    assert shown(portals, crm, lead)[REASON[crm]] == "I know her. Leave it to me."
    assert GRADE[crm] in our_writes(portals, crm, lead)[-1]
    packet, receipt = documents(services, "packet")[-1], documents(services, "receipt")[-1]
    sealed = opened(services, receipt, receipt_identity(packet["id"], _ref(receipt), receipt["attempt"]))
    assert sealed["kept"] == ["route_reason"]


@BOTH
def test_an_owner_set_before_the_decision_is_kept(portals: Portals, services: Services, work: Work, crm: str) -> None:
    go(services)
    hana = people(portals, crm)["hana@leadline.example"]
    lead = add_lead(portals, crm, "nora@acme.example", **{OWNER[crm]: hana}, **ASKED[crm])
    work()
    assert owners_we_set(portals, crm, lead) == []
    assert owner_of(portals, crm, lead) == hana
    [packet] = documents(services, "packet")
    assert packet["decision"]["owner"]["why"] == "person_set"
    assert count(services, "turn") == 0


@BOTH
def test_an_owner_set_between_our_read_and_our_write_is_kept(
    portals: Portals, services: Services, crm: str, later: Ahead
) -> None:
    """Salesforce refuses our conditional write; at HubSpot ours lands, and theirs is put back."""
    go(services)
    lead = add_lead(portals, crm, "nora@acme.example", **ASKED[crm])
    arrive(portals)
    assert drain(services, crm).decided == 1
    later(2)
    hana = people(portals, crm)["hana@leadline.example"]
    edit(portals, crm, lead, **{OWNER[crm]: hana})
    deliver(services, crm)
    assert owner_of(portals, crm, lead) == hana
    assert tasks(portals, crm) == []
    [receipt] = documents(services, "receipt")
    assert receipt["owner"]["after"] == hana
    assert count(services, "outbox") == 0
    assert rows(services, "SELECT written_owner FROM record") == [(None,)]


@BOTH
def test_an_owner_we_set_is_not_taken_for_a_persons(portals: Portals, services: Services, work: Work, crm: str) -> None:
    """A later decision may move the lead on: what stands there is ours."""
    go(services)
    lead = add_lead(portals, crm, "nora@acme.example", **ASKED[crm])
    work()
    edit(portals, crm, lead, **{TITLE[crm]: "Intern"})
    work()
    packet = documents(services, "packet")[-1]
    assert packet["decision"]["owner"]["why"] != "person_set"
    [first, second] = documents(services, "receipt")
    assert second["owner"]["before"] == first["owner"]["after"]


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


def test_a_stale_read_is_made_again_before_it_is_written_over(portals: Portals, services: Services) -> None:
    """What hydration saw is good for five seconds: an owner set since is seen before the write, not after it."""
    go(services)
    lead = add_lead(portals, "hubspot", "nora@acme.example", **ASKED["hubspot"])
    arrive(portals)
    drain(services, "hubspot")
    execute(services, "UPDATE outbox SET before = jsonb_set(before, '{read_at}', to_jsonb('2026-01-01T00:00:00+00:00'::text))")
    hana = people(portals, "hubspot")["hana@leadline.example"]
    edit(portals, "hubspot", lead, hubspot_owner_id=hana)
    deliver(services, "hubspot")
    assert owners_we_set(portals, "hubspot", lead) == []
    assert owner_of(portals, "hubspot", lead) == hana


def _ref(document: dict[str, Any]) -> RecordRef:
    return RecordRef(document["connection"], document["record"]["object"], document["record"]["id"])
