"""The probe, the signs of life, the clocks; and what the command says when little or nothing is there."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from adapters.checkup import Served
from adapters.moments import skew_of
from config.settings import Settings
from connector.cli import leadline
from connector.demo.portals import HUBSPOT, SALESFORCE, Portals
from connector.doctor.grant import ask_crm_clock
from connector.doctor.probe import ask_way_in
from connector.doctor.visit import Checked, Visit
from connector.store.engine import reading
from connector.store.standings import heartbeat_ages
from connector.wiring import Services
from tests.connector.doctor.conftest import alive
from webhooks.probe import hubspot_probe, probe_number, salesforce_probe

NUMBER = "0123456789abcdef" * 2
NOW = datetime(2026, 11, 25, tzinfo=UTC)


def rows(services: Services) -> int:
    with reading(services.engine) as session:
        return int(session.execute(text("SELECT count(*) FROM delivery")).scalar_one())


@pytest.mark.parametrize("name", [SALESFORCE, HUBSPOT])
def test_a_probe_is_taken_and_nothing_is_kept_of_it(services: Services, portals: Portals, name: str) -> None:
    assert portals
    (found,) = ask_way_in(Visit(services, services.crm(name)))
    assert found.state == "ok"
    assert rows(services) == 0


def test_what_only_holds_a_probe_is_none() -> None:
    for body, _ in (salesforce_probe("00D5e0000000001EAA", NUMBER), hubspot_probe("https://x.example/", "s", NUMBER, NOW)):
        assert probe_number(body) == NUMBER
        assert probe_number(b"[" + body + b"]") == ""
        assert probe_number(body + b"\n") == ""
        assert probe_number(body.replace(NUMBER.encode(), b"1")) == ""
    lead = b'[{"propertyName":"message","propertyValue":"{\\"leadlineProbe\\":\\"' + NUMBER.encode() + b'\\"}"}]'
    assert probe_number(lead) == ""


def test_a_clock_and_a_worker_give_signs_of_life(services: Services) -> None:
    assert heartbeat_ages(services.engine) == {}
    alive(services)
    assert set(heartbeat_ages(services.engine)) == {"clock", "worker"}


@pytest.mark.parametrize(("seconds", "state"), [(0, "ok"), (-59, "ok"), (61, "failed"), (-3600, "failed")])
def test_clocks_that_differ_are_seen(services: Services, portals: Portals, seconds: int, state: str) -> None:
    assert portals
    visit = Visit(services, services.crm(HUBSPOT))
    visit.__dict__["checkup"] = Checked(Served("v3", there=True), float(seconds))
    (found,) = ask_crm_clock(visit)
    assert found.state == state


def test_a_vendors_date_tells_how_far_its_clock_is() -> None:
    ahead = skew_of(format_datetime(datetime.now(UTC) - timedelta(minutes=5), usegmt=True))
    assert ahead is not None
    assert round(ahead / 60) == 5
    assert skew_of("yesterday") is None
    assert skew_of("") is None


def environment(settings: Settings) -> dict[str, str]:
    return {
        "LEADLINE_HOME": str(settings.home),
        "LEADLINE_DATABASE_URL": settings.database_url or "",
        "LEADLINE_REDIS_URL": settings.redis_url or "",
        "LEADLINE_SECRET_KEYS": ",".join(settings.secret_keys),
        "LEADLINE_PUBLIC_URL": "http://127.0.0.1:1",
    }


def test_with_nothing_running_the_doctor_says_what_to_start(settings: Settings) -> None:
    asked = CliRunner().invoke(leadline, ["doctor"], env=environment(settings))
    assert asked.exit_code == 1
    assert "► leadline up, or correct LEADLINE_PUBLIC_URL" in " ".join(asked.output.split())
    assert "Leads wait:" in asked.output


def test_settings_that_are_wrong_are_a_finding(settings: Settings) -> None:
    wrong = {**environment(settings), "LEADLINE_MIN_DISK_MB": "plenty"}
    asked = CliRunner().invoke(leadline, ["doctor", "--json"], env=wrong)
    assert asked.exit_code == 1
    (found,) = json.loads(asked.stdout)["findings"]
    assert found["question"] == "settings"
    assert "LEADLINE_MIN_DISK_MB" in found["sentence"]


def test_a_database_that_is_away_is_a_finding(settings: Settings) -> None:
    away = {**environment(settings), "LEADLINE_DATABASE_URL": "postgresql://nobody:hush@127.0.0.1:1/none"}
    asked = CliRunner().invoke(leadline, ["doctor", "--json"], env=away)
    assert asked.exit_code == 1
    (found,) = json.loads(asked.stdout)["findings"]
    assert found["question"] == "database"
    assert "hush" not in asked.output


def test_a_connection_that_is_not_there_is_a_usage_error(settings: Settings) -> None:
    asked = CliRunner().invoke(leadline, ["doctor", "nowhere"], env=environment(settings))
    assert asked.exit_code == 2
