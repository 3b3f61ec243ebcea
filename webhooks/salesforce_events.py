"""Events that Salesforce sends as JSON: from our Apex class, which signs, or a Flow callout, which can only carry a secret."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from marshmallow import EXCLUDE, Schema, fields

from webhooks.answers import ACCEPTED, Refusal, json_body_refused, refused
from webhooks.base import Event, EventKind, Inbound, Opened, Reply, Request, UnreadableDeliveryError
from webhooks.exact import Text
from webhooks.items import left_out, load_item, open_items, read_json
from webhooks.moments import from_text
from webhooks.salesforce_words import ID_FORM, OBJECT_FORM, house_object, same_org, to18
from webhooks.signature import leadline_signature, secret_matches, stamp_refusal

_KINDS: Final[Mapping[str, EventKind]] = {
    "created": "created",
    "updated": "changed",
    "deleted": "deleted",
    "undeleted": "restored",
    "merged": "merged",
}
"""Other types are ignored."""

_MISSING: Final = Refusal(
    "signature_missing",
    "This request carries neither X-Leadline-Signature nor X-Leadline-Secret; check the External Credential or our Apex class.",
)
_WRONG: Final = Refusal(
    "signature_wrong", "The signature or secret does not fit; check that the org holds this connection's current secret."
)


@dataclass(frozen=True, slots=True)
class SalesforceEvent:
    """One event of the list, as our Apex class and our Flow build it."""

    id: str
    type: str
    object: str
    record_id: str
    occurred_at: str
    """ISO 8601 with its offset."""
    merged_ids: list[str] = field(default_factory=list)


class _EventSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    id = Text(form=r"[!-~]{1,128}", required=True)
    type = Text(required=True)
    object = Text(form=OBJECT_FORM, required=True)
    record_id = Text("recordId", form=ID_FORM, required=True)
    occurred_at = Text("occurredAt", required=True)
    merged_ids = fields.List(Text(form=ID_FORM, required=True), data_key="mergedIds")


_EVENT: Final = _EventSchema()


@dataclass(slots=True)
class SalesforceEventReceiver:
    """Channel `event`. Nothing here is tried again by Salesforce itself, so the answer is for the Flow's fault path."""

    clock: Callable[[], datetime]
    max_bytes: int = 1024 * 1024

    def check(self, request: Request, inbound: Inbound) -> Reply:
        """200 · 401 wrong signature, stamp or secret · 413 · 415. The answer is always a JSON object."""
        if unfit := json_body_refused(request, self.max_bytes):
            return unfit
        refusal = _refusal(request, inbound, self.clock())
        return refused(401, refusal) if refusal else ACCEPTED

    def open(self, body: bytes, inbound: Inbound) -> Opened:
        """Reads `{"organizationId": …, "events": [{"id", "type", "object", "recordId", "occurredAt", "mergedIds"?}, …]}`.

        Raises:
            UnreadableDeliveryError: the body is not of that form.
        """
        document = read_json(body)
        organization = document.get("organizationId") if isinstance(document, dict) else None
        events = document.get("events") if isinstance(document, dict) else None
        if not isinstance(organization, str) or not isinstance(events, list):
            raise UnreadableDeliveryError(
                "The body is JSON without an organizationId and a list of events; check what builds it."
            )
        if not same_org(organization, inbound.account):
            return Opened((), ("All items come from another org than this connection's; give every org its own connection.",))
        return open_items(events, _read_event)


def _refusal(request: Request, inbound: Inbound, now: datetime) -> Refusal | None:
    """A signed request is judged by its signature alone."""
    headers = request.headers
    if "x-leadline-signature" in headers:
        stamp = headers.get("x-leadline-timestamp", "")
        wanted = [leadline_signature(secret, stamp, request.body) for secret in inbound.secrets if secret]
        matches = secret_matches(headers["x-leadline-signature"], wanted)
        return stamp_refusal(stamp, now) or (None if matches else _WRONG)
    if "x-leadline-secret" not in headers:
        return _MISSING
    return None if secret_matches(headers["x-leadline-secret"], inbound.secrets) else _WRONG


def _read_event(item: object) -> Event:
    event = SalesforceEvent(**load_item(_EVENT, item))
    moment = from_text(event.occurred_at)
    if moment is None:
        raise left_out("occurredAt")
    return Event(
        identity=event.id,
        object=house_object(event.object),
        record_id=to18(event.record_id),
        kind=_KINDS.get(event.type, "ignored"),
        occurred_at=moment,
        merged_ids=tuple(to18(merged) for merged in event.merged_ids),
    )
