"""Where somebody is: city before state before country, in one comparison, since the one follows from the other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from babel import Locale
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler

from scoring.match.folding import fold, meaning, spelled
from scoring.match.values import MISSING, Compared, Comparison, Ids, Key, Values, grade_pairs

_CITY, _CITY_TYPO, _STATE, _COUNTRY, _ELSEWHERE, _ABROAD = range(6)
PLACE: Final = Comparison(
    "place",
    ("the same city", "the city misspelled", "the same state", "the same country", "another city or state", "another country"),
    (0.60, 0.05, 0.10, 0.15, 0.08, 0.02),
    rarity=0.5,
)
_LANGUAGES: Final = ("en", "de", "fr", "es", "pt", "it", "nl", "sv", "pl", "da", "nb", "fi")
_ALSO: Final = {
    "usa": "us",
    "u s a": "us",
    "u s": "us",
    "uk": "gb",
    "great britain": "gb",
    "england": "gb",
    "scotland": "gb",
    "wales": "gb",
    "holland": "nl",
    "the netherlands": "nl",
    "ind": "in",
    "deu": "de",
    "fra": "fr",
    "esp": "es",
    "bra": "br",
    "nld": "nl",
    "swe": "se",
    "pol": "pl",
    "gbr": "gb",
}


@lru_cache(maxsize=10_000)
def read_country(text: str) -> str:
    """The two-letter code, from a name in one of the languages in `_LANGUAGES` or a code; what is no country stays as it is."""
    folded = fold(text)
    return _ALSO.get(folded) or _codes().get(folded) or meaning(text)


@lru_cache(maxsize=1)
def _codes() -> dict[str, str]:
    codes: dict[str, str] = {}
    for language in _LANGUAGES:
        for code, name in Locale(language).territories.items():
            if len(code) == 2:
                codes.setdefault(fold(name), code.lower())
                codes.setdefault(code.lower(), code.lower())
    return codes


class Places:
    def __init__(self, cities: Sequence[str], states: Sequence[str], countries: Sequence[str]) -> None:
        """Args: as they stand, empty where there is none."""
        self._city, self._state = Values(map(spelled, cities)), Values(map(meaning, states))
        self._country = Values(map(read_country, countries))

    def blocks(self) -> Iterable[Key]:
        yield Key("city", self._city.ids, weak=True)

    def compare(self, left: Ids, right: Ids) -> Iterable[Compared]:
        country, _ = grade_pairs(self._country, left, right, _differs)
        state, _ = grade_pairs(self._state, left, right, _differs)
        city, shares = grade_pairs(self._city, left, right, _city_levels)
        levels = np.full(len(left), MISSING, np.int8)
        levels[country == 0], levels[country == 1] = _COUNTRY, _ABROAD
        levels[state == 0] = _STATE
        levels[(state == 1) & (levels != _ABROAD)] = _ELSEWHERE
        levels[(city == _ELSEWHERE) & (levels != _STATE) & (levels != _ABROAD)] = _ELSEWHERE
        agree = (city == _CITY) | (city == _CITY_TYPO)
        levels[agree] = city[agree]
        shares[city != _CITY] = 0
        yield Compared(PLACE, levels, shares)


def _differs(ones: Sequence[str], others: Sequence[str]) -> NDArray[np.int8]:
    return np.fromiter((one != other for one, other in zip(ones, others, strict=True)), np.int8)


def _city_levels(ones: Sequence[str], others: Sequence[str]) -> NDArray[np.int8]:
    like = process.cpdist(ones, others, scorer=JaroWinkler.normalized_similarity, dtype=np.float32)
    return np.select([like == 1, like >= 0.92], [_CITY, _CITY_TYPO], _ELSEWHERE).astype(np.int8)


# --- one pair at a time


@dataclass(frozen=True, slots=True)
class Place:
    """Cleaned; empty where there is none."""

    city: str
    state: str
    country: str


def read_place(city: str, state: str, country: str) -> Place:
    return Place(spelled(city), meaning(state), read_country(country))


def compare_places(one: Place, other: Place) -> tuple[int, str]:
    """Level of `PLACE`, and the city where it is the same."""
    city = _level_of_city(one.city, other.city)
    if city in (_CITY, _CITY_TYPO):
        return city, one.city if city == _CITY else ""
    return _level_around(one, other, city), ""


def _level_around(one: Place, other: Place, city: int) -> int:
    """Where the city is not the same."""
    abroad = bool(one.country and other.country) and one.country != other.country
    if one.state and other.state:
        if one.state == other.state:
            return _STATE
        return _ABROAD if abroad else _ELSEWHERE
    if abroad or city == _ELSEWHERE:
        return _ABROAD if abroad else _ELSEWHERE
    return _COUNTRY if one.country and other.country else MISSING


def _level_of_city(one: str, other: str) -> int:
    if not (one and other):
        return MISSING
    like = JaroWinkler.normalized_similarity(one, other)
    return _CITY if like == 1 else _CITY_TYPO if like >= 0.92 else _ELSEWHERE
