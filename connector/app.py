"""The web process: webhooks in, health and metrics out. It verifies, commits, answers and rings; the rest is a worker's."""

import json
import os
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import structlog
from flask import Flask, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest, multiprocess
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from connector.pressure import Pressure
from connector.receiving import MAX_BODY, RETRY_SECONDS, Webhooks
from connector.ringing import Ringer
from connector.wiring import Services

log = structlog.get_logger(__name__)


def create_app(services: Services, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Flask:
    """The Flask application. Starts two daemon threads: one rings, one watches the pressure."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    ringer, pressure = Ringer(services.bell), Pressure(services)
    pressure.look()
    for loop in (ringer.run, pressure.run):
        threading.Thread(target=loop, daemon=True).start()
    _add_health(app, services)
    app.register_error_handler(Exception, _unexpected)
    app.wsgi_app = Webhooks(services, ringer, pressure, clock, app.wsgi_app)  # type: ignore[method-assign]
    return app


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


def _json(status: int, document: Mapping[str, object]) -> Response:
    return Response(json.dumps(document), status=status, content_type="application/json")


def _unexpected(error: Exception) -> Response:
    """Every error has one clear sentence and the right status; a fault of ours is logged and asks for a retry."""
    if isinstance(error, RequestEntityTooLarge):
        return _json(413, {"error": f"The body is larger than {MAX_BODY} bytes; send less at once."})
    if isinstance(error, HTTPException):
        response = _json(error.code or 400, {"error": error.description or error.name})
        response.headers.extend(_allowed(error))
        return response
    log.error("request failed", exc_info=error)
    response = _json(503, {"error": "Something failed here; nothing was stored. Send it again later."})
    response.headers["Retry-After"] = RETRY_SECONDS
    return response


def _allowed(error: HTTPException) -> list[tuple[str, str]]:
    """A 405 has to say what is allowed (RFC 9110, 15.5.6)."""
    return [(name, text) for name, text in error.get_headers() if name == "Allow"]
