"""From records to linked pairs: block, compare, weigh, group."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from scoring.match.blocking import Pairs, candidates
from scoring.match.clustering import UNSEEN, clusters
from scoring.match.table import Table
from scoring.match.values import Compared, Ids
from scoring.match.weights import Floats, Weights, estimate

BEGIN: Final = -2.0
HOLD: Final = -1.0
SAME: Final = 2.0
"""Log-odds from which on a pair is called the same; 2 is a probability of 0.88."""

Verdict = Literal["same", "possible"]


@dataclass(frozen=True, slots=True)
class Said:
    """One comparison's part in a pair's weight."""

    comparison: str
    level: str
    weight: float
    """Natural logarithm; these and the prior sum to the pair's."""


@dataclass(frozen=True, slots=True)
class Link:
    """Two records that are one person or organisation, or may be."""

    left: int
    right: int
    weight: float
    """Log-odds."""
    verdict: Verdict
    prior: float
    """What is true of any candidate, in log-odds; with the evidence it sums to the weight."""
    evidence: tuple[Said, ...]
    """Empty for a pair that only the records between them tie together."""

    @property
    def probability(self) -> float:
        return float(1 / (1 + np.exp(-self.weight)))


@dataclass(frozen=True, slots=True)
class Found:
    weights: Weights
    groups: list[list[int]]
    links: list[Link]


def dedupe(table: Table, *, first: int | None = None) -> Found:
    """Finds who stands in a table more than once.

    Args:
        first: how many records are of a first file; then only pairs of one of these and one of the others are looked at.
    """
    fields, count = table.fields(), table.count
    pairs = candidates([key for field in fields for key in field.blocks()], count)
    if first is not None:
        pairs = pairs.where((pairs.left < first) & (pairs.right >= first))
    compared = [one for field in fields for one in field.compare(pairs.left, pairs.right)]
    weights = estimate(compared)
    scores = weights.score(compared)
    groups = clusters(pairs, scores, count, begin=BEGIN, hold=HOLD)
    links = _links(groups, pairs, scores, compared, weights, count)
    return Found(weights, groups, [one for one in links if first is None or one.left < first <= one.right])


def _links(
    groups: Sequence[Sequence[int]], pairs: Pairs, scores: Floats, compared: Sequence[Compared], weights: Weights, count: int
) -> Iterator[Link]:
    inside = _inside(pairs, count, groups)
    codes = (pairs.left[inside] * count + pairs.right[inside]).tolist()
    places = dict(zip(codes, range(len(codes)), strict=True))
    chosen = [one.at(inside) for one in compared]
    doubtful = _doubtful(chosen)
    told = [(one, weight.of(one)) for one, weight in zip(chosen, weights.each, strict=True)]
    for group in groups:
        for left, right in combinations(sorted(group), 2):
            place = places.get(left * count + right)
            if place is None:
                yield Link(left, right, UNSEEN, "possible", weights.prior, ())
            else:
                weight = float(scores[inside[place]])
                verdict: Verdict = "same" if weight >= SAME and not doubtful[place] else "possible"
                yield Link(left, right, weight, verdict, weights.prior, tuple(_said(told, place)))


def _doubtful(compared: Sequence[Compared]) -> NDArray[np.bool_]:
    """Of which pairs something says that a person has to look."""
    found = np.zeros(len(compared[0].levels), np.bool_)
    for one in compared:
        found |= np.isin(one.levels, list(one.comparison.doubtful))
    return found


def _inside(pairs: Pairs, count: int, groups: Sequence[Sequence[int]]) -> Ids:
    """Where the candidates stand whose two records are in one group."""
    group_of: Ids = np.full(count, -1, np.int64)
    for number, group in enumerate(groups):
        group_of[np.asarray(group)] = number
    return np.flatnonzero((group_of[pairs.left] >= 0) & (group_of[pairs.left] == group_of[pairs.right]))


def _said(told: Sequence[tuple[Compared, Floats]], place: int) -> Iterator[Said]:
    for one, weights in told:
        level = int(one.levels[place])
        if level >= 0:
            yield Said(one.comparison.name, one.comparison.levels[level], float(weights[place]))
