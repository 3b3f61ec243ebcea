"""What safety counts is what the CRM itself says was changed by us; and every way around the list is refused."""

import json
from collections import Counter
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from config.settings import Settings
from connector.cli import leadline
from connector.demo.portals import HUBSPOT, SALESFORCE, Portals
from connector.safety import OWNER, look
from connector.store.dues import make_due
from connector.store.engine import transact
from connector.wiring import Services
from tests.connector.conftest import Work
from tests.connector.crm_leads import add_lead, edit, go, people, tasks

TABLES = {SALESFORCE: ("salesforce", "Lead", "OwnerId", "lead"), HUBSPOT: ("hubspot", "contacts", "hubspot_owner_id", "contact")}


def by_the_crm(portals: Portals, name: str, other: str = "") -> Counter[str]:
    """Field to records in which our user or app changed it, by the CRM's own history."""
    kind, table, owner, _ = TABLES[name]
    table = other or table
    ours = set(portals.mappings[kind].outputs.values()) | {owner}
    found: Counter[str] = Counter()
    for record in portals.sandbox.records(kind, table):
        entries = portals.sandbox.history(kind, table, record["id"])
        changed = {field for entry in entries if entry["source"] != "CRM_UI" for field in entry["changed"]}
        found.update(OWNER if field == owner else field for field in changed & ours)
    return found


@pytest.mark.parametrize("name", [SALESFORCE, HUBSPOT])
def test_counts_agree_with_the_crm_to_the_record(services: Services, portals: Portals, work: Work, name: str) -> None:
    go(services)
    kind = TABLES[name][0]
    for number in range(4):
        add_lead(portals, kind, f"nora{number}@acme{number}.example")
    work()
    crm = services.crm(name)
    assert crm
    found = look(services, crm)
    assert {one.object for one in found.written} == {TABLES[name][3]}
    assert {one.field: one.records for one in found.written} == by_the_crm(portals, name)
    assert found.tasks == len(tasks(portals, kind)) > 0
    written = {one.field for one in found.written} - {OWNER}
    assert written <= {field.partition(".")[2] for field in found.writable}


def test_the_command_names_each_right_that_is_one_too_many(
    services: Services, portals: Portals, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert services.crm(SALESFORCE)
    for variable, value in {
        "LEADLINE_HOME": str(settings.home),
        "LEADLINE_DATABASE_URL": settings.database_url or "",
        "LEADLINE_REDIS_URL": settings.redis_url or "",
        "LEADLINE_SECRET_KEYS": ",".join(settings.secret_keys),
        "LEADLINE_PUBLIC_URL": settings.public_url,
    }.items():
        monkeypatch.setenv(variable, value)
    shown = CliRunner().invoke(leadline, ["safety", SALESFORCE, "--json"])
    assert shown.exit_code == 0, shown.output  # marked, and nothing stops for it
    document = json.loads(shown.stdout)
    assert "ModifyAllData" in document["spare"]
    assert [one["address"] for one in document["hosts"]] == [portals.sandbox.url]
    plain = CliRunner().invoke(leadline, ["safety", HUBSPOT], env={"COLUMNS": "100"})
    assert "crm.objects.deals.write" in plain.output
    assert settings.secret_keys[0] not in plain.output + shown.output
    asked = CliRunner().invoke(leadline, ["doctor", HUBSPOT, "--json"])
    assert asked.exit_code == 1
    assert json.loads(asked.stdout)["waits"] is True


@pytest.mark.parametrize("name", [SALESFORCE, HUBSPOT])
def test_counts_agree_to_the_record_after_a_few_hundred(services: Services, portals: Portals, work: Work, name: str) -> None:
    """Every ninth is a second record of somebody; people change some, convert or merge others, and set owners of their own."""
    portals.sandbox.remove_targets()
    go(services)
    kind, _, owner, word = TABLES[name]
    phone = {"salesforce": "Phone", "hubspot": "phone"}[kind]
    last = {"salesforce": "LastName", "hubspot": "lastname"}[kind]
    leads = [
        add_lead(
            portals, kind, f"n{number}@acme{number}.example", **{last: "Berg", phone: f"+49309018{number - number % 9 // 8:04}"}
        )
        for number in range(220)
    ]

    def heard() -> None:
        """As a sweep would: every lead is looked at once more."""
        now = datetime.now(UTC)
        transact(services.engine, lambda session: make_due(session, name, [(word, id_, now) for id_ in leads]))
        work()

    heard()
    users = people(portals, kind)
    for place, id_ in enumerate(leads[:24]):
        title = {"salesforce": "Title", "hubspot": "jobtitle"}[kind]
        edit(portals, kind, id_, **({owner: users["ben@leadline.example"]} if place % 2 else {title: "Intern"}))
    heard()
    if kind == "salesforce":
        for id_ in leads[30:40]:
            edit(portals, kind, id_, OwnerId=users["ada@leadline.example"])
            portals.sandbox.command("salesforce", "convert", lead=id_, status="Closed - Converted")
    else:
        for winner, loser in zip(leads[30:35], leads[40:45], strict=True):
            portals.sandbox.merge("hubspot", "contacts", winner, loser)
    heard()
    crm = services.crm(name)
    assert crm
    found = look(services, crm)
    ours = {one.field: one.records for one in found.written if one.object == word}
    assert ours == by_the_crm(portals, name)
    assert min(ours.values()) > 0
    assert ours[portals.mappings[kind].outputs["route_reason"]] > 190
    if kind == "salesforce":
        contacts = {one.field: one.records for one in found.written if one.object == "contact"}
        assert contacts == by_the_crm(portals, name, "Contact")
        assert contacts["Leadline_Key__c"] == 10
    assert found.tasks == len(tasks(portals, kind))
