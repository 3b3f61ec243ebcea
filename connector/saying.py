"""What a decision says: the packet's decision section, the words for people, the output fields. All from the same numbers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from config.fields import Value
from config.policy import Policy
from config.profile import Profile
from connector.case import Case
from connector.enrichment import with_derived
from connector.moments import moment_text
from connector.routing.decide import Decision
from connector.routing.owners import OwnerChoice
from scoring.explain import sentence
from scoring.scores import Score, Scores


@dataclass(frozen=True, slots=True)
class Judged:
    scores: Scores
    decision: Decision
    due_at: datetime | None


def words_for(case: Case, judged: Judged, policy: Policy, profile: Profile) -> dict[str, Any]:
    """What is said to people; personal, so it is sealed with the facts."""
    return {
        "route_reason": _route_reason(case, judged, policy, profile),
        "fit": _said(judged.scores.fit),
        "engagement": _said(judged.scores.engagement),
    }


def _said(score_: Score) -> list[list[Any]]:
    return [[reason.feature, reason.points, reason.says, reason.known] for reason in score_.reasons]


def decision_section(case: Case, judged: Judged, choice: OwnerChoice, *, acting: bool) -> dict[str, Any]:
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


LONGEST_REASON: Final = 255
"""Characters of the field that carries it."""


def _route_reason(case: Case, judged: Judged, policy: Policy, profile: Profile) -> str:
    values = with_derived(case.values, case.derived)
    opted_out = case.values.get("opted_out") is True
    first = "Do not contact. " if opted_out else ""
    room = LONGEST_REASON - len(first)
    return first + sentence(
        _opening(judged, policy, "Look" if opted_out else "Call"), judged.scores, values, profile, case.as_of, limit=room
    )


def _opening(judged: Judged, policy: Policy, act: str) -> str:
    decision = judged.decision
    why = _REST_SAYS.get(decision.kind)
    if why:
        code = (decision.review_code or decision.reason_code).replace("_", " ").lower()
        by = f" by {_local(judged.due_at, policy)}" if judged.due_at else ""
        return f"{why}{by}: {code}." if decision.kind in {"review", "disqualify"} else f"{why}."
    by = f"{act} by {_local(judged.due_at, policy)}" if judged.due_at else act
    return f"{by} - {_ROUTE_SAYS[decision.kind].format(target=decision.target)}"


def _local(moment: datetime | None, policy: Policy) -> str:
    if moment is None:
        return ""
    return moment.astimezone(policy.hours.zone).strftime("%a %H:%M")


def output_fields(case: Case, judged: Judged, choice: OwnerChoice, reason: str, *, acting: bool) -> dict[str, Value]:
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
