"""What a file's columns mean: guessed from the header's words, checked against what stands below it."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from adapters.enrichers.country import country_code
from config.fields import FIELDS
from connector.demo.cells import answer, flag_in, moment_in, number_in, value_in
from connector.demo.synonyms import FULL_NAME, IDS, LEAKY, OUTCOMES, RATES, SYNONYMS
from connector.demo.table import Table

Fate = Literal["mapped", "outcome", "left out", "unmapped"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column and what becomes of it."""

    name: str
    fate: Fate
    field: str = ""
    """Canonical, or `synonyms.FULL_NAME`; empty unless mapped."""
    why: str = ""
    """Unless mapped: in words."""


@dataclass(frozen=True, slots=True)
class Guess:
    columns: Sequence[Column]

    @property
    def mapped(self) -> Mapping[str, str]:
        """Field to the name of its column."""
        return {column.field: column.name for column in self.columns if column.fate == "mapped"}

    def with_fate(self, fate: Fate) -> Sequence[Column]:
        return [column for column in self.columns if column.fate == fate]


@dataclass(frozen=True, slots=True)
class _Claim:
    """A column's bid for a field."""

    column: str
    field: str
    strength: int
    """Higher wins: 100 for the very words, less for words inside a longer header, 1 for content alone."""


def guess(table: Table) -> Guess:
    """Never maps a column that tells the outcome, leaks it, or only identifies the row."""
    answers = {name: _answers(table, name) for name in table.columns}
    fates = {name: _excluded(name, answers[name]) for name in table.columns}
    claims = [claim for name, fate in fates.items() if fate is None for claim in _claims(name, answers[name])]
    winners = _winners(claims)
    return Guess(tuple(fates[name] or _settled(name, claims, winners, answers[name]) for name in table.columns))


def _answers(table: Table, name: str) -> list[str]:
    return [value for row in table.rows if (value := answer(row[name]))]


def header_words(name: str) -> str:
    """`TotalVisits`, `total_visits` and `Total visits?` all to `total visits`."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return " ".join(re.findall(r"[^\W_]+", apart.lower()))


# ── what is never used ────────────────────────────────────────────────────────────────────────────────────────────────


def _excluded(name: str, answers: Sequence[str]) -> Column | None:
    header = header_words(name)
    words = set(header.split())
    known = _by_words(header)
    if header in OUTCOMES and len(set(answers)) <= 2:
        return Column(name, "outcome", why="what became of the lead: never shown to it")
    if known and known.strength == _EXACT:
        return None
    if words & IDS and _nearly_unique(answers):
        return Column(name, "left out", why="identifies the row")
    if words & LEAKY or header in OUTCOMES:
        return Column(name, "left out", why="may tell the outcome")
    return None


def _nearly_unique(answers: Sequence[str]) -> bool:
    return len(set(answers)) >= 0.98 * len(answers)


# ── what is used ──────────────────────────────────────────────────────────────────────────────────────────────────────

_EXACT: Final = 100


def _claims(name: str, answers: Sequence[str]) -> Iterator[_Claim]:
    """The field that header and content agree on."""
    if not answers:
        return
    found = _by_words(header_words(name)) or _by_content(answers)
    if found and _fits(found.field, answers, percent=50 if found.strength == _EXACT else 80):
        yield _Claim(name, found.field, found.strength)


def _by_words(header: str) -> _Claim | None:
    """By the longest synonym in the header, if it is at least a third of it."""
    words = header.split()
    if RATES & set(words):
        return None
    bids = [(phrase, field) for field, phrases in SYNONYMS.items() for phrase in phrases if f" {phrase} " in f" {header} "]
    if not bids:
        return None
    phrase, field = max(bids, key=lambda bid: len(bid[0]))
    share = _EXACT * len(phrase.split()) // len(words)
    return _Claim("", field, share) if share >= _EXACT // 3 else None


def _by_content(answers: Sequence[str]) -> _Claim | None:
    for field, check in (("email", _is_email), ("country", _is_country)):
        if _most(check, answers, 90):
            return _Claim("", field, 1)
    return None


def _winners(claims: Iterable[_Claim]) -> Mapping[str, str]:
    """Field to column; of equals the first."""
    best: dict[str, _Claim] = {}
    for claim in claims:
        if claim.field not in best or claim.strength > best[claim.field].strength:
            best[claim.field] = claim
    return {field: claim.column for field, claim in best.items()}


def _settled(name: str, claims: Sequence[_Claim], winners: Mapping[str, str], answers: Sequence[str]) -> Column:
    claim = next((claim for claim in claims if claim.column == name), None)
    if claim and winners[claim.field] == name:
        return Column(name, "mapped", claim.field)
    if claim:
        return Column(name, "unmapped", why=f"{winners[claim.field]} is {claim.field} already")
    if len(set(answers)) < 2:
        return Column(name, "unmapped", why="the same everywhere")
    return Column(name, "unmapped", why="means nothing to Leadline")


# ── whether the content fits ──────────────────────────────────────────────────────────────────────────────────────────


def _fits(field: str, answers: Sequence[str], *, percent: int) -> bool:
    kind = FIELDS[field].kind if field in FIELDS else "text"
    return _most(_FITS.get(field) or _KINDS[kind], answers, percent)


def _most(check: Callable[[str], bool], answers: Sequence[str], percent: int) -> bool:
    holds = {text: check(text) for text in set(answers)}
    return sum(holds[text] for text in answers) * 100 >= percent * len(answers)


def _is_email(text: str) -> bool:
    return re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text) is not None


def _is_phone(text: str) -> bool:
    return sum(letter.isdigit() for letter in text) >= 6 and not any(letter.isalpha() for letter in text)


def _is_country(text: str) -> bool:
    """Spelled out: `No` is an answer more often than Norway."""
    return len(text) > 3 and country_code(text) is not None


def _is_name(text: str) -> bool:
    return not any(letter.isdigit() or letter == "@" for letter in text)


def _is_full_name(text: str) -> bool:
    return _is_name(text) and " " in text


def _is_text(text: str) -> bool:
    return number_in(text) is None


_KINDS: Final[Mapping[str, Callable[[str], bool]]] = {
    "integer": lambda text: number_in(text) is not None,
    "flag": lambda text: flag_in(text) is not None,
    "moment": lambda text: moment_in(text) is not None,
    "text": _is_text,
}
_FITS: Final[Mapping[str, Callable[[str], bool]]] = {
    "email": _is_email,
    "phone": _is_phone,
    "first_name": _is_name,
    "last_name": _is_name,
    FULL_NAME: _is_full_name,
    "country": lambda text: country_code(text) is not None,
    "employees": lambda text: value_in("employees", text) is not None,
    "postal_code": bool,
}
