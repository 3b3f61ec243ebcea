"""Sudden interest."""

import pytest

from config.profile import shipped_profile
from scoring.scores import Score
from scoring.spike import spiked


@pytest.mark.parametrize(
    ("before", "now", "spike"),
    [
        (20, 45, True),
        (20, 44, False),
        (5, 39, False),
        (60, 90, True),
        (90, 60, False),
        (None, 90, False),
        (60, None, False),
        (0, 40, True),
    ],
)
def test_a_spike_is_a_rise_to_something(before: int | None, now: int | None, *, spike: bool) -> None:
    assert spiked(Score(before, ()), Score(now, ()), shipped_profile()) == spike
