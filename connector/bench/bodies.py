"""The three webhooks that the receiver is measured with, each delivery fresh, signed before it is sent."""

import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from adapters.sandbox.salesforce_messages import Notification, render
from connector.bench.senders import MESSAGE, V3, Sender, Source, Target

_EVENTS: Final = 100
_MARK: Final = "#0000000000"
"""Stands in a template where every delivery has a number of its own."""


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of delivery. `template` holds the mark once."""

    says: str
    sender: Sender
    template: Callable[[Source], str]


def _hubspot(count: int) -> Callable[[Source], str]:
    return lambda source: json.dumps([_event(source, place) for place in range(count)])


def _event(source: Source, place: int) -> Mapping[str, object]:
    """As HubSpot sends a change of a property."""
    return {
        "eventId": source.rng.randrange(2**32),
        "subscriptionId": 3_849_700 + place % 40,
        "portalId": source.target.portal,
        "appId": source.target.app,
        "occurredAt": source.now_ms,
        "subscriptionType": "object.propertyChange",
        "attemptNumber": 0,
        "objectId": source.rng.randrange(10**10, 10**11),
        "objectTypeId": "0-1",
        "changeSource": "FORM",
        "propertyName": "jobtitle",
        "propertyValue": f"Head of Sales {place or _MARK}",
        "sourceId": "userId:80422317",
        "isSensitive": False,
    }


def _message(source: Source) -> str:
    notifications = [_notification(source, place) for place in range(_EVENTS)]
    return render(source.target.organization, "04k5e0000000001AAA", notifications, url="https://acme.my.salesforce.com").decode()


def _notification(source: Source, place: int) -> Notification:
    values = {
        "Id": f"00Q5e{source.rng.randrange(10**10):010d}EAA",
        "Company": f"Nordwind Maschinenbau GmbH {place or _MARK}",
        "CreatedDate": "2026-11-22T09:30:00.000+0000",
        "Description": "Asked for a demonstration of the planning module, and whether it reads the plant's own calendar. " * 2,
        "Email": f"person{source.rng.randrange(10**6)}@nordwind.example",
        "FirstName": "Annika",
        "LastModifiedDate": "2026-11-22T09:30:00.000+0000",
        "LastName": "Berg",
        "LeadSource": "Web",
        "Title": "Head of Production",
    }
    return Notification(f"04l5e{source.rng.randrange(10**10):010d}EAA", "Lead", values)


CASES: Final[Mapping[str, Case]] = {
    "hubspot-1": Case("one HubSpot event", V3, _hubspot(1)),
    "hubspot-100": Case("100 HubSpot events", V3, _hubspot(_EVENTS)),
    "salesforce-100": Case("an Outbound Message of 100", MESSAGE, _message),
}


def requests(name: str, count: int, target: Target, *, seed: int, now: Callable[[], datetime]) -> Iterator[bytes]:
    """`count` requests as they go onto the wire; no two alike, neither here nor under another seed."""
    case = CASES[name]
    source = Source(random.Random(seed), target, int(now().timestamp() * 1000))  # noqa: S311 - repeatable is what is wanted here
    before, _, after = case.template(source).partition(_MARK)
    for number in range(count):
        body = f"{before}{seed:05d}{number:06d}{after}".encode()
        draft = case.sender.draft(source, body)
        head = "".join(f"{key}: {value}\r\n" for key, value in draft.headers.items())
        yield f"POST {draft.path} HTTP/1.1\r\nHost: x\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def utc_now() -> datetime:
    return datetime.now(UTC)
