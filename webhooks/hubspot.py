"""HubSpot's app webhooks: JSON lists, signed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from webhooks.answers import ACCEPTED, json_body_refused, refused
from webhooks.base import Inbound, Opened, Reply, Request, UnreadableDeliveryError
from webhooks.hubspot_events import read_event
from webhooks.items import open_items, read_json
from webhooks.signature import hubspot_refusal


@dataclass(slots=True)
class HubSpotReceiver:
    """Channel `hubspot`. Any answer but 2xx within 5 s is tried again, ten times in 24 h: so 200 for all that is authentic."""

    clock: Callable[[], datetime]
    old_signatures: bool = True
    """Accept v1 and v2 where there is no v3; they carry no timestamp."""
    max_bytes: int = 1024 * 1024

    def check(self, request: Request, inbound: Inbound) -> Reply:
        """200 · 401 wrong signature or stamp · 413 · 415."""
        if unfit := json_body_refused(request, self.max_bytes):
            return unfit
        refusal = hubspot_refusal(request, inbound.secrets, self.clock(), old_signatures=self.old_signatures)
        return refused(401, refusal) if refusal else ACCEPTED

    def open(self, body: bytes, inbound: Inbound) -> Opened:
        """Reads a list of events, in their order; a single object is a list of one.

        Raises:
            UnreadableDeliveryError: the body is not a JSON list or object, or an empty list.
        """
        document = read_json(body)
        items = [document] if isinstance(document, dict) else document
        if not isinstance(items, list) or not items:
            raise UnreadableDeliveryError(
                "The body is JSON, but not a list of HubSpot events; check what is subscribed to this address."
            )
        return open_items(items, partial(read_event, inbound=inbound))
