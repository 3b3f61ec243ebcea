"""What happens to a value between a CRM's field and ours: a closed list, pure, and total in both directions.

A row's own way is `onward`: from the CRM for what is read, to the CRM for what is written. `back` reads what stands in a written
field, in our units again. What `back` cannot read comes back as it is, so that a field with something in it never looks empty.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Final, Literal

from config.fields import Kind, Value

Direction = Literal["read", "write"]

_MOST_DIGITS: Final = 18
_DATES: Final[Mapping[str, str]] = {
    "ymd": r"(?P<y>\d{4})\D(?P<m>\d{1,2})\D(?P<d>\d{1,2})",
    "dmy": r"(?P<d>\d{1,2})\D(?P<m>\d{1,2})\D(?P<y>\d{4})",
    "mdy": r"(?P<m>\d{1,2})\D(?P<d>\d{1,2})\D(?P<y>\d{4})",
}


class TransformError(ValueError):
    """There is no such transform, or it does not go with this row; the sentence says what does."""


@dataclass(frozen=True, slots=True)
class Transform:
    """One of `TRANSFORMS`, with what it needs to know."""

    name: str = "same"
    detail: str = ""
    """scale: `0-1` · letters, letter_number: best first, `ABCDF` · date: `ymd`, `dmy` or `mdy`."""
    table: tuple[tuple[str, str], ...] = ()
    """What comes to what goes, in the row's own direction."""

    @property
    def plain(self) -> bool:
        return self.name == "same"

    def onward(self, value: Value) -> Value:
        """`value` as it goes on; None where there is nothing to say."""
        return None if value is None else TRANSFORMS[self.name].onward(self, value)

    def back(self, value: Value) -> Value:
        """What stands in a written field, in our units."""
        return None if value is None else TRANSFORMS[self.name].back(self, value)

    def through(self, value: Value) -> Value:
        """`value` as it will be read back once it was written: a scale of five steps tells 82 and 80 no longer apart."""
        return self.back(self.onward(value))

    def __str__(self) -> str:
        return f"{self.name} {self.detail}".strip()


@dataclass(frozen=True, slots=True)
class _Way:
    onward: Callable[[Transform, Value], Value]
    back: Callable[[Transform, Value], Value]
    directions: tuple[Direction, ...]
    kinds: tuple[Kind, ...]
    says: str
    detail: str = ""
    """A regular expression that the detail has to match."""
    only: tuple[str, ...] = ()
    """Names of the outputs it is for; empty for all."""


def _as_it_is(_: Transform, value: Value) -> Value:
    return value


# --- texts


def _trim(_: Transform, value: Value) -> Value:
    return " ".join(value.split()) or None if isinstance(value, str) else value


def _lower(_: Transform, value: Value) -> Value:
    return value.lower() if isinstance(value, str) else value


def _word(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _look_up(transform: Transform, value: Value) -> Value:
    """Exactly, else in any letter case; what the table does not name passes as it is."""
    word = _word(value)
    exact = dict(transform.table)
    if word in exact:
        return exact[word]
    return next((there for here, there in transform.table if here.casefold() == word.casefold()), value)


def _look_back(transform: Transform, value: Value) -> Value:
    """The first, in alphabetical order, that leads there."""
    word = _word(value)
    return next((here for here, there in transform.table if there == word), value)


# --- numbers out of text

_NUMBER: Final = re.compile(
    r"(?P<whole>\d{1,3}(?:[ ,.'\u00a0\u202f]\d{3})+|\d+)(?:[.,](?P<part>\d+))?\s?(?P<unit>k|m|mio|million|thousand)?\b",
    re.IGNORECASE | re.ASCII,
)
_UNITS: Final[Mapping[str, int]] = {"k": 1_000, "thousand": 1_000, "m": 1_000_000, "mio": 1_000_000, "million": 1_000_000}


def _number(_: Transform, value: Value) -> Value:
    """`about 1,200 people` is 1200, `5k` 5000; a range counts as its middle, `51-200` as 125. None without a digit."""
    if isinstance(value, int):
        return int(value)
    text = str(value)
    first = _NUMBER.search(text)
    if first is None:
        return None
    second = _NUMBER.match(text, dash.end()) if (dash := re.compile(r"\s?(?:-|–|to)\s?").match(text, first.end())) else None
    amounts = [_amount(found) for found in (first, second) if found]
    middle = sum(amounts, Decimal(0)) / len(amounts)
    return int(middle) if middle.adjusted() < _MOST_DIGITS else None


def _amount(found: re.Match[str]) -> Decimal:
    whole = re.sub(r"\D", "", found["whole"])
    return Decimal(f"{whole}.{found['part'] or 0}") * _UNITS.get((found["unit"] or "").lower(), 1)


# --- days and moments


def _date(transform: Transform, value: Value) -> Value:
    """The day's midnight, UTC; None where there is no such day."""
    found = re.match(_DATES[transform.detail or "ymd"], str(value).strip(), re.ASCII)
    if found is None:
        return None
    year, month, day = int(found["y"]), int(found["m"]), int(found["d"])
    return f"{year:04}-{month:02}-{day:02}T00:00:00Z" if _is_day(year, month, day) else None


def _is_day(year: int, month: int, day: int) -> bool:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    return year >= 1 and 1 <= month <= 12 and 1 <= day <= days[month - 1]


def _day(_: Transform, value: Value) -> Value:
    return str(value)[:10]


def _midnight(_: Transform, value: Value) -> Value:
    return _date(Transform("date", "ymd"), value) or value


# --- scales


def _ends(transform: Transform) -> tuple[int, int]:
    low, _, high = transform.detail.partition("-")
    return int(low), int(high)


def _hundred(value: Value) -> int | None:
    return min(100, max(0, value)) if isinstance(value, int) and not isinstance(value, bool) else None


def decimals_of(transform: Transform) -> int:
    """Places after the point that the scale needs: two from 0 to 1, none on a longer one."""
    low, high = _ends(transform)
    return 2 if high - low == 1 else 0


def _to_scale(transform: Transform, value: Value) -> Value:
    score = _hundred(value)
    if score is None:
        return None
    low, high = _ends(transform)
    exact = Decimal(low) + Decimal(high - low) * score / 100
    if decimals_of(transform):
        return format(exact.quantize(Decimal("0.01")), "f")
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _from_scale(transform: Transform, value: Value) -> Value:
    """Not cut at the ends: 250 on a scale to 10 is somebody's, and must not pass for 100."""
    found = _decimal(value)
    if found is None:
        return value
    low, high = _ends(transform)
    return int(((found - low) * 100 / (high - low)).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _decimal(value: Value) -> Decimal | None:
    try:
        found = Decimal(_word(value).strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() and found.adjusted() < _MOST_DIGITS else None


def _to_letter(transform: Transform, value: Value) -> Value:
    score, letters = _hundred(value), transform.detail
    if score is None:
        return None
    return letters[len(letters) - 1 - min(len(letters) - 1, score * len(letters) // 100)]


def _from_letter(transform: Transform, value: Value) -> Value:
    """The middle of the letter's part of the scale."""
    letters, word = transform.detail, _word(value)
    if len(word) != 1 or word not in letters:
        return value
    step = len(letters) - 1 - letters.index(word)
    return 100 * (2 * step + 1) // (2 * len(letters))


def _to_rank(transform: Transform, value: Value) -> Value:
    """A grade's letter as a number, the best the highest: `A1` on `ABC` is 3."""
    letters, first = transform.detail, _word(value)[:1]
    return len(letters) - letters.index(first) if first and first in letters else None


def _from_rank(transform: Transform, value: Value) -> Value:
    found, letters = _decimal(value), transform.detail
    if found is None or found != found.to_integral_value() or not 1 <= found <= len(letters):
        return value
    return letters[len(letters) - int(found)]


_SCORES: Final = ("fit_score", "engagement_score")
_ALL: Final[tuple[Kind, ...]] = ("text", "integer", "flag", "moment")
_BOTH: Final[tuple[Direction, ...]] = ("read", "write")
_LETTERS: Final = r"(?!.*(.).*\1)[A-Z]{2,10}"

TRANSFORMS: Final[Mapping[str, _Way]] = {
    "same": _Way(_as_it_is, _as_it_is, _BOTH, _ALL, "as it is"),
    "trim": _Way(_trim, _as_it_is, _BOTH, ("text",), "without blanks around it, single ones inside"),
    "lower": _Way(_lower, _as_it_is, _BOTH, ("text",), "in lower case"),
    "table": _Way(_look_up, _look_back, _BOTH, _ALL, "by a table of values"),
    "number": _Way(_number, _as_it_is, ("read",), ("integer",), "the number that a text speaks of"),
    "date": _Way(_date, _as_it_is, ("read",), ("moment",), "a day, as its midnight", r"|ymd|dmy|mdy"),
    "day": _Way(_day, _midnight, ("write",), ("moment",), "the day of a moment"),
    "scale": _Way(_to_scale, _from_scale, ("write",), ("integer",), "0-100 onto another scale", r"\d{1,4}-\d{1,4}", _SCORES),
    "letters": _Way(_to_letter, _from_letter, ("write",), ("integer",), "0-100 as a letter, best first", _LETTERS, _SCORES),
    "letter_number": _Way(_to_rank, _from_rank, ("write",), ("text",), "a letter as a number", _LETTERS, ("grade",)),
}

SAME: Final = Transform()


def parse_transform(said: object, name: str, kind: Kind, direction: Direction) -> Transform:
    """Reads `scale 0-1`, `trim`, or `{table: {Hot: A1}}`.

    Raises:
        TransformError: there is none such, or not for this row.
    """
    transform = _named(said)
    way = TRANSFORMS.get(transform.name)
    if way is None:
        raise TransformError(f"There is no transform {transform.name!r}; there are: {', '.join(TRANSFORMS)}.")
    if direction not in way.directions or kind not in way.kinds or (way.only and name not in way.only):
        raise TransformError(f"{transform.name} ({way.says}) is not for {name}; for it there are: {_for(name, kind, direction)}.")
    if not re.fullmatch(way.detail, transform.detail) or not _sound(transform):
        raise TransformError(f"{str(transform)!r} is not complete; write {_EXAMPLES.get(transform.name, transform.name)}.")
    return transform


_EXAMPLES: Final[Mapping[str, str]] = {
    "table": "a table of values, such as {table: {A1: Hot, C3: Cold}}",
    "date": "date, date dmy or date mdy",
    "scale": "scale 0-1, scale 1-5 or the like, the lower end first",
    "letters": "letters ABCDF, each letter once and the best first",
    "letter_number": "letter_number ABC, each letter once and the best first",
}


def _named(said: object) -> Transform:
    if isinstance(said, dict) and set(said) == {"table"} and isinstance(said["table"], dict):
        pairs = ((_word(here), "" if there is None else _word(there)) for here, there in said["table"].items())
        return Transform("table", table=tuple(sorted(pairs)))  # the store keeps no order of its own
    if not isinstance(said, str):
        raise TransformError("A transform is one word, such as trim, or a table of values.")
    name, _, detail = said.strip().partition(" ")
    return Transform(name, detail.strip())


def _sound(transform: Transform) -> bool:
    if transform.name == "table":
        return bool(transform.table) and all(here and there for here, there in transform.table)
    if transform.name == "scale":
        low, high = _ends(transform)
        return low < high
    return True


def _for(name: str, kind: Kind, direction: Direction) -> str:
    fitting = (
        one
        for one, way in TRANSFORMS.items()
        if direction in way.directions and kind in way.kinds and (not way.only or name in way.only)
    )
    return ", ".join(fitting)


def transform_document(transform: Transform) -> object:
    """As it is written in a document."""
    return {"table": dict(transform.table)} if transform.name == "table" else str(transform)
