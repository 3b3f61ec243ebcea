"""`sweep`, `backfill` and `lists`, as an admin calls them."""

import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from config.settings import Settings
from connector.backfilling import BackfillError
from connector.cli import leadline
from connector.demo.portals import HUBSPOT, SALESFORCE, Portals
from connector.store.singleton import only_one
from connector.wiring import Services
from tests.connector.conftest import Work
from tests.connector.crm_leads import add_lead, count, go, our_writes

Run = Callable[..., Result]


@pytest.fixture
def run(settings: Settings, portals: Portals, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `leadline …` beside two CRMs whose webhooks do not reach us."""
    portals.sandbox.remove_targets()
    portals.sandbox.settings("hubspot", search_lag_ms=0)
    values = {
        "LEADLINE_HOME": str(settings.home),
        "LEADLINE_DATABASE_URL": settings.database_url or "",
        "LEADLINE_REDIS_URL": settings.redis_url or "",
        "LEADLINE_SECRET_KEYS": ",".join(settings.secret_keys),
        "COLUMNS": "100",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return lambda *arguments, **more: CliRunner().invoke(leadline, list(arguments), **more)


@pytest.mark.parametrize(("crm", "name"), [("salesforce", SALESFORCE), ("hubspot", HUBSPOT)])
def test_a_sweep_says_what_it_found_and_how_far_it_got(run: Run, portals: Portals, crm: str, name: str) -> None:
    assert "not through once yet" in run("sweep", name).output
    add_lead(portals, crm, "nora@acme.example")
    swept = run("sweep", name, "--now", "--json")
    told = json.loads(swept.output)
    assert (swept.exit_code, told["run"]["fresh"], told["run"]["through"], told["problem"]) == (0, 1, True, None)
    assert told["run"]["calls"] > 0
    assert "last through" in run("sweep", name).output


def test_a_sweep_that_stops_says_why_and_exits_1(run: Run, portals: Portals) -> None:
    portals.sandbox.add_fault("status", crm="salesforce", status=503)
    stopped = run("sweep", SALESFORCE, "--now")
    assert stopped.exit_code == 1
    assert "Traceback" not in stopped.output
    portals.sandbox.clear_faults()
    assert run("sweep", SALESFORCE, "--now").exit_code == 0


@pytest.mark.parametrize("command", ["sweep", "backfill"])
def test_one_at_a_time(run: Run, services: Services, command: str) -> None:
    with only_one(services.engine, f"{command}:{SALESFORCE}") as mine:
        assert mine
        refused = run(command, SALESFORCE, *(["--now"] if command == "sweep" else []))
    said = str(refused.exception) if isinstance(refused.exception, BackfillError) else refused.output
    assert refused.exit_code == 1
    assert SALESFORCE in said


@pytest.mark.parametrize(("crm", "name"), [("salesforce", SALESFORCE), ("hubspot", HUBSPOT)])
def test_a_backfill_reads_and_writes_nothing(run: Run, portals: Portals, services: Services, crm: str, name: str) -> None:
    go(services)
    lead = add_lead(portals, crm, "nora@acme.example")
    read = run("backfill", name, "--json")
    told = json.loads(read.output)
    assert (read.exit_code, told["read"], told["total"], told["scores_queued"]) == (0, 1, 1, 0)
    assert told["indexed"] + told["arrived"] == 1
    assert our_writes(portals, crm, lead) == []
    assert count(services, "outbox") == 0


def test_scores_are_written_only_after_a_yes(run: Run, portals: Portals, services: Services) -> None:
    add_lead(portals, "salesforce", "nora@acme.example")
    usage = run("backfill", SALESFORCE, "--write-scores", "--json")
    assert (usage.exit_code, "--yes" in usage.output) == (2, True)
    said_no = run("backfill", SALESFORCE, "--write-scores", input="n\n")
    assert "records would get their scores" in said_no.output
    assert count(services, "outbox") == 0


def test_a_list_waits_until_it_is_released(run: Run, portals: Portals, services: Services, work: Work) -> None:
    go(services)
    assert f"{SALESFORCE}: no list waits." in run("lists", SALESFORCE).output
    rep = next(iter(services.seats(SALESFORCE).by_email.values()))
    row = {"LastName": "Berg", "Company": "Acme GmbH", "OwnerId": portals.intake["salesforce"]}
    rows = [{**row, "Email": f"berg{number}@acme.example"} for number in range(51)]
    portals.sandbox.create("salesforce", "Lead", rows, by={"source": "CRM_UI", "id": rep.id})
    run("sweep", SALESFORCE, "--now")
    work()
    [waiting] = json.loads(run("lists", SALESFORCE, "--json").output)
    assert (waiting["leads"], waiting["user"], waiting["by"]) == (51, rep.id, rep.name or rep.email)
    assert "51 leads made" in run("lists", SALESFORCE).output
    assert run("lists", SALESFORCE, "--made-by", rep.id).exit_code == 2
    assert json.loads(run("lists", SALESFORCE, "--release", "--made-by", "nobody", "--json").output) == {"released": 0}
    assert "51 leads of acme-salesforce are released and due." in run("lists", SALESFORCE, "--release").output
    assert "no list waits" in run("lists", SALESFORCE).output


@pytest.mark.parametrize("command", ["sweep", "backfill", "lists", "budget"])
def test_a_name_that_is_not_connected_is_one_sentence(run: Run, command: str) -> None:
    found = run(command, "nobody")
    assert (found.exit_code, "connected are: acme-hubspot, acme-salesforce." in found.output) == (2, True)
