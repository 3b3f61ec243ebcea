"""Which pairs are looked at at all: those that share something rare, or two things that are rare together.

A value that few records have makes a block by itself. One that many have does so only together with another, so that a real
duplicate is rarely missed and a common name does not explode.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from scoring.match.values import Ids, Key

ALONE: Final = 10
"""Records in a block of one value."""
TOGETHER: Final = 12
"""Records in a block of two."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Record numbers, the smaller one left; each pair once."""

    left: Ids
    right: Ids

    def __len__(self) -> int:
        return len(self.left)

    def where(self, chosen: NDArray[np.bool_]) -> "Pairs":
        return Pairs(self.left[chosen], self.right[chosen])


def candidates(keys: Sequence[Key], count: int) -> Pairs:
    """Args: count: of records."""
    found = [_inside(key.ids, count, ALONE) for key in keys if not key.weak]
    single = [key for key in keys if len(key.ids) == count]
    crowded = {key.name: _crowded(key) for key in single}
    for one, other in combinations(single, 2):
        found.append(_inside(_both(one, other, crowded), count, TOGETHER))
    codes = np.unique(np.concatenate([np.empty(0, np.int64), *found]))
    return Pairs(codes // count, codes % count)


def _crowded(key: Key) -> NDArray[np.bool_]:
    """Of which records the value is too common to stand alone; of a weak key, all that have one."""
    filled = key.ids >= 0
    if key.weak:
        return filled
    many = np.bincount(key.ids[filled], minlength=1) > ALONE
    return filled & many[key.ids]


def _both(one: Key, other: Key, crowded: "dict[str, NDArray[np.bool_]]") -> Ids:
    """The two values as one, where either is too common alone."""
    taken = (crowded[one.name] | crowded[other.name]) & (one.ids >= 0) & (other.ids >= 0)
    width = int(other.ids.max(initial=0)) + 1
    return np.where(taken, one.ids * width + other.ids, -1)


def _inside(ids: Ids, count: int, limit: int) -> Ids:
    """Codes (left * count + right) of all pairs inside blocks of at most `limit`."""
    order = np.argsort(ids, kind="stable")
    order = order[np.searchsorted(ids[order], 0) :]
    sorted_ids = ids[order]
    starts = np.flatnonzero(np.r_[True, sorted_ids[1:] != sorted_ids[:-1]]) if len(order) else np.empty(0, np.int64)
    sizes = np.diff(np.r_[starts, len(order)])
    return np.concatenate([np.empty(0, np.int64), *_codes(order % count, starts, sizes, count, limit)])


def _codes(records: Ids, starts: Ids, sizes: Ids, count: int, limit: int) -> Iterable[Ids]:
    for size in range(2, limit + 1):
        begin = starts[sizes == size]
        if len(begin):
            members = records[begin[:, None] + np.arange(size)]
            i, j = np.triu_indices(size, 1)
            one, other = members[:, i].ravel(), members[:, j].ravel()
            codes = np.minimum(one, other) * count + np.maximum(one, other)
            yield codes[one != other]
