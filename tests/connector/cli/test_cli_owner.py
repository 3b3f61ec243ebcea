"""`leadline owner`: who sets owners, as an operator asks and chooses."""

import json

import pytest
from click.testing import CliRunner, Result

from config.settings import Settings
from connector.cli import leadline
from connector.demo.portals import HUBSPOT, SALESFORCE, Portals
from connector.wiring import Services
from tests.connector.crm_leads import crm_of, reconnect


@pytest.fixture
def environment(settings: Settings, portals: Portals, monkeypatch: pytest.MonkeyPatch) -> None:
    assert portals
    values = {
        "LEADLINE_HOME": str(settings.home),
        "LEADLINE_DATABASE_URL": settings.database_url or "",
        "LEADLINE_REDIS_URL": settings.redis_url or "",
        "LEADLINE_SECRET_KEYS": ",".join(settings.secret_keys),
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def owner(*arguments: str) -> Result:
    return CliRunner().invoke(leadline, ["owner", *arguments])


def test_it_is_said_chosen_and_taken_back(environment: None, services: Services) -> None:
    del environment
    assert "Leadline chooses owners in acme-salesforce and sets them." in owner(SALESFORCE).output
    chosen = owner(SALESFORCE, "--by", "rule")
    assert chosen.exit_code == 0
    assert "Setup ► Lead Assignment Rules ► Leadline ► Edit ► Active" in chosen.output
    assert json.loads(owner(SALESFORCE, "--json").output) == {"name": SALESFORCE, "owner_by": "rule"}
    owner(SALESFORCE, "--by", "leadline")
    services.refresh()
    assert crm_of(services, "salesforce").owner_by == "leadline"


def test_what_makes_no_sense_is_one_sentence(environment: None, services: Services) -> None:
    del environment
    for arguments, said in (
        (["nobody"], "Nothing is connected as nobody"),
        ([HUBSPOT, "--by", "rule"], "HubSpot has no assignment rules"),
        ([SALESFORCE, "--by", "fate"], "Invalid value"),
    ):
        found = owner(*arguments)
        assert (found.exit_code, said in found.output) == (2, True), found.output
    reconnect(services, "hubspot", owner_by="salesforce_sync")
    refused = owner(HUBSPOT, "--by", "leadline")
    assert refused.exit_code == 2
    assert "decided by salesforce_sync" in refused.output
