"""Rollout: in shadow until somebody says otherwise, and a share that stands still."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.routing.draw import drawn
from connector.routing.rollout import Mode, acts


@given(st.text(), st.integers(0, 100))
def test_only_full_and_the_drawn_share_act(key: str, percent: int) -> None:
    assert [acts(mode, key, percent) for mode in get_args(Mode)] == [False, False, drawn("rollout", key, percent), True]


@pytest.mark.parametrize("percent", [0, 5, 25, 50, 100])
def test_the_share_is_as_large_as_it_says(percent: int) -> None:
    share = sum(acts("partial", f"LL-{number}", percent) for number in range(10_000))
    assert abs(share - 100 * percent) <= 200


@given(st.text(), st.text(), st.integers(0, 99))
def test_a_larger_share_keeps_those_drawn_before(salt: str, key: str, percent: int) -> None:
    assert drawn(salt, key, percent + 1) or not drawn(salt, key, percent)
    assert drawn(salt, key, 100)
    assert not drawn(salt, key, 0)


def test_the_draw_is_the_same_in_every_version() -> None:
    # A packet replays only as long as these stand: printf 'sample\\0LL-17' | sha256sum, the first 16 digits, modulo 100.
    assert [number for number in range(100) if drawn("sample", f"LL-{number}", 5)] == [17, 63, 72]


def test_salts_draw_independently() -> None:
    both = sum(drawn("a", f"LL-{number}", 25) and drawn("b", f"LL-{number}", 25) for number in range(10_000))
    assert 525 <= both <= 725
