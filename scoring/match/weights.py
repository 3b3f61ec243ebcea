"""Match weights in the sense of Fellegi and Sunter (1969), estimated without labels (EM).

Each comparison adds log(m / u): how much more often records of one person are so than candidates of two. Both shares are
estimated on the candidates themselves, so that what blocking favours (colleagues, namesakes) is already in u. A rare value that
agrees counts for more (Winkler's adjustment for term frequency).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from scoring.match.values import Compared, Comparison

Floats = NDArray[np.float64]

ROUNDS: Final = 40
_PRIOR_STRENGTH: Final = 0.01
"""Of `Comparison.usual`, as a share of the pairs compared."""
_RAREST: Final = 2e-6
_RARITY_LIMIT: Final = 4.0
_LIMIT: Final = 50.0


@dataclass(frozen=True, slots=True)
class Weight:
    """Of one comparison, in natural logarithms."""

    comparison: Comparison
    by_level: tuple[float, ...]
    usual_share: float
    """Of the values that candidates of two agree in; rarer ones count for more than `by_level`, commoner ones for less."""

    def of(self, compared: Compared) -> Floats:
        weights: Floats = np.where(compared.levels >= 0, np.asarray(self.by_level)[compared.levels], 0.0)
        if not self.comparison.rarity:
            return weights
        rarity = np.log(self.usual_share / np.maximum(compared.shares, _RAREST))
        extra = self.comparison.rarity * np.clip(rarity, -_RARITY_LIMIT, _RARITY_LIMIT)
        return np.where(compared.levels == 0, weights + extra, weights)

    def at(self, level: int, share: float) -> float:
        """`of` one pair, which has both values."""
        if level or not self.comparison.rarity:
            return self.by_level[level]
        rarity = math.log(self.usual_share / max(share, _RAREST))
        return self.by_level[0] + self.comparison.rarity * min(max(rarity, -_RARITY_LIMIT), _RARITY_LIMIT)


@dataclass(frozen=True, slots=True)
class Weights:
    """`prior` and the weights add up to the logarithm of the odds that a pair is one person."""

    prior: float
    each: tuple[Weight, ...]

    def score(self, compared: Sequence[Compared]) -> Floats:
        return np.clip(
            self.prior + sum((w.of(c) for w, c in zip(self.each, compared, strict=True)), np.zeros(1)), -_LIMIT, _LIMIT
        )


def estimate(compared: Sequence[Compared], start: Weights | None = None, rounds: int = ROUNDS) -> Weights:
    """Estimates weights from all candidates; with none, every level weighs what is usual.

    Args:
        start: weights of the same comparisons to begin with: they say which of the two kinds of pairs is the same.
    """
    shares = [(np.asarray(one.comparison.usual), _unlike(one)) for one in compared]
    agreeing = [_usual_share(one, np.ones(len(one.levels))) for one in compared]
    weights = start or _weights(compared, shares, agreeing, 0.2)
    for _ in range(rounds if len(compared[0].levels) else 0):
        match = 1 / (1 + np.exp(-weights.score(compared)))
        shares = [_shares(one, match) for one in compared]
        agreeing = [_usual_share(one, 1 - match + 1e-6) for one in compared]
        weights = _weights(compared, shares, agreeing, float(np.clip(match.mean(), 0.001, 0.95)))
    return weights


def count_out(compared: Sequence[Compared], same: Sequence[bool]) -> Weights:
    """Weights from candidates of which it is known whether they are the same."""
    match = np.asarray(same, np.float64)
    shares = [_shares(one, match) for one in compared]
    agreeing = [_usual_share(one, 1 - match + 1e-6) for one in compared]
    return _weights(compared, shares, agreeing, float(np.clip(match.mean(), 0.001, 0.95)))


def _unlike(one: Compared) -> Floats:
    """Where to start from: most candidates are two people, and more of them differ than it seems at first."""
    counts = _counts(one, np.ones(len(one.levels))) + 1.0
    apart = np.full(len(counts), 0.02)
    apart[-1] = 1 - apart[:-1].sum()
    start: Floats = 0.7 * counts / counts.sum() + 0.3 * apart
    return start


def _counts(one: Compared, weights: Floats) -> Floats:
    filled = one.levels >= 0
    counts: Floats = np.bincount(one.levels[filled], weights[filled], minlength=len(one.comparison.levels)).astype(np.float64)
    return counts


def _shares(one: Compared, match: Floats) -> tuple[Floats, Floats]:
    same, different = _counts(one, match), _counts(one, 1 - match)
    pull = _PRIOR_STRENGTH * max(int((one.levels >= 0).sum()), 1)
    m = (same + pull * np.asarray(one.comparison.usual)) / (same.sum() + pull)
    u = (different + 1e-3 * len(different)) / (different.sum() + 1e-3 * len(different) ** 2)
    return np.maximum(m, 1e-4), np.maximum(u, 1e-5)


def _usual_share(one: Compared, weights: Floats) -> float:
    agree = one.levels == 0
    if not agree.any():
        return 1.0
    return float(np.exp(np.average(np.log(np.maximum(one.shares[agree], _RAREST)), weights=weights[agree])))


def _weights(
    compared: Sequence[Compared], shares: Sequence[tuple[Floats, Floats]], agreeing: Sequence[float], matches: float
) -> Weights:
    each = [
        Weight(one.comparison, _by_level(one.comparison, m, u), usual)
        for one, (m, u), usual in zip(compared, shares, agreeing, strict=True)
    ]
    return Weights(float(np.log(matches / (1 - matches))), tuple(each))


def _by_level(comparison: Comparison, m: Floats, u: Floats) -> tuple[float, ...]:
    estimated = _falling(m, u) if comparison.ordered else np.log(m / u)
    estimated[0] = max(estimated[0], 0.0)  # agreeing is never evidence against
    if len(estimated) == 2:
        estimated[1] = min(estimated[1], 0.0)
    return tuple(comparison.settled.get(level, weight) for level, weight in enumerate(estimated.tolist()))


def _falling(m: Floats, u: Floats) -> Floats:
    """Weights that never rise towards the less exact level: neighbours that would count as one (pool adjacent violators)."""
    pools: list[tuple[float, float, int]] = []
    for same, different in zip(m.tolist(), u.tolist(), strict=True):
        pools.append((same, different, 1))
        while len(pools) > 1 and pools[-1][0] * pools[-2][1] > pools[-2][0] * pools[-1][1]:
            (m1, u1, n1), (m2, u2, n2) = pools.pop(), pools.pop()
            pools.append((m1 + m2, u1 + u2, n1 + n2))
    falling: Floats = np.repeat([np.log(same / different) for same, different, _ in pools], [size for *_, size in pools])
    return falling
