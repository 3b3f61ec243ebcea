"""Tasks for owners: one for each person, owner and reason to call, and none for an owner that is not ours."""

from typing import Any

import pytest

from connector.demo.portals import Portals
from connector.wiring import Services
from tests.connector.conftest import Work
from tests.connector.crm_leads import (
    ASKED,
    OWNER,
    add_lead,
    count,
    documents,
    edit,
    go,
    let_settle,
    output,
    owner_of,
    rows,
    tasks,
)

BOTH = pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
TITLE = {"salesforce": "Title", "hubspot": "jobtitle"}
TASK_WRITES = {"salesforce": "/services/data/*/composite/sobjects", "hubspot": "/crm/*/tasks/batch/create"}
TASK_OWNER = {"salesforce": "OwnerId", "hubspot": "hubspot_owner_id"}
SUBJECT = {"salesforce": "Subject", "hubspot": "hs_task_subject"}


def field(task: Any, name: str) -> Any:
    """The value that a field was created with."""
    return task[name][1]


@BOTH
def test_a_task_belongs_to_the_leads_owner_and_says_why(portals: Portals, services: Services, work: Work, crm: str) -> None:
    go(services)
    lead = add_lead(portals, crm, "nora@acme.example", **ASKED[crm])
    work()
    [task] = tasks(portals, crm)
    assert field(task, TASK_OWNER[crm]) == owner_of(portals, crm, lead)
    subject = field(task, SUBJECT[crm])
    assert str(output(portals, crm, lead, "route_reason")).startswith(subject.removesuffix("…").rstrip())
    assert len(subject) <= 81
    [(key, vendor_id)] = rows(services, "SELECT key, vendor_id FROM effect")
    assert vendor_id is not None
    assert any(key in str(value[1]) for value in task.values())


@BOTH
def test_a_later_decision_for_the_same_owner_pages_nobody_again(
    portals: Portals, services: Services, work: Work, crm: str
) -> None:
    go(services)
    lead = add_lead(portals, crm, "nora@acme.example", **ASKED[crm])
    work()
    edit(portals, crm, lead, **{TITLE[crm]: "Head of Sales"})
    work()
    assert len(documents(services, "packet")) == 2
    assert len(tasks(portals, crm)) == 1


def test_asking_again_is_a_new_reason_to_call(portals: Portals, services: Services, work: Work) -> None:
    go(services)
    lead = add_lead(portals, "hubspot", "nora@acme.example", hand_raise="demo")
    work()
    edit(portals, "hubspot", lead, hand_raise="pricing")
    work()
    first, second = tasks(portals, "hubspot")
    assert field(first, "hubspot_owner_id") == field(second, "hubspot_owner_id") == owner_of(portals, "hubspot", lead)


def test_nobody_is_asked_to_act_on_what_nobody_has_to(portals: Portals, services: Services, work: Work) -> None:
    go(services)
    add_lead(portals, "salesforce", "nora@acme.example", Relationship__c="competitor")
    work()
    assert tasks(portals, "salesforce") == []
    assert count(services, "effect") == 0


@BOTH
def test_a_task_that_is_refused_does_not_hold_up_the_write(portals: Portals, services: Services, work: Work, crm: str) -> None:
    """It is set aside with the vendor's reason, and nobody's name in it."""
    go(services)
    portals.sandbox.add_fault("status", crm=crm, route=TASK_WRITES[crm], status=400)
    lead = add_lead(portals, crm, "nora@acme.example", **ASKED[crm])
    for _ in range(10):
        work()
        let_settle(services)
    assert output(portals, crm, lead, "route") == "closers"
    assert owner_of(portals, crm, lead) != portals.intake[crm]
    assert len(documents(services, "receipt")) == 1
    [(what, reason)] = rows(services, "SELECT what, reason FROM dead_letter")
    assert what == "task"
    assert "nora" not in reason.lower()
    assert count(services, "outbox") == 0


def test_an_owner_that_a_person_set_before_gets_the_task(portals: Portals, services: Services, work: Work) -> None:
    """The lead is theirs, and it wants a call."""
    go(services)
    owners = {str(one["email"]): str(one["id"]) for one in portals.sandbox.people("hubspot")}
    hana = owners["hana@leadline.example"]
    add_lead(portals, "hubspot", "nora@acme.example", **{OWNER["hubspot"]: hana}, **ASKED["hubspot"])
    work()
    assert [field(task, "hubspot_owner_id") for task in tasks(portals, "hubspot")] == [hana]
