"""Every figure of an audit against a count made by hand from the same town, in both CRMs."""

import math
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from connector.audit.figures import Audit
from connector.demo.portals import Portals
from tests.connector.audit.conftest import Taken
from tests.connector.audit.town import ADA, BEN, EMPTY, GUS, INTAKE, OLD, TOWN, Made, seed

CRMS = pytest.mark.parametrize("crm", ["salesforce", "hubspot"])


def population(crm: str) -> list[Made]:
    """In HubSpot an e-mail address is unique, so that the second of two cannot be there."""
    seen: set[str] = {one.email for one in OLD} if crm == "hubspot" else set()
    kept = []
    for one in TOWN:
        if crm == "salesforce" or one.email not in seen:
            kept.append(one)
            seen.add(one.email)
    return kept


_TAKEN: dict[str, Audit] = {}


@pytest.fixture
def leads(crm: str) -> list[Made]:
    return population(crm)


@pytest.fixture
def inhabited(town: Portals, crm: Any) -> Portals:
    seed(town, crm, OLD)
    seed(town, crm, population(crm))
    return town


@pytest.fixture
def audit(crm: str, request: pytest.FixtureRequest) -> Audit:
    """The town's audit, taken once for each CRM: it never changes, and the tests only read it."""
    if crm not in _TAKEN:
        request.getfixturevalue("inhabited")
        _TAKEN[crm] = request.getfixturevalue("taken")(crm)
    return _TAKEN[crm]


def nearest_rank(values: list[int], percent: int) -> int:
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1]


@CRMS
def test_how_soon_and_whether_at_all(crm: str, leads: list[Made], audit: Audit) -> None:
    waits = [int(one.first.total_seconds()) for one in leads if one.first is not None]
    assert audit.figure("created").values["records"] == len(leads)
    speed = audit.figure("first_touch")
    assert speed.rate
    assert (speed.rate.count, speed.rate.of) == (len(waits), len(leads))
    assert speed.values["p50_seconds"] == nearest_rank(waits, 50)
    assert speed.values["p95_seconds"] == nearest_rank(waits, 95)
    assert speed.values["before_creation"] == sum(act.after < timedelta() for one in leads for act in one.acts)
    parts = {part.label: part.count for part in speed.parts}
    limits = {"up to 5 minutes": 300, "5 minutes to 1 hour": 3_600, "1 to 8 hours": 28_800, "8 to 24 hours": 86_400}
    reached = 0
    for label, seconds in limits.items():
        assert parts[label] == sum(wait <= seconds for wait in waits) - reached
        reached += parts[label]
    assert parts["never"] == len(leads) - len(waits)
    never = audit.figure("never_touched")
    assert never.rate
    assert (never.rate.count, never.rate.of) == (len(leads) - len(waits), len(leads))
    assert never.values["younger_than_a_day"] == sum(one.first is None and one.days < 1 for one in leads)


@CRMS
def test_by_what_the_first_touch_was_made(crm: str, leads: list[Made], audit: Audit) -> None:
    firsts = [min((act for act in one.acts if act.counts), key=lambda act: act.after) for one in leads if one.first is not None]
    said = {"call": "call", "email": "e-mail", "meeting": "meeting", "task": "completed task"}
    figure = audit.figure("first_touch_kind")
    assert {part.label: part.count for part in figure.parts} == Counter(said[act.kind] for act in firsts)


@CRMS
def test_whose_they_are(crm: str, leads: list[Made], audit: Audit) -> None:
    nobody = audit.figure("owned_by_nobody").rate
    leavers = audit.figure("owned_by_leavers").rate
    assert nobody
    assert leavers
    assert nobody.count == sum(one.owner in {INTAKE, ""} for one in leads)
    assert leavers.count == sum(one.owner == GUS for one in leads)
    assert [part.count for part in audit.figure("owned_by_leavers").parts] == [leavers.count]
    queues = audit.figure("owned_by_unmanned_queues")
    if crm == "salesforce":
        assert queues.rate
        assert queues.rate.count == sum(one.owner == EMPTY for one in leads)
        assert [part.label for part in queues.parts] == [EMPTY]
    else:
        assert "does not tell who is in a queue" in queues.unread


@CRMS
def test_how_evenly(crm: str, leads: list[Made], audit: Audit) -> None:
    figure = audit.figure("share_per_rep")
    held = Counter(one.owner for one in leads if one.owner in {ADA, BEN})
    touched = {owner: sum(one.first is not None for one in leads if one.owner == owner) for owner in held}
    assert [(part.label, part.count, part.of) for part in figure.parts] == [
        ("Ada Leadline", held[ADA], held.total()),
        ("Ben Leadline", held[BEN], held.total()),
    ]
    assert [part.rates["touched"].count for part in figure.parts] == [touched[ADA], touched[BEN]]
    assert figure.values["most_to_fair_percent"] == round(100 * held[ADA] / (held.total() / 2))


@CRMS
def test_what_the_sources_bring(crm: str, leads: list[Made], audit: Audit) -> None:
    figure = audit.figure("sources")
    for part in figure.parts:
        group = [one for one in leads if (one.source or "(no source)") == part.label]
        assert (part.count, part.of) == (len(group), len(leads))
        rates = {name: rate.count for name, rate in part.rates.items()}
        expected = {
            "touched": sum(one.first is not None for one in group),
            "opportunity": sum(one.opportunity for one in group),
            "won": sum(one.won for one in group),
        }
        converted = {"converted": sum(one.converted for one in group)} if crm == "salesforce" else {}
        assert rates == {**expected, **converted}
        assert all(rate.few for rate in part.rates.values())
    assert sum(part.count for part in figure.parts) == len(leads)
    assert {part.label for part in figure.parts} == {one.source or "(no source)" for one in leads}


@CRMS
def test_whether_work_leaves_a_trace(crm: str, leads: list[Made], audit: Audit) -> None:
    worked_on = [one for one in leads if one.opportunity or (one.converted and crm == "salesforce")]
    figure = audit.figure("touch_logged")
    assert figure.rate
    assert (figure.rate.count, figure.rate.of) == (sum(one.first is not None for one in worked_on), len(worked_on))


@CRMS
def test_how_often_the_fields_are_filled(crm: str, leads: list[Made], audit: Audit) -> None:
    filled = {part.label: part.count for part in audit.figure("fill").parts}
    assert filled["email"] == sum(bool(one.email) for one in leads)
    assert filled["phone"] == sum(bool(one.phone) for one in leads)
    assert filled["last_name"] == len(leads)
    assert filled["title"] == sum(bool(one.title) for one in leads)
    assert filled["source"] == sum(bool(one.source) for one in leads)
    assert filled["country"] == 0


@CRMS
def test_who_is_there_twice(crm: str, leads: list[Made], audit: Audit) -> None:
    figure = audit.figure("duplicates_inside")
    by_phone = sum(bool(one.phone) for one in leads) - 1
    older = {one.email for one in OLD}
    by_email = sum(one.email in older for one in leads)
    assert figure.rate
    assert (figure.rate.count, figure.rate.of) == (by_phone + by_email, len(leads))
    assert {part.label: part.count for part in figure.parts} == {
        "same phone and family name": by_phone,
        **({"same e-mail address": by_email} if by_email else {}),
    }
    assert figure.values["of_older_records"] == by_email


@CRMS
def test_the_same_people_in_the_other_crm(crm: str, leads: list[Made], inhabited: Portals, taken: Taken) -> None:
    other: Any = "hubspot" if crm == "salesforce" else "salesforce"
    elsewhere = [Made("Berg", 20, email="BERG@acme.example"), Made("Lund", 20, phone="+4930901820", email="x@y.example")]
    longer_ago = [Made("Falk", 400, email="falk@acme.example"), Made("Ny", 400, email="ny@acme.example")]
    seed(inhabited, other, [*elsewhere, *longer_ago])
    figure = taken(crm, across=True).figure("duplicates_across")
    assert figure.rate
    # Berg and Falk by address, and the two of the phone number
    assert (figure.rate.count, figure.rate.of) == (4, len(leads))
    assert inhabited.sandbox.stats()["writes"] == []


@CRMS
def test_nothing_is_written_and_every_call_is_counted(crm: str, leads: list[Made], inhabited: Portals, taken: Taken) -> None:
    before = len(inhabited.sandbox.journal())
    audit = taken(crm)
    stats = inhabited.sandbox.stats()
    assert stats["writes"] == []
    assert len(inhabited.sandbox.journal()) == before
    calls = sum(one["count"] for one in stats["calls"] if one["crm"] == crm and not one["route"].endswith("/token"))
    assert audit.figure("cost").values["audit_calls"] == calls
