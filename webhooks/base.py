"""What a receiver is: it proves who sent a request, and later turns the stored body into events."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

EventKind = Literal["created", "changed", "deleted", "merged", "restored", "forgotten", "ignored"]
"""forgotten: the vendor's privacy deletion · ignored: understood, and nothing for us to do."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request as it came, before anything was believed."""

    method: str
    url: str
    """The public URL as the sender called it: scheme, host, path, query. Built from the configured public URL."""
    headers: Mapping[str, str]
    """Lower-case names."""
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Inbound:
    """What a receiver may know about its connection."""

    connection: str
    account: str
    """Portal id, or the 15 or 18 characters of the org id."""
    app_id: str
    """HubSpot app id; empty if any."""
    secrets: tuple[str, ...]
    """Newest first; two are valid during a rotation."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the sender is told. The status makes the vendor do the right thing: retry, or stop."""

    status: int
    body: bytes
    content_type: str
    refusal: str = ""
    """Counted under this code; empty when the delivery is to be stored."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to one record, unique by the vendor's own identity."""

    identity: str
    object: str
    """House word: `lead`, `contact`, or the vendor's own word for what we do not route."""
    record_id: str
    kind: EventKind
    occurred_at: datetime
    merged_ids: tuple[str, ...] = ()
    """Ids that now resolve to `record_id`."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A delivery's content. `problems` are items that could not be understood, each one clear sentence."""

    events: tuple[Event, ...]
    problems: tuple[str, ...] = ()


class UnreadableDeliveryError(ValueError):
    """An authentic delivery that cannot be parsed at all: it becomes a dead letter, whole."""


class Receiver(Protocol):
    """One vendor channel."""

    max_bytes: int

    def check(self, request: Request, inbound: Inbound) -> Reply:
        """Authenticates over the raw bytes and answers; parses no more than the answer needs. Never raises for bad input."""

    def open(self, body: bytes, inbound: Inbound) -> Opened:
        """Parses a stored body into events.

        Raises:
            UnreadableDeliveryError: the body as a whole makes no sense.
        """


Receivers = Mapping[str, Receiver]
"""Channel name, as stored with the delivery, to its receiver."""
