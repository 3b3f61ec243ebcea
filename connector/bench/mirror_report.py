"""How big a run of `bench mirror` is, and what it found."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

from adapters.sandbox.client import CRMName

_TOLD: Final = 20
"""Findings of one kind that are told one by one."""


@dataclass(frozen=True, slots=True)
class Size:
    records: int = 200_000
    """In each CRM."""
    changes: int = 20_000
    """In each CRM."""
    missed: float = 0.05
    """Of the changes: no webhook tells of them."""
    kills: int = 10
    quiet: bool = True
    """Measures a second sweep, that finds nothing new."""
    busy: int = 60
    """Seconds of leads as in a busy hour; 0: none."""
    seed: int = 1
    lag: float = 5.0
    """Seconds for which HubSpot's search does not see a change."""


@dataclass(slots=True)
class MirrorReport:
    size: Size
    kills: list[str] = field(default_factory=list)
    """Who died, in order."""
    seconds: dict[str, float] = field(default_factory=dict)
    """By part."""
    calls: dict[str, dict[CRMName, float]] = field(default_factory=dict)
    """CRM calls per 1,000 records or leads; of a sweep, in all."""
    throttled: dict[CRMName, int] = field(default_factory=dict)
    """Calls that were answered 429 in all."""
    after_backfill: Mapping[str, int] = field(default_factory=dict)
    """Rows of decisions and writes, and writes in the CRMs, that the backfill left. All 0."""
    counted: dict[str, int] = field(default_factory=dict)
    memory: Mapping[str, int] = field(default_factory=dict)
    """Peak of the greediest process of each kind, MB."""
    findings: list[str] = field(default_factory=list)
    """What does not hold; empty if nothing is missing and nothing was done twice."""

    def document(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "name": "mirror",
            "records": self.size.records,
            "changes": self.size.changes,
            "missed": self.size.missed,
            "seed": self.size.seed,
            "kills": self.kills,
            "seconds": {part: round(seconds, 1) for part, seconds in self.seconds.items()},
            "calls": {what: {kind: round(count, 1) for kind, count in by.items()} for what, by in self.calls.items()},
            "throttled": self.throttled,
            "after_backfill": dict(self.after_backfill),
            "counted": self.counted,
            "peak_memory_mb": dict(self.memory),
            "findings": self.findings,
        }


def some(sentences: Iterable[str]) -> list[str]:
    """The first findings of each kind, and how many more there are: a thousand times the same says no more than twenty."""
    told: list[str] = []
    for _, group in groupby(sorted(sentences, key=_kind), key=_kind):
        same = list(group)
        told += same[:_TOLD]
        if len(same) > _TOLD:
            told.append(f"... and {len(same) - _TOLD:,} more like the last one")
    return told


def _kind(sentence: str) -> str:
    """What is said after the name of the record."""
    return sentence.partition(": ")[2] or sentence
