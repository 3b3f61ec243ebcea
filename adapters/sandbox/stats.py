"""What the sandbox was asked, counted."""

import re
import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from adapters.sandbox.record import Write
from adapters.sandbox.wire import Call

_ID: Final = re.compile(r"(?<=/)(?:\d{5,}|[a-zA-Z0-9]{3}5e000[a-zA-Z0-9]{7,10}|[^/]*@[^/]*)(?=/|$)")


class Stats:
    """Calls by CRM, method, route and status; writes by CRM, object, kind and source."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: Counter[tuple[str, str, str, int]] = Counter()
        self._writes: Counter[tuple[str, str, str, str]] = Counter()

    def call(self, crm: str, call: Call, status: int) -> None:
        """Counts a call. Status 0 is a connection that was closed without an answer."""
        with self._lock:
            self._calls[crm, call.method, _ID.sub("{id}", call.path), status] += 1

    def written(self, writes: Sequence[Write]) -> None:
        with self._lock:
            self._writes.update((w.record.crm, w.record.object, w.kind, w.actor.source) for w in writes)

    def reset(self) -> None:
        with self._lock:
            self._calls.clear()
            self._writes.clear()

    def document(self) -> dict[str, Any]:
        """`calls` and `writes` as lists, and the sums people ask for: calls, refusals for a limit, token grants."""
        with self._lock:
            calls, writes = dict(self._calls), dict(self._writes)
        words = ("crm", "method", "route", "status", "count")
        grants = sum(count for (_, _, route, status), count in calls.items() if route.endswith("/token") and status == 200)
        return {
            "calls": [dict(zip(words, (*key, count), strict=True)) for key, count in sorted(calls.items())],
            "writes": [
                dict(zip(("crm", "object", "kind", "source", "count"), (*key, count), strict=True))
                for key, count in sorted(writes.items())
            ],
            "total": sum(calls.values()),
            "throttled": sum(count for (_, _, _, status), count in calls.items() if status == 429),
            "grants": grants,
        }
