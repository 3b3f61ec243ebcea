"""How an org tells others what happened: by Outbound Message, by an Apex callout, or by a Flow callout."""

import hmac
import json
import random
from collections.abc import Mapping, Sequence
from typing import Any, Final

from marshmallow import Schema, ValidationError, fields, validate

from adapters.sandbox.ids import salesforce_id
from adapters.sandbox.record import Write
from adapters.sandbox.salesforce_errors import SalesforceError
from adapters.sandbox.salesforce_messages import MAX_NOTIFICATIONS, Notification, accept, render
from adapters.sandbox.salesforce_org import ORG_ID, Org
from adapters.sandbox.salesforce_read import CRM
from adapters.sandbox.salesforce_tree import text, texts
from adapters.sandbox.salesforce_values import stamp
from adapters.sandbox.world import Posting

OUTBOUND_MESSAGE: Final = "outbound_message"

MAX_AGE_S: Final = 24 * 3600
"""An Outbound Message that could not be delivered for so long is dropped."""
MAX_GAP_S: Final = 2 * 3600
"""Between two attempts."""

_EVENT_TYPES: Final = {"created": "created", "updated": "updated", "deleted": "deleted", "merged": "merged"}


class _TargetSchema(Schema):
    url = fields.Url(required=True, require_tld=False)
    kind = fields.String(load_default=OUTBOUND_MESSAGE, validate=validate.OneOf([OUTBOUND_MESSAGE, "apex", "flow"]))
    object = fields.String(load_default="Lead")
    fields_ = fields.List(fields.String(), data_key="fields", attribute="fields", load_default=lambda: ["Id"])
    """Of an Outbound Message."""
    on = fields.List(fields.String(validate=validate.OneOf(list(_EVENT_TYPES))), load_default=lambda: ["created", "updated"])
    watch = fields.List(fields.String(), load_default=list)
    """Fields of which one must change for an update to count; empty: any."""
    secret = fields.String(load_default="")
    """Of an Apex or Flow callout."""
    organization = fields.String(load_default=ORG_ID)
    message = fields.String(load_default="")
    """Of a deployed Outbound Message: its full name. Flows and rules say when it goes, its definition where to and with what."""
    action = fields.String(load_default="")


class SalesforceChannel:
    timeout = 60.0
    concurrency = 5
    max_batch = MAX_NOTIFICATIONS

    def __init__(self, org: Org) -> None:
        self._org = org

    def target(self, document: Mapping[str, Any]) -> dict[str, Any]:
        try:
            target: dict[str, Any] = _TargetSchema().load(document)
            spec = self._org.spec(target["object"])
            named = {key: [spec.field(name).name for name in target[key]] for key in ("fields", "watch")}
        except (ValidationError, LookupError, SalesforceError) as error:
            raise ValueError(f"The Salesforce target is wrong: {error}") from error
        action = target["action"] or salesforce_id("04k", self._org.store.next_number("salesforce 04k"))
        return {**target, **named, "object": spec.name, "action": action}

    def items(self, target: Mapping[str, Any], write: Write) -> list[dict[str, Any]]:
        kind = _EVENT_TYPES.get(write.kind)
        record = write.record
        if record.crm != CRM or record.object != target["object"] or kind not in target["on"]:
            return []
        if target.get("message") and not self._org.automation.sends(target["message"], write):
            return []
        if kind == "updated" and target["watch"] and write.changed.keys().isdisjoint(target["watch"]):
            return []
        if write.actor.id in self._org.settings.silent_users:
            return []
        id_ = salesforce_id("04l", self._org.store.next_number("salesforce 04l"))
        event = {"id": id_, "type": kind, "object": record.object, "recordId": record.id, "occurredAt": _zulu(write.at)}
        return [{**event, "recordId": record.merged_into, "mergedIds": [record.id]} if record.merged_into else event]

    def posting(self, target: Mapping[str, Any], items: Sequence[tuple[dict[str, Any], int]]) -> Posting:
        if target["kind"] == OUTBOUND_MESSAGE:
            return self._message(target, [item for item, _ in items])
        return self._callout(target, [item for item, _ in items])

    def accepted(self, target: Mapping[str, Any], status: int, body: bytes) -> bool:
        return accept(status, body) if target["kind"] == OUTBOUND_MESSAGE else 200 <= status < 300

    def retry_after(self, target: Mapping[str, Any], attempts: int, random: random.Random) -> float | None:
        """30 s, doubling to two hours, for a day. A callout is tried once: the platform does not repeat it."""
        del random
        if target["kind"] != OUTBOUND_MESSAGE:
            return None
        return _gap(attempts) if sum(map(_gap, range(1, attempts + 1))) <= MAX_AGE_S else None

    def _message(self, target: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> Posting:
        target = self._as_deployed(target)
        notifications = [Notification(item["id"], item["object"], self._now(target, item["recordId"])) for item in items]
        body = render(target["organization"], target["action"], notifications, url=self._org.world.url)
        return Posting(target["url"], {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}, body)

    def _as_deployed(self, target: Mapping[str, Any]) -> Mapping[str, Any]:
        """A deployed message goes where its definition says now, with the fields that it names now."""
        item = self._org.catalogue.get("WorkflowOutboundMessage", target.get("message") or "")
        if item is None:
            return target
        return {**target, "url": text(item.tree, "endpointUrl"), "fields": texts(item.tree, "fields")}

    def _now(self, target: Mapping[str, Any], id_: str) -> Mapping[str, Any]:
        """The record as it stands at the time of sending: what it was when the message was queued is lost."""
        record = self._org.store.exactly(CRM, target["object"], id_)
        if record is None or record.archived:
            return {}
        spec = self._org.spec(target["object"])
        names = ["Id", *(name for name in target["fields"] if name != "Id" and name.lower() in spec.fields)]
        values = self._org.reader.row(spec, names, "")(record)
        return {name: value for name, value in values.items() if name != "attributes"}

    def _callout(self, target: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> Posting:
        document = {"organizationId": target["organization"], "events": list(items)}
        body = json.dumps(document, separators=(",", ":")).encode()
        headers = {"Content-Type": "application/json"}
        if target["kind"] == "flow":
            # A Flow cannot compute a signature: the External Credential adds a fixed header.
            return Posting(target["url"], {**headers, "X-Leadline-Secret": target["secret"]}, body)
        moment = str(self._org.world.clock())
        signature = hmac.new(target["secret"].encode(), f"{moment}.".encode() + body, "sha256").hexdigest()
        return Posting(target["url"], {**headers, "X-Leadline-Timestamp": moment, "X-Leadline-Signature": signature}, body)


def _zulu(milliseconds: int) -> str:
    """As Apex's JSON.serialize writes a Datetime."""
    return stamp(milliseconds).replace("+0000", "Z")


def _gap(attempt: int) -> float:
    return float(min(MAX_GAP_S, 30 * 2 ** min(attempt - 1, 10)))
