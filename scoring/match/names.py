"""Names of people: swapped, shortened, misspelled, with nicknames, titles and what stands behind them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final

import numpy as np
from nicknames import NickNamer
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from scoring.match.folding import skeleton, spelled
from scoring.match.values import MISSING, Compared, Comparison, Ids, Key, Levels, Values, each_once, grade_pairs, key

_TITLES: Final = frozenset("prof dr mr mrs ms mme herr frau ing dipl sra sr".split())
_GENERATIONS: Final = {"jr": "jr", "junior": "jr", "sr": "sr", "senior": "sr", "ii": "ii", "iii": "iii", "iv": "iv"}

_SAME, _VARIANT, _INITIAL, _TYPO, _OTHER = range(5)
OTHER: Final = _OTHER
FIRST: Final = Comparison(
    "first name",
    ("the same", "a form of the same", "its initial", "misspelled", "another"),
    (0.80, 0.07, 0.03, 0.06, 0.04),
    rarity=0.5,
)
LAST: Final = Comparison(
    "last name",
    ("the same", "shares a part", "its initial", "misspelled", "another"),
    (0.84, 0.05, 0.01, 0.06, 0.04),
    rarity=0.5,
)
GENERATION: Final = Comparison(
    "junior or senior", ("the same", "another"), (0.97, 0.03), settled={1: -3.0}, doubtful=frozenset({1})
)


@dataclass(frozen=True, slots=True)
class Name:
    """Cleaned parts; empty where there is none."""

    first: str
    last: str
    generation: str = ""


def read_name(first: str, last: str) -> Name:
    """Undoes 'Garcia, Ana' and a whole name in one column; sets titles and generations aside."""
    if "," in last and not first.strip():
        last, first = last.split(",", 1)
    elif "," in first and not last.strip():
        last, first = first.split(",", 1)
    given, family = _without_title(spelled(first).split()), spelled(last).split()
    generation = _GENERATIONS.get(family[-1], "") if len(family) > 1 else ""
    if generation:
        family = family[:-1]
    if not family and len(given) > 1:
        given, family = given[:1], given[1:]
    return Name(_lettered(given), _lettered(family), generation)


def read_full_name(text: str) -> Name:
    """The last word is the family name, unless a comma says otherwise."""
    if "," in text:
        return read_name("", text)
    words = text.split()
    return read_name(" ".join(words[:-1]), words[-1]) if words else Name("", "")


def _without_title(words: list[str]) -> list[str]:
    return words[1:] if len(words) > 1 and words[0] in _TITLES else words


def _lettered(words: Iterable[str]) -> str:
    text = " ".join(words)
    return text if any(sign.isalpha() for sign in text) else ""


class Names:
    """First and last names of all records."""

    def __init__(self, names: Sequence[Name]) -> None:
        self._names = names
        self.first, self.last = Values(name.first for name in names), Values(name.last for name in names)
        generations = (name.generation or ("none" if name.last else "") for name in names)
        self._generation = Values(generations) if any(name.generation for name in names) else None

    def blocks(self) -> Iterable[Key]:
        yield Key("last", self.last.ids)
        yield key("whole name", (_together(name) for name in self._names))
        yield key("last as it sounds", (skeleton(name.last) for name in self._names))
        yield key("last as it sounds, initial", (_sound_and_initial(name) for name in self._names))
        yield key("first, start of last", (_first_and_start(name) for name in self._names))
        yield key("end of last", (name.last[-4:] if len(name.last) > 3 else "" for name in self._names))
        yield key("first", (name.first.partition(" ")[0] for name in self._names), weak=True)
        yield key("start of first", (name.first[:3] if len(name.first) > 2 else "" for name in self._names), weak=True)

    def firsts(self, left: Ids, right: Ids) -> Levels:
        """Levels of `FIRST`, names that stand in each other's place turned round."""
        first, _ = grade_pairs(self.first, left, right, _grade_first)
        last, _ = grade_pairs(self.last, left, right, _grade_last)
        self._turn_round(left, right, first, last)
        return first

    def compare(self, left: Ids, right: Ids) -> Iterable[Compared]:
        first, first_shares = grade_pairs(self.first, left, right, _grade_first)
        last, last_shares = grade_pairs(self.last, left, right, _grade_last)
        self._turn_round(left, right, first, last)
        yield Compared(FIRST, first, first_shares)
        yield Compared(LAST, last, last_shares)
        if self._generation:
            levels, shares = grade_pairs(self._generation, left, right, _grade_equal)
            yield Compared(GENERATION, levels, shares)

    def _turn_round(self, left: Ids, right: Ids, first: Levels, last: Levels) -> None:
        """Where neither name agrees, one record may have them in each other's place."""
        parts = Values([*self.first.texts, *self.last.texts])
        as_first = np.append(parts.ids[: len(self.first.texts)], MISSING)[self.first.ids]
        as_last = np.append(parts.ids[len(self.first.texts) :], MISSING)[self.last.ids]
        at = np.nonzero((first >= _TYPO) & (last >= _INITIAL))[0]
        if not len(at):
            return
        lasts = _grade_ids(parts, as_first[left[at]], as_last[right[at]], _grade_last)
        firsts = _grade_ids(parts, as_last[left[at]], as_first[right[at]], _grade_first)
        turned = (lasts != _OTHER) & (lasts != _INITIAL) & (firsts != _OTHER)
        first[at[turned]], last[at[turned]] = firsts[turned], lasts[turned]


def _grade_ids(parts: Values, one: Ids, other: Ids, grade: Any) -> NDArray[Any]:
    left, right, place = each_once(one, other)
    graded: NDArray[Any] = grade([parts.texts[i] for i in left], [parts.texts[i] for i in right])
    return graded[place]


def _together(name: Name) -> str:
    return " ".join(sorted(f"{name.first} {name.last}".split())) if name.first and name.last else ""


def _sound_and_initial(name: Name) -> str:
    return f"{skeleton(name.last.split()[-1])} {name.first[0]}" if name.first and name.last else ""


def _first_and_start(name: Name) -> str:
    return f"{name.first.split()[0]} {name.last.split()[-1][:2]}" if name.first and name.last else ""


def _grade_equal(ones: Sequence[str], others: Sequence[str]) -> NDArray[np.int8]:
    return np.fromiter((one != other for one, other in zip(ones, others, strict=True)), np.int8)


def _grade_first(ones: Sequence[str], others: Sequence[str]) -> NDArray[np.int8]:
    return _graded(ones, others, _first_form, near=0.90, twice=99)


def _grade_last(ones: Sequence[str], others: Sequence[str]) -> NDArray[np.int8]:
    return _graded(ones, others, _last_form, near=0.92, twice=8)


def _graded(ones: Sequence[str], others: Sequence[str], form: Any, *, near: float, twice: int) -> NDArray[np.int8]:
    """Args:
    near: Jaro-Winkler similarity from which on one is the other misspelled.
    twice: letters from which on two slips are still one name.
    """
    like = process.cpdist(ones, others, scorer=JaroWinkler.normalized_similarity, dtype=np.float32)
    slips = process.cpdist(ones, others, scorer=OSA.distance, dtype=np.int32)
    short = np.fromiter((min(len(one), len(other)) for one, other in zip(ones, others, strict=True)), np.int64)
    typo = (like >= near) | ((slips <= 1) & (short >= 4)) | ((slips <= 2) & (short >= twice))
    forms = np.fromiter((form(one, other) for one, other in zip(ones, others, strict=True)), np.int8)
    return np.where((forms == _OTHER) & typo & (short > 1), _TYPO, forms).astype(np.int8)


@lru_cache(maxsize=200_000)
def _first_form(one: str, other: str) -> int:
    if one.replace(" ", "") == other.replace(" ", ""):
        return _SAME
    ones, others = one.split(), other.split()
    if min(len(one), len(other)) == 1:
        return _INITIAL if one[0] == other[0] else _OTHER
    if set(ones) <= set(others) or set(others) <= set(ones) or ones[0] == others[0]:
        return _VARIANT
    if others[0] in _forms_of(ones[0]) or ones[0] in _forms_of(others[0]):
        return _VARIANT
    return _INITIAL if min(len(ones[0]), len(others[0])) == 1 and ones[0][0] == others[0][0] else _OTHER


@lru_cache(maxsize=200_000)
def _last_form(one: str, other: str) -> int:
    if one.replace(" ", "") == other.replace(" ", ""):
        return _SAME
    if min(len(one), len(other)) == 1:
        return _INITIAL if one[0] == other[0] else _OTHER
    return _VARIANT if set(one.split()) & set(other.split()) else _OTHER


@cache
def _forms_of(first: str) -> frozenset[str]:
    """Nicknames and what they are short for; English names mostly."""
    known = _nicknames()
    return frozenset(known.nicknames_of(first)) | frozenset(known.canonicals_of(first))


@cache
def _nicknames() -> NickNamer:
    return NickNamer()


# --- one pair at a time, for whoever has just one record in hand


def compare_names(one: Name, other: Name) -> tuple[int, int, int]:
    """Levels of `FIRST`, `LAST` and `GENERATION`, as the columns above would have them."""
    first, last = _level_of_first(one.first, other.first), _level_of_last(one.last, other.last)
    if first >= _TYPO and last >= _INITIAL:
        lasts, firsts = _level_of_last(one.first, other.last), _level_of_first(one.last, other.first)
        if lasts not in (MISSING, _OTHER, _INITIAL) and firsts not in (MISSING, _OTHER):
            first, last = firsts, lasts
    return first, last, _level_of_generation(one, other)


def _level_of_generation(one: Name, other: Name) -> int:
    """Said of neither, it says nothing."""
    if not (one.last and other.last and (one.generation or other.generation)):
        return MISSING
    return int(one.generation != other.generation)


def _level_of_first(one: str, other: str) -> int:
    return _level(one, other, _first_form, near=0.90, twice=99)


def _level_of_last(one: str, other: str) -> int:
    return _level(one, other, _last_form, near=0.92, twice=8)


def _level(one: str, other: str, form: Any, *, near: float, twice: int) -> int:
    """`_graded` of one pair."""
    if not (one and other):
        return MISSING
    found = int(form(one, other))
    if found != _OTHER:
        return found
    short = min(len(one), len(other))
    slips = OSA.distance(one, other, score_cutoff=2)
    typo = (slips <= 1 and short >= 4) or (slips <= 2 and short >= twice)
    return _TYPO if short > 1 and (typo or JaroWinkler.normalized_similarity(one, other) >= near) else _OTHER


def forms_of(first: str) -> frozenset[str]:
    """Other forms of a folded first name."""
    return _forms_of(first)
