"""A column of cleaned values, and pairs of records compared by it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Levels = NDArray[np.int8]
Shares = NDArray[np.float32]

MISSING: Final = -1
"""As an id: this record has no value. As a level: one of the two has none, and the pair is judged by the rest."""


class Values:
    """Equal values share an id."""

    def __init__(self, texts: Iterable[str]) -> None:
        known: dict[str, int] = {}
        self.ids: Ids = np.fromiter((known.setdefault(text, len(known)) if text else MISSING for text in texts), np.int64)
        self.texts: Sequence[str] = list(known)

    @cached_property
    def shares(self) -> Shares:
        """Of each value, the share of the filled records that have it."""
        filled = self.ids[self.ids >= 0]
        counts = np.bincount(filled, minlength=len(self.texts))
        return (counts / max(len(filled), 1)).astype(np.float32)

    def text(self, record: int) -> str:
        """Empty where there is none."""
        id_ = int(self.ids[record])
        return self.texts[id_] if id_ >= 0 else ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a pair can be like in one respect, from the most alike to the least."""

    name: str
    levels: tuple[str, ...]
    usual: tuple[float, ...]
    """How often records of one person are so, before this file's own records have spoken. Sums to one."""
    rarity: float = 0.0
    """How far a rare value counts for more than a common one where the two agree: 0 not at all, 1 in full."""
    settled: dict[int, float] = field(default_factory=dict)
    """Weights, in natural logarithms, that no estimate moves: what the level means follows from how it comes about."""
    ordered: bool = False
    """Whether each level is more exact than the next, and so never weighs less."""
    doubtful: frozenset[int] = frozenset()
    """Levels with which a pair is at most possible, whatever else agrees: a person has to look."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One comparison of all pairs."""

    comparison: Comparison
    levels: Levels
    shares: Shares
    """Of the agreeing value; 0 where none agrees."""

    def at(self, places: Ids) -> "Compared":
        """Some of the pairs."""
        return Compared(self.comparison, self.levels[places], self.shares[places])


@dataclass(frozen=True, slots=True)
class Key:
    """What records are brought together by. A weak one (a first name, a city) does so only together with another."""

    name: str
    ids: Ids
    """One for each record; or several times over, if a record has several columns of the kind, one column after the other."""
    weak: bool = False


class Field(Protocol):
    """One respect in which records are alike: how it is cleaned, what brings it together, how two of it compare."""

    def blocks(self) -> Iterable[Key]: ...

    def compare(self, left: Ids, right: Ids) -> Iterable[Compared]: ...


Grade = Callable[[Sequence[str], Sequence[str]], NDArray[Any]]
"""Levels of two lists of texts, one by one."""


def key(name: str, texts: Iterable[str], *, weak: bool = False) -> Key:
    return Key(name, Values(texts).ids, weak)


def each_once(left: Ids, right: Ids) -> tuple[Ids, Ids, NDArray[np.intp]]:
    """The different pairs among `left` and `right`, whichever way round, and where each of the given ones stands."""
    width = int(max(left.max(initial=0), right.max(initial=0))) + 1
    codes, place = np.unique(np.minimum(left, right) * width + np.maximum(left, right), return_inverse=True)
    return codes // width, codes % width, place


def grade_pairs(values: Values, left: Ids, right: Ids, grade: Grade) -> tuple[Levels, Shares]:
    """Levels and shares of pairs of records; each pair of different values is graded once."""
    levels, shares = np.full(len(left), MISSING, np.int8), np.zeros(len(left), np.float32)
    ids = values.ids[left], values.ids[right]
    filled = (ids[0] >= 0) & (ids[1] >= 0)
    if filled.any():
        one, other, place = each_once(ids[0][filled], ids[1][filled])
        graded = grade([values.texts[i] for i in one], [values.texts[i] for i in other])
        levels[filled] = graded[place]
        shares[filled] = np.maximum(values.shares[one], values.shares[other])[place]
    return levels, shares


def compare_by(comparison: Comparison, values: Values, left: Ids, right: Ids, grade: Grade) -> Compared:
    return Compared(comparison, *grade_pairs(values, left, right, grade))
