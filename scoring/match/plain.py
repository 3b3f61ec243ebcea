"""Columns that are compared by themselves: dates, addresses, postcodes, numbers, titles, profile links, and any other text."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA, JaroWinkler

from scoring.match.folding import fold, meaning
from scoring.match.values import MISSING, Compared, Comparison, Grade, Ids, Key, Values, compare_by, key


@dataclass(frozen=True, slots=True)
class Kind:
    """How one sort of column is cleaned, compared and blocked by."""

    comparison: Comparison
    clean: Callable[[str], str]
    grade: Grade
    blocks: tuple[tuple[str, Callable[[str], str]], ...] = ()
    """Other things to bring records together by, made of a cleaned value."""
    weak: bool = False


class Plain:
    """One column of one kind."""

    def __init__(self, kind: Kind, name: str, texts: Sequence[str]) -> None:
        self._kind, self._comparison = kind, replace(kind.comparison, name=name)
        self._values = Values(map(kind.clean, texts))

    def blocks(self) -> Iterable[Key]:
        name = self._comparison.name
        yield Key(name, self._values.ids, self._kind.weak)
        for what, part in self._kind.blocks:
            parts = [*map(part, self._values.texts), ""]
            yield key(f"{what} of {name}", (parts[id_] for id_ in self._values.ids), weak=True)

    def compare(self, left: Ids, right: Ids) -> Iterable[Compared]:
        yield compare_by(self._comparison, self._values, left, right, self._kind.grade)


def _each(level: Callable[[str, str], int]) -> Grade:
    def grade(ones: Sequence[str], others: Sequence[str]) -> NDArray[np.int8]:
        return np.fromiter((level(one, other) for one, other in zip(ones, others, strict=True)), np.int8)

    return grade


def _by_words(same: float, near: float, far: float, part: float) -> Grade:
    """Word order does not matter; `part` is for one text inside the other. All in percent."""

    def grade(ones: Sequence[str], others: Sequence[str]) -> NDArray[np.int8]:
        whole = process.cpdist(ones, others, scorer=fuzz.token_sort_ratio, dtype=np.float32)
        inside = process.cpdist(ones, others, scorer=fuzz.token_set_ratio, dtype=np.float32)
        return np.select([whole >= same, whole >= near, (whole >= far) | (inside >= part)], [0, 1, 2], 3).astype(np.int8)

    return grade


def _title_levels(ones: Sequence[str], others: Sequence[str]) -> NDArray[np.int8]:
    whole = process.cpdist(ones, others, scorer=fuzz.token_sort_ratio, dtype=np.float32)
    inside = process.cpdist(ones, others, scorer=fuzz.token_set_ratio, dtype=np.float32)
    return np.select([whole >= 95, (whole >= 75) | (inside >= 95)], [0, 1], 2).astype(np.int8)


def _text_levels(ones: Sequence[str], others: Sequence[str]) -> NDArray[np.int8]:
    like = process.cpdist(ones, others, scorer=JaroWinkler.normalized_similarity, dtype=np.float32)
    return np.select([like == 1, like >= 0.92, like >= 0.8], [0, 1, 2], 3).astype(np.int8)


def _date_level(one: str, other: str) -> int:
    """Of digits, the year first."""
    if one == other:
        return 0
    if OSA.distance(one, other) <= 1 or (one[:4] == other[:4] and sorted(one) == sorted(other)):
        return 1
    return 2 if one[:4] == other[:4] or one[4:] == other[4:] or OSA.distance(one, other) <= 2 else 3


def _postcode_level(one: str, other: str) -> int:
    if one == other:
        return 0
    if OSA.distance(one, other) <= 1:
        return 1
    return 2 if one[:3] == other[:3] else 3


def _number_level(one: str, other: str) -> int:
    return min(OSA.distance(one, other), 2)


def _profile_level(one: str, other: str) -> int:
    if one == other:
        return 0
    return 1 if one[:8] == other[:8] else 2


def _profile(text: str) -> str:
    """The last part of a profile's address, without what tracks a click."""
    path = text.partition("?")[0].rstrip("/").rpartition("/")[2]
    return meaning(path).replace(" ", "")


def _squeezed(text: str) -> str:
    return meaning(text).replace(" ", "")


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _comparison(levels: tuple[str, ...], usual: tuple[float, ...], rarity: float = 0.0) -> Comparison:
    return Comparison("", levels, usual, rarity, ordered=True)


DATE: Final = Kind(
    _comparison(("the same", "one digit off, or turned round", "the same year or day", "another"), (0.75, 0.12, 0.07, 0.06), 0.5),
    _digits,
    _each(_date_level),
    (("year", lambda date: date[:4]), ("day", lambda date: date[4:])),
)
ADDRESS: Final = Kind(
    _comparison(("the same", "misspelled", "much the same", "another"), (0.50, 0.25, 0.10, 0.15), 0.5),
    fold,
    _by_words(99, 88, 72, 90),
    (("start", lambda address: " ".join(address.split()[:2])),),
)
SITE: Final = replace(ADDRESS, comparison=replace(ADDRESS.comparison, doubtful=frozenset({2, 3})))
"""An organisation's: at another address, it may be another site."""
POSTCODE: Final = Kind(
    _comparison(("the same", "one sign off", "the same area", "another"), (0.70, 0.08, 0.10, 0.12), 0.5),
    _squeezed,
    _each(_postcode_level),
)
NUMBER: Final = Kind(_comparison(("the same", "one sign off", "another"), (0.85, 0.08, 0.07)), fold, _each(_number_level))
PROFILE: Final = Kind(
    _comparison(("the same", "begins the same", "another"), (0.90, 0.02, 0.08)), _profile, _each(_profile_level)
)
TITLE: Final = Kind(_comparison(("the same", "much the same", "another"), (0.40, 0.25, 0.35), 0.3), meaning, _title_levels)
TEXT: Final = Kind(
    _comparison(("the same", "misspelled", "alike", "another"), (0.75, 0.10, 0.05, 0.10), 0.5), meaning, _text_levels
)
CATEGORY: Final = Kind(
    _comparison(("the same", "another"), (0.92, 0.08)), meaning, _each(lambda one, other: int(one != other)), weak=True
)


# --- one pair at a time


def compare_postcodes(one: str, other: str) -> int:
    """Level of `POSTCODE`."""
    return _postcode_level(one, other) if one and other else MISSING


def compare_titles(one: str, other: str) -> int:
    """Level of `TITLE`."""
    if not (one and other):
        return MISSING
    whole = fuzz.token_sort_ratio(one, other)
    return 0 if whole >= 95 else 1 if whole >= 75 or fuzz.token_set_ratio(one, other) >= 95 else 2
