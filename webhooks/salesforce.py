"""Salesforce's outbound messages: SOAP, unsigned, known by a secret in the path and the org's id."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from webhooks.answers import Refusal, media_type, too_large
from webhooks.base import Inbound, Opened, Reply, Request
from webhooks.salesforce_notifications import open_messages
from webhooks.salesforce_words import same_org
from webhooks.signature import secret_matches
from webhooks.soap import ACKNOWLEDGED, UnsoundXmlError, fault, organization_id

_CONTENT_TYPE: Final = Refusal("content_type", "The content type must be text/xml; set the header and send it again.")
_UNSOUND: Final = Refusal(
    "unsound_xml", "The body is not a well-formed outbound message without a DTD; point an outbound message at this address."
)
_OTHER_ORG: Final = Refusal(
    "other_org", "The message comes from another org than this connection's; give every org its own connection."
)
UNKNOWN: Final = Reply(404, b"Not found.\n", "text/plain; charset=utf-8", "path_secret")


@dataclass(slots=True)
class SalesforceOutboundReceiver:
    """Channel `outbound-message`. The web layer puts the path's secret into the header `x-leadline-path-secret`."""

    clock: Callable[[], datetime]
    max_bytes: int = 4 * 1024 * 1024

    def check(self, request: Request, inbound: Inbound) -> Reply:
        """200 with the Ack · 404 wrong path · 403 another org · 400 unsound XML · 413 · 415.

        Whoever lacks the secret learns nothing, not even that there is something here. Another org is a fault with 403: to
        Salesforce every answer but 200 is the same (tried again for 24 h at most), and a SOAP 1.1 fault's own 500 would say
        that we are broken.
        """
        if not secret_matches(request.headers.get("x-leadline-path-secret", ""), inbound.secrets):
            return UNKNOWN
        if len(request.body) > self.max_bytes:
            return fault(413, too_large(self.max_bytes))
        if media_type(request) != "text/xml":
            return fault(415, _CONTENT_TYPE)
        try:
            ours = same_org(organization_id(request.body), inbound.account)
        except UnsoundXmlError:
            return fault(400, _UNSOUND)
        return ACKNOWLEDGED if ours else fault(403, _OTHER_ORG)

    def open(self, body: bytes, inbound: Inbound) -> Opened:
        """Reads the notifications, in their order.

        Raises:
            UnreadableDeliveryError: the body is no outbound message.
        """
        return open_messages(body, inbound, self.clock())
