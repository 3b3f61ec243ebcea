"""Decides where a lead goes. Pure: the same policy, facts and key give the same decision, for any facts whatever."""

from dataclasses import dataclass
from typing import Final, Literal

from config.fields import Values
from config.policy import HUMAN, Destination, Lane, Policy, Rule
from connector.routing.draw import drawn

LOW_CONFIDENCE: Final = "LOW_CONFIDENCE"
POSSIBLE_DUPLICATE: Final = "POSSIBLE_DUPLICATE"

_ROWS: Final = {"high": "A", "medium": "B", "low": "C"}
_COLUMNS: Final = {"high": "1", "medium": "2", "low": "3"}


@dataclass(frozen=True, slots=True)
class Decision:
    """One destination and one clock, and how they came about."""

    route: str
    """The destination's name."""
    kind: str
    target: str
    """Pool, queue or e-mail address of the person; empty where the destination names none."""
    rule: str
    """The rule's name, `matrix A1` and the like, `unsure` or `default`."""
    path: tuple[str, ...]
    """Everything considered, in order, as `name: why`; the last one won. No value of the lead is in it."""
    reason_code: str
    clock: str
    clock_minutes: int | None
    same_day: bool
    """Neither minutes nor same day: nobody has to act."""
    task: bool
    review_code: str
    """Why a person has to look first; empty unless the lead went to `unsure`."""
    arm: Literal["policy", "sample"]
    arm_percent: int
    """The chance, in percent, that this lead had of its arm: 100 where it could not have been drawn."""
    fallback_used: bool


def decide(policy: Policy, facts: Values, *, record_key: str) -> Decision:
    """Decides one lead.

    Args:
        facts: canonical fields and facts (`config.vocabulary.WORDS`); what is unknown is None or absent, others are not read.
        record_key: identifies the lead for the sample, and nothing else.
    """
    path: list[str] = []
    doubt = _doubt(facts)
    lane, name, judged = _choose(policy, facts, doubt, path)
    destination, target, fallback_used = _settle(policy, policy.destinations[lane.destination], facts)
    arm: Literal["policy", "sample"] = "policy"
    chance = policy.sample.percent if _may_be_sampled(destination, judged, facts) else 0
    if drawn(policy.sample.salt, record_key, chance):
        arm, lane = "sample", policy.sample.lane
        destination, target, fallback_used = _settle(policy, policy.destinations[lane.destination], facts)
    clock = policy.clocks[destination.clock if fallback_used else lane.clock]
    return Decision(
        route=destination.name,
        kind=destination.kind,
        target=target,
        rule=name,
        path=tuple(path),
        reason_code=lane.reason_code,
        clock=clock.name,
        clock_minutes=clock.minutes,
        same_day=clock.same_day,
        task=clock.task,
        review_code=doubt if name == "unsure" else "",
        arm=arm,
        arm_percent=chance if arm == "sample" else 100 - chance,
        fallback_used=fallback_used,
    )


def _doubt(facts: Values) -> str:
    """Why Leadline is unsure, as one code. Anything but a clear `sure` is doubt."""
    reasons = facts.get("review_reasons")
    if isinstance(reasons, str) and reasons.strip():
        return reasons.split()[0]
    if facts.get("match") == "possible":
        return POSSIBLE_DUPLICATE
    return "" if facts.get("sure") is True else LOW_CONFIDENCE


def _choose(policy: Policy, facts: Values, doubt: str, path: list[str]) -> tuple[Lane, str, bool]:
    """The lane, what chose it, and whether it looked at a score."""
    for rule in policy.rules:
        why_not = _obstacle(policy, rule, doubt) or rule.check(facts)
        path.append(f"{rule.name}: {why_not or 'holds'}")
        if not why_not:
            return rule.lane, rule.name, rule.judged
    if doubt:
        path.append(f"unsure: {doubt}")
        return policy.unsure, "unsure", True
    cell = _cell(facts)
    if cell in policy.matrix:
        path.append(f"matrix {cell}: holds")
        return policy.matrix[cell], f"matrix {cell}", True
    path.append(f"default: {'no score to go by' if policy.matrix else 'no rule holds'}")
    return policy.default, "default", True


def _obstacle(policy: Policy, rule: Rule, doubt: str) -> str:
    """Why an unsure lead may not take this rule: it would act on the scores, or on nobody's judgement."""
    if not doubt:
        return ""
    if rule.judged:
        return "looks at scores, unsure"
    kind = policy.destinations[rule.lane.destination].kind
    return "" if kind in HUMAN or kind == "disqualify" else "no person there, unsure"


def _cell(facts: Values) -> str:
    row = _band(_ROWS, facts.get("fit_band"))
    engagement = facts.get("engagement_band")
    if not row or (engagement is not None and engagement != "not_measured"):
        return row + _band(_COLUMNS, engagement)
    asked = facts.get("hand_raise")
    return f"{row}_hand_raise" if isinstance(asked, str) and asked.strip() else f"{row}_not_measured"


def _band(names: dict[str, str], value: object) -> str:
    return names.get(value, "") if isinstance(value, str) else ""


def _settle(policy: Policy, destination: Destination, facts: Values) -> tuple[Destination, str, bool]:
    """Follows the fallbacks past what is locked and past territories in which the lead is not. Ends: fallbacks have no circle."""
    fallback_used = False
    while (target := _target(destination, facts)) is None:
        destination = policy.destinations[destination.fallback or policy.default.destination]
        fallback_used = True
    return destination, target, fallback_used


def _target(destination: Destination, facts: Values) -> str | None:
    """Whom the destination names, or None where it is not open to this lead."""
    if destination.kind == "territory":
        return next((area.pool for area in destination.areas if not area.check(facts)), None)
    return None if destination.locked else destination.target


def _may_be_sampled(destination: Destination, judged: bool, facts: Values) -> bool:
    """Nurtured leads, and those disqualified for their scores.

    Not those disqualified for who they are (test, competitor, vendor, job seeker): that is a fact and no judgement to be
    measured. Nor those who asked not to be contacted, whatever their route.
    """
    if facts.get("opted_out") is True:
        return False
    return destination.kind == "nurture" or (destination.kind == "disqualify" and judged)
