"""The queue's order, and the grade. Neither replaces the two scores."""

from collections.abc import Sequence

from config.profile import Bands, Profile
from scoring.features import Features
from scoring.fit import firmographic_percent
from scoring.scores import ConfidenceLabel, RankParts, Score


def rank_parts(fit: Score, engagement: Score, features: Features, profile: Profile) -> RankParts:
    """Firmographic, intent and relationship, 1-5 each. A missing part is 1."""
    rules = profile.rank
    return RankParts(
        firmographic=_part(firmographic_percent(fit, profile), rules.firmographic_steps),
        intent=_part(engagement.value or 0, rules.intent_steps),
        relationship=max((rules.relationship.get(name, 1) for name in features.relationships), default=1),
    )


def grade(fit: Score, engagement: Score, bands: Bands, *, hand_raise: bool) -> str:
    """`A1` to `C3`. Not measured stands in column 2, a hand-raise in column 1."""
    letter = "ABC"[_band(fit.value or 0, bands)]
    column = 0 if hand_raise else 1 if engagement.value is None else _band(engagement.value, bands)
    return f"{letter}{column + 1}"


def confidence_label(percent: int, bands: Bands) -> ConfidenceLabel:
    return ("High", "Medium", "Low")[_band(percent, bands)]


def _band(score: int, bands: Bands) -> int:
    """0 high, 1 medium, 2 low."""
    return 0 if score >= bands.high else 1 if score >= bands.medium else 2


def _part(value: int, steps: Sequence[int]) -> int:
    return 1 + sum(value >= step for step in steps)
