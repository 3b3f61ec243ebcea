"""The whole way, with unruly webhooks: every lead decided once for each of its states, and never because of what we wrote."""

import json

import pytest

from adapters.sandbox.client import SandboxClient
from connector import jobs
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
    documents,
    drain,
    edit,
    execute,
    go,
    let_settle,
    our_writes,
    output,
    rows,
    shown,
    tasks,
)

BOTH = pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
READS = {"salesforce": "/services/data/*/query*", "hubspot": "/crm/*/contacts/batch/read"}


def unruly(sandbox: SandboxClient) -> None:
    """Webhooks come twice, regrouped, and in any order."""
    sandbox.chaos(repeat=0.7, regroup=True, reorder_seconds=0.1)


def packets(services: Services) -> int:
    return len(documents(services, "packet"))


def test_our_own_writes_never_cause_a_decision(portals: Portals, services: Services, work: Work) -> None:
    """Scores, owners and tasks come back as events, twice; twenty persons are twenty decisions."""
    go(services)
    unruly(portals.sandbox)
    leads = [(crm, add_lead(portals, crm, f"nora{n}@{crm}.example", **ASKED[crm])) for crm in NAMES for n in range(10)]
    work()
    assert packets(services) == 20
    written = [len(our_writes(portals, *lead)) for lead in leads]
    assert written == [1] * 20
    work()
    assert packets(services) == 20
    assert sum(len(tasks(portals, crm)) for crm in NAMES) == 20
    assert count(services, "due") == count(services, "outbox") == count(services, "dead_letter") == 0


@BOTH
def test_a_change_that_is_no_input_is_no_news(portals: Portals, services: Services, work: Work, crm: str) -> None:
    """A person edits one of our own fields, or one that is not mapped."""
    lead = add_lead(portals, crm, "nora@acme.example")
    work()
    outputs = portals.mappings[crm].outputs
    edit(portals, crm, lead, **{outputs["seller_response"]: "Accepted"})
    edit(portals, crm, lead, **{"salesforce": {"DoNotCall": True}, "hubspot": {"fax": "1"}}[crm])
    work()
    assert packets(services) == 1
    assert len(our_writes(portals, crm, lead)) == 1
    assert shown(portals, crm, lead)[outputs["seller_response"]] == "Accepted"


@BOTH
def test_many_changes_before_we_look_are_one_decision_about_the_last(
    portals: Portals, services: Services, work: Work, crm: str
) -> None:
    unruly(portals.sandbox)
    lead = add_lead(portals, crm, "nora@acme.example")
    title = {"salesforce": "Title", "hubspot": "jobtitle"}[crm]
    for text in ("Intern", "Head of Sales", "CEO"):
        edit(portals, crm, lead, **{title: text})
    work()
    assert packets(services) == 1
    edit(portals, crm, lead, **{title: "Intern"})
    edit(portals, crm, lead, **{title: "CEO"})
    work()
    assert packets(services) == 1, "it is as it was when it was decided about"


@BOTH
def test_a_crm_that_does_not_answer_loses_nothing(portals: Portals, services: Services, work: Work, crm: str) -> None:
    lead = add_lead(portals, crm, "nora@acme.example")
    arrive(portals)
    portals.sandbox.add_fault("status", crm=crm, route=READS[crm], status=503)
    for _ in range(8):
        let_settle(services)
        assert drain(services, crm).decided == 0
    assert rows(services, "SELECT attempts FROM due") == [(0,)], "the attempts are nobody's fault"
    assert breaker_open(services.engine, NAMES[crm])
    portals.sandbox.clear_faults()
    let_settle(services)
    work()
    assert output(portals, crm, lead, "route") is not None
    assert not breaker_open(services.engine, NAMES[crm])


def test_an_open_breaker_keeps_the_jobs_away(portals: Portals, services: Services) -> None:
    jobs.start(services)
    add_lead(portals, "hubspot", "nora@acme.example")
    arrive(portals)
    execute(services, "INSERT INTO breaker VALUES (:name, 1, clock_timestamp() + interval '1 hour')", name=NAMES["hubspot"])
    assert jobs.drain(NAMES["hubspot"]) == jobs.deliver(NAMES["hubspot"]) == "the CRM is left alone for a while"
    execute(services, "UPDATE breaker SET open_until = clock_timestamp()")
    assert jobs.drain(NAMES["hubspot"]).startswith("opened 1, decided 1")
    assert jobs.deliver(NAMES["hubspot"]) == "finished 1"
    assert jobs.drain("nobody") == "no such connection"


@BOTH
def test_odd_letters_come_through(portals: Portals, services: Services, work: Work, crm: str) -> None:
    """What neither PostgreSQL nor canonical JSON can hold is left out; the rest of the name stands."""
    names = {"salesforce": ("LastName", "Company"), "hubspot": ("lastname", "company")}[crm]
    odd = dict(zip(names, ("Bj\u00f6rk\u00ad\u202e \u0151 \U0001f600", "\u4f1a\u793e \u2028 \u0000 \u0627"), strict=True))
    lead = add_lead(portals, crm, "nora@acme.example", **odd)
    work()
    assert count(services, "dead_letter") == 0
    reason = str(output(portals, crm, lead, "route_reason"))
    assert 0 < len(reason) <= 255
    assert reason.isprintable()


def test_nothing_personal_stands_in_the_queue_or_in_clear(portals: Portals, services: Services, work: Work) -> None:
    """The queue carries names of connections; what a chain holds of a person is sealed."""
    go(services)
    for crm in TABLES:
        add_lead(portals, crm, f"nora.{crm}@acme.example", **ASKED[crm])
    work()
    queued = json.dumps([[job.func_name, *job.args] for job in services.bell.queue.jobs])
    chained = "".join(bytes(row[0]).decode() for row in rows(services, "SELECT body FROM document"))
    for personal in ("nora", "Nora", "Berg", "Acme", "VP Sales", "Germany"):
        assert personal not in queued
        assert personal not in chained
