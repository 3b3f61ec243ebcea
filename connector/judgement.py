"""Score and decide: the part of a lead's way that can be computed again, byte for byte, from what its packet holds.

`judge` needs no lock; `place` needs the pool's standing, and so runs inside the transaction that records the decision. Both are
pure: replay calls them with the facts out of the opened packet.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from config.fields import Value, Values
from config.policy import Policy
from config.profile import Profile
from connector.case import Case
from connector.enrichment import with_derived
from connector.routing.decide import Decision, decide
from connector.routing.owners import OwnerChoice, OwnerStanding, choose_owner
from connector.routing.rollout import acts
from connector.routing.sla import due
from connector.saying import Judged, decision_section, output_fields, words_for
from scoring.score import score
from scoring.scores import Scores

NOT_MEASURED: Final = "not_measured"


def judge(case: Case, policy: Policy, profile: Profile) -> Judged:
    """Scores the lead and finds its route and clock."""
    values = with_derived(case.values, case.derived)
    scores = score(values, profile, case.as_of)
    decision = _unhurried(case, decide(policy, _words(case, values, scores), record_key=case.key), policy)
    return Judged(scores, decision, due(policy.clocks[decision.clock], case.clock_from(decision.route), policy.hours))


def _unhurried(case: Case, decision: Decision, policy: Policy) -> Decision:
    """A lead of a list pages nobody, and its clock is the same day's; one that has no clock gets none."""
    if not case.listed or (decision.clock_minutes is None and not decision.same_day):
        return decision
    day = next((clock for clock in policy.clocks.values() if clock.same_day), policy.clocks[decision.clock])
    return replace(decision, clock=day.name, clock_minutes=day.minutes, same_day=day.same_day, task=False)


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
    words = words_for(case, judged, policy, profile)
    return Placed(
        judged=judged,
        choice=choice,
        acts=acting,
        section=decision_section(case, judged, choice, acting=acting),
        words=words,
        outputs=output_fields(case, judged, choice, str(words["route_reason"]), acting=acting),
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
    decision = _unhurried(case, decision, policy)
    clock = policy.clocks[decision.clock]
    return Judged(judged.scores, decision, due(clock, case.clock_from(decision.route), policy.hours))
