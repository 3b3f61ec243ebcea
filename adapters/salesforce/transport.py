"""HTTP for Salesforce: one deadline over connecting, waiting and reading. simple-salesforce sets none of its own."""

import io
import ssl
import time
from collections.abc import Callable
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError

from adapters.egress import Egress, egress

CHUNK = 65_536


class Transport(HTTPAdapter):
    """Bounds every request, lets it leave for a listed host only, and reaches a sandbox on plain http.

    simple-salesforce forces `https://` on whatever base URL it is given; `plain` turns that back.
    """

    def __init__(
        self,
        *,
        connect_seconds: float,
        total_seconds: float,
        plain: bool,
        allowed: Egress,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._connect_seconds = min(connect_seconds, total_seconds)
        self._total_seconds = total_seconds
        self._plain = plain
        self._allowed = allowed
        self._monotonic = monotonic

    def send(self, request: requests.PreparedRequest, *_: Any, **options: Any) -> requests.Response:
        """Sends, and reads the whole body. Of the session's `options`, `stream` and `timeout` are ours to decide."""
        if self._plain and request.url is not None:
            request.url = request.url.replace("https://", "http://", 1)
        self._allowed.check(request.url or "")
        deadline = self._monotonic() + self._total_seconds
        options |= {"stream": True, "timeout": (self._connect_seconds, self._total_seconds)}
        response = super().send(request, **options)
        response.raw = io.BytesIO(_read_within(response.raw, lambda: deadline - self._monotonic()))
        return response


def _read_within(raw: urllib3.HTTPResponse, seconds_left: Callable[[], float]) -> bytes:
    """The decoded body. A time-out per read is not enough: a body that trickles would never end."""
    body = bytearray()
    try:
        _wait_at_most(raw, seconds_left())
        while chunk := raw.read1(CHUNK):
            body += chunk
            _wait_at_most(raw, seconds_left())
    except HTTPError as error:
        raw.close()
        raise requests.ConnectionError(type(error).__name__) from None
    raw.release_conn()
    return bytes(body)


def _wait_at_most(raw: urllib3.HTTPResponse, seconds: float) -> None:
    if seconds <= 0:
        raw.close()
        raise requests.ReadTimeout("the body did not end before the deadline")
    if raw.connection is not None and raw.connection.sock is not None:
        raw.connection.sock.settimeout(seconds)


def open_session(base_url: str, *, connect_seconds: float, total_seconds: float) -> requests.Session:
    """A session for one host. Proxy and certificate settings of the environment are read once, not on every call, and a
    .netrc entry cannot take the place of our Authorization header.
    """
    session = requests.Session()
    environment = session.merge_environment_settings(base_url, {}, None, None, None)
    session.trust_env = False
    session.proxies = environment["proxies"]
    session.verify = environment["verify"]
    transport = Transport(
        connect_seconds=connect_seconds,
        total_seconds=total_seconds,
        plain=base_url.lower().startswith("http://"),
        allowed=egress("salesforce", [base_url]),
    )
    session.mount("https://", transport)
    session.mount("http://", transport)
    return session


def never_sent(error: requests.RequestException) -> bool:
    """True when no connection came to be, so that the vendor cannot have seen the request."""
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError | requests.exceptions.InvalidURL):
        return True
    return isinstance(_reason(error), NewConnectionError)


def untrusted(error: requests.RequestException) -> bool:
    """True when the other side's certificate was not accepted; nothing was sent."""
    reason = _reason(error)
    return reason is not None and bool(reason.args) and isinstance(reason.args[0], ssl.SSLCertVerificationError)


def _reason(error: requests.RequestException) -> Exception | None:
    cause = error.args[0] if error.args else None
    return cause.reason if isinstance(cause, MaxRetryError) else None
