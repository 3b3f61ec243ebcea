"""What is to be written: one open row per record, replaced by a newer decision, gone when its receipt is chained."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, text

from adapters.records import RecordRef
from config.fields import Values
from connector.store.engine import reading
from connector.store.records import INHERITED, Inheritance
from connector.store.waits import Waiting


@dataclass(frozen=True, slots=True)
class Draft:
    """A write as decided. `task` and `before` are JSON-ready; `before` is what hydration saw, or None if nothing was read."""

    ref: RecordRef
    packet_id: str
    packet_hash: bytes
    outputs: Values
    owner_id: str | None
    task: Mapping[str, Any] | None
    before: Mapping[str, Any] | None
    source_at: datetime
    hand_over: bool = False
    """Salesforce: let the org's own assignment rule find the owner."""
    hot: bool = False
    """It goes before others, and on the calls kept for such leads."""
    trace: str = ""


@dataclass(frozen=True, slots=True)
class Write:
    """An open row as the deliverer sees it. Ages are in seconds by PostgreSQL's clock."""

    id: int
    ref: RecordRef
    packet_id: str
    packet_hash: bytes
    outputs: Values
    owner_id: str | None
    task: Mapping[str, Any] | None
    before: Mapping[str, Any] | None
    version: int
    tried: Sequence[Mapping[str, Any]]
    """All that was sent, answered or not, and what it was to replace, as owner_id and outputs: never taken for a person's.
    With `of`, it was sent to that record, which went on as this one."""
    written: Values
    """The outputs of our last receipt."""
    written_owner: str | None
    wrapped_key: bytes | None
    attempts: int
    unanswered_for: float | None
    """Seconds since a call whose answer we have not seen; None if there is none."""
    age: float
    source_at: datetime
    hand_over: bool
    hot: bool = False
    trace: str = ""
    inherited: Inheritance = ()


_PUT = text("""
    INSERT INTO outbox (connection, object, record_id, packet_id, packet_hash, outputs, owner_id, task, before, source_at,
        hand_over, hot, trace)
    SELECT * FROM unnest(:connections ::text[], :objects ::text[], :records ::text[], :packets ::uuid[], :hashes ::bytea[],
                         :outputs ::jsonb[], :owners ::text[], :tasks ::jsonb[], :befores ::jsonb[], :sources ::timestamptz[],
                         :hand_over ::boolean[], :hot ::boolean[], :traces ::text[])
    ON CONFLICT (connection, object, record_id) DO UPDATE SET packet_id = EXCLUDED.packet_id,
        packet_hash = EXCLUDED.packet_hash, outputs = EXCLUDED.outputs,
        owner_id = EXCLUDED.owner_id, before = EXCLUDED.before,
        task = CASE WHEN EXCLUDED.before IS NULL AND EXCLUDED.owner_id = outbox.owner_id
                    THEN COALESCE(EXCLUDED.task, outbox.task) ELSE EXCLUDED.task END,
        hand_over = EXCLUDED.hand_over, source_at = LEAST(outbox.source_at, EXCLUDED.source_at), version = outbox.version + 1,
        attempts = CASE WHEN outbox.sent_at IS NULL THEN 0 ELSE outbox.attempts END,
        not_before = CASE WHEN outbox.sent_at IS NULL THEN clock_timestamp() ELSE outbox.not_before END,
        hot = EXCLUDED.hot, trace = EXCLUDED.trace
""")


def put_drafts(connection: Connection, drafts: Sequence[Draft]) -> None:
    """Queues writes; a draft replaces the open row of its record, whose unanswered call is not forgotten.

    A draft that another record of the person brought (it has no `before`) leaves the owner's task to be made, if the owner stays.
    """
    rows = sorted(drafts, key=lambda one: one.ref)
    if not rows:
        return
    values = {
        "connections": [d.ref.connection for d in rows],
        "objects": [d.ref.object for d in rows],
        "records": [d.ref.id for d in rows],
        "packets": [d.packet_id for d in rows],
        "hashes": [d.packet_hash for d in rows],
        "outputs": [json.dumps(dict(d.outputs)) for d in rows],
        "owners": [d.owner_id for d in rows],
        "tasks": [json.dumps(d.task) if d.task else None for d in rows],
        "befores": [json.dumps(d.before) if d.before else None for d in rows],
        "sources": [d.source_at for d in rows],
        "hand_over": [d.hand_over for d in rows],
        "hot": [d.hot for d in rows],
        "traces": [d.trace for d in rows],
    }
    connection.execute(_PUT, values)


_NEXT = text(f"""
    SELECT o.*, r.written, r.written_owner, {INHERITED}, k.wrapped,
        EXTRACT(EPOCH FROM clock_timestamp() - o.sent_at) AS unanswered_for,
        EXTRACT(EPOCH FROM clock_timestamp() - o.created_at) AS age
    FROM outbox o JOIN record r USING (connection, object, record_id) LEFT JOIN record_key k USING (connection, object, record_id)
    WHERE o.connection = :connection AND o.not_before <= clock_timestamp() AND o.hot = :hot ORDER BY o.id LIMIT :limit
""")  # noqa: S608 - a column of ours

_FOR_THE_REST: Final = 5
"""One of so many rows of a batch is for what is not hot, however many hot ones there are: nobody waits for ever."""


def next_writes(engine: Engine, name: str, limit: int) -> Sequence[Write]:
    """The writes that may go now, hot ones first, the oldest first. Only the connection's deliverer asks."""
    values = {"connection": name, "limit": limit}
    with reading(engine) as connection:
        hot = connection.execute(_NEXT, {**values, "hot": True}).all()
        rest = connection.execute(_NEXT, {**values, "hot": False}).all()
    kept = min(len(rest), -(-limit // _FOR_THE_REST))
    rows = [*hot[: limit - kept], *rest][:limit]
    return [
        Write(
            id=row.id,
            ref=RecordRef(name, row.object, row.record_id),
            packet_id=str(row.packet_id),
            packet_hash=row.packet_hash,
            outputs=row.outputs,
            owner_id=row.owner_id,
            task=row.task,
            before=row.before,
            version=row.version,
            tried=row.tried,
            written=row.written,
            written_owner=row.written_owner,
            wrapped_key=row.wrapped,
            attempts=row.attempts,
            unanswered_for=None if row.unanswered_for is None else float(row.unanswered_for),
            age=float(row.age),
            source_at=row.source_at,
            hand_over=row.hand_over,
            hot=row.hot,
            trace=row.trace,
            inherited=row.inherited,
        )
        for row in rows
    ]


_MARK_SENT = text("""
    UPDATE outbox SET sent_at = clock_timestamp(), attempts = attempts + 1, waits_for = '',
        not_before = clock_timestamp() + make_interval(secs => :settle),
        tried = tried || CASE WHEN tried @> mine.sent THEN '[]' ELSE mine.sent END
    FROM unnest(:ids ::bigint[], :versions ::bigint[], :sent ::jsonb[]) AS mine(id, version, sent)
    WHERE outbox.id = mine.id AND outbox.version = mine.version RETURNING outbox.id
""")


@dataclass(frozen=True, slots=True)
class Sending:
    """A write as it is about to be sent."""

    write: Write
    owner_id: str | None = None
    """The owner, where the call changes it: an owner who stood there anyway may be a person's choice."""
    over: Values = field(default_factory=dict)
    """The outputs that stand there now and are to be replaced: found again later, they are nobody's choice."""


def mark_sent(connection: Connection, sendings: Sequence[Sending], settle: float) -> frozenset[int]:
    """Says, before the call, that a call is under way, what it says and what it writes over.

    Returns:
        The ids that still stand as they were read.
    """
    values = {
        "ids": [one.write.id for one in sendings],
        "versions": [one.write.version for one in sendings],
        "sent": [json.dumps(_sent(one)) for one in sendings],
        "settle": settle,
    }
    return frozenset(connection.execute(_MARK_SENT, values).scalars())


def _sent(one: Sending) -> list[Mapping[str, Any]]:
    return [{"owner_id": one.owner_id, "outputs": dict(one.write.outputs)}, {"owner_id": None, "outputs": dict(one.over)}]


_SETTLE = text("""
    WITH mine AS (SELECT * FROM unnest(:ids ::bigint[], :versions ::bigint[]) AS t(id, version)),
    gone AS (DELETE FROM outbox USING mine WHERE outbox.id = mine.id AND outbox.version = mine.version RETURNING outbox.id),
    replaced AS (
        UPDATE outbox SET sent_at = NULL, attempts = 0, not_before = clock_timestamp(), before = NULL, tried = '[]'
        FROM mine WHERE outbox.id = mine.id AND outbox.version <> mine.version RETURNING outbox.id)
    SELECT id FROM gone UNION ALL SELECT id FROM replaced
""")


def settle(connection: Connection, writes: Sequence[Write]) -> frozenset[int]:
    """Takes answered writes away; a row that was replaced meanwhile stays, to be read again before it is written.

    Returns the ids that were there: after a lost commit the same work is done again, and finds them gone.
    """
    values = {"ids": [w.id for w in writes], "versions": [w.version for w in writes]}
    return frozenset(connection.execute(_SETTLE, values).scalars())


_UNDECIDED = text("""
    SELECT gone.id FROM unnest(:ids ::bigint[], :objects ::text[], :records ::text[]) AS moved(id, object, record_id)
    JOIN outbox gone ON gone.id = moved.id AND gone.tried <> '[]'
    WHERE NOT EXISTS (SELECT 1 FROM record r WHERE (r.connection, r.object, r.record_id)
        = (gone.connection, moved.object, moved.record_id) AND r.packet_id IS NOT NULL)
""")


def sent_to_undecided(connection: Connection, moved: Sequence[tuple[Write, RecordRef]]) -> frozenset[int]:
    """The ids of those of `moved` of which something was sent, and about whose record in their place nothing was decided yet."""
    values = {
        "ids": [write.id for write, _ in moved],
        "objects": [now.object for _, now in moved],
        "records": [now.id for _, now in moved],
    }
    return frozenset(connection.execute(_UNDECIDED, values).scalars()) if moved else frozenset()


_COMPARE_AGAIN = text("""
    INSERT INTO outbox (connection, object, record_id, packet_id, packet_hash, outputs, owner_id, source_at, tried)
    SELECT r.connection, r.object, r.record_id, r.packet_id, r.packet_hash,
        (SELECT COALESCE(jsonb_object_agg(key, value), '{}') FROM jsonb_each(r.desired) WHERE gone.outputs ? key),
        r.written_owner, gone.source_at,
        (SELECT jsonb_agg(one || jsonb_build_object('of', gone.record_id)) FROM jsonb_array_elements(gone.tried) AS one)
    FROM outbox gone JOIN record r ON (r.connection, r.object, r.record_id) = (gone.connection, :object, :record)
    WHERE gone.id = :id AND gone.tried <> '[]' AND r.state = 'live' AND r.packet_id IS NOT NULL
    ON CONFLICT (connection, object, record_id) DO UPDATE SET before = NULL, tried = outbox.tried || EXCLUDED.tried
""")


def compare_again(connection: Connection, moved: Sequence[tuple[Write, RecordRef]]) -> None:
    """What was sent to a record that went on under another id may stand there now: what was decided about that one is compared
    anew, and what was sent counts as ours.
    """
    rows = [{"id": write.id, "object": now.object, "record": now.id} for write, now in moved]
    if rows:
        connection.execute(_COMPARE_AGAIN, rows)


_POSTPONE = text("""
    UPDATE outbox SET not_before = clock_timestamp() + make_interval(secs => :wait), sent_at = NULL, before = NULL,
        waits_for = '', attempts = GREATEST(0, attempts - :pardon)
    WHERE id = ANY(:ids)
""")


def postpone(connection: Connection, writes: Sequence[Write], wait: float, *, pardon: bool = False) -> None:
    """Nothing was done: try again in `wait` seconds, reading first. `pardon`: the try is not counted."""
    if writes:
        connection.execute(_POSTPONE, {"ids": [w.id for w in writes], "wait": wait, "pardon": int(pardon)})


_HOLD = text("""
    UPDATE outbox SET not_before = GREATEST(not_before, clock_timestamp() + make_interval(secs => :wait)), before = NULL,
        waits_for = ''
    WHERE id = ANY(:ids)
""")


def hold(connection: Connection, writes: Sequence[Write], wait: float) -> None:
    """The CRM cannot be asked now: nothing before `wait` seconds, and what was sent unanswered keeps its mark and its time."""
    connection.execute(_HOLD, {"ids": [w.id for w in writes], "wait": wait})


_HOLD_BACK = text("""
    UPDATE outbox SET not_before = GREATEST(not_before, clock_timestamp() + make_interval(secs => :wait)), before = NULL,
        waits_since = CASE WHEN waits_for = :reason THEN waits_since ELSE clock_timestamp() END, waits_for = :reason,
        waits_until = clock_timestamp() + make_interval(secs => :expected)
    WHERE connection = :connection AND not (hot AND :spare_hot) AND not_before <= clock_timestamp() + make_interval(secs => :wait)
""")


def hold_back(connection: Connection, name: str, waiting: Waiting) -> int:
    """Says of every row that would go within that time why it does not; returns how many."""
    return connection.execute(_HOLD_BACK, {"connection": name, **waiting.columns()}).rowcount


_LEAVE_OUT = text("""
    UPDATE outbox SET outputs = outputs - CAST(:fields AS text[]),
        owner_id = CASE WHEN :owner THEN NULL ELSE owner_id END, task = CASE WHEN :owner THEN NULL ELSE task END,
        sent_at = NULL, before = NULL, not_before = clock_timestamp()
    WHERE id = :id AND version = :version
""")


def leave_out(connection: Connection, write: Write, fields: Sequence[str], *, owner: bool = False) -> None:
    """The vendor refuses these fields: the rest of the row is tried without them. Without its owner nobody is paged either."""
    values = {"id": write.id, "version": write.version, "fields": list(fields), "owner": owner}
    connection.execute(_LEAVE_OUT, values)


_WRITTEN = text("""
    UPDATE record SET written_at = clock_timestamp(), written = record.written || mine.outputs,
        written_owner = COALESCE(mine.owner, record.written_owner)
    FROM unnest(:objects ::text[], :records ::text[], :owners ::text[], :outputs ::jsonb[])
        AS mine(object, record_id, owner, outputs)
    WHERE record.connection = :connection AND record.object = mine.object AND record.record_id = mine.record_id
      AND record.state NOT IN ('forgetting', 'forgotten')
""")


@dataclass(frozen=True, slots=True)
class Written:
    """What a receipt says that stands on a record by our hand."""

    outputs: Values
    owner_id: str | None


def mark_written(connection: Connection, name: str, written: Mapping[RecordRef, Written]) -> None:
    """Remembers what our receipts say."""
    refs = sorted(written)
    values = {
        "connection": name,
        "objects": [r.object for r in refs],
        "records": [r.id for r in refs],
        "owners": [written[r].owner_id for r in refs],
        "outputs": [json.dumps(dict(written[r].outputs)) for r in refs],
    }
    if refs:
        connection.execute(_WRITTEN, values)


def open_writes(engine: Engine, name: str) -> int:
    with reading(engine) as connection:
        return int(connection.execute(text("SELECT count(*) FROM outbox WHERE connection = :c"), {"c": name}).scalar_one())
