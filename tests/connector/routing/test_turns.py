"""Fair turns: nobody is ever a whole turn away from their share."""

from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.policy import Member
from connector.routing.turns import Share, next_up


def span(members: list[Member], turns: int) -> list[str]:
    taken: Counter[str] = Counter()
    order = []
    for _ in range(turns):
        rep = next_up(members, taken).rep
        taken[rep] += 1
        order.append(rep)
    return order


WEIGHTS = st.lists(st.integers(1, 40), min_size=1, max_size=9)


@settings(deadline=None)
@given(WEIGHTS)
def test_nobody_is_a_whole_turn_away_from_their_share_at_any_moment(weights: list[int]) -> None:
    members = [Member(f"rep{number}", weight) for number, weight in enumerate(weights)]
    taken: Counter[str] = Counter()
    for total, rep in enumerate(span(members, 2 * sum(weights)), start=1):
        taken[rep] += 1
        for member in members:
            assert abs(taken[member.rep] - Fraction(total * member.weight, sum(weights))) < 1
    assert all(taken[member.rep] == 2 * member.weight for member in members)


@given(WEIGHTS, st.randoms(use_true_random=False))
def test_the_order_in_which_members_are_listed_does_not_matter(weights: list[int], random: object) -> None:
    members = [Member(f"rep{number}", weight) for number, weight in enumerate(weights)]
    shuffled = sorted(members, key=lambda member: random.random())  # type: ignore[attr-defined]
    assert span(members, 20) == span(shuffled, 20)


@given(WEIGHTS, st.dictionaries(st.sampled_from([f"rep{number}" for number in range(12)]), st.integers(-3, 10**6)))
def test_any_ledger_gives_a_turn_to_a_member(weights: list[int], taken: dict[str, int]) -> None:
    members = [Member(f"rep{number}", weight) for number, weight in enumerate(weights)]
    turn = next_up(members, taken)
    assert turn.rep in {member.rep for member in members}
    assert turn.span_total == 1 + sum(max(taken.get(member.rep, 0), 0) for member in members)
    assert sum(Fraction(share.share) for share in turn.arithmetic) == turn.span_total


def test_turns_by_weight() -> None:
    assert span([Member("ann", 3), Member("bob", 1)], 8) == ["ann", "ann", "ann", "bob"] * 2
    # Deadlines ann 4, bob 2: bob. Then ann 4, bob 4: a tie, by id.
    assert span([Member("ann", 2), Member("bob", 5), Member("cid", 1)], 8) == "bob ann bob bob bob ann bob cid".split()
    assert span([Member("cid"), Member("ann"), Member("bob")], 4) == ["ann", "bob", "cid", "ann"]


def test_the_arithmetic_can_be_followed() -> None:
    turn = next_up([Member("bob", 1), Member("ann", 2)], {"ann": 1, "gone": 9})
    assert (turn.rep, turn.span_total) == ("ann", 2)
    assert turn.arithmetic == (Share("ann", 2, 1, "4/3"), Share("bob", 1, 0, "2/3"))
    assert next_up([Member("ann"), Member("bob")], {"ann": 1}).arithmetic[0].share == "1"


def test_a_returned_turn_comes_back_first() -> None:
    members = [Member("ann"), Member("bob"), Member("cid")]
    assert next_up(members, {"ann": 3, "bob": 2, "cid": 3}).rep == "bob"


def test_nobody_eligible_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="Nobody is eligible"):
        next_up([], {})
