"""What a lead's values say, typed, under stable names: everything that may influence a score, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from config.fields import Values
from config.profile_schema import COUNTED, FIT_FEATURES

VERSION: Final = 1
"""Rises whenever the same values would give other features."""

DATED_BY: Final[Mapping[str, str]] = {
    "visits": "last_visit_at",
    "page_views": "last_visit_at",
    "pricing_views": "last_visit_at",
    "seconds_on_site": "last_visit_at",
    "email_opens": "last_email_at",
    "email_clicks": "last_email_at",
    "email_replies": "last_email_at",
    "forms_sent": "last_form_at",
    "hand_raise": "hand_raised_at",
    "last_activity": "last_activity_at",
}
"""The field that says when events of a kind were last seen. Kinds without one have no date."""

LINEAGE: Final[Mapping[str, tuple[str, ...]]] = {
    **{feature: (feature,) for feature in FIT_FEATURES},
    "mail": ("free_mail",),
    "employees": ("employees",),
    **{kind: (kind,) for kind in COUNTED},
    "last_activity": ("last_activity",),
    "hand_raise": ("hand_raise",),
    "moments": tuple(sorted(set(DATED_BY.values()))),
    "relationships": ("open_opportunity", "target_account", "relationship", "account_owner"),
}
"""Feature to the canonical fields it is read from."""


@dataclass(frozen=True, slots=True)
class Features:
    answers: Mapping[str, str]
    """Fit feature to answer; a missing answer is absent."""
    employees: int | None
    counts: Mapping[str, int]
    """Kind of event to how many; a kind that nobody counts is absent."""
    last_activity: str | None
    hand_raise: str | None
    moments: Mapping[str, datetime]
    """Field to moment, in UTC; an unknown moment is absent."""
    relationships: tuple[str, ...]

    @property
    def measured(self) -> bool:
        """Something watches what this person does."""
        return bool(self.counts) or self.last_activity is not None or self.hand_raise is not None or bool(self.moments)


def read_features(values: Values) -> Features:
    """Canonical and derived values to features. What has the wrong type counts as missing."""
    return Features(
        answers=_answers(values),
        employees=_count(values, "employees"),
        counts={kind: count for kind in COUNTED if (count := _count(values, kind)) is not None},
        last_activity=text_in(values, "last_activity"),
        hand_raise=text_in(values, "hand_raise"),
        moments={field: moment for field in LINEAGE["moments"] if (moment := _moment(values.get(field))) is not None},
        relationships=_relationships(values),
    )


def _answers(values: Values) -> Mapping[str, str]:
    answers = {feature: _mail(values) if feature == "mail" else text_in(values, feature) for feature in FIT_FEATURES}
    return {feature: answer for feature, answer in answers.items() if answer is not None}


def _mail(values: Values) -> str | None:
    free = values.get("free_mail")
    if isinstance(free, bool):
        return "free" if free else "business"
    return None


def text_in(values: Values, field: str) -> str | None:
    """The text of a field; None where a person did not answer."""
    value = values.get(field)
    if not isinstance(value, str) or not (text := value.strip()):
        return None
    return None if text.lower() in _NO_ANSWER else text


_NO_ANSWER: Final = frozenset({"unknown", "select", "not provided", "n/a", "na", "none", "null", "-", "--none--"})
"""What forms and imports leave behind when a person did not answer."""


def _count(values: Values, field: str) -> int | None:
    value = values.get(field)
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return max(value, 0)


def _relationships(values: Values) -> tuple[str, ...]:
    flags = [name for name in ("open_opportunity", "target_account") if values.get(name) is True]
    stated = text_in(values, "relationship")
    owned = ["account_owner"] if text_in(values, "account_owner") else []
    return tuple(flags + ([stated] if stated else []) + owned)


@lru_cache(maxsize=4096)
def _moment(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
