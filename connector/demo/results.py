"""What became of each lead, read from the CRM's own record and its history, and the figures over all. Nothing here is assumed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import Any, Final

from config.mapping import FieldMapping
from connector.demo.lead import DemoLead

NOT_MEASURED: Final = "not measured"

_NEEDED: Final = {"fit_score": "fit score", "engagement_score": "engagement score", "route": "route", "route_reason": "reason"}

_FACTS: Final = ("company", "title", "industry", "country", "source")
"""Fields whose words a reason may name; numbers are looked for by themselves."""


@dataclass(frozen=True, slots=True)
class Result:
    """One lead as its CRM shows it in the end."""

    lead: DemoLead
    id: str
    outputs: Mapping[str, Any]
    """Output name to what stands in the record."""
    owner: str
    """A person's or a queue's name; empty if nobody looks at this lead."""
    created_at: int
    """Milliseconds since 1970 by the CRM's clock, as the next."""
    scored_at: int | None
    """When a fit score was first written; None if none was."""

    @property
    def milliseconds(self) -> int | None:
        return None if self.scored_at is None else self.scored_at - self.created_at

    def text(self, output: str) -> str:
        value = self.outputs.get(output)
        if isinstance(value, float):  # Salesforce's numbers come as 85.0
            value = int(value)
        return "" if value is None else str(value)

    @property
    def missing(self) -> list[str]:
        """What keeps this lead in limbo, in words."""
        given = {name for name in _NEEDED if self.text(name)}
        if NOT_MEASURED in self.text("route_reason").lower():
            given.add("engagement_score")
        return [called for name, called in _NEEDED.items() if name not in given] + ([] if self.owner else ["owner or queue"])

    @property
    def names_a_fact(self) -> bool:
        """The reason names something that stands in this very record."""
        said = self.text("route_reason").lower()
        values = [str(self.lead.values[name]).lower()[:24] for name in _FACTS if self.lead.values.get(name)]
        return any(value in said for value in values) or f"{self.lead.values.get('employees')} staff" in said


def result_of(
    lead: DemoLead,
    record: Mapping[str, Any],
    history: Sequence[Mapping[str, Any]],
    mapping: FieldMapping,
    owners: Mapping[str, str],
) -> Result:
    """
    Args:
        record: as `SandboxClient.read` gives it.
        history: as `SandboxClient.history` gives it, oldest first.
        owners: those who count as an owner: the CRM's id to name.
    """
    properties = record["properties"]
    owner_id = properties.get("OwnerId") or properties.get("hubspot_owner_id")
    return Result(
        lead=lead,
        id=record["id"],
        outputs={name: properties.get(crm_field) for name, crm_field in mapping.outputs.items()},
        owner=owners.get(owner_id, ""),
        created_at=history[0]["at"],
        scored_at=_first_written(history, mapping.outputs["fit_score"]),
    )


def _first_written(history: Sequence[Mapping[str, Any]], crm_field: str) -> int | None:
    return next((entry["at"] for entry in history if entry["changed"].get(crm_field, (None, None))[1] is not None), None)


@dataclass(frozen=True, slots=True)
class Proof:
    """What the verifier says about the chains of both connections."""

    packets: int
    verified: int
    findings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """The figures of one run."""

    results: Sequence[Result]
    calls: Mapping[str, int]
    """CRM to API calls that Leadline made."""
    proof: Proof

    @property
    def in_limbo(self) -> list[Result]:
        return [result for result in self.results if result.missing]

    @property
    def fine(self) -> bool:
        return not self.in_limbo and self.proof.packets == self.proof.verified and not self.proof.findings

    def count(self, output: str) -> dict[str, int]:
        """How many leads have which value, the most frequent first."""
        return dict(Counter(result.text(output) or "none" for result in self.results).most_common())

    @cached_property
    def speeds(self) -> list[int]:
        """Milliseconds, ascending."""
        return sorted(result.milliseconds for result in self.results if result.milliseconds is not None)

    @cached_property
    def seconds(self) -> float:
        """From the first lead's creation to the last lead's first score."""
        scored = [result.scored_at for result in self.results if result.scored_at is not None]
        return (max(scored) - min(result.created_at for result in self.results)) / 1000 if scored else 0.0

    @property
    def leads_per_second(self) -> float:
        return round(len(self.speeds) / self.seconds, 1) if self.seconds else 0.0

    @property
    def calls_per_lead(self) -> float:
        return round(sum(self.calls.values()) / max(len(self.results), 1), 3)

    @property
    def duplicates(self) -> int:
        """Records that share another record's decision."""
        shared = Counter(url for result in self.results if (url := result.text("packet_url")))
        return sum(count - 1 for count in shared.values())

    def document(self) -> dict[str, Any]:
        """JSON-ready."""
        total = max(len(self.results), 1)
        return {
            "leads": len(self.results),
            "in_limbo": len(self.in_limbo),
            "leads_per_second": self.leads_per_second,
            **{f"p{percent}_ms": percentile(self.speeds, percent) for percent in (50, 95, 99)},
            "crm_calls_per_lead": self.calls_per_lead,
            "crm_calls": dict(self.calls),
            "packets": self.proof.packets,
            "packets_verified": self.proof.verified,
            "duplicates": self.duplicates,
            "repeats_sent": sum(result.lead.repeats for result in self.results),
            "by_route": self.count("route"),
            "by_grade": dict(sorted(self.count("grade").items())),
            "by_reason_code": self.count("reason_code"),
            "default_lane_share": round(self.count("reason_code").get("NO_RULE", 0) / total, 4),
            "reasons_naming_a_fact": round(sum(result.names_a_fact for result in self.results) / total, 4),
            "not_measured": sum(not result.text("engagement_score") for result in self.results),
            "seconds": round(self.seconds, 1),
            "limbo": [_in_words(result) for result in self.in_limbo[:20]],
        }


def _in_words(result: Result) -> dict[str, Any]:
    """No personal value: a record's id is enough to find it."""
    return {"crm": result.lead.crm, "id": result.id, "lacks": result.missing}


def percentile(ascending: Sequence[int], percent: int) -> int | None:
    """By the nearest rank: the smallest value that at least `percent` percent do not exceed."""
    return ascending[ceil(percent * len(ascending) / 100) - 1] if ascending else None
