"""Records that are matched and scored here, and about which nothing was decided; and who made how many within minutes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, text

from adapters.records import RecordRef
from connector.store.engine import reading


@dataclass(frozen=True, slots=True)
class Indexed:
    """One record as it is put down."""

    ref: RecordRef
    person_id: str
    input_hash: bytes
    source: str
    why: str
    created_at: datetime
    created_by: str
    raised: str
    fit: int | None
    engagement: int | None
    grade: str
    confidence: str
    rank: int
    state: str = "live"
    now_id: str | None = None


# What was decided about, or is to be forgotten, is left as it is.
_RECORDS = text("""
    INSERT INTO record (connection, object, record_id, person_id, input_hash, source, state, now_id)
    SELECT :name, * FROM unnest(:objects ::text[], :records ::text[], :people ::uuid[], :hashes ::bytea[], :sources ::text[],
                                :states ::text[], :nows ::text[])
    ON CONFLICT (connection, object, record_id) DO UPDATE SET person_id = EXCLUDED.person_id, input_hash = EXCLUDED.input_hash,
        source = EXCLUDED.source, state = EXCLUDED.state, now_id = EXCLUDED.now_id
        WHERE record.packet_id IS NULL AND record.state NOT IN ('forgetting', 'forgotten')
    RETURNING object, record_id
""")

_INDEXED = text("""
    INSERT INTO indexed_record (connection, object, record_id, why, created_at, created_by, raised, fit, engagement, grade,
        confidence, rank)
    SELECT :name, * FROM unnest(:objects ::text[], :records ::text[], :whys ::text[], :created ::timestamptz[], :makers ::text[],
        :raised ::text[], :fits ::int[], :engagements ::int[], :grades ::text[], :confidences ::text[], :ranks ::int[])
    ON CONFLICT (connection, object, record_id) DO UPDATE SET raised = EXCLUDED.raised, fit = EXCLUDED.fit,
        engagement = EXCLUDED.engagement, grade = EXCLUDED.grade, confidence = EXCLUDED.confidence, rank = EXCLUDED.rank,
        indexed_at = clock_timestamp()
""")


def put_indexed(connection: Connection, name: str, records: Sequence[Indexed]) -> int:
    """Puts records down; returns how many were taken."""
    rows = sorted(records, key=lambda one: one.ref)
    if not rows:
        return 0
    values = {
        "name": name,
        "objects": [r.ref.object for r in rows],
        "records": [r.ref.id for r in rows],
        "people": [r.person_id for r in rows],
        "hashes": [r.input_hash for r in rows],
        "sources": [r.source for r in rows],
        "states": [r.state for r in rows],
        "nows": [r.now_id for r in rows],
    }
    taken = {(row.object, row.record_id) for row in connection.execute(_RECORDS, values)}
    rows = [r for r in rows if (r.ref.object, r.ref.id) in taken]
    scores = {
        "name": name,
        "objects": [r.ref.object for r in rows],
        "records": [r.ref.id for r in rows],
        "whys": [r.why for r in rows],
        "created": [r.created_at for r in rows],
        "makers": [r.created_by for r in rows],
        "raised": [r.raised for r in rows],
        "fits": [r.fit for r in rows],
        "engagements": [r.engagement for r in rows],
        "grades": [r.grade for r in rows],
        "confidences": [r.confidence for r in rows],
        "ranks": [r.rank for r in rows],
    }
    if rows:
        connection.execute(_INDEXED, scores)
    return len(rows)


def indexed_counts(engine: Engine, name: str) -> Mapping[str, int]:
    """How many records are indexed, by why."""
    query = text("SELECT why, count(*) AS n FROM indexed_record WHERE connection = :name GROUP BY why ORDER BY why")
    with reading(engine) as connection:
        return {row.why: row.n for row in connection.execute(query, {"name": name})}


_RAISED = text("""
    SELECT object, record_id, why, raised FROM unnest(:objects ::text[], :records ::text[]) AS wanted(object, record_id)
    JOIN indexed_record USING (object, record_id) WHERE connection = :name
""")


def indexed_before(engine: Engine, name: str, refs: Iterable[RecordRef]) -> Mapping[RecordRef, tuple[str, str]]:
    """Those of `refs` that are indexed: why, and the digest of what they had asked for by then."""
    rows = sorted(refs)
    values = {"name": name, "objects": [r.object for r in rows], "records": [r.id for r in rows]}
    with reading(engine) as connection:
        return {RecordRef(name, row.object, row.record_id): (row.why, row.raised) for row in connection.execute(_RAISED, values)}


_DROP = text("""
    DELETE FROM indexed_record USING unnest(:objects ::text[], :records ::text[]) AS done(object, record_id)
    WHERE connection = :name AND indexed_record.object = done.object AND indexed_record.record_id = done.record_id
""")


def drop_indexed(connection: Connection, name: str, refs: Iterable[RecordRef]) -> None:
    """What was decided about is no longer merely indexed."""
    rows = sorted(refs)
    if rows:
        connection.execute(_DROP, {"name": name, "objects": [r.object for r in rows], "records": [r.id for r in rows]})


_BIRTHS = text("""
    INSERT INTO birth (connection, object, record_id, created_by, created_at)
    SELECT :name, * FROM unnest(:objects ::text[], :records ::text[], :makers ::text[], :moments ::timestamptz[])
    ON CONFLICT DO NOTHING
""")

_CROWD = text("""
    SELECT b.object, b.record_id, count(*) AS n
    FROM unnest(:objects ::text[], :records ::text[], :makers ::text[], :moments ::timestamptz[])
        AS b(object, record_id, created_by, created_at)
    JOIN birth o ON o.connection = :name AND o.created_by = b.created_by
        AND o.created_at BETWEEN b.created_at - make_interval(secs => :span) AND b.created_at + make_interval(secs => :span)
    GROUP BY b.object, b.record_id
""")


def prune_births(connection: Connection, days: int = 7, limit: int = 20_000) -> int:
    """Births older than any list that may still grow."""
    gone = text("""
        DELETE FROM birth WHERE ctid IN (
            SELECT ctid FROM birth WHERE created_at < statement_timestamp() - make_interval(days => :days) LIMIT :limit)
    """)
    return connection.execute(gone, {"days": days, "limit": limit}).rowcount


def births_around(
    connection: Connection, name: str, born: Mapping[RecordRef, tuple[str, datetime]], span: float
) -> Mapping[RecordRef, int]:
    """Puts down who made these records and when; returns how many the same user made within `span` seconds of each."""
    refs = sorted(born)
    if not refs:
        return {}
    values = {
        "name": name,
        "objects": [r.object for r in refs],
        "records": [r.id for r in refs],
        "makers": [born[r][0] for r in refs],
        "moments": [born[r][1] for r in refs],
    }
    connection.execute(_BIRTHS, values)
    rows = connection.execute(_CROWD, {**values, "span": span})
    return {RecordRef(name, row.object, row.record_id): row.n for row in rows}


@dataclass(frozen=True, slots=True)
class ListOf:
    """Records of one maker that were made within one hour and came as a list."""

    created_by: str
    """CRM user id; empty where the CRM says only that it was an import."""
    count: int
    first: datetime
    last: datetime


_LISTS = text("""
    SELECT created_by, count(*) AS n, min(created_at) AS first, max(created_at) AS last FROM indexed_record
    WHERE connection = :name AND why = 'list' GROUP BY created_by, date_trunc('hour', created_at) ORDER BY first
""")


def lists_of(engine: Engine, name: str) -> Sequence[ListOf]:
    """Lists that wait to be released, the oldest first."""
    with reading(engine) as connection:
        return [ListOf(row.created_by, row.n, row.first, row.last) for row in connection.execute(_LISTS, {"name": name})]


# Without its hash a record is news when it is next read, though nothing about it changed.
_RELEASE = text("""
    WITH let_go AS (
        UPDATE indexed_record SET why = :released WHERE connection = :name AND why = 'list'
            AND (CAST(:maker AS text) IS NULL OR created_by = :maker)
        RETURNING object, record_id)
    UPDATE record SET input_hash = NULL FROM let_go
    WHERE record.connection = :name AND record.object = let_go.object AND record.record_id = let_go.record_id
    RETURNING record.object, record.record_id
""")


def release_lists(connection: Connection, name: str, maker: str | None, released: str) -> Sequence[RecordRef]:
    """Lets the lists of one maker go, or all; their records, which the caller makes due."""
    values = {"name": name, "maker": maker, "released": released}
    return [RecordRef(name, row.object, row.record_id) for row in connection.execute(_RELEASE, values)]
