"""HubSpot's two generations of paths, made one."""

import re
from dataclasses import dataclass
from typing import Final

_DATED: Final = r"20\d\d-(?:03|09)"
_PATTERNS: Final = tuple(
    (area, re.compile(pattern))
    for area, pattern in (
        ("objects", rf"/crm/(?:v3/objects|v4/objects|objects/{_DATED})/(.*)"),
        ("properties", rf"/crm/(?:v3/properties|properties/{_DATED})/(.*)"),
        ("owners", rf"/crm/(?:v3/owners|owners/{_DATED})(/.*)?"),
        ("associations", rf"/crm/(?:v4/associations|associations/{_DATED})/(.*)"),
        ("account", rf"/account-info/(?:v3|{_DATED})/(.*)"),
        ("oauth", rf"/oauth/(?:v1|v3|{_DATED})/(.*)"),
    )
)
SUPPORTED: Final = re.compile(r"/(2026-03|2026-09)(?=/|$)")


@dataclass(frozen=True, slots=True)
class Route:
    """What a path means, whatever its generation."""

    area: str
    parts: tuple[str, ...]


def route_of(path: str) -> Route | None:
    """The meaning of a path; None where the sandbox has nothing."""
    if re.search(rf"/{_DATED}(?=/|$)", path) and not SUPPORTED.search(path):
        return None
    for area, pattern in _PATTERNS:
        if match := pattern.fullmatch(path):
            return Route(area, tuple(part for part in (match[1] or "").split("/") if part))
    return None
