"""Half-life in integers."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from scoring.decay import decayed

DAY = 86_400
points = st.integers(0, 100)
half_lives = st.integers(1, 400)


@given(points, half_lives)
def test_nothing_decays_at_once(start: int, days: int) -> None:
    assert decayed(start, 0, days) == start
    assert decayed(start, -5, days) == start


@given(points, half_lives, st.integers(1, 6))
def test_it_halves_every_half_life(start: int, days: int, times: int) -> None:
    assert decayed(start, times * days * DAY, days) == int(Decimal(start) / 2**times + Decimal("0.5"))


@given(points, half_lives, st.integers(0, 10**10), st.integers(0, 10**10))
def test_it_never_rises_with_age(start: int, days: int, one: int, other: int) -> None:
    younger, older = sorted((one, other))
    assert decayed(start, younger, days) >= decayed(start, older, days)


@given(st.integers(0, 100), st.integers(0, 100), half_lives, st.integers(0, 10**8))
def test_more_points_stay_more(one: int, other: int, days: int, age: int) -> None:
    less, more = sorted((one, other))
    assert decayed(less, age, days) <= decayed(more, age, days)


def test_known_values() -> None:
    """100 x 2 ** (-10/7) is 37.15, in steps of 1/64 half-life 37.3."""
    assert decayed(100, 10 * DAY, 7) == 37
    assert decayed(100, DAY, 7) == 91
