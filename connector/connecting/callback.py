"""The page to which the browser comes back: on this machine only, for one answer, and then gone."""

import html
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
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


@dataclass(slots=True)
class _Result:
    """What came of it; the first answer that is ours settles it."""

    code: str = ""
    refusal: Exception | None = None
    strays: int = 0
    settled: threading.Event = field(default_factory=threading.Event)

    def settle(self, code: str = "", refusal: Exception | None = None) -> None:
        if not self.settled.is_set():
            self.code, self.refusal = code, refusal
            self.settled.set()


class _Door(ThreadingMixIn, TCPServer):
    """A thread for each connection: browsers open some that say nothing.

    The standard library's HTTPServer would first look up this machine's name, which may take seconds.
    """

    daemon_threads = True
    allow_reuse_address = os.name != "nt"  # there it would let another program take the port away

    def __init__(self, port: int, path: str, result: _Result) -> None:
        self.path = path
        self.result = result
        self.question: Question | None = None
        super().__init__((HOST, port), _Page)

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that hangs up before it has read the page is no news; whatever else fails ends the waiting."""
        del request, client_address
        error = sys.exc_info()[1]
        if isinstance(error, Exception) and not isinstance(error, ConnectionError | TimeoutError):
            self.result.settle(refusal=error)


@dataclass(slots=True)
class Callback:
    """Listens from its making on, so that the answer finds somebody. Use it as a context manager.

    Args:
        redirect_uri: on this machine, as registered with the app; with port 0 a free port is taken (RFC 8252, 7.3).

    Raises:
        ConsentError: the port is taken.
    """

    redirect_uri: str
    _server: _Door = field(init=False)
    _result: _Result = field(init=False, default_factory=_Result)

    def __post_init__(self) -> None:
        parts = urlsplit(self.redirect_uri)
        port = 80 if parts.port is None else parts.port
        try:
            self._server = _Door(port, parts.path, self._result)
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

    @contextmanager
    def answering(self, question: Question) -> Iterator[None]:
        """The page is there for the length of the block."""
        self._server.question = question
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._server.shutdown()
            thread.join()

    def wait(self, seconds: float) -> str:
        """The code; whatever else comes meanwhile is told that it was not meant.

        Raises:
            ConsentError: refused, or nothing came in time.
        """
        self._result.settled.wait(seconds)
        if self._result.refusal:
            raise self._result.refusal
        if not self._result.code:
            stray = f" {self._result.strays} answers to other questions came." if self._result.strays else ""
            raise ConsentError(f"Nobody agreed within {seconds:.0f} s.{stray} Run the command again, or use --no-browser.")
        return self._result.code


class _Page(BaseHTTPRequestHandler):
    server: _Door
    timeout = 5  # seconds for a request to come in whole
    server_version = "Leadline"
    sys_version = ""

    def do_GET(self) -> None:
        target = urlsplit(self.path)
        if target.path != self.server.path or len(self.path) > _LONGEST_TARGET or self.server.question is None:
            self._say(404, "Nothing is here", "Only the CRM's answer is awaited on this page.")
        else:
            self._answer(self.server.question, self.server.result, target.query)

    def _answer(self, question: Question, result: _Result, query: str) -> None:
        """The page first: once the answer is settled, the terminal goes on and the server ends."""
        try:
            code = question.code_in(query)
        except StrayAnswerError as error:
            result.strays += 1
            self._say(400, "Another attempt's answer", str(error))
        except ConsentError as error:
            self._say(400, "Not connected", str(error))
            result.settle(refusal=error)
        else:
            self._say(200, "Thank you", "The CRM has agreed. Go back to the terminal: Leadline goes on there.")
            result.settle(code=code)

    def _say(self, status: int, title: str, sentence: str) -> None:
        body = _HTML.format(title=html.escape(title), sentence=html.escape(sentence)).encode()
        self.send_response(status)
        for name, value in (*_HEADERS, ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """The address holds the code: it goes into no log."""


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
