"""Webhooks out: every write becomes events, kept in the file until the receiver has taken them."""

import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from random import Random
from typing import Any

from adapters.sandbox.chaos import Chaos
from adapters.sandbox.courier import Bundle, Courier
from adapters.sandbox.record import Write
from adapters.sandbox.store import Store
from adapters.sandbox.world import Channel


class Outbound:
    """Webhook targets of both CRMs. A write and the events it makes are committed together."""

    def __init__(self, store: Store, channels: Mapping[str, Channel], random: Random) -> None:
        self.chaos = Chaos()
        self.chaos.change(store.document("settings", "chaos") or {})
        self._store = store
        self._channels = channels
        self._random = random
        self._lock = threading.Lock()
        self._held = False
        self._seq = 0
        self._couriers: dict[str, Courier] = {}
        for id_, target in store.documents("target").items():
            self._couriers[id_] = self._courier(target)
        self._resume()
        store.listen(self._written)

    def add(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """A new target; from now on it hears of every write.

        Raises:
            ValueError: unknown CRM, or a bad target, in one sentence.
        """
        crm = str(document.get("crm", ""))
        if crm not in self._channels:
            raise ValueError(f"A webhook target needs crm: one of {', '.join(self._channels)}.")
        id_ = str(self._store.next_number("target"))
        target = {
            **self._channels[crm].target({name: value for name, value in document.items() if name != "crm"}),
            "crm": crm,
            "id": id_,
        }
        self._store.put("target", id_, target)
        courier = self._courier(target)
        with self._lock:
            self._couriers[id_] = courier
        return target

    def revise(self, id_: str, document: Mapping[str, Any]) -> dict[str, Any] | None:
        """Another document for a target; what waits for it stays. None when there is no such target.

        Raises:
            ValueError: a bad target, in one sentence.
        """
        with self._lock:
            courier = self._couriers.get(id_)
        if courier is None:
            return None
        crm = courier.target["crm"]
        target = {**self._channels[crm].target(document), "crm": crm, "id": id_}
        self._store.put("target", id_, target)
        courier.target = target
        return target

    def remove(self, id_: str = "") -> None:
        """Forgets one target, or all, with what still waits for it."""
        with self._lock:
            gone = {key: courier for key, courier in self._couriers.items() if not id_ or key == id_}
            self._couriers = {key: courier for key, courier in self._couriers.items() if key not in gone}
        for key, courier in gone.items():
            courier.stop()
            self._store.drop("target", key)
            self._settled([bundle.seq for bundle in courier.left()])

    def targets(self) -> list[dict[str, Any]]:
        """Every target with what waits and what became of its deliveries."""
        with self._lock:
            couriers = list(self._couriers.values())
        return [{**courier.target, "pending": courier.pending(), **asdict(courier.tally)} for courier in couriers]

    def pending(self) -> dict[str, int]:
        """Events not yet taken, by target id."""
        with self._lock:
            couriers = dict(self._couriers)
        return {id_: courier.pending() for id_, courier in couriers.items()}

    def drained(self, seconds: float) -> bool:
        """Waits until every target has taken everything; False when that took too long."""
        deadline = time.monotonic() + seconds
        with self._lock:
            couriers = list(self._couriers.values())
        return all(courier.drained(max(0.0, deadline - time.monotonic())) for courier in couriers)

    def hold(self, *, held: bool) -> None:
        """Keeps all webhooks back, or lets them go at once."""
        with self._lock:
            self._held = held
            couriers = list(self._couriers.values())
        for courier in couriers:
            courier.hold(held=held)

    def disturb(self, knobs: Mapping[str, Any]) -> dict[str, Any]:
        """Turns chaos knobs; all of them as they are now.

        Raises:
            ValueError: no such knob, or a bad value.
        """
        self.chaos.change(knobs)
        self._store.put("settings", "chaos", self.chaos.document())
        return self.chaos.document()

    def stop(self) -> None:
        """Stops delivering; what waits stays in the file."""
        for courier in self._couriers.values():
            courier.stop()

    def _courier(self, target: Mapping[str, Any]) -> Courier:
        channel = self._channels[target["crm"]]
        return Courier(target, channel, chaos=self.chaos, random=self._random, settled=self._settled, held=self._held)

    def _written(self, writes: Sequence[Write]) -> None:
        with self._lock:
            couriers = dict(self._couriers)
        rows = []
        for id_, courier in couriers.items():
            bundles = [bundle for write in writes for bundle in self._bundles(courier.target, write)]
            rows += [(bundle.seq, {"target": id_, "items": bundle.items}) for bundle in bundles]
            courier.put(bundles)
        self._store.disk.save_queued(rows)

    def _bundles(self, target: Mapping[str, Any], write: Write) -> list[Bundle]:
        channel = self._channels[target["crm"]]
        items = channel.items(target, write) if write.record.crm == target["crm"] else []
        most = self.chaos.max_batch or channel.max_batch
        return [Bundle(self._next_seq(), tuple(items[start : start + most])) for start in range(0, len(items), most)]

    def _next_seq(self) -> int:
        self._seq += 1
        return self._seq

    def _settled(self, seqs: Sequence[int]) -> None:
        with self._store.lock:
            self._store.disk.drop_queued(seqs)

    def _resume(self) -> None:
        """What an earlier process could not deliver is due at once."""
        waiting: dict[str, list[Bundle]] = defaultdict(list)
        for seq, row in self._store.disk.queued():
            waiting[row["target"]].append(Bundle(seq, tuple(row["items"])))
            self._seq = max(self._seq, seq)
        for id_, bundles in waiting.items():
            if id_ in self._couriers:
                self._couriers[id_].put(bundles)
