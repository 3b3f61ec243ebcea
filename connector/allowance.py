"""A connection's allowance of CRM calls: burst buckets and the day's budget, shared by all processes."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

from adapters.errors import Throttled
from connector.shares import Spent
from connector.store.budgets import Taken
from connector.store.waits import Waiting

_WORTH_WAITING: Final = 8.0
"""Seconds a job waits for its turn; beyond that the work goes back and something else is done."""

_HUNDREDTHS: Final = 100
"""The vendor's figure is told on once it has moved by a hundredth of what is left: the nearer the limit, the finer."""

_TOLD_SECONDS: Final = 60.0
"""The vendor's figure is told on at least this often, while there are calls."""


class SpentError(Throttled):
    """Our own budget says no: nothing was sent."""

    def __init__(self, connection: str, spent: Spent) -> None:
        super().__init__(
            _SENTENCES[spent.policy].format(connection),
            provider=connection,
            operation="take",
            policy=spent.policy,
            after=spent.seconds,
            code=spent.code,
        )
        self.expected = max(spent.expected, spent.seconds)
        """Seconds until calls are expected to be free; it is asked again after `after`."""


_SENTENCES: Final[Mapping[str, str]] = {
    "reserve": "The calls to {} that every lead may use are spent; hot leads still go, the rest goes on by itself.",
    "daily": "The calls to {} are spent for now; it goes on by itself.",
    "burst": "The burst allowance of {} is spent; it goes on by itself.",
    "search": "The search allowance of {} is spent; it goes on by itself.",
}


def waiting_for(error: SpentError) -> Waiting:
    """What to say of the rows that wait for it."""
    return Waiting("budget" if error.policy == "reserve" else "limit", error.after, error.expected)


class DayBudget(Protocol):
    """The day's calls, and what the vendor refused, kept in PostgreSQL."""

    def take(self, policy: str, calls: int, *, hot: bool) -> Taken | Spent: ...

    def learn(self, *, used: int, limit: int) -> None: ...

    def refused(self, policy: str, seconds: float, code: str) -> None: ...

    def answered(self, policy: str) -> None: ...

    def spent(self) -> tuple[int, int]: ...


class BurstBucket(Protocol):
    def wait_for(self, calls: int) -> float: ...

    def learn(self, *, limit: int, remaining: int, seconds: float) -> None: ...


@dataclass(slots=True)
class Allowance:
    """Implements `adapters.base.Budget`."""

    connection: str
    day: DayBudget
    buckets: Mapping[str, BurstBucket]
    """By policy: `burst`, `search`."""
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    _over_at: float = field(default=math.inf)
    _hot: bool = field(default=False)
    _first: str = field(default="")
    _told: tuple[int, int] = field(default=(-1, -1))
    """Used and limit, as PostgreSQL was told last by this process."""
    _told_at: float = field(default=-math.inf)

    def take(self, policy: Literal["burst", "search"], calls: int = 1) -> None:
        """See `adapters.base.Budget.take`."""
        self._check_time(0.0)
        waited, bucket = 0.0, self.buckets.get(policy)
        while bucket and (wait := bucket.wait_for(calls)) > 0:
            waited = self._wait(Spent(policy, wait), waited)
        if self._first:  # a call after a refusal was answered otherwise: everybody may
            self.day.answered(self._first)
            self._first = ""
        while isinstance(answer := self.day.take(policy, calls, hot=self._hot), Spent):
            waited = self._wait(answer, waited)
        self._first = answer.first
        self._check_time(0.0)  # last of all: the day's budget may have had to wait for its database

    @contextmanager
    def until(self, moment: float) -> Iterator[None]:
        """No call begins after this moment of `monotonic`: what was marked as sent may soon be taken for settled by others."""
        self._over_at = moment
        try:
            yield
        finally:
            self._over_at = math.inf

    @contextmanager
    def on_reserve(self) -> Iterator[None]:
        """Calls within go on the reserve once the rest is spent: for hot leads, and for an admin who looks what is wrong."""
        before, self._hot = self._hot, True
        try:
            yield
        finally:
            self._hot = before

    def learn(self, *, used: int, limit: int) -> None:
        """Tells PostgreSQL what matters: every figure near the limit, now and then one far from it."""
        before, limit_before = self._told
        moved = limit != limit_before or abs(used - before) >= max(1, (limit - used) // _HUNDREDTHS)
        if moved or self.monotonic() - self._told_at > _TOLD_SECONDS:
            self._told, self._told_at = (used, limit), self.monotonic()
            self.day.learn(used=used, limit=limit)

    def learn_burst(self, *, limit: int, remaining: int, seconds: float) -> None:
        """See `adapters.base.Budget.learn_burst`."""
        if bucket := self.buckets.get("burst"):
            bucket.learn(limit=limit, remaining=remaining, seconds=seconds)

    def refused(self, error: Throttled) -> None:
        """See `adapters.base.Budget.refused`."""
        self._first = ""
        self.day.refused(error.policy, error.after, error.code)

    def _wait(self, spent: Spent, waited: float) -> float:
        """Waits for a short while, or says no; returns how long was waited in all."""
        if waited + spent.seconds > _WORTH_WAITING:
            raise SpentError(self.connection, spent)
        self._check_time(spent.seconds)
        self.sleep(spent.seconds)
        return waited + spent.seconds

    def _check_time(self, wait: float) -> None:
        if self.monotonic() + wait > self._over_at:
            sentence = f"The time for this batch of {self.connection} is over; the rest goes with the next one."
            raise Throttled(sentence, provider=self.connection, operation="take", policy="batch", after=0.0)
