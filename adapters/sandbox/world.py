"""What the two CRMs of the sandbox share, and what each has to be."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from adapters.sandbox.faults import Fault, Faults
from adapters.sandbox.record import Actor, Record, Write
from adapters.sandbox.store import Clock, Store
from adapters.sandbox.wire import Answer, Call


class Deliveries(Protocol):
    """Webhook targets, as a CRM's own API changes them. `outbound.Outbound` is this."""

    def add(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """A new target with an `id`."""

    def revise(self, id_: str, document: Mapping[str, Any]) -> dict[str, Any] | None:
        """Another document for a target, None when there is none; what waits for it stays."""

    def remove(self, id_: str = "") -> None:
        """Forgets a target."""


@dataclass(slots=True)
class World:
    """Everything a CRM needs from outside itself."""

    store: Store
    faults: Faults
    clock: Clock
    """Milliseconds since 1970."""
    random: random.Random
    """Seeded; ids of tokens and traces come from it."""
    url: str = ""
    """Where this sandbox is reached, `http://127.0.0.1:PORT`; known once the server listens."""
    deliveries: Deliveries | None = None
    """Webhooks out; there once the sandbox is put together."""


@dataclass(frozen=True, slots=True)
class Person:
    """A rep, who gets a user or an owner in each CRM under the same e-mail address."""

    email: str
    first_name: str
    last_name: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class Posting:
    """One webhook request as it goes out."""

    url: str
    headers: Mapping[str, str]
    body: bytes


class Channel(Protocol):
    """How one CRM tells others of its writes. `outbound` schedules, repeats and retries; a channel knows the format."""

    timeout: float
    """Seconds the vendor waits for an answer."""
    concurrency: int
    """Requests in flight per target unless the target says otherwise (`maxConcurrentRequests`)."""
    max_batch: int

    def target(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """A checked target, with defaults filled in; it always has `url`.

        Raises:
            ValueError: one sentence about what is wrong.
        """

    def items(self, target: Mapping[str, Any], write: Write) -> list[dict[str, Any]]:
        """What this target is told about a write: nothing, or items (plain JSON) that travel together."""

    def posting(self, target: Mapping[str, Any], items: Sequence[tuple[dict[str, Any], int]]) -> Posting:
        """The request, made now, for items each with the number of earlier attempts."""

    def accepted(self, target: Mapping[str, Any], status: int, body: bytes) -> bool:
        """Whether the answer means delivered."""

    def retry_after(self, target: Mapping[str, Any], attempts: int, random: random.Random) -> float | None:
        """Seconds to wait after so many failed attempts (1 = the first), or None to give up."""


class CRMSide(Protocol):
    """One CRM: it answers the public API, and does what the control API wants done behind the API's back."""

    crm: str
    """`hubspot` or `salesforce`."""
    channel: Channel

    @property
    def prefixes(self) -> tuple[str, ...]:
        """Paths that belong to it begin with one of these."""

    def answer(self, call: Call) -> Answer:
        """Answers one request of the public API. Never raises for bad input."""

    def refuse(self, call: Call, fault: Fault) -> Answer:
        """An injected error in the vendor's own shape: the fault's status, its code, and the policy that a 429 names."""

    def configure(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Changes some settings and returns all of them.

        Raises:
            ValueError: unknown setting or bad value, in one sentence.
        """

    def install(self) -> None:
        """Makes the custom fields of the default mapping and Leadline's own. Doing it again changes nothing."""

    def command(self, method: str, parts: Sequence[str], body: Mapping[str, Any]) -> object:
        """What the control API does to this CRM alone.

        Raises:
            LookupError: there is no such command.
        """

    def people(self) -> list[dict[str, Any]]:
        """Everyone who can own a record, as the public API shows them."""

    def add_people(self, people: Sequence[Person]) -> list[str]:
        """Creates or updates users or owners by e-mail; returns their ids in order."""

    def queues(self) -> list[dict[str, Any]]:
        """Queues as the public API shows them."""

    def add_queues(self, names: Sequence[str]) -> list[str]:
        """Creates queues; returns their ids in order."""

    def show(self, record: Record) -> dict[str, Any]:
        """A record with all its fields, as the control API shows it: `id`, `properties`, stamps, `archived`, `mergedInto`."""

    def create(self, table: str, rows: Sequence[Mapping[str, Any]], actor: Actor) -> list[str]:
        """Creates records past the API's checks: any field, read-only ones too. Returns ids in order.

        Raises:
            UniqueValueError: a unique value is taken.
        """

    def update(self, table: str, id_: str, values: Mapping[str, Any], actor: Actor, *, at: int | None = None) -> None:
        """Edits a record as `actor`, any field; `at` backdates the change.

        Raises:
            LookupError: no such record.
            UniqueValueError: a unique value is taken.
        """

    def delete(self, table: str, id_: str, actor: Actor) -> None:
        """Deletes a record as `actor`.

        Raises:
            LookupError: no such record.
        """

    def merge(self, table: str, primary: str, other: str, actor: Actor) -> str:
        """Merges as `actor`; returns the id that both now resolve to.

        Raises:
            LookupError: no such record.
        """


MakeSide = Callable[[World], CRMSide]
"""`hubspot.HubSpot` and `salesforce.Salesforce` are these."""
