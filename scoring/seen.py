"""What a person was seen doing, how often and how long ago."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from config.profile import EngagementRules
from scoring.features import DATED_BY, Features
from scoring.words import find


@dataclass(frozen=True, slots=True)
class Seen:
    kind: str
    count: int
    age: int
    """Seconds since the last one."""
    dated: bool
    """False: no date is known, so `age` is assumed."""


def seen(features: Features, rules: EngagementRules, as_of: datetime) -> Iterator[Seen]:
    """Every kind that happened at least once, in the profile's order.

    The last activity, told in words, is one event of its kind where nothing counted it.
    """
    told = told_kind(features, rules)
    ages = _ages(features, as_of)
    for kind in rules.kinds:
        count = max(features.counts.get(kind.name, 0), kind.per if kind.name == told else 0)
        if count:
            age = _age(ages, kind.name, also="last_activity_at" if kind.name == told else "")
            yield Seen(kind.name, count, _assumed(ages, rules) if age is None else age, dated=age is not None)


def seen_raised(features: Features, rules: EngagementRules, as_of: datetime) -> Seen | None:
    """The request to talk to sales, its kind one of demo, contact, pricing, trial; None if there was none."""
    asked_for = find(rules.hand_raise.words, features.hand_raise) if features.hand_raise else None
    if asked_for is None:
        return None
    ages = _ages(features, as_of)
    age = _age(ages, "hand_raise")
    return Seen(asked_for, 1, _assumed(ages, rules) if age is None else age, dated=age is not None)


def told_kind(features: Features, rules: EngagementRules) -> str | None:
    """The kind of event that the last activity is one of; None for what we did, and for what failed."""
    return find(rules.last_activity, features.last_activity) if features.last_activity else None


_DAY: Final = 86_400


def _ages(features: Features, as_of: datetime) -> Mapping[str, int]:
    return {field: max(int((as_of - moment).total_seconds()), 0) for field, moment in features.moments.items()}


def _age(ages: Mapping[str, int], kind: str, also: str = "") -> int | None:
    return min((ages[field] for field in (DATED_BY.get(kind, ""), also) if field in ages), default=None)


def _assumed(ages: Mapping[str, int], rules: EngagementRules) -> int:
    """As old as the freshest thing this person is known to have done, or the profile's default."""
    return min(ages.values(), default=rules.undated_days * _DAY)
