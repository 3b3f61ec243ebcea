"""Webhooks in: four addresses, as a WSGI application of their own in front of the web framework.

A framework's request, routing and response cost as much as verifying and storing a webhook (docs/decisions/0010), and what a
console needs around its requests must not reach here. Whatever is no webhook's address goes on to `rest`.
"""

import json
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import structlog
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.wsgi import get_input_stream

from connector import observe
from connector.intake import receive
from connector.pressure import Pressure
from connector.ringing import Ringer
from connector.store.connections import CrmConnection
from connector.store.engine import StoreUnavailableError
from connector.wiring import Services
from webhooks.base import Reply, Request
from webhooks.salesforce import UNKNOWN as OUTBOUND_UNKNOWN

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = structlog.get_logger(__name__)

MAX_BODY: Final = 4 * 1024 * 1024
RETRY_SECONDS: Final = "10"

_ADDRESS: Final = re.compile(
    "/webhooks/(?:hubspot/(?P<hubspot>[^/]+)(?P<action>/workflow-action)?"
    "|salesforce/(?P<salesforce>[^/]+)/(?:event|(?P<secret>[^/]+)/outbound-message))"
)
_STATUS_LINES: Final = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


@dataclass(frozen=True, slots=True)
class Address:
    """Whom a webhook is for, as its path says."""

    connection: str
    kind: str
    """hubspot, salesforce"""
    channel: str
    secret: str = ""


def address_of(path: str) -> Address | None:
    found = _ADDRESS.fullmatch(path)
    if found is None:
        return None
    if hubspot := found["hubspot"]:
        return Address(hubspot, "hubspot", "workflow-action" if found["action"] else "hubspot")
    channel = "outbound-message" if found["secret"] else "event"
    return Address(found["salesforce"], "salesforce", channel, found["secret"] or "")


@dataclass(frozen=True, slots=True)
class Webhooks:
    """The WSGI application."""

    services: Services
    ringer: Ringer
    pressure: Pressure
    clock: Callable[[], datetime]
    rest: "WSGIApplication"

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        address = address_of(environ["PATH_INFO"])
        if address is None:
            return self.rest(environ, start_response)
        started = time.perf_counter()
        try:
            reply = self._take(address, environ)
        except Exception as error:
            log.exception("request failed", exc_info=error)
            reply = _sentence(503, "Something failed here; nothing was stored. Send it again later.", "failed")
        observe.RECEIVE_SECONDS.observe(time.perf_counter() - started)
        _count(reply, address.channel)
        start_response(_STATUS_LINES[reply.status], _headers(reply))
        return [reply.body]

    def _take(self, address: Address, environ: "WSGIEnvironment") -> Reply:
        if environ["REQUEST_METHOD"] != "POST":
            return _sentence(405, "Webhooks are delivered by POST.", "method")
        crm = self.services.crm(address.connection)
        if crm is None or crm.kind != address.kind:
            return _unknown(address.channel)
        if self.pressure.reason:
            return _sentence(503, f"Not now: {self.pressure.reason}. Send it again later.", "pressure")
        try:
            body = get_input_stream(environ, max_content_length=MAX_BODY).read()
        except RequestEntityTooLarge:
            return _sentence(413, f"The body is larger than {MAX_BODY} bytes; send fewer events at once.", "too_large")
        except ClientDisconnected:
            return _sentence(400, "The body ended too early; send it again.", "cut_off")
        return self._store(crm, address, self._request(address, environ, body))

    def _request(self, address: Address, environ: "WSGIEnvironment", body: bytes) -> Request:
        extra = {"x-leadline-path-secret": address.secret, "content-type": environ.get("CONTENT_TYPE", "")}
        return Request(
            method=environ["REQUEST_METHOD"],
            url=self.services.settings.public_url + _target(environ),
            headers={**_headers_of(environ), **extra},
            body=body,
            received_at=self.clock(),
        )

    def _store(self, crm: CrmConnection, address: Address, incoming: Request) -> Reply:
        try:
            received = receive(self.services.inbox, self.services.receivers[address.channel], crm, address.channel, incoming)
        except StoreUnavailableError:
            return _sentence(503, "The store does not answer; nothing was lost. Send it again later.", "store_unavailable")
        if received.stored:
            self.ringer.ring_soon(crm.name)
        return received.reply


def _target(environ: "WSGIEnvironment") -> str:
    """Path and query as the sender wrote them, since HubSpot signs them so; gunicorn says RAW_URI, waitress REQUEST_URI."""
    raw: str | None = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    if raw is not None:
        return raw
    query = environ.get("QUERY_STRING", "")
    return quote(environ["PATH_INFO"], encoding="latin-1") + (f"?{query}" if query else "")


def _headers_of(environ: "WSGIEnvironment") -> dict[str, str]:
    """Lower-case names. One that stood twice comes joined by a comma (RFC 3875, 4.1.18), which no signature and no secret is."""
    return {name[5:].replace("_", "-").lower(): text for name, text in environ.items() if name.startswith("HTTP_")}


def _headers(reply: Reply) -> list[tuple[str, str]]:
    headers = [("Content-Type", reply.content_type), ("Content-Length", str(len(reply.body)))]
    if reply.status == 503:
        headers.append(("Retry-After", RETRY_SECONDS))
    if reply.status == 405:
        headers.append(("Allow", "POST"))  # RFC 9110, 15.5.6
    return headers


def _count(reply: Reply, channel: str) -> None:
    if reply.refusal:
        observe.REFUSALS.labels(channel=channel, code=reply.refusal).inc()
    observe.DELIVERIES.labels(channel=channel, outcome=reply.refusal or "stored").inc()


def _unknown(channel: str) -> Reply:
    """A wrong name and a wrong secret look alike where the secret is part of the address."""
    if channel == "outbound-message":
        return OUTBOUND_UNKNOWN
    return _sentence(404, "There is no such connection here; check the webhook's address.", "unknown_connection")


def _sentence(status: int, sentence: str, refusal: str) -> Reply:
    return Reply(status, json.dumps({"error": sentence}).encode(), "application/json", refusal)
