"""Who is one person, when A is like B and B like C but A not like C: average linkage, the surest pairs first."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from scoring.match.blocking import Pairs
from scoring.match.weights import Floats

UNSEEN: Final = -2.0
"""What a pair counts that blocking did not bring together, in log-odds."""
_TRUST: Final = 5.0
"""One pair, however sure, does not outvote many."""


def clusters(pairs: Pairs, scores: Floats, count: int, *, begin: float, hold: float) -> list[list[int]]:
    """Groups of two and more.

    Args:
        begin: log-odds from which on a pair can bring two groups together.
        hold: the mean log-odds that all pairs across two groups must pass for them to become one.
    """
    groups = _Groups(pairs, scores, count, hold)
    for at in np.argsort(-scores, kind="stable"):
        if scores[at] <= begin:
            break
        groups.join(int(pairs.left[at]), int(pairs.right[at]))
    return [members for members in groups.members if len(members) > 1]


class _Groups:
    def __init__(self, pairs: Pairs, scores: Floats, count: int, hold: float) -> None:
        trusted = np.clip(scores, -_TRUST, _TRUST).tolist()
        self._count, self._hold = count, hold
        self._scores = dict(zip((pairs.left * count + pairs.right).tolist(), trusted, strict=True))
        self._group = list(range(count))
        self.members: list[list[int]] = [[record] for record in range(count)]

    def join(self, one: int, other: int) -> None:
        a, b = self._group[one], self._group[other]
        if a == b or not self._holds(self.members[a], self.members[b]):
            return
        keep, gone = (a, b) if len(self.members[a]) >= len(self.members[b]) else (b, a)
        for record in self.members[gone]:
            self._group[record] = keep
        self.members[keep] += self.members[gone]
        self.members[gone] = []

    def _holds(self, ones: Sequence[int], others: Sequence[int]) -> bool:
        across = list(self._across(ones, others))
        return len(across) == 1 or sum(across) / len(across) > self._hold

    def _across(self, ones: Sequence[int], others: Sequence[int]) -> Iterator[float]:
        for one in ones:
            for other in others:
                yield self._scores.get(min(one, other) * self._count + max(one, other), UNSEEN)
