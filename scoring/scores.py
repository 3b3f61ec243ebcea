"""What scoring answers. Every number comes with reasons whose points add up to it."""

from dataclasses import dataclass
from typing import Literal

ConfidenceLabel = Literal["High", "Medium", "Low"]


@dataclass(frozen=True, slots=True)
class Reason:
    feature: str
    points: int
    """What it adds; negative only where a sum is held at 100."""
    says: str
    """In human words, and nothing personal: these words stand in the open part of the packet."""
    known: bool
    """False: the answer is missing, or a date was assumed."""


@dataclass(frozen=True, slots=True)
class Score:
    value: int | None
    """0-100; None: not measured, which is not 0."""
    reasons: tuple[Reason, ...]
    """Their points add up to `value` exactly, to 0 where it was not measured."""


@dataclass(frozen=True, slots=True)
class RankParts:
    """Each 1-5; a missing part is 1."""

    firmographic: int
    intent: int
    relationship: int


@dataclass(frozen=True, slots=True)
class Scores:
    fit: Score
    engagement: Score
    grade: str
    """`A1` to `C3`: letter = fit, number = engagement; not measured stands in column 2, a hand-raise in column 1."""
    measured: bool
    """False: engagement was not measured."""
    confidence: int
    """0-100: percent of the fit rubric's weight that is known."""
    confidence_label: ConfidenceLabel
    rank: int
    """3-15, the sum of the parts."""
    rank_parts: RankParts
    hand_raise: bool
    """Asked to talk to sales, and recently enough for the floor to hold."""
    profile_version: str
