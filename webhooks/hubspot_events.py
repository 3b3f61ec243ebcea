"""One HubSpot event, from its JSON object to the house's words."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from marshmallow import EXCLUDE, Schema, fields

from webhooks.base import Event, EventKind, Inbound
from webhooks.exact import Text, Whole
from webhooks.items import ItemError, left_out, load_item
from webhooks.moments import FIRST_MS, LAST_MS, from_milliseconds

_KINDS: Final[Mapping[str, EventKind]] = {
    "creation": "created",
    "propertyChange": "changed",
    "restore": "restored",
    "deletion": "deleted",
    "merge": "merged",
    "privacyDeletion": "forgotten",
}
"""Everything else (`associationChange`, what HubSpot adds next year) is ignored."""

_CLASSIC: Final = frozenset({"contact", "company", "deal", "ticket", "product", "line_item"})
"""Families of events named after their object; a generic event (`object.…`) has an objectTypeId instead."""

_GENERIC: Final[Mapping[str, str]] = {"0-1": "contact", "0-136": "lead"}
"""objectTypeId to house word; others keep HubSpot's (`0-2`, `2-143967026`)."""


@dataclass(frozen=True, slots=True)
class HubSpotEvent:
    """What we read of an event; a merge's three ids only where it is a merge."""

    portal_id: int
    occurred_at: int
    """Milliseconds since 1970."""
    subscription_type: str | None = None
    event_type: str | None = None
    """HubSpot's documentation calls it so; on the wire it is `subscriptionType`."""
    app_id: int | None = None
    subscription_id: int | None = None
    event_id: int | None = None
    object_id: int | None = None
    object_type_id: str | None = None
    property_name: str | None = None

    @property
    def word(self) -> str:
        """`contact.creation`, `object.propertyChange`, …; empty if the event does not say."""
        return self.subscription_type or self.event_type or ""


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge makes a new record, and all old ids lead to it; where the event names none, the primary record lives on."""

    primary_id: int
    merged_ids: list[int]
    new_id: int | None = None


class _EventSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    subscription_type = Text("subscriptionType")
    event_type = Text("eventType")
    portal_id = Whole("portalId", required=True)
    app_id = Whole("appId")
    subscription_id = Whole("subscriptionId")
    event_id = Whole("eventId")
    object_id = Whole("objectId")
    object_type_id = Text("objectTypeId", r"[0-9]{1,9}-[0-9]{1,19}")
    occurred_at = Whole("occurredAt", least=FIRST_MS, most=LAST_MS, required=True)
    property_name = Text("propertyName")


class _MergeSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    primary_id = Whole("primaryObjectId", required=True)
    merged_ids = fields.List(Whole(required=True), data_key="mergedObjectIds", required=True)
    new_id = Whole("newObjectId")


_EVENT: Final = _EventSchema()
_MERGE: Final = _MergeSchema()


def read_event(item: object, inbound: Inbound) -> Event:
    """One item of the list.

    Raises:
        webhooks.items.ItemError: it is no event, or another portal's or app's.
    """
    event = HubSpotEvent(**load_item(_EVENT, item))
    _check_sender(event, inbound)
    kind, house_object = _kind(event), _object(event)
    merge = Merge(**load_item(_MERGE, item)) if kind == "merged" else None
    return Event(
        identity=_identity(event),
        object=house_object,
        record_id=_record_id(event, merge, kind),
        kind=kind,
        occurred_at=from_milliseconds(event.occurred_at),
        merged_ids=_merged_ids(merge) if merge else (),
    )


def _check_sender(event: HubSpotEvent, inbound: Inbound) -> None:
    if str(event.portal_id) != inbound.account:
        raise ItemError("it is about another portal than this connection's; give every portal its own connection.")
    if inbound.app_id and str(event.app_id) != inbound.app_id:
        raise ItemError("it comes from another app than this connection's; point that app's target URL elsewhere.")


def _kind(event: HubSpotEvent) -> EventKind:
    if not event.word:
        raise left_out("subscriptionType")
    family, _, what = event.word.partition(".")
    return _KINDS.get(what, "ignored") if family in _CLASSIC or family == "object" else "ignored"


def _object(event: HubSpotEvent) -> str:
    family = event.word.partition(".")[0]
    if family in _CLASSIC:
        return family
    if family != "object":
        return "unknown"
    if event.object_type_id is None:
        raise left_out("objectTypeId")
    return _GENERIC.get(event.object_type_id, event.object_type_id)


def _record_id(event: HubSpotEvent, merge: Merge | None, kind: EventKind) -> str:
    """The id that counts from now on. An association has two ends and no objectId, so what is ignored may have none."""
    if merge:
        return str(merge.primary_id if merge.new_id is None else merge.new_id)
    if event.object_id is None and kind != "ignored":
        raise left_out("objectId")
    return "" if event.object_id is None else str(event.object_id)


def _merged_ids(merge: Merge) -> tuple[str, ...]:
    now = merge.primary_id if merge.new_id is None else merge.new_id
    return tuple(dict.fromkeys(str(old) for old in (merge.primary_id, *merge.merged_ids) if old != now))


def _identity(event: HubSpotEvent) -> str:
    """HubSpot's eventId is not unique and attemptNumber changes with each try; these six together stand still."""
    numbers = f"{event.portal_id} {event.subscription_id} {event.object_id} {event.event_id} {event.occurred_at}"
    return hashlib.sha256(f"{numbers} {event.property_name}".encode("utf-8", "surrogatepass")).hexdigest()
