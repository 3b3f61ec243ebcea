"""What a name and its values mean in our words: guessed from the words, checked against the values."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from adapters.enrichers.country import country_code
from config.fields import FIELDS
from connector.fieldmap.cells import flag_in, moment_in, number_in, value_in
from connector.fieldmap.synonyms import FULL_NAME, LEAKY, OUTCOMES, RATES, SENSITIVE, SYNONYMS

EXACT: Final = 100


@dataclass(frozen=True, slots=True)
class Bid:
    """What a name may mean."""

    field: str
    """Canonical, or `synonyms.FULL_NAME`."""
    strength: int
    """Higher wins: 100 for the very words, less for words inside a longer name, 1 for the values alone."""


def header_words(name: str) -> str:
    """`TotalVisits`, `total_visits` and `Total visits?` all to `total visits`."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return " ".join(re.findall(r"[^\W_]+", apart.lower()))


def by_words(header: str) -> Bid | None:
    """By the longest synonym in the header, if it is at least a third of it."""
    words = header.split()
    if RATES & set(words):
        return None
    bids = [(phrase, field) for field, phrases in SYNONYMS.items() for phrase in phrases if f" {phrase} " in f" {header} "]
    if not bids:
        return None
    phrase, field = max(bids, key=lambda bid: len(bid[0]))
    share = EXACT * len(phrase.split()) // len(words)
    return Bid(field, share) if share >= EXACT // 3 else None


def by_content(answers: Sequence[str]) -> Bid | None:
    for field, check in (("email", _is_email), ("country", _is_country)):
        if _most(check, answers, 90):
            return Bid(field, 1)
    return None


def nearly_unique(answers: Sequence[str]) -> bool:
    return len(set(answers)) >= 0.98 * len(answers)


def suspicion(name: str, field: str = "") -> str:
    """Why a field of this name may not influence a score or a route, as it goes on after the name; empty where nothing
    speaks against it.

    Args:
        field: the canonical field that it is to be read as; a lead's status may be called status.
    """
    header = header_words(name.removesuffix("__c"))
    words = set(header.split())
    if found := sorted(words & SENSITIVE.keys()):
        return f"looks like {SENSITIVE[found[0]]}"
    meant = {word for phrase in (*SYNONYMS.get(field, ()), field.replace("_", " ")) for word in phrase.split()}
    if header in OUTCOMES or words & LEAKY - meant:
        return "may tell what became of the lead"
    return ""


def fits(field: str, answers: Sequence[str], *, percent: int) -> bool:
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
