"""What safety counts is what the CRM itself says was changed by us; and every way around the list is refused."""

import json
from collections import Counter

import pytest
from click.testing import CliRunner

from config.settings import Settings
from connector.cli import leadline
from connector.demo.portals import HUBSPOT, SALESFORCE, Portals
from connector.safety import OWNER, look
from connector.wiring import Services
from tests.connector.conftest import Work
from tests.connector.crm_leads import add_lead, go, tasks

TABLES = {SALESFORCE: ("salesforce", "Lead", "OwnerId", "lead"), HUBSPOT: ("hubspot", "contacts", "hubspot_owner_id", "contact")}


def by_the_crm(portals: Portals, name: str) -> Counter[str]:
    """Field to records in which our user or app changed it, by the CRM's own history."""
    kind, table, owner, _ = TABLES[name]
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
