"""HTTP for HubSpot: one pool, one table of paths, one deadline per call.

The SDK knows numbered paths only, sets no timeout and leaves reading to its models. `Transport` stands where the SDK
keeps its connection pool and puts that right for every request it builds.
"""

import re
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ProxyError, SSLError

from adapters.egress import egress

NUMBERED: Final = "v3"
"""The generation that the SDK speaks: its paths go out unchanged."""

DATED_PATHS: Final[tuple[tuple[str, str], ...]] = (
    ("/crm/v3/objects/", "/crm/objects/{date}/"),
    ("/crm/v4/objects/", "/crm/objects/{date}/"),
    ("/crm/v4/associations/", "/crm/associations/{date}/"),
    ("/crm/v3/properties/", "/crm/properties/{date}/"),
    ("/crm/v3/owners", "/crm/owners/{date}"),
    ("/crm/v3/lists", "/crm/lists/{date}"),
    ("/oauth/v1/token", "/oauth/{date}/token"),
    ("/crm-object-schemas/v3/", "/crm-object-schemas/{date}/"),
    ("/appinstalls/v3/external-install", "/appinstalls/{date}/external-install"),
    ("/account-info/v3/", "/account-info/{date}/"),
    ("/webhooks/v3/", "/{webhooks}/{date}/"),
    # Workflows and forms have a dated generation only as a beta, whose paths may still move: the numbered ones go on.
    ("/automation/v4/flows", "/automation/v4/flows"),
    ("/marketing/v3/forms", "/marketing/v3/forms"),
)
"""Beginning of a numbered path, and what replaces it in a dated generation such as `2026-09`."""

_WEBHOOKS: Final[Mapping[str, str]] = {"2026-03": "webhooks"}
"""An app's webhook settings moved to another word between generations, and `app-webhooks` stands for all but one."""

_CHUNK: Final = 65_536


class NotSent(Exception):
    """The request did not leave: no connection."""


class Untrusted(NotSent):
    """The server's certificate is not trusted on this machine."""


class NoAnswer(Exception):
    """The request may have left and no whole answer came back: broken connection, or out of time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, read and with its connection given back. Shaped as the SDK expects a response to be."""

    status: int
    reason: str | None
    data: bytes
    headers: Mapping[str, str]
    """Case-insensitive."""

    def getheaders(self) -> Mapping[str, str]:
        """What the SDK calls on an error. urllib3 2.6.0 had lost it, which broke every call."""
        return self.headers


def dated_path(path: str, generation: str) -> str:
    """The path of `generation` for a path that the SDK built.

    Raises:
        LookupError: the table has no row for it, so calling it would be a guess.
    """
    if generation == NUMBERED:
        return path
    for numbered, dated in DATED_PATHS:
        if path.startswith(numbered):
            begin = dated.format(date=generation, webhooks=_WEBHOOKS.get(generation, "app-webhooks"))
            return begin + path.removeprefix(numbered).removesuffix("/")
    raise LookupError(f"{path.partition('?')[0]} has no path in HubSpot's generation {generation}; add it to DATED_PATHS.")


def checked_generation(api: str) -> str:
    """`v3` or a dated generation.

    Raises:
        ValueError: neither.
    """
    if api != NUMBERED and not re.fullmatch(r"20\d\d-(03|09)", api):
        raise ValueError(f"{api!r} is no HubSpot API generation; set v3 or a dated one such as 2026-09.")
    return api


Check = Callable[[str, str, object], None]
"""Method, address and body of a request that is about to leave; raises where it must not."""


def _unchecked(_method: str, _url: str, _body: object) -> None:
    """For a transport that nobody writes through."""


class Transport:
    """One host's connections, and no other's. Safe to share between threads.

    Args:
        check: looks at every request before it leaves.
        connect_seconds: the longest wait for a connection.
        total_seconds: the longest that one request may take, connection and last byte included.
    """

    def __init__(
        self,
        base_url: str,
        generation: str,
        *,
        connect_seconds: float,
        total_seconds: float,
        check: Check = _unchecked,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._check = check
        self._allowed = egress("hubspot", [base_url])
        self._generation = checked_generation(generation)
        self._timeout = urllib3.Timeout(connect=min(connect_seconds, total_seconds), total=total_seconds)
        self._total_seconds = total_seconds
        self._monotonic = monotonic
        self.pool = urllib3.PoolManager(num_pools=1, maxsize=4)

    def request(self, method: str, url: str, **sdk: Any) -> Answer:
        """Sends what the SDK built and reads the answer to its end, whatever its status.

        Raises:
            NotSent: nothing left this machine.
            NoAnswer: something may have left, and the answer is missing or incomplete.
            adapters.egress.UnlistedError: it is for another host, or does what was not listed; nothing left.
        """
        self._allowed.check(url)
        self._check(method, url, sdk.get("body"))
        deadline = self._monotonic() + self._total_seconds
        response = self._open(method, url, sdk)
        try:
            body = self._body(response, deadline)
        except HTTPError as error:
            raise NoAnswer(f"the answer broke off ({type(error).__name__})") from error
        finally:
            response.release_conn()
        if not 200 <= response.status <= 299:
            # The SDK decodes an error's body as UTF-8 and falls over a proxy's Latin-1 page.
            body = body.decode("utf-8", "replace").encode()
        return Answer(response.status, response.reason, body, response.headers)

    def close(self) -> None:
        self.pool.clear()

    def _open(self, method: str, url: str, sdk: dict[str, Any]) -> urllib3.BaseHTTPResponse:
        # Neither retries nor redirects: a POST that goes out twice is two tasks.
        ours = {"preload_content": False, "timeout": self._timeout, "retries": False, "redirect": False}
        target = self._base_url + dated_path(url.removeprefix(self._base_url), self._generation)
        try:
            return self.pool.request(method, target, **{**sdk, **ours})
        except (NewConnectionError, ConnectTimeoutError, ProxyError) as error:
            raise NotSent(f"no connection ({type(error).__name__})") from error
        except SSLError as error:
            if error.args and isinstance(error.args[0], ssl.SSLCertVerificationError):
                raise Untrusted("the certificate is not trusted") from error
            raise NoAnswer("the encrypted connection broke") from error
        except HTTPError as error:
            raise NoAnswer(f"no answer ({type(error).__name__})") from error

    def _body(self, response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
        body = bytearray()
        while True:
            self._hurry(response, deadline)
            part = response.read1(_CHUNK)
            if not part:
                return bytes(body)
            body += part

    def _hurry(self, response: urllib3.BaseHTTPResponse, deadline: float) -> None:
        """Gives the next read only what is left: a socket's own timeout starts anew with every byte that trickles in."""
        left = deadline - self._monotonic()
        if left <= 0:
            response.close()
            raise NoAnswer("the answer did not end in time")
        sock = getattr(response.connection, "sock", None)
        if sock is not None:
            sock.settimeout(left)
