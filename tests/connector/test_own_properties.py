"""A portal that has a score and a rating of its own: suggested, mapped, previewed, written to, and followed through a merge."""

import json
import shlex
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result

from config.settings import Settings
from connector.cli import leadline
from connector.demo.portals import HUBSPOT, Portals
from connector.wiring import Services
from tests.connector.conftest import Work
from tests.connector.crm_leads import ASKED, add_lead, edit, go, our_writes, shown

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
def lived_in(portals: Portals, work: Work) -> Portals:
    """Its past comes in as news, and is decided in shadow."""
    portals.sandbox.settings("hubspot", search_lag_ms=0)
    portals.sandbox.command("hubspot", "lived_in", contacts=30, properties=120)
    work()
    return portals


def test_from_the_suggestion_to_the_merged_contact(run: Run, lived_in: Portals, services: Services, work: Work) -> None:
    lived_in.sandbox.reset_stats()
    rows = {row["name"]: row for row in json.loads(said(run, "map", HUBSPOT, "suggest", "--json"))["rows"]}
    assert (rows["fit_score"]["field"], rows["grade"]["field"]) == ("my_score", "lead_rating")
    assert any("Hot, Warm, Cold" in one for one in rows["grade"]["evidence"])
    for name in ("fit_score", "grade"):
        said(run, *shlex.split(rows[name]["command"])[1:])
    assert [one for one in lived_in.sandbox.stats()["writes"] if one["crm"] == "hubspot"] == []
    said(run, "install", HUBSPOT, "--apply")
    services.refresh()

    lead = add_lead(lived_in, "hubspot", "nora@acme.example", **ASKED["hubspot"])
    fields = json.loads(said(run, "map", HUBSPOT, "preview", lead, "--json"))["fields"]
    lines = {line["name"]: line for line in fields if line["direction"] == "write"}
    assert (lines["fit_score"]["verdict"], lines["grade"]["verdict"], lines["route"]["verdict"]) == ("waits", "waits", "write")
    assert our_writes(lived_in, "hubspot", lead) == [], "a preview writes nothing"
    work()
    assert not shown(lived_in, "hubspot", lead).get("my_score"), "the customer's property waits for golive"

    go(services)
    edit(lived_in, "hubspot", lead, firstname="Nina")
    work()
    live = shown(lived_in, "hubspot", lead)
    assert int(live["my_score"]) >= 70
    assert live["lead_rating"] in {"Hot", "Warm"}
    assert not live.get("leadline_fit_score")

    # a second record of hers, which a person scored by hand, is merged away: the survivor's scores are those decided last
    other = add_lead(lived_in, "hubspot", "nora.private@acme.example", my_score="3", firstname="Nora")
    work()
    assert shown(lived_in, "hubspot", other)["my_score"] == "3", "a person's value stands"
    survivor = lived_in.sandbox.merge("hubspot", "contacts", lead, other)
    work()
    merged = shown(lived_in, "hubspot", survivor)
    assert merged["my_score"] == live["my_score"]
    assert merged["lead_rating"] == live["lead_rating"]
    assert merged["leadline_route_reason"]
    assert merged["leadline_engagement_score"]


WRONG = (
    (("grade", "lead_rating"), "takes only Hot, Warm, Cold; it has no A1, A2"),
    (("fit_score", "score_in_percent"), "is calculated by the CRM; nobody can write it"),
    (("fit_score", "first_response_due"), "is of type datetime, which cannot hold fit_score"),
    (("route", "erp_id"), "is unique: two leads with the same route could not both have it"),
    (("fit_score", "my_scores"), "HubSpot has no property my_scores"),
)


def test_the_wrong_ways_are_refused_with_the_reason_and_nothing_changes(run: Run, lived_in: Portals) -> None:
    before = said(run, "map", HUBSPOT, "show", "--yaml")
    for arguments, reason in WRONG:
        refused = run("map", HUBSPOT, "set", *arguments)
        assert refused.exit_code == 1
        assert reason in " ".join(refused.output.split())
    assert said(run, "map", HUBSPOT, "show", "--yaml") == before
