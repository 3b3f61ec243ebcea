"""The page to which the browser comes back: on this machine only, for one answer, and then gone."""

import html
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer
from typing import Final, Self
from urllib.parse import urlsplit, urlunsplit

from connector.connecting.consent import ConsentError, Question, StrayAnswerError

HOST: Final = "127.0.0.1"
_LONGEST_TARGET: Final = 8_192

_HEADERS: Final = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("Connection", "close"),
)


class _Door(TCPServer):
    """The standard library's HTTPServer would first look up this machine's name, which may take seconds."""

    allow_reuse_address = os.name != "nt"  # there it would let another program take the port away

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that hangs up before it has read the page is no news."""
        del request, client_address
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, ConnectionError | TimeoutError):
            raise error


@dataclass(slots=True)
class _Result:
    code: str = ""
    refusal: ConsentError | None = None
    strays: int = 0

    @property
    def settled(self) -> bool:
        return bool(self.code) or self.refusal is not None


@dataclass(slots=True)
class Callback:
    """Listens from its making on, so that the answer finds somebody. Use it as a context manager.

    Args:
        redirect_uri: on this machine, as registered with the app; with port 0 a free port is taken (RFC 8252, 7.3).

    Raises:
        ConsentError: the port is taken.
    """

    redirect_uri: str
    monotonic: Callable[[], float] = time.monotonic
    _server: _Door = field(init=False)
    _result: _Result = field(init=False, default_factory=_Result)

    def __post_init__(self) -> None:
        parts = urlsplit(self.redirect_uri)
        port = 80 if parts.port is None else parts.port
        try:
            self._server = _Door((HOST, port), BaseHTTPRequestHandler)
        except OSError as error:
            raise ConsentError(
                f"Port {port} of this machine cannot be listened on ({error.strerror}): end what uses it, register another "
                "redirect URL, or use --no-browser."
            ) from error
        bound = parts._replace(netloc=f"{parts.hostname}:{self._server.server_address[1]}")
        self.redirect_uri = urlunsplit(bound)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.server_close()

    def wait(self, question: Question, seconds: float) -> str:
        """The code; whatever else comes meanwhile is told that it was not meant.

        Raises:
            ConsentError: refused, or nothing came in time.
        """
        self._server.RequestHandlerClass = _page(urlsplit(self.redirect_uri).path, question, self._result)
        end = self.monotonic() + seconds
        while not self._result.settled and (left := end - self.monotonic()) > 0:
            self._server.timeout = left
            self._server.handle_request()
        if self._result.refusal:
            raise self._result.refusal
        if not self._result.code:
            stray = f" {self._result.strays} answers to other questions came." if self._result.strays else ""
            raise ConsentError(f"Nobody agreed within {seconds:.0f} s.{stray} Run the command again, or use --no-browser.")
        return self._result.code


def _page(path: str, question: Question, result: _Result) -> type[BaseHTTPRequestHandler]:
    class Page(BaseHTTPRequestHandler):
        timeout = 5  # seconds for a request to come in whole: a connection that says nothing holds nobody up
        server_version = "Leadline"
        sys_version = ""

        def do_GET(self) -> None:
            target = urlsplit(self.path)
            if target.path != path or len(self.path) > _LONGEST_TARGET:
                self._say(404, "Nothing is here", "Only the CRM's answer is awaited on this page.")
                return
            try:
                result.code = question.code_in(target.query)
            except StrayAnswerError as error:
                result.strays += 1
                self._say(400, "Another attempt's answer", str(error))
            except ConsentError as error:
                result.refusal = error
                self._say(400, "Not connected", str(error))
            else:
                self._say(200, "Thank you", "The CRM has agreed. Go back to the terminal: Leadline goes on there.")

        def _say(self, status: int, title: str, sentence: str) -> None:
            body = _HTML.format(title=html.escape(title), sentence=html.escape(sentence)).encode()
            self.send_response(status)
            for name, value in (*_HEADERS, ("Content-Length", str(len(body)))):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """The address holds the code: it goes into no log."""

    return Page


_HTML: Final = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title} · Leadline</title>
<style>
 :root {{ color-scheme: light dark }}
 body {{ font: 17px/1.5 system-ui, sans-serif; margin: 18vh auto 0; max-width: 30rem; padding: 0 1.5rem }}
 h1 {{ font-size: 1.6rem; margin: 0 0 .5rem }}
 small {{ opacity: .65 }}
</style>
<h1>{title}</h1>
<p>{sentence}</p>
<p><small>Leadline, on this machine. You can close this page.</small></p>
</html>
"""
