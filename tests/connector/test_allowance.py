"""A connection's calls: none beyond the day's limit or the burst, whoever asks, whatever the vendor says meanwhile."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from adapters.errors import Throttled
from connector.allowance import Allowance
from connector.store.budgets import StoredDay, budget_of
from connector.wiring import Services


@dataclass
class Waits:
    """A bucket that asks for these waits, one after the other, and then for none."""

    seconds: list[float]

    def wait_for(self, calls: int) -> float:
        return self.seconds.pop(0) if self.seconds else 0.0


@dataclass
class Endless:
    """A day without limit that counts."""

    reserved: int = 0
    corrected: list[tuple[int, int]] = field(default_factory=list)

    def reserve(self, calls: int) -> bool:
        self.reserved += calls
        return True

    def correct(self, *, used: int, limit: int) -> None:
        self.corrected.append((used, limit))


def day(engine: Engine, ceiling: int, today: Callable[[], str] = lambda: "2026-11-22") -> StoredDay:
    return StoredDay(engine, "acme", ceiling, today)


def spent_after(allowance: Allowance, at_most: int = 10_000) -> int:
    """How many calls go before the day is spent."""
    calls = 0
    with pytest.raises(Throttled) as refused:  # noqa: PT012 - which call is refused is the question
        for calls in range(at_most):  # noqa: B007
            allowance.take("burst")
    assert refused.value.policy == "daily"
    return calls


def test_a_day_is_spent_in_blocks_and_never_overdrawn(services: Services) -> None:
    allowance = Allowance("acme", day(services.engine, 220), {})
    assert spent_after(allowance) == 200
    assert budget_of(services.engine, "acme", "2026-11-22") == (200, 220)


def test_processes_share_a_day(services: Services) -> None:
    went = []
    threads = [
        threading.Thread(target=lambda: went.append(spent_after(Allowance("acme", day(services.engine, 1_000), {}))))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(went) == 1_000


def test_the_vendors_figure_counts_where_it_is_worse(services: Services) -> None:
    """Other programs share the limit, and the edition may have a smaller one than was set."""
    allowance = Allowance("acme", day(services.engine, 1_000), {})
    allowance.take("burst")
    allowance.learn(used=700, limit=800)
    assert budget_of(services.engine, "acme", "2026-11-22") == (700, 800)
    assert spent_after(Allowance("acme", day(services.engine, 1_000), {})) == 100
    allowance.learn(used=100, limit=5_000)
    assert budget_of(services.engine, "acme", "2026-11-22") == (800, 800)


def test_a_new_day_begins_anew(services: Services) -> None:
    today = ["2026-11-22"]
    allowance = Allowance("acme", day(services.engine, 50, lambda: today[0]), {})
    assert spent_after(allowance) == 50
    today[0] = "2026-11-23"
    assert spent_after(allowance) == 50


@given(st.lists(st.integers(1, 200), max_size=30))
def test_what_is_taken_was_reserved(calls: Sequence[int]) -> None:
    counted = Endless()
    allowance = Allowance("acme", counted, {})
    for so_far, number in enumerate(calls, start=1):
        allowance.take("burst", number)
        assert sum(calls[:so_far]) <= counted.reserved
    assert counted.reserved < sum(calls) + 50


def test_a_short_wait_is_waited_and_a_long_one_is_not() -> None:
    slept: list[float] = []
    allowance = Allowance("acme", Endless(), {"burst": Waits([0.5, 0.25]), "search": Waits([30.0])}, sleep=slept.append)
    allowance.take("burst")
    assert slept == [0.5, 0.25]
    with pytest.raises(Throttled) as refused:
        allowance.take("search")
    assert (refused.value.policy, refused.value.after, slept) == ("search", 30.0, [0.5, 0.25])


def test_waits_add_up() -> None:
    slept: list[float] = []
    allowance = Allowance("acme", Endless(), {"burst": Waits([5.0, 5.0])}, sleep=slept.append)
    with pytest.raises(Throttled):
        allowance.take("burst")
    assert slept == [5.0]


def test_a_figure_that_hardly_moved_is_not_written_down() -> None:
    counted = Endless()
    allowance = Allowance("acme", counted, {})
    for used in (10, 49, 50, 60, 99, 100):
        allowance.learn(used=used, limit=1_000)
    assert counted.corrected == [(50, 1_000), (100, 1_000)]
