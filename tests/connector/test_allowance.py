"""A connection's calls: none beyond the day's limit or the burst, whoever asks, whatever the vendor says meanwhile."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from adapters.errors import Throttled
from connector.allowance import Allowance, SpentError
from connector.shares import DAY, LOOK_AGAIN, SLOT, Counted, Shares, Spent, left, spent, to_look
from connector.store.budgets import StoredDay, Taken, ledger_of
from connector.store.engine import Session, transact
from connector.wiring import Services

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@dataclass
class Waits:
    """A bucket that asks for these waits, one after the other, and then for none."""

    seconds: list[float]
    told: list[tuple[int, int, float]] = field(default_factory=list)

    def wait_for(self, calls: int) -> float:
        return self.seconds.pop(0) if self.seconds else 0.0

    def learn(self, *, limit: int, remaining: int, seconds: float) -> None:
        self.told.append((limit, remaining, seconds))


@dataclass
class Day:
    """A day that answers as it is told, and then yes."""

    answers: list[Taken | Spent] = field(default_factory=list)
    asked: list[tuple[str, int, bool]] = field(default_factory=list)
    learned: list[tuple[int, int]] = field(default_factory=list)
    refusals: list[tuple[str, float, str]] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)

    def take(self, policy: str, calls: int, *, hot: bool) -> Taken | Spent:
        self.asked.append((policy, calls, hot))
        return self.answers.pop(0) if self.answers else Taken()

    def learn(self, *, used: int, limit: int) -> None:
        self.learned.append((used, limit))

    def refused(self, policy: str, seconds: float, code: str) -> None:
        self.refusals.append((policy, seconds, code))

    def answered(self, policy: str) -> None:
        self.opened.append(policy)

    def spent(self) -> tuple[int, int]:
        return len(self.asked), 1_000


def of_a_process(services: Services, shares: Shares) -> Allowance:
    return Allowance("acme", StoredDay(services.engine, "acme", shares), {})


def spent_after(allowance: Allowance, *, hot: bool = False, at_most: int = 10_000) -> tuple[int, str]:
    """How many calls go before one is refused, and for which policy."""
    for calls in range(at_most):
        try:
            if hot:
                with allowance.on_reserve():
                    allowance.take("burst")
            else:
                allowance.take("burst")
        except SpentError as refused:
            return calls, refused.policy
    raise AssertionError("never refused")


HUNDRED = Shares(assumed=100, hot_percent=10, spare_percent=5)
"""95 may be counted, 85 of them for every lead."""


# --- the division


def test_hot_leads_go_on_the_reserve_and_nobody_goes_on_what_is_left_to_others(services: Services) -> None:
    allowance = of_a_process(services, HUNDRED)
    assert spent_after(allowance) == (85, "reserve")
    assert spent_after(allowance, hot=True) == (10, "daily")
    assert spent_after(allowance) == (0, "daily")


def test_processes_share_a_day_to_the_last_call(services: Services) -> None:
    went: list[int] = []
    shares = Shares(assumed=400, hot_percent=10, spare_percent=5)

    def work(*, hot: bool) -> None:
        went.append(spent_after(of_a_process(services, shares), hot=hot)[0])

    threads = [threading.Thread(target=work, kwargs={"hot": hot}) for hot in (True, False, True, False)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(went) == 380
    assert ledger_of(services.engine, "acme", shares).counted.ours == 380


def test_the_vendors_figure_brings_in_what_others_spend(services: Services) -> None:
    allowance = of_a_process(services, Shares(assumed=1_000))
    allowance.take("burst")
    allowance.learn(used=700, limit=800)
    ledger = ledger_of(services.engine, "acme", Shares(assumed=1_000))
    assert (ledger.counted.ours, ledger.counted.others, ledger.vendor_used, ledger.counted.vendor_limit) == (1, 699, 700, 800)
    assert spent_after(of_a_process(services, Shares(assumed=1_000)), hot=True) == (60, "daily")  # 800 less 5 %, less 700


def test_a_vendors_figure_that_falls_frees_calls(services: Services) -> None:
    """A window that rolls, or a midnight elsewhere than we thought."""
    allowance = of_a_process(services, HUNDRED)
    allowance.learn(used=99, limit=100)
    assert spent_after(allowance) == (0, "daily")
    allowance.learn(used=20, limit=100)
    assert spent_after(allowance) == (65, "reserve")


def test_an_admins_own_limit_counts_leadlines_calls_alone(services: Services) -> None:
    allowance = of_a_process(services, Shares(assumed=1_000, own=20, hot_percent=10))
    allowance.learn(used=500, limit=1_000)
    assert spent_after(allowance) == (18, "reserve")
    assert spent_after(allowance, hot=True) == (2, "daily")


def test_a_new_day_begins_anew_with_the_limit_that_was_learned(services: Services) -> None:
    shares = Shares(assumed=1_000)
    allowance = of_a_process(services, shares)
    allowance.learn(used=99, limit=100)
    assert spent_after(allowance)[0] == 0
    _set_back(services, timedelta(days=1))
    assert spent_after(allowance) == (85, "reserve")


def test_a_rolling_window_is_freed_slot_by_slot(services: Services) -> None:
    shares = Shares(assumed=100, hot_percent=10, spare_percent=5, rolling=True)
    allowance = of_a_process(services, shares)
    assert spent_after(allowance)[0] == 85
    _set_back(services, timedelta(hours=12))
    assert spent_after(allowance)[0] == 0
    _set_back(services, timedelta(hours=13))
    assert spent_after(allowance)[0] == 85


def _set_back(services: Services, by: timedelta) -> None:
    """As if everything that was counted had been counted that much earlier."""

    def work(session: Session) -> None:
        session.execute(text("UPDATE budget_slot SET slot = slot - CAST(:by AS interval)"), {"by": by})
        session.execute(text("UPDATE budget SET vendor_at = vendor_at - CAST(:by AS interval)"), {"by": by})
        session.execute(text("UPDATE budget SET looked_at = looked_at - CAST(:by AS interval)"), {"by": by})
        session.execute(text("UPDATE budget SET day = (day::date - CAST(:days AS int))::text"), {"days": by.days})

    transact(services.engine, work)


def test_where_others_spend_it_all_one_call_in_a_while_looks_whether_they_stopped(services: Services) -> None:
    shares = Shares(assumed=100, rolling=True)
    allowance = of_a_process(services, shares)
    allowance.learn(used=100, limit=100)
    assert spent_after(allowance)[0] == 0
    _set_back(services, LOOK_AGAIN)
    assert spent_after(allowance) == (1, "daily")  # it looks; its answer said nothing new
    _set_back(services, LOOK_AGAIN)
    allowance.take("burst")
    allowance.learn(used=50, limit=100)
    assert spent_after(allowance)[0] > 30


# --- the vendor's refusals


def test_a_refusal_closes_for_every_process_until_the_vendors_moment(services: Services) -> None:
    mine, other = of_a_process(services, HUNDRED), of_a_process(services, HUNDRED)
    code = "REQUEST_LIMIT_EXCEEDED"
    mine.refused(Throttled("", provider="salesforce", operation="query", policy="daily", after=900.0, code=code))
    for allowance in (mine, other):
        with pytest.raises(SpentError) as refused, allowance.on_reserve():
            allowance.take("burst")
        assert (refused.value.policy, refused.value.code) == ("daily", code)
        assert 890 < refused.value.after <= 900
    assert ledger_of(services.engine, "acme", HUNDRED).counted.ours == 0


def test_after_a_days_refusal_one_call_goes_first_and_the_others_wait_for_its_answer(services: Services) -> None:
    mine, other = of_a_process(services, HUNDRED), of_a_process(services, HUNDRED)
    mine.refused(Throttled("", provider="hubspot", operation="read", policy="daily", after=3600.0))
    _open_early(services)
    mine.take("burst")
    assert spent_after(other)[0] == 0
    mine.take("burst")  # the first was answered
    other.take("burst")


def test_a_first_call_that_is_refused_again_closes_again(services: Services) -> None:
    mine, other = of_a_process(services, HUNDRED), of_a_process(services, HUNDRED)
    refusal = Throttled("", provider="hubspot", operation="read", policy="daily", after=3600.0)
    mine.refused(refusal)
    _open_early(services)
    mine.take("burst")
    mine.refused(refusal)
    assert (spent_after(mine)[0], spent_after(other)[0]) == (0, 0)


def test_who_went_first_and_died_does_not_hold_up_the_others_for_ever(services: Services) -> None:
    mine, other = of_a_process(services, HUNDRED), of_a_process(services, HUNDRED)
    mine.refused(Throttled("", provider="hubspot", operation="read", policy="daily", after=3600.0))
    _open_early(services)
    mine.take("burst")
    transact(services.engine, lambda session: session.execute(text("UPDATE throttle SET trying = trying - interval '1 minute'")))
    other.take("burst")


def test_a_refused_search_does_not_close_the_rest(services: Services) -> None:
    allowance = of_a_process(services, HUNDRED)
    allowance.refused(Throttled("", provider="hubspot", operation="search", policy="search", after=60.0))
    allowance.take("burst")
    with pytest.raises(SpentError) as refused:
        allowance.take("search")
    assert refused.value.policy == "search"


def _open_early(services: Services) -> None:
    transact(services.engine, lambda session: session.execute(text("UPDATE throttle SET until = clock_timestamp()")))


# --- waiting


def test_a_short_wait_is_waited_and_a_long_one_is_not() -> None:
    slept: list[float] = []
    allowance = Allowance("acme", Day(), {"burst": Waits([0.5, 0.25]), "search": Waits([30.0])}, sleep=slept.append)
    allowance.take("burst")
    assert slept == [0.5, 0.25]
    with pytest.raises(Throttled) as refused:
        allowance.take("search")
    assert (refused.value.policy, refused.value.after, slept) == ("search", 30.0, [0.5, 0.25])


def test_waits_add_up() -> None:
    slept: list[float] = []
    day = Day([Spent("burst", 5.0)])
    allowance = Allowance("acme", day, {"burst": Waits([5.0])}, sleep=slept.append)
    with pytest.raises(Throttled):
        allowance.take("burst")
    assert slept == [5.0]


def test_a_figure_is_told_on_the_finer_the_nearer_the_limit() -> None:
    day = Day()
    allowance = Allowance("acme", day, {}, monotonic=lambda: 0.0)
    for used in (10, 15, 20, 950, 951, 952):
        allowance.learn(used=used, limit=1_000)
    assert [used for used, _ in day.learned] == [10, 20, 950, 951, 952]


# --- the arithmetic, whatever the figures

figures = st.builds(
    Counted,
    now=st.just(NOW),
    since=st.just(NOW - DAY),
    ours=st.integers(0, 300),
    others=st.integers(0, 300),
    vendor_limit=st.none() | st.integers(1, 500),
    vendor_at=st.none() | st.sampled_from([NOW, NOW - LOOK_AGAIN, NOW - 2 * LOOK_AGAIN]),
)
divisions = st.builds(
    Shares,
    assumed=st.integers(1, 500),
    own=st.none() | st.integers(0, 500),
    hot_percent=st.integers(0, 100),
    spare_percent=st.integers(0, 100),
    rolling=st.booleans(),
)


@given(divisions, figures, st.integers(1, 20), st.booleans())
def test_what_may_go_never_goes_beyond_the_ceiling(shares: Shares, counted: Counted, calls: int, hot: bool) -> None:
    if spent(shares, counted, calls, hot=hot) is None:
        assert counted.total + calls <= shares.ceiling(counted.vendor_limit) <= shares.limit(counted.vendor_limit)
        assert shares.own is None or counted.ours + calls <= shares.own


@given(divisions, figures, st.integers(1, 20))
def test_a_hot_lead_goes_wherever_any_lead_goes(shares: Shares, counted: Counted, calls: int) -> None:
    assert left(shares, counted, hot=True) >= left(shares, counted, hot=False)
    if spent(shares, counted, calls, hot=True):
        refused = spent(shares, counted, calls, hot=False)
        assert refused
        assert refused.policy == "daily"


@given(st.lists(st.tuples(st.integers(0, 143), st.integers(1, 9)), min_size=1, max_size=20), st.integers(1, 5))
def test_nobody_waits_longer_than_it_takes_until_calls_leave_the_window(rows: Sequence[tuple[int, int]], calls: int) -> None:
    """The wait that is foretold is long enough, if others stand still; and it is asked again before it ends."""
    slots = sorted({NOW - DAY + SLOT * (1 + ago): number for ago, number in rows}.items())
    total = sum(number for _, number in slots)
    shares = Shares(assumed=max(total, calls), hot_percent=0, spare_percent=0, rolling=True)
    counted = Counted(NOW, NOW - DAY, total, slots)
    refused = spent(shares, counted, calls, hot=False)
    if refused:
        then = NOW + timedelta(seconds=refused.expected)
        remaining = [(slot, number) for slot, number in slots if slot + SLOT + DAY > then]
        later = Counted(then, then - DAY, sum(number for _, number in remaining), remaining)
        assert spent(shares, later, calls, hot=False) is None
        assert 0 < refused.seconds <= LOOK_AGAIN.total_seconds()


@given(figures)
def test_nobody_looks_past_an_admins_own_limit(counted: Counted) -> None:
    assert not to_look(Shares(assumed=100, own=counted.ours), counted)
