"""What a file's columns mean: guessed from the header's words, checked against what stands below it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from connector.fieldmap.cells import answer
from connector.fieldmap.meaning import EXACT, by_content, by_words, fits, header_words, nearly_unique
from connector.fieldmap.synonyms import IDS, LEAKY, OUTCOMES
from connector.tables import Table

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
    """Higher wins; see `meaning.Bid`."""


def guess(table: Table) -> Guess:
    """Never maps a column that tells the outcome, leaks it, or only identifies the row."""
    answers = {name: _answers(table, name) for name in table.columns}
    fates = {name: _excluded(name, answers[name]) for name in table.columns}
    claims = [claim for name, fate in fates.items() if fate is None for claim in _claims(name, answers[name])]
    winners = _winners(claims)
    return Guess(tuple(fates[name] or _settled(name, claims, winners, answers[name]) for name in table.columns))


def _answers(table: Table, name: str) -> list[str]:
    return [value for row in table.rows if (value := answer(row[name]))]


# ── what is never used ────────────────────────────────────────────────────────────────────────────────────────────────


def _excluded(name: str, answers: Sequence[str]) -> Column | None:
    header = header_words(name)
    words = set(header.split())
    known = by_words(header)
    if header in OUTCOMES and len(set(answers)) <= 2:
        return Column(name, "outcome", why="what became of the lead: never shown to it")
    if known and known.strength == EXACT:
        return None
    if words & IDS and nearly_unique(answers):
        return Column(name, "left out", why="identifies the row")
    if words & LEAKY or header in OUTCOMES:
        return Column(name, "left out", why="may tell the outcome")
    return None


# ── what is used ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _claims(name: str, answers: Sequence[str]) -> Iterator[_Claim]:
    """The field that header and content agree on."""
    if not answers:
        return
    found = by_words(header_words(name)) or by_content(answers)
    if found and fits(found.field, answers, percent=50 if found.strength == EXACT else 80):
        yield _Claim(name, found.field, found.strength)


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
