"""The case of one lead: everything a decision is made from, as the packet seals it and replay reads it back."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from adapters.records import RecordRef
from config.fields import Values
from connector.enrichment import Provenance
from connector.hydration import Hydrated
from connector.matching import Match
from connector.moments import moment_of, moment_text
from connector.routing.rollout import Mode
from connector.store.people import Person

Verdict = Literal["new", "known", "same", "possible"]


@dataclass(frozen=True, slots=True)
class Case:
    """Everything a decision is made from, but the pools: what the packet seals."""

    ref: RecordRef
    key: str
    """Leadline's key of the record; draws the sample and the rollout share."""
    values: Values
    derived: Provenance
    verdict: Verdict
    """known: asks again · same: seen before, nothing new asked · possible: its keys belong to two persons."""
    person_id: str
    evidence: tuple[str, ...]
    raised: str
    """Digest of what they asked for; empty if nothing."""
    mode: Mode
    owner_active: bool
    """The rep who had this person last can still own in this CRM."""
    running: tuple[str, datetime] | None
    """The route whose clock runs for this person already, and since when. A correction does not set it back."""
    as_of: datetime
    source_at: datetime
    listed: bool = False
    """It came with a list that RevOps released."""

    def clock_from(self, route: str) -> datetime:
        """When the clock of `route` starts: at the source event, unless it runs already."""
        return self.running[1] if self.running and self.running[0] == route else self.source_at

    def facts(self) -> dict[str, Any]:
        """JSON-ready, for the sealed part of the packet."""
        return {
            "values": {name: value for name, value in self.values.items() if value is not None},
            "derived": {name: dict(found) for name, found in self.derived.items()},
            "match": {"verdict": self.verdict, "person": self.person_id, "evidence": list(self.evidence)},
            "key": self.key,
            "raised": self.raised,
            "mode": self.mode,
            "owner_active": self.owner_active,
            "running": [self.running[0], moment_text(self.running[1])] if self.running else None,
            "as_of": moment_text(self.as_of),
            "source_at": moment_text(self.source_at),
            **({"listed": True} if self.listed else {}),
        }


def case_from(ref: RecordRef, facts: Mapping[str, Any]) -> Case:
    """The case out of an opened packet."""
    return Case(
        ref=ref,
        key=facts["key"],
        values=facts["values"],
        derived=facts["derived"],
        verdict=facts["match"]["verdict"],
        person_id=facts["match"]["person"],
        evidence=tuple(facts["match"]["evidence"]),
        raised=facts["raised"],
        mode=facts["mode"],
        owner_active=facts["owner_active"],
        running=(facts["running"][0], moment_of(facts["running"][1])) if facts["running"] else None,
        as_of=moment_of(facts["as_of"]),
        source_at=moment_of(facts["source_at"]),
        listed=facts.get("listed", False),
    )


def case_of(hydrated: Hydrated, match: Match, derived: Provenance, *, mode: Mode, owner_active: bool, as_of: datetime) -> Case:
    """The case of a lead that was just read."""
    before = match.person
    raised = raised_digest(hydrated.lead.values)
    values = _with_moment_asked(hydrated, asked_now=raised != before.raised) if raised else hydrated.lead.values
    verdict = _verdict(match, raised)
    return Case(
        ref=hydrated.ref,
        key=record_key(hydrated.ref),
        values=values,
        derived=derived,
        verdict=verdict,
        person_id=before.id,
        evidence=match.evidence,
        raised=raised,
        mode=mode,
        owner_active=owner_active,
        running=_running(before) if verdict == "same" else None,
        as_of=as_of,
        source_at=hydrated.due.source_at.replace(microsecond=0),
        listed=hydrated.listed,
    )


def _verdict(match: Match, raised: str) -> Verdict:
    before = match.person
    if match.torn:
        return "possible"
    if before.packet_id is None:
        return "new"
    return "known" if raised and raised != before.raised else "same"


def _running(before: Person) -> tuple[str, datetime] | None:
    return (before.route, before.clock_from) if before.route and before.clock_from else None


def _with_moment_asked(hydrated: Hydrated, *, asked_now: bool) -> Values:
    """A request that carries no moment was made when its event came, or, if it is an old one, when the record was made."""
    values = hydrated.lead.values
    if values.get("hand_raised_at"):
        return values
    moment = hydrated.due.source_at if asked_now else hydrated.lead.created_at
    return {**values, "hand_raised_at": moment_text(moment)}


def raised_digest(values: Values) -> str:
    """What they asked for and when, as 16 hexadecimal digits; empty if they asked for nothing."""
    asked = values.get("hand_raise")
    if not asked:
        return ""
    return hashlib.sha256(f"{asked}|{values.get('hand_raised_at')}".encode()).hexdigest()[:16]


def record_key(ref: RecordRef) -> str:
    """Leadline's key of a record: per record, not per person, since two duplicates must not collide on a unique field."""
    return "LL-" + hashlib.sha256(f"{ref.connection}/{ref.object}/{ref.id}".encode()).hexdigest()[:20]
