"""HubSpot's two generations of paths, made one."""

import re
from dataclasses import dataclass
from typing import Final

_DATED: Final = r"20\d\d-(?:03|09)"
_BETA: Final = rf"{_DATED}(?:-beta)?"
"""Some APIs have a dated path only as a beta."""

_PATTERNS: Final = tuple(
    (area, re.compile(pattern))
    for area, pattern in (
        ("objects", rf"/crm/(?:v3/objects|v4/objects|objects/{_DATED})/(.*)"),
        ("properties", rf"/crm/(?:v3/properties|properties/{_DATED})/(.*)"),
        ("owners", rf"/crm/(?:v3/owners|owners/{_DATED})(/.*)?"),
        ("associations", rf"/crm/(?:v4/associations|associations/{_DATED})/(.*)"),
        ("schemas", rf"/(?:crm-object-schemas/(?:v3|{_DATED})|crm/v3)/schemas(/.*)?"),
        ("lists", rf"/crm/(?:v3/lists|lists/{_DATED})(/.*)?"),
        ("pipelines", rf"/crm/(?:v3/pipelines|pipelines/{_DATED})/(.*)"),
        ("account", rf"/account-info/(?:v3|{_DATED})/(.*)"),
        ("users", rf"/settings/(?:v3/users|users/{_DATED})(/.*)?"),
        ("callbacks", rf"/automation/(?:v4/actions/callbacks|actions/callbacks/{_DATED})/(.*)"),
        ("flows", rf"/automation/(?:v4|{_BETA})/flows(/.*)?"),
        ("forms", rf"/marketing/(?:v3/forms|forms/{_BETA})(/.*)?"),
        ("app", r"/(?:webhooks/(?:v3|2026-03)|app-webhooks/2026-09)/(.*)"),
        ("uninstall", rf"/appinstalls/(?:v3|{_DATED})/external-install()"),
        ("oauth", rf"/oauth/(?:v1|v2|v3|{_DATED})/(.*)"),
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
