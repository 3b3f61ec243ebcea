"""SOQL's functions of a date or moment, both as they are kept."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from adapters.sandbox.salesforce_schema import FieldType


def _day(text: str) -> date:
    return date.fromisoformat(text[:10])


def _week(day: date, first: date) -> int:
    """Weeks of seven days from `first` on, counted from 1."""
    return (day - first).days // 7 + 1


FUNCTIONS: Final[Mapping[str, tuple[FieldType, Callable[[str], Any]]]] = {
    "CALENDAR_YEAR": ("int", lambda text: _day(text).year),
    "CALENDAR_QUARTER": ("int", lambda text: (_day(text).month + 2) // 3),
    "CALENDAR_MONTH": ("int", lambda text: _day(text).month),
    "FISCAL_YEAR": ("int", lambda text: _day(text).year),
    "FISCAL_QUARTER": ("int", lambda text: (_day(text).month + 2) // 3),
    "FISCAL_MONTH": ("int", lambda text: _day(text).month),
    "DAY_IN_MONTH": ("int", lambda text: _day(text).day),
    "DAY_IN_WEEK": ("int", lambda text: _day(text).isoweekday() % 7 + 1),
    "DAY_IN_YEAR": ("int", lambda text: _day(text).timetuple().tm_yday),
    "WEEK_IN_MONTH": ("int", lambda text: _week(_day(text), _day(text).replace(day=1))),
    "WEEK_IN_YEAR": ("int", lambda text: _week(_day(text), _day(text).replace(month=1, day=1))),
    "DAY_ONLY": ("date", lambda text: text[:10]),
    "HOUR_IN_DAY": ("int", lambda text: int(text[11:13] or 0)),
}
