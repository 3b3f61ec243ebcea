"""Whom both CRMs know before Leadline comes, and what happens to them while and after everything is read.

Everybody was made before Leadline listened, so that nothing about them is to be decided, but for those who then raise a hand.
All of it follows from one seed.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final, TypeVar

from adapters.sandbox.client import CRMName, SandboxClient
from connector.bench.crowd import people
from connector.bench.town import KINDS, TABLES
from connector.demo.portals import Portals

T = TypeVar("T")

ONE_STAMP: Final = 0.5
"""Of the changes: all stamped with one and the same moment, as by a mass update."""
HANDS: Final = 0.02
"""Of the changes: somebody asks to talk to sales, which is to be decided."""

_AT_ONCE: Final = 1_000
_DAYS: Final = (2, 400)
"""How long ago they were made."""
_SHARED: Final = 10
"""Every so manyth contact of HubSpot is a lead of Salesforce, too."""
_CREATED: Final[Mapping[CRMName, str]] = {"salesforce": "CreatedDate", "hubspot": "createdate"}
_TITLE: Final = "Chief Revenue Officer"
_MEANWHILE: Final = "Chief Executive Officer"
_WISH: Final = "trial"
"""What nobody had asked for before."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Whose record is changed after everything was read, and how it comes out."""

    silent: Sequence[str]
    """No webhook tells of them."""
    stamped: Sequence[str]
    """All in one moment."""
    others: Sequence[str]
    hands: frozenset[str]
    """Those among all of these who raise a hand."""

    @property
    def all(self) -> frozenset[str]:
        return frozenset((*self.silent, *self.stamped, *self.others))


@dataclass(slots=True)
class Population:
    """The records of both CRMs, in order of their creation, and what is done to them."""

    portals: Portals
    rng: Random
    ids: dict[CRMName, list[str]] = field(default_factory=dict)
    plans: dict[CRMName, Plan] = field(default_factory=dict)
    meanwhile: dict[CRMName, set[str]] = field(default_factory=lambda: {kind: set() for kind in KINDS})
    """Changed while everything was read."""

    @property
    def sandbox(self) -> SandboxClient:
        return self.portals.sandbox

    def fill(self, count: int) -> None:
        """So many records in each CRM, and nobody is told."""
        with deaf(self.sandbox):
            for kind in KINDS:
                rows = list(self._rows(kind, count))
                self.ids[kind] = [id_ for part in parts(rows, _AT_ONCE) for id_ in self.sandbox.create(kind, TABLES[kind], part)]

    def plan(self, changes: int, missed: float) -> None:
        """Who is to be changed later: distinct records of each CRM, from everywhere among all."""
        silent, stamped = round(changes * missed), round(changes * ONE_STAMP)
        for kind in KINDS:
            chosen = self.rng.sample(self.ids[kind], changes)
            hands = frozenset(self.rng.sample(chosen, round(changes * HANDS)))
            self.plans[kind] = Plan(chosen[:silent], chosen[silent : silent + stamped], chosen[silent + stamped :], hands)

    def change_around(self, kind: CRMName, place: int, count: int) -> None:
        """Changes so many records around one that is read just now: some were read already, some are about to be."""
        start = max(0, min(place, len(self.ids[kind])) - count // 2)
        chosen = self.ids[kind][start : start + count]
        self._change(kind, {id_: {"title": _MEANWHILE} for id_ in chosen})
        self.meanwhile[kind].update(chosen)

    def change_silently(self) -> None:
        """What no webhook tells of."""
        with deaf(self.sandbox):
            for kind in KINDS:
                self._change(kind, self._news(kind, self.plans[kind].silent))

    def change(self) -> None:
        """What a webhook tells of; a good part in one moment."""
        for kind in KINDS:
            self._change(kind, self._news(kind, self.plans[kind].stamped), at=int(time.time() * 1000))
            self._change(kind, self._news(kind, self.plans[kind].others))

    def fields(self, kind: CRMName, person: Mapping[str, Any]) -> dict[str, Any]:
        """A person in the CRM's own fields."""
        inputs = self.portals.mappings[kind].inputs
        if kind == "salesforce":
            return {"OwnerId": self.portals.intake[kind]} | {inputs[name]: value for name, value in person.items()}
        return {inputs[name]: str(value) for name, value in person.items() if value is not None and name != "source"}

    def _news(self, kind: CRMName, ids: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        hands = self.plans[kind].hands
        return {id_: {"hand_raise": _WISH} if id_ in hands else {"title": _TITLE} for id_ in ids}

    def _change(self, kind: CRMName, news: Mapping[str, Mapping[str, str]], *, at: int | None = None) -> None:
        inputs = self.portals.mappings[kind].inputs
        rows = [(id_, {inputs[name]: value for name, value in values.items()}) for id_, values in news.items()]
        for part in parts(rows, _AT_ONCE):
            self.sandbox.update_all(kind, TABLES[kind], part, at=at)

    def _rows(self, kind: CRMName, count: int) -> Iterator[Mapping[str, Any]]:
        now = datetime.now(UTC)
        for number, person in enumerate(people(count, prefix=f"{kind[0]}m", seed=self.rng.randrange(2**32))):
            both = kind == "salesforce" or number % _SHARED == 0
            row = {**person, "email": f"shared@m{number}.example"} if both else person
            made = now - timedelta(seconds=self.rng.uniform(_DAYS[0] * 86_400, _DAYS[1] * 86_400))
            yield {**self.fields(kind, row), _CREATED[kind]: _moment(kind, made)}


def _moment(kind: CRMName, at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if kind == "salesforce" else str(int(at.timestamp() * 1000))


_TALLY: Final = frozenset({"id", "crm", "url", "pending", "requests", "delivered", "failed", "repeated", "abandoned"})
"""What a target shows beside the document it was made of."""


@contextmanager
def deaf(sandbox: SandboxClient) -> Iterator[None]:
    """No webhook tells of what happens within. What waits to leave would be lost, so nothing may."""
    targets = sandbox.targets()
    sandbox.remove_targets()
    try:
        yield
    finally:
        for one in targets:
            sandbox.add_target(one["crm"], one["url"], **{name: one[name] for name in one.keys() - _TALLY})


def parts(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))
