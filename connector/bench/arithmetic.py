"""Sums and ranks of measurements."""

import math
from collections.abc import Iterable, Sequence
from statistics import median


def total(values: Iterable[float | None]) -> float | None:
    """The sum; None if a part is unknown, or there is nothing to add."""
    found = list(values)
    known = [value for value in found if value is not None]
    return sum(known) if known and len(known) == len(found) else None


def percentile(values: Sequence[float], percent: float) -> float | None:
    """The smallest value that at least `percent` of all do not exceed (nearest rank); None of nothing."""
    ranked = sorted(values)
    if not ranked:
        return None
    return ranked[max(1, math.ceil(len(ranked) * percent / 100)) - 1]


def middle(values: Iterable[float | None]) -> float | None:
    """The median of what is known; None if nothing is."""
    known = [value for value in values if value is not None]
    return median(known) if known else None
