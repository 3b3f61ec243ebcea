"""A decision from its facts alone: the same bytes again, no person in them, and nothing counts but what is allowed to."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.records import RecordRef
from config.fields import ALLOWED, DERIVED, FIELDS, OUTPUTS, PERSONS_OUTPUTS, Value, Values
from config.policy import Member, Policy, load_policy, shipped_policy_text
from config.profile import Profile, load_profile, shipped_profile_text
from connector.canonical import canonical
from connector.case import Case, case_from
from connector.enrichment import enrich
from connector.judgement import Placed, judge, place
from connector.routing.owners import OwnerStanding, Sticky
from connector.standing import standing_from
from tests.scoring.lead_values import GOOD, NOW, leads

REF = RecordRef("acme", "lead", "00Q5e0000000001EAA")
PERSONAL = sorted(name for name, field in FIELDS.items() if field.personal)
REPS = ("ada@leadline.example", "ben@leadline.example", "hana@leadline.example")
SLA_STATES = {None, "On track", "Measuring only"}


@cache
def policy() -> Policy:
    pools = {"closers": REPS[:2], "sdrs": REPS[:2], "reviewers": REPS[2:]}
    shipped = load_policy(shipped_policy_text())
    return shipped.with_pools({name: [Member(rep, 1) for rep in reps] for name, reps in pools.items()})


@cache
def profile() -> Profile:
    return load_profile(shipped_profile_text())


def case(values: Values, **changes: Any) -> Case:
    made = Case(
        ref=REF,
        key="LL-1",
        values=values,
        derived=enrich(values),
        verdict="new",
        person_id="7d0a8f0e-0000-4000-8000-000000000001",
        evidence=("email",),
        raised="",
        mode="full",
        owner_active=False,
        running=None,
        as_of=NOW,
        source_at=NOW - timedelta(seconds=3),
    )
    return replace(made, **changes)


def standing(**changes: Any) -> OwnerStanding:
    eligible = {name: list(members) for name, members in policy().pools.items()}
    made = OwnerStanding(active=frozenset(REPS), eligible=eligible, taken={name: {} for name in eligible})
    return replace(made, **changes)


def placed(this: Case, how: OwnerStanding | None = None) -> Placed:
    return place(this, judge(this, policy(), profile()), how or standing(), policy(), profile())


def document_of(how: OwnerStanding) -> dict[str, Any]:
    return {
        "active": sorted(how.active),
        "eligible": {name: [[m.rep, m.weight] for m in members] for name, members in how.eligible.items()},
        "taken": {name: dict(taken) for name, taken in how.taken.items()},
        "queues": sorted(how.queues),
        "present_owner": how.present_owner,
        "present_owner_is_person_set": how.present_owner_is_person_set,
        "known_owner": how.known_owner,
        "account_owner": how.account_owner,
        "opportunity_owner": how.opportunity_owner,
        "sticky": [how.sticky.rep, how.sticky.route] if how.sticky else None,
    }


_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
_OF_KIND: Mapping[str, st.SearchStrategy[Value]] = {
    "text": _TEXT,
    "integer": st.integers(-(10**9), 10**12),
    "flag": st.booleans(),
    "moment": st.integers(0, 2**32).map(lambda seconds: datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")),
}
anything = st.fixed_dictionaries({}, optional={name: st.none() | _OF_KIND[field.kind] for name, field in FIELDS.items()})
cases = st.builds(
    lambda values, good, **rest: case({**good, **values}, **rest),
    anything | leads,
    st.sampled_from([{}, {name: value for name, value in GOOD.items() if name in FIELDS}]),
    verdict=st.sampled_from(["new", "known", "same", "possible"]),
    mode=st.sampled_from(["shadow", "suggest", "partial", "full"]),
    owner_active=st.booleans(),
    raised=st.sampled_from(["", "0123456789abcdef"]),
    key=st.text("0123456789abcdef", min_size=1, max_size=20),
)
standings = st.builds(
    standing,
    taken=st.fixed_dictionaries(
        {name: st.dictionaries(st.sampled_from(REPS), st.integers(0, 9)) for name in ("closers", "sdrs")}
    ),
    active=st.frozensets(st.sampled_from(REPS)),
    present_owner=st.sampled_from([None, *REPS, "0055e0000000009AAA"]),
    present_owner_is_person_set=st.booleans(),
    known_owner=st.sampled_from([None, *REPS]),
    sticky=st.sampled_from([None, Sticky(REPS[0], "closers")]),
    queues=st.sampled_from([frozenset(), frozenset({"Leadline Nurture"})]),
)


@given(cases, standings)
def test_a_decision_is_made_again_byte_for_byte_from_what_its_packet_holds(this: Case, how: OwnerStanding) -> None:
    first = placed(this, how)
    sealed = canonical({**this.facts(), "standing": document_of(how), "words": first.words})
    facts = json.loads(sealed)
    again = placed(case_from(REF, facts), standing_from(facts["standing"]))
    assert canonical(again.section) == canonical(first.section)
    assert canonical(again.words) == canonical(first.words)
    assert again.outputs == first.outputs


@given(cases, standings)
def test_every_output_fits_its_field(this: Case, how: OwnerStanding) -> None:
    outputs = placed(this, how).outputs
    assert outputs.keys() == OUTPUTS.keys() - PERSONS_OUTPUTS - {"duplicate_of", "packet_url", "key"}
    for name in ("fit_score", "engagement_score"):
        assert outputs[name] is None or 0 <= int(str(outputs[name])) <= 100
    assert 3 <= int(str(outputs["priority_rank"])) <= 15
    assert str(outputs["grade"])[0] in "ABC"
    assert outputs["confidence"] in {"High", "Medium", "Low"}
    assert outputs["route"] in policy().destinations
    assert 0 < len(str(outputs["route_reason"])) <= 255
    assert str(outputs["route_reason"]).isprintable()
    assert outputs["sla_state"] in SLA_STATES
    assert (outputs["sla_due"] is None) == (outputs["sla_state"] is None)
    assert outputs["review_state"] in {None, "Needs a person"}


@given(cases, standings, st.data())
def test_the_decision_section_holds_nothing_of_the_person(this: Case, how: OwnerStanding, data: st.DataObject) -> None:
    """Each personal value is one that stands nowhere else; not a piece of it may be found."""
    names = data.draw(st.lists(st.sampled_from(PERSONAL), unique=True))
    told = {name: f"qz{number}xj" for number, name in enumerate(names)}
    values = {**this.values, **told, **({"email": "qz99xj@qz98xj.example"} if "email" in names else {})}
    section = canonical(placed(replace(this, values=values, derived=enrich(values)), how).section)
    assert b"qz" not in section
    assert b"xj" not in section


FORBIDDEN = sorted(set(FIELDS) - ALLOWED)


@given(cases, standings, st.fixed_dictionaries({name: st.none() | _TEXT for name in FORBIDDEN}))
def test_what_is_not_on_the_allow_list_changes_nothing(this: Case, how: OwnerStanding, others: dict[str, Value]) -> None:
    """What is derived from an address or a number is on the list by itself, and stands still here."""
    changed = replace(this, values={**this.values, **others})
    first, second = placed(this, how), placed(changed, how)
    assert canonical(second.section) == canonical(first.section)
    assert second.outputs == first.outputs


def test_the_allow_list_is_no_empty_promise() -> None:
    assert {"email", "phone", "first_name", "last_name", "comment", "street", "postal_code"} <= set(FORBIDDEN)
    assert "consent" in FORBIDDEN
    assert not {"title", "visits", "hand_raise"} & set(FORBIDDEN)
    assert set(DERIVED) <= ALLOWED
    strong = placed(case({"title": "VP Sales", "industry": "Software", "employees": 300, "country": "Germany"}))
    weak = placed(case({"title": "Intern", "industry": "Software", "employees": 300, "country": "Germany"}))
    assert canonical(strong.section) != canonical(weak.section)


@given(cases)
def test_who_asked_not_to_be_contacted_is_said_first(this: Case) -> None:
    for opted_out in (True, False, None):
        reason = str(placed(replace(this, values={**this.values, "opted_out": opted_out})).outputs["route_reason"])
        assert reason.startswith("Do not contact.") == (opted_out is True)
        assert len(reason) <= 255


@given(cases, standings)
def test_the_unsure_go_to_a_person_with_a_code(this: Case, how: OwnerStanding) -> None:
    """Low confidence or keys of two persons: no score of theirs decides."""
    found = placed(this, how)
    decision = found.judged.decision
    unsure = this.verdict == "possible" or found.judged.scores.confidence_label == "Low"
    if decision.rule == "unsure":
        assert unsure
        assert decision.review_code in {"POSSIBLE_DUPLICATE", "LOW_CONFIDENCE"}
        assert found.outputs["reason_code"] == decision.review_code
    if unsure:
        assert not decision.rule.startswith("matrix")
        assert decision.rule != "fast track"


@given(cases)
def test_not_measured_is_not_zero(this: Case) -> None:
    scores = placed(this).judged.scores
    assert (scores.engagement.value is None) == (not scores.measured)


@pytest.mark.parametrize(
    ("source_at", "due_at"),
    [
        (datetime(2026, 11, 20, 10, 0, tzinfo=UTC), "2026-11-20T10:05:00Z"),
        (datetime(2026, 11, 20, 16, 58, tzinfo=UTC), "2026-11-23T09:03:00Z"),
        (datetime(2026, 11, 20, 18, 0, tzinfo=UTC), "2026-11-23T09:15:00Z"),
        (datetime(2026, 11, 22, 12, 0, tzinfo=UTC), "2026-11-23T09:15:00Z"),
    ],
    ids=["in hours", "at closing time", "on Friday evening", "on Sunday"],
)
def test_the_clock_starts_when_the_source_said_so(source_at: datetime, due_at: str) -> None:
    """However late we look."""
    asked: Values = {
        "title": "VP Sales",
        "industry": "Software",
        "employees": 300,
        "country": "Germany",
        "hand_raise": "demo",
        "hand_raised_at": source_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    for late in (timedelta(0), timedelta(hours=5)):
        found = placed(case(asked, source_at=source_at, as_of=source_at + late))
        assert found.outputs["route"] == "closers"
        assert found.section["due_at"] == found.outputs["sla_due"] == due_at


def test_a_share_of_partial_acts_and_shadow_never_does() -> None:
    acting = {
        mode: [placed(case({}, mode=mode, key=f"LL-{n}")).acts for n in range(200)] for mode in ("shadow", "partial", "full")
    }
    assert not any(acting["shadow"])
    assert all(acting["full"])
    assert 20 < sum(acting["partial"]) < 80


HOT = {"title": "VP Sales", "industry": "Software", "employees": 300, "country": "Germany", "hand_raise": "demo"}


@pytest.mark.parametrize(
    ("running", "due_at"),
    [("closers", "2026-11-20T10:05:00Z"), ("watch", "2026-11-20T10:09:00Z"), (None, "2026-11-20T10:09:00Z")],
)
def test_a_correction_does_not_set_a_running_clock_back(running: str | None, due_at: str) -> None:
    """The first event was at 10:00; four minutes later somebody mends the phone number. Another route has a clock of its own."""
    first, later = datetime(2026, 11, 20, 10, 0, tzinfo=UTC), datetime(2026, 11, 20, 10, 4, tzinfo=UTC)
    this = case(HOT, as_of=later, source_at=later, verdict="same", running=(running, first) if running else None)
    found = placed(this)
    assert (found.section["route"], found.section["due_at"]) == ("closers", due_at)


def test_who_asked_not_to_be_contacted_is_not_to_be_called() -> None:
    reason = str(placed(case({**HOT, "opted_out": True})).outputs["route_reason"])
    assert "Look by" in reason
    assert "Call" not in reason
