"""Record: one transaction that makes a batch of decisions true: packets, turns, persons, writes to come, due rows done.

Locks are taken in one order everywhere: due rows, identity keys, persons, pools, records and outbox, chain heads last. Body
hashes are computed before a chain's head is locked; under it only 64 bytes are hashed per document.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final
from uuid import uuid4

import structlog

from adapters.records import RecordRef
from config.policy import Policy
from config.profile import Profile
from connector import observe
from connector.case import Case
from connector.drafts import Drafted, decided_here, decided_there, linked
from connector.hotness import is_hot
from connector.hydration import Hydrated
from connector.judgement import Placed, place
from connector.matching import Match
from connector.observe import record_hash
from connector.packet import Packet, Versions, body_hash, body_of, seal
from connector.resolving import match_row
from connector.saying import Judged
from connector.scene import Scene, scene_of
from connector.standing import Standings
from connector.store.chain import Document, append
from connector.store.connections import CrmConnection
from connector.store.dues import finish, give_back, still_held
from connector.store.engine import Session, transact
from connector.store.indexed import drop_indexed
from connector.store.match_index import MatchRow, put_profiles, remove_profiles
from connector.store.outbox import Draft, put_drafts
from connector.store.people import IdentityKey, Person, add_people, claim_keys, drop_people, lock_people, put_decisions
from connector.store.records import Linked, converted_into, packets_in_force, put_record_keys, put_records, records_of
from connector.store.turns import TakenTurn, lock_pools, put_turns
from connector.vault import new_record_key
from connector.wiring import Services

log = structlog.get_logger(__name__)

REPEAT: Final = timedelta(hours=24)
"""A known person's other record within this time is a repeat of one submission: linked, not decided anew."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A lead that was judged and only wants its owner."""

    hydrated: Hydrated
    match: Match
    case: Case
    judged: Judged
    policy: Policy
    profile: Profile
    """Those that judged: the packet names them, whatever was activated meanwhile."""

    @property
    def ref(self) -> RecordRef:
        return self.hydrated.ref

    @property
    def hot(self) -> bool:
        return is_hot(self.case, self.judged)


@dataclass(slots=True)
class _Batch:
    """What one transaction is about to write."""

    scene: Scene
    people: dict[str, Person]
    others: Mapping[str, Sequence[Linked]]
    """The other live records of each person, in all CRMs."""
    leads: Mapping[RecordRef, Linked]
    """By contact, the lead that became it: its person's decision goes on, and a conversion is no news."""
    drafted: list[Drafted] = field(default_factory=list)
    turns: list[TakenTurn] = field(default_factory=list)
    documents: dict[str, list[Document]] = field(default_factory=dict)
    """By connection."""
    decided: list[Person] = field(default_factory=list)
    new_keys: dict[RecordRef, bytes] = field(default_factory=dict)
    routes: list[str] = field(default_factory=list)


def record(services: Services, crm: CrmConnection, token: str, ready: Sequence[Ready]) -> int:
    """Commits the decisions about a batch. Leads that lost a race for their person go back, alone, to match.

    Returns how many were decided or linked.
    """
    scene = scene_of(services)
    batch = transact(services.engine, lambda connection: _record(connection, services, scene, crm, token, ready))
    for route in batch.routes:
        observe.DECISIONS.labels(route=route).inc()
    for name in sorted({one.draft.ref.connection for one in batch.drafted}):
        services.ring("deliver", name)
    return len(batch.drafted)


def _record(
    connection: Session, services: Services, scene: Scene, crm: CrmConnection, token: str, ready: Sequence[Ready]
) -> _Batch:
    held = still_held(connection, crm.name, token, [one.ref for one in ready])
    mine = [one for one in ready if one.ref in held]
    settled, lost = _claim_people(connection, crm, mine)
    give_back(connection, crm.name, token, [one.ref for one in lost], 0.0, pardon=True)
    people = {one.match.person.id: one.match.person for one in settled}
    others = _others(connection, [p for p in people.values() if p.packet_id], {one.ref for one in settled})
    batch = _Batch(scene, people, others, converted_into(connection, crm.name, [one.ref for one in settled]))
    standings = Standings(services.policy, scene, lock_pools(connection, services.policy.pools))
    for one in settled:
        _settle(services, crm, batch, standings, one)
    _write(connection, crm, token, batch, settled)
    return batch


def record_scores(services: Services, crm: CrmConnection, ready: Sequence[Ready], names: Collection[str]) -> int:
    """Queues the outputs `names` of records that nobody decides about: a packet for each, so that every number written can be
    explained, and no turn, no owner, no task, no notification. No decision comes into force by it.

    Args:
        ready: judged in shadow.
    """
    return transact(services.engine, lambda connection: _record_scores(connection, services, crm, ready, names))


def _record_scores(
    connection: Session, services: Services, crm: CrmConnection, ready: Sequence[Ready], names: Collection[str]
) -> int:
    batch = _Batch(scene_of(services), {}, {}, {})
    standings = Standings(services.policy, batch.scene, lock_pools(connection, services.policy.pools))
    drafts = [_scores_only(services, crm, batch, standings, one, names) for one in ready]
    put_record_keys(connection, batch.new_keys)
    put_drafts(connection, drafts)
    append(connection, crm.name, batch.documents.get(crm.name, []))
    return len(drafts)


def _scores_only(
    services: Services, crm: CrmConnection, batch: _Batch, standings: Standings, one: Ready, names: Collection[str]
) -> Draft:
    standing = standings.of(crm, one.hydrated, one.case, one.match.person)
    placed = place(one.case, one.judged, standing, one.policy, one.profile)
    packet_id = str(uuid4())
    document = _packet(services, batch, one, placed, packet_id, standings.document(standing))
    batch.documents.setdefault(crm.name, []).append(document)
    person = replace(one.match.person, packet_id=packet_id, packet_hash=document.body_hash, packet_connection=crm.name)
    draft = decided_here(batch.scene, one.hydrated, person, placed, one.case).draft
    outputs = {name: value for name, value in draft.outputs.items() if name in names}
    return replace(draft, outputs=outputs, owner_id=None, task=None, hand_over=False)


def _claim_people(connection: Session, crm: CrmConnection, ready: Sequence[Ready]) -> tuple[list[Ready], list[Ready]]:
    """Takes the identity keys and locks the persons; those whose person or record changed under us have lost."""
    fresh = sorted({one.match.person.id for one in ready if one.match.verdict == "new"})
    add_people(connection, fresh)
    wanted: dict[IdentityKey, str] = {}
    for one in ready:
        for key in one.match.keys:
            wanted.setdefault(key, one.match.person.id)
    holders = claim_keys(connection, wanted)
    now = lock_people(connection, (one.match.person.id for one in ready))
    packets = packets_in_force(connection, crm.name, [one.ref for one in ready])
    kept = {one.ref for one in ready if _kept(one, holders, now) and packets.get(one.ref) == _known_packet(one)}
    unfounded = {one.match.person.id for one in ready if one.match.verdict == "new" and one.ref not in kept}
    settled = [one for one in ready if one.ref in kept and one.match.person.id not in unfounded]
    lost = [one for one in ready if one not in settled]
    drop_people(connection, set(fresh) - {one.match.person.id for one in settled})
    return settled, lost


def _known_packet(one: Ready) -> str | None:
    """The decision about the record as it was known before it was read: its owner was judged by that."""
    return one.hydrated.known.packet_id if one.hydrated.known else None


def _kept(one: Ready, holders: Mapping[IdentityKey, str], now: Mapping[str, Person]) -> bool:
    """Whether the match still stands: the person was not decided about meanwhile, and a new one holds its own keys."""
    person = now.get(one.match.person.id)
    if person is None or person.packet_id != one.match.person.packet_id:
        return False
    return one.match.verdict != "new" or all(holders[key] == person.id for key in one.match.keys)


def _others(connection: Session, people: Iterable[Person], here: set[RecordRef]) -> dict[str, list[Linked]]:
    others: dict[str, list[Linked]] = {}
    for one in records_of(connection, [person.id for person in people]):
        if one.ref not in here:
            others.setdefault(one.person_id, []).append(one)
    return others


def _settle(services: Services, crm: CrmConnection, batch: _Batch, standings: Standings, one: Ready) -> None:
    """Links a repeat to the decision in force, or decides."""
    person = batch.people[one.match.person.id]
    original = _original(batch, one, person) if _is_repeat(one, person) else None
    if original:
        converted = original == batch.leads.get(one.ref)
        drafted = linked(batch.scene, one.hydrated, person, original, one.case, hot=one.hot, converted=converted)
        batch.drafted.append(_traced(drafted, one))
        _sealing_key(services, batch, one)
    else:
        _decide(services, crm, batch, standings, one, person)


def _is_repeat(one: Ready, person: Person) -> bool:
    """A record never decided about, of a person who was: within a day, or with nothing new asked."""
    first_seen = one.hydrated.known is None or one.hydrated.known.packet_id is None
    if not (first_seen and person.packet_id and person.decided_at):
        return False
    return one.case.verdict != "known" or one.case.as_of - person.decided_at < REPEAT


def _original(batch: _Batch, one: Ready, person: Person) -> Linked | None:
    """The record that was decided about, from this batch or from before: of a converted lead's contact, that lead.

    None if it is gone since.
    """
    lead = batch.leads.get(one.ref)
    if lead and lead.person_id == person.id:
        return lead
    drafted = next((d for d in batch.drafted if d.person_id == person.id), None)
    if drafted:
        return Linked(drafted.draft.ref, person.id, drafted.draft.outputs, drafted.source)
    known = batch.others.get(person.id, ())
    return next((other for other in known if other.ref.connection == person.packet_connection), next(iter(known), None))


def _decide(services: Services, crm: CrmConnection, batch: _Batch, standings: Standings, one: Ready, person: Person) -> None:
    standing = standings.of(crm, one.hydrated, one.case, person)
    placed = place(one.case, one.judged, standing, one.policy, one.profile)
    packet_id = str(uuid4())
    document = _packet(services, batch, one, placed, packet_id, standings.document(standing))
    batch.documents.setdefault(crm.name, []).append(document)
    after = Person(
        id=person.id,
        packet_id=packet_id,
        packet_hash=document.body_hash,
        packet_connection=crm.name,
        rep=placed.choice.owner if placed.choice.owner in standing.active else None,
        route=placed.choice.route,
        raised=one.case.raised,
        clock_from=one.case.clock_from(placed.choice.route),
        decided_at=one.case.as_of,
    )
    batch.people[person.id] = after
    batch.decided.append(after)
    batch.routes.append(placed.choice.route)
    if placed.choice.pool and placed.choice.owner:
        batch.turns.append(standings.take(placed.choice.pool, placed.choice.owner, person.id, packet_id))
    drafted = [decided_here(batch.scene, one.hydrated, after, placed, one.case, hot=one.hot)]
    for other in batch.others.get(person.id, ()):
        drafted.append(decided_there(batch.scene, other, after, placed, one.case, hot=one.hot))
        if not other.keyed:
            _new_key(services, batch, other.ref)
    batch.drafted += [_traced(each, one) for each in drafted]
    log.debug("decided", trace=one.hydrated.due.trace, connection=crm.name, record_hash=record_hash(one.ref), decision=packet_id)


def _traced(drafted: Drafted, one: Ready) -> Drafted:
    """The trace goes with the write, into its receipt."""
    return replace(drafted, draft=replace(drafted.draft, trace=one.hydrated.due.trace))


def _packet(
    services: Services, batch: _Batch, one: Ready, placed: Placed, packet_id: str, standing: Mapping[str, object]
) -> Document:
    key = _sealing_key(services, batch, one)
    facts = {**one.case.facts(), "standing": standing, "words": placed.words}
    packet = Packet(
        id=packet_id,
        record=one.ref,
        decided_at=str(placed.outputs["decided_at"]),
        sealed=seal(facts, key, packet_id),
        decision=placed.section,
        versions=Versions(one.policy.version, one.profile.version, services.code_version),
        trace=one.hydrated.due.trace,
    )
    body = body_of(packet)
    return Document("packet", one.ref.object, one.ref.id, packet_id, body, body_hash(body))


def _sealing_key(services: Services, batch: _Batch, one: Ready) -> bytes:
    """Every record that is written needs one: what was written is in the receipt, sealed."""
    known = one.hydrated.known
    if known and known.wrapped_key:
        return services.vault.unwrap(known.wrapped_key, one.ref)
    return _new_key(services, batch, one.ref)


def _new_key(services: Services, batch: _Batch, ref: RecordRef) -> bytes:
    if ref in batch.new_keys:
        return services.vault.unwrap(batch.new_keys[ref], ref)
    key = new_record_key()
    batch.new_keys[ref] = services.vault.wrap(key, ref)
    return key


def _write(connection: Session, crm: CrmConnection, token: str, batch: _Batch, settled: Sequence[Ready]) -> None:
    put_turns(connection, batch.turns)
    put_decisions(connection, crm.name, list({person.id: person for person in batch.decided}.values()))
    put_records(connection, [one.decided for one in batch.drafted])
    put_record_keys(connection, batch.new_keys)
    put_drafts(connection, [one.draft for one in batch.drafted])
    drop_indexed(connection, crm.name, [one.draft.ref for one in batch.drafted if one.draft.ref.connection == crm.name])
    _put_profiles(connection, settled)
    finish(connection, crm.name, token, [one.hydrated.due for one in settled])
    for one in batch.drafted:
        if one.reference:
            batch.documents.setdefault(one.draft.ref.connection, []).append(one.reference)
    for name in sorted(batch.documents):
        append(connection, name, batch.documents[name])


def _put_profiles(connection: Session, settled: Sequence[Ready]) -> None:
    """Whoever comes next is matched with these, too; who says nothing any more that they could be found by, is not."""
    rows = {one.ref: _profile(one) for one in settled}
    put_profiles(connection, [row for row in rows.values() if row])
    remove_profiles(connection, [ref for ref, row in rows.items() if row is None])


def _profile(one: Ready) -> MatchRow | None:
    country = one.case.derived.get("country_code", {}).get("value")
    return match_row(one.hydrated.lead, country=str(country) if country else None, person_id=one.match.person.id)
