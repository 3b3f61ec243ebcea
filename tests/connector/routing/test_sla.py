"""Clocks in the company's working hours, and round the clock."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.policy import Clock, Hours
from connector.routing.sla import Deadline, deadline, due, state, worked

BERLIN = ZoneInfo("Europe/Berlin")
HOURS = Hours(BERLIN, frozenset(range(5)), 9 * 60, 17 * 60, 15)
FIVE = Clock("five_minutes", 5, same_day=False, task=True)
HALF = Clock("half_hour", 30, same_day=False, task=True)
DAY_LONG = Clock("eight_hours", 480, same_day=False, task=True)
SAME_DAY = Clock("same_day", None, same_day=True, task=True)
REST = Clock("no_touch", None, same_day=False, task=False)


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("clock", "source", "expected"),
    [
        # 2026-11-20 is a Friday
        (FIVE, "2026-11-19 10:00", "2026-11-19 10:05"),
        (FIVE, "2026-11-19 16:55", "2026-11-19 17:00"),
        (FIVE, "2026-11-19 16:58", "2026-11-20 09:03"),
        (FIVE, "2026-11-19 17:00", "2026-11-20 09:15"),
        (FIVE, "2026-11-19 08:59", "2026-11-19 09:15"),
        (FIVE, "2026-11-19 09:00", "2026-11-19 09:05"),
        (FIVE, "2026-11-20 18:00", "2026-11-23 09:15"),
        (FIVE, "2026-11-21 12:00", "2026-11-23 09:15"),
        (HALF, "2026-11-20 16:40", "2026-11-23 09:10"),
        (HALF, "2026-11-20 20:00", "2026-11-23 09:15"),
        (DAY_LONG, "2026-11-19 10:00", "2026-11-20 10:00"),
        (DAY_LONG, "2026-11-19 20:00", "2026-11-20 17:00"),
        (SAME_DAY, "2026-11-19 09:30", "2026-11-19 17:00"),
        (SAME_DAY, "2026-11-19 07:00", "2026-11-19 17:00"),
        (SAME_DAY, "2026-11-20 17:30", "2026-11-23 17:00"),
        # the clocks go back on 2026-10-25, a Sunday
        (FIVE, "2026-10-23 17:30", "2026-10-26 09:15"),
    ],
)
def test_due_in_working_hours(clock: Clock, source: str, expected: str) -> None:
    assert due(clock, berlin(source), HOURS) == berlin(expected)


def test_holidays_are_no_working_days() -> None:
    holidays = frozenset({date(2026, 11, 23), date(2026, 11, 24)})
    assert due(FIVE, berlin("2026-11-20 18:00"), HOURS, holidays=holidays) == berlin("2026-11-25 09:15")


def test_a_day_on_which_the_clocks_change_counts_real_time() -> None:
    every_day = Hours(BERLIN, frozenset(range(7)), 0, 1440, 15)
    found = due(Clock("ten_hours", 600, same_day=False, task=True), berlin("2026-10-25 00:00"), every_day)
    assert found == berlin("2026-10-25 09:00")
    assert due(SAME_DAY, berlin("2026-10-25 12:00"), every_day) == berlin("2026-10-26 00:00")


def test_round_the_clock() -> None:
    at = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
    assert due(FIVE, at, None) == at + timedelta(minutes=5)
    assert due(SAME_DAY, at, None) == at + timedelta(days=1)


@pytest.mark.parametrize("hours", [HOURS, None])
def test_no_touch_is_never_due(hours: Hours | None) -> None:
    assert due(REST, berlin("2026-11-20 10:00"), hours) is None


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        due(FIVE, datetime(2026, 11, 20, 10, 0), HOURS)  # noqa: DTZ001  # the mistake under test


def test_a_calendar_without_a_working_day_still_ends() -> None:
    holidays = frozenset(date(2026, 1, 1) + timedelta(days=number) for number in range(2000))
    at = berlin("2026-11-20 10:00")
    assert due(FIVE, at, HOURS, holidays=holidays) == at + timedelta(minutes=5)


def test_state_by_the_moments_of_the_clock() -> None:
    found = deadline(HALF, berlin("2026-11-19 16:45"), HOURS)
    assert found == Deadline(
        starts_at=berlin("2026-11-19 16:45"),
        at_risk_at=berlin("2026-11-20 09:03"),
        due_at=berlin("2026-11-20 09:15"),
        escalate_at=berlin("2026-11-20 10:15"),
    )
    states = [(text, state(found, berlin(f"2026-11-20 {text}"))) for text in ("09:02", "09:03", "09:15", "09:16")]
    assert states == [("09:02", "On track"), ("09:03", "At risk"), ("09:15", "At risk"), ("09:16", "Breached")]


def test_nobody_is_nudged_in_the_night() -> None:
    found = deadline(FIVE, berlin("2026-11-19 22:00"), HOURS)
    assert found is not None
    assert (found.starts_at, found.at_risk_at) == (berlin("2026-11-20 09:00"), berlin("2026-11-20 09:09"))


MOMENTS = st.datetimes(
    datetime(2020, 1, 1),  # noqa: DTZ001  # hypothesis adds the zone
    datetime(2035, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, BERLIN, ZoneInfo("America/New_York")]),
)
OPENINGS = st.integers(0, 1380)
CALENDARS = st.builds(
    lambda days, opens, length, zone: Hours(ZoneInfo(zone), days, opens, min(opens + length, 1440), 15),
    st.frozensets(st.integers(0, 6), min_size=1),
    OPENINGS,
    st.integers(60, 1440),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "UTC"]),
)


@given(MOMENTS, CALENDARS, st.sampled_from([FIVE, HALF, DAY_LONG, SAME_DAY]))
def test_every_moment_of_a_clock_is_in_order_and_in_working_hours(source: datetime, hours: Hours, clock: Clock) -> None:
    found = deadline(clock, source, hours)
    assert found is not None
    assert source <= found.starts_at <= found.at_risk_at <= found.due_at <= found.escalate_at
    assert found.starts_at < found.due_at
    for moment in (found.at_risk_at, found.due_at):
        # A closing at midnight belongs to the day that ends there.
        local = (moment - timedelta(microseconds=1)).astimezone(hours.zone)
        assert local.weekday() in hours.days


# --- how much of a span was working time


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        ("2026-11-20 16:50", "2026-11-23 09:20", 30),  # Friday to Monday
        ("2026-10-23 16:50", "2026-10-26 09:20", 30),  # the same, over the night in which the clocks go back
        ("2026-11-19 10:00", "2026-11-19 10:07", 7),
        ("2026-11-19 18:00", "2026-11-19 22:00", 0),
        ("2026-11-21 10:00", "2026-11-22 10:00", 0),
        ("2026-11-16 00:00", "2026-11-23 00:00", 5 * 480),
        ("2026-11-19 12:00", "2026-11-19 11:00", 0),
    ],
)
def test_only_opening_times_count(start: str, end: str, minutes: int) -> None:
    assert worked(berlin(start), berlin(end), HOURS) == timedelta(minutes=minutes)


@given(st.lists(st.integers(0, 90_000), min_size=3, max_size=3))
def test_working_time_adds_up(minutes: list[int]) -> None:
    first, middle, last = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=one) for one in sorted(minutes))
    assert worked(first, middle, HOURS) + worked(middle, last, HOURS) == worked(first, last, HOURS)
    assert worked(first, last, None) == last - first
