"""An outbound message's notifications, from XML to the house's words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from webhooks.base import Event, EventKind, Inbound, Opened, UnreadableDeliveryError
from webhooks.items import ItemError, left_out, open_items
from webhooks.moments import from_text
from webhooks.salesforce_words import house_object, id18, is_object, same_org
from webhooks.soap import ENVELOPE, OUTBOUND

_SOBJECT: Final = "urn:sobject.enterprise.soap.sforce.com"
_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"


@dataclass(frozen=True, slots=True)
class Notification:
    """One notification as it came; what Salesforce left out is empty."""

    organization: str
    id: str
    object: str
    """API name, from xsi:type."""
    values: Mapping[str, str]
    """Selected fields by API name. A null field is simply not there."""


def open_messages(body: bytes, inbound: Inbound, now: datetime) -> Opened:
    """Reads every notification. `now` stands in for the moment where no date field was selected.

    Raises:
        UnreadableDeliveryError: not well-formed, a DTD, or no notification in it.
    """
    messages = _parse(body).findall(f"{{{ENVELOPE}}}Body/{{{OUTBOUND}}}notifications")
    notifications = [
        _notification(message, part) for message in messages for part in message.findall(f"{{{OUTBOUND}}}Notification")
    ]
    if not notifications:
        raise UnreadableDeliveryError("The XML holds no notification; check which outbound message is sent to this address.")
    return open_items(notifications, partial(_event, inbound=inbound, now=now))


def _parse(body: bytes) -> Element:
    parser = DefusedXMLParser(encoding="utf-8", forbid_dtd=True)
    try:
        parser.feed(body)
        root: Element = parser.close()
    except (ParseError, DefusedXmlException) as error:
        raise UnreadableDeliveryError(
            "The body is not well-formed XML without a DTD; ask Salesforce to send it again."
        ) from error
    if root.tag != f"{{{ENVELOPE}}}Envelope":
        raise UnreadableDeliveryError("The XML is no SOAP envelope; check which outbound message is sent to this address.")
    return root


def _notification(message: Element, part: Element) -> Notification:
    record = part.find(f"{{{OUTBOUND}}}sObject")
    fields = [] if record is None else [field for field in record if field.tag.startswith(f"{{{_SOBJECT}}}")]
    return Notification(
        organization=_text(message, "OrganizationId"),
        id=_text(part, "Id"),
        object="" if record is None else record.get(f"{{{_XSI}}}type", "").rpartition(":")[2],
        values={field.tag.rpartition("}")[2]: (field.text or "").strip() for field in fields},
    )


def _text(parent: Element, name: str) -> str:
    return (parent.findtext(f"{{{OUTBOUND}}}{name}") or "").strip()


def _event(notification: Notification, inbound: Inbound, now: datetime) -> Event:
    if not same_org(notification.organization, inbound.account):
        raise ItemError("it comes from another org than this connection's; give every org its own connection.")
    identity, record_id = id18(notification.id), id18(notification.values.get("Id", ""))
    if identity is None:
        raise left_out("Notification/Id")
    if record_id is None:
        raise ItemError("it names no record, as when one is deleted before delivery; the next sweep looks for deleted records.")
    if not is_object(notification.object):
        raise left_out("xsi:type of sObject")
    return Event(
        identity, house_object(notification.object), record_id, _kind(notification.values), _moment(notification.values) or now
    )


def _kind(values: Mapping[str, str]) -> EventKind:
    """What the selected fields prove; unsure is `changed`, since the record is read again anyway.

    A record that was deleted before delivery comes without data; but so does one of which only the Id was selected.
    """
    if values.get("IsDeleted") == "true":
        return "deleted"
    touched = {values[name] for name in ("LastModifiedDate", "SystemModstamp") if name in values}
    return "created" if touched and touched == {values.get("CreatedDate")} else "changed"


def _moment(values: Mapping[str, str]) -> datetime | None:
    found = (from_text(values.get(name, "")) for name in ("SystemModstamp", "LastModifiedDate", "CreatedDate"))
    return next(filter(None, found), None)
