"""HubSpot's webhooks: events out of writes, batches signed in v3 and v1."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any, Final

from marshmallow import Schema, ValidationError, fields, validate

from adapters.sandbox.hubspot_portal import KIND_NAMES, KINDS
from adapters.sandbox.hubspot_settings import HubSpotSettings
from adapters.sandbox.record import Write
from adapters.sandbox.world import Posting, World

_EVENTS: Final[Mapping[str, str]] = {
    "created": "creation",
    "updated": "propertyChange",
    "deleted": "deletion",
    "erased": "deletion",
    "restored": "restore",
    "merged": "merge",
}
_NEVER_SENT: Final = frozenset({"num_unique_conversion_events", "hs_lastmodifieddate", "lastmodifieddate"})
_RETRY_SECONDS: Final = (60, 300, 900, 1800, 3600, 7200, 14400, 18000, 18000, 18000)
"""Ten retries within 24 h. HubSpot says neither the delays nor more than that they vary."""

_URI_ESCAPES: Final = re.compile("%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)", re.IGNORECASE)
"""The only escapes that are decoded before signing."""


class _SubscriptionSchema(Schema):
    id = fields.Integer(load_default=None, allow_none=True)
    type = fields.String(required=True, validate=validate.Regexp(r"(object|contact|company|deal)\.\w+"))
    objectTypeId = fields.String(load_default="")  # noqa: N815 - HubSpot's spelling
    property = fields.String(load_default="")
    active = fields.Boolean(load_default=True)


class _TargetSchema(Schema):
    crm = fields.String(load_default="hubspot")
    url = fields.Url(required=True, schemes={"http", "https"}, require_tld=False)
    subscriptions = fields.List(fields.Nested(_SubscriptionSchema), load_default=list)
    maxConcurrentRequests = fields.Integer(load_default=10, validate=validate.Range(1, 100))  # noqa: N815
    portalId = fields.Integer(load_default=None, allow_none=True)  # noqa: N815
    appId = fields.Integer(load_default=None, allow_none=True)  # noqa: N815
    clientSecret = fields.String(load_default="")  # noqa: N815


class HubSpotChannel:
    """Subscriptions of one app: `{"type": "object.creation", "objectTypeId": "0-1"}`, classic `{"type": "contact.creation"}`,
    and for a propertyChange also `"property"`."""

    timeout = 5.0
    concurrency = 10
    max_batch = 100

    def __init__(self, world: World, settings: HubSpotSettings) -> None:
        self._world = world
        self._settings = settings

    def target(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """A checked target. Portal, app and secret are the portal's own unless given.

        Raises:
            ValueError: one sentence about what is wrong.
        """
        try:
            target: dict[str, Any] = dict(_TargetSchema().load(document))
        except ValidationError as error:
            raise ValueError(f"The webhook target is wrong: {error.messages}") from error
        for place, subscription in enumerate(target["subscriptions"]):
            subscription["id"] = subscription["id"] or 3_849_700 + place
            if subscription["type"].startswith("object.") and subscription["objectTypeId"] not in KIND_NAMES:
                raise ValueError(f"Subscription {subscription['type']} needs an objectTypeId such as 0-1.")
        return target

    def items(self, target: Mapping[str, Any], write: Write) -> list[dict[str, Any]]:
        """One event per matching subscription; a creation comes after the properties it set."""
        if write.record.merged_into is not None or write.record.object not in KINDS:
            return []
        events = [event for subscription in target["subscriptions"] for event in self._events(subscription, write)]
        events.sort(key=lambda event: not event["subscriptionType"].endswith(".propertyChange"))
        return [{**event, **self._common(target, write)} for event in events]

    def posting(self, target: Mapping[str, Any], items: Sequence[tuple[dict[str, Any], int]]) -> Posting:
        """The signed request. Timestamp and signatures are made for each attempt."""
        body = json.dumps([{**item, "attemptNumber": attempts} for item, attempts in items]).encode()
        secret = target["clientSecret"] or self._settings.client_secret
        stamp = str(self._world.clock())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "HubSpot Connect 2.0 (http://dev.hubspot.com/) (namespace: webhooks-nio-http-client)",
            "X-HubSpot-Signature": hashlib.sha256(secret.encode() + body).hexdigest(),
            "X-HubSpot-Signature-Version": "v1",
            "X-HubSpot-Signature-v3": signature_v3(secret, "POST", target["url"], body, stamp),
            "X-HubSpot-Request-Timestamp": stamp,
        }
        return Posting(target["url"], headers, body)

    def accepted(self, target: Mapping[str, Any], status: int, body: bytes) -> bool:  # noqa: ARG002 - only the status counts
        return 200 <= status < 300

    def retry_after(self, target: Mapping[str, Any], attempts: int, random: Random) -> float | None:  # noqa: ARG002 - all alike
        return None if attempts > len(_RETRY_SECONDS) else _RETRY_SECONDS[attempts - 1] * random.uniform(0.75, 1.25)

    def _events(self, subscription: Mapping[str, Any], write: Write) -> Iterator[dict[str, Any]]:
        subject, _, event = subscription["type"].partition(".")
        kind = KIND_NAMES[subscription["objectTypeId"] if subject == "object" else subject]
        if not subscription["active"] or kind != write.record.object:
            return
        about = {"subscriptionId": subscription["id"], "subscriptionType": subscription["type"]}
        generic = {"objectTypeId": KINDS[kind].type_id} if subject == "object" else {}
        if event == "propertyChange" and write.kind in {"created", "updated"}:
            yield from self._changes(subscription["property"], write, about | generic, sensitive=subject == "object")
        elif event == _EVENTS[write.kind] or (event == "privacyDeletion" and write.kind == "erased"):
            yield {**about, **generic, **_flag(write, classic=subject != "object"), **_merge(write)}

    def _changes(self, name: str, write: Write, about: dict[str, Any], *, sensitive: bool) -> Iterator[dict[str, Any]]:
        if name in write.changed and name not in _NEVER_SENT:
            value = write.changed[name][1]
            flag = {"isSensitive": False} if sensitive else {}
            yield {**about, "propertyName": name, "propertyValue": "" if value is None else value, **flag}

    def _common(self, target: Mapping[str, Any], write: Write) -> dict[str, Any]:
        return {
            "eventId": self._world.random.getrandbits(32),
            "portalId": target["portalId"] or self._settings.portal_id,
            "appId": target["appId"] or self._settings.app_id,
            "occurredAt": write.at,
            "objectId": int(write.record.id),
            "changeSource": write.actor.source,
            "sourceId": write.actor.id,
        }


def signature_v3(secret: str, method: str, uri: str, body: bytes, stamp: str) -> str:
    """Base64 of HMAC-SHA256 over method, URI with twelve escapes decoded, body and timestamp (milliseconds, as text)."""
    decoded = _URI_ESCAPES.sub(lambda escape: chr(int(escape[0][1:], 16)), uri)
    message = method.encode() + decoded.encode() + body + stamp.encode()
    return base64.b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode()


def _flag(write: Write, *, classic: bool) -> dict[str, Any]:
    """Classic creations say NEW, generic ones CREATED."""
    match write.kind:
        case "created":
            return {"changeFlag": "NEW" if classic else "CREATED"}
        case "deleted" | "erased":
            return {"changeFlag": "DELETED"}
    return {}


def _merge(write: Write) -> dict[str, Any]:
    if not write.merged:
        return {}
    primary, *others = (int(id_) for id_ in write.merged)
    moved = {"newObjectId": int(write.record.id), "numberOfPropertiesMoved": 0}
    return {"primaryObjectId": primary, "mergedObjectIds": others, **moved}
