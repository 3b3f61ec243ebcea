"""Whom Leadline may replace as an owner, and leaving shadow: what is said, and what comes next."""

import json

import pytest

from adapters.sandbox.client import SandboxClient
from connector.store.engine import transact
from connector.store.turns import set_pools
from connector.wiring import Services
from tests.connector.connecting.conftest import ADA, GONE, HANA, Connect, Run


@pytest.fixture
def acme(by_jwt: Connect) -> str:
    assert by_jwt().exit_code == 0
    return "acme"


def nobodies(services: Services) -> set[str]:
    services.refresh()
    crm = services.crm("acme")
    assert crm
    return set(crm.options["nobody"])


def test_owners_are_put_on_the_list_and_taken_off(acme: str, run: Run, services: Services) -> None:
    before = nobodies(services)
    queue = services.seats(acme).queues["Partners"].id
    added = run("nobody", acme, "partners")
    assert added.exit_code == 0
    assert "Partners" in added.stdout
    assert nobodies(services) == before | {queue}
    assert run("nobody", acme, "--drop", queue).exit_code == 0
    assert nobodies(services) == before


def test_a_list_that_was_never_asked_for_is_proposed_with_its_command(
    acme: str, run: Run, services: Services, crms: SandboxClient
) -> None:
    queue = services.seats(acme).queues["Partners"].id
    crms.create("salesforce", "Lead", [{"LastName": f"L{n}", "Company": "Acme", "OwnerId": queue} for n in range(12)])
    shown = run("nobody", acme)
    assert "12 leads in 90 days, a queue" in shown.stdout
    assert f"leadline nobody acme {queue}" in shown.stdout
    found = json.loads(run("nobody", acme, "--json").stdout)
    assert [(one["owner_id"], one["leads"]) for one in found["proposed"]] == [(queue, 12)]
    run("nobody", acme, queue)
    assert json.loads(run("nobody", acme, "--json").stdout)["proposed"] == []


def test_who_has_turns_or_is_not_there_is_refused(acme: str, run: Run, services: Services) -> None:
    before = nobodies(services)
    for owner, sentence in [(HANA, "is in pool reviewers"), ("Nobody's", "is no owner there"), ("", "is no owner there")]:
        refused = run("nobody", acme, owner)
        assert refused.exit_code == 1
        assert sentence in str(refused.exception)
    assert nobodies(services) == before
    assert run("nobody", acme, GONE).exit_code == 0, "who left may be named, though they count as nobody anyway"


def test_leaving_shadow_says_what_is_missing(acme: str, run: Run, services: Services) -> None:
    said = run("golive", acme, "--source", "Wbe").stdout
    assert "leads from Wbe get scores, an owner and a task from now on (mode full). Other sources: shadow." in said
    for warning in ("Nobody is in closers, sdrs", "No lead of a source 'Wbe' has come yet", "It replaces no owner but"):
        assert warning in said
    assert "leadline golive acme --source Wbe --mode shadow" in said
    transact(services.engine, lambda session: set_pools(session, {"closers": {ADA: 1}, "sdrs": {ADA: 1}}))
    assert "Nobody is in" not in run("golive", acme, "--source", "Wbe").stdout


def test_going_back_warns_of_nothing(acme: str, run: Run) -> None:
    said = run("golive", acme, "--source", "Partner Referral", "--mode", "shadow").stdout
    assert (
        said
        == "acme: leads from Partner Referral get scores and nothing else from now on (mode shadow). Other sources: shadow.\n"
    )
