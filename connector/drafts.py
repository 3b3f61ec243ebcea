"""What a decision means for each record of its person: the write to come, the row that remembers it, the chain's reference."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from adapters.records import Owner, RecordRef
from config.fields import LEADS_OUTPUTS, Value, Values
from config.mapping import is_own
from connector.case import Case, record_key
from connector.hydration import Hydrated
from connector.judgement import Placed
from connector.moments import moment_of, moment_text
from connector.packet import Named, Reference, body_hash, body_of
from connector.routing.rollout import acts
from connector.scene import Scene
from connector.store.chain import Document
from connector.store.outbox import Draft
from connector.store.people import Person
from connector.store.records import Decided, Linked


@dataclass(frozen=True, slots=True)
class Drafted:
    """One record's part of a decision."""

    draft: Draft
    decided: Decided
    person_id: str
    source: str
    reference: Document | None = None


def decided_here(scene: Scene, hydrated: Hydrated, person: Person, placed: Placed, case: Case, *, hot: bool = False) -> Drafted:
    """The record that woke the decision."""
    owner_id = _owner_id(scene, hydrated.ref.connection, placed) if placed.acts else None
    pages = placed.acts and scene.writes_owner(hydrated.ref.connection)
    forgotten = _was_decided_in_lost_hours(scene, hydrated)
    pages = pages and not (forgotten and _is_first(hydrated))
    task = _task(scene, hydrated.ref, owner_id or hydrated.lead.owner_id, person, placed, case) if pages else None
    duplicate_of = hydrated.known.desired.get("duplicate_of") if hydrated.known else None
    outputs = _outputs(scene, hydrated.ref, person, placed.outputs, duplicate_of)
    if forgotten:
        outputs |= _running_clock(hydrated, outputs)
    by_rule = placed.choice.why == "assignment_rule" and scene.crms[hydrated.ref.connection].kind == "salesforce"
    return _drafted(
        scene,
        hydrated.ref,
        person,
        outputs,
        owner_id,
        task,
        case,
        hydrated=hydrated,
        source=_source(case.values),
        acting=placed.acts,
        hand_over=placed.acts and by_rule,
        hot=hot,
    )


def decided_there(scene: Scene, other: Linked, person: Person, placed: Placed, case: Case, *, hot: bool = False) -> Drafted:
    """Another record of the same person: the same scores and owner, and it is read before it is written.

    There is no second task; but where the record that woke us is in a CRM that gets scores only, the task is made here.
    """
    acting = _acts_there(scene, other.ref, other.source)
    owner_id = _owner_id(scene, other.ref.connection, placed) if acting else None
    instead = owner_id is not None and not scene.writes_owner(case.ref.connection)
    task = _task(scene, other.ref, owner_id, person, placed, case) if instead else None
    outputs = _outputs(scene, other.ref, person, placed.outputs, duplicate_of=other.desired.get("duplicate_of"))
    return _drafted(
        scene, other.ref, person, outputs, owner_id, task, case, hydrated=None, source=other.source, acting=acting, hot=hot
    )


def linked(
    scene: Scene, hydrated: Hydrated, person: Person, original: Linked, case: Case, *, hot: bool = False, converted: bool = False
) -> Drafted:
    """A repeat: it gets the decision in force, whoever owns the person, and nothing that would page anybody again.

    The contact that a lead was converted to (`converted`) gets what was decided about the lead, but for the lead's own clock and
    review. Where the decision was woken in a CRM that gets scores only, nobody has been paged yet, so the owner here is.
    """
    ref, source = hydrated.ref, _source(case.values)
    seats = scene.seats[ref.connection]
    # Where it was nobody's turn, the decision may still have named a queue, and that is watched in every CRM.
    seat = seats.by_email.get(person.rep or "") or seats.queues.get(str(original.desired.get("suggested_owner")))
    acting = _acts_there(scene, ref, source)
    free = seat and acting and scene.writes_owner(ref.connection) and _is_free(scene, hydrated)
    owner_id = seat.id if seat and free else None
    same_crm = original.ref.connection == ref.connection
    desired = {name: value for name, value in original.desired.items() if not (converted and name in LEADS_OUTPUTS)}
    outputs = _outputs(scene, ref, person, desired, duplicate_of=original.ref.id if same_crm and not converted else None)
    paged = person.packet_connection is None or scene.writes_owner(person.packet_connection)
    task = None if paged else _late_task(scene, ref, owner_id, person, original)
    return _drafted(scene, ref, person, outputs, owner_id, task, case, hydrated=hydrated, source=source, acting=acting, hot=hot)


def _drafted(
    scene: Scene,
    ref: RecordRef,
    person: Person,
    outputs: Values,
    owner_id: str | None,
    task: Mapping[str, Any] | None,
    case: Case,
    *,
    hydrated: Hydrated | None,
    source: str,
    acting: bool,
    hand_over: bool = False,
    hot: bool = False,
) -> Drafted:
    packet_id, packet_hash = person.packet_id or "", person.packet_hash or b""
    by_rule = owner_id is not None and scene.hands_over(ref.connection)
    before = _before(scene, hydrated) if hydrated and not (hydrated.known and hydrated.known.writing) else None
    return Drafted(
        draft=Draft(
            ref=ref,
            packet_id=packet_id,
            packet_hash=packet_hash,
            outputs=outputs if acting else own_outputs(scene, ref, outputs),
            owner_id=None if by_rule else owner_id,
            task=task,
            before=before,
            source_at=case.source_at,
            hand_over=hand_over or by_rule,
            hot=hot,
        ),
        decided=Decided(
            ref=ref,
            person_id=person.id,
            input_hash=hydrated.input_hash if hydrated else None,
            packet_id=packet_id,
            packet_hash=packet_hash,
            desired=json.dumps(dict(outputs)),
            source=source,
            decided_at=case.as_of,
            hot=hot,
        ),
        person_id=person.id,
        source=source,
        reference=_reference(ref, person, case) if person.packet_connection != ref.connection else None,
    )


def _reference(ref: RecordRef, person: Person, case: Case) -> Document:
    named = Named((person.packet_hash or b"").hex(), person.packet_connection or "")
    body = body_of(Reference(named, ref, moment_text(case.as_of)))
    return Document("reference", ref.object, ref.id, person.packet_id, body, body_hash(body))


def _outputs(scene: Scene, ref: RecordRef, person: Person, shared: Values, duplicate_of: Value = None) -> dict[str, Value]:
    """All outputs that this connection maps, those of this very record filled in."""
    mine = {
        **shared,
        "key": record_key(ref),
        "packet_url": f"{scene.public_url}/console/packets/{person.packet_id}",
        "duplicate_of": duplicate_of,
    }
    return {name: value for name, value in mine.items() if name in scene.mapping_of(ref).outputs}


def own_outputs(scene: Scene, ref: RecordRef, outputs: Values) -> dict[str, Value]:
    """Those that go into Leadline's own fields: all that is written where it may not act yet."""
    mapped = scene.mapping_of(ref).outputs
    return {name: value for name, value in outputs.items() if is_own(mapped[name])}


def _before(scene: Scene, hydrated: Hydrated) -> dict[str, Any]:
    lead = hydrated.lead
    return {
        "outputs": dict(lead.outputs),
        "owner_id": lead.owner_id,
        "modified_at": lead.modified_at.isoformat(),
        "read_at": lead.read_at.isoformat(),
        "mapping": scene.mapping_of(lead.ref).fingerprint(),
    }


def _owner_id(scene: Scene, connection: str, placed: Placed) -> str | None:
    """The CRM's id of the owner that was chosen; None where the owner is to be left alone."""
    seats, choice = scene.seats[connection], placed.choice
    if choice.owner is None or choice.why == "person_set" or not scene.writes_owner(connection):
        return None
    found = seats.by_email.get(choice.owner) or seats.queues.get(choice.owner)
    return found.id if found else None


def _is_free(scene: Scene, hydrated: Hydrated) -> bool:
    return not scene.set_by_person(hydrated.ref.connection, hydrated.lead.owner_id, hydrated.our_owners)


def _was_decided_in_lost_hours(scene: Scene, hydrated: Hydrated) -> bool:
    """It carries a decision of ours that this store does not remember, since it was put back from a backup. Its own key on it
    proves that the values were not copied from another record."""
    outputs = hydrated.lead.outputs
    if scene.restored is None or outputs.get("key") != record_key(hydrated.ref):
        return False
    decided_at = outputs.get("decided_at")
    return isinstance(decided_at, str) and scene.restored.lost(moment_of(decided_at))


def _is_first(hydrated: Hydrated) -> bool:
    """As far as this store knows. Of a first decision that it forgot, whoever was to be paged has the task."""
    return hydrated.known is None or hydrated.known.packet_id is None


def _running_clock(hydrated: Hydrated, outputs: Values) -> dict[str, Value]:
    """The clock that a forgotten decision for the same route started: it runs on, whenever its event is heard of again."""
    there = hydrated.lead.outputs
    if not there.get("sla_due") or there.get("route") != outputs.get("route"):
        return {}
    return {name: there[name] for name in ("sla_due", "sla_state") if name in there and name in outputs}


def _acts_there(scene: Scene, ref: RecordRef, source: str) -> bool:
    return acts(scene.crms[ref.connection].mode_of(source), record_key(ref))


def _source(values: Values) -> str:
    return str(values.get("source") or "")


def _task(
    scene: Scene, ref: RecordRef, owner_id: str | None, person: Person, placed: Placed, case: Case
) -> dict[str, Any] | None:
    """A task for the owner, made once for each person, owner and route, and only for clocks up to the same day."""
    decision = placed.judged.decision
    owner = scene.seats[ref.connection].by_owner.get(owner_id or "")
    if not decision.task or owner is None or owner.kind != "person":
        return None
    identity = f"{person.id}|{owner.email}|{placed.choice.route}|{case.raised}"
    due_at = placed.judged.due_at or case.as_of + timedelta(days=1)
    return _task_of(owner, identity, str(placed.words["route_reason"]), due_at)


def _late_task(scene: Scene, ref: RecordRef, owner_id: str | None, person: Person, original: Linked) -> dict[str, Any] | None:
    """The task of a decision in force, under the key that it would have had; only while its clock runs."""
    owner = scene.seats[ref.connection].by_owner.get(owner_id or "")
    if person.clock_from is None or owner is None or owner.kind != "person":
        return None
    identity = f"{person.id}|{owner.email}|{person.route}|{person.raised}"
    due = original.desired.get("sla_due")
    due_at = datetime.fromisoformat(str(due)) if due else person.clock_from + timedelta(days=1)
    return _task_of(owner, identity, str(original.desired.get("route_reason") or ""), due_at)


def _task_of(owner: Owner, identity: str, reason: str, due_at: datetime) -> dict[str, Any]:
    return {
        "key": "LT-" + hashlib.sha256(identity.encode()).hexdigest()[:20],
        "subject": reason if len(reason) <= 80 else reason[:80].rsplit(" ", 1)[0] + "…",
        "body": reason,
        "owner_id": owner.id,
        "due_at": due_at.isoformat(),
    }
