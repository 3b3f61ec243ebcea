"""Outbound Messages: what Salesforce posts, and which answer counts as an acknowledgement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

MAX_NOTIFICATIONS: Final = 100

_SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
_OUTBOUND: Final = "http://soap.sforce.com/2005/09/outbound"
_SOBJECT: Final = "urn:sobject.enterprise.soap.sforce.com"


@dataclass(frozen=True, slots=True)
class Notification:
    id: str
    """04l…: the same at every attempt, and what a receiver tells repetitions by."""
    object: str
    values: Mapping[str, Any]
    """Fields as the REST API shows them, taken from the record when the message is sent. Empty for a deleted record."""


def render(org_id: str, action_id: str, notifications: Sequence[Notification], *, url: str = "") -> bytes:
    """One SOAP message about 1 to 100 records. A null field is absent; there is never a session id (since February 2026)."""
    if not 1 <= len(notifications) <= MAX_NOTIFICATIONS:
        raise ValueError(f"A message has 1 to {MAX_NOTIFICATIONS} notifications, not {len(notifications)}.")
    items = "".join(map(_notification, notifications))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<soapenv:Envelope xmlns:soapenv="{_SOAP}" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n <soapenv:Body>\n'
        f'  <notifications xmlns="{_OUTBOUND}">\n'
        f"   <OrganizationId>{org_id}</OrganizationId>\n   <ActionId>{action_id}</ActionId>\n"
        '   <SessionId xsi:nil="true"/>\n'
        f"   <EnterpriseUrl>{escape(url)}/services/Soap/c/67.0/{org_id[:15]}</EnterpriseUrl>\n"
        f"   <PartnerUrl>{escape(url)}/services/Soap/u/67.0/{org_id[:15]}</PartnerUrl>\n"
        f"{items}  </notifications>\n </soapenv:Body>\n</soapenv:Envelope>"
    ).encode()


def accept(status: int, body: bytes) -> bool:
    """Whether the answer acknowledges the message: 200, and a SOAP envelope that says Ack true in the right namespace.

    Anything else - 2xx with another body, a fault, Ack false - means that Salesforce sends the message again.
    """
    if status != 200:
        return False
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        return False
    ack = root.findtext(f"{{{_SOAP}}}Body/{{{_OUTBOUND}}}notificationsResponse/{{{_OUTBOUND}}}Ack")
    return root.tag == f"{{{_SOAP}}}Envelope" and (ack or "").strip() in {"true", "1"}


def _notification(notification: Notification) -> str:
    fields = "".join(_element(name, value) for name, value in notification.values.items() if value is not None)
    return (
        f"   <Notification>\n    <Id>{notification.id}</Id>\n"
        f'    <sObject xsi:type="sf:{notification.object}" xmlns:sf="{_SOBJECT}">\n{fields}    </sObject>\n   </Notification>\n'
    )


def _element(name: str, value: Any) -> str:
    return f"     <sf:{name}>{escape(_text(value))}</sf:{name}>\n"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    if text.endswith(".000+0000"):
        text = text.removesuffix("+0000") + "Z"  # SOAP writes moments with Z where REST writes +0000
    return "".join(letter for letter in text if letter >= " " or letter in "\t\n\r")
