"""What the mapping would read from one record and write to it: a lead's whole way, with nothing put down and nothing sent."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from adapters.records import Gone, Lead, RecordRef
from config.fields import QUIET_OUTPUTS, Value
from config.mapping import OVERWRITES, FieldMapping, Row
from connector.case import record_key
from connector.differences import Plan, Standing, plan_write, to_be_dated
from connector.drafts import Drafted, decided_here
from connector.hydration import Hydrated, input_hash
from connector.judgement import place
from connector.lookup import NotFoundError, find_records
from connector.pipeline import Drain
from connector.routing.rollout import Mode, acts
from connector.scene import Scene, scene_of
from connector.standing import Standings
from connector.store.connections import CrmConnection
from connector.store.dues import Due
from connector.store.engine import reading
from connector.store.outbox import Write
from connector.store.records import inherited_by, known_records
from connector.store.turns import lock_pools
from connector.wiring import Services
from webhooks.salesforce_words import id18

Verdict = Literal["write", "same", "kept", "waits", "read"]
"""waits: it would be written, were Leadline allowed to act on this lead's source."""

_OBJECT_OF: Final[Mapping[str, Literal["lead", "contact"]]] = {"00Q": "lead", "003": "contact"}
"""Salesforce's key prefixes: Lead, Contact (developer.salesforce.com, field reference, Record ID prefixes)."""


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """One field of the record."""

    row: Row
    before: Value
    """What stands there, in our units."""
    after: Value
    """What would stand there, as the CRM would hold it; of what is read, what Leadline takes it for."""
    verdict: Verdict
    why: str = ""
    """Of what is kept, or waits: the reason. Of what is written: what has to happen first."""


@dataclass(frozen=True, slots=True)
class Preview:
    ref: RecordRef
    lines: Sequence[PreviewLine]
    mode: Mode
    """How far Leadline may act on this lead's source."""

    def to_write(self) -> Sequence[PreviewLine]:
        return [line for line in self.lines if line.verdict == "write"]


def preview(services: Services, crm: CrmConnection, lead: str, mapping: FieldMapping | None = None) -> Preview:
    """
    Args:
        lead: the CRM's record id, Leadline's key or an e-mail address that was decided about.
        mapping: one that is not in force yet, in place of the connection's.

    Raises:
        NotFoundError: there is no such record.
        adapters.errors.AdapterError: the CRM could not be asked.
    """
    listed = crm.writable if mapping is None else mapping.only(crm.listed or {})
    crm = replace(crm, mapping=mapping or crm.mapping, listed=None)  # also what no installation listed yet is shown
    ref = _ref(services, crm, lead)
    found = services.adapter(crm).fetch([ref])[ref]
    if isinstance(found, Gone):
        raise NotFoundError(f"{ref.object} {ref.id} of {crm.name} cannot be worked on: {found.reason.replace('_', ' ')}.")
    plan, mode = _rehearsed(services, crm, found)
    return Preview(ref, [*_read(crm.mapping, found), *_written(crm.mapping, plan, mode, listed)], mode)


def _ref(services: Services, crm: CrmConnection, lead: str) -> RecordRef:
    """The record meant. One that Leadline has never seen goes by its id alone."""
    id_ = lead.strip()
    if crm.kind == "salesforce" and (whole := id18(id_)) and id_[:3] in _OBJECT_OF:
        return RecordRef(crm.name, _OBJECT_OF[id_[:3]], whole)
    if crm.kind == "hubspot" and id_.isascii() and id_.isdecimal():
        return RecordRef(crm.name, "contact", id_)
    live = [one.ref for one in find_records(services.engine, id_, crm.name) if one.state == "live"]
    if len(live) != 1:
        raise NotFoundError(f"{len(live)} records of {crm.name} go by this; give the CRM's id of the one you mean.")
    return live[0]


def _rehearsed(services: Services, crm: CrmConnection, lead: Lead) -> tuple[Plan, Mode]:
    """The write that would follow if the record came in just now and Leadline might act on it."""
    scene = scene_of(services)
    scene = replace(scene, crms={**scene.crms, crm.name: crm})
    known = known_records(services.engine, crm.name, [lead.ref]).get(lead.ref)
    inherited = inherited_by(services.engine, crm.name, [lead.ref]).get(lead.ref, ())
    due = Due(lead.ref, 0, 0, lead.modified_at)
    hydrated = Hydrated(due, lead, input_hash(lead.values), known, inherited=inherited)
    drafted, mode = _decided(services, crm, scene, hydrated)
    write = _write(drafted, hydrated)
    standing = Standing(lead.outputs, lead.owner_id, lead.modified_at, lead.read_at)
    doubtful = to_be_dated(scene, write, standing)
    changed = services.adapter(crm).changed_at([lead.ref], doubtful).get(lead.ref, {}) if doubtful else {}
    return plan_write(scene, write, standing, changed), mode


def _decided(services: Services, crm: CrmConnection, scene: Scene, hydrated: Hydrated) -> tuple[Drafted, Mode]:
    ready = Drain(services, crm).rehearse(hydrated)
    with reading(services.engine) as session:  # never committed: the pools are as they were
        standings = Standings(services.policy, scene, lock_pools(session, services.policy.pools))
    standing = standings.of(crm, hydrated, ready.case, ready.match.person)
    placed = place(ready.case, ready.judged, standing, ready.policy, ready.profile)
    return decided_here(scene, hydrated, ready.match.person, placed, ready.case), ready.case.mode


def _write(drafted: Drafted, hydrated: Hydrated) -> Write:
    """The draft as the deliverer would see it."""
    draft, known = drafted.draft, hydrated.known
    return Write(
        id=0,
        ref=draft.ref,
        packet_id=draft.packet_id,
        packet_hash=draft.packet_hash,
        outputs=json.loads(drafted.decided.desired),
        owner_id=draft.owner_id,
        task=None,
        before=None,
        version=0,
        tried=known.tried if known else (),
        written=known.written if known else {},
        written_owner=known.written_owner if known else None,
        wrapped_key=None,
        attempts=0,
        unanswered_for=None,
        age=0.0,
        source_at=hydrated.lead.modified_at,
        hand_over=draft.hand_over,
        inherited=hydrated.inherited,
    )


def _read(mapping: FieldMapping, lead: Lead) -> list[PreviewLine]:
    rows = mapping.for_record(lead.ref.object).rows()
    return [PreviewLine(row, None, lead.values.get(row.name), "read") for row in rows if row.name in lead.values]


def _written(mapping: FieldMapping, plan: Plan, mode: Mode, listed: FieldMapping) -> list[PreviewLine]:
    word = plan.write.ref.object
    rows = [row for row in mapping.for_record(word).rows() if row.direction == "write" and row.name not in QUIET_OUTPUTS]
    acting, outputs = acts(mode, record_key(plan.write.ref)), listed.for_record(word).outputs
    return [_unlisted(line, outputs) for line in (_line(row, plan, mode, acting=acting) for row in rows)]


def _unlisted(line: PreviewLine, listed: Mapping[str, str]) -> PreviewLine:
    if line.verdict != "write" or line.row.name in listed:
        return line
    return replace(line, why="an installation lists it")


def _line(row: Row, plan: Plan, mode: Mode, *, acting: bool) -> PreviewLine:
    before = plan.standing.outputs.get(row.name)
    there = row.terms.transform.onward(plan.write.outputs.get(row.name))
    if row.name in plan.kept:
        return PreviewLine(row, before, before, "kept", f"{row.terms.overwrite}: {OVERWRITES[row.terms.overwrite]}")
    if row.name not in plan.outputs:
        return PreviewLine(row, before, there, "same")
    if not acting and not row.own:
        return PreviewLine(row, before, there, "waits", f"in mode {mode} only Leadline's own fields are written")
    return PreviewLine(row, before, there, "write")
