"""Owner choice: who keeps, who gets, and who is asked when nobody is there."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.policy import Member, load_policy, shipped_policy_text
from connector.routing.decide import Decision, decide
from connector.routing.owners import OwnerStanding, Sticky, choose_owner, pools_in_reach

TEXT = shipped_policy_text().replace("percent: 5", "percent: 0")
PEOPLE = {
    "closers": (Member("ann"), Member("bob")),
    "sdrs": (Member("sue"), Member("sid", 2)),
    "reviewers": (Member("rev"),),
}
POLICY = load_policy(TEXT.replace("nobody: []", "nobody: [sync@acme.example, 00G-Default]")).with_pools(PEOPLE)
EVERYONE = frozenset({"ann", "bob", "sue", "sid", "rev"})
STANDING = OwnerStanding(active=EVERYONE, eligible=PEOPLE)

A1 = {"sure": True, "match": "new", "fit_band": "high", "engagement_band": "high"}


def decision(**facts: Any) -> Decision:
    return decide(POLICY, {**A1, **facts}, record_key="LL-1")


def choice(standing: OwnerStanding, **facts: Any) -> tuple[str | None, str, str]:
    found = choose_owner(decision(**facts), POLICY, standing)
    return found.owner, found.why, found.route


def test_a_fair_turn_in_the_destinations_pool() -> None:
    found = choose_owner(decision(), POLICY, replace(STANDING, taken={"closers": {"ann": 1}, "sdrs": {"bob": 5}}))
    assert (found.owner, found.why, found.pool, found.span_total) == ("bob", "turn", "closers", 2)
    assert [tuple(share) for share in found.arithmetic] == [("ann", 1, 1, "1"), ("bob", 1, 0, "1")]


@pytest.mark.parametrize("facts", [{}, {"relationship": "test"}, {"sure": False}, {"relationship": "customer"}])
def test_an_owner_that_a_person_set_stays(facts: dict[str, Any]) -> None:
    standing = replace(STANDING, present_owner="005-Manager", present_owner_is_person_set=True, account_owner="ann")
    found = choose_owner(decision(**facts), POLICY, standing)
    assert (found.owner, found.why, found.pool) == ("005-Manager", "person_set", None)


@pytest.mark.parametrize(
    ("owner", "person_set"),
    [("sync@acme.example", True), ("00g-default", True), (" SYNC@acme.example", True), ("ann", False), (None, True), ("", True)],
)
def test_an_owner_that_counts_as_nobody_is_replaced(owner: str | None, person_set: bool) -> None:
    standing = replace(STANDING, present_owner=owner, present_owner_is_person_set=person_set)
    assert choice(standing) == ("ann", "turn", "closers")


def test_the_same_person_by_the_same_destination_keeps_the_rep() -> None:
    found = choose_owner(decision(), POLICY, replace(STANDING, sticky=Sticky("bob", "closers")))
    assert (found.owner, found.why, found.pool, found.arithmetic) == ("bob", "sticky", None, ())


@pytest.mark.parametrize("sticky", [Sticky("bob", "sdrs"), Sticky("gone", "closers")])
def test_another_destination_or_a_leaver_takes_a_new_turn(sticky: Sticky) -> None:
    assert choice(replace(STANDING, sticky=sticky)) == ("ann", "turn", "closers")


def test_who_is_inactive_gets_no_turn() -> None:
    assert choice(replace(STANDING, active=EVERYONE - {"ann"})) == ("bob", "turn", "closers")


@pytest.mark.parametrize(
    ("facts", "standing", "expected"),
    [
        ({"relationship": "customer"}, {"account_owner": "bob"}, ("bob", "account_owner", "account_owner")),
        ({"relationship": "customer"}, {"account_owner": "gone"}, ("sid", "turn", "triage")),
        ({"relationship": "customer"}, {}, ("sid", "turn", "triage")),
        (
            {"open_opportunity": True},
            {"opportunity_owner": "ann", "account_owner": "bob"},
            ("ann", "opportunity_owner", "opportunity_owner"),
        ),
        ({"open_opportunity": True}, {"account_owner": "bob"}, ("bob", "account_owner", "account_owner")),
        (
            {"match": "known", "hand_raise": "demo", "known_owner_active": True},
            {"known_owner": "bob", "present_owner": "ann"},
            ("bob", "present_owner", "present_owner"),
        ),
        (
            {"match": "known", "hand_raise": "demo", "known_owner_active": True},
            {"present_owner": "ann"},
            ("ann", "present_owner", "present_owner"),
        ),
        ({"match": "known", "hand_raise": "demo", "known_owner_active": True}, {"known_owner": "gone"}, ("sid", "turn", "sdrs")),
        ({"relationship": "test"}, {}, (None, "no_owner_needed", "disqualify")),
        ({"engagement_band": "low"}, {}, (None, "no_owner_needed", "watch")),
        (
            {"engagement_band": "low"},
            {"queues": frozenset({"Leadline Nurture"})},
            ("Leadline Nurture", "no_owner_needed", "watch"),
        ),
        ({"sure": False}, {}, ("rev", "turn", "review")),
    ],
)
def test_each_kind_of_destination(facts: dict[str, Any], standing: dict[str, Any], expected: tuple[str | None, str, str]) -> None:
    assert choice(replace(STANDING, **standing), **facts) == expected


@pytest.mark.parametrize(
    ("empty", "expected"),
    [
        (["closers"], ("sid", "turn", "sdrs")),
        (["closers", "sdrs"], ("rev", "turn", "review")),
        (["closers", "sdrs", "reviewers"], ("rev", "overflow", "review")),
    ],
)
def test_an_empty_pool_falls_back_and_ends_with_a_person(empty: list[str], expected: tuple[str, str, str]) -> None:
    eligible = {pool: members for pool, members in PEOPLE.items() if pool not in empty}
    assert choice(replace(STANDING, eligible=eligible)) == expected


def test_nobody_at_all_is_said_and_not_raised() -> None:
    assert choice(OwnerStanding(active=frozenset())) == (None, "nobody_available", "review")


WITH_QUEUE = TEXT.replace(
    "destinations:\n",
    """destinations:
  hot_queue: {kind: queue, queue: Hot leads, clock: half_hour, fallback: jane}
  jane: {kind: person, person: Jane@Acme.example, clock: half_hour}
  org_rule: {kind: assignment_rule, clock: same_day}
""",
)


@pytest.mark.parametrize(
    ("destination", "queues", "active", "expected"),
    [
        ("hot_queue", {"Hot leads"}, set(), ("Hot leads", "queue", "hot_queue")),
        ("hot_queue", set(), {"jane@acme.example"}, ("jane@acme.example", "person", "jane")),
        ("hot_queue", set(), {"rev"}, ("rev", "turn", "review")),
        ("jane", set(), {"jane@acme.example"}, ("jane@acme.example", "person", "jane")),
        ("org_rule", set(), set(), (None, "assignment_rule", "org_rule")),
    ],
)
def test_queues_persons_and_the_crms_own_rule(
    destination: str, queues: set[str], active: set[str], expected: tuple[str | None, str, str]
) -> None:
    policy = load_policy(WITH_QUEUE.replace("A1: {destination: closers", f"A1: {{destination: {destination}")).with_pools(PEOPLE)
    standing = OwnerStanding(active=frozenset(active), eligible=PEOPLE, queues=frozenset(queues))
    found = choose_owner(decide(policy, A1, record_key="LL-1"), policy, standing)
    assert (found.owner, found.why, found.route) == expected


def test_pools_in_reach_are_those_that_a_turn_may_come_from() -> None:
    assert pools_in_reach(decision(), POLICY) == {"closers", "sdrs", "reviewers"}
    assert pools_in_reach(decision(sure=False), POLICY) == {"reviewers", "sdrs"}


NAMES = st.none() | st.sampled_from([*sorted(EVERYONE), "gone", "sync@acme.example", ""])
STANDINGS = st.builds(
    OwnerStanding,
    active=st.frozensets(st.sampled_from([*sorted(EVERYONE), "gone"])),
    eligible=st.dictionaries(
        st.sampled_from([*PEOPLE, "other"]),
        st.lists(st.sampled_from([Member("ann", 2), Member("sid"), Member("gone")]), unique=True),
    ),
    taken=st.dictionaries(st.sampled_from(list(PEOPLE)), st.dictionaries(st.sampled_from(sorted(EVERYONE)), st.integers(0, 99))),
    queues=st.frozensets(st.just("Leadline Nurture")),
    present_owner=NAMES,
    present_owner_is_person_set=st.booleans(),
    known_owner=NAMES,
    account_owner=NAMES,
    opportunity_owner=NAMES,
    sticky=st.none() | st.builds(Sticky, st.sampled_from(["ann", "gone"]), st.sampled_from(list(POLICY.destinations))),
)
FACTS = st.fixed_dictionaries(
    {},
    optional={
        "sure": st.booleans(),
        "match": st.sampled_from(["new", "known", "possible"]),
        "relationship": st.sampled_from(["customer", "test", "partner"]),
        "fit_band": st.sampled_from(["high", "medium", "low"]),
        "engagement_band": st.sampled_from(["high", "medium", "low", "not_measured"]),
        "hand_raise": st.just("demo"),
        "known_owner_active": st.booleans(),
        "open_opportunity": st.booleans(),
        "target_account": st.booleans(),
        "account_owner": st.just("005A"),
    },
)


@settings(deadline=None)
@given(FACTS, STANDINGS)
def test_any_standing_has_one_answer_and_only_active_people_get_leads(facts: dict[str, Any], standing: OwnerStanding) -> None:
    made = decide(POLICY, facts, record_key="LL-1")
    found = choose_owner(made, POLICY, standing)
    assert found == choose_owner(made, POLICY, standing)
    if found.why == "person_set":
        assert found.owner == standing.present_owner
    elif found.owner is not None and found.owner not in standing.queues:
        assert found.owner in standing.active
    if found.pool is not None:
        assert found.pool in pools_in_reach(made, POLICY)
        assert found.owner in {share.rep for share in found.arithmetic}
    if found.why == "nobody_available":
        assert "rev" not in standing.active
