"""Delivery to one webhook target: what waits, what is under way, what became of it."""

import heapq
import itertools
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import urllib3

from adapters.sandbox.chaos import Chaos
from adapters.sandbox.world import Channel

_IDLE_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Bundle:
    """Events of one write, which travel together. `seq` is its row in the queue."""

    seq: int
    items: tuple[dict[str, Any], ...]


@dataclass(slots=True)
class Parcel:
    """Bundles in one request. A fresh parcel may still be joined with others; one that failed stays as it was sent."""

    bundles: list[Bundle]
    attempts: int = 0
    joinable: bool = True
    copy: bool = False
    """A second delivery of something already taken: not retried, nothing hangs on it."""

    @property
    def size(self) -> int:
        return sum(len(bundle.items) for bundle in self.bundles)


@dataclass(slots=True)
class Tally:
    """What became of deliveries, for the control API."""

    requests: int = 0
    delivered: int = 0
    failed: int = 0
    repeated: int = 0
    abandoned: int = 0
    """Events given up after the last attempt."""


class Courier:
    """Threads that empty one target's queue. `settled` is told which bundles need not be kept any longer."""

    def __init__(
        self,
        target: Mapping[str, Any],
        channel: Channel,
        *,
        chaos: Chaos,
        random: Random,
        settled: Callable[[Sequence[int]], None],
        held: bool,
    ) -> None:
        self.target = target
        self.tally = Tally()
        self._channel = channel
        self._chaos = chaos
        self._random = random
        self._settled = settled
        self._held = held
        self._stopped = False
        self._bell = threading.Condition()
        self._order = itertools.count()
        self._waiting: list[tuple[float, int, Parcel]] = []
        self._under_way = 0
        workers = chaos.concurrency or target.get("maxConcurrentRequests") or channel.concurrency
        self._pool = urllib3.PoolManager(maxsize=workers, retries=False)
        self._threads = [threading.Thread(target=self._work, name="sandbox-webhooks", daemon=True) for _ in range(workers)]
        for thread in self._threads:
            thread.start()

    def put(self, bundles: Sequence[Bundle]) -> None:
        """Queues bundles, each due at once or within the reorder window."""
        with self._bell:
            now = time.monotonic()
            for bundle in bundles:
                self._push(now + self._random.uniform(0, self._chaos.reorder_seconds), Parcel([bundle]))
            self._bell.notify(len(bundles))

    def hold(self, *, held: bool) -> None:
        """Keeps everything back, or lets it go at once."""
        with self._bell:
            self._held = held
            self._bell.notify_all()

    def pending(self) -> int:
        """Events not yet taken or given up, those under way included."""
        with self._bell:
            return sum(parcel.size for _, _, parcel in self._waiting) + self._under_way

    def drained(self, seconds: float) -> bool:
        """Waits until nothing is pending; False when that took too long."""
        with self._bell:
            return self._bell.wait_for(lambda: not self._waiting and not self._under_way, timeout=seconds)

    def left(self) -> list[Bundle]:
        """What still waits."""
        with self._bell:
            return [bundle for _, _, parcel in self._waiting for bundle in parcel.bundles]

    def stop(self) -> None:
        """Stops after the requests under way."""
        with self._bell:
            self._stopped = True
            self._bell.notify_all()
        for thread in self._threads:
            thread.join()
        self._pool.clear()

    def _work(self) -> None:
        while (parcel := self._next()) is not None:
            accepted = self._send(parcel)
            self._settle(parcel, accepted=accepted)
            with self._bell:
                self._under_way -= parcel.size
                if not self._waiting and not self._under_way:
                    self._bell.notify_all()

    def _next(self) -> Parcel | None:
        with self._bell:
            while not self._stopped:
                wait = self._wait()
                if wait <= 0:
                    parcel = self._take()
                    self._under_way += parcel.size
                    return parcel
                self._bell.wait(wait)
        return None

    def _wait(self) -> float:
        """Seconds until something may leave."""
        if self._held or not self._waiting:
            return _IDLE_SECONDS
        return self._waiting[0][0] - time.monotonic()

    def _take(self) -> Parcel:
        """The parcel that is due, filled up with others that are due and fit in."""
        most = self._chaos.max_batch or self._channel.max_batch
        now = time.monotonic()
        _, _, parcel = heapq.heappop(self._waiting)
        while parcel.joinable and self._waiting:
            due, _, other = self._waiting[0]
            if due > now or not other.joinable or other.attempts != parcel.attempts or parcel.size + other.size > most:
                break
            heapq.heappop(self._waiting)
            parcel.bundles += other.bundles
        return parcel

    def _send(self, parcel: Parcel) -> bool:
        items = [(item, parcel.attempts) for bundle in parcel.bundles for item in bundle.items]
        self.tally.requests += 1
        try:
            posting = self._channel.posting(self.target, items)
            response = self._pool.request(
                "POST",
                posting.url,
                body=posting.body,
                headers=dict(posting.headers),
                timeout=urllib3.Timeout(total=self._channel.timeout),
                redirect=False,
            )
        except urllib3.exceptions.HTTPError:
            return False
        return self._channel.accepted(self.target, response.status, response.data)

    def _settle(self, parcel: Parcel, *, accepted: bool) -> None:
        if accepted and not parcel.copy:
            self.tally.delivered += parcel.size
            self._settled([bundle.seq for bundle in parcel.bundles])
            if self._random.random() < self._chaos.repeat:
                self.tally.repeated += parcel.size
                self._requeue([Parcel(parcel.bundles, parcel.attempts, joinable=False, copy=True)], 0.0)
        elif not accepted and not parcel.copy:
            self._fail(parcel)

    def _fail(self, parcel: Parcel) -> None:
        self.tally.failed += 1
        parcel.attempts += 1
        wait = self._channel.retry_after(self.target, parcel.attempts, self._random)
        if wait is None or parcel.attempts == self._chaos.max_attempts:
            self.tally.abandoned += parcel.size
            self._settled([bundle.seq for bundle in parcel.bundles])
        elif self._chaos.regroup:
            loose = [Parcel([bundle], parcel.attempts) for bundle in parcel.bundles]
            self._random.shuffle(loose)
            self._requeue(loose, wait * self._chaos.retry_scale)
        else:
            parcel.joinable = False
            self._requeue([parcel], wait * self._chaos.retry_scale)

    def _requeue(self, parcels: Sequence[Parcel], wait: float) -> None:
        with self._bell:
            for parcel in parcels:
                self._push(time.monotonic() + wait, parcel)
            self._bell.notify(len(parcels))

    def _push(self, due: float, parcel: Parcel) -> None:
        heapq.heappush(self._waiting, (due, next(self._order), parcel))
