"""What a benchmark says: our number, its floor or peer from the same run, and how far the repetitions were apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table. None where a column does not apply, or could not be measured on this machine."""

    name: str
    says: str
    """One sentence for a person."""
    unit: str
    """Of `ours` and `floor`."""
    ours: float | None
    floor: float | None
    """The floor's or the peer's number."""
    ratio: float | None
    ratio_spread: tuple[float, float] | None = None
    """The lowest and the highest ratio among the repetitions."""
    p50_ms: float | None = None
    p99_ms: float | None = None
    peak_memory_mb: float | None = None
    """Of Leadline's own processes, the servers left out."""
    cpu_ms_per_unit: float | None = None
    """Processor time of Leadline's own processes for one request or lead."""
    crm_calls_per_lead: float | None = None
    repetitions: int = 1
    details: Mapping[str, Any] | None = None
    """More numbers, for a program."""

    def document(self) -> dict[str, Any]:
        """JSON-ready, numbers rounded to four significant digits."""
        return {name: _rounded(getattr(self, name)) for name in _NAMES}


_NAMES: Final = tuple(Result.__dataclass_fields__)

_COLUMNS: Final = (
    "name",
    "unit",
    "ours",
    "floor",
    "ratio",
    "p50_ms",
    "p99_ms",
    "peak_memory_mb",
    "cpu_ms_per_unit",
    "crm_calls_per_lead",
)


def table(results: Sequence[Result]) -> str:
    """The results for a person: columns of numbers, then a sentence for each line."""
    rows = [_COLUMNS, *(tuple(_shown(result.document()[name]) for name in _COLUMNS) for result in results)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(_COLUMNS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines, "", *(f"{result.name}: {result.says}" for result in results)])


def _shown(value: object) -> str:
    return "-" if value is None else str(value)


def _rounded(value: Any) -> Any:
    match value:
        case float():
            return float(f"{value:.4g}")
        case tuple() | list():
            return [_rounded(one) for one in value]
        case dict():
            return {name: _rounded(one) for name, one in value.items()}
    return value
