"""What an audit does where it meets an edge: nothing there, no right, many pages, too much, no answer, another time zone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.errors import Throttled
from adapters.hubspot import history as hubspot_history
from adapters.salesforce import history as salesforce_history
from config.policy import shipped_policy_text
from connector.audit.page import page
from connector.audit.reading import AuditError
from connector.demo.portals import Portals
from connector.policies import activate_policy
from connector.store.connections import put_connection
from connector.store.engine import transact
from connector.wiring import Services
from tests.connector.audit.conftest import Taken
from tests.connector.audit.town import ADA, BEN, NOW, TOWN, Act, Made, after, seed
from tests.connector.crm_leads import count, execute

CRMS = pytest.mark.parametrize("crm", ["salesforce", "hubspot"])


@CRMS
def test_an_empty_crm(crm: str, taken: Taken) -> None:
    audit = taken(crm)
    assert audit.figure("created").values["records"] == 0
    never = audit.figure("never_touched").rate
    assert never
    assert (never.count, never.of) == (0, 0)
    assert "p50_seconds" not in audit.figure("first_touch").values
    assert "Nothing was created in this window" in page(audit)


@CRMS
def test_many_pages_of_records_of_the_same_second(crm: Any, town: Portals, taken: Taken, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(salesforce_history, "PAGE", 5)
    monkeypatch.setattr(hubspot_history, "PAGE", 5)
    monkeypatch.setattr(salesforce_history.SalesforceHistory, "portion", 7)
    crowd = [
        Made(f"Name{number}", 10, email=f"n{number}@acme.example", acts=(Act("call", after(minutes=2), ADA),))
        for number in range(12)
    ]
    few = [Made(f"Late{number}", 9 - number, email=f"l{number}@acme.example") for number in range(5)]
    seed(town, crm, [*crowd, *few])
    audit = taken(crm)
    assert audit.figure("created").values["records"] == 17
    assert audit.figure("created").values["busiest_day"] == 12
    touched = audit.figure("first_touch").rate
    assert touched
    assert touched.count == 12


def test_the_window_begins_and_ends_to_the_second(town: Portals, taken: Taken) -> None:
    edges = {"before": NOW - timedelta(days=90, seconds=1), "first": NOW - timedelta(days=90), "end": NOW}
    rows = [{"LastName": name, "Company": "Acme", "CreatedDate": at.isoformat()} for name, at in edges.items()]
    town.sandbox.create("salesforce", "Lead", rows)
    assert taken("salesforce").figure("created").values["records"] == 1


def test_deleted_and_merged_records_are_not_counted(town: Portals, taken: Taken) -> None:
    ids = seed(town, "hubspot", [Made(name, 5, email=f"{name}@acme.example") for name in ("a", "b", "c", "d")])
    town.sandbox.delete("hubspot", "contacts", ids[0])
    town.sandbox.merge("hubspot", "contacts", ids[1], ids[2])
    assert taken("hubspot").figure("created").values["records"] == 2


def test_too_many_records_shorten_the_window_and_a_crowded_day_is_refused(town: Portals, taken: Taken) -> None:
    seed(town, "salesforce", [Made(f"N{days}", days + 0.5) for days in range(30)])
    audit = taken("salesforce", most=10)
    assert audit.days == 10
    assert audit.figure("created").values["records"] == 10
    assert "only its last 10 days were read" in audit.notes[0]
    with pytest.raises(AuditError, match="raise --most"):
        taken("salesforce", most=0)


# --- rights


def test_an_object_that_may_not_be_read_is_said_so_and_the_others_stand(town: Portals, taken: Taken) -> None:
    seed(town, "salesforce", TOWN)
    town.sandbox.settings("salesforce", hidden_fields=["Event.WhoId", "Opportunity.IsWon"])
    audit = taken("salesforce")
    speed = audit.figure("first_touch")
    without_meetings = [one for one in TOWN if any(act.counts and act.kind != "meeting" for act in one.acts)]
    assert speed.rate
    assert speed.rate.count == len(without_meetings)
    assert any("Event could not be read" in note for note in speed.notes)
    assert audit.figure("touch_logged").unread
    assert audit.figure("touch_logged").rate is None
    assert {name for part in audit.figure("sources").parts for name in part.rates} == {"touched", "converted"}
    assert audit.figure("owned_by_leavers").rate
    assert "permission set" in audit.figure("touch_logged").unread


def with_a_static_token(services: Services) -> None:
    """As a private app's: its scopes are those of the portal's settings, at once."""
    connection = services.crm("acme-hubspot")
    assert connection
    changed = replace(connection, credentials={"flow": "static", "access_token": "pat-na1-tests"})
    transact(services.engine, lambda session: put_connection(session, services.vault, changed))
    execute(services, "DELETE FROM token")
    services.refresh()


def test_scopes_that_are_missing(services: Services, town: Portals, taken: Taken) -> None:
    seed(town, "hubspot", [one for one in TOWN if one.last != "Solberg"][:14])
    scopes = town.sandbox.settings("hubspot")["scopes"].split()
    lacking = {"crm.objects.owners.read", "crm.objects.deals.read"}
    town.sandbox.settings(
        "hubspot",
        limits=True,
        burst=10_000,
        search_per_second=1_000,
        scopes=" ".join(one for one in scopes if one not in lacking),
    )
    with_a_static_token(services)
    audit = taken("hubspot")
    for name in ("owned_by_leavers", "owned_by_unmanned_queues", "share_per_rep"):
        assert "crm.objects.owners.read" in audit.figure(name).unread, name
    assert "crm.objects.deals.read" in audit.figure("touch_logged").unread
    assert audit.figure("never_touched").rate
    assert audit.figure("cost").values["daily_limit"] == 1_000_000
    text = page(audit)
    assert text.count("Not read.") == sum(bool(figure.unread) for figure in audit.figures)


def test_another_crm_that_may_not_be_read_costs_one_figure(services: Services, town: Portals, taken: Taken) -> None:
    seed(town, "salesforce", TOWN[:3])
    town.sandbox.settings("hubspot", scopes="oauth")
    with_a_static_token(services)
    audit = taken("salesforce", across=True)
    assert "acme-hubspot could not be read" in audit.figure("duplicates_across").unread
    assert [figure.name for figure in audit.figures if figure.unread] == ["duplicates_across"]


def test_a_crm_that_does_not_answer_ends_the_audit_and_nothing_is_kept(services: Services, town: Portals, taken: Taken) -> None:
    seed(town, "salesforce", TOWN[:3])
    town.sandbox.settings("salesforce", daily_limit=3)
    with pytest.raises(Throttled):
        taken("salesforce")
    assert count(services, "audit") == 0


# --- time


def test_working_hours_are_the_companys(services: Services, town: Portals, taken: Taken) -> None:
    """Berlin, in the week in which the clocks go back: Friday 16:50 to Monday 9:20 is half an hour of work."""
    text = shipped_policy_text().replace("zone: UTC", "zone: Europe/Berlin")
    activate_policy(services, text)
    friday = datetime(2026, 10, 23, 14, 50, tzinfo=UTC)
    monday = datetime(2026, 10, 26, 8, 20, tzinfo=UTC)
    days = (NOW - friday) / timedelta(days=1)
    seed(town, "salesforce", [Made("Berg", days, BEN, acts=(Act("call", monday - friday, BEN),))])
    speed = taken("salesforce").figure("first_touch")
    assert speed.values["p50_seconds"] == (65 * 60 + 30) * 60
    assert speed.values["p50_working_seconds"] == 30 * 60


def test_days_are_the_companys(services: Services, town: Portals, taken: Taken) -> None:
    """Two leads of one evening in New York are of two days in UTC."""
    activate_policy(services, shipped_policy_text().replace("zone: UTC", "zone: America/New_York"))
    evening = [datetime(2026, 11, 10, 23, 30, tzinfo=UTC), datetime(2026, 11, 11, 1, 30, tzinfo=UTC)]
    seed(
        town, "hubspot", [Made(f"N{at.hour}", (NOW - at) / timedelta(days=1), email=f"n{at.hour}@acme.example") for at in evening]
    )
    assert taken("hubspot").figure("created").values["busiest_day"] == 2
