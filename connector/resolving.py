"""Who is like whom: records against the match index and against each other, each likeness with its evidence."""

import json
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from adapters.records import Lead, RecordRef
from config.fields import Values
from config.matching import shipped_match_weights
from connector.store.engine import Engine, Session
from connector.store.match_index import IndexedProfile, IndexProbe, MatchRow, candidates
from connector.store.match_weights import weights_in_force
from scoring.match.dedupe import Said
from scoring.match.keys import FIRM_CAP, LOOSE_CAP, Keys, keys_of
from scoring.match.learning import weights_of
from scoring.match.profile import Profile, pack, profile_of, unpack
from scoring.match.weighing import MatchWeights, Verdict, Weighed, alike

LIMIT: Final = 64
"""Records that one probe is compared with."""

_FRESH: Final = 30.0
"""Seconds for which the weights in force are taken from memory."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A record that somebody is looked for by."""

    ref: RecordRef
    values: Values
    """Canonical fields."""
    country: str | None = None
    """ISO 3166-1 alpha-2, as enrichment knows it; worked out of the values if None."""
    person_id: str | None = None
    """Whose it is known to be."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """Another record that may be the same person's."""

    ref: RecordRef
    person_id: str | None
    """Of the other record; None where that was not put down, as for another probe of this batch."""
    weight: float
    """Log-odds (natural logarithm): `prior` and the evidence, summed."""
    probability: float
    verdict: Verdict
    """same or possible: what is different is no likeness."""
    prior: float
    evidence: tuple[Said, ...]
    """Comparison, level and weight, in the order of `scoring.match.weighing.COMPARISONS`."""
    weights_version: str
    owner_id: str | None = None
    customer: bool = False
    open_opportunity: bool = False
    active_at: datetime | None = None
    created_at: datetime | None = None
    in_batch: bool = False
    """It is another probe of the same call."""


@dataclass(frozen=True, slots=True)
class _Read:
    """A probe, cleaned."""

    probe: Probe
    profile: Profile
    keys: Keys


@dataclass(slots=True)
class Resolver:
    """Resolves by the weights in force; by the shipped ones as long as none were estimated."""

    engine: Engine
    weights: MatchWeights | None = None
    """Always these, instead of those in force."""
    _remembered: tuple[float, MatchWeights] | None = field(default=None, init=False, repr=False)

    def resolve(self, probes: Sequence[Probe], session: Session | None = None) -> Mapping[RecordRef, Sequence[Likeness]]:
        """For each probe whom it is like, the likeliest first; empty for somebody new. One round trip for all.

        Args:
            session: to look within a transaction; its own if None.
        """
        read = [_read(probe) for probe in probes]
        weights = self.weights_now()
        wanted = [IndexProbe(one.probe.ref, one.keys.firm, one.keys.loose) for one in read]
        found = candidates(session or self.engine, wanted, firm_cap=FIRM_CAP, loose_cap=LOOSE_CAP, limit=LIMIT)
        mates = _mates(read)
        return {
            one.probe.ref: _best_first(_likenesses(one, found.get(one.probe.ref, ()), mates[one.probe.ref], weights))
            for one in read
        }

    def weights_now(self) -> MatchWeights:
        if self.weights:
            return self.weights
        if self._remembered is None or time.monotonic() - self._remembered[0] > _FRESH:
            stored = weights_in_force(self.engine)
            known = self._remembered[1] if self._remembered else None
            if known is None or (stored and stored.version != known.version):
                known = weights_of(stored.document) if stored else shipped_weights()
            self._remembered = (time.monotonic(), known)
        return self._remembered[1]


def shipped_weights() -> MatchWeights:
    """The default set, which works on day one."""
    return weights_of(json.loads(shipped_match_weights()))


def match_row(
    lead: Lead, *, country: str | None = None, person_id: str | None = None, active_at: datetime | None = None
) -> MatchRow | None:
    """A record as it goes into the index; None if it says nothing that anybody could be found by."""
    profile = profile_of(lead.values, country)
    if not profile.says_something:
        return None
    return MatchRow(
        ref=lead.ref,
        packed=pack(profile),
        keys=keys_of(profile).all,
        person_id=person_id,
        owner_id=lead.owner_id,
        customer=lead.values.get("relationship") == "customer",
        open_opportunity=lead.values.get("open_opportunity") is True,
        active_at=active_at or _active_at(lead.values) or lead.modified_at,
        created_at=lead.created_at,
    )


def _active_at(values: Values) -> datetime | None:
    moments = [value for name, value in values.items() if name.endswith("_at") and isinstance(value, str) and value]
    return datetime.fromisoformat(max(moments)) if moments else None


def _read(probe: Probe) -> _Read:
    profile = profile_of(probe.values, probe.country)
    return _Read(probe, profile, keys_of(profile))


def _mates(read: Sequence[_Read]) -> Mapping[RecordRef, Sequence[_Read]]:
    """By probe, the others of the batch that share a key with it, under the same caps as in the index."""
    holders: dict[int, list[int]] = defaultdict(list)
    for number, one in enumerate(read):
        for key in one.keys.all:
            holders[key].append(number)
    return {one.probe.ref: [read[mate] for mate in _mates_of(one, number, holders)] for number, one in enumerate(read)}


def _mates_of(one: _Read, number: int, holders: Mapping[int, Sequence[int]]) -> Iterable[int]:
    near = {mate for key in one.keys.firm for mate in holders[key][-FIRM_CAP:]}
    near |= {mate for key in one.keys.loose if len(holders[key]) <= LOOSE_CAP for mate in holders[key]}
    return sorted(near - {number})


def _likenesses(one: _Read, found: Sequence[IndexedProfile], mates: Sequence[_Read], weights: MatchWeights) -> Iterator[Likeness]:
    here = {mate.probe.ref for mate in mates}
    people = {indexed.ref: indexed.person_id for indexed in found}
    for indexed in found:
        profile = unpack(indexed.packed) if indexed.ref not in here else None  # as it was; in the batch it is as it is now
        if profile and (weighed := alike(one.profile, profile, weights)):
            yield _of_index(indexed, weighed, weights)
    for mate in mates:
        if weighed := alike(one.profile, mate.profile, weights):
            yield _of_batch(mate.probe, people.get(mate.probe.ref), weighed, weights)


def _of_index(other: IndexedProfile, weighed: Weighed, weights: MatchWeights) -> Likeness:
    return Likeness(
        ref=other.ref,
        person_id=other.person_id,
        weight=weighed.weight,
        probability=weighed.probability,
        verdict=weighed.verdict,
        prior=weighed.prior,
        evidence=weighed.evidence,
        weights_version=weights.version,
        owner_id=other.owner_id,
        customer=other.customer,
        open_opportunity=other.open_opportunity,
        active_at=other.active_at,
        created_at=other.created_at,
    )


def _of_batch(other: Probe, person_id: str | None, weighed: Weighed, weights: MatchWeights) -> Likeness:
    return Likeness(
        ref=other.ref,
        person_id=other.person_id or person_id,
        weight=weighed.weight,
        probability=weighed.probability,
        verdict=weighed.verdict,
        prior=weighed.prior,
        evidence=weighed.evidence,
        weights_version=weights.version,
        in_batch=True,
    )


def _best_first(likenesses: Iterable[Likeness]) -> Sequence[Likeness]:
    return sorted(likenesses, key=lambda one: (-one.weight, one.ref))
