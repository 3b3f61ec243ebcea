"""What must hold after the storm, checked from the CRMs' own records and history and from our books, each against the other."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from adapters.records import Lead, RecordRef
from config.fields import QUIET_OUTPUTS, Values
from connector import verifier
from connector.bench.chaos_crowd import OWNERS, TABLES, Kind
from connector.bench.chaos_world import World
from connector.demo.portals import HUBSPOT, SALESFORCE
from connector.differences import same
from connector.hydration import input_hash
from connector.packet import export_line, open_sealed
from connector.store.audit import (
    BookedRecord,
    booked_people,
    booked_records,
    booked_tasks,
    booked_turns,
    dead_letters,
)
from connector.store.chain import chain_of
from connector.store.records import record_key_of
from connector.store.turns import all_pools

NAMES: Final[Mapping[Kind, str]] = {"hubspot": HUBSPOT, "salesforce": SALESFORCE}
_KINDS: Final[Mapping[str, Kind]] = {HUBSPOT: "hubspot", SALESFORCE: "salesforce"}
_KEY_LINE: Final = re.compile(r"Leadline ref: (LT-[0-9a-f]+)")
_TASKS: Final[Mapping[Kind, tuple[str, str]]] = {"hubspot": ("tasks", "hs_task_body"), "salesforce": ("Task", "Description")}
_DERIVED_INPUT: Final = "hand_raised_at"
"""Filled in by us where the CRM is silent, so it may differ between two looks at one input."""


@dataclass(frozen=True, slots=True)
class Decided:
    """One packet, opened."""

    id: str
    ref: RecordRef
    person_id: str
    inputs: Values
    owner: str | None
    pool: str | None
    raised: str


@dataclass(frozen=True, slots=True)
class Aftermath:
    """Everything there is to compare, read once after things have settled."""

    world: World
    leads: Mapping[RecordRef, Lead]
    """Every live record, as the adapters read it."""
    booked: Mapping[RecordRef, BookedRecord]
    packets: Sequence[Decided]
    """In the order of their chains."""
    journal: Sequence[Mapping[str, Any]]
    tasks: Mapping[str, Sequence[str]]
    """Our key to the ids of all tasks that carry it, in both CRMs."""


def look(world: World, only: Sequence[RecordRef] | None = None, journal_from: int = 0) -> Aftermath:
    """Reads it all.

    Args:
        only: of the records these, where others are not to be decided about.
        journal_from: where the CRMs' journal began to matter, as `SandboxClient.journal_end` said.
    """
    leads = {ref: lead for kind in TABLES for ref, lead in _live(world, kind, only)}
    booked = {one.ref: one for one in booked_records(world.services.engine, only)}
    journal = world.portals.sandbox.journal(journal_from)
    return Aftermath(world, leads, booked, list(_packets(world)), journal, _tasks(world))


def findings(after: Aftermath) -> Iterator[str]:
    """One sentence for everything that does not hold."""
    yield from _lost(after)
    yield from _decided_twice(after)
    yield from _owners(after)
    yield from _taken_from_persons(after)
    yield from _task_faults(after)
    yield from _turn_faults(after)
    yield from _chain_faults(after)
    yield from _set_aside(after)


def _set_aside(after: Aftermath) -> Iterator[str]:
    for name, what, reference, reason in dead_letters(after.world.services.engine):
        if what == "item":
            continue  # Salesforce's message about a lead that was deleted before it left: it names no record
        yield f"{name}: {what} {reference} was set aside: {reason}"


# --- reading


def _live(world: World, kind: Kind, only: Sequence[RecordRef] | None) -> Iterator[tuple[RecordRef, Lead]]:
    crm = world.services.connections()[NAMES[kind]]
    adapter = world.services.adapter(crm)
    refs = list(_refs(world, kind)) if only is None else [ref for ref in only if ref.connection == crm.name]
    for start in range(0, len(refs), adapter.batch):
        for ref, found in adapter.fetch(refs[start : start + adapter.batch]).items():
            if isinstance(found, Lead):
                yield ref, found


def _refs(world: World, kind: Kind) -> Iterator[RecordRef]:
    """Of every live record."""
    name = "lead" if kind == "salesforce" else "contact"
    for row in world.portals.sandbox.records(kind, TABLES[kind]):
        if not row["archived"] and not row["mergedInto"]:
            yield RecordRef(NAMES[kind], name, row["id"])  # type: ignore[arg-type]


def _packets(world: World) -> Iterator[Decided]:
    keys: dict[RecordRef, bytes] = {}
    for name in NAMES.values():
        for link in chain_of(world.services.engine, name):
            if link.kind == "packet":
                yield _opened(world, keys, name, json.loads(link.body))


def _opened(world: World, keys: dict[RecordRef, bytes], name: str, packet: Mapping[str, Any]) -> Decided:
    ref = RecordRef(name, packet["record"]["object"], packet["record"]["id"])
    if ref not in keys:
        keys[ref] = world.services.vault.unwrap(record_key_of(world.services.engine, ref) or b"", ref)
    facts = open_sealed(packet["sealed"], keys[ref], packet["id"])
    inputs = {field: value for field, value in facts["values"].items() if field != _DERIVED_INPUT}
    owner = packet["decision"]["owner"]
    return Decided(packet["id"], ref, facts["match"]["person"], inputs, owner["chosen"], owner["pool"], facts["raised"])


def _tasks(world: World) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for kind, (table, body) in _TASKS.items():
        for row in world.portals.sandbox.records(kind, table):
            for key in _KEY_LINE.findall(row["properties"].get(body) or ""):
                found[key].append(row["id"])
    return found


# --- nothing lost, nothing twice


def _lost(after: Aftermath) -> Iterator[str]:
    for ref, lead in after.leads.items():
        booked = after.booked.get(ref)
        if booked is None:
            yield f"{_said(ref)}: nothing was ever decided about it"
        elif booked.input_hash != input_hash(lead.values):
            yield f"{_said(ref)}: its last state was not decided"
        else:
            yield from _unwritten(booked, lead)


def _unwritten(booked: BookedRecord, lead: Lead) -> Iterator[str]:
    missing = [
        name
        for name, value in booked.desired.items()
        if name not in QUIET_OUTPUTS and name in lead.outputs and not same(value, lead.outputs[name])
    ]
    if missing or not lead.outputs.get("route"):
        yield f"{_said(booked.ref)}: not written as decided: {', '.join(sorted(missing)) or 'route'}"


def _decided_twice(after: Aftermath) -> Iterator[str]:
    last: dict[RecordRef, Decided] = {}
    for packet in after.packets:
        before = last.get(packet.ref)
        if before and before.inputs == packet.inputs and before.person_id == packet.person_id:
            yield f"{_said(packet.ref)}: packets {before.id} and {packet.id} decide about one input"
        last[packet.ref] = packet


# --- owners


def _owners(after: Aftermath) -> Iterator[str]:
    """No owner was set more often than decisions about the person chose that owner."""
    wanted: dict[str, Counter[str]] = defaultdict(Counter)
    for packet in after.packets:
        wanted[packet.person_id][packet.owner or ""] += 1
    for ref, changes in _owner_changes(after).items():
        booked = after.booked.get(ref)
        if booked is None:
            continue
        by_us = Counter(new for by_person, _, new in changes if not by_person)
        by_persons = Counter(new for by_person, _, new in changes if by_person)
        chosen = _ids(after, ref, wanted[booked.person_id])
        for owner, times in by_us.items():
            allowed = chosen[owner] + by_persons[owner]  # what a person set may have been restored
            if times > allowed:
                story = ", ".join(f"{'a person' if by_person else 'we'} {old} to {new}" for by_person, old, new in changes)
                yield f"{_said(ref)}: owner {owner} was set {times} times for {allowed} decisions ({story})"


def _ids(after: Aftermath, ref: RecordRef, owners: Counter[str]) -> Counter[str | None]:
    """Owners by the CRM's own id."""
    seats = after.world.services.seats(ref.connection)
    found = Counter[str | None]()
    for owner, times in owners.items():
        seat = seats.by_email.get(owner) or seats.queues.get(owner)
        found[seat.id if seat else None] += times
    return found


def _taken_from_persons(after: Aftermath) -> Iterator[str]:
    for ref, changes in _owner_changes(after).items():
        lead = after.leads.get(ref)
        at = max((place for place, (by_person, *_) in enumerate(changes) if by_person), default=None)
        if lead is None or at is None:
            continue
        chosen = changes[at][2]
        ours_before = any(not by_person and new == chosen for by_person, _, new in changes[:at])
        if lead.owner_id != chosen and not ours_before:
            yield f"{_said(ref)}: a person made {chosen} its owner, and it is {lead.owner_id}"


def _owner_changes(after: Aftermath) -> Mapping[RecordRef, list[tuple[bool, str | None, str | None]]]:
    """(by a person, old, new) of each record after its creation, oldest first."""
    found: dict[RecordRef, list[tuple[bool, str | None, str | None]]] = defaultdict(list)
    for entry in after.journal:
        kind: Kind = entry["crm"]
        change = entry["changed"].get(OWNERS[kind])
        if entry["object"] == TABLES[kind] and entry["kind"] == "updated" and change:
            name = "lead" if kind == "salesforce" else "contact"
            found[RecordRef(NAMES[kind], name, entry["id"])].append((entry["source"] == "CRM_UI", *change))  # type: ignore[arg-type]
    return found


# --- tasks


def _task_faults(after: Aftermath) -> Iterator[str]:
    booked = {task.key: task for task in booked_tasks(after.world.services.engine)}
    for key, ids in after.tasks.items():
        if len(ids) > 1:
            yield f"task {key} was made {len(ids)} times"
        if key not in booked:
            yield f"task {key} is in no book"
    for key, task in booked.items():
        if task.vendor_id and task.vendor_id not in after.tasks.get(key, ()):
            yield f"task {key} is booked as made, and is not there"
        if not task.vendor_id and key in after.tasks:
            yield f"task {key} was made, and is booked as unknown"


# --- turns


def _turn_faults(after: Aftermath) -> Iterator[str]:
    turns = booked_turns(after.world.services.engine)
    with_turn = Counter(packet.id for packet in after.packets if packet.pool and packet.owner)
    for packet_id, times in (Counter(turn.packet_id for turn in turns) - with_turn).items():
        yield f"{times} more turns are booked than packet {packet_id} took"
    for packet_id in with_turn - Counter(turn.packet_id for turn in turns):
        yield f"packet {packet_id} took a turn that is not booked"
    spans: dict[tuple[str, int], list[str]] = defaultdict(list)
    for turn in turns:
        spans[turn.pool, turn.span].append(turn.rep)
    weights = all_pools(after.world.services.engine)
    for (pool, span), reps in spans.items():
        yield from _unfair(f"pool {pool}, span {span}", reps, weights[pool])


def _unfair(where: str, reps: Sequence[str], weights: Mapping[str, int]) -> Iterator[str]:
    """After every turn, nobody may be a whole turn away from their share."""
    whole, taken = sum(weights.values()), Counter[str]()
    for total, rep in enumerate(reps, start=1):
        taken[rep] += 1
        for member, weight in weights.items():
            if abs(taken[member] * whole - total * weight) >= whole:
                yield f"{where}: after {total} turns {member} is a whole turn away from their share"
                return


# --- chains


def _chain_faults(after: Aftermath) -> Iterator[str]:
    for name in NAMES.values():
        lines = (export_line(link.seq, link.previous, link.body) for link in chain_of(after.world.services.engine, name))
        for sentence in verifier.verify(lines).findings:
            yield f"chain of {name}: {sentence}"
    known = {packet.id for packet in after.packets}
    for person in booked_people(after.world.services.engine):
        if person.packet_id and person.packet_id not in known:
            yield f"person {person.id}: the decision in force is in no chain"


def _said(ref: RecordRef) -> str:
    return f"{_KINDS[ref.connection]} {ref.id}"
