"""How the calls that a CRM allows in a day are divided: for every lead, for hot leads only, and left to other programs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

DAY: Final = timedelta(hours=24)
SLOT: Final = timedelta(minutes=10)
"""Calls are counted in slots of this length."""

LOOK_AGAIN: Final = timedelta(minutes=15)
"""What waits is looked at again this often: a window rolls, an admin may allow more, the CRM may count less."""


@dataclass(frozen=True, slots=True)
class Shares:
    """One connection's division. Percents are of the CRM's own limit."""

    assumed: int
    """The CRM's limit, until it says its own."""
    own: int | None = None
    """The most that Leadline may spend in a day by itself, where an admin said so (option `daily_calls`)."""
    hot_percent: int = 10
    """Of what Leadline may spend, kept for hot leads (option `hot_percent`)."""
    spare_percent: int = 5
    """Never touched: what other programs do meanwhile is only seen with the next answer (option `spare_percent`)."""
    rolling: bool = False
    """The CRM looks back over 24 hours (Salesforce), instead of beginning anew at midnight (HubSpot)."""
    zone: str = "UTC"
    """Whose midnight, where the window does not roll."""

    def limit(self, vendor_limit: int | None) -> int:
        return vendor_limit or self.assumed

    def ceiling(self, vendor_limit: int | None) -> int:
        """The most that may be counted, everybody's calls together."""
        return self.limit(vendor_limit) * (100 - self.spare_percent) // 100

    def for_all(self, ceiling: int) -> int:
        """The part of `ceiling` that every lead may use."""
        return ceiling * (100 - self.hot_percent) // 100


@dataclass(frozen=True, slots=True)
class Counted:
    """Calls in the window that is open now, as far as they are known."""

    now: datetime
    since: datetime
    """Where the window begins."""
    ours: int
    slots: Sequence[tuple[datetime, int]] = ()
    """Our calls by slot, the oldest first."""
    others: int = 0
    """What the CRM counted beyond ours, as it said last."""
    vendor_limit: int | None = None
    vendor_at: datetime | None = None
    """When the CRM said so."""
    looked_at: datetime | None = None

    @property
    def total(self) -> int:
        return self.ours + self.others


@dataclass(frozen=True, slots=True)
class Spent:
    """No call now."""

    policy: Literal["reserve", "daily", "burst", "search"]
    """reserve: hot leads still go · the others: nobody does."""
    seconds: float
    """Until it is worth asking again."""
    expected: float = field(default=0.0)
    """Seconds until calls are expected to be free; 0 where that is the same, or cannot be told."""
    code: str = ""
    """The CRM's own word, where the CRM refused."""


def left(shares: Shares, counted: Counted, *, hot: bool) -> int:
    """How many calls may go now; for hot leads those of the reserve, too."""
    ceiling, own = shares.ceiling(counted.vendor_limit), shares.own
    rooms = [(ceiling if hot else shares.for_all(ceiling)) - counted.total]
    if own is not None:
        rooms.append((own if hot else shares.for_all(own)) - counted.ours)
    return max(0, min(rooms))


def to_look(shares: Shares, counted: Counted) -> bool:
    """Whether one call may go although all is spent: only an answer of the CRM tells that there are more."""
    known = max(filter(None, (counted.vendor_at, counted.looked_at)), default=None)
    capped = shares.own is not None and counted.ours >= shares.own
    return not capped and known is not None and counted.now - known >= LOOK_AGAIN


def spent(shares: Shares, counted: Counted, calls: int, *, hot: bool) -> Spent | None:
    """None where `calls` calls may go."""
    missing = calls - left(shares, counted, hot=hot)
    if missing <= 0:
        return None
    expected = _free_in(shares, counted, missing).total_seconds()
    policy: Literal["reserve", "daily"] = "reserve" if not hot and calls <= left(shares, counted, hot=True) else "daily"
    return Spent(policy, min(expected, LOOK_AGAIN.total_seconds()), expected)


def _free_in(shares: Shares, counted: Counted, missing: int) -> timedelta:
    """When so many of our calls have left the window; others' calls leave it unseen."""
    if not shares.rolling:
        return counted.since + DAY - counted.now
    freed = 0
    for slot, calls in counted.slots:
        freed += calls
        if freed >= missing:
            return max(slot + SLOT + DAY - counted.now, timedelta(seconds=1))
    return LOOK_AGAIN
