"""The sentence on the record: what to do first, then why, then what is unknown. From the same numbers as the scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from config.fields import Values
from config.profile import Profile
from scoring.features import read_features, text_in
from scoring.scores import Reason, Score, Scores
from scoring.words import ago, cut, plain


def sentence(opening: str, scores: Scores, values: Values, profile: Profile, as_of: datetime, *, limit: int = 255) -> str:
    """At most `limit` characters, cut at a word.

    `opening` says what to do and why you ("Call by 10:05 - Acme's account owner is you."); it comes first, so that the first
    60 characters make sense alone. Facts are left out before anything is cut: the unknown first, then the weakest.
    """
    start = _opening(opening, profile)
    fit = _fit_facts(scores.fit, values, profile, opening)
    activity = _engagement_facts(scores.engagement, values, as_of)
    unknown = _unknown(scores.fit, profile)
    for room in _ROOMS:
        parts = (
            start,
            _listed(f"Fit {scores.fit.value}", fit[: room.fit]),
            _listed(_engagement_opening(scores.engagement), activity[: room.engagement]),
            _listed("Unknown", unknown[: room.unknown]) if unknown[: room.unknown] else "",
        )
        text = " ".join(part for part in parts if part)
        if len(text) <= limit:
            return text
    return cut(text, limit)


@dataclass(frozen=True, slots=True)
class _Room:
    """How many facts of each sort."""

    fit: int
    engagement: int
    unknown: int


_ROOMS = (_Room(4, 3, 3), _Room(3, 2, 3), _Room(3, 2, 1), _Room(3, 1, 0), _Room(2, 1, 0), _Room(1, 1, 0), _Room(1, 0, 0))


def _opening(opening: str, profile: Profile) -> str:
    said = plain(opening, limit=len(opening))
    ended = said if not said or said[-1] in ".!?…" else f"{said}."
    return ended if profile.confirmed else f"{profile.name}. {ended}".strip()


def _listed(start: str, facts: Sequence[str]) -> str:
    return f"{start}: {', '.join(facts)}." if facts else f"{start}."


def _fit_facts(fit: Score, values: Values, profile: Profile, opening: str) -> list[str]:
    """Who it is, then what speaks loudest: for the lead, or against it where fit is low."""
    company, title = _shown(values, "company"), _shown(values, "title")
    who = [fact for fact in (company, title) if fact and fact.lower() not in opening.lower()]
    covered = {"seniority", "function"} if title else set()
    return list(
        dict.fromkeys(who + [_fact(reason, values) for reason in _loudest(fit, profile) if reason.feature not in covered])
    )


def _loudest(fit: Score, profile: Profile) -> list[Reason]:
    full = {criterion.feature: criterion.points for criterion in profile.fit}
    known = [reason for reason in fit.reasons if reason.known]
    if (fit.value or 0) < profile.bands.medium:
        return sorted(known, key=lambda reason: reason.points - full[reason.feature])
    return sorted((reason for reason in known if reason.points), key=lambda reason: -reason.points)


def _fact(reason: Reason, values: Values) -> str:
    country = _shown(values, "country")
    # A typed code such as `IN` says less than the region's name.
    return country if reason.feature == "region" and len(country) > 3 else reason.says


def _shown(values: Values, field: str) -> str:
    return plain(text_in(values, field) or "")


def _engagement_opening(engagement: Score) -> str:
    return "Engagement not measured" if engagement.value is None else f"Engagement {engagement.value}"


def _engagement_facts(engagement: Score, values: Values, as_of: datetime) -> list[str]:
    """What they did, the hand-raise first. A limit or a floor is no fact about a person."""
    if engagement.value is None:
        return []
    done = [reason for reason in engagement.reasons if reason.known and reason.feature not in ("ceiling", "hand_raise_floor")]
    said = [reason.says for reason in sorted(done, key=lambda reason: (reason.feature != "hand_raise", -reason.points))]
    moments = read_features(values).moments
    if not moments or said != ["no activity seen"]:
        return said
    return [f"last seen {ago(max(int((as_of - max(moments.values())).total_seconds()), 0))}"]


def _unknown(fit: Score, profile: Profile) -> list[str]:
    """The heaviest first."""
    missing = {reason.feature for reason in fit.reasons if not reason.known}
    criteria = sorted(profile.fit, key=lambda criterion: -criterion.points)
    return [criterion.called for criterion in criteria if criterion.feature in missing]
