"""The proposal of who counts as nobody: its evidence, taken over by one command, in effect in the pipeline, and taken back."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import CliRunner, Result

from config.settings import Settings
from connector.cli import leadline
from connector.demo.portals import HUBSPOT, INTAKE, SALESFORCE, Portals
from connector.store.dues import make_due
from connector.store.engine import transact
from connector.store.nobody import nobody_history
from connector.wiring import Services
from tests.connector.conftest import Work
from tests.connector.crm_leads import ASKED, NAMES, OBJECTS, OWNER, TABLES, add_lead, edit, go, owner_of, people

BOTH = pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
Run = Callable[..., Result]


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    environment = {
        "LEADLINE_HOME": str(settings.home),
        "LEADLINE_DATABASE_URL": settings.database_url or "",
        "LEADLINE_REDIS_URL": settings.redis_url or "",
        "LEADLINE_SECRET_KEYS": ",".join(settings.secret_keys),
        "LEADLINE_PUBLIC_URL": settings.public_url,
        "COLUMNS": "100",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return lambda *arguments: CliRunner().invoke(leadline, [str(one) for one in arguments])


def said(run: Run, *arguments: Any) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


@pytest.fixture
def past(portals: Portals, run: Run, crm: Any) -> Portals:
    """Fourteen leads that a form made under the intake user, most of them handed on; and nobody said so when it was connected."""
    portals.sandbox.remove_targets()
    portals.sandbox.settings("hubspot", search_lag_ms=0)
    said(run, "nobody", NAMES[crm], "--drop", INTAKE)
    by = {"source": "FORM" if crm == "hubspot" else "API", "id": portals.intake[crm]}
    rows = [
        {"hubspot": {"email": f"p{n}@old.example"}, "salesforce": {"LastName": f"P{n}", "Company": "Old"}}[crm] for n in range(14)
    ]
    ids = portals.sandbox.create(crm, TABLES[crm], [{**row, OWNER[crm]: portals.intake[crm]} for row in rows], by=by)
    for id_ in ids[:12]:
        edit(portals, crm, id_, **{OWNER[crm]: people(portals, crm)["ada@leadline.example"]})
    return portals


def heard(services: Services, work: Work, crm: str, *ids: str) -> None:
    now = datetime.now(UTC)
    services.refresh()
    transact(services.engine, lambda session: make_due(session, NAMES[crm], [(OBJECTS[crm], id_, now) for id_ in ids]))
    work()


@BOTH
def test_a_proposal_is_taken_over_acts_and_is_taken_back(
    past: Portals, services: Services, work: Work, run: Run, crm: Any
) -> None:
    name, intake = NAMES[crm], past.intake[crm]
    go(services)
    early = add_lead(past, crm, "early@acme.example", **ASKED[crm])
    heard(services, work, crm, early)
    assert owner_of(past, crm, early) == intake, "not on the list, so it looks like a person's choice"

    (found,) = json.loads(said(run, "nobody", name, "--json"))["proposed"]
    assert found["owner_id"] == intake
    assert (found["leads"], found["of"], found["passed_on"]) == (15, 15, 12)
    assert found["since"] == f"{datetime.now(UTC):%Y-%m-%d}"
    makers = dict(found["made_by"])
    assert makers["form" if crm == "hubspot" else "Web-Intake Leadline"] == 14
    told = " ".join(said(run, "nobody", name, "--take").split())
    assert "15 of 15 leads in 90 days" in told
    assert "12 of them are somebody else's now" in told
    assert json.loads(said(run, "nobody", name, "--json"))["proposed"] == []

    users = people(past, crm)
    late = add_lead(past, crm, "late@acme.example", **ASKED[crm])
    persons = add_lead(past, crm, "persons@acme.example", **{**ASKED[crm], OWNER[crm]: users["hana@leadline.example"]})
    heard(services, work, crm, late, persons)
    assert owner_of(past, crm, late) in set(users.values()) - {intake}, "replaced"
    assert owner_of(past, crm, persons) == users["hana@leadline.example"], "a person's choice stays"

    newest, *_ = nobody_history(services.engine, name)
    assert intake in newest.owners
    assert newest.evidence[0]["leads"] == 15
    said(run, "nobody", name, "--undo")
    again = add_lead(past, crm, "again@acme.example", **ASKED[crm])
    heard(services, work, crm, again)
    assert owner_of(past, crm, again) == intake
    assert "take" in said(run, "nobody", name, "--history")


def test_undone_to_the_first_list_and_no_further(portals: Portals, run: Run) -> None:
    said(run, "nobody", SALESFORCE, "Leadline Nurture")
    said(run, "nobody", SALESFORCE, "--undo")
    first = {one["owner_id"] for one in json.loads(said(run, "nobody", SALESFORCE, "--json"))["nobody"]}
    assert portals.intake["salesforce"] in first
    assert "Leadline Nurture" not in said(run, "nobody", SALESFORCE, "--json")
    back = run("nobody", SALESFORCE, "--undo")
    assert back.exit_code == 1
    assert "there is nothing before it" in str(back.exception)


def test_what_cannot_be_is_one_sentence(portals: Portals, run: Run) -> None:
    both = run("nobody", HUBSPOT, INTAKE, "--take")
    assert (both.exit_code, "Do one thing" in both.output) == (2, True)
    rep = run("nobody", HUBSPOT, "ada@leadline.example")
    assert rep.exit_code == 1
    assert "would lose the leads" in str(rep.exception)
    assert len(json.loads(said(run, "nobody", HUBSPOT, "--json"))["nobody"]) == 1
