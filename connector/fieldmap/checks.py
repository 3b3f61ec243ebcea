"""What stands between a mapping and the CRM it is for: asked of the CRM itself, before the mapping is put in force."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from adapters.base import CRM
from adapters.fitting import unlisted
from adapters.records import FieldSpec, Problem
from config.fields import ALLOWED, OUTPUTS
from config.mapping import REQUIRED_OUTPUTS, FieldMapping, Row
from connector.fieldmap.meaning import suspicion
from connector.store.connections import CrmConnection
from connector.wiring import Services

Key = tuple[str, str]
"""A row: the vendor's object, and the canonical field or output."""


class MappingRefusedError(ValueError):
    """The CRM does not go with this mapping; `problems` has each reason."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{one.what} {one.fix}" for one in problems))


@dataclass(frozen=True, slots=True)
class Findings:
    """What a check found."""

    problems: Sequence[Problem]
    """Of the mapped rows; the CRM's rights and the like are for `doctor`."""
    to_install: Sequence[Row]
    """Rows whose field is Leadline's own and not there yet: the installation makes it."""
    fields: Mapping[str, Mapping[str, FieldSpec]]
    """By object, the CRM's fields by lower-case name."""

    @property
    def fatal(self) -> Sequence[Problem]:
        return [one for one in self.problems if one.fatal]


def check_mapping(services: Services, crm: CrmConnection, mapping: FieldMapping) -> Findings:
    """Holds a mapping against the CRM as it is now.

    Raises:
        adapters.errors.AdapterError: the CRM could not be asked.
    """
    adapter = services.adapter(replace(crm, mapping=mapping))
    there = {one.object: {spec.name.lower(): spec for spec in adapter.fields(one.object)} for one in _existing(adapter, mapping)}
    rows = {(row.object, row.name): row for one in mapping.objects() for row in one.rows()}
    to_install = [row for row in rows.values() if row.own and row.object in there and row.field.lower() not in there[row.object]]
    known = {(row.object, row.name) for row in to_install}
    found = [one for one in adapter.check() if one.object and (one.object, one.name) not in known]
    return Findings([*_whole(mapping), *found, *_routes(services, rows.values(), there)], to_install, there)


_ROUTED: Final[Mapping[str, frozenset[str]]] = {"salesforce": frozenset({"Lead", "Contact"}), "hubspot": frozenset({"contacts"})}


def _existing(adapter: CRM, mapping: FieldMapping) -> list[FieldMapping]:
    """The mapped objects that can be asked for; of the others, the adapter's own check speaks."""
    return [one for one in mapping.objects() if one.object in _ROUTED[adapter.kind]]


def _whole(mapping: FieldMapping) -> Iterator[Problem]:
    """What shows without the CRM."""
    for one in mapping.objects():
        for name in REQUIRED_OUTPUTS:
            if name not in one.outputs:
                what = f"{name} ({OUTPUTS[name].meaning}) is off for {one.object}, and it has to stand somewhere."
                yield Problem(what, f"Give {name} a field: `leadline map NAME set {name} FIELD`.", object=one.object, name=name)
        yield from _read_twice(one)


def _read_twice(mapping: FieldMapping) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for name, field in mapping.inputs.items():
        if field.lower() in seen:
            what = f"{mapping.object}.{field} is read as {seen[field.lower()]} and as {name}: one of the two is likely a slip."
            yield Problem(what, f"Map {name} to its own field, or take it out.", False, mapping.object, name)
        seen.setdefault(field.lower(), name)


def _routes(services: Services, rows: Iterable[Row], there: Mapping[str, Mapping[str, FieldSpec]]) -> Iterator[Problem]:
    """Every destination of the policy in force has to fit into a restricted list."""
    destinations = list(services.policy.destinations)
    for row in rows:
        spec = there.get(row.object, {}).get(row.field.lower())
        if row.name == "route" and spec is not None:
            yield from unlisted(row, spec, destinations)


def changed_rows(before: FieldMapping, after: FieldMapping) -> frozenset[Key]:
    """Rows that are new or different, and those that are gone."""
    old = {(row.object, row.name): row for one in before.objects() for row in one.rows()}
    new = {(row.object, row.name): row for one in after.objects() for row in one.rows()}
    return frozenset(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))


def accept(services: Services, crm: CrmConnection, mapping: FieldMapping, *, allowed: Sequence[str] = ()) -> Findings:
    """Checks a mapping that is to replace the connection's. What was wrong before and was not touched does not stand in the way.

    Args:
        allowed: CRM fields that may be read although they look as if they told the outcome, or something about a person that
            must not matter.

    Raises:
        MappingRefusedError: a changed row does not go with the CRM.
        adapters.errors.AdapterError: the CRM could not be asked.
    """
    touched = changed_rows(crm.mapping, mapping)
    findings = check_mapping(services, crm, mapping)
    refused = [one for one in findings.fatal if (one.object, one.name) in touched]
    doubtful = _suspicious(mapping, findings.fields, allowed)
    refused += [problem for problem in doubtful if (problem.object, problem.name) in touched]
    if refused:
        raise MappingRefusedError(refused)
    return findings


def _suspicious(mapping: FieldMapping, there: Mapping[str, Mapping[str, FieldSpec]], allowed: Sequence[str]) -> Iterator[Problem]:
    """Only what may influence a score or a route is looked at: the postcode in the postcode's place does no harm."""
    spoken_for = {name.lower() for name in allowed}
    for one in mapping.objects():
        for name, field in one.inputs.items():
            spec = there.get(one.object, {}).get(field.lower())
            said = (field, spec.label) if spec else (field,)
            why = next(filter(None, (suspicion(text, name) for text in said)), "") if name in ALLOWED else ""
            if why and field.lower() not in spoken_for:
                what = f"{one.object}.{field} {why}, and {name} influences scores and routes."
                yield Problem(what, f"Leave it out, or take it in under your name with --allow {field}.", True, one.object, name)
