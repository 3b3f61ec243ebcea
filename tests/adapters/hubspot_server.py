"""A local HTTP server that says what a test scripted, and remembers what it was asked."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).parent.parent / "fixtures" / "hubspot"


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class Said:
    status: int = 200
    body: bytes = b'{"results": []}'
    headers: Mapping[str, str] = field(default_factory=dict)
    chunked: bool = False
    trickle: threading.Event | None = None
    """Send the headers and one byte, and the rest once this is set."""


def said(document: object, status: int = 200, **headers: str) -> Said:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Said(status, json.dumps(document).encode(), named)


def _in_chunks(body: bytes, size: int = 1000) -> bytes:
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (*parts, b""))


def fixture(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


@dataclass
class Script:
    """`answer` is asked for each request; None closes the connection without a word."""

    url: str
    answer: Callable[[Asked], Said | None]
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0

    def says(self, *answers: Said | None) -> None:
        """These, one after the other; more requests than answers are a mistake of the test."""
        waiting = iter(answers)
        self.answer = lambda _: next(waiting)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what some tests are about."""


@contextlib.contextmanager
def serving() -> Iterator[Script]:
    script = Script(url="", answer=lambda _: Said())

    class Exchange(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            script.connections += 1

        def _respond(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            path, _, query = self.path.partition("?")
            form = self.headers.get("Content-Type") == "application/x-www-form-urlencoded"
            body = raw.decode() if form or not raw else json.loads(raw)
            script.asked.append(Asked(self.command, path, query, dict(self.headers), body))
            answer = script.answer(script.asked[-1])
            if answer is None:
                self.close_connection = True
                return
            self._send(answer)

        def _send(self, answer: Said) -> None:
            self.send_response(answer.status)
            extent = {"Transfer-Encoding": "chunked"} if answer.chunked else {"Content-Length": str(len(answer.body))}
            for name, value in {**extent, **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if answer.trickle is not None:
                self.wfile.write(answer.body[:1])
                answer.trickle.wait(10)
                return
            self.wfile.write(_in_chunks(answer.body) if answer.chunked else answer.body)

        do_GET = do_POST = do_PATCH = _respond  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = _Server(("127.0.0.1", 0), Exchange)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    script.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
