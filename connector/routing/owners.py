"""Chooses who gets the lead, from plain data: no clock, no CRM, no database."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from config.policy import Destination, Member, Policy
from connector.routing.decide import Decision
from connector.routing.turns import Share, Turn, next_up

__all__ = ["OwnerChoice", "OwnerStanding", "Share", "Sticky", "Turn", "choose_owner", "next_up", "pools_in_reach"]

Why = Literal[
    "person_set",
    "sticky",
    "turn",
    "overflow",
    "person",
    "account_owner",
    "opportunity_owner",
    "present_owner",
    "queue",
    "assignment_rule",
    "no_owner_needed",
    "nobody_available",
]


@dataclass(frozen=True, slots=True)
class Sticky:
    """Who got this person last time, and by which destination."""

    rep: str
    route: str


@dataclass(frozen=True, slots=True)
class OwnerStanding:
    """How things stand in one CRM at the moment of the choice. Reps by their id (`Member.rep`)."""

    active: frozenset[str]
    """Everyone who can own a record there today."""
    eligible: Mapping[str, Sequence[Member]] = field(default_factory=dict)
    """Pool to those of its members who can own there, are at work and below their cap."""
    taken: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Pool to turns in its present span, by rep."""
    queues: frozenset[str] = frozenset()
    """Queues that exist there and have an active member. HubSpot has none."""
    present_owner: str | None = None
    """A rep's id, or the CRM's own id where the owner is no rep."""
    present_owner_is_person_set: bool = False
    """It differs from our last receipt. An inactive user is nobody: the caller says False."""
    known_owner: str | None = None
    """The owner of the person's other record, where they are known."""
    account_owner: str | None = None
    opportunity_owner: str | None = None
    sticky: Sticky | None = None


@dataclass(frozen=True, slots=True)
class OwnerChoice:
    owner: str | None
    """A rep's id or a queue's name; None: the owner is left as it is, or to the CRM's own rule."""
    why: Why
    route: str
    """The destination that found the owner: the decision's, or one of its fallbacks."""
    pool: str | None = None
    """The pool in which this choice takes a turn."""
    arithmetic: tuple[Share, ...] = ()
    span_total: int = 0


def choose_owner(decision: Decision, policy: Policy, standing: OwnerStanding) -> OwnerChoice:
    """Chooses the owner. Never raises.

    In order: an owner that a person set; the destination and its fallbacks; the default lane and its fallbacks; in the default
    lane's pool also those who are away or at their cap (`overflow`), since a lead without anybody is worse. `nobody_available`
    is left for a default lane in which nobody is active at all.
    """
    if (owner := _kept(policy, standing)) is not None:
        return OwnerChoice(owner, "person_set", decision.route)
    target = decision.target
    for destination in _lanes(policy, decision.route):
        choice = _try(destination, target or destination.target, standing)
        if choice is not None:
            return choice
        target = ""
    return _overflow(policy, standing)


def pools_in_reach(decision: Decision, policy: Policy) -> frozenset[str]:
    """Every pool in which `choose_owner` might take a turn for this decision: what to lock, and to count turns of."""
    lanes = {lane.pool for lane in _lanes(policy, decision.route)}
    return frozenset({pool for pool in (*lanes, decision.target) if pool in policy.pools})


def _kept(policy: Policy, standing: OwnerStanding) -> str | None:
    """The present owner, where a person set it and it is not on the list of those that count as nobody."""
    owner = standing.present_owner
    if not owner or not standing.present_owner_is_person_set or owner.strip().lower() in policy.nobody:
        return None
    return owner


def _lanes(policy: Policy, route: str) -> Iterator[Destination]:
    """The destination and its fallbacks, then the default lane and its."""
    seen: set[str] = set()
    for start in (route, policy.default.destination):
        name = start
        while name not in seen and (destination := policy.destinations.get(name)) is not None:
            seen.add(name)
            yield destination
            name = destination.fallback


def _try(destination: Destination, target: str, standing: OwnerStanding) -> OwnerChoice | None:
    """The owner that one destination finds, or None where it has nobody."""
    route = destination.name
    match destination.kind:
        case "pool" | "review" | "territory":
            return _sticky(route, standing) or _turn(route, target, standing)
        case "queue":
            return OwnerChoice(target, "queue", route) if target in standing.queues else None
        case "nurture" | "ai_sdr" | "disqualify":
            return OwnerChoice(target if target in standing.queues else None, "no_owner_needed", route)
        case "assignment_rule":
            return OwnerChoice(None, "assignment_rule", route)
        case "person" | "account_owner" | "opportunity_owner" | "present_owner" as who:
            return _if_active(_named(who, target, standing), who, route, standing)


def _named(
    who: Literal["person", "account_owner", "opportunity_owner", "present_owner"], target: str, standing: OwnerStanding
) -> str | None:
    return {
        "person": target,
        "account_owner": standing.account_owner,
        "opportunity_owner": standing.opportunity_owner,
        "present_owner": standing.known_owner or standing.present_owner,
    }[who]


def _if_active(rep: str | None, why: Why, route: str, standing: OwnerStanding) -> OwnerChoice | None:
    return OwnerChoice(rep, why, route) if rep and rep in standing.active else None


def _sticky(route: str, standing: OwnerStanding) -> OwnerChoice | None:
    """The same person by the same destination stays with the same rep, and no turn is taken."""
    last = standing.sticky
    return _if_active(last.rep, "sticky", route, standing) if last is not None and last.route == route else None


def _turn(route: str, pool: str, standing: OwnerStanding) -> OwnerChoice | None:
    members = [member for member in standing.eligible.get(pool, ()) if member.rep in standing.active]
    return _take(route, pool, "turn", members, standing)


def _overflow(policy: Policy, standing: OwnerStanding) -> OwnerChoice:
    lane = policy.destinations[policy.default.destination]
    members = [member for member in policy.pools.get(lane.pool, ()) if member.rep in standing.active]
    return _take(lane.name, lane.pool, "overflow", members, standing) or OwnerChoice(None, "nobody_available", lane.name)


def _take(route: str, pool: str, why: Why, members: Sequence[Member], standing: OwnerStanding) -> OwnerChoice | None:
    if not members:
        return None
    turn = next_up(members, standing.taken.get(pool, {}))
    return OwnerChoice(turn.rep, why, route, pool, turn.arithmetic, turn.span_total)
