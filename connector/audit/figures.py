"""The figures of an audit: the same few shapes for all of them, so that a page, a program and a later board read them alike.

Only whole numbers and texts: moments as RFC 3339, durations in seconds, rates per mille. What could not be read is said so and
has no number.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

VERSION: Final = 1
"""Rises when a figure's definition changes: two audits compare only under the same one."""

FEW: Final = 30
"""A rate of fewer than this is marked: it says little."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`count` of `of`, and where the true rate lies in 95 of 100 such cases, if these records stand for those to come."""

    count: int
    of: int
    low: int
    """Per mille."""
    high: int

    @property
    def permille(self) -> int:
        return round(1000 * self.count / self.of) if self.of else 0

    @property
    def few(self) -> bool:
        return self.of < FEW


@dataclass(frozen=True, slots=True)
class Part:
    """One line of a figure's breakdown."""

    label: str
    count: int
    of: int
    rates: Mapping[str, Rate] = field(default_factory=dict)
    """More columns, by name."""
    about: str = ""
    """A few words more about it."""


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    title: str
    definition: str
    """One sentence: what is counted, of what."""
    rate: Rate | None = None
    values: Mapping[str, int] = field(default_factory=dict)
    """More numbers; the unit is the end of the name: `p50_seconds`, `calls`."""
    parts: tuple[Part, ...] = ()
    notes: tuple[str, ...] = ()
    unread: str = ""
    """Why it could not be read, and what to do; then it has no number."""


@dataclass(frozen=True, slots=True)
class Audit:
    """Everything that one audit found, frozen."""

    version: int
    connection: str
    kind: str
    object: str
    """The vendor's name of what was counted: `Lead`, `contacts`."""
    taken_at: str
    since: str
    until: str
    days: int
    zone: str
    """The company's time zone, in which days and working hours are meant."""
    hours: str
    """The working hours, in words."""
    policy: str
    """Version of the policy that judged."""
    profile: str
    figures: tuple[Figure, ...]
    notes: tuple[str, ...] = ()

    def figure(self, name: str) -> Figure:
        return next(one for one in self.figures if one.name == name)

    def document(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def audit_of(document: Mapping[str, Any]) -> Audit:
    """An audit out of its document, as `Audit.document` made it."""
    figures = tuple(_figure(one) for one in document["figures"])
    return Audit(**{**document, "figures": figures, "notes": tuple(document["notes"])})


def _figure(document: Mapping[str, Any]) -> Figure:
    parts = tuple(
        Part(**{**one, "rates": {name: Rate(**rate) for name, rate in one["rates"].items()}}) for one in document["parts"]
    )
    rate = Rate(**document["rate"]) if document["rate"] else None
    return Figure(**{**document, "rate": rate, "parts": parts, "notes": tuple(document["notes"])})
