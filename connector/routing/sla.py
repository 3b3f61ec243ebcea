"""Clocks: when the first touch is due, when to nudge, when it is late.

A clock starts at the source event, and by default only the company's working hours count. What comes out of hours is due a
few minutes after opening (`Hours.grace`), or, on a clock longer than an hour, that clock's minutes after opening. A same-day
clock is due at closing: of the same day, or of the next working day where the lead came out of hours.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal

from config.policy import Clock, Hours

State = Literal["On track", "At risk", "Breached"]

_AT_RISK: Final = 60
"""Percent of the time that may pass before the nudge."""
_ESCALATED: Final = 300
"""Percent of the time after which the manager hears of it."""
_SPEED_MINUTES: Final = 60
"""Clocks up to this are about speed: out of hours they become the grace after opening."""
_HORIZON_DAYS: Final = 370
"""A calendar without one working day in a year is a mistake; the clock then runs round the clock."""

NO_HOLIDAYS: Final[AbstractSet[date]] = frozenset()


@dataclass(frozen=True, slots=True)
class Deadline:
    """The moments of one clock, in UTC."""

    starts_at: datetime
    """The source event, or the next opening."""
    at_risk_at: datetime
    due_at: datetime
    escalate_at: datetime


def deadline(
    clock: Clock, source_at: datetime, hours: Hours | None, *, holidays: AbstractSet[date] = NO_HOLIDAYS
) -> Deadline | None:
    """The deadline of a clock, or None where nobody has to act.

    Args:
        source_at: when the source event happened, with its time zone.
        hours: None counts round the clock; same day is then within 24 hours.
        holidays: days, in the company's zone, on which nobody works.

    Raises:
        ValueError: `source_at` has no time zone.
    """
    if source_at.tzinfo is None:
        raise ValueError("A clock needs a moment with a time zone; make the source event's time aware before it gets here.")
    if not clock.runs:
        return None
    calendar = _Calendar(hours, holidays) if hours is not None else _RoundTheClock()
    source_at = source_at.astimezone(UTC)
    opening, closing = calendar.shift(source_at)
    late = opening > source_at
    starts_at = max(source_at, opening)
    allowed = closing - starts_at if clock.same_day else _allowed(clock.minutes or 0, hours, late=late)
    return Deadline(
        starts_at=starts_at,
        at_risk_at=calendar.after(starts_at, allowed * _AT_RISK // 100),
        due_at=calendar.after(starts_at, allowed),
        escalate_at=calendar.after(starts_at, allowed * _ESCALATED // 100),
    )


def due(clock: Clock, source_at: datetime, hours: Hours | None, *, holidays: AbstractSet[date] = NO_HOLIDAYS) -> datetime | None:
    """When the first touch is due, in UTC; None where nobody has to act. Arguments and errors as `deadline`."""
    found = deadline(clock, source_at, hours, holidays=holidays)
    return found.due_at if found else None


def worked(start: datetime, end: datetime, hours: Hours | None, *, holidays: AbstractSet[date] = NO_HOLIDAYS) -> timedelta:
    """How much of the working time lies between two moments; nothing if the end comes first."""
    calendar = _Calendar(hours, holidays) if hours is not None else _RoundTheClock()
    moment, end, total = start.astimezone(UTC), end.astimezone(UTC), timedelta()
    while moment < end:
        opening, closing = calendar.shift(moment)
        total += max(min(closing, end) - max(opening, moment), timedelta())
        moment = closing
    return total


def state(found: Deadline, now: datetime) -> State:
    """How an untouched lead stands. At the due moment itself it is not yet late."""
    if now > found.due_at:
        return "Breached"
    return "At risk" if now >= found.at_risk_at else "On track"


def _allowed(minutes: int, hours: Hours | None, *, late: bool) -> timedelta:
    if late and hours is not None and minutes <= _SPEED_MINUTES:
        return timedelta(minutes=hours.grace)
    return timedelta(minutes=minutes)


class _RoundTheClock:
    def shift(self, moment: datetime) -> tuple[datetime, datetime]:
        return moment, moment + timedelta(days=1)

    def after(self, moment: datetime, span: timedelta) -> datetime:
        return moment + span


class _Calendar:
    """Working time. Days are the company's; moments are UTC, so that a day on which the clocks change counts right."""

    def __init__(self, hours: Hours, holidays: AbstractSet[date]) -> None:
        self._hours = hours
        self._holidays = holidays

    def shift(self, moment: datetime) -> tuple[datetime, datetime]:
        """Opening and closing of the working day that runs at `moment`, or of the next one."""
        first = moment.astimezone(self._hours.zone).date()
        for days in range(_HORIZON_DAYS):
            day = first + timedelta(days=days)
            if day.weekday() in self._hours.days and day not in self._holidays:
                opening, closing = self._at(day, self._hours.opens), self._at(day, self._hours.closes)
                if max(moment, opening) < closing:
                    return opening, closing
        return _RoundTheClock().shift(moment)

    def after(self, moment: datetime, span: timedelta) -> datetime:
        """`span` of working time after `moment`."""
        while True:
            opening, closing = self.shift(moment)
            moment = max(moment, opening)
            if moment + span <= closing:
                return moment + span
            span -= closing - moment
            moment = closing

    def _at(self, day: date, minute: int) -> datetime:
        local = datetime.combine(day, time()) + timedelta(minutes=minute)
        return local.replace(tzinfo=self._hours.zone).astimezone(UTC)
