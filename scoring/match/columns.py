"""What the columns of a file hold, recognised by their names, and where a name says nothing, by what stands in them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, get_args

from scoring.match.folding import fold

Column = Literal[
    "first", "last", "full", "email", "phone", "company", "website", "title", "address", "city", "postcode", "state", "country",
    "date", "profile", "number", "text", "category", "left out",
]  # fmt: skip
COLUMNS: Final[tuple[Column, ...]] = get_args(Column)

_NAMES: Final[Mapping[Column, str]] = {
    "left out": "created|modified|updated|last activity|source|owner|first and",
    "profile": "linkedin|profile",
    "email": "email|e mail|mail",
    "phone": "phone|mobile|telefon|tel|cell|fax",
    "full": "full name",
    "first": "given|first|fname|forename|vorname|prenom",
    "last": "surname|last|lname|family|nachname|apellido",
    "website": "website|web|url|homepage|domain",
    "company": "company|organisation|organization|account|employer|firma|site name",
    "address": "street|addr",
    "date": "date of birth|dob",
    "city": "birth place|birthplace|city|town|suburb|ort",
    "postcode": "zip|postal|postcode|post code|plz",
    "state": "state|province|region",
    "country": "country|land",
    "title": "job|title|occupation|position",
    "category": "gender",
}
"""What a header says, the more telling first: 'email address' is no address."""
_SPARSE, _FEW, _SAMPLE = 0.05, 100, 2_000


def recognise(columns: Mapping[str, Sequence[str]]) -> dict[str, Column]:
    """The guess for each column of a file, by its header and its values."""
    guesses = {header: _by_name(header) or _by_content(values) for header, values in columns.items()}
    if "first" in guesses.values() or "last" in guesses.values():
        return {header: "left out" if guess == "full" else guess for header, guess in guesses.items()}
    return {header: _whose_name(header, guess, guesses) for header, guess in guesses.items()}


def _by_name(header: str) -> Column | None:
    words = f" {fold(header)} "
    for column, names in _NAMES.items():
        if any((f" {name}" if len(name) > 3 else f" {name} ") in words for name in names.split("|")):
            return column
    return None


def _whose_name(header: str, guess: Column, guesses: Mapping[str, Column]) -> Column:
    """A bare 'name' is a person's where there is anything that only people have, and otherwise an organisation's."""
    if fold(header) not in ("name", "names"):
        return guess
    return "full" if {"date", "title", "email"} & set(guesses.values()) else "company"


def _by_content(values: Sequence[str]) -> Column:
    filled = [value for value in values if value.strip()]
    different = len(set(filled))
    if len(filled) < _SPARSE * len(values) or different < 2:
        return "left out"
    sample = filled[:_SAMPLE]
    if _most(sample, lambda value: "@" in value and "." in value):
        return "email"
    if _most(sample, lambda value: value.strip().replace("-", "").isdigit()):
        return "number" if different > _FEW else "category"
    return "text" if different > _FEW / 2 else "category"


def _most(values: Sequence[str], holds: Callable[[str], bool]) -> bool:
    return sum(map(holds, values)) > 0.8 * len(values)
