"""Rates with their intervals."""

import math
from typing import Final

from connector.audit.figures import Rate

_Z: Final = 1.959964
"""Of a 95 % interval."""


def rate(count: int, of: int) -> Rate:
    """Wilson's interval: honest for few cases and for rates near 0 and 1, where the usual one is not."""
    if not of:
        return Rate(count, of, 0, 1000)
    share, spread = count / of, _Z * _Z / of
    middle = (share + spread / 2) / (1 + spread)
    half = _Z * math.sqrt(share * (1 - share) / of + spread / (4 * of)) / (1 + spread)
    # At the ends the interval touches the end itself; only rounding could say otherwise.
    low = 0 if count == 0 else max(0, round(1000 * (middle - half)))
    high = 1000 if count == of else min(1000, round(1000 * (middle + half)))
    return Rate(count, of, low, high)
