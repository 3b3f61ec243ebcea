"""Two profiles against each other: a prior, and what each comparison adds to it, up to a verdict. A waterfall that sums.

All that the weight of a pair depends on is in the two profiles and in one immutable set of weights: no record that is added
elsewhere moves it.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import blake2b
from typing import Final, Literal

from scoring.match.dedupe import Said
from scoring.match.mailboxes import EMAIL, compare_mailboxes
from scoring.match.names import FIRST, GENERATION, LAST, compare_names
from scoring.match.organisations import ORGANISATION, compare_organisations
from scoring.match.phones import PHONE, compare_phones
from scoring.match.places import PLACE, compare_places
from scoring.match.plain import POSTCODE, TITLE, compare_postcodes, compare_titles
from scoring.match.profile import Profile, pack
from scoring.match.values import MISSING, Comparison
from scoring.match.weights import Weights

Verdict = Literal["same", "possible", "different"]

COMPARISONS: Final[tuple[Comparison, ...]] = (
    *(FIRST, LAST, GENERATION, EMAIL, PHONE, ORGANISATION, PLACE),
    replace(POSTCODE.comparison, name="postcode"),
    replace(TITLE.comparison, name="title"),
)
"""In the order of every waterfall."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Log-odds, and what they were set for."""

    same: float
    possible: float
    precision: float
    """Of `same`, on the pairs that they were set on."""


@dataclass(frozen=True, slots=True)
class MatchWeights:
    """One immutable set; `version` names it wherever a verdict is put down."""

    weights: Weights
    """A weight for each of `COMPARISONS`, in their order."""
    common: Mapping[int, float]
    """By `value_number`, the share of records that have this value, of the values that many have."""
    rarest: float
    """The share that every other value is taken to have."""
    thresholds: Thresholds
    records: int
    """On how many it was estimated."""
    version: str = ""

    def share(self, comparison: str, value: str) -> float:
        return self.common.get(value_number(comparison, value), self.rarest) if value else self.rarest


@dataclass(frozen=True, slots=True)
class Weighed:
    """One pair."""

    prior: float
    """What is true of any pair that keys brought together, in log-odds (natural logarithm)."""
    evidence: tuple[Said, ...]
    """What each comparison adds, where both records have a value."""
    verdict: Verdict

    @property
    def weight(self) -> float:
        """Log-odds: the prior and the evidence, summed."""
        return weight_of(self.prior, self.evidence)

    @property
    def probability(self) -> float:
        return probability_of(self.weight)


def weight_of(prior: float, evidence: tuple[Said, ...]) -> float:
    return math.fsum((prior, *(said.weight for said in evidence)))


def probability_of(weight: float) -> float:
    return 1 / (1 + math.exp(-min(max(weight, -50.0), 50.0)))


@lru_cache(maxsize=50_000)
def value_number(comparison: str, value: str) -> int:
    """64 bits that stand for a value: what is common is known without anybody's name being kept."""
    return int.from_bytes(blake2b(f"{comparison} {value}".encode("utf-8", "replace"), digest_size=8).digest(), "big")


def compare(one: Profile, other: Profile, weights: MatchWeights) -> Weighed:
    """The same, whichever of the two comes first."""
    return _told(tuple(_added(one, other, weights)), weights)


def alike(one: Profile, other: Profile, weights: MatchWeights) -> Weighed | None:
    """`compare`, but None for two who are different, as most are: what speaks against them is not put into words."""
    added = tuple(_added(one, other, weights))
    total = math.fsum((weights.weights.prior, *(weight for _, _, weight in added)))
    return _told(added, weights) if total >= weights.thresholds.possible else None


Added = tuple[Comparison, int, float]
"""A comparison, its level, and what that adds."""


def _told(added: tuple[Added, ...], weights: MatchWeights) -> Weighed:
    prior = weights.weights.prior
    evidence = tuple(Said(comparison.name, comparison.levels[level], weight) for comparison, level, weight in added)
    doubtful = any(level in comparison.doubtful for comparison, level, _ in added)
    return Weighed(prior, evidence, _verdict(weight_of(prior, evidence), weights.thresholds, doubtful=doubtful))


def _verdict(weight: float, thresholds: Thresholds, *, doubtful: bool) -> Verdict:
    if weight >= thresholds.same and not doubtful:
        return "same"
    return "possible" if weight >= thresholds.possible else "different"


def _added(one: Profile, other: Profile, weights: MatchWeights) -> Iterator[Added]:
    for weight, (level, value) in zip(weights.weights.each, levels(one, other), strict=True):
        if level != MISSING:
            comparison = weight.comparison
            share = weights.share(comparison.name, value) if comparison.rarity and not level else weights.rarest
            yield comparison, level, weight.at(level, share)


Level = tuple[int, str]
"""A comparison's level, and the value that the two share where it is one that may be rare."""


def _in_order(one: Profile, other: Profile) -> tuple[Profile, Profile]:
    """Distances need not be symmetric; one order makes the whole so."""
    mine, theirs = (one.name.last, one.name.first), (other.name.last, other.name.first)
    if mine == theirs:
        return (one, other) if pack(one) <= pack(other) else (other, one)
    return (one, other) if mine < theirs else (other, one)


def levels(one: Profile, other: Profile) -> tuple[Level, ...]:
    """How alike the two are in each of `COMPARISONS`."""
    left, right = _in_order(one, other)
    first, last, generation = compare_names(left.name, right.name)
    mailboxes = compare_mailboxes(left.mailbox, right.mailbox, (left.name, right.name))
    return (
        (first, left.name.first),
        (last, left.name.last),
        (generation, ""),
        (mailboxes, ""),
        compare_phones(left.subscribers, right.subscribers),
        compare_organisations(left.organisation, right.organisation),
        compare_places(left.place, right.place),
        (compare_postcodes(left.postcode, right.postcode), left.postcode),
        (compare_titles(left.title, right.title), left.title),
    )
