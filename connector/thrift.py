"""An allowance for work that can wait: it leaves a share of the day's calls to the leads that come in meanwhile."""

from dataclasses import dataclass
from typing import Final, Literal

from adapters.errors import Throttled
from connector.allowance import Allowance
from connector.audit.meter import Meter

_LOOK_EVERY: Final = 20
"""Calls between two looks at what the day has left."""


@dataclass(slots=True)
class Thrifty(Meter):
    """Counts calls, and stops once `share` of the day's are used, by whomever."""

    share: float = 1.0

    def take(self, policy: Literal["burst", "search"], calls: int = 1) -> None:
        if self.total % _LOOK_EVERY == 0:
            self._look()
        self.allowance.take(policy, calls)
        self.calls[policy] += calls

    def _look(self) -> None:
        allowance = self.allowance
        today = allowance.day.spent() if isinstance(allowance, Allowance) else None
        if today and today[0] > self.share * today[1]:
            sentence = f"{today[0]} of today's {today[1]} calls are used; the rest is for leads. It goes on when run tomorrow."
            raise Throttled(sentence, provider="leadline", operation="take", policy="daily", after=3_600.0)
