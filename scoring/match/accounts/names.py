"""Company names, taken apart: own words, trade, legal form, former name, department."""

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from rapidfuzz.distance import OSA

from scoring.match.accounts.words import ALSO, FORMER, GROUP, JOINING, LEGAL, NOISE, TRADE
from scoring.match.folding import fold, says_nothing

_PARTS: Final = re.compile(r"\s[-–—|/:]+\s|[()\[\]{}|;/*]|\s{0,3},\s|\bc/o\b")
_PRIVATE: Final = re.compile(r"\((?:p|pvt|private)\)", re.IGNORECASE)
"""Part of a legal form in India."""
_TOGETHER: Final = re.compile(r"\b([a-z])/([a-z])(?:/([a-z]))?\b", re.IGNORECASE)
"""A/S and d/b/a are words, and no two names."""
LONGEST: Final = 200
Words = tuple[str, ...]


@dataclass(frozen=True)
class Name:
    """One way a company is called. Empty words: it says nothing."""

    words: Words
    """Folded; without legal form and without joining words."""
    formed: bool = False
    """A legal form stood behind it."""

    @cached_property
    def own(self) -> Words:
        """Without 'group', 'holding' and the like."""
        return tuple(word for word in self.words if word not in GROUP) or self.words

    @cached_property
    def core(self) -> str:
        return "".join(self.words)

    @cached_property
    def own_core(self) -> str:
        return "".join(self.own)

    @cached_property
    def brand(self) -> str:
        """Without what says only the trade, at the end; run together."""
        words = self.own
        while len(words) > 1 and words[-1] in TRADE:
            words = words[:-1]
        return "".join(words)

    @cached_property
    def initials(self) -> str:
        return "".join(word[0] for word in self.words)

    @cached_property
    def figures(self) -> str:
        return "".join(sign for sign in self.core if sign.isdigit())


@lru_cache(maxsize=400_000)
def read_name(text: str) -> Name:
    words = [_spelled(word) for word in fold(text.replace("'", "")).split()]
    kept, formed = _without_form(words)
    own = tuple(word for word in kept if word not in JOINING) or tuple(kept)
    return Name((), formed) if says_nothing(" ".join(own)) else Name(own, formed)


def _spelled(word: str) -> str:
    return "saint" if word == "st" else word.replace("ae", "a").replace("oe", "o").replace("ue", "u")


def _without_form(words: list[str]) -> tuple[list[str], bool]:
    formed = False
    while len(words) > 1:
        size = next((n for n in (4, 3, 2, 1) if n < len(words) and "".join(words[-n:]) in LEGAL), 0)
        if not size:
            break
        words, formed = words[:-size], True
        while len(words) > 1 and words[-1] in ("co", "und", "and", "et", "y", "i"):
            words = words[:-1]
    return words, formed


@lru_cache(maxsize=400_000)
def read_names(text: str) -> tuple[Name, ...]:
    """Each part, and the whole if there are several: 'New Ltd (formerly Old)', 'Legal Inc - Brand', 'Agency / Client'."""
    said = [_said(part) for part in _PARTS.split(_TOGETHER.sub(r"\1\2\3", _PRIVATE.sub(" ", text[:LONGEST]))) if part]
    names = [read_name(part) for part in said if _squeezed(part) not in NOISE]
    formed = any(_squeezed(part) in LEGAL for part in said)
    kept = [name for name in names if name.words and name.core not in LEGAL]
    if len(kept) < 2:
        return tuple(Name(name.words, name.formed or formed) for name in kept)
    whole = Name(tuple(word for name in kept for word in name.words), formed or any(name.formed for name in kept))
    return (*dict.fromkeys(kept), whole)


def _squeezed(text: str) -> str:
    return fold(text).replace(" ", "")


def _said(part: str) -> str:
    words = part.split()
    if words and fold(words[0]).replace(" ", "") in FORMER | ALSO | {"for", "client"}:
        words = words[1:]
    return " ".join(words)


def shortened(short: Words, full: Words) -> bool:
    """Word for word the same, or cut: 'Tech' for 'Technologies', 'Svcs' for 'Services'. The first word stands in full."""
    if len(short) != len(full) or len(short) < 2 or short[0] != full[0]:
        return False
    cut = [(a, b) for a, b in zip(short, full, strict=True) if a != b]
    return bool(cut) and all(_cut(a, b) for a, b in cut)


def _cut(short: str, full: str) -> bool:
    if len(short) < 2 or len(short) >= len(full) or short[0] != full[0]:
        return False
    letters = iter(full)
    return all(letter in letters for letter in short) and (full.startswith(short) or len(short) > 2)


def slips(lead: Name, account: Name) -> int:
    """How many slips of the pen lie between two names, 1 or 2; 0 where they are the same, or two names."""
    if abs(len(lead.core) - len(account.core)) > 2 or min(len(lead.core), len(account.core)) < 5:
        return 0
    found = _slips(lead.core, account.core)
    if not found or lead.figures != account.figures or len(lead.words) != len(account.words):
        return found if lead.figures == account.figures else 0
    odd = [(a, b) for a, b in zip(lead.words, account.words, strict=True) if a != b]
    another = any(a in TRADE and b in TRADE for a, b in odd) or not all(_slips(a, b) for a, b in odd)
    return 0 if another else found


def _slips(one: str, other: str) -> int:
    """Two only in a longer word, behind its first letter."""
    most = 2 if min(len(one), len(other)) > 7 and one[0] == other[0] else 1
    distance = OSA.distance(one, other, score_cutoff=most)
    return distance if distance <= most else 0
