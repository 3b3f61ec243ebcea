"""What a person set in the CRM, and when: a value or an owner of theirs is not overwritten."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.records import RecordRef
from adapters.sandbox.sandbox import RunningSandbox, start, wall_clock
from connector.demo.portals import Portals
from connector.packet import receipt_identity
from connector.wiring import Services
from tests.connector.conftest import Work
from tests.connector.crm_leads import (
    ASKED,
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
    opened,
    our_writes,
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
