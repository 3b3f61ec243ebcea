"""The sandbox as one HTTP/1.1 server."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import unquote

from adapters.sandbox.wire import Answer, Call, json_answer

MAX_BODY: Final = 160_000_000
"""Bytes: somewhat more than the largest load that one of the CRMs takes."""
_LINE: Final = 8_192
"""Bytes of a line between chunks."""

Responder = Callable[[Call, threading.Event], Answer | None]
"""Answers a call, or None to close the connection unanswered. The event is set when the server stops."""


def _wall_clock() -> int:
    return time.time_ns() // 1_000_000


class Server(ThreadingHTTPServer):
    """One thread per connection, kept alive; one packet per answer."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 512

    def __init__(self, host: str, port: int, respond: Responder, clock: Callable[[], int] = _wall_clock) -> None:
        """`clock`: milliseconds since 1970; answers are dated by it."""
        self.respond = respond
        self.clock = clock
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        super().__init__((host, port), _Exchange)

    def start(self) -> None:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, name="sandbox", daemon=True).start()

    def stop(self) -> None:
        """Stops listening and closes every connection."""
        self.stopping.set()
        self.shutdown()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def keep(self, connection: socket.socket) -> None:
        self._open.add(connection)

    def forget(self, connection: socket.socket) -> None:
        self._open.discard(connection)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hung up is its own affair."""


class _Exchange(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # buffered: headers and body leave in one packet, two would cost 40 ms of delayed ACK

    def setup(self) -> None:
        super().setup()
        self.server.keep(self.connection)

    def finish(self) -> None:
        self.server.forget(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):
            return self._exchange
        raise AttributeError(name)

    def _exchange(self) -> None:
        call = self._read()
        answer = (
            json_answer(413, {"message": "Body too large."}) if call is None else self.server.respond(call, self.server.stopping)
        )
        if answer is None:
            self.close_connection = True
        else:
            self._write(answer)

    def _read(self) -> Call | None:
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self._chunks() if headers.get("transfer-encoding", "").lower() == "chunked" else self._whole(headers)
        if body is None:
            self.close_connection = True
            return None
        return Call(self.command, unquote(path), query, headers, body)

    def _whole(self, headers: Mapping[str, str]) -> bytes | None:
        length = int(headers.get("content-length") or 0)
        return self.rfile.read(length) if length <= MAX_BODY else None

    def _chunks(self) -> bytes | None:
        """A body whose length its sender did not know beforehand: RFC 9112 (7.1). Trailers mean nothing here."""
        found, length = [], 0
        while size := int(self.rfile.readline(_LINE).partition(b";")[0], 16):
            length += size
            if length > MAX_BODY:
                return None
            found.append(self.rfile.read(size))
            self.rfile.readline(_LINE)
        while self.rfile.readline(_LINE).strip():
            pass
        return b"".join(found)

    def _write(self, answer: Answer) -> None:
        lines = [
            f"HTTP/1.1 {answer.status} {_reason(answer.status)}",
            f"Date: {self.date_time_string(self.server.clock() / 1000)}",
        ]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        lines += [f"Content-Length: {len(answer.body)}", "Connection: " + ("close" if self.close_connection else "keep-alive")]
        body = b"" if self.command == "HEAD" else answer.body
        self.wfile.write("\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Nothing: stats keep count, and paths may hold e-mail addresses."""


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
