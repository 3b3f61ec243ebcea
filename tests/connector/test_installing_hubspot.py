"""HubSpot in and out through the engine: what was decided in between stays readable, and is exported before it goes."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner, Result

from adapters.kit import Step
from config.mapping import shipped_mapping
from config.output_fields import WORDINGS
from config.settings import Settings
from connector.cli import leadline
from connector.demo.portals import HUBSPOT, Portals
from connector.installing import InUseError, Removal, apply, files, plan, plan_removal, remove
from connector.store.connections import CrmConnection
from connector.wiring import Services
from tests.connector.conftest import Work
from tests.connector.crm_leads import add_lead, edit, go, output, tasks

OURS = shipped_mapping("hubspot").outputs
HEIR = "hana@leadline.example"


@pytest.fixture
def crm(portals: Portals, services: Services) -> CrmConnection:
    portals.sandbox.settings("hubspot", search_lag_ms=0, limits=False)
    found = services.crm(HUBSPOT)
    assert found
    return found


def hubspot(portals: Portals, method: str, path: str, body: object = None) -> dict[str, object]:
    headers = {"Authorization": "Bearer pat-na1-test"}
    answer = requests.request(method, portals.sandbox.url + path, json=body, headers=headers, timeout=10)
    assert answer.status_code < 300, answer.text
    return dict(answer.json()) if answer.content else {}


def definitions(portals: Portals) -> dict[str, dict[str, str]]:
    found = hubspot(portals, "GET", "/crm/v3/properties/contacts")["results"]
    assert isinstance(found, list)
    return {one["name"]: one for one in found}


def test_in_twice_and_out_with_the_values_kept(
    portals: Portals, services: Services, crm: CrmConnection, work: Work, tmp_path: Path
) -> None:
    done: list[Step] = []
    apply(services, crm, done.append)
    assert {"property", "list"} <= {step.kind for step in done}
    assert plan(services, crm).empty
    again: list[Step] = []
    apply(services, crm, again.append)
    assert again == []
    assert definitions(portals)["leadline_fit_score"]["description"] == WORDINGS["fit_score"].help

    go(services)
    contacts = [add_lead(portals, "hubspot", f"nora{number}@acme.example") for number in range(3)]
    work()
    assert len(tasks(portals, "hubspot")) == 3
    steps: list[Step] = []
    remove(services, crm, steps.append, Removal(HEIR))
    assert ("open task", "3 of Leadline's") in {(step.kind, step.name) for step in steps}
    left = definitions(portals)
    assert "Leadline was removed on" in left["leadline_fit_score"]["description"]
    assert {"leadline_seller_response", "leadline_duplicate_of"}.isdisjoint(left)
    paused = services.crm(HUBSPOT)
    assert paused
    assert paused.paused

    path = tmp_path / "values.csv"
    remove(services, crm, steps.append, Removal(HEIR, purge=True, out=path))
    with path.open(encoding="utf-8") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    assert set(rows) == set(contacts)
    assert all(row["leadline_route"] and row["object"] == "contacts" for row in rows.values())
    assert set(OURS.values()).isdisjoint(definitions(portals))


def test_a_purge_names_each_user_and_touches_nothing(
    portals: Portals, services: Services, crm: CrmConnection, work: Work
) -> None:
    apply(services, crm, lambda _: None)
    contact = add_lead(portals, "hubspot", "nora@acme.example")
    work()
    action = {"actionId": "1", "type": "SINGLE_CONNECTION", "actionTypeId": "0-5"}
    sets = {**action, "fields": {"property_name": "leadline_route", "value": {"staticValue": "closers"}}}
    hubspot(portals, "POST", "/automation/v4/flows", {"name": "Theirs", "objectTypeId": "0-1", "actions": [sets]})
    _, usages = plan_removal(services, crm, purge=True)
    assert [(one.field, one.kind, one.name) for one in usages] == [("leadline_route", "workflow", "Theirs")]
    with pytest.raises(InUseError):
        remove(services, crm, lambda _: None, Removal(HEIR, purge=True))
    assert output(portals, "hubspot", contact, "route")
    running = services.crm(HUBSPOT)
    assert running
    assert not running.paused


def test_the_project_folder_points_at_this_leadline(services: Services, crm: CrmConnection) -> None:
    written = files(services, crm)
    assert f"{services.public_url}/webhooks/hubspot/{HUBSPOT}".encode() in written["src/app/webhooks/webhooks-hsmeta.json"]
    assert b'"propertyName": "jobtitle"' in written["src/app/webhooks/webhooks-hsmeta.json"]


def test_the_project_uploaded_as_it_is_has_leads_decided(
    portals: Portals, services: Services, crm: CrmConnection, work: Work
) -> None:
    portals.sandbox.remove_targets()
    apply(services, crm, lambda _: None)
    folder = {path: json.loads(content) for path, content in files(services, crm).items() if path.endswith(".json")}
    upload = requests.post(f"{portals.sandbox.url}/_sandbox/hubspot/project", json={"files": folder}, timeout=10)
    assert upload.status_code == 200, upload.text
    contact = add_lead(portals, "hubspot", "nora@acme.example")
    work()
    first = output(portals, "hubspot", contact, "fit_score")
    assert first
    edit(portals, "hubspot", contact, jobtitle="Student")
    work()
    assert output(portals, "hubspot", contact, "fit_score") != first


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    environment = {
        "LEADLINE_HOME": str(settings.home),
        "LEADLINE_DATABASE_URL": settings.database_url or "",
        "LEADLINE_REDIS_URL": settings.redis_url or "",
        "LEADLINE_SECRET_KEYS": ",".join(settings.secret_keys),
        "LEADLINE_PUBLIC_URL": "https://leads.acme.example",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return lambda *arguments: CliRunner().invoke(leadline, [str(one) for one in arguments])


def test_before_there_is_a_connection_its_app_can_be_written(run: Callable[..., Result], tmp_path: Path) -> None:
    folder = tmp_path / "app"
    told = run("install", "acme", "--export", folder)
    assert told.exit_code == 0, told.output
    assert "leadline connect hubspot acme" in told.output
    webhooks = json.loads((folder / "src/app/webhooks/webhooks-hsmeta.json").read_bytes())["config"]
    assert webhooks["settings"]["targetUrl"] == "https://leads.acme.example/webhooks/hubspot/acme"
    assert run("install", "acme", "--export", folder).exit_code == 2
    refused = run("install", "a/b", "--export", tmp_path / "other")
    assert refused.exit_code == 1
    assert not (tmp_path / "other").exists()


def test_the_command_shows_what_it_did_and_that_there_is_nothing_more(crm: CrmConnection, run: Callable[..., Result]) -> None:
    first = run("install", crm.name, "--apply")
    assert first.exit_code == 0, first.output
    assert "+ list Leadline Nurture" in first.output
    assert "hs project upload" in first.output
    again = run("install", crm.name, "--apply")
    assert again.exit_code == 0
    assert "nothing to do" in again.output
