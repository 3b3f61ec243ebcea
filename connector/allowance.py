"""A connection's allowance of CRM calls: burst buckets and the day's budget, shared by all processes."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

from adapters.errors import Throttled

_BLOCK: Final = 50
"""Calls reserved from the day's budget at a time: one write to PostgreSQL for fifty calls."""

_WORTH_WAITING: Final = 8.0
"""Seconds a job waits for its turn; beyond that the work goes back and something else is done."""


class DayBudget(Protocol):
    """The day's calls, kept in PostgreSQL."""

    def reserve(self, calls: int) -> bool: ...

    def correct(self, *, used: int, limit: int) -> None: ...

    def spent(self) -> tuple[int, int] | None: ...


class BurstBucket(Protocol):
    def wait_for(self, calls: int) -> float: ...


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
    _left: int = field(default=0)
    _used: int = field(default=0)

    def take(self, policy: Literal["burst", "search"], calls: int = 1) -> None:
        """See `adapters.base.Budget.take`."""
        self._check_time(0.0)
        self._reserve(calls)
        bucket = self.buckets.get(policy)
        waited = 0.0
        while bucket and (wait := bucket.wait_for(calls)) > 0:
            if waited + wait > _WORTH_WAITING:
                raise self._spent(policy, wait)
            self._check_time(wait)
            self.sleep(wait)
            waited += wait
        self._check_time(0.0)  # last of all: the day's budget may have had to wait for its database

    @contextmanager
    def until(self, moment: float) -> Iterator[None]:
        """No call begins after this moment of `monotonic`: what was marked as sent may soon be taken for settled by others."""
        self._over_at = moment
        try:
            yield
        finally:
            self._over_at = math.inf

    def _check_time(self, wait: float) -> None:
        if self.monotonic() + wait > self._over_at:
            sentence = f"The time for this batch of {self.connection} is over; the rest goes with the next one."
            raise Throttled(sentence, provider=self.connection, operation="take", policy="batch", after=0.0)

    def learn(self, *, used: int, limit: int) -> None:
        """Tells PostgreSQL now and then; the vendor's own figure needs no more precision than a block."""
        if abs(used - self._used) >= _BLOCK:
            self._used = used
            self.day.correct(used=used, limit=limit)

    def _reserve(self, calls: int) -> None:
        while self._left < calls:
            if not self.day.reserve(_BLOCK):
                raise self._spent("daily", 300.0)
            self._left += _BLOCK
        self._left -= calls

    def _spent(self, policy: str, wait: float) -> Throttled:
        sentence = f"The {policy} allowance of {self.connection} is spent; it goes on by itself."
        return Throttled(sentence, provider=self.connection, operation="take", policy=policy, after=wait)
