"""A connection that sends what no HTTP library would: bytes as they are, kept alive as long as the server allows."""

import socket
from http.client import HTTPException, HTTPResponse
from typing import Final

from connector.bench.honest import ForgedRequest

_SECONDS: Final = 30.0

_FRAMING: Final = frozenset({"content-length", "transfer-encoding"})


class Wire:
    """One keep-alive connection; not for several threads."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._socket: socket.socket | None = None

    def __call__(self, request: ForgedRequest) -> int:
        """Sends `request`, answers with the status; 0 if the server closed the connection without one.

        A request that frames itself gets a connection of its own, half-closed at its end: where it ends is what is in doubt.
        """
        alone = any(name.strip().lower() in _FRAMING for name, _ in request.headers)
        if alone:
            self.close()
            return self._exchange(request, alone=True)
        fresh = self._socket is None
        status = self._exchange(request)
        return status if status or fresh else self._exchange(request)  # an idle connection may have been closed meanwhile

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _exchange(self, request: ForgedRequest, *, alone: bool = False) -> int:
        connection = self._socket or socket.create_connection(self._address, _SECONDS)
        self._socket = connection
        status, goes_on = 0, False
        try:
            connection.sendall(_wire_bytes(request, framed=alone))
            if alone:
                connection.shutdown(socket.SHUT_WR)
            status, goes_on = _read(connection, request.method)
        except (OSError, HTTPException):
            pass  # no answer is an answer: 0
        if alone or not goes_on:
            self.close()
        return status


def _read(connection: socket.socket, method: str) -> tuple[int, bool]:
    """Status, and whether the connection can be used again."""
    response = HTTPResponse(connection, method=method)
    try:
        response.begin()
        response.read()
        return response.status, not response.will_close
    finally:
        response.close()


def _wire_bytes(request: ForgedRequest, *, framed: bool) -> bytes:
    lines = [f"{request.method} {request.path} HTTP/1.1", "Host: leadline.example.com"]
    lines += [f"{name}: {value}" for name, value in request.headers]
    if not framed:
        lines.append(f"Content-Length: {len(request.body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + request.body
