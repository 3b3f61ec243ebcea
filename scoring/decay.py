"""Half-life in integers: the same points on every machine, in every replay."""

from decimal import Context, Decimal
from typing import Final

_STEPS: Final = 64
"""Between full and half, so that no step is larger than about one percent."""

_ONE: Final = 32
"""Bits after the point."""

_EXACT: Final = Context(prec=40)
# Decimal's power is correctly rounded by the General Decimal Arithmetic specification; that of a C library's float is not.
_FACTORS: Final = tuple(
    int(_EXACT.power(Decimal(2), _EXACT.divide(Decimal(-step), Decimal(_STEPS))) * (1 << _ONE)) for step in range(_STEPS)
)


def decayed(points: int, age_seconds: int, half_life_days: int) -> int:
    """`points` x 2 ** -(age / half-life), rounded half up. Never rises with age. A moment ahead of us counts as now."""
    halvings, step = divmod(max(age_seconds, 0) * _STEPS // (half_life_days * 86_400), _STEPS)
    if halvings > _ONE:
        return 0
    shift = _ONE + halvings
    return (points * _FACTORS[step] + (1 << (shift - 1))) >> shift
