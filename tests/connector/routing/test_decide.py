"""Decisions: the default policy rule by rule, and what holds for any policy and any facts."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.policy import CELLS, HUMAN, Policy, load_policy, shipped_policy_text
from config.vocabulary import WORDS
from connector.routing.decide import Decision, decide

TEXT = shipped_policy_text()
DEFAULT = load_policy(TEXT)
UNSAMPLED = load_policy(TEXT.replace("percent: 5", "percent: 0"))

SURE: dict[str, Any] = {"sure": True, "match": "new"}


def matrix_facts(cell: str) -> dict[str, Any]:
    row, column = cell[0], cell[1:].lstrip("_")
    bands = {"1": "high", "2": "medium", "3": "low"}
    return {
        **SURE,
        "fit_band": {"A": "high", "B": "medium", "C": "low"}[row],
        "engagement_band": bands.get(column, "not_measured"),
        "hand_raise": "demo" if column == "hand_raise" else None,
    }


def route(facts: dict[str, Any], policy: Policy = UNSAMPLED) -> Decision:
    return decide(policy, facts, record_key="LL-1")


A1 = matrix_facts("A1")

BEFORE_THE_MATRIX = [
    # facts, rule, route, reason code, clock
    ({"relationship": "test"}, "test", "disqualify", "TEST", "no_touch"),
    ({"relationship": "competitor"}, "competitor", "disqualify", "COMPETITOR", "no_touch"),
    ({"relationship": "vendor"}, "vendor", "disqualify", "VENDOR", "no_touch"),
    ({"relationship": "job_seeker"}, "job seeker", "disqualify", "JOB_SEEKER", "no_touch"),
    ({"relationship": "competitor", "open_opportunity": True}, "competitor", "disqualify", "COMPETITOR", "no_touch"),
    ({"open_opportunity": True}, "open opportunity", "opportunity_owner", "OPEN_OPPORTUNITY", "half_hour"),
    (
        {"open_opportunity": True, "relationship": "customer"},
        "open opportunity",
        "opportunity_owner",
        "OPEN_OPPORTUNITY",
        "half_hour",
    ),
    ({"relationship": "customer"}, "customer", "account_owner", "CUSTOMER", "same_day"),
    ({"relationship": "customer", "sure": False}, "customer", "account_owner", "CUSTOMER", "same_day"),
    (
        {"match": "known", "hand_raise": "demo", "known_owner_active": True},
        "asks again",
        "present_owner",
        "CAME_BACK",
        "five_minutes",
    ),
    (
        {"match": "known", "hand_raise": "demo", "known_owner_active": True, "days_since_lost": 90},
        "asks again",
        "present_owner",
        "CAME_BACK",
        "five_minutes",
    ),
    (
        {"match": "known", "hand_raise": "demo", "known_owner_active": True, "days_since_lost": 91},
        "matrix A1",
        "closers",
        "HIGH_FIT_HIGH_ENGAGEMENT",
        "five_minutes",
    ),
    (
        {"match": "known", "hand_raise": "demo", "known_owner_active": False},
        "matrix A1",
        "closers",
        "HIGH_FIT_HIGH_ENGAGEMENT",
        "five_minutes",
    ),
    ({"target_account": True, "account_owner": "005A"}, "target account", "account_owner", "TARGET_ACCOUNT", "half_hour"),
    ({"target_account": True}, "matrix A1", "closers", "HIGH_FIT_HIGH_ENGAGEMENT", "five_minutes"),
    ({"sure": False}, "unsure", "review", "UNSURE", "half_hour"),
    ({"sure": None}, "unsure", "review", "UNSURE", "half_hour"),
    ({"sure": False, "rank": 15}, "unsure", "review", "UNSURE", "half_hour"),
    ({"match": "possible"}, "unsure", "review", "UNSURE", "half_hour"),
    ({"review_reasons": "HIGH_VALUE"}, "unsure", "review", "UNSURE", "half_hour"),
    ({"rank": 13, "fit_band": "medium", "engagement_band": "medium"}, "fast track", "closers", "FAST_TRACK", "five_minutes"),
    (
        {"rank": 12, "fit_band": "medium", "engagement_band": "high"},
        "matrix B1",
        "sdrs",
        "MEDIUM_FIT_HIGH_ENGAGEMENT",
        "half_hour",
    ),
    ({"rank": 15, "fit_band": "low"}, "matrix C1", "triage", "TRIAGE", "same_day"),
    ({"rank": 15, "engagement_band": "not_measured"}, "matrix A_not_measured", "sdrs", "HIGH_FIT_NOT_MEASURED", "same_day"),
]


@pytest.mark.parametrize(("facts", "rule", "destination", "code", "clock"), BEFORE_THE_MATRIX)
def test_the_rules_of_the_default_policy(facts: dict[str, Any], rule: str, destination: str, code: str, clock: str) -> None:
    decision = route({**A1, **facts})
    assert (decision.rule, decision.route, decision.reason_code, decision.clock) == (rule, destination, code, clock)


@pytest.mark.parametrize(
    ("cell", "destination", "minutes", "same_day"),
    [
        ("A1", "closers", 5, False),
        ("B1", "sdrs", 30, False),
        ("A2", "sdrs", None, True),
        ("B2", "sdrs", None, True),
        ("A3", "watch", None, False),
        ("B3", "watch", None, False),
        ("C1", "triage", None, True),
        ("C2", "nurture", None, False),
        ("C3", "nurture", None, False),
        ("A_not_measured", "sdrs", None, True),
        ("B_not_measured", "sdrs", None, True),
        ("C_not_measured", "nurture", None, False),
        ("A_hand_raise", "closers", 5, False),
        ("B_hand_raise", "sdrs", 30, False),
        ("C_hand_raise", "triage", None, True),
    ],
)
def test_the_matrix_of_the_default_policy(cell: str, destination: str, minutes: int | None, same_day: bool) -> None:
    decision = route(matrix_facts(cell))
    assert decision.rule == f"matrix {cell}"
    assert (decision.route, decision.clock_minutes, decision.same_day) == (destination, minutes, same_day)
    assert decision.task is (minutes is not None or same_day)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"sure": False}, "LOW_CONFIDENCE"),
        ({"match": "possible"}, "POSSIBLE_DUPLICATE"),
        ({"match": "possible", "sure": False}, "POSSIBLE_DUPLICATE"),
        ({"review_reasons": "HIGH_VALUE MISSING_FIELD", "sure": False}, "HIGH_VALUE"),
        ({}, ""),
    ],
)
def test_unsure_says_why(facts: dict[str, Any], code: str) -> None:
    assert route({**A1, **facts}).review_code == code


def test_the_path_tells_every_rule_considered() -> None:
    path = route({**A1, "rank": 7, "relationship": "partner"}).path
    assert path == (
        "test: not relationship = test",
        "competitor: not relationship = competitor",
        "vendor: not relationship = vendor",
        "job seeker: not relationship = job_seeker",
        "open opportunity: open_opportunity is missing",
        "customer: not relationship = customer",
        "asks again: not match = known",
        "target account: target_account is missing",
        "fast track: not rank >= 13",
        "matrix A1: holds",
    )
    assert route({**A1, "sure": False}).path[-2:] == ("fast track: looks at scores, unsure", "unsure: LOW_CONFIDENCE")
    assert route({**A1, "relationship": "test"}).path == ("test: holds",)


def test_without_a_score_the_default_lane_takes_the_lead() -> None:
    decision = route(SURE)
    assert (decision.rule, decision.route, decision.reason_code) == ("default", "review", "NO_RULE")


def sampled(facts: dict[str, Any]) -> Counter[str]:
    return Counter(decide(DEFAULT, facts, record_key=f"LL-{number}").arm for number in range(4000))


@pytest.mark.parametrize("cell", ["A3", "B3", "C2", "C3", "C_not_measured"])
def test_about_five_percent_of_the_nurtured_go_to_triage(cell: str) -> None:
    assert 140 <= sampled(matrix_facts(cell))["sample"] <= 260


def test_a_sampled_lead_looks_like_any_other_in_triage() -> None:
    decisions = [decide(DEFAULT, matrix_facts("C3"), record_key=f"LL-{number}") for number in range(200)]
    picked = next(decision for decision in decisions if decision.arm == "sample")
    plain = route(matrix_facts("C1"))
    same = ("route", "kind", "target", "reason_code", "clock", "clock_minutes", "same_day", "task", "review_code")
    assert [getattr(picked, name) for name in same] == [getattr(plain, name) for name in same]
    assert (picked.rule, picked.arm_percent) == ("matrix C3", 5)
    assert next(decision for decision in decisions if decision.arm == "policy").arm_percent == 95


@pytest.mark.parametrize(
    "facts",
    [
        *({**matrix_facts("C3"), "relationship": who} for who in ("test", "competitor", "vendor", "job_seeker")),
        {**matrix_facts("C3"), "opted_out": True},
        {**matrix_facts("C3"), "sure": False},
        matrix_facts("A1"),
        matrix_facts("C1"),
    ],
)
def test_who_is_never_sampled(facts: dict[str, Any]) -> None:
    decisions = {decide(DEFAULT, facts, record_key=f"LL-{number}") for number in range(500)}
    assert {(decision.arm, decision.arm_percent) for decision in decisions} == {("policy", 100)}


def test_those_disqualified_for_their_scores_are_sampled() -> None:
    policy = load_policy(TEXT.replace("C3: {destination: nurture", "C3: {destination: disqualify"))
    arms = {decide(policy, matrix_facts("C3"), record_key=f"LL-{number}").arm for number in range(500)}
    assert arms == {"policy", "sample"}


def test_a_locked_destination_gives_way_to_its_fallback() -> None:
    text = TEXT.replace("percent: 5", "percent: 0").replace("C3: {destination: nurture", "C3: {destination: ai_sdr")
    locked, unlocked = (
        route(matrix_facts("C3"), load_policy(text)),
        route(matrix_facts("C3"), load_policy(text.replace("locked: yes", "locked: no"))),
    )
    assert (locked.route, locked.fallback_used) == ("nurture", True)
    assert (unlocked.route, unlocked.fallback_used) == ("ai_sdr", False)


TERRITORIES = TEXT.replace(
    "destinations:\n",
    """destinations:
  by_country:
    kind: territory
    clock: half_hour
    fallback: triage
    areas:
      - {name: nordics, when: "country_code in [NO, SE]", pool: sdrs}
      - {name: rest of Europe, when: region = EMEA, pool: closers}
""",
).replace("A1: {destination: closers", "A1: {destination: by_country")


@pytest.mark.parametrize(
    ("facts", "destination", "pool", "clock"),
    [
        ({"country_code": "NO", "region": "EMEA"}, "by_country", "sdrs", "half_hour"),
        ({"country_code": "FR", "region": "EMEA"}, "by_country", "closers", "half_hour"),
        ({"country_code": "US", "region": "NA"}, "triage", "sdrs", "same_day"),
        ({}, "triage", "sdrs", "same_day"),
    ],
)
def test_a_territory_names_its_pool(facts: dict[str, Any], destination: str, pool: str, clock: str) -> None:
    decision = route({**A1, **facts}, load_policy(TERRITORIES))
    assert (decision.route, decision.target, decision.clock) == (destination, pool, clock)


AUTOMATIC = load_policy(
    TEXT.replace(
        "rules:\n",
        """rules:
  - {name: far away, when: region = APAC, destination: nurture, reason_code: FAR_AWAY}
  - {name: theirs, when: source = partner, destination: org_rule, reason_code: THEIRS}
""",
    ).replace("destinations:\n", "destinations:\n  org_rule: {kind: assignment_rule, clock: same_day}\n")
)


@pytest.mark.parametrize("facts", [{"region": "APAC"}, {"source": "partner"}])
def test_no_rule_sends_an_unsure_lead_where_nobody_looks(facts: dict[str, Any]) -> None:
    assert route({**A1, **facts}, AUTOMATIC).kind in {"nurture", "assignment_rule"}
    decision = route({**A1, **facts, "sure": False}, AUTOMATIC)
    assert (decision.route, decision.review_code) == ("review", "LOW_CONFIDENCE")


LIKELY = st.sampled_from(
    [
        "high",
        "medium",
        "low",
        "not_measured",
        "known",
        "possible",
        "new",
        "test",
        "customer",
        "demo",
        "",
        "APAC",
        "partner",
        "NO",
        "X Y",
    ]
)
VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | LIKELY
FACTS = st.dictionaries(st.sampled_from(sorted(WORDS)), VALUES, max_size=20)
POLICIES = st.sampled_from([DEFAULT, AUTOMATIC, load_policy(TERRITORIES)])


@settings(deadline=None)
@given(POLICIES, FACTS, st.text(max_size=20))
def test_any_facts_have_exactly_one_destination_and_one_clock(policy: Policy, facts: dict[str, Any], key: str) -> None:
    decision = decide(policy, facts, record_key=key)
    assert policy.destinations[decision.route].kind == decision.kind
    clock = policy.clocks[decision.clock]
    assert (decision.clock_minutes, decision.same_day, decision.task) == (clock.minutes, clock.same_day, clock.task)
    assert decision.kind not in HUMAN or clock.runs
    assert decision == decide(policy, dict(reversed(facts.items())), record_key=key)


@settings(deadline=None)
@given(POLICIES, FACTS)
def test_unsure_always_ends_with_a_person(policy: Policy, facts: dict[str, Any]) -> None:
    decision = decide(policy, {**facts, "sure": False}, record_key="LL-1")
    assert decision.kind in HUMAN or decision.rule in {"test", "competitor", "vendor", "job seeker"}
    assert (decision.review_code != "") is (decision.rule == "unsure")


@settings(deadline=None)
@given(FACTS, st.sampled_from(["email", "first_name", "postal_code", "consent", "unheard_of"]), VALUES)
def test_nothing_but_the_allowed_words_influences_a_decision(facts: dict[str, Any], name: str, value: Any) -> None:
    assert decide(DEFAULT, {**facts, name: value}, record_key="LL-1") == decide(DEFAULT, facts, record_key="LL-1")


def test_every_cell_is_reached() -> None:
    assert {route(matrix_facts(cell)).rule for cell in CELLS} == {f"matrix {cell}" for cell in CELLS}
