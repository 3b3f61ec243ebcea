"""Where the vendors' errors end in the pipeline: tried again, decided anew, left out and told, or set aside with the reason."""

from collections.abc import Callable
from typing import Any

import pytest

from connector.demo.portals import Portals
from connector.letters import retry_letter
from connector.store.letters import open_letters
from connector.wiring import Services
from connector.writeback import TRIES
from tests.connector.conftest import Work
from tests.connector.crm_leads import (
    ASKED,
    NAMES,
    TABLES,
    add_lead,
    arrive,
    count,
    deliver,
    documents,
    drain,
    go,
    let_settle,
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
Trouble = Callable[[Portals, str], dict[str, Any]]
"""Settings that bring it about for one lead."""


def decided(portals: Portals, services: Services, crm: str, **fields: Any) -> str:
    """A lead that is decided and not written yet."""
    lead = add_lead(portals, crm, "nora@acme.example", **ASKED[crm], **fields)
    arrive(portals)
    assert drain(services, crm).decided == 1
    return lead


def tries(services: Services, crm: str, times: int) -> None:
    for _ in range(times):
        let_settle(services)
        deliver(services, crm)


def letters(services: Services) -> list[str]:
    """Why writes and tasks were set aside."""
    return [letter.reason for letter in open_letters(services.engine) if letter.what in {"write", "task"}]


# what is worth some tries, and no more


_LASTING: list[tuple[str, dict[str, Any], Trouble]] = [
    ("UNABLE_TO_LOCK_ROW", {"held_rows": []}, lambda _, lead: {"held_rows": [lead]}),
    ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", {"broken_triggers": []}, lambda *_: {"broken_triggers": ["Lead"]}),
]


@pytest.mark.parametrize(("code", "over", "trouble"), _LASTING, ids=[case[0] for case in _LASTING])
def test_it_is_tried_until_it_is_over(
    portals: Portals, services: Services, code: str, over: dict[str, Any], trouble: Trouble
) -> None:
    go(services)
    lead = decided(portals, services, "salesforce")
    portals.sandbox.settings("salesforce", **trouble(portals, lead))
    tries(services, "salesforce", TRIES - 1)
    assert (our_writes(portals, "salesforce", lead), letters(services), count(services, "outbox")) == ([], [], 1)
    portals.sandbox.settings("salesforce", **over)
    tries(services, "salesforce", 1)
    assert len(owners_we_set(portals, "salesforce", lead)) == len(tasks(portals, "salesforce")) == 1
    assert (letters(services), count(services, "outbox")) == ([], 0), code


@pytest.mark.parametrize(("code", "over", "trouble"), _LASTING, ids=[case[0] for case in _LASTING])
def test_it_is_set_aside_when_it_lasts_and_can_be_sent_on(
    portals: Portals, services: Services, work: Work, code: str, over: dict[str, Any], trouble: Trouble
) -> None:
    go(services)
    lead = decided(portals, services, "salesforce")
    portals.sandbox.settings("salesforce", **trouble(portals, lead))
    tries(services, "salesforce", TRIES)
    assert (our_writes(portals, "salesforce", lead), count(services, "outbox")) == ([], 0)
    [letter] = open_letters(services.engine)
    assert (letter.what, letter.reference) == ("write", f"lead/{lead}")
    assert letter.reason.startswith(f"{code}: ")
    assert f"Tried {TRIES} times." in letter.reason
    portals.sandbox.settings("salesforce", **over)
    retry_letter(services.engine, letter.id)
    work()
    assert len(owners_we_set(portals, "salesforce", lead)) == len(tasks(portals, "salesforce")) == 1
    assert open_letters(services.engine) == []


# what is nobody's fault is waited for, however long


def _limit(on: bool) -> dict[str, Any]:
    return {"daily_limit": 1 if on else 100_000}


_OF_THE_CRM: list[tuple[str, str, Callable[[bool], dict[str, Any]]]] = [
    ("REQUEST_LIMIT_EXCEEDED", "salesforce", _limit),
    ("API_DISABLED_FOR_ORG", "salesforce", lambda on: {"api_enabled": not on}),
    ("UNSUPPORTED_API_VERSION", "salesforce", lambda on: {"oldest_version": "v68.0" if on else "v31.0"}),
    ("DAILY", "hubspot", lambda on: {"daily": 1 if on else 1_000_000}),
]


@pytest.mark.parametrize(("code", "crm", "setting"), _OF_THE_CRM, ids=[case[0] for case in _OF_THE_CRM])
def test_the_whole_crm_is_waited_for(
    portals: Portals, services: Services, code: str, crm: str, setting: Callable[[bool], dict[str, Any]]
) -> None:
    """No try of any lead is counted, no letter is written, and afterwards everything goes, once."""
    go(services)
    lead = decided(portals, services, crm)
    portals.sandbox.settings(crm, **setting(True))  # type: ignore[arg-type]
    tries(services, crm, TRIES + 2)
    assert (our_writes(portals, crm, lead), letters(services)) == ([], []), code
    assert rows(services, "SELECT count(*) FROM outbox") == [(1,)]
    portals.sandbox.settings(crm, **setting(False))  # type: ignore[arg-type]
    tries(services, crm, 2)
    assert len(owners_we_set(portals, crm, lead)) == len(tasks(portals, crm)) == 1
    assert count(services, "outbox") == 0


def test_477_migration_is_waited_for_as_long_as_hubspot_says(portals: Portals, services: Services) -> None:
    go(services)
    lead = decided(portals, services, "hubspot")
    portals.sandbox.add_fault("status", crm="hubspot", status=477, after=7_200, route="*/batch/update", count=1)
    deliver(services, "hubspot")
    waits = rows(services, "SELECT extract(epoch FROM not_before - clock_timestamp()) > 7000, attempts FROM outbox")
    assert waits == [(True, 0)]
    tries(services, "hubspot", 1)
    assert len(owners_we_set(portals, "hubspot", lead)) == 1


def test_a_limit_that_one_record_meets_is_no_failure_of_the_record(portals: Portals, services: Services) -> None:
    go(services)
    lead = decided(portals, services, "salesforce")
    portals.sandbox.add_fault("item", crm="salesforce", code="REQUEST_LIMIT_EXCEEDED", count=TRIES + 1)
    tries(services, "salesforce", TRIES + 1)
    waits = rows(services, "SELECT extract(epoch FROM not_before - clock_timestamp()) > 800, attempts FROM outbox")
    assert (waits, letters(services)) == ([(True, 0)], [])
    tries(services, "salesforce", 1)
    assert len(owners_we_set(portals, "salesforce", lead)) == 1


# what a field refuses is left out


def test_duplicate_value_leaves_the_key_out_and_the_rest_is_written(portals: Portals, services: Services) -> None:
    """Somebody copied a record with its key: the answer names no field."""
    go(services)
    lead = decided(portals, services, "salesforce")
    [(key,)] = rows(services, "SELECT outputs ->> 'key' FROM outbox")
    portals.sandbox.create("salesforce", "Lead", [{"LastName": "Copy", "Company": "Acme", "Leadline_Key__c": key}])
    tries(services, "salesforce", 2)
    assert output(portals, "salesforce", lead, "route") is not None
    assert shown(portals, "salesforce", lead).get("Leadline_Key__c") is None
    [reason] = letters(services)
    assert reason.startswith("DUPLICATE_VALUE: Another record has this value")
    assert rows(services, "SELECT fields FROM dead_letter") == [(["key"],)]
    assert count(services, "outbox") == 0


# owners


@BOTH
def test_a_rep_who_left_since_the_decision_is_replaced(portals: Portals, services: Services, work: Work, crm: str) -> None:
    """Before the call: who can own is read anew, the lead is decided anew, and one rep is set and paged, once."""
    go(services)
    lead = decided(portals, services, crm)
    [(first,)] = rows(services, "SELECT owner_id FROM outbox")
    leaver = next(email for email, id_ in people(portals, crm).items() if id_ == first)
    portals.sandbox.add_people([{"email": leaver, "firstName": "Gone", "lastName": "Gone", "active": False}])
    work()
    [owner] = owners_we_set(portals, crm, lead)
    assert owner == owner_of(portals, crm, lead)
    assert owner not in {first, portals.intake[crm]}
    assert len(tasks(portals, crm)) == 1
    assert (letters(services), count(services, "outbox")) == ([], 0)
    assert len(documents(services, "packet")) == 2


def test_an_owner_who_may_not_own_is_told_and_the_scores_are_written(portals: Portals, services: Services, work: Work) -> None:
    """Active by the org's own word, and refused all the same: that is for an administrator."""
    go(services)
    lead = decided(portals, services, "salesforce")
    portals.sandbox.add_fault("item", crm="salesforce", code="INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", count=1)
    work()
    assert output(portals, "salesforce", lead, "route") is not None
    assert owner_of(portals, "salesforce", lead) == portals.intake["salesforce"]
    [reason] = letters(services)
    assert "widen its access" in reason
    assert (tasks(portals, "salesforce"), count(services, "outbox")) == ([], 0)


# records that went on


def test_a_lead_converted_since_the_decision_is_followed_to_its_contact(portals: Portals, services: Services, work: Work) -> None:
    lead = decided(portals, services, "salesforce")
    contact = portals.sandbox.command("salesforce", "convert", lead=lead)["contact"]
    work()
    record = portals.sandbox.read("salesforce", "Contact", [contact])[0]
    assert record
    assert record["properties"][portals.mappings["salesforce"].outputs["route"]] is not None
    assert (lead, "gone", contact) in rows(services, "SELECT record_id, state, now_id FROM record")
    assert (letters(services), count(services, "outbox"), count(services, "due")) == ([], 0, 0)


@BOTH
def test_many_fates_in_one_call(portals: Portals, services: Services, work: Work, crm: str) -> None:
    """Item by item: one is deleted, one merged, one stumbles over a lock or a failure, and the others are simply written."""
    leads = [add_lead(portals, crm, f"nora{n}@acme{n}.example") for n in range(5)]
    arrive(portals)
    drain(services, crm)
    portals.sandbox.delete(crm, TABLES[crm], leads[0])
    final = portals.sandbox.merge(crm, TABLES[crm], leads[1], leads[2])
    code = {"salesforce": "UNKNOWN_EXCEPTION", "hubspot": "RATE_LIMITS"}[crm]
    portals.sandbox.add_fault("item", crm=crm, code=code, count=1)
    for _ in range(3):
        work()
        let_settle(services)
    assert all(output(portals, crm, lead, "route") is not None for lead in (final, leads[3], leads[4]))
    assert (letters(services), count(services, "outbox"), count(services, "due")) == ([], 0, 0)
    assert NAMES[crm] in {document["connection"] for document in documents(services, "receipt")}
