"""The web process: webhooks in, health and metrics out. It verifies, commits, answers and rings; the rest is a worker's."""

import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import structlog
from flask import Flask, Response, request
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest, multiprocess
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from connector import observe
from connector.bell import Bell, BellUnreachableError
from connector.intake import receive
from connector.store.connections import CrmConnection
from connector.store.engine import StoreUnavailableError
from connector.wiring import Services
from webhooks.base import Reply, Request
from webhooks.salesforce import UNKNOWN as OUTBOUND_UNKNOWN

log = structlog.get_logger(__name__)

MAX_BODY: Final = 4 * 1024 * 1024
_RETRY_SECONDS: Final = "10"


@dataclass(slots=True)
class Ringer:
    """Rings off the request path: a request only leaves the connection's name here."""

    bell: Bell
    _names: set[str] = field(default_factory=set)
    _wake: threading.Event = field(default_factory=threading.Event)

    def ring_soon(self, connection: str) -> None:
        self._names.add(connection)
        self._wake.set()

    def run(self) -> None:
        """Rings for ever; what cannot be rung now the clock rings for later."""
        while True:
            self._wake.wait()
            self._wake.clear()
            while self._names:
                self._ring(self._names.pop())
            time.sleep(0.02)  # rings of one burst fall together

    def _ring(self, name: str) -> None:
        try:
            self.bell.ring("drain", name)
        except BellUnreachableError:
            log.warning("bell unreachable", connection=name)


@dataclass(slots=True)
class Pressure:
    """Whether more can be taken in, looked at once a second."""

    services: Services
    reason: str = ""

    def run(self) -> None:
        while True:
            self.look()
            time.sleep(1.0)

    def look(self) -> None:
        settings = self.services.settings
        free_mb = shutil.disk_usage(settings.home).free // 2**20
        if free_mb < settings.min_disk_mb:
            self.reason = f"less than {settings.min_disk_mb} MB of disk are free"
            return
        try:
            waiting = self.services.waiting()
        except StoreUnavailableError:
            self.reason = "the store does not answer"  # said at once, instead of after a time-out for each request
            return
        observe.WAITING_DELIVERIES.set(waiting)
        self.reason = f"{waiting} deliveries wait to be opened" if waiting > settings.max_waiting else ""


def create_app(services: Services, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Flask:
    """The Flask application. Starts two daemon threads: one rings, one watches the pressure."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    ringer, pressure = Ringer(services.bell), Pressure(services)
    pressure.look()
    for loop in (ringer.run, pressure.run):
        threading.Thread(target=loop, daemon=True).start()

    def take(name: str, channel: str, extra: Mapping[str, str]) -> Response:
        started = time.perf_counter()
        crm = services.crm(name)
        if crm is None or crm.kind != _KINDS[channel]:
            reply = _unknown(channel)
        elif pressure.reason:
            reply = _sentence(503, f"Not now: {pressure.reason}. Send it again later.", "pressure")
        else:
            reply = _store(services, ringer, crm, channel, _request_of(services, extra, clock()))
        observe.RECEIVE_SECONDS.observe(time.perf_counter() - started)
        return _answer(reply, channel)

    _add_webhooks(app, take)
    _add_health(app, services)
    app.register_error_handler(Exception, _unexpected)
    return app


def _add_webhooks(app: Flask, take: Callable[[str, str, Mapping[str, str]], Response]) -> None:
    @app.post("/webhooks/hubspot/<name>")
    def hubspot(name: str) -> Response:
        return take(name, "hubspot", {})

    @app.post("/webhooks/hubspot/<name>/workflow-action")
    def workflow_action(name: str) -> Response:
        return take(name, "workflow-action", {})

    @app.post("/webhooks/salesforce/<name>/<secret>/outbound-message")
    def outbound_message(name: str, secret: str) -> Response:
        return take(name, "outbound-message", {"x-leadline-path-secret": secret})

    @app.post("/webhooks/salesforce/<name>/event")
    def event(name: str) -> Response:
        return take(name, "event", {})


def _add_health(app: Flask, services: Services) -> None:
    @app.get("/healthz")
    def healthz() -> Response:
        return _json(200, {"ok": True})

    @app.get("/readyz")
    def readyz() -> Response:
        database, redis = services.database_answers(), services.bell.alive()
        return _json(200 if database else 503, {"database": database, "redis": redis})

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(_metrics()), content_type=CONTENT_TYPE_LATEST)


def _metrics() -> CollectorRegistry:
    """Those of all processes that share PROMETHEUS_MULTIPROC_DIR, or of this one alone."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


_KINDS: Final = {"hubspot": "hubspot", "workflow-action": "hubspot", "outbound-message": "salesforce", "event": "salesforce"}


def _request_of(services: Services, extra: Mapping[str, str], now: datetime) -> Request:
    environ = request.environ
    return Request(
        method=environ["REQUEST_METHOD"],
        url=services.settings.public_url
        + (environ.get("RAW_URI") or environ.get("REQUEST_URI") or request.full_path.rstrip("?")),
        headers={**_headers(environ), **extra},
        body=request.get_data(cache=False),
        received_at=now,
    )


def _headers(environ: Mapping[str, str]) -> dict[str, str]:
    """Lower-case names. One that stood twice comes joined by a comma (RFC 3875, 4.1.18), which no signature and no secret is."""
    headers = {name[5:].replace("_", "-").lower(): text for name, text in environ.items() if name.startswith("HTTP_")}
    return headers | {"content-type": environ.get("CONTENT_TYPE", "")}


def _store(services: Services, ringer: Ringer, crm: CrmConnection, channel: str, incoming: Request) -> Reply:
    try:
        received = receive(services.inbox, services.receivers[channel], crm, channel, incoming)
    except StoreUnavailableError:
        return _sentence(503, "The store does not answer; nothing was lost. Send it again later.", "store_unavailable")
    if received.stored:
        ringer.ring_soon(crm.name)
    return received.reply


def _answer(reply: Reply, channel: str) -> Response:
    if reply.refusal:
        observe.REFUSALS.labels(channel=channel, code=reply.refusal).inc()
    observe.DELIVERIES.labels(channel=channel, outcome=reply.refusal or "stored").inc()
    response = Response(reply.body, status=reply.status, content_type=reply.content_type)
    if reply.status == 503:
        response.headers["Retry-After"] = _RETRY_SECONDS
    return response


def _unknown(channel: str) -> Reply:
    """A wrong name and a wrong secret look alike where the secret is part of the address."""
    if channel == "outbound-message":
        return OUTBOUND_UNKNOWN
    return _sentence(404, "There is no such connection here; check the webhook's address.", "unknown_connection")


def _sentence(status: int, sentence: str, refusal: str = "") -> Reply:
    return Reply(status, json.dumps({"error": sentence}).encode(), "application/json", refusal)


def _json(status: int, document: Mapping[str, object]) -> Response:
    return Response(json.dumps(document), status=status, content_type="application/json")


def _unexpected(error: Exception) -> Response:
    """Every error has one clear sentence and the right status; a fault of ours is logged and asks for a retry."""
    if isinstance(error, RequestEntityTooLarge):
        return _json(413, {"error": f"The body is larger than {MAX_BODY} bytes; send fewer events at once."})
    if isinstance(error, HTTPException):
        response = _json(error.code or 400, {"error": error.description or error.name})
        response.headers.extend(_allowed(error))
        return response
    log.error("request failed", exc_info=error)
    response = _json(503, {"error": "Something failed here; nothing was stored. Send it again later."})
    response.headers["Retry-After"] = _RETRY_SECONDS
    return response


def _allowed(error: HTTPException) -> list[tuple[str, str]]:
    """A 405 has to say what is allowed (RFC 9110, 15.5.6)."""
    return [(name, text) for name, text in error.get_headers() if name == "Allow"]
