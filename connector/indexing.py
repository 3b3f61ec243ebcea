"""Index: records are matched by their exact keys and scored, so that whoever comes later finds them; nothing is decided.

What is worked out needs no lock; what is put down takes the same keys under the same index as a decision does. Who lost a race
for a person is matched anew.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from adapters.records import Lead, RecordRef
from connector.aside import Why
from connector.case import raised_digest
from connector.enrichment import enrich, with_derived
from connector.hydration import input_hash
from connector.matching import Candidate, Match, keys_of, match
from connector.resolving import match_row
from connector.store.connections import CrmConnection
from connector.store.engine import Session, transact
from connector.store.indexed import Indexed, put_indexed
from connector.store.match_index import MatchRow, put_profiles
from connector.store.people import IdentityKey, add_people, claim_keys, lock_people, people_by_id, people_by_key
from connector.wiring import Services
from scoring.score import score

_TRIES: Final = 8


@dataclass(frozen=True, slots=True)
class Aside:
    """A record to be indexed."""

    lead: Lead
    why: Why
    person_id: str | None = None
    """The person it belonged to before."""
    ended: bool = False
    """It lives no more by itself: a converted lead."""
    now: RecordRef | None = None
    """As what it went on, if that is known."""


class _LostError(Exception):
    """Somebody else took a key meanwhile."""


def index(services: Services, crm: CrmConnection, asides: Sequence[Aside], also: Callable[[Session, int], None]) -> int:
    """Puts records down in one transaction with whatever `also` does there; it is told how many were taken.

    Returns how many were taken: what was decided about, or is forgotten, is left as it is.
    """
    for _ in range(_TRIES):
        matches = _matches(services, asides)
        rows = [_row(services, one, matches[one.lead.ref]) for one in asides]
        profiles = [_profile(one, matches[one.lead.ref]) for one in asides if not one.ended]
        try:
            return transact(services.engine, lambda session: _put(session, crm, matches, rows, profiles, also))  # noqa: B023 - called at once
        except _LostError:
            continue
    raise RuntimeError("The same persons were taken by others again and again; run it again.")


def _matches(services: Services, asides: Sequence[Aside]) -> Mapping[RecordRef, Match]:
    candidates = [Candidate(one.lead.ref, one.lead.values, _country(one.lead), one.person_id) for one in asides]
    keys = {key for one in candidates for key in keys_of(one.values, one.country)}
    before = {one.person_id for one in candidates if one.person_id}
    return match(candidates, people_by_key(services.engine, sorted(keys)), people_by_id(services.engine, before))


def _country(lead: Lead) -> str | None:
    found = enrich(lead.values).get("country_code")
    return str(found["value"]) if found and found["value"] else None


def _row(services: Services, one: Aside, its_match: Match) -> Indexed:
    lead = one.lead
    scores = score(with_derived(lead.values, enrich(lead.values)), services.profile, datetime.now(UTC).replace(microsecond=0))
    return Indexed(
        ref=lead.ref,
        person_id=its_match.person.id,
        input_hash=input_hash(lead.values),
        source=str(lead.values.get("source") or ""),
        why=one.why,
        created_at=lead.created_at,
        created_by=lead.created_by,
        raised=raised_digest(lead.values),
        fit=scores.fit.value,
        engagement=scores.engagement.value,
        grade=scores.grade,
        confidence=scores.confidence_label,
        rank=scores.rank,
        state="gone" if one.ended else "live",
        now_id=one.now.id if one.now else None,
    )


def _profile(one: Aside, its_match: Match) -> MatchRow | None:
    return match_row(one.lead, country=_country(one.lead), person_id=its_match.person.id)


def _put(
    session: Session,
    crm: CrmConnection,
    matches: Mapping[RecordRef, Match],
    rows: Sequence[Indexed],
    profiles: Sequence[MatchRow | None],
    also: Callable[[Session, int], None],
) -> int:
    """Locks in the order of every transaction: identity keys, persons, records."""
    fresh = sorted({one.person.id for one in matches.values() if one.verdict == "new"})
    add_people(session, fresh)
    wanted: dict[IdentityKey, str] = {}
    for one in matches.values():
        for key in one.keys:
            wanted.setdefault(key, one.person.id)
    holders = claim_keys(session, wanted)
    there = lock_people(session, (one.person.id for one in matches.values()))
    lost = any(holders[key] != one.person.id for one in matches.values() if one.verdict == "new" for key in one.keys)
    if lost or any(one.person.id not in there for one in matches.values()):
        raise _LostError
    taken = put_indexed(session, crm.name, rows)
    put_profiles(session, [one for one in profiles if one])
    also(session, taken)
    return taken
