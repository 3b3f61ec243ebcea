"""Sforce-Auto-Assign: absent means TRUE, on create and on update."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.sandbox.salesforce_sandbox import Sandbox, running

SCORE = "Leadline_Fit_Score__c"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with running(tmp_path) as sandbox:
        yield sandbox


@pytest.fixture
def tier_1(sandbox: Sandbox) -> str:
    """The queue that the org's active rule gives every lead of score 80 and more."""
    queue = sandbox.queue("Tier 1")
    entry = {"field": SCORE, "op": "greaterOrEqual", "value": 80, "owner": queue}
    sandbox.side.configure({"assignment_rules": [{"name": "Scored", "entries": [entry]}]})
    return queue


def test_an_update_without_the_header_moves_the_owner(sandbox: Sandbox, tier_1: str) -> None:
    lead = sandbox.lead(OwnerId=sandbox.user("Ada"))
    assert sandbox.call("PATCH", f"sobjects/Lead/{lead}", json={SCORE: 85}).status_code == 204
    assert sandbox.stored(lead)["OwnerId"] == tier_1


@pytest.mark.parametrize("value", ["FALSE", "false"])
def test_false_leaves_the_owner_alone(sandbox: Sandbox, tier_1: str, value: str) -> None:
    ada = sandbox.user("Ada")
    lead = sandbox.lead(OwnerId=ada)
    sandbox.call("PATCH", f"sobjects/Lead/{lead}", json={SCORE: 85}, headers={"Sforce-Auto-Assign": value})
    assert (sandbox.stored(lead)["OwnerId"], sandbox.stored(lead)[SCORE]) == (ada, 85.0)


def test_a_write_of_anything_else_moves_the_owner_too(sandbox: Sandbox, tier_1: str) -> None:
    lead = sandbox.lead(OwnerId=sandbox.user("Ada"), **{SCORE: 90})
    sandbox.call("PATCH", f"sobjects/Lead/{lead}", json={"Title": "CTO"})
    assert sandbox.stored(lead)["OwnerId"] == tier_1


def test_where_no_entry_fits_the_owner_stays(sandbox: Sandbox, tier_1: str) -> None:
    ada = sandbox.user("Ada")
    lead = sandbox.lead(OwnerId=ada)
    sandbox.call("PATCH", f"sobjects/Lead/{lead}", json={SCORE: 79})
    assert sandbox.stored(lead)["OwnerId"] == ada


def test_the_rule_beats_an_owner_in_the_same_write(sandbox: Sandbox, tier_1: str) -> None:
    lead = sandbox.lead()
    sandbox.call("PATCH", f"sobjects/Lead/{lead}", json={SCORE: 85, "OwnerId": sandbox.user("Ada")})
    assert sandbox.stored(lead)["OwnerId"] == tier_1


@pytest.mark.parametrize(("header", "assigned"), [({}, True), ({"Sforce-Auto-Assign": "FALSE"}, False)])
def test_creating(sandbox: Sandbox, tier_1: str, header: dict[str, str], assigned: bool) -> None:
    body = {"LastName": "Byron", "Company": "Acme", SCORE: 85}
    lead = sandbox.call("POST", "sobjects/Lead", json=body, headers=header).json()["id"]
    assert (sandbox.stored(lead)["OwnerId"] == tier_1) is assigned


def test_collections_obey_the_header(sandbox: Sandbox, tier_1: str) -> None:
    ada = sandbox.user("Ada")
    left, moved = sandbox.lead(OwnerId=ada), sandbox.lead(OwnerId=ada)
    for lead, headers in ((left, {"Sforce-Auto-Assign": "FALSE"}), (moved, {})):
        body = {"records": [{"attributes": {"type": "Lead"}, "id": lead, SCORE: 85}]}
        assert sandbox.call("PATCH", "composite/sobjects", json=body, headers=headers).json()[0]["success"]
    assert (sandbox.stored(left)["OwnerId"], sandbox.stored(moved)["OwnerId"]) == (ada, tier_1)


def test_a_composite_part_needs_the_header_itself(sandbox: Sandbox, tier_1: str) -> None:
    ada = sandbox.user("Ada")
    own, outer_only = sandbox.lead(OwnerId=ada), sandbox.lead(OwnerId=ada)

    def part(lead: str, **more: Any) -> dict[str, Any]:
        url = f"/services/data/v67.0/sobjects/Lead/{lead}"
        return {"method": "PATCH", "url": url, "referenceId": f"r{lead}", "body": {SCORE: 85}, **more}

    parts = [part(own, httpHeaders={"Sforce-Auto-Assign": "FALSE"}), part(outer_only)]
    sandbox.call("POST", "composite", json={"compositeRequest": parts}, headers={"Sforce-Auto-Assign": "FALSE"})
    assert (sandbox.stored(own)["OwnerId"], sandbox.stored(outer_only)["OwnerId"]) == (ada, tier_1)


def test_a_rule_that_is_not_active_runs_when_named(sandbox: Sandbox) -> None:
    queue = sandbox.queue("Tier 1")
    entry = {"field": "Country", "op": "equals", "value": "france", "owner": queue}
    sandbox.side.configure({"assignment_rules": [{"name": "Ours", "active": False, "entries": [entry]}]})
    (rule,) = sandbox.query("SELECT Id, Name, Active, SobjectType FROM AssignmentRule")
    assert (rule["Name"], rule["Active"], rule["SobjectType"]) == ("Ours", False, "Lead")
    lead = sandbox.lead(Country="France")
    sandbox.call("PATCH", f"sobjects/Lead/{lead}", json={"Title": "CTO"})
    assert sandbox.stored(lead)["OwnerId"] != queue
    sandbox.call("PATCH", f"sobjects/Lead/{lead}", json={"Title": "CEO"}, headers={"Sforce-Auto-Assign": rule["Id"]})
    assert sandbox.stored(lead)["OwnerId"] == queue


def test_entries_are_tried_in_order(sandbox: Sandbox) -> None:
    first, second = sandbox.queue("First"), sandbox.queue("Second")
    entries = [
        {"field": "Company", "op": "startsWith", "value": "Ac", "owner": first},
        {"field": "Company", "op": "contains", "value": "me", "owner": second},
    ]
    sandbox.side.configure({"assignment_rules": [{"entries": entries}]})
    for company, owner in (("Acme", first), ("Home", second)):
        lead = sandbox.lead(Company=company)
        sandbox.call("PATCH", f"sobjects/Lead/{lead}", json={"Title": "CTO"})
        assert sandbox.stored(lead)["OwnerId"] == owner


def test_only_one_rule_can_be_active(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="Only one assignment rule"):
        sandbox.side.configure({"assignment_rules": [{"name": "A", "entries": []}, {"name": "B", "entries": []}]})


def test_an_owner_change_is_in_the_journal(sandbox: Sandbox, tier_1: str) -> None:
    ada = sandbox.user("Ada")
    lead = sandbox.lead(OwnerId=ada)
    sandbox.call("PATCH", f"sobjects/Lead/{lead}", json={SCORE: 85})
    last = sandbox.world.store.journal()[-1]
    assert (last["id"], last["source"], last["changed"]["OwnerId"]) == (lead, "API", [ada, tier_1])


@pytest.mark.parametrize(
    "entry",
    [
        {"field": "Nothing__c", "op": "equals", "value": 1},
        {"field": SCORE, "op": "equals", "value": "many"},
        {"field": SCORE, "op": "resembles", "value": 1},
        {"field": SCORE, "op": "equals", "value": 1, "owner": "00G5e0000000zzz"},
    ],
)
def test_a_rule_that_makes_no_sense(sandbox: Sandbox, entry: dict[str, Any]) -> None:
    owner = sandbox.queue("Tier 1")
    with pytest.raises(ValueError, match=r"rule is wrong|settings are wrong"):
        sandbox.side.configure({"assignment_rules": [{"entries": [{"owner": owner, **entry}]}]})
