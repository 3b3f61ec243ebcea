"""The match index: one row for each record anybody may be a duplicate of, found by 64-bit keys in one round trip.

A key's rows lie together in the primary key of `match_key`, so what many have is known to be so after a few steps, and a lookup
costs the same however many records there are.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, text

from adapters.records import RecordRef
from connector.store.engine import reading


@dataclass(frozen=True, slots=True)
class MatchRow:
    """One record as it lies in the index."""

    ref: RecordRef
    packed: bytes
    """What is compared of it, as `scoring.match.profile.pack` made it."""
    keys: tuple[int, ...]
    person_id: str | None = None
    owner_id: str | None = None
    customer: bool = False
    open_opportunity: bool = False
    active_at: datetime | None = None
    """The last thing that was done by them or about them."""
    created_at: datetime | None = None
    """In the CRM."""


@dataclass(frozen=True, slots=True)
class IndexProbe:
    """What is looked for: the keys of one record. A loose key that more than `loose_cap` records have is not followed."""

    ref: RecordRef
    firm: tuple[int, ...]
    loose: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class IndexedProfile:
    """A record that shares keys with a probe, and what tie-breakers ask about it."""

    ref: RecordRef
    person_id: str | None
    packed: bytes
    owner_id: str | None
    customer: bool
    open_opportunity: bool
    active_at: datetime | None
    created_at: datetime | None


# What is gone, or is to be forgotten, stays out, whoever still had it in hand.
_NEW = text("""
    INSERT INTO match_record (connection, object, record_id, packed, keys)
    SELECT connection, object, record_id, '', '{}'
    FROM unnest(:connections ::text[], :objects ::text[], :records ::text[]) AS these(connection, object, record_id)
    WHERE NOT EXISTS (SELECT 1 FROM record r WHERE (r.connection, r.object, r.record_id)
        = (these.connection, these.object, these.record_id) AND r.state <> 'live')
    ON CONFLICT DO NOTHING
""")

_LOCK = text("""
    SELECT m.id, m.connection, m.object, m.record_id, m.keys
    FROM unnest(:connections ::text[], :objects ::text[], :records ::text[]) AS these(connection, object, record_id)
    JOIN match_record m USING (connection, object, record_id)
    ORDER BY m.connection, m.object, m.record_id FOR UPDATE OF m
""")

_PUT = text("""
    UPDATE match_record m SET packed = r.packed, keys = r.keys ::bigint[], person_id = COALESCE(r.person_id, m.person_id),
        owner_id = r.owner_id, customer = r.customer, open_opportunity = r.open_opportunity, active_at = r.active_at,
        created_at = COALESCE(r.created_at, m.created_at)
    FROM unnest(:ids ::bigint[], :packed ::bytea[], :keys ::text[], :people ::uuid[], :owners ::text[], :customers ::boolean[],
                :open ::boolean[], :active ::timestamptz[], :created ::timestamptz[])
        AS r(id, packed, keys, person_id, owner_id, customer, open_opportunity, active_at, created_at)
    WHERE m.id = r.id
""")

_ADD_KEYS = text("""
    INSERT INTO match_key (key, match_id) SELECT * FROM unnest(:keys ::bigint[], :ids ::bigint[]) ON CONFLICT DO NOTHING
""")

_DROP_KEYS = text("""
    DELETE FROM match_key k USING unnest(:keys ::bigint[], :ids ::bigint[]) AS gone(key, match_id)
    WHERE k.key = gone.key AND k.match_id = gone.match_id
""")


def put_profiles(session: Connection, rows: Sequence[MatchRow]) -> None:
    """Puts records into the index, or puts what is now true of them in place of what was. A person or moment of creation that is
    not given stays as it was."""
    ordered = sorted({row.ref: row for row in rows}.values(), key=lambda row: row.ref)
    if not ordered:
        return
    refs = _columns(row.ref for row in ordered)
    session.execute(_NEW, refs)
    there = {RecordRef(one.connection, one.object, one.record_id): (one.id, one.keys) for one in session.execute(_LOCK, refs)}
    ordered = [row for row in ordered if row.ref in there]
    session.execute(_PUT, _values(ordered, [there[row.ref][0] for row in ordered]))
    added = [(key, there[row.ref][0]) for row in ordered for key in set(row.keys) - set(there[row.ref][1])]
    gone = [(key, there[row.ref][0]) for row in ordered for key in set(there[row.ref][1]) - set(row.keys)]
    _change_keys(session, _ADD_KEYS, added)
    _change_keys(session, _DROP_KEYS, gone)


def _columns(refs: Iterable[RecordRef]) -> dict[str, list[str]]:
    rows = list(refs)
    return {"connections": [r.connection for r in rows], "objects": [r.object for r in rows], "records": [r.id for r in rows]}


def _values(rows: Sequence[MatchRow], ids: Sequence[int]) -> Mapping[str, Any]:
    return {
        "ids": list(ids),
        "packed": [row.packed for row in rows],
        "keys": ["{" + ",".join(map(str, row.keys)) + "}" for row in rows],
        "people": [row.person_id for row in rows],
        "owners": [row.owner_id for row in rows],
        "customers": [row.customer for row in rows],
        "open": [row.open_opportunity for row in rows],
        "active": [row.active_at for row in rows],
        "created": [row.created_at for row in rows],
    }


def _change_keys(session: Connection, change: Any, keys: Sequence[tuple[int, int]]) -> None:
    if keys:
        ordered = sorted(keys)
        session.execute(change, {"keys": [key for key, _ in ordered], "ids": [id_ for _, id_ in ordered]})


_REMOVE = text("""
    WITH gone AS (
        DELETE FROM match_record m
        USING unnest(:connections ::text[], :objects ::text[], :records ::text[]) AS these(connection, object, record_id)
        WHERE (m.connection, m.object, m.record_id) = (these.connection, these.object, these.record_id)
        RETURNING m.id, m.keys)
    DELETE FROM match_key k USING gone WHERE k.key = ANY(gone.keys) AND k.match_id = gone.id
""")


_REMOVE_ALL = text("""
    WITH gone AS (DELETE FROM match_record WHERE connection = :name RETURNING id, keys)
    DELETE FROM match_key k USING gone WHERE k.key = ANY(gone.keys) AND k.match_id = gone.id
""")


def remove_profiles_of(session: Connection, name: str) -> None:
    """Takes a whole connection out of the index."""
    session.execute(_REMOVE_ALL, {"name": name})


def remove_profiles(session: Connection, refs: Iterable[RecordRef]) -> None:
    """Takes records out of the index, with every key of theirs."""
    ordered = sorted(set(refs))
    if ordered:
        session.execute(_REMOVE, _columns(ordered))


# A firm key gives its newest records; a loose one that more have than the cap gives none.
_CANDIDATES = text("""
    WITH hit AS (
        SELECT p.number, one.id AS id, count(*) + 2 * count(*) FILTER (WHERE p.firm) AS shared
        FROM unnest(:numbers ::int[], :keys ::bigint[], :firm ::boolean[]) AS p(number, key, firm)
        CROSS JOIN LATERAL (
            SELECT array_agg(match_id) AS ids FROM (
                SELECT match_id FROM match_key k WHERE k.key = p.key ORDER BY match_id DESC LIMIT :most) AS newest) AS found
        CROSS JOIN LATERAL unnest(found.ids) AS one(id)
        WHERE p.firm OR cardinality(found.ids) <= :loose_cap
        GROUP BY p.number, one.id),
    best AS (SELECT number, id, row_number() OVER (PARTITION BY number ORDER BY shared DESC, id DESC) AS place FROM hit)
    SELECT best.number, m.connection, m.object, m.record_id, m.person_id, m.packed, m.owner_id, m.customer, m.open_opportunity,
        m.active_at, m.created_at
    FROM best JOIN match_record m ON m.id = best.id WHERE best.place <= :limit ORDER BY best.number, best.place
""")


def candidates(
    source: Engine | Connection, probes: Sequence[IndexProbe], *, firm_cap: int, loose_cap: int, limit: int
) -> Mapping[RecordRef, Sequence[IndexedProfile]]:
    """For each probe the records that share keys with it, those that share most first, itself left out. One round trip for all.

    Args:
        firm_cap: records of one firm key that are looked at, the newest.
        loose_cap: a loose key that more records have is not followed.
        limit: candidates of one probe.
    """
    numbers = [number for number, probe in enumerate(probes) for _ in (*probe.firm, *probe.loose)]
    if not numbers:
        return {}
    values = {
        "numbers": numbers,
        "keys": [key for probe in probes for key in (*probe.firm, *probe.loose)],
        "firm": [firm for probe in probes for firm in (*[True] * len(probe.firm), *[False] * len(probe.loose))],
        "most": max(firm_cap, loose_cap + 1),
        "loose_cap": loose_cap,
        "limit": limit + 1,
    }
    found: dict[RecordRef, list[IndexedProfile]] = defaultdict(list)
    for row in _rows(source, values):
        one = _profile(row)
        probe = probes[row[0]].ref
        if one.ref != probe and len(found[probe]) < limit:
            found[probe].append(one)
    return found


def _rows(source: Engine | Connection, values: Mapping[str, Any]) -> Sequence[Any]:
    if isinstance(source, Connection):
        return source.execute(_CANDIDATES, values).all()
    with reading(source) as session:
        return _alone(session).execute(_CANDIDATES, values).all()


def _alone(session: Connection) -> Connection:
    """Without a transaction around it, whose beginning and end are a round trip each."""
    return session.execution_options(isolation_level="AUTOCOMMIT")


def _profile(row: Any) -> IndexedProfile:
    _, connection, object_, record_id, person_id, packed, owner_id, customer, open_opportunity, active_at, created_at = row
    return IndexedProfile(
        ref=RecordRef(connection, object_, record_id),
        person_id=str(person_id) if person_id else None,
        packed=bytes(packed),
        owner_id=owner_id,
        customer=customer,
        open_opportunity=open_opportunity,
        active_at=active_at,
        created_at=created_at,
    )


# --- the whole of it


_SAMPLE = text("""
    SELECT connection, object, record_id, packed FROM match_record
    WHERE id % greatest(1, (SELECT count(*) FROM match_record) / :count) = 0 ORDER BY id LIMIT :count
""")


def sample_of(engine: Engine, count: int) -> Sequence[tuple[RecordRef, bytes]]:
    """At most `count` records from all over the index, the same ones each time."""
    with reading(engine) as session:
        rows = session.execute(_SAMPLE, {"count": count}).all()
    return [(RecordRef(row.connection, row.object, row.record_id), bytes(row.packed)) for row in rows]


@dataclass(frozen=True, slots=True)
class IndexSize:
    records: int
    keys: int
    bytes: int
    """On disk, with its indexes."""


_SIZE = text("""
    SELECT (SELECT count(*) FROM match_record) AS records, (SELECT count(*) FROM match_key) AS keys,
        pg_total_relation_size('match_record') + pg_total_relation_size('match_key') AS bytes
""")


def index_size(engine: Engine) -> IndexSize:
    with reading(engine) as session:
        row = session.execute(_SIZE).one()
    return IndexSize(row.records, row.keys, row.bytes)


def settle_statistics(engine: Engine) -> None:
    """Tells PostgreSQL at once what its own autovacuum would notice within minutes: that a lot was put in."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as session:
        session.execute(text("SET statement_timeout = 0"))
        session.execute(text("VACUUM (ANALYZE) match_record, match_key"))
        session.execute(text("RESET statement_timeout"))


_ONE = text("SELECT packed FROM match_record WHERE connection = :connection AND object = :object AND record_id = :id")


def packed_of(engine: Engine, ref: RecordRef) -> bytes | None:
    """One row by its name: the least that any lookup costs."""
    with reading(engine) as session:
        found = (
            _alone(session).execute(_ONE, {"connection": ref.connection, "object": ref.object, "id": ref.id}).scalar_one_or_none()
        )
    return bytes(found) if found is not None else None
