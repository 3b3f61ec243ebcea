"""Writes whose answer never came: looked up before anything is repeated, so that each effect happens once."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from adapters.records import Change, RecordRef
from connector.demo.portals import Portals
from connector.store.connections import breaker_open
from connector.wiring import Services
from tests.connector.conftest import Work
from tests.connector.crm_leads import (
    ASKED,
    NAMES,
    TABLES,
    add_lead,
    arrive,
    count,
    crm_of,
    deliver,
    documents,
    drain,
    edit,
    execute,
    go,
    let_settle,
    our_writes,
    output,
    owner_of,
    owners_we_set,
    reconnect,
    rows,
    tasks,
)

BOTH = pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
WRITES = {"salesforce": "/services/data/*/composite", "hubspot": "/crm/*/contacts/batch/update"}
READS = {"salesforce": "/services/data/*/query*", "hubspot": "/crm/*/contacts/batch/read"}
TASK_WRITES = {"salesforce": "/services/data/*/composite/sobjects", "hubspot": "/crm/*/tasks/batch/create"}
VISITS = {"salesforce": "Web_Visits__c", "hubspot": "hs_analytics_num_visits"}
TITLE = {"salesforce": "Title", "hubspot": "jobtitle"}


def until(holds: Callable[[], bool]) -> None:
    """What another thread of the sandbox does, waited for by its state."""
    deadline = time.monotonic() + 20.0
    while not holds():
        assert time.monotonic() < deadline, "it never came about"


def decided(portals: Portals, services: Services, crm: str) -> str:
    """A live lead, decided and not yet written."""
    go(services)
    lead = add_lead(portals, crm, "nora@acme.example", **ASKED[crm])
    arrive(portals)
    assert drain(services, crm).decided == 1
    return lead


def all_is_well(portals: Portals, services: Services, crm: str, lead: str) -> None:
    """One owner, one task, one packet, one receipt that names the owner; nothing left to do."""
    [owner] = owners_we_set(portals, crm, lead)
    assert owner_of(portals, crm, lead) == owner
    assert len(tasks(portals, crm)) == 1
    assert rows(services, "SELECT written_owner FROM record") == [(owner,)]
    [receipt] = documents(services, "receipt")
    assert receipt["owner"]["after"] == owner
    assert len(receipt["task_ids"]) == 1
    assert len(documents(services, "packet")) == 1
    assert count(services, "outbox") == count(services, "dead_letter") == 0


@BOTH
def test_an_answer_that_was_lost_after_the_write(portals: Portals, services: Services, crm: str) -> None:
    lead = decided(portals, services, crm)
    portals.sandbox.add_fault("drop", crm=crm, route=WRITES[crm], count=1)
    assert deliver(services, crm) == 0
    assert len(our_writes(portals, crm, lead)) == 1
    assert breaker_open(services.engine, NAMES[crm])
    assert tasks(portals, crm) == []
    assert deliver(services, crm) == 0, "an unanswered write is left alone for its settling time"
    let_settle(services)
    assert deliver(services, crm) == 1
    assert len(our_writes(portals, crm, lead)) == 1
    all_is_well(portals, services, crm, lead)


@BOTH
def test_a_write_that_is_applied_after_we_gave_up_waiting(portals: Portals, services: Services, crm: str) -> None:
    lead = decided(portals, services, crm)
    reconnect(services, crm, total_seconds=0.4)
    portals.sandbox.add_fault("late", crm=crm, route=WRITES[crm], count=1, seconds=0.8)
    assert deliver(services, crm) == 0
    assert our_writes(portals, crm, lead) == []
    reconnect(services, crm, total_seconds=10.0)
    until(lambda: len(our_writes(portals, crm, lead)) == 1)
    let_settle(services)
    assert deliver(services, crm) == 1
    assert len(our_writes(portals, crm, lead)) == 1
    all_is_well(portals, services, crm, lead)


@BOTH
def test_a_write_that_was_never_made_nor_answered(portals: Portals, services: Services, crm: str) -> None:
    lead = decided(portals, services, crm)
    reconnect(services, crm, total_seconds=0.4)
    portals.sandbox.add_fault("hang", crm=crm, route=WRITES[crm], count=1)
    assert deliver(services, crm) == 0
    reconnect(services, crm, total_seconds=10.0)
    let_settle(services)
    assert deliver(services, crm) == 1
    all_is_well(portals, services, crm, lead)


@BOTH
@pytest.mark.parametrize("fault", [{"kind": "drop"}, {"kind": "status", "status": 500}, {"kind": "status", "status": 429}])
def test_a_task_that_may_have_been_made(portals: Portals, services: Services, crm: str, fault: dict[str, Any]) -> None:
    """Made and unanswered, failed, or turned away: found by our key before it is made again."""
    lead = decided(portals, services, crm)
    portals.sandbox.add_fault(crm=crm, route=TASK_WRITES[crm], count=1, **fault)
    assert deliver(services, crm) == 0
    assert count(services, "outbox") == 1
    let_settle(services)
    assert deliver(services, crm) == 1
    all_is_well(portals, services, crm, lead)


def test_what_was_sent_to_a_record_that_was_merged_away(portals: Portals, services: Services, work: Work) -> None:
    """HubSpot takes an old id for the record in its place, so a call that is carried out late strikes what was decided there."""
    crm = "hubspot"
    loser = decided(portals, services, crm)
    [(unsent,)] = rows(services, "SELECT outputs FROM outbox")
    reconnect(services, crm, total_seconds=0.4)
    portals.sandbox.add_fault("hang", crm=crm, route=WRITES[crm], count=1)
    assert deliver(services, crm) == 0
    reconnect(services, crm, total_seconds=10.0)
    portals.sandbox.clear_faults()

    winner = add_lead(portals, crm, "olga@acme.example", firstname="Olga", jobtitle="Intern")
    final = portals.sandbox.merge(crm, TABLES[crm], winner, loser)
    work()
    [(wanted,)] = rows(services, "SELECT desired FROM record WHERE record_id = :id", id=final)
    assert wanted["key"] != unsent["key"]
    late = Change(RecordRef(NAMES[crm], "contact", loser), unsent)
    services.adapter(crm_of(services, crm)).write([late])
    assert output(portals, crm, final, "key") == unsent["key"]

    let_settle(services)
    work()
    assert {name: output(portals, crm, final, name) for name in ("key", "route")} == {n: wanted[n] for n in ("key", "route")}
    assert count(services, "outbox") == 0


def test_a_key_that_came_by_a_merge_is_replaced_whatever_was_sent_meanwhile(
    portals: Portals, services: Services, work: Work
) -> None:
    """One of two merged records was written, of the other one's write no answer came: the new record's own key goes over both."""
    crm = "hubspot"
    go(services)
    winner = add_lead(portals, crm, "olga@acme.example", firstname="Olga", jobtitle="Intern")
    work()
    loser = decided(portals, services, crm)
    portals.sandbox.add_fault("drop", crm=crm, route=WRITES[crm], count=1)
    assert deliver(services, crm) == 0
    final = portals.sandbox.merge(crm, TABLES[crm], loser, winner)
    portals.sandbox.update(crm, TABLES[crm], final, {"leadline_key": output(portals, crm, winner, "key")})
    arrive(portals)
    drain(services, crm)
    let_settle(services)
    execute(services, "UPDATE outbox SET not_before = not_before + interval '1 hour' WHERE record_id = :id", id=final)
    assert deliver(services, crm) == 0  # only the row that had no answer: it goes on with the new record's
    let_settle(services)
    work()
    [(wanted,)] = rows(services, "SELECT desired FROM record WHERE record_id = :id", id=final)
    assert output(portals, crm, final, "key") == wanted["key"]
    assert count(services, "outbox") == count(services, "dead_letter") == 0


def test_what_was_written_over_a_merged_record_before_anything_was_decided_there(
    portals: Portals, services: Services, work: Work
) -> None:
    """HubSpot writes it to the record in the old one's place: the row stays until that one was decided, and is compared then."""
    crm = "hubspot"
    loser = decided(portals, services, crm)
    winner = add_lead(portals, crm, "olga@acme.example", firstname="Olga", jobtitle="Intern")
    final = portals.sandbox.merge(crm, TABLES[crm], winner, loser)
    assert deliver(services, crm) == 0
    assert output(portals, crm, final, "route") == "closers"
    assert rows(services, "SELECT record_id FROM outbox") == [(loser,)]

    work()
    let_settle(services)
    work()
    [(wanted,)] = rows(services, "SELECT desired FROM record WHERE record_id = :id", id=final)
    assert {name: output(portals, crm, final, name) for name in ("key", "route")} == {n: wanted[n] for n in ("key", "route")}
    assert wanted["route"] != "closers"
    assert count(services, "outbox") == count(services, "dead_letter") == 0


@BOTH
def test_a_lost_answer_is_not_forgotten_when_the_read_back_fails(portals: Portals, services: Services, crm: str) -> None:
    lead = decided(portals, services, crm)
    portals.sandbox.add_fault("drop", crm=crm, route=WRITES[crm], count=1)
    deliver(services, crm)
    portals.sandbox.add_fault("status", crm=crm, route=READS[crm], count=3, status=503)
    let_settle(services)
    assert deliver(services, crm) == 0
    portals.sandbox.clear_faults()
    let_settle(services)
    assert deliver(services, crm) == 1
    all_is_well(portals, services, crm, lead)


@BOTH
def test_a_newer_decision_while_an_answer_is_missing(portals: Portals, services: Services, work: Work, crm: str) -> None:
    """The owner of the call that may have been carried out is ours, and the last state of the lead is what stands."""
    lead = decided(portals, services, crm)
    portals.sandbox.add_fault("drop", crm=crm, route=WRITES[crm], count=1)
    deliver(services, crm)
    edit(portals, crm, lead, **{VISITS[crm]: 40})
    work()
    assert len(documents(services, "packet")) == 2
    let_settle(services)
    work()
    second = documents(services, "packet")[1]["decision"]
    assert output(portals, crm, lead, "route") == second["route"]
    assert str(output(portals, crm, lead, "engagement_score")).removesuffix(".0") == str(second["scores"]["engagement"]["value"])
    assert second["owner"]["why"] != "person_set"
    assert len(set(owners_we_set(portals, crm, lead))) == 1
    assert len(tasks(portals, crm)) == 1
    assert count(services, "outbox") == 0


@BOTH
def test_a_newer_decision_while_the_call_is_under_way(
    portals: Portals, services: Services, work: Work, crm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row is replaced between our commit and the CRM's answer: the answer settles the old version only."""
    lead = decided(portals, services, crm)
    connection = services.crm(NAMES[crm])
    assert connection
    adapter = services.adapter(connection)
    write = adapter.write

    def overtaken(changes: Any) -> Any:
        monkeypatch.setattr(adapter, "write", write)
        edit(portals, crm, lead, **{TITLE[crm]: "Intern"})
        arrive(portals)
        assert drain(services, crm).decided == 1
        return write(changes)

    monkeypatch.setattr(adapter, "write", overtaken)
    deliver(services, crm)
    work()
    let_settle(services)
    work()
    first, second = (packet["decision"] for packet in documents(services, "packet"))
    assert first["scores"]["grade"] != second["scores"]["grade"]
    assert output(portals, crm, lead, "grade") == second["scores"]["grade"]
    assert second["owner"]["why"] != "person_set"
    assert output(portals, crm, lead, "route") == second["route"]
    assert count(services, "outbox") == 0


def test_a_hung_crm_stops_only_its_own_writes(portals: Portals, services: Services) -> None:
    go(services)
    leads = {crm: add_lead(portals, crm, f"{crm}@acme.example") for crm in TABLES}
    arrive(portals)
    for crm in TABLES:
        drain(services, crm)
    reconnect(services, "salesforce", total_seconds=0.4)
    portals.sandbox.add_fault("hang", crm="salesforce", route=WRITES["salesforce"])
    assert deliver(services, "salesforce") == 0
    assert breaker_open(services.engine, NAMES["salesforce"])
    assert deliver(services, "hubspot") == 1
    assert not breaker_open(services.engine, NAMES["hubspot"])
    assert output(portals, "hubspot", leads["hubspot"], "route") is not None
