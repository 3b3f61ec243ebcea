"""Score and decide: the part of a lead's way that can be computed again, byte for byte, from what its packet holds.

`judge` needs no lock; `place` needs the pool's standing, and so runs inside the transaction that records the decision. Both are
pure: replay calls them with the facts out of the opened packet.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal

from adapters.records import RecordRef
from config.fields import Value, Values
from config.policy import Policy
from config.profile import Profile
from connector.enrichment import Provenance, with_derived
from connector.hydration import Hydrated
from connector.matching import Match
from connector.moments import moment_of, moment_text
from connector.routing.decide import Decision, decide
from connector.routing.owners import OwnerChoice, OwnerStanding, choose_owner
from connector.routing.rollout import Mode, acts
from connector.routing.sla import due
from scoring.explain import sentence
from scoring.score import score
from scoring.scores import Score, Scores

NOT_MEASURED: Final = "not_measured"


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
    as_of: datetime
    source_at: datetime

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
            "as_of": moment_text(self.as_of),
            "source_at": moment_text(self.source_at),
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
        as_of=moment_of(facts["as_of"]),
        source_at=moment_of(facts["source_at"]),
    )


def case_of(hydrated: Hydrated, match: Match, derived: Provenance, *, mode: Mode, owner_active: bool, as_of: datetime) -> Case:
    """The case of a lead that was just read."""
    before = match.person
    raised = raised_digest(hydrated.lead.values)
    values = _with_moment_asked(hydrated, asked_now=raised != before.raised) if raised else hydrated.lead.values
    return Case(
        ref=hydrated.ref,
        key=record_key(hydrated.ref),
        values=values,
        derived=derived,
        verdict=_verdict(match, raised),
        person_id=before.id,
        evidence=match.evidence,
        raised=raised,
        mode=mode,
        owner_active=owner_active,
        as_of=as_of,
        source_at=hydrated.due.source_at.replace(microsecond=0),
    )


def _verdict(match: Match, raised: str) -> Verdict:
    before = match.person
    if match.torn:
        return "possible"
    if before.packet_id is None:
        return "new"
    return "known" if raised and raised != before.raised else "same"


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


@dataclass(frozen=True, slots=True)
class Judged:
    scores: Scores
    decision: Decision
    due_at: datetime | None


def judge(case: Case, policy: Policy, profile: Profile) -> Judged:
    """Scores the lead and finds its route and clock."""
    values = with_derived(case.values, case.derived)
    scores = score(values, profile, case.as_of)
    decision = decide(policy, _words(case, values, scores), record_key=case.key)
    return Judged(scores, decision, due(policy.clocks[decision.clock], case.source_at, policy.hours))


_BAND_OF_LETTER: Final = {"A": "high", "B": "medium", "C": "low"}
_BAND_OF_NUMBER: Final = {"1": "high", "2": "medium", "3": "low"}


def _words(case: Case, values: Values, scores: Scores) -> dict[str, Value]:
    """The facts a policy may ask about (`config.vocabulary.WORDS`)."""
    letter, number = scores.grade[0], scores.grade[1:]
    return {
        **values,
        "fit": scores.fit.value,
        "engagement": scores.engagement.value,
        "grade": scores.grade if scores.measured else letter,
        "fit_band": _BAND_OF_LETTER[letter],
        "engagement_band": _BAND_OF_NUMBER[number] if scores.measured else NOT_MEASURED,
        "confidence": scores.confidence_label.lower(),
        "sure": scores.confidence_label != "Low",
        "rank": scores.rank,
        "match": "new" if case.verdict == "same" else case.verdict,
        "known_owner_active": case.owner_active,
        "hand_raise": values.get("hand_raise") if scores.hand_raise else None,
    }


@dataclass(frozen=True, slots=True)
class Placed:
    """A finished decision."""

    judged: Judged
    choice: OwnerChoice
    acts: bool
    """Owner and task follow; otherwise only our own fields are written."""
    section: Mapping[str, Any]
    """The decision section of the packet: no personal value in it."""
    words: Mapping[str, Any]
    """What is said to people, sealed with the facts."""
    outputs: Values
    """Output fields, those that differ per record left out."""


def place(case: Case, judged: Judged, standing: OwnerStanding, policy: Policy, profile: Profile) -> Placed:
    """Finds the owner under the pools' lock and says everything that follows."""
    # The pools as locked, not as the process remembers them: this is what the packet holds.
    choice = choose_owner(judged.decision, policy.with_pools(standing.eligible), standing)
    judged = _on_its_clock(case, judged, choice, policy)
    acting = acts(case.mode, case.key)
    words = {
        "route_reason": _reason(case, judged, policy, profile),
        "fit": _said(judged.scores.fit),
        "engagement": _said(judged.scores.engagement),
    }
    return Placed(
        judged=judged,
        choice=choice,
        acts=acting,
        section=_section(case, judged, choice, acting=acting),
        words=words,
        outputs=_outputs(case, judged, choice, str(words["route_reason"]), acting=acting),
    )


def _on_its_clock(case: Case, judged: Judged, choice: OwnerChoice, policy: Policy) -> Judged:
    """Where a fallback found the owner, its destination and its clock are the lead's."""
    if choice.route == judged.decision.route:
        return judged
    destination = policy.destinations[choice.route]
    clock = policy.clocks[destination.clock]
    decision = replace(
        judged.decision,
        route=destination.name,
        kind=destination.kind,
        target=choice.pool or destination.target,
        clock=clock.name,
        clock_minutes=clock.minutes,
        same_day=clock.same_day,
        task=clock.task,
        fallback_used=True,
    )
    return Judged(judged.scores, decision, due(clock, case.source_at, policy.hours))


def _said(score_: Score) -> list[list[Any]]:
    return [[reason.feature, reason.points, reason.says, reason.known] for reason in score_.reasons]


def _section(case: Case, judged: Judged, choice: OwnerChoice, *, acting: bool) -> dict[str, Any]:
    scores, decision = judged.scores, judged.decision
    return {
        "scores": {
            "fit": _points(scores.fit),
            "engagement": _points(scores.engagement),
            "grade": scores.grade,
            "measured": scores.measured,
            "confidence": scores.confidence,
            "confidence_label": scores.confidence_label,
            "rank": scores.rank,
            "rank_parts": [scores.rank_parts.firmographic, scores.rank_parts.intent, scores.rank_parts.relationship],
        },
        "route": decision.route,
        "kind": decision.kind,
        "target": decision.target,
        "rule": decision.rule,
        "path": list(decision.path),
        "reason_code": decision.reason_code,
        "review_code": decision.review_code,
        "clock": decision.clock,
        "due_at": moment_text(judged.due_at) if judged.due_at else None,
        "owner": {
            "chosen": choice.owner,
            "why": choice.why,
            "pool": choice.pool,
            "arithmetic": [list(share) for share in choice.arithmetic],
        },
        "arm": decision.arm,
        "arm_percent": decision.arm_percent,
        "mode": case.mode,
        "acts": acting,
        "match": {"verdict": case.verdict, "person": case.person_id, "evidence": list(case.evidence)},
        "source_at": moment_text(case.source_at),
    }


def _points(score_: Score) -> dict[str, Any]:
    return {"value": score_.value, "reasons": [[reason.feature, reason.points] for reason in score_.reasons]}


_ROUTE_SAYS: Final = {
    "pool": "your turn in {target}.",
    "territory": "your territory, {target}.",
    "account_owner": "you own the account.",
    "opportunity_owner": "open opportunity, yours.",
    "present_owner": "came back, and is yours.",
    "person": "for you by name.",
    "queue": "from the queue {target}.",
    "assignment_rule": "by the CRM's own rule.",
}

_REST_SAYS: Final = {
    "review": "A person has to look",
    "nurture": "No call yet, nurture",
    "ai_sdr": "No call yet, automated outreach",
    "disqualify": "No action, disqualified",
}


def _reason(case: Case, judged: Judged, policy: Policy, profile: Profile) -> str:
    opening = _opening(judged, policy)
    if case.values.get("opted_out") is True:
        opening = f"Do not contact. {opening}"
    return sentence(opening, judged.scores, with_derived(case.values, case.derived), profile, case.as_of)


def _opening(judged: Judged, policy: Policy) -> str:
    decision = judged.decision
    why = _REST_SAYS.get(decision.kind)
    if why:
        code = (decision.review_code or decision.reason_code).replace("_", " ").lower()
        by = f" by {_local(judged.due_at, policy)}" if judged.due_at else ""
        return f"{why}{by}: {code}." if decision.kind in {"review", "disqualify"} else f"{why}."
    by = f"Call by {_local(judged.due_at, policy)}" if judged.due_at else "Call"
    return f"{by} - {_ROUTE_SAYS[decision.kind].format(target=decision.target)}"


def _local(moment: datetime | None, policy: Policy) -> str:
    if moment is None:
        return ""
    return moment.astimezone(policy.hours.zone).strftime("%a %H:%M")


def _outputs(case: Case, judged: Judged, choice: OwnerChoice, reason: str, *, acting: bool) -> dict[str, Value]:
    scores, decision = judged.scores, judged.decision
    return {
        "fit_score": scores.fit.value,
        "engagement_score": scores.engagement.value,
        "grade": scores.grade,
        "confidence": scores.confidence_label,
        "priority_rank": scores.rank,
        "route": decision.route,
        "route_reason": reason,
        "reason_code": decision.review_code or decision.reason_code,
        "sla_due": moment_text(judged.due_at) if judged.due_at else None,
        "sla_state": ("On track" if acting else "Measuring only") if judged.due_at else None,
        "review_state": "Needs a person" if decision.kind == "review" else None,
        "suggested_owner": choice.owner,
        "decided_at": moment_text(case.as_of),
    }
