"""Counting calls against a vendor's limits."""

import threading
from collections import deque
from dataclasses import dataclass

from adapters.sandbox.store import Clock

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Room:
    """What is left of a limit after a call."""

    allowed: bool
    limit: int
    remaining: int


class RollingLimit:
    """At most `limit` calls in any window of `window_ms`. A refused call does not count. Limit 0 is no limit."""

    def __init__(self, limit: int, window_ms: int, clock: Clock) -> None:
        self.limit = limit
        self.window_ms = window_ms
        self._clock = clock
        self._lock = threading.Lock()
        self._calls: deque[int] = deque()

    def take(self) -> Room:
        now = self._clock()
        with self._lock:
            while self._calls and self._calls[0] <= now - self.window_ms:
                self._calls.popleft()
            allowed = not self.limit or len(self._calls) < self.limit
            if allowed and self.limit:
                self._calls.append(now)
            return Room(allowed, self.limit, max(0, self.limit - len(self._calls)))


class DailyLimit:
    """At most `limit` calls a day, days in UTC. Limit 0 is no limit."""

    def __init__(self, limit: int, clock: Clock) -> None:
        self.limit = limit
        self._clock = clock
        self._lock = threading.Lock()
        self._day = -1
        self.used = 0

    def take(self) -> Room:
        day = self._clock() // DAY_MS
        with self._lock:
            if day != self._day:
                self._day, self.used = day, 0
            allowed = not self.limit or self.used < self.limit
            self.used += allowed
            return Room(allowed, self.limit, max(0, self.limit - self.used))
