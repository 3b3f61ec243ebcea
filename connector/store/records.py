"""What we know of each CRM record: whose it is, the inputs last decided on, what we want to stand on it, its sealing key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, text, tuple_, update

from adapters.records import RecordRef
from config.fields import Values
from connector.store.engine import reading
from connector.store.match_index import remove_profiles
from connector.store.schema import record


@dataclass(frozen=True, slots=True)
class Known:
    """A record as we last left it."""

    ref: RecordRef
    person_id: str | None
    input_hash: bytes | None
    packet_id: str | None
    packet_hash: bytes | None
    desired: Values = field(default_factory=dict)
    written_owner: str | None = None
    tried_owners: frozenset[str] = frozenset()
    """Owners that we may have written without having seen the answer."""
    owner_seen: str | None = None
    """Who owned it when we last looked, where that was another than we set."""
    written: Values = field(default_factory=dict)
    """The outputs of our last receipt."""
    tried: Sequence[Mapping[str, Any]] = ()
    """What the open write has sent, see `outbox.Write`."""
    wrapped_key: bytes | None = None
    writing: bool = False
    """An earlier decision waits to be written, or is being written: what is read now may change by our own hand."""


_KNOWN = text("""
    SELECT r.*, k.wrapped, o.owner_id AS wanted_owner, o.tried, o.id IS NOT NULL AS writing
    FROM unnest(:objects ::text[], :records ::text[]) AS wanted(object, record_id)
    JOIN record r ON r.connection = :connection AND r.object = wanted.object AND r.record_id = wanted.record_id
    LEFT JOIN record_key k ON k.connection = r.connection AND k.object = r.object AND k.record_id = r.record_id
    LEFT JOIN outbox o ON o.connection = r.connection AND o.object = r.object AND o.record_id = r.record_id
""")


def known_records(engine: Engine, name: str, refs: Sequence[RecordRef]) -> Mapping[RecordRef, Known]:
    """Those of `refs` that were decided or linked before."""
    values = {"connection": name, "objects": [r.object for r in refs], "records": [r.id for r in refs]}
    with reading(engine) as connection:
        rows = connection.execute(_KNOWN, values).all()
    return {RecordRef(name, row.object, row.record_id): _known(name, row) for row in rows}


def _known(name: str, row: object) -> Known:
    values = row._mapping  # type: ignore[attr-defined]  # noqa: SLF001 - SQLAlchemy's public name for it
    return Known(
        ref=RecordRef(name, values["object"], values["record_id"]),
        person_id=str(values["person_id"]) if values["person_id"] else None,
        input_hash=values["input_hash"],
        packet_id=str(values["packet_id"]) if values["packet_id"] else None,
        packet_hash=values["packet_hash"],
        desired=values["desired"],
        written_owner=values["written_owner"],
        tried_owners=frozenset(filter(None, [values["wanted_owner"], *(one["owner_id"] for one in values["tried"] or ())])),
        owner_seen=values["owner_seen"],
        written=values["written"],
        tried=values["tried"] or (),
        wrapped_key=values["wrapped"],
        writing=values["writing"],
    )


INHERITED: Final = """
    (WITH RECURSIVE older AS (
        SELECT w.record_id, w.written, w.written_owner FROM record w WHERE w.connection = r.connection AND w.now_id = r.record_id
        UNION SELECT w.record_id, w.written, w.written_owner
        FROM older JOIN record w ON w.connection = r.connection AND w.now_id = older.record_id)
    SELECT COALESCE(jsonb_agg(jsonb_build_object('owner_id', written_owner, 'outputs', written)), '[]') FROM older) AS inherited
"""
"""A column beside `r`: what our receipts say of records that went on as this one. What was merged may be merged again."""

_INHERITED = text(f"""
    SELECT r.object, r.record_id, {INHERITED}
    FROM unnest(CAST(:objects AS text[]), CAST(:records AS text[]), array_fill(CAST(:connection AS text), ARRAY[:count]))
        AS r(object, record_id, connection)
""")  # noqa: S608 - a column of ours

Inheritance = Sequence[Mapping[str, Any]]


def inherited_by(engine: Engine, name: str, refs: Sequence[RecordRef]) -> Mapping[RecordRef, Inheritance]:
    """What we wrote, as `owner_id` and `outputs`, to records that went on as these: a merge or a conversion carries it over."""
    values = {"connection": name, "objects": [r.object for r in refs], "records": [r.id for r in refs], "count": len(refs)}
    with reading(engine) as connection:
        rows = connection.execute(_INHERITED, values).all() if refs else ()
    return {RecordRef(name, row.object, row.record_id): row.inherited for row in rows if row.inherited}


_OF_PEOPLE = text("""
    SELECT r.connection, r.object, r.record_id, r.person_id, r.desired, r.source, k.wrapped IS NOT NULL AS keyed
    FROM record r LEFT JOIN record_key k USING (connection, object, record_id)
    WHERE r.person_id = ANY(CAST(:people AS uuid[])) AND r.state = 'live' AND r.packet_id IS NOT NULL
    ORDER BY r.connection, r.object, r.record_id
""")


@dataclass(frozen=True, slots=True)
class Linked:
    ref: RecordRef
    person_id: str
    desired: Values
    source: str
    keyed: bool = False
    """It has a sealing key."""


def records_of(connection: Connection, people: Sequence[str]) -> Sequence[Linked]:
    """Every live record of these persons that was decided about, in all CRMs; what is merely indexed is not written to."""
    rows = connection.execute(_OF_PEOPLE, {"people": list(people)})
    return [_linked(row) for row in rows]


def _linked(row: Row[Any]) -> Linked:
    ref = RecordRef(row.connection, row.object, row.record_id)
    return Linked(ref, str(row.person_id), row.desired, row.source, row.keyed)


_CONVERTED = text("""
    SELECT contact.record_id AS contact, lead.record_id AS lead, lead.person_id, lead.desired, lead.source
    FROM unnest(CAST(:contacts AS text[])) AS contact(record_id) JOIN record AS lead
        ON lead.connection = :connection AND lead.object = 'lead' AND lead.state = 'gone' AND lead.now_id = contact.record_id
    WHERE lead.packet_id IS NOT NULL ORDER BY lead.decided_at
""")


def converted_into(connection: Connection, name: str, refs: Sequence[RecordRef]) -> Mapping[RecordRef, Linked]:
    """By contact, the lead that became it, with what was decided about it; of several leads, the one decided last."""
    contacts = [ref.id for ref in refs if ref.object == "contact"]
    rows = connection.execute(_CONVERTED, {"connection": name, "contacts": contacts}) if contacts else ()
    return {
        RecordRef(name, "contact", row.contact): Linked(
            RecordRef(name, "lead", row.lead), str(row.person_id), row.desired, row.source
        )
        for row in rows
    }


_PACKETS = text("""
    SELECT object, record_id, packet_id FROM unnest(:objects ::text[], :records ::text[]) AS wanted(object, record_id)
    JOIN record USING (object, record_id) WHERE record.connection = :connection
""")


def packets_in_force(connection: Connection, name: str, refs: Sequence[RecordRef]) -> Mapping[RecordRef, str]:
    """The packet that decides about each record now; records nobody has decided about are absent."""
    values = {"connection": name, "objects": [r.object for r in refs], "records": [r.id for r in refs]}
    rows = connection.execute(_PACKETS, values)
    return {RecordRef(name, row.object, row.record_id): str(row.packet_id) for row in rows if row.packet_id}


@dataclass(frozen=True, slots=True)
class Decided:
    """What is put down about one record when it was decided or linked."""

    ref: RecordRef
    person_id: str
    input_hash: bytes | None
    """None keeps the one there is: the record itself was not read, only its person was decided."""
    packet_id: str
    packet_hash: bytes
    desired: str
    """JSON object of outputs."""
    source: str
    decided_at: datetime
    hot: bool = False


_PUT = text("""
    INSERT INTO record (connection, object, record_id, person_id, input_hash, packet_id, packet_hash, desired, source, decided_at,
        hot)
    SELECT * FROM unnest(:connections ::text[], :objects ::text[], :records ::text[], :people ::uuid[], :inputs ::bytea[],
                         :packets ::uuid[], :hashes ::bytea[], :desired ::jsonb[], :sources ::text[], :decided ::timestamptz[],
                         :hot ::boolean[])
    ON CONFLICT (connection, object, record_id) DO UPDATE SET person_id = EXCLUDED.person_id,
        input_hash = COALESCE(EXCLUDED.input_hash, record.input_hash), packet_id = EXCLUDED.packet_id,
        packet_hash = EXCLUDED.packet_hash, desired = EXCLUDED.desired, source = EXCLUDED.source,
        decided_at = EXCLUDED.decided_at, state = 'live', now_id = NULL, hot = EXCLUDED.hot
""")


def put_records(connection: Connection, decided: Sequence[Decided]) -> None:
    rows = sorted(decided, key=lambda one: one.ref)
    if not rows:
        return
    values = {
        "connections": [d.ref.connection for d in rows],
        "objects": [d.ref.object for d in rows],
        "records": [d.ref.id for d in rows],
        "people": [d.person_id for d in rows],
        "inputs": [d.input_hash for d in rows],
        "packets": [d.packet_id for d in rows],
        "hashes": [d.packet_hash for d in rows],
        "desired": [d.desired for d in rows],
        "sources": [d.source for d in rows],
        "decided": [d.decided_at for d in rows],
        "hot": [d.hot for d in rows],
    }
    connection.execute(_PUT, values)


_PUT_KEYS = text("""
    INSERT INTO record_key (connection, object, record_id, wrapped)
    SELECT * FROM unnest(:connections ::text[], :objects ::text[], :records ::text[], :wrapped ::bytea[]) ON CONFLICT DO NOTHING
""")


def put_record_keys(connection: Connection, keys: Mapping[RecordRef, bytes]) -> None:
    """Keeps the sealing keys of records that had none."""
    refs = sorted(keys)
    values = {
        "connections": [r.connection for r in refs],
        "objects": [r.object for r in refs],
        "records": [r.id for r in refs],
        "wrapped": [keys[r] for r in refs],
    }
    if refs:
        connection.execute(_PUT_KEYS, values)


def record_key_of(engine: Engine, ref: RecordRef) -> bytes | None:
    """The wrapped sealing key; None when it was never made, or the person was forgotten."""
    query = text("SELECT wrapped FROM record_key WHERE connection = :c AND object = :o AND record_id = :r")
    with reading(engine) as connection:
        return connection.execute(query, {"c": ref.connection, "o": ref.object, "r": ref.id}).scalar_one_or_none()


def mark_gone(connection: Connection, refs: Sequence[RecordRef], now: Mapping[RecordRef, str]) -> None:
    """Deleted, merged or converted records; `now` holds where they went on. Nobody is a duplicate of them any more."""
    remove_profiles(connection, refs)
    for ref in refs:
        where = tuple_(record.c.connection, record.c.object, record.c.record_id) == (ref.connection, ref.object, ref.id)
        live = record.c.state.not_in(["forgetting", "forgotten"])
        connection.execute(update(record).where(where, live).values(state="gone", now_id=now.get(ref)))
