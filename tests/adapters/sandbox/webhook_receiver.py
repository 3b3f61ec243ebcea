"""A real HTTP server that takes webhooks and answers as a test wants."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Delivery:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def events(self) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = json.loads(self.body)
        return events


@dataclass
class Receiver:
    url: str = ""
    answer: Callable[[Delivery], int] = lambda _: 200
    deliveries: list[Delivery] = field(default_factory=list)
    _arrived: threading.Condition = field(default_factory=threading.Condition)

    def take(self, delivery: Delivery) -> int:
        with self._arrived:
            self.deliveries.append(delivery)
            self._arrived.notify_all()
        return self.answer(delivery)

    def wait(self, enough: Callable[[list[Delivery]], bool]) -> list[Delivery]:
        """The deliveries, once there are enough of them."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: enough(self.deliveries), timeout=10), self.deliveries
            return list(self.deliveries)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for delivery in self.deliveries for event in delivery.events]


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    receiver = Receiver()

    class Exchange(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 5

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = receiver.take(Delivery(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.send_header("Connection", "close")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Exchange)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/webhooks/hubspot/main"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
