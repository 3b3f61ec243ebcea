"""A delivery of our own that proves the way in: authenticated like any other, answered with its number, and never stored.

The whole body is the probe, so that nothing a lead can write is taken for one.
"""

import re
from datetime import datetime
from typing import Final

from webhooks.moments import EPOCH
from webhooks.signature import hubspot_v3

_JSON: Final = re.compile(rb'\{"leadlineProbe":"([0-9a-f]{32})"\}')
_XML: Final = re.compile(
    rb'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    rb'<notifications xmlns="http://soap.sforce.com/2005/09/outbound"><OrganizationId>[a-zA-Z0-9]{15,18}</OrganizationId>'
    rb"<LeadlineProbe>([0-9a-f]{32})</LeadlineProbe></notifications></soapenv:Body></soapenv:Envelope>"
)


def probe_number(body: bytes) -> str:
    """The number of a probe; empty for every other body."""
    found = _JSON.fullmatch(body) or _XML.fullmatch(body) if len(body) < 500 else None
    return found[1].decode() if found else ""


def hubspot_probe(url: str, secret: str, number: str, now: datetime) -> tuple[bytes, dict[str, str]]:
    """Body and headers, signed as HubSpot signs."""
    body, stamp = f'{{"leadlineProbe":"{number}"}}'.encode(), str(round((now - EPOCH).total_seconds() * 1000))
    signature = hubspot_v3(secret, "POST", url, body, stamp)
    signed = {"X-HubSpot-Signature-v3": signature, "X-HubSpot-Request-Timestamp": stamp}
    return body, {"Content-Type": "application/json", **signed}


def salesforce_probe(account: str, number: str) -> tuple[bytes, dict[str, str]]:
    """An outbound message without a notification; the secret is in the address it is sent to."""
    body = (
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
        f'<notifications xmlns="http://soap.sforce.com/2005/09/outbound"><OrganizationId>{account}</OrganizationId>'
        f"<LeadlineProbe>{number}</LeadlineProbe></notifications></soapenv:Body></soapenv:Envelope>"
    )
    return body.encode(), {"Content-Type": "text/xml; charset=utf-8"}
