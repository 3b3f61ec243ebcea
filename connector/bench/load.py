"""`python -m connector.bench.load`: a closed-loop load generator, in a process of its own so that it takes nobody's interpreter.

Reads one JSON line for each run from stdin (`Run`), prints one for its result (`Loaded`). Requests are signed before the clock
starts. Each connection is kept alive and sends its next request when its last was answered.
"""

import json
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Final

from connector.bench.arithmetic import percentile
from connector.bench.bodies import requests, utc_now
from connector.bench.senders import Target

_SEND_BUFFER: Final = 1 << 20
"""A whole request fits, so that sending never waits for the server."""


@dataclass(frozen=True, slots=True)
class Run:
    host: str
    port: int
    connections: int
    case: str
    """Of `bodies.CASES`."""
    count: int
    seed: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a run showed."""

    seconds: float
    refused: int
    """Answers other than 200."""
    p50_ms: float
    p99_ms: float


class LoadError(RuntimeError):
    """The server closed a connection, or the generator died."""


@dataclass(slots=True)
class _Line:
    """One connection and the request that is under way on it."""

    socket: socket.socket
    sent_at: float = 0.0
    answer: bytes = b""


def drive(run: Run, target: Target) -> Loaded:
    """Sends everything, as fast as it is answered."""
    waiting = iter(list(requests(run.case, run.count, target, seed=run.seed, now=utc_now)))
    with selectors.DefaultSelector() as selector:
        for _ in range(run.connections):
            connection = socket.create_connection((run.host, run.port), timeout=30)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(connection, selectors.EVENT_READ, _Line(connection))
        started = time.perf_counter()
        statuses, seconds = _exchange(selector, waiting)
        took = time.perf_counter() - started
        for key in list(selector.get_map().values()):
            key.data.socket.close()
    p50, p99 = (percentile(seconds, percent) or 0.0 for percent in (50, 99))
    return Loaded(took, sum(status != 200 for status in statuses), p50 * 1000, p99 * 1000)


def _exchange(selector: selectors.BaseSelector, waiting: Iterator[bytes]) -> tuple[Sequence[int], Sequence[float]]:
    statuses: list[int] = []
    seconds: list[float] = []
    busy = sum(_send(key.data, waiting) for key in list(selector.get_map().values()))
    while busy:
        for key, _ in selector.select():
            status = _receive(key.data)
            if status:
                statuses.append(status)
                seconds.append(time.perf_counter() - key.data.sent_at)
                busy += _send(key.data, waiting) - 1
    return statuses, seconds


def _send(line: _Line, waiting: Iterator[bytes]) -> int:
    """1 if there was something left to send."""
    request = next(waiting, None)
    if request is None:
        return 0
    line.answer, line.sent_at = b"", time.perf_counter()
    line.socket.sendall(request)
    return 1


def _receive(line: _Line) -> int:
    """The status once the whole answer is there, until then 0."""
    chunk = line.socket.recv(65_536)
    if not chunk:
        raise LoadError("The server closed a connection that was to be kept alive.")
    line.answer += chunk
    head, end, body = line.answer.partition(b"\r\n\r\n")
    if not end or len(body) < _length(head):
        return 0
    return int(head[9:12])


def _length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])


@dataclass(frozen=True, slots=True)
class Generator:
    """A running load generator, seen from the benchmark."""

    process: "subprocess.Popen[str]"

    def run(self, run: Run) -> Loaded:
        """
        Raises:
            LoadError: it died; what it said stands on stderr.
        """
        assert self.process.stdin  # noqa: S101 - opened below
        assert self.process.stdout  # noqa: S101
        self.process.stdin.write(json.dumps(asdict(run)) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise LoadError("The load generator died; what it said stands above.")
        return Loaded(**json.loads(line))


@contextmanager
def open_generator() -> Iterator[Generator]:
    command = [sys.executable, "-m", "connector.bench.load"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own module
        yield Generator(process)  # leaving the block closes its stdin, which ends it


if __name__ == "__main__":
    for order in sys.stdin:
        sys.stdout.write(json.dumps(asdict(drive(Run(**json.loads(order)), Target()))) + "\n")
        sys.stdout.flush()
