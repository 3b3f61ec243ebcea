"""An org and a portal that have a score and a rating of their own: suggested, mapped, previewed, installed, written to, and still
there on the contact after a conversion or a merge. By commands alone."""

import json
import secrets
import shlex
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result

from adapters.salesforce.auth import grant
from adapters.sandbox.client import SandboxClient
from adapters.sandbox.salesforce_org import ORG_ID
from adapters.sandbox.sandbox import RunningSandbox
from config.mapping import shipped_mapping
from config.settings import Settings
from connector.cli import leadline
from connector.demo.portals import POOLS
from connector.jobs import scene_of
from connector.pipeline import Drain
from connector.store.connections import CrmConnection, put_connection
from connector.store.engine import transact
from connector.store.seats import set_seats
from connector.store.turns import set_pools
from connector.wiring import Services
from connector.writeback import Deliverer
from tests.adapters.sandbox.salesforce_packages import document, package
from tests.connector.conftest import ROOMY

Run = Callable[..., Result]

ADA = "ada@leadline.example"
PEOPLE = sorted({email for pool in POOLS.values() for email in pool})
GOOD = {
    "FirstName": "Nora", "LastName": "Berg", "Company": "Acme GmbH", "Title": "VP Sales", "NumberOfEmployees": 300,
    "Industry": "Software", "Country": "Germany", "LeadSource": "Web", "Status": "Open - Not Contacted",
    "Web_Visits__c": 12, "Pricing_Page_Views__c": 3,
}  # fmt: skip
OURS = ("Leadline_Fit_Score__c", "Leadline_Engagement_Score__c", "Leadline_Grade__c", "Leadline_Route_Reason__c")


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
def client(sandbox: RunningSandbox) -> Iterator[SandboxClient]:
    with SandboxClient(sandbox.url) as opened:
        yield opened
        opened.remove_targets()


class Org:
    """A Salesforce org that never heard of Leadline, connected."""

    def __init__(self, services: Services, client: SandboxClient) -> None:
        self.services, self.client = services, client
        people = [{"email": one, "firstName": one[:4], "lastName": "Rep", "active": True} for one in PEOPLE]
        client.add_people(people, ["Intake"])
        self.crm = CrmConnection(
            name="acme",
            kind="salesforce",
            account=ORG_ID,
            base_url=client.url,
            api="v67.0",
            mapping=shipped_mapping("salesforce"),
            inbound_secrets=(secrets.token_urlsafe(32),),
            credentials={"flow": "client_credentials", "client_id": "leadline", "client_secret": "hush"},
            options={"buckets": ROOMY},
        )
        transact(services.engine, self._put)
        services.refresh()
        owners = services.adapter(self.crm).owners()
        transact(services.engine, lambda session: set_seats(session, "acme", owners))
        services.refresh()

    def _put(self, session: Any) -> None:
        put_connection(session, self.services.vault, self.crm)
        set_pools(session, POOLS)

    @property
    def users(self) -> Mapping[str, str]:
        return {str(one["Email"]): str(one["Id"]) for one in self.client.people("salesforce")}

    @property
    def queues(self) -> Mapping[str, str]:
        return {str(one["Name"]): str(one["Id"]) for one in self.client.queues("salesforce")}

    def lead(self, email: str, queue: str, **more: Any) -> str:
        row = {**GOOD, "Email": email, "OwnerId": self.queues[queue], **more}
        return self.client.create("salesforce", "Lead", [row])[0]

    def shown(self, object_: str, id_: str) -> Mapping[str, Any]:
        (found,) = self.client.read("salesforce", object_, [id_])
        assert found
        properties: Mapping[str, Any] = found["properties"]
        return properties

    def convert(self, lead: str, contact: str = "") -> str:
        done = self.client.command("salesforce", "convert", lead=lead, contact=contact, status="Closed - Converted")
        return str(done["contact"])

    def tasks(self) -> int:
        return sum(e["object"] == "Task" and e["kind"] == "created" and e["source"] == "API" for e in self.client.journal())

    def work(self) -> None:
        """As the workers would."""
        self.services.refresh()
        crm = self.services.connections()["acme"]
        for _ in range(6):
            assert self.client.pending(wait=20.0) == 0
            progress = Drain(self.services, crm).run()
            if not progress.opened + progress.decided + Deliverer(self.services, crm, scene_of(self.services)).run():
                return
        raise AssertionError("never quiet")

    def deploy(self, members: Mapping[str, list[str]], files: Mapping[str, str]) -> None:
        """As an administrator's tool does."""
        begun = f"{self.client.url}/services/data/v67.0/metadata/deployRequest"
        session = {"Authorization": f"Bearer {grant(self.crm.credentials, self.crm.base_url).access_token}"}
        options = {"json": (None, '{"deployOptions": {"singlePackage": true}}', "application/json")}
        answer = requests.post(begun, files={**options, "file": ("x.zip", package(members, files))}, headers=session, timeout=10)
        result = requests.get(f"{begun}/{answer.json()['id']}", headers=session, timeout=10).json()["deployResult"]
        assert result["success"] is True, result


@pytest.fixture
def org(services: Services, client: SandboxClient, web_url: str) -> Org:
    """What its web site counts is in fields that the shipped mapping knows, so that engagement is measured."""
    made = Org(services, client)
    fields = {f"Lead.{name}": _number(name, 6, 0) for name in ("Web_Visits__c", "Pricing_Page_Views__c")}
    _add_fields(made, fields, dict.fromkeys(fields, False), "Web_fields")
    return made


@pytest.fixture
def lived_in(org: Org) -> Org:
    org.client.command("salesforce", "lived_in", leads=60, fields=40)
    owners = org.services.adapter(org.crm).owners()
    transact(org.services.engine, lambda session: set_seats(session, "acme", owners))
    org.services.refresh()
    return org


def offered(run: Run, name: str) -> Mapping[str, Any]:
    return {row["name"]: row for row in json.loads(said(run, "map", name, "suggest", "--json"))["rows"]}


def previewed(run: Run, name: str, lead: str) -> Mapping[str, Any]:
    fields = json.loads(said(run, "map", name, "preview", lead, "--json"))["fields"]
    return {line["name"]: line for line in fields if line["direction"] == "write"}


def writes(client: SandboxClient, crm: str) -> list[Any]:
    return [one for one in client.stats()["writes"] if one["crm"] == crm]


# --- Salesforce


def test_a_lived_in_orgs_own_score_and_rating_from_the_suggestion_to_the_contact(run: Run, lived_in: Org) -> None:
    org = lived_in
    org.client.reset_stats()
    rows = offered(run, "acme")
    assert (rows["fit_score"]["field"], rows["grade"]["field"]) == ("Score__c", "Lead_Rating__c")
    evidence = " ".join(rows["fit_score"]["evidence"] + rows["grade"]["evidence"])
    for words in ("type double, 3 digits", "its list is A, B, C, D", "type picklist, its own values only", "Contact has it too"):
        assert words in evidence
    for name in ("fit_score", "grade"):
        said(run, *shlex.split(rows[name]["command"])[1:])
    assert writes(org.client, "salesforce") == [], "looking and mapping write nothing there"

    said(run, "install", "acme", "--apply")
    assert json.loads(said(run, "install", "acme", "--plan", "--json"))["empty"] is True
    org.client.reset_stats()
    lead = org.lead("nora@acme.test", "Inbound Leads")
    before = previewed(run, "acme", lead)
    assert (before["fit_score"]["verdict"], before["grade"]["verdict"]) == ("waits", "waits")
    assert before["engagement_score"]["verdict"] == "write"
    assert [one for one in writes(org.client, "salesforce") if one["source"] == "API"] == [], "a preview writes nothing"
    org.work()
    shadow = org.shown("Lead", lead)
    assert (shadow.get("Score__c"), shadow.get("Lead_Rating__c")) == (None, None), "the customer's fields wait for golive"
    assert shadow["Leadline_Route_Reason__c"]
    assert shadow["Leadline_Engagement_Score__c"] > 0

    said(run, "nobody", "acme", "Inbound Leads")
    said(run, "golive", "acme")
    org.client.update("salesforce", "Lead", lead, {"Title": "CRO"})
    org.work()
    live = org.shown("Lead", lead)
    assert live["Score__c"] >= 90
    assert live["Lead_Rating__c"] == "A"
    assert live["Score_Band__c"] == "High", "the org's own flow reacts to it, as the plan said"
    assert live["OwnerId"] in org.users.values(), "the queue counts as nobody, so somebody has the lead"
    assert "Leadline_Fit_Score__c" not in live

    tasks = org.tasks()
    contact = org.convert(lead)
    carried = org.shown("Contact", contact)
    kept = ("Score__c", "Lead_Rating__c", "Leadline_Engagement_Score__c", "Leadline_Route_Reason__c", "Leadline_Route__c")
    assert [carried.get(name) for name in kept] == [live[name] for name in kept], "Salesforce carries them by itself"
    org.work()
    settled = org.shown("Contact", contact)
    assert [settled.get(name) for name in kept] == [live[name] for name in kept], "and Leadline lets them stand"
    assert settled["Leadline_Key__c"] not in {None, live["Leadline_Key__c"]}
    assert settled["OwnerId"] == live["OwnerId"]
    assert settled.get("Leadline_Duplicate_Of__c") is None
    assert org.tasks() == tasks, "a conversion is nobody's task"


def _field(name: str, type_: str, content: str) -> str:
    return (
        f"<fields><fullName>{name}</fullName><label>{name[:-3].replace('_', ' ')}</label><type>{type_}</type>{content}</fields>"
    )


def _number(name: str, precision: int, scale: int) -> str:
    return _field(name, "Number", f"<precision>{precision}</precision><scale>{scale}</scale>")


def _list(name: str, *values: str) -> str:
    rows = "".join(f"<value><fullName>{one}</fullName><default>false</default><label>{one}</label></value>" for one in values)
    definition = f"<valueSetDefinition><sorted>false</sorted>{rows}</valueSetDefinition>"
    return _field(name, "Picklist", f"<valueSet><restricted>true</restricted>{definition}</valueSet>")


def _grants(fields: Mapping[str, bool]) -> str:
    return "".join(
        f"<fieldPermissions><editable>{str(edit).lower()}</editable><field>{name}</field><readable>true</readable></fieldPermissions>"
        for name, edit in fields.items()
    )


def _add_fields(org: Org, fields: Mapping[str, str], grants: Mapping[str, bool], name: str = "Own_fields") -> None:
    """By the Metadata API: nobody sees them before they are granted."""
    objects = {name.partition(".")[0] for name in fields}
    files = {
        f"objects/{one}.object": document(
            "CustomObject", "".join(body for field, body in fields.items() if field.startswith(f"{one}."))
        )
        for one in objects
    }
    files[f"permissionsets/{name}.permissionset"] = document(
        "PermissionSet", f"{_grants(grants)}<hasActivationRequired>false</hasActivationRequired><label>Own fields</label>"
    )
    org.deploy({"CustomField": list(fields), "PermissionSet": [name]}, files)
    integration = next(
        one["Id"] for one in org.client.people("salesforce") if "integration" in str(one.get("Username") or one["Email"])
    )
    (permission,) = [one["id"] for one in org.client.records("salesforce", "PermissionSet") if one["properties"]["Name"] == name]
    org.client.create("salesforce", "PermissionSetAssignment", [{"AssigneeId": integration, "PermissionSetId": permission}])


def test_where_the_contact_has_no_such_fields_leadline_writes_them_itself(run: Run, org: Org) -> None:
    """The org made its two fields on leads alone, by the Metadata API; the score counts from 0 to 1."""
    fields = {"Lead.Score__c": _number("Score__c", 3, 2), "Lead.Lead_Rating__c": _list("Lead_Rating__c", "Hot", "Warm", "Cold")}
    _add_fields(org, fields, dict.fromkeys(fields, True))
    rows = offered(run, "acme")
    assert (rows["fit_score"]["field"], rows["fit_score"]["transform"]) == ("Score__c", "scale 0-1")
    assert "Contact has none, and there it stays in Leadline_Fit_Score__c" in rows["fit_score"]["evidence"]
    for name in ("fit_score", "grade"):
        said(run, *shlex.split(rows[name]["command"])[1:])
    plan = json.loads(said(run, "install", "acme", "--plan", "--json"))
    steps = {(one["kind"], one["name"]): one for one in plan["steps"]}
    assert ("custom field", "Contact.Leadline_Fit_Score__c") in steps
    assert ("custom field", "Lead.Leadline_Fit_Score__c") not in steps
    uncarried = {one["name"]: one["sentence"] for one in plan["reactions"] if one["kind"] == "lead conversion"}
    assert "Leadline itself writes Fit there" in uncarried["Lead.Score__c"]
    assert "Contact.Leadline_Grade__c" in uncarried["Lead.Lead_Rating__c"]
    said(run, "install", "acme", "--apply")
    assert json.loads(said(run, "install", "acme", "--plan", "--json"))["empty"] is True
    said(run, "nobody", "acme", "Intake")
    said(run, "golive", "acme")
    lead = org.lead("nora@acme.test", "Intake")
    org.work()
    live = org.shown("Lead", lead)
    assert 0.9 <= live["Score__c"] <= 1
    assert live["Lead_Rating__c"] in {"Hot", "Warm"}
    contact = org.convert(lead)
    assert org.shown("Contact", contact)["Leadline_Route_Reason__c"] == live["Leadline_Route_Reason__c"]
    org.client.update("salesforce", "Lead", lead, {"Description": "-"}, by={"source": "API", "id": "other"})
    org.work()
    settled = org.shown("Contact", contact)
    assert settled["Leadline_Fit_Score__c"] == round(100 * live["Score__c"])
    assert settled["Leadline_Grade__c"]
    assert settled["Leadline_Route_Reason__c"] == live["Leadline_Route_Reason__c"]


def test_a_contact_that_was_there_before_keeps_what_people_put_there(run: Run, lived_in: Org) -> None:
    org = lived_in
    for name, row in offered(run, "acme").items():
        if name in {"fit_score", "grade"}:
            said(run, *shlex.split(row["command"])[1:])
    said(run, "install", "acme", "--apply")
    said(run, "nobody", "acme", "Inbound Leads")
    said(run, "golive", "acme")
    (there,) = org.client.create("salesforce", "Contact", [{"LastName": "Berg", "Email": "nora@acme.test", "Score__c": 12}])
    lead = org.lead("nora@acme.test", "Inbound Leads")
    org.work()
    live = org.shown("Lead", lead)
    assert org.convert(lead, there) == there
    org.work()
    settled = org.shown("Contact", there)
    assert settled["Score__c"] == 12, "a person's value stands"
    assert settled["Lead_Rating__c"] == live["Lead_Rating__c"]
    assert settled["Leadline_Route_Reason__c"] == live["Leadline_Route_Reason__c"]


def test_a_purge_takes_back_the_way_of_the_customers_own_fields_too(run: Run, lived_in: Org, tmp_path: Path) -> None:
    org = lived_in
    before = _conversion(org)
    for name in ("fit_score", "grade"):
        said(run, *shlex.split(offered(run, "acme")[name]["command"])[1:])
    said(run, "install", "acme", "--apply")
    assert {"Lead_Rating__c", "Leadline_Route__c"} <= _conversion(org).keys() - before.keys()
    said(run, "install", "acme", "--purge", "--heir", ADA, "--out", tmp_path / "values.csv")
    assert _conversion(org) == before


def _conversion(org: Org) -> Mapping[str, str]:
    from adapters.salesforce.package.conversion import contacts_of

    with org.services.kit(org.services.connections()["acme"]) as kit:
        metadata: Any = kit._metadata  # type: ignore[attr-defined]
        return contacts_of(metadata.read("LeadConvertSettings", ["LeadConvertSettings"])["LeadConvertSettings"])


WRONG = {
    "a score of two digits": (
        ("fit_score", "Lead.Score__c", _number("Score__c", 2, 0), True),
        (),
        "holds numbers below 100, and fit_score goes up to 100",
    ),
    "a list without the value": (
        ("grade", "Lead.Lead_Rating__c", _list("Lead_Rating__c", "Hot", "Warm", "Cold"), True),
        ("--transform", "table A1=Hot, A2=Hot, A3=Warm, B1=Hot, B2=Warm, B3=Cold, C1=Warm, C2=Cold, C3=Lukewarm"),
        "takes only Hot, Warm, Cold; it has no Lukewarm (for C3)",
    ),
    "a list without a table": (
        ("grade", "Lead.Lead_Rating__c", _list("Lead_Rating__c", "Hot", "Warm", "Cold"), True),
        (),
        "takes only Hot, Warm, Cold; it has no A1, A2",
    ),
    "twenty characters for the reason": (
        ("route_reason", "Lead.Reason__c", _field("Reason__c", "Text", "<length>20</length>"), True),
        (),
        "holds 20 characters, route_reason may have 255. Make the field 255 characters long, 60 at least",
    ),
    "nobody let us write it": (
        ("fit_score", "Lead.Score__c", _number("Score__c", 3, 0), False),
        (),
        "is read-only for the integration user. Grant edit access to Score__c",
    ),
    "nobody let us see it": (
        ("fit_score", "Lead.Score__c", _number("Score__c", 3, 0), None),
        (),
        "does not exist or is hidden from the integration user",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_the_wrong_ways_are_refused_with_the_reason_and_nothing_changes(run: Run, org: Org, case: str) -> None:
    (ours, name, body, edit), more, reason = WRONG[case]
    _add_fields(org, {name: body}, {} if edit is None else {name: edit})
    before = said(run, "map", "acme", "show", "--yaml")
    refused = run("map", "acme", "set", ours, name.partition(".")[2], *more)
    assert refused.exit_code == 1
    assert reason in " ".join(refused.output.split())
    assert "Nothing was changed." in refused.output
    assert "Traceback" not in refused.output
    assert said(run, "map", "acme", "show", "--yaml") == before


def test_a_reason_that_will_be_cut_is_said_and_taken(run: Run, org: Org) -> None:
    name = "Lead.Reason__c"
    _add_fields(org, {name: _field("Reason__c", "Text", "<length>80</length>")}, {name: True})
    told = " ".join(said(run, "map", "acme", "set", "route_reason", "Reason__c").split())
    assert "holds 80 characters, route_reason may have 255. Make the field 255 characters long; until then" in told
