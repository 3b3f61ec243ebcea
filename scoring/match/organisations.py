"""Companies: by the domain they write from, by their name without its legal form, and by the one against the other."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import cleanco
import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from tldextract import TLDExtract

from scoring.match.folding import fold, says_nothing
from scoring.match.mailboxes import FREE, Mailbox
from scoring.match.values import MISSING, Compared, Comparison, Ids, Key, Levels, Shares, Values, grade_pairs, key

_DOMAIN, _NAME, _TYPO, _CONTAINED, _OTHER, _NAMED = range(6)
ORGANISATION: Final = Comparison(
    "organisation",
    ("the same domain", "the same name", "misspelled", "one name in the other", "another", "the domain is the name"),
    (0.58, 0.15, 0.07, 0.06, 0.11, 0.03),
    rarity=0.5,
)
ALONE: Final = replace(ORGANISATION, doubtful=frozenset({_OTHER}))
"""Where rows are organisations and no people: two names behind one switchboard may be two that share a house."""
_SAID_BESIDE: Final = frozenset(
    "the of and group holding holdings company corporation limited inc llc ltd gmbh co kg sa ag corp s l u a".split()
)
_NAMED_SHARE: Final = 1e-3
"""How rare an agreement of domain and name is taken to be; neither was counted alone."""
_extract: Final = TLDExtract(suffix_list_urls=())  # the list inside the package: nothing is fetched


@lru_cache(maxsize=200_000)
def read_company(text: str) -> str:
    """Folded words without legal form and 'group'; empty if it says nothing."""
    text = text.replace("..", ".")
    words = fold(cleanco.basename(text) or text).split()
    core = " ".join(word for word in words if word not in _SAID_BESIDE) or " ".join(words)
    return "" if says_nothing(fold(text)) or says_nothing(core) else core


@lru_cache(maxsize=200_000)
def read_domain(text: str) -> str:
    """The registrable part of an address or a mail domain; empty for a free-mail provider's."""
    host = re.sub(r"^[a-z]+://", "", text.strip().casefold()).partition("/")[0].rpartition("@")[2].partition(":")[0]
    domain = _extract(host).top_domain_under_public_suffix
    return "" if domain in FREE or host in FREE else domain


@dataclass(frozen=True, slots=True)
class Organisation:
    """Cleaned; empty where there is none."""

    name: str
    mail_domain: str
    web_domain: str


def read_organisation(company: str, website: str, mailbox: Mailbox | None) -> Organisation:
    return Organisation(read_company(company), read_domain(mailbox.domain) if mailbox else "", read_domain(website))


class Organisations:
    def __init__(self, organisations: Sequence[Organisation], comparison: Comparison = ORGANISATION) -> None:
        self._comparison = comparison
        self.names = Values(one.name for one in organisations)
        count = len(organisations)
        # The first is the one it is known by; the second counts as well where a pair agrees on it.
        both = Values(
            [one.mail_domain or one.web_domain for one in organisations]
            + [one.web_domain or one.mail_domain for one in organisations]
        )
        self._texts, self._domain, self._second = both.texts, both.ids[:count], both.ids[count:]
        filled = self._domain[self._domain >= 0]
        self._shares = (np.bincount(filled, minlength=len(both.texts)) / max(len(filled), 1)).astype(np.float32)

    def blocks(self) -> Iterable[Key]:
        yield Key("domain", self._domain)
        yield Key("company", self.names.ids)
        starts = ["".join(sorted(text.split()))[:8] for text in self.names.texts] + [""]
        yield key("start of company", (starts[id_] for id_ in self.names.ids))

    def compare(self, left: Ids, right: Ids) -> Iterable[Compared]:
        levels, shares = grade_pairs(self.names, left, right, _grade_names)
        self._by_domain(left, right, levels, shares)
        self._by_name_of_domain(left, right, levels, shares)
        yield Compared(self._comparison, levels, shares)

    def _by_domain(self, left: Ids, right: Ids, levels: Levels, shares: Shares) -> None:
        one, two = (self._domain[left], self._second[left]), (self._domain[right], self._second[right])
        filled = (one[0] >= 0) & (two[0] >= 0)
        same = filled & ((one[0] == two[0]) | (one[0] == two[1]) | (one[1] == two[0]) | (one[1] == two[1]))
        levels[filled & (levels == MISSING)] = _OTHER
        levels[same] = _DOMAIN
        shares[same] = self._shares[one[0][same]]

    def _by_name_of_domain(self, left: Ids, right: Ids, levels: Levels, shares: Shares) -> None:
        """globalbau.de is Global Bau's, also where only one record has the domain and only the other the name."""
        open_ = (levels == _OTHER) | (levels == MISSING)
        for one, other in ((left, right), (right, left)):
            name, domain, second = self.names.ids[one], self._domain[other], self._second[other]
            for at in np.nonzero(open_ & (name >= 0) & (domain >= 0))[0]:
                company = self.names.texts[name[at]]
                if is_name_of(self._texts[domain[at]], company) or is_name_of(self._texts[second[at]], company):
                    levels[at], shares[at] = _NAMED, _NAMED_SHARE
                elif levels[at] == MISSING:
                    levels[at] = _OTHER


def _grade_names(ones: Sequence[str], others: Sequence[str]) -> NDArray[np.int8]:
    whole = process.cpdist(ones, others, scorer=fuzz.token_sort_ratio, dtype=np.float32)
    part = process.cpdist(ones, others, scorer=fuzz.token_set_ratio, dtype=np.float32)
    same = np.fromiter((a.replace(" ", "") == b.replace(" ", "") for a, b in zip(ones, others, strict=True)), np.bool_)
    return np.select([same, whole >= 85, part >= 95], [_NAME, _TYPO, _CONTAINED], _OTHER).astype(np.int8)


@lru_cache(maxsize=500_000)
def is_name_of(domain: str, company: str) -> bool:
    """Whether a domain is made of a company's name: the words run together, their beginning, or their initials."""
    label, (name, initials) = _label(domain), _name_and_initials(company)
    if len(label) < 3:
        return False
    if label in (name, initials):
        return True
    begins = name.startswith(label) or (label.startswith(name) and len(name) > 4)
    return len(label) > 4 and (begins or fuzz.ratio(label, name) >= 88)


@lru_cache(maxsize=200_000)
def _label(domain: str) -> str:
    return "".join(sign for sign in domain.partition(".")[0] if sign.isalnum())


@lru_cache(maxsize=200_000)
def _name_and_initials(company: str) -> tuple[str, str]:
    return company.replace(" ", ""), "".join(word[0] for word in company.split())


# --- one pair at a time


def compare_organisations(one: Organisation, other: Organisation) -> tuple[int, str]:
    """Level of `ORGANISATION`, and the domain or name that is the same."""
    domains, others = _domains(one), _domains(other)
    if shared := min((domain for domain in domains if domain in others), default=""):
        return _DOMAIN, shared
    level = _level_of_names(one.name, other.name)
    if level in (MISSING, _OTHER) and (_named(one.name, others) or _named(other.name, domains)):
        return _NAMED, ""
    if level == MISSING and ((domains and others) or (one.name and others) or (other.name and domains)):
        return _OTHER, ""
    return level, ""


def _domains(one: Organisation) -> tuple[str, ...]:
    return tuple(filter(None, (one.mail_domain, one.web_domain)))


def _named(company: str, domains: Iterable[str]) -> bool:
    return bool(company) and any(is_name_of(domain, company) for domain in domains)


def _level_of_names(one: str, other: str) -> int:
    """`_grade_names` of one pair."""
    if not (one and other):
        return MISSING
    if one.replace(" ", "") == other.replace(" ", ""):
        return _NAME
    if fuzz.token_sort_ratio(one, other) >= 85:
        return _TYPO
    return _CONTAINED if fuzz.token_set_ratio(one, other) >= 95 else _OTHER
