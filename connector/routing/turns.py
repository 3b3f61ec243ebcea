"""Weighted fair turns by the quota method.

Within a span in which the members and their weights stand still, nobody is ever a whole turn away from their exact share, at
any moment: Balinski and Young, "The Quota Method of Apportionment" (1975), in the form of Still (1979): of those whom one
more turn keeps below their upper quota, whoever must have it soonest for the lower quota gets it. The same rule is known as
earliest pseudo-deadline first (Baruah et al., 1996), which proves the bound for one turn at a time. Integers only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import gcd
from typing import NamedTuple

from config.policy import Member


class Share(NamedTuple):
    """One member's side of the arithmetic, as it stood before the turn was given."""

    rep: str
    weight: int
    taken: int
    share: str
    """Their exact share of all turns of the span, this one included: `7/3`, or `2`."""


@dataclass(frozen=True, slots=True)
class Turn:
    rep: str
    span_total: int
    """Turns in the span, this one included."""
    arithmetic: tuple[Share, ...]
    """In order of the reps' ids."""


def next_up(members: Sequence[Member], taken: Mapping[str, int]) -> Turn:
    """Whose turn it is.

    Args:
        members: the eligible ones; a change of members or weights starts a new span.
        taken: turns in this span, by rep; who is absent has had none, who is not a member does not count.

    Raises:
        ValueError: nobody is eligible.
    """
    if not members:
        raise ValueError("Nobody is eligible for this turn; check the pool before asking who is next.")
    ordered = sorted(members, key=lambda member: member.rep)
    weights = sum(member.weight for member in ordered)
    had = {member.rep: max(taken.get(member.rep, 0), 0) for member in ordered}
    total = sum(had.values()) + 1
    # Below the upper quota: had < total * weight / weights. Somebody always is, since the shares add up to one more than had.
    below = [member for member in ordered if had[member.rep] * weights < total * member.weight]
    chosen = min(below, key=lambda member: (_deadline(had[member.rep] + 1, member.weight, weights), member.rep))
    arithmetic = tuple(Share(m.rep, m.weight, had[m.rep], _fraction(total * m.weight, weights)) for m in ordered)
    return Turn(chosen.rep, total, arithmetic)


def _deadline(turn: int, weight: int, weights: int) -> int:
    """The span's total by which a member must have had their `turn`-th turn, or fall a whole one behind."""
    return -(-turn * weights // weight)


def _fraction(over: int, under: int) -> str:
    common = gcd(over, under)
    return f"{over // common}/{under // common}" if under != common else str(over // common)
