"""Both sandbox CRMs behind a stage, without limits, and leads in them whose webhooks were taken in."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from adapters.records import RecordRef
from adapters.sandbox.client import CRMName
from connector.bench.crowd import people
from connector.bench.stage import Stage, StageError, open_sandbox
from connector.cli.connections import go_live
from connector.demo.portals import HUBSPOT, SALESFORCE, Portals, set_up
from connector.store.dues import backlog
from connector.store.outbox import open_writes
from connector.wiring import Services

T = TypeVar("T")

KINDS: Final[tuple[CRMName, ...]] = ("salesforce", "hubspot")
NAMES: Final[Mapping[CRMName, str]] = {"salesforce": SALESFORCE, "hubspot": HUBSPOT}
TABLES: Final[Mapping[CRMName, str]] = {"salesforce": "Lead", "hubspot": "contacts"}
HOUSE: Final = {"salesforce": "lead", "hubspot": "contact"}

_AT_ONCE: Final = 500
_PATIENCE: Final = 600.0
_LOOK: Final = 0.05
"""Seconds between two looks at what is left."""

_UNLIMITED: Final[Mapping[str, Any]] = {"buckets": (), "daily_calls": 10**8}


@dataclass(slots=True)
class Town:
    """The stage and the portals, connected in mode full."""

    stage: Stage
    portals: Portals
    crowds: int = 0

    @property
    def services(self) -> Services:
        return self.stage.services

    def create(self, each: int) -> dict[CRMName, list[RecordRef]]:
        """Creates `each` leads in each CRM, as a person would; their webhooks leave as the sandbox sends them."""
        self.crowds += 1
        return {kind: list(self._create(kind, each)) for kind in KINDS}

    def store_backlog(self, each: int) -> dict[CRMName, list[RecordRef]]:
        """Creates leads with their webhooks held back, then has all of them stored by the web process."""
        self.portals.sandbox.hold()
        created = self.create(each)
        self.portals.sandbox.release()
        self.wait_until_taken()
        return created

    def wait_until_taken(self) -> None:
        """Until the web process has stored every webhook.

        Raises:
            StageError: that took too long.
        """
        if self.portals.sandbox.pending(wait=50.0):
            raise StageError("The web process did not take all webhooks in time, so there is nothing to measure.")

    def wait_until_written(self) -> None:
        """Until nothing is unopened, due or to be written.

        Raises:
            StageError: that took too long.
        """
        give_up = time.monotonic() + _PATIENCE
        while self.left():
            if time.monotonic() > give_up:
                raise StageError(f"{self.left()} leads were still not written after {_PATIENCE:.0f} s.")
            time.sleep(_LOOK)

    def left(self) -> int:
        """Deliveries, due records and writes that are still there."""
        engine = self.services.engine
        return self.services.waiting() + sum(backlog(engine, name) + open_writes(engine, name) for name in NAMES.values())

    def unwritten(self, created: Mapping[CRMName, Sequence[RecordRef]]) -> int:
        """How many of these leads do not have a route in their CRM."""
        return sum(self._unwritten(kind, refs) for kind, refs in created.items())

    def calls(self) -> dict[CRMName, int]:
        """Calls that each CRM was asked since the counts were reset, token grants included."""
        counted = self.portals.sandbox.stats()["calls"]
        return {kind: sum(one["count"] for one in counted if one["crm"] == kind) for kind in KINDS}

    def route_field(self, kind: CRMName) -> str:
        return self.portals.mappings[kind].outputs["route"]

    def _create(self, kind: CRMName, count: int) -> Iterator[RecordRef]:
        crowd = list(people(count, prefix=f"{kind[0]}{self.crowds}x", seed=self.crowds))
        for part in _parts(crowd):
            ids = self.portals.sandbox.create(kind, TABLES[kind], [self._fields(kind, person) for person in part])
            yield from (RecordRef(NAMES[kind], HOUSE[kind], id_) for id_ in ids)  # type: ignore[arg-type]

    def _fields(self, kind: CRMName, person: Mapping[str, Any]) -> dict[str, Any]:
        inputs = self.portals.mappings[kind].inputs
        if kind == "salesforce":
            return {"OwnerId": self.portals.intake[kind]} | {inputs[name]: value for name, value in person.items()}
        return {inputs[name]: str(value) for name, value in person.items() if value is not None and name != "source"}

    def _unwritten(self, kind: CRMName, refs: Sequence[RecordRef]) -> int:
        field, sandbox = self.route_field(kind), self.portals.sandbox
        parts = (sandbox.read(kind, TABLES[kind], [ref.id for ref in part]) for part in _parts(refs))
        return sum(not (row and row["properties"].get(field)) for part in parts for row in part)


def _parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE))


@contextmanager
def open_town(stage: Stage) -> Iterator[Town]:
    """Connects both sandbox CRMs. Neither they nor our own budget hold anything up: what is measured is the work."""
    with open_sandbox(stage) as url:
        stage.start("web")
        portals = set_up(stage.services, url, stage.web_url, options=_UNLIMITED)
        portals.sandbox.settings("hubspot", limits=False)
        portals.sandbox.settings("salesforce", daily_limit=0)
        for name in NAMES.values():
            go_live(stage.services, name, "", "full")
        yield Town(stage, portals)
