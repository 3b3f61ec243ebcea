"""The mapping as a table: each row with how full its field is, what stands there, and what went wrong with it last."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from adapters.records import Problem
from config.fields import FIELDS, OUTPUTS
from config.mapping import REQUIRED_OUTPUTS, Row
from config.transforms import SAME, transform_document
from connector.fieldmap.checks import Findings, check_mapping
from connector.moments import moment_text
from connector.store.connections import CrmConnection
from connector.store.letters import refused_outputs
from connector.wiring import Services

SAMPLE: Final = 200
"""Records that are looked at, the newest; one or two calls."""

_ORDER: Final[Mapping[str, int]] = {name: place for place, name in enumerate([*FIELDS, *OUTPUTS])}


@dataclass(frozen=True, slots=True)
class Line:
    """One row and what is known of it."""

    row: Row
    installed: bool
    """False for a field of Leadline's own that is not there yet."""
    seen: int
    """Records that were looked at."""
    filled: int
    """Of those, records in which the field holds something."""
    example: str
    """The newest value; a person's perhaps, so never shown unmasked unless asked for."""
    error: str
    """What is wrong with the field now, or else the last thing that the CRM refused."""

    @property
    def required(self) -> bool:
        """Without it no lead is routed well, or nobody learns of it."""
        return self.row.terms.required or self.row.name in REQUIRED_OUTPUTS

    def document(self, *, show_values: bool) -> dict[str, Any]:
        """For a program."""
        row = self.row
        return {
            "object": row.object,
            "field": row.field,
            "name": row.name,
            "direction": row.direction,
            "transform": None if row.terms.transform == SAME else transform_document(row.terms.transform),
            "overwrite": row.terms.overwrite if row.direction == "write" else None,
            "required": self.required,
            "own": row.own,
            "installed": self.installed,
            "seen": self.seen,
            "filled": self.filled,
            "example": self.example if show_values else masked(self.example),
            "error": self.error or None,
        }


@dataclass(frozen=True, slots=True)
class MappingTable:
    lines: Sequence[Line]
    off: Sequence[str]
    """Outputs that are written nowhere."""

    def telling(self, object_: str) -> Sequence[Line]:
        """The lines of an object that say something else than the first object's do."""
        first = {line.row.name: line.row for line in self.lines if line.row.object == self.lines[0].row.object}
        return [
            line
            for line in self.lines
            if line.row.object == object_ and (line.error or not _alike(line.row, first.get(line.row.name)))
        ]


def _alike(row: Row, other: Row | None) -> bool:
    return other is not None and (row.field, row.terms) == (other.field, other.terms)


def mapping_table(services: Services, crm: CrmConnection, *, sample: int = SAMPLE) -> MappingTable:
    """
    Raises:
        adapters.errors.AdapterError: the CRM could not be asked.
    """
    findings = check_mapping(services, crm, crm.mapping)
    errors = dict(_errors(services, crm, findings))
    missing = {(row.object, row.name) for row in findings.to_install}
    lines: list[Line] = []
    for one in crm.mapping.objects():
        rows = sorted(one.rows(), key=lambda row: _ORDER[row.name])
        records = services.adapter(crm).recent(sorted({row.field for row in rows}), sample, one.object)
        lines += [
            Line(
                row=row,
                installed=(row.object, row.name) not in missing,
                seen=len(records),
                filled=sum(row.field in record for record in records),
                example=next((record[row.field] for record in records if row.field in record), ""),
                error=errors.get((row.object, row.name), ""),
            )
            for row in rows
        ]
    return MappingTable(lines, [name for name in OUTPUTS if name not in crm.mapping.outputs])


def _errors(services: Services, crm: CrmConnection, findings: Findings) -> Iterator[tuple[tuple[str, str], str]]:
    for name, (at, reason) in refused_outputs(services.engine, crm.name).items():
        yield from (((one.object, name), f"{moment_text(at)}: {reason}") for one in crm.mapping.objects())
    for problem in findings.problems:
        yield (problem.object, problem.name), _sentence(problem)


def _sentence(problem: Problem) -> str:
    return f"{problem.what} {problem.fix}"


def masked(text: str) -> str:
    """The shape of a value: letters and digits tell nothing but how many they are."""
    return "".join("x" if letter.isalpha() else "9" if letter.isdigit() else letter for letter in text)
