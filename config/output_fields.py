"""What Leadline's own fields are called on the record, and what an admin reads beside them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Wording:
    """One output as people see it."""

    label: str
    help: str
    length: int = 255
    """Characters that a text field holds."""
    choices: tuple[str, ...] = ()
    """Values of a picklist; empty for any text."""


WORDINGS: Final[Mapping[str, Wording]] = {
    "fit_score": Wording(
        "Fit", "How well company and person match your ideal customer, 0-100. A score, not a percentage chance."
    ),
    "engagement_score": Wording("Engagement", "How much and how recently they showed interest, 0-100. Empty = not measured."),
    "grade": Wording("Grade", "Letter = fit (A best), number = engagement (1 best)."),
    "confidence": Wording(
        "Sure?",
        "High / Medium / Low; the number is behind 'Why?'. Low always goes to a person.",
        choices=("High", "Medium", "Low"),
    ),
    "priority_rank": Wording("Queue order", "3-15, orders a queue. Does not replace the two scores."),
    "route": Wording("Route", "Where Leadline sends this lead."),
    "route_reason": Wording("Why you", "What to do, why you, what is unknown."),
    "reason_code": Wording("Reason code", "For reports."),
    "sla_due": Wording("Touch by", "First call, mail or meeting stops it."),
    "sla_state": Wording(
        "Clock",
        "On track, at risk, breached, met, measuring only.",
        choices=("On track", "At risk", "Breached", "Met", "Measuring only"),
    ),
    "review_state": Wording(
        "Review",
        "Needs a person, approved, changed, disqualified, disputed, answered.",
        choices=("Needs a person", "Approved", "Changed", "Disqualified", "Disputed", "Answered"),
    ),
    "duplicate_of": Wording("Same person as", "Linked, not merged."),
    "suggested_owner": Wording("Suggested owner", "Whom Leadline chose. In shadow the owner is not changed."),
    "seller_response": Wording(
        "Your answer",
        "Accepted, Not mine, Already working, Not a fit, Bad data, Score is wrong.",
        choices=("Accepted", "Not mine", "Already working", "Not a fit", "Bad data", "Score is wrong"),
    ),
    "send_back_reason": Wording("Because", "In your own words, if you like."),
    "packet_url": Wording("Why?", "The whole story of this decision."),
    "decided_at": Wording("Decided at", "When Leadline decided this."),
    "key": Wording(
        "Leadline key",
        "The key is per record, not per person: two duplicates must not collide on 'unique'.",
        length=64,
    ),
}
