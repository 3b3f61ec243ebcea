"""`leadline install` as a person runs it, over a real database and a Salesforce org in the sandbox."""

import csv
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from adapters.kit import Step
from adapters.sandbox.client import SandboxClient
from adapters.sandbox.salesforce_org import ORG_ID
from adapters.sandbox.sandbox import RunningSandbox
from config.mapping import FieldMapping
from config.settings import Settings
from connector import installing
from connector.cli import leadline
from connector.jobs import scene_of
from connector.pipeline import Drain
from connector.store.connections import CrmConnection, put_connection
from connector.store.engine import transact
from connector.store.installs import installation_of
from connector.store.seats import seats_of, set_seats
from connector.store.singleton import only_one
from connector.store.turns import set_pools
from connector.wiring import Services
from connector.writeback import Deliverer

Run = Callable[..., Result]

MAPPING = FieldMapping(
    "Lead",
    inputs={"email": "Email", "company": "Company", "title": "Title", "last_name": "LastName", "source": "LeadSource"},
    outputs={
        "fit_score": "Leadline_Fit_Score__c",
        "engagement_score": "Leadline_Engagement_Score__c",
        "route": "Leadline_Route__c",
        "route_reason": "Leadline_Route_Reason__c",
        "suggested_owner": "Leadline_Suggested_Owner__c",
        "key": "Leadline_Key__c",
    },
)
HEIR = "ada@leadline.example"
WEB_USER = {"email": "web@leadline.example", "firstName": "Web", "lastName": "Intake", "active": True}


@pytest.fixture
def client(sandbox: RunningSandbox) -> Iterator[SandboxClient]:
    opened = SandboxClient(sandbox.url)
    yield opened
    opened.close()


@pytest.fixture
def acme(services: Services, client: SandboxClient, web_url: str) -> CrmConnection:
    """A Salesforce connection into an org that never heard of Leadline."""
    people = [
        {"email": email, "firstName": email[:3], "lastName": "Rep", "active": True} for email in (HEIR, "hana@leadline.example")
    ]
    client.add_people([*people, WEB_USER], ())
    crm = CrmConnection(
        name="acme",
        kind="salesforce",
        account=ORG_ID,
        base_url=client.url,
        api="v67.0",
        mapping=MAPPING,
        inbound_secrets=(secrets.token_urlsafe(32),),
        credentials={"flow": "client_credentials", "client_id": "leadline", "client_secret": "hush"},
    )
    pools = {"closers": {HEIR: 1}, "sdrs": {HEIR: 1}, "reviewers": {"hana@leadline.example": 1}}

    def connect(session: object) -> None:
        put_connection(session, services.vault, crm)  # type: ignore[arg-type]
        set_pools(session, pools)  # type: ignore[arg-type]

    transact(services.engine, connect)
    services.refresh()
    owners = services.adapter(crm).owners()
    transact(services.engine, lambda session: set_seats(session, crm.name, owners))
    services.refresh()
    return crm


@pytest.fixture
def run(settings: Settings, acme: CrmConnection, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `leadline install acme …` with this test's database."""
    environment = {
        "LEADLINE_HOME": str(settings.home),
        "LEADLINE_DATABASE_URL": settings.database_url or "",
        "LEADLINE_REDIS_URL": settings.redis_url or "",
        "LEADLINE_SECRET_KEYS": ",".join(settings.secret_keys),
        "LEADLINE_PUBLIC_URL": settings.public_url,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return lambda *arguments: CliRunner().invoke(leadline, ["install", "acme", *map(str, arguments)])


@pytest.fixture
def installed(run: Run) -> Run:
    done = run("--apply")
    assert done.exit_code == 0, done.output
    return run


def _lead(client: SandboxClient, **values: str) -> str:
    person = {"LastName": "Testdottir", "Company": "Acme GmbH", "Email": "zoe@acme1.example", "Title": "VP Sales"}
    (id_,) = client.create("salesforce", "Lead", [{**person, **values}])
    return str(id_)


def _stored(client: SandboxClient, id_: str) -> Mapping[str, Any]:
    (found,) = client.read("salesforce", "Lead", [id_])
    assert found is not None
    properties: Mapping[str, Any] = found["properties"]
    return properties


def _decided(services: Services, client: SandboxClient, crm: CrmConnection) -> None:
    """Takes in what the org sent, decides it, writes it."""
    assert client.pending(wait=20.0) == 0
    Drain(services, crm).run()
    Deliverer(services, crm, scene_of(services)).run()


# --- plan and apply


def test_a_plan_is_shown_and_nothing_is_done(run: Run, services: Services, acme: CrmConnection) -> None:
    shown = run("--plan")
    assert shown.exit_code == 0
    assert "  + custom field Lead.Leadline_Route__c\n" in shown.output
    assert "Who would notice" in shown.output
    assert installation_of(services.engine, "acme") is None
    assert acme.inbound_secrets[0] not in shown.output
    tree = json.loads(run("--plan", "--json").stdout)
    assert tree["empty"] is False
    assert acme.inbound_secrets[0] not in json.dumps(tree)


def test_after_apply_nothing_is_left_and_again_nothing_is_done(installed: Run, services: Services) -> None:
    again = installed("--apply")
    assert again.exit_code == 0
    assert "nothing to do; all is as it should be" in again.output
    known = installation_of(services.engine, "acme")
    assert known is not None
    assert (known.state, known.fields) == ("applied", dict(MAPPING.outputs))
    assert known.ended_at is not None
    assert json.loads(installed("--plan", "--json").stdout)["empty"] is True


def test_our_queues_can_own_as_soon_as_they_are_there(installed: Run, services: Services) -> None:
    assert {"Leadline Nurture", "Leadline Default"} <= set(seats_of(services.engine, "acme").queues)


def test_an_installed_org_calls_and_is_answered(
    installed: Run, services: Services, client: SandboxClient, acme: CrmConnection
) -> None:
    """Nothing but the installation: its flow sends its message, and the decision stands in its fields."""
    id_ = _lead(client)
    _decided(services, client, acme)
    stored = _stored(client, id_)
    assert stored["Leadline_Route__c"]
    assert stored["Leadline_Key__c"]
    assert client.pending(wait=5.0) == 0, "our own write woke nobody"


def test_only_one_at_a_time(run: Run, services: Services) -> None:
    with only_one(services.engine, "install:acme"):
        refused = run("--apply")
    assert refused.exit_code == 1
    assert "Another install of acme is at work right now" in str(refused.exception)
    assert run("--apply").exit_code == 0


def test_what_was_interrupted_is_said_and_gone_on_with(run: Run, services: Services, acme: CrmConnection) -> None:
    class Killed(BaseException):
        pass

    told: list[Step] = []

    def die(step: Step) -> None:
        told.append(step)
        if len(told) == 3:
            raise Killed

    with pytest.raises(Killed):
        installing.apply(services, acme, die)
    known = installation_of(services.engine, "acme")
    assert known is not None
    assert (known.state, known.ended_at, known.steps) == ("applying", None, 3)
    assert "did not end; 3 of its steps were done" in run("--plan").stderr
    assert run("--apply").exit_code == 0
    assert json.loads(run("--plan", "--json").stdout)["empty"] is True


@pytest.mark.parametrize("arguments", [(), ("--plan", "--apply"), ("--apply", "--remove"), ("--remove",), ("--purge",)])
def test_what_makes_no_sense_is_told(run: Run, arguments: tuple[str, ...]) -> None:
    refused = run(*arguments)
    assert refused.exit_code == 2
    assert "--" in refused.stderr.splitlines()[-1]


def test_a_project_can_be_taken_away(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    assert run("--export", folder).exit_code == 0
    assert (folder / "sfdx-project.json").is_file()
    assert (folder / "force-app/main/default/flows/Leadline_Record_Changed.flow-meta.xml").is_file()
    assert folder.stat().st_mode & 0o077 == 0, "the secret is in it"
    assert run("--export", folder).exit_code == 2, "never over somebody's files"


# --- taking it out


def test_a_removal_stops_first_and_leaves_values(
    installed: Run, services: Services, client: SandboxClient, acme: CrmConnection
) -> None:
    id_ = _lead(client)
    _decided(services, client, acme)
    planned = installed("--plan", "--remove")
    assert planned.exit_code == 0
    done = installed("--remove", "--heir", HEIR)
    assert done.exit_code == 0, done.output
    services.refresh()
    crm = services.crm("acme")
    assert crm is not None
    assert crm.paused
    assert _stored(client, id_)["Leadline_Route__c"]
    known = installation_of(services.engine, "acme")
    assert known is not None
    assert known.state == "removed"


def test_an_heir_who_is_nobody_is_refused(installed: Run) -> None:
    refused = installed("--remove", "--heir", "nobody@nowhere.example")
    assert refused.exit_code == 1
    assert "no active person or queue" in str(refused.exception)


def test_a_purge_exports_before_it_removes(
    installed: Run, services: Services, client: SandboxClient, acme: CrmConnection, tmp_path: Path
) -> None:
    id_ = _lead(client)
    _decided(services, client, acme)
    route = _stored(client, id_)["Leadline_Route__c"]
    out = tmp_path / "values.csv"
    done = installed("--purge", "--heir", HEIR, "--out", out)
    assert done.exit_code == 0, done.output
    with out.open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["id"], row["Leadline_Route__c"]) == (id_, route)
    assert out.stat().st_mode & 0o077 == 0
    assert json.loads(installed("--plan", "--json").stdout)["empty"] is False
