"""What is due: one row per record with something new, leased to one worker at a time by PostgreSQL's clock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Connection, Engine, Row, func, select, text

from adapters.records import RecordRef
from connector.store.engine import reading, transact
from connector.store.schema import due
from connector.store.waits import Waiting


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event as stored: `identity` is 16 bytes of a hash of the vendor's own identity."""

    identity: bytes
    delivery_id: int
    ref: RecordRef
    kind: str
    occurred_at: datetime
    trace: str = ""
    """Of the delivery that told it."""


@dataclass(frozen=True, slots=True)
class Due:
    ref: RecordRef
    version: int
    attempts: int
    source_at: datetime
    hot: bool = True
    """As far as is known before it is read: it was hot when it was decided last, or nothing was decided about it yet."""
    trace: str = ""
    found_at: datetime | None = None
    """When a sweep or a backfill came upon it; None: it was told of when it happened."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Records claimed together under one lease token."""

    token: str
    dues: Sequence[Due]


_INSERT_EVENTS = text("""
    INSERT INTO event (connection, identity, delivery_id, object, record_id, kind, occurred_at)
    SELECT * FROM unnest(:connection ::text[], :identity ::bytea[], :delivery ::bigint[], :object ::text[], :record ::text[],
                         :kind ::text[], :occurred ::timestamptz[])
    ON CONFLICT DO NOTHING
    RETURNING object, record_id, kind, occurred_at, identity
""")


def add_events(connection: Connection, name: str, events: Sequence[NewEvent], found_at: datetime | None = None) -> int:
    """Stores events that are new by the vendor's identity and makes their records due. Returns how many were new.

    `found_at`: see `make_due`.
    """
    if not events:
        return 0
    columns = {
        "connection": [name] * len(events),
        "identity": [e.identity for e in events],
        "delivery": [e.delivery_id for e in events],
        "object": [e.ref.object for e in events],
        "record": [e.ref.id for e in events],
        "kind": [e.kind for e in events],
        "occurred": [e.occurred_at for e in events],
    }
    fresh = connection.execute(_INSERT_EVENTS, columns).all()
    earliest: dict[tuple[str, str], datetime] = {}
    for row in fresh:
        if row.kind != "ignored":
            key = (row.object, row.record_id)
            earliest[key] = min(row.occurred_at, earliest.get(key, row.occurred_at))
    told_by = {event.identity: event.trace for event in events}
    traces = {(row.object, row.record_id): told_by[bytes(row.identity)] for row in fresh}
    make_due(connection, name, ((object_, id_, at) for (object_, id_), at in earliest.items()), traces, found_at)
    return len(fresh)


_MAKE_DUE = text("""
    INSERT INTO due (connection, object, record_id, source_at, trace, found_at, hot)
    SELECT :connection, m.object, m.record_id, m.source_at, m.trace, :found_at, COALESCE(r.hot OR r.packet_id IS NULL, true)
    FROM unnest(:objects ::text[], :records ::text[], :moments ::timestamptz[], :traces ::text[])
        AS m(object, record_id, source_at, trace)
    LEFT JOIN record r ON (r.connection, r.object, r.record_id) = (:connection, m.object, m.record_id)
    ON CONFLICT (connection, object, record_id) DO UPDATE SET version = due.version + 1, attempts = 0, hot = EXCLUDED.hot,
        source_at = LEAST(due.source_at, EXCLUDED.source_at), not_before = LEAST(due.not_before, clock_timestamp()),
        found_at = CASE WHEN due.found_at IS NOT NULL AND EXCLUDED.found_at IS NOT NULL
                        THEN LEAST(due.found_at, EXCLUDED.found_at) END,
        trace = COALESCE(NULLIF(EXCLUDED.trace, ''), due.trace)
""")


def make_due(
    connection: Connection,
    name: str,
    records: Iterable[tuple[str, str, datetime]],
    traces: Mapping[tuple[str, str], str] = MappingProxyType({}),
    found_at: datetime | None = None,
) -> None:
    """Marks (object, id, source moment) as due; one that is already due or being worked on gets a new version.

    Args:
        traces: of the deliveries that told of them, by object and id; the newest stays.
        found_at: when somebody came upon them; None: they were told of when it happened.
    """
    rows: dict[tuple[str, str], datetime] = {}
    for object_, id_, at in sorted(records):
        rows[object_, id_] = min(at, rows.get((object_, id_), at))
    values = {
        "connection": name,
        "objects": [object_ for object_, _ in rows],
        "records": [id_ for _, id_ in rows],
        "moments": list(rows.values()),
        "traces": [traces.get(key, "") for key in rows],
        "found_at": found_at,
    }
    if rows:
        connection.execute(_MAKE_DUE, values)


_FOR_THE_REST: Final = 5
"""One of so many records of a batch is for what is not hot, however many hot ones there are: nobody waits for ever."""

_CLAIM = text("""
    WITH rest AS MATERIALIZED (
        SELECT connection, object, record_id FROM due
        WHERE connection = :connection AND NOT hot AND not_before <= clock_timestamp()
        ORDER BY not_before LIMIT :limit FOR UPDATE SKIP LOCKED),
    first AS MATERIALIZED (
        SELECT connection, object, record_id FROM due
        WHERE connection = :connection AND hot AND not_before <= clock_timestamp()
        ORDER BY not_before LIMIT :limit - LEAST((SELECT count(*) FROM rest), :kept) FOR UPDATE SKIP LOCKED),
    mine AS (SELECT * FROM first UNION ALL (SELECT * FROM rest LIMIT :limit - (SELECT count(*) FROM first)))
    UPDATE due SET lease = CAST(:token AS uuid), attempts = attempts + 1
    FROM mine WHERE due.connection = mine.connection AND due.object = mine.object AND due.record_id = mine.record_id
    RETURNING due.object, due.record_id, due.version, due.attempts, due.source_at, due.found_at, EXISTS (
        SELECT 1 FROM record r WHERE (r.connection, r.object, r.record_id) = (due.connection, due.object, due.record_id)
        AND r.state IN ('forgetting', 'forgotten')) AS forgotten, due.trace, COALESCE((
        SELECT r.hot OR r.packet_id IS NULL FROM record r
        WHERE (r.connection, r.object, r.record_id) = (due.connection, due.object, due.record_id)), true) AS hot
""")

_DROP_CLAIMED = text("""
    DELETE FROM due WHERE connection = :connection AND lease = CAST(:token AS uuid)
      AND (object, record_id) IN (SELECT * FROM unnest(:objects ::text[], :records ::text[]))
""")


def claim(engine: Engine, name: str, limit: int) -> Batch:
    """Leases up to `limit` due records of one connection to the drain that holds its lock: hot ones first, the oldest first.

    The lock (see `singleton.py`) ends with its holder's session, so a lease found here is a dead drain's, or one that lost its
    session: it is taken over at once, and the old token no longer commits anything. Records of forgotten persons leave the list
    here, whatever put them on it.
    """
    token = str(uuid4())
    dues = transact(engine, lambda connection: _claim(connection, name, limit, token))
    return Batch(token, sorted(dues, key=lambda item: item.ref))


def _claim(connection: Connection, name: str, limit: int, token: str) -> list[Due]:
    values = {"connection": name, "limit": limit, "kept": -(-limit // _FOR_THE_REST), "token": token}
    while rows := connection.execute(_CLAIM, values).all():
        forgotten = [row for row in rows if row.forgotten]
        if forgotten:
            columns = {"objects": [row.object for row in forgotten], "records": [row.record_id for row in forgotten]}
            connection.execute(_DROP_CLAIMED, {"connection": name, "token": token, **columns})
        if dues := [_due(name, row) for row in rows if not row.forgotten]:
            return dues
    return []


def _due(name: str, row: Row[Any]) -> Due:
    ref = RecordRef(name, row.object, row.record_id)
    return Due(ref, row.version, row.attempts, row.source_at, row.hot, row.trace, row.found_at)


_HELD = text("""
    SELECT object, record_id, version FROM due
    WHERE connection = :connection AND lease = CAST(:token AS uuid)
      AND (object, record_id) IN (SELECT * FROM unnest(:objects ::text[], :records ::text[]))
    ORDER BY object, record_id FOR UPDATE
""")


def still_held(connection: Connection, name: str, token: str, refs: Sequence[RecordRef]) -> frozenset[RecordRef]:
    """Those of `refs` whose lease is still ours, locked until the transaction ends: nothing else may be committed."""
    values = {"connection": name, "token": token, "objects": [r.object for r in refs], "records": [r.id for r in refs]}
    return frozenset(RecordRef(name, row.object, row.record_id) for row in connection.execute(_HELD, values))


_FINISH = text("""
    WITH done AS (
        SELECT * FROM unnest(:objects ::text[], :records ::text[], :versions ::bigint[]) AS t(object, record_id, version)),
    gone AS (
        DELETE FROM due USING done
        WHERE due.connection = :connection AND due.object = done.object AND due.record_id = done.record_id
          AND due.version = done.version AND due.lease = CAST(:token AS uuid))
    UPDATE due SET lease = NULL, attempts = 0 FROM done
    WHERE due.connection = :connection AND due.object = done.object AND due.record_id = done.record_id
      AND due.version <> done.version AND due.lease = CAST(:token AS uuid)
""")


def finish(connection: Connection, name: str, token: str, dues: Sequence[Due]) -> None:
    """Takes decided records off the list; one that changed meanwhile stays, free for the next batch."""
    values = {
        "connection": name,
        "token": token,
        "objects": [item.ref.object for item in dues],
        "records": [item.ref.id for item in dues],
        "versions": [item.version for item in dues],
    }
    connection.execute(_FINISH, values)


_GIVE_BACK = text("""
    UPDATE due SET lease = NULL, not_before = clock_timestamp() + make_interval(secs => :wait),
        attempts = GREATEST(0, attempts - :pardon), waits_for = CASE WHEN :wait > 0 THEN '' ELSE waits_for END
    WHERE connection = :connection AND lease = CAST(:token AS uuid)
      AND (object, record_id) IN (SELECT * FROM unnest(:objects ::text[], :records ::text[]))
""")


def give_back(
    connection: Connection, name: str, token: str, refs: Sequence[RecordRef], wait: float, *, pardon: bool = False
) -> None:
    """Returns records unworked, to be tried again in `wait` seconds. `pardon`: the attempt was not the record's fault."""
    values = {
        "connection": name,
        "token": token,
        "wait": wait,
        "pardon": int(pardon),
        "objects": [r.object for r in refs],
        "records": [r.id for r in refs],
    }
    connection.execute(_GIVE_BACK, values)


_HOLD_BACK = text("""
    UPDATE due SET not_before = clock_timestamp() + make_interval(secs => :wait),
        waits_since = CASE WHEN waits_for = :reason THEN waits_since ELSE clock_timestamp() END, waits_for = :reason,
        waits_until = clock_timestamp() + make_interval(secs => :expected)
    WHERE connection = :connection AND lease IS NULL AND not_before <= clock_timestamp() + make_interval(secs => :wait)
        AND NOT (:spare_hot AND COALESCE((
            SELECT r.hot OR r.packet_id IS NULL FROM record r
            WHERE (r.connection, r.object, r.record_id) = (due.connection, due.object, due.record_id)), true))
""")


def hold_back(connection: Connection, name: str, waiting: Waiting) -> int:
    """Says of every record that would be read within that time why it is not; returns how many."""
    return connection.execute(_HOLD_BACK, {"connection": name, **waiting.columns()}).rowcount


def connections_with_work(engine: Engine) -> Sequence[str]:
    """Connections that have something to open, to decide or to write now: whom the clock rings for."""
    query = text("""
        SELECT name FROM connection WHERE
          EXISTS (SELECT 1 FROM delivery WHERE delivery.connection = name AND opened_at IS NULL)
          OR EXISTS (SELECT 1 FROM due WHERE due.connection = name AND not_before <= clock_timestamp())
          OR EXISTS (SELECT 1 FROM outbox WHERE outbox.connection = name AND not_before <= clock_timestamp())
          OR EXISTS (SELECT 1 FROM effect WHERE effect.connection = name AND made_at IS NULL)
    """)
    with reading(engine) as connection:
        return list(connection.execute(query).scalars())


def backlog(engine: Engine, name: str) -> int:
    """Records of one connection that are due now or later."""
    with reading(engine) as connection:
        return connection.execute(select(func.count()).select_from(due).where(due.c.connection == name)).scalar_one()


def prune_events(connection: Connection, days: int, limit: int = 20_000) -> int:
    """Deletes a batch of events older than `days`. The statement's own moment can be looked up in an index, now's cannot."""
    gone = text("""
        DELETE FROM event WHERE ctid IN (
            SELECT ctid FROM event WHERE opened_at < statement_timestamp() - make_interval(days => :days) LIMIT :limit)
    """)
    return connection.execute(gone, {"days": days, "limit": limit}).rowcount
