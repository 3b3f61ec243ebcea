"""Ringing off the request path: a request only leaves its connection's name, and one thread rings the bells."""

import threading
import time
from dataclasses import dataclass, field

import structlog

from connector.bell import Bell, BellUnreachableError

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Ringer:
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
