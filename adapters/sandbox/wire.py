"""One HTTP request and one answer, as both sides of the sandbox see them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl


@dataclass(frozen=True, slots=True)
class Call:
    """One request, wholly read."""

    method: str
    path: str
    """Percent-decoded, without the query."""
    query: str = ""
    """As sent, without the question mark."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Lower-case names."""
    body: bytes = b""

    def json(self) -> Any:
        """The body as JSON, None when empty.

        Raises:
            ValueError: the body is not JSON.
        """
        return json.loads(self.body) if self.body else None

    def form(self) -> dict[str, str]:
        """A form-encoded body; the last of repeated names counts."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def argument(self, name: str, default: str = "") -> str:
        """The first value of a query argument."""
        values = self.arguments(name)
        return values[0] if values else default

    def arguments(self, name: str) -> list[str]:
        """Every value of a query argument, in the order sent."""
        return parse_qs(self.query, keep_blank_values=True).get(name, []) if self.query else []

    @property
    def bearer(self) -> str:
        """The bearer token, empty without one."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back. The server adds Content-Length, Date and Connection."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def json_answer(status: int, document: object, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer with a JSON body."""
    body = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
    return Answer(status, {"Content-Type": "application/json;charset=utf-8", **(headers or {})}, body)


def empty_answer(status: int = 204, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer without a body."""
    return Answer(status, headers or {})
