"""Whom an adapter may speak to. A request to any other host is refused before it leaves, wherever its address came from."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from adapters.errors import CallOperator

Origin = tuple[str, str, int]
"""Scheme, host in lower case, port."""

NOT_LISTED: Final = "NOT_LISTED"
"""The code of whatever Leadline refuses itself, before a CRM hears of it."""

_PORTS: Final = {"https": 443, "http": 80}


class UnlistedError(CallOperator):
    """Leadline does not do this there: nothing left this machine."""

    def __init__(self, sentence: str, *, provider: str, operation: str) -> None:
        super().__init__(sentence, provider=provider, operation=operation, code=NOT_LISTED)


@dataclass(frozen=True, slots=True)
class Egress:
    """The hosts of one connection. A redirect is another request, and is asked about like any other."""

    provider: str
    origins: frozenset[Origin]

    def check(self, url: str) -> None:
        """
        Raises:
            UnlistedError: the host is not on the list. The sentence names the host, never the path or the query.
        """
        if origin_of(url) not in self.origins:
            listed = ", ".join(sorted(text_of(one) for one in self.origins))
            sentence = f"A request to {_named(url)} was refused before it left: this connection speaks to {listed} alone."
            raise UnlistedError(sentence, provider=self.provider, operation="connect")


def egress(provider: str, urls: Iterable[str]) -> Egress:
    """The list that these addresses make."""
    return Egress(provider, frozenset(origin for url in urls if (origin := origin_of(url))))


def origin_of(url: str) -> Origin | None:
    """None where the address can be read in more than one way, or in none."""
    if "\\" in url or any(character <= " " for character in url):
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not host or parts.scheme not in _PORTS or parts.username is not None:
        return None
    return parts.scheme, host, port or _PORTS[parts.scheme]


def text_of(origin: Origin) -> str:
    scheme, host, port = origin
    return f"{scheme}://{host}" + ("" if port == _PORTS[scheme] else f":{port}")


def _named(url: str) -> str:
    origin = origin_of(url)
    return text_of(origin) if origin else "an address that cannot be read"
