"""Webhooks as HubSpot and Salesforce send them. Signed here a second time, so that the verifier is not its own judge."""

import base64
import hashlib
import hmac
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final


@dataclass(frozen=True, slots=True)
class Target:
    """The two connections that are attacked; the server under test must know them by these names and keys."""

    public_url: str = "https://leadline.example.com"
    hubspot: str = "forged-portal"
    hubspot_key: str = "b7d0c1a2-forged-client-key-of-the-app"
    portal: int = 8812345
    app: int = 771200
    salesforce: str = "forged-org"
    salesforce_key: str = "5f1e0c9ab3d84276forgedpathkey0aa"
    """Path segment, Apex key and Flow header: a connection has one set of secrets."""
    organization: str = "00D5e000000KQ2eEAG"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a request's contents come from."""

    rng: random.Random
    target: Target
    now_ms: int
    """Milliseconds since 1970."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A request before anything is done to it."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Signing:
    """What goes into one request; honest unless a trick says otherwise."""

    key: str
    stamp: str
    query: str = ""


@dataclass(frozen=True, slots=True)
class Sender:
    """One way in which a vendor proves itself."""

    body: Callable[[Source], bytes]
    write: Callable[[Target, bytes, Signing], Draft]
    proof: str
    """Header with the signature or secret; empty where the proof is in the path."""
    stamp: str
    """Header with the timestamp; empty where there is none."""
    limit: int
    """Most bytes that may be accepted."""
    covers_body: bool
    covers_url: bool

    def key(self, target: Target) -> str:
        return target.hubspot_key if "hubspot" in self.proof else target.salesforce_key

    def draft(self, source: Source, body: bytes | None = None, **changes: str) -> Draft:
        """An honest request, except for `changes` to its Signing, which the signature then covers."""
        signing = {"key": self.key(source.target), "stamp": str(source.now_ms), **changes}
        return self.write(source.target, self.body(source) if body is None else body, Signing(**signing))


def _hubspot_body(source: Source) -> bytes:
    number = source.rng.choice((1, 1, 2, 5))
    return json.dumps([_hubspot_event(source) for _ in range(number)]).encode()


def _hubspot_event(source: Source) -> Mapping[str, object]:
    return {
        "eventId": source.rng.randrange(2**32),
        "subscriptionId": source.rng.randrange(1000),
        "portalId": source.target.portal,
        "appId": source.target.app,
        "occurredAt": source.now_ms - source.rng.randrange(10_000),
        "subscriptionType": source.rng.choice(
            ("contact.creation", "contact.propertyChange", "contact.deletion", "object.creation")
        ),
        "objectTypeId": "0-1",
        "attemptNumber": source.rng.randrange(10),
        "objectId": source.rng.randrange(1, 2**40),
        "propertyName": "email",
        "propertyValue": f"person{source.rng.randrange(10**6)}@example.com",
    }


def _hubspot_v3(target: Target, body: bytes, signing: Signing) -> Draft:
    path = f"/webhooks/hubspot/{target.hubspot}{signing.query}"
    message = f"POST{target.public_url}{path}".encode() + body + signing.stamp.encode()
    proof = base64.b64encode(hmac.digest(signing.key.encode(), message, "sha256")).decode()
    headers = {"x-hubspot-signature-v3": proof, "x-hubspot-request-timestamp": signing.stamp}
    return Draft(path, {"content-type": "application/json", **headers}, body)


def _hubspot_v2(target: Target, body: bytes, signing: Signing) -> Draft:
    path = f"/webhooks/hubspot/{target.hubspot}{signing.query}"
    proof = hashlib.sha256(f"{signing.key}POST{target.public_url}{path}".encode() + body).hexdigest()
    headers = {"x-hubspot-signature": proof, "x-hubspot-signature-version": "v2"}
    return Draft(path, {"content-type": "application/json", **headers}, body)


def _hubspot_v1(target: Target, body: bytes, signing: Signing) -> Draft:
    path = f"/webhooks/hubspot/{target.hubspot}{signing.query}"
    proof = hashlib.sha256(signing.key.encode() + body).hexdigest()
    headers = {"x-hubspot-signature": proof, "x-hubspot-signature-version": "v1"}
    return Draft(path, {"content-type": "application/json", **headers}, body)


def _event_body(source: Source) -> bytes:
    number = source.rng.choice((1, 1, 2, 5))
    return json.dumps(
        {"organizationId": source.target.organization, "events": [_salesforce_event(source) for _ in range(number)]}
    ).encode()


def _salesforce_event(source: Source) -> Mapping[str, object]:
    return {
        "id": f"e-{source.rng.randrange(2**48)}",
        "type": source.rng.choice(("created", "updated", "deleted")),
        "object": "Lead",
        "recordId": f"00Q{source.rng.randrange(10**12):012d}",
        "occurredAt": datetime.fromtimestamp(source.now_ms // 1000, UTC).isoformat(),
    }


def _apex(target: Target, body: bytes, signing: Signing) -> Draft:
    proof = hmac.digest(signing.key.encode(), signing.stamp.encode() + b"." + body, "sha256").hex()
    headers = {"content-type": "application/json", "x-leadline-signature": proof, "x-leadline-timestamp": signing.stamp}
    return Draft(f"/webhooks/salesforce/{target.salesforce}/event{signing.query}", headers, body)


def _flow(target: Target, body: bytes, signing: Signing) -> Draft:
    headers = {"content-type": "application/json", "x-leadline-secret": signing.key}
    return Draft(f"/webhooks/salesforce/{target.salesforce}/event{signing.query}", headers, body)


def _message_body(source: Source) -> bytes:
    notifications = "".join(
        f"<Notification><Id>04l{source.rng.randrange(10**12):012d}</Id>"
        f'<sObject xsi:type="sf:Lead" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">'
        f"<sf:Id>00Q{source.rng.randrange(10**12):012d}</sf:Id><sf:LastName>M\u00f8ller</sf:LastName></sObject></Notification>"
        for _ in range(source.rng.choice((1, 1, 2, 5)))
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>'
        f'<notifications xmlns="http://soap.sforce.com/2005/09/outbound"><OrganizationId>{source.target.organization}'
        f"</OrganizationId>{notifications}</notifications></soapenv:Body></soapenv:Envelope>"
    ).encode()


def _outbound_message(target: Target, body: bytes, signing: Signing) -> Draft:
    path = f"/webhooks/salesforce/{target.salesforce}/{signing.key}/outbound-message{signing.query}"
    return Draft(path, {"content-type": "text/xml; charset=utf-8", "soapaction": '""'}, body)


_MIB: Final = 1024 * 1024

V3: Final = Sender(_hubspot_body, _hubspot_v3, "x-hubspot-signature-v3", "x-hubspot-request-timestamp", _MIB, True, True)
V2: Final = Sender(_hubspot_body, _hubspot_v2, "x-hubspot-signature", "", _MIB, True, True)
V1: Final = Sender(_hubspot_body, _hubspot_v1, "x-hubspot-signature", "", _MIB, True, False)
APEX: Final = Sender(_event_body, _apex, "x-leadline-signature", "x-leadline-timestamp", _MIB, True, False)
FLOW: Final = Sender(_event_body, _flow, "x-leadline-secret", "", _MIB, False, False)
MESSAGE: Final = Sender(_message_body, _outbound_message, "", "", 4 * _MIB, False, False)

SENDERS: Final = (V3, V2, V1, APEX, FLOW, MESSAGE)
