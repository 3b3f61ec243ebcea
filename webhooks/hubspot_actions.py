"""HubSpot's workflow action `Route with Leadline`: a workflow asks to have one contact looked at now.

It is answered at once, and the workflow goes on. What Leadline decided is in the contact's properties seconds later; a workflow
that has to wait for it enrols by `leadline_route`.
https://developers.hubspot.com/docs/api-reference/latest/automation/workflow-actions/custom-action-guide
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from marshmallow import EXCLUDE, Schema

from webhooks.answers import JSON, json_body_refused, refused
from webhooks.base import Event, Inbound, Opened, Reply, Request, UnreadableDeliveryError
from webhooks.exact import Text, Whole
from webhooks.items import ItemError, load_item, open_items, read_json
from webhooks.signature import hubspot_refusal

_DONE: Final = json.dumps({"outputFields": {"leadline_state": "accepted", "hs_execution_state": "SUCCESS"}}).encode()

_OBJECTS: Final[Mapping[str, str]] = {"CONTACT": "contact"}
"""HubSpot's word to the house's; the action is offered in contacts' workflows only."""


class _OriginSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    portal_id = Whole("portalId", required=True)


class _ObjectSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    id = Whole("objectId", required=True)
    type = Text("objectType", required=True)


class _ExecutionSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    callback = Text("callbackId", r"[\x21-\x7e]{1,200}", required=True)


_ORIGIN: Final = _OriginSchema()
_OBJECT: Final = _ObjectSchema()
_EXECUTION: Final = _ExecutionSchema()


@dataclass(slots=True)
class HubSpotActionReceiver:
    """Channel `workflow-action`. HubSpot waits 30 s; a 4xx ends the workflow's step, a 5xx is tried again for three days.

    It is signed in v2, beside which v3 may stand: so the old signature is taken here, whatever the connection's webhooks take.
    """

    clock: Callable[[], datetime]
    max_bytes: int = 256 * 1024

    def check(self, request: Request, inbound: Inbound) -> Reply:
        """200 · 401 wrong signature or stamp · 413 · 415."""
        if unfit := json_body_refused(request, self.max_bytes):
            return unfit
        refusal = hubspot_refusal(request, inbound.secrets, self.clock(), old_signatures=True)
        return refused(401, refusal) if refusal else Reply(200, _DONE, JSON)

    def open(self, body: bytes, inbound: Inbound) -> Opened:
        """Reads one execution.

        Raises:
            UnreadableDeliveryError: the body is not a JSON object.
        """
        document = read_json(body)
        if not isinstance(document, dict):
            raise UnreadableDeliveryError("The body is JSON, but not an execution of a workflow action; check what calls this.")
        return open_items([document], partial(self._read, inbound=inbound))

    def _read(self, item: Mapping[str, Any], inbound: Inbound) -> Event:
        """An execution says nothing of its time: it happens when it is read, which is at once unless we were away."""
        callback = load_item(_EXECUTION, item)["callback"]
        portal, about = load_item(_ORIGIN, item.get("origin"))["portal_id"], load_item(_OBJECT, item.get("object"))
        if str(portal) != inbound.account:
            raise ItemError("it is about another portal than this connection's; give every portal its own connection.")
        house = _OBJECTS.get(about["type"])
        return Event(
            identity=hashlib.sha256(f"workflow action {portal} {callback}".encode()).hexdigest(),
            object=house or "unknown",
            record_id=str(about["id"]),
            kind="changed" if house else "ignored",
            occurred_at=self.clock(),
        )
