"""Counts an adapter's calls on their way through its allowance."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from adapters.base import Budget
from adapters.errors import Throttled


@dataclass(slots=True)
class Meter:
    """Implements `adapters.base.Budget` over another one."""

    allowance: Budget
    calls: Counter[str] = field(default_factory=Counter)
    used: int | None = None
    """Of the day's limit, as the vendor said last; None where it does not say."""
    limit: int | None = None

    def take(self, policy: Literal["burst", "search"], calls: int = 1) -> None:
        self.allowance.take(policy, calls)
        self.calls[policy] += calls

    def learn(self, *, used: int, limit: int) -> None:
        self.used, self.limit = used, limit
        self.allowance.learn(used=used, limit=limit)

    def learn_burst(self, *, limit: int, remaining: int, seconds: float) -> None:
        self.allowance.learn_burst(limit=limit, remaining=remaining, seconds=seconds)

    def refused(self, error: Throttled) -> None:
        self.allowance.refused(error)

    @property
    def total(self) -> int:
        return self.calls.total()
