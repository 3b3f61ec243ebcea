"""SOQL's date literals: words that stand for a span of days.

Days are UTC's, weeks begin on Sunday, the fiscal year is the calendar's: what a new org with an English user has.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Final

from adapters.sandbox.soql_tree import Period

_PLAIN: Final = re.compile(r"(LAST|THIS|NEXT)_(WEEK|MONTH|QUARTER|YEAR|FISCAL_QUARTER|FISCAL_YEAR)")
_COUNTED: Final = re.compile(r"(LAST|NEXT)_N_(DAY|WEEK|MONTH|QUARTER|YEAR|FISCAL_QUARTER|FISCAL_YEAR)S")
_AGO: Final = re.compile(r"N_(DAY|WEEK|MONTH|QUARTER|YEAR|FISCAL_QUARTER|FISCAL_YEAR)S_AGO")
_DAYS: Final[Mapping[str, int]] = {"YESTERDAY": -1, "TODAY": 0, "TOMORROW": 1}
_NINETY: Final = re.compile(r"(LAST|NEXT)_90_DAYS")
_MONTHS: Final[Mapping[str, int]] = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}


def is_period(name: str, *, counted: bool) -> bool:
    """Is there a literal of this name, in capitals, with or without a number behind it?"""
    if counted:
        return bool(_COUNTED.fullmatch(name) or _AGO.fullmatch(name))
    return name in _DAYS or bool(_PLAIN.fullmatch(name) or _NINETY.fullmatch(name))


def days(period: Period, today: date) -> tuple[date, date]:
    """The first day of a span, and the first day after it."""
    if period.name in _DAYS:
        return _units("DAY", today, _DAYS[period.name], 1)
    if match := _PLAIN.fullmatch(period.name):
        return _units(match[2], today, {"LAST": -1, "THIS": 0, "NEXT": 1}[match[1]], 1)
    if match := _AGO.fullmatch(period.name):
        return _units(match[1], today, -period.count, 1)
    if match := _NINETY.fullmatch(period.name):
        return _counted(match[1], "DAY", today, 90)
    match = _COUNTED.fullmatch(period.name)
    assert match is not None, period.name  # noqa: S101 - the grammar lets no other name pass
    return _counted(match[1], match[2], today, period.count)


def _counted(side: str, unit: str, today: date, count: int) -> tuple[date, date]:
    """The last days have today among them; no other unit has the current one."""
    if side == "NEXT":
        return _units(unit, today, 1, count)
    return _units(unit, today, -count, count + (unit == "DAY"))


def _units(unit: str, today: date, first: int, count: int) -> tuple[date, date]:
    """`count` units, beginning `first` units from the current one."""
    begin = _BEGIN[unit.removeprefix("FISCAL_")]
    return begin(today, first), begin(today, first + count)


def _week(today: date, distance: int) -> date:
    sunday = today - timedelta(days=today.isoweekday() % 7)
    return sunday + timedelta(weeks=distance)


def _months(length: int) -> Callable[[date, int], date]:
    def begin(today: date, distance: int) -> date:
        month = (today.year * 12 + today.month - 1) // length * length + distance * length
        return date(month // 12, month % 12 + 1, 1)

    return begin


_BEGIN: Final[Mapping[str, Callable[[date, int], date]]] = {
    "DAY": lambda today, distance: today + timedelta(days=distance),
    "WEEK": _week,
    **{unit: _months(length) for unit, length in _MONTHS.items()},
}
