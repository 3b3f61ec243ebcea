"""Fit: how well company and person match the profile. One reason per criterion, known or not."""

from collections.abc import Callable, Mapping
from typing import Final

from config.profile import Criterion, Profile
from scoring.features import Features
from scoring.scores import Reason, Score
from scoring.words import find, plain

_SENIORITIES: Final[Mapping[str, str]] = {
    "c_level": "C-level",
    "vp": "VP",
    "head": "head of department",
    "entry": "no leading role",
    "senior": "senior role",
}
_FUNCTIONS: Final[Mapping[str, str]] = {"it": "IT", "hr": "HR", "other": "other function", "executive": "runs the company"}


def fit(features: Features, profile: Profile) -> Score:
    """0-100; a missing answer gets the criterion's points for that, and never the full ones."""
    reasons = tuple(_reason(criterion, features) for criterion in profile.fit)
    return Score(value=sum(reason.points for reason in reasons), reasons=reasons)


def known_percent(score: Score, profile: Profile) -> int:
    """0-100: the share of the rubric's weight whose answer is known."""
    return _percent_of(score, {criterion.feature: criterion.points for criterion in profile.fit}, got=False)


def firmographic_percent(score: Score, profile: Profile) -> int:
    """0-100: how many of the points that the company's own features can give were given; a missing answer gives none."""
    named = profile.rank.firmographic_features
    return _percent_of(score, {c.feature: c.points for c in profile.fit if c.feature in named}, got=True)


def _percent_of(score: Score, weights: Mapping[str, int], *, got: bool) -> int:
    known = [reason for reason in score.reasons if reason.known and reason.feature in weights]
    return sum(reason.points if got else weights[reason.feature] for reason in known) * 100 // sum(weights.values())


def _reason(criterion: Criterion, features: Features) -> Reason:
    answer = features.answers.get(criterion.feature)
    if answer is None:
        return Reason(criterion.feature, criterion.missing, f"{criterion.called} unknown", known=False)
    level = find(criterion.words, answer) if criterion.words else answer
    points = criterion.levels.get(level, criterion.other) if level else criterion.other
    says = _SAYS.get(criterion.feature, _as_typed)(answer, features)
    return Reason(criterion.feature, points, says, known=True)


def _as_typed(answer: str, _: Features) -> str:
    return plain(answer)


def _staff(band: str, features: Features) -> str:
    return f"{features.employees if features.employees is not None else band} staff"


_SAYS: Final[Mapping[str, Callable[[str, Features], str]]] = {
    "seniority": lambda answer, _: _SENIORITIES.get(answer, answer),
    "function": lambda answer, _: _FUNCTIONS.get(answer, answer),
    "size_band": _staff,
    "mail": lambda answer, _: f"{answer} mail",
    "source": lambda answer, _: f"via {plain(answer)}",
    "campaign": lambda answer, _: f"campaign {plain(answer)}",
    "form": lambda answer, _: f"form {plain(answer)}",
    "interest": lambda answer, _: f"asked about {plain(answer)}",
}
