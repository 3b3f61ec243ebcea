"""How far the changes of each connection were read, and when they are read next. Moments of streams are the CRM's own stamps."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, text

from adapters.records import RecordRef
from connector.store.engine import reading


@dataclass(frozen=True, slots=True)
class StreamState:
    """One stream as it was left."""

    seen_to: datetime
    """Everything up to this stamp was seen."""
    after: str = ""
    """Where the next page of the round under way begins; empty: no round is under way."""
    seen: int = 0
    fresh: int = 0
    refused: str = ""
    ended_ago: float | None = None
    """Seconds since a round went through; None: none did yet."""


@dataclass(frozen=True, slots=True)
class SweepState:
    """A connection's sweeps as a whole."""

    ended_ago: float | None
    """Seconds since one went through to its end; None: none did yet."""
    due_in: float
    """Seconds until the next one."""
    problem: str
    streams: Mapping[str, StreamState]


_STREAMS = text("""
    SELECT stream, seen_to, after, seen, fresh, refused, EXTRACT(EPOCH FROM clock_timestamp() - ended_at) AS ended_ago
    FROM sweep_stream WHERE connection = :name ORDER BY stream
""")

_SWEEP = text("""
    SELECT EXTRACT(EPOCH FROM clock_timestamp() - s.ended_at) AS ended_ago, COALESCE(s.problem, '') AS problem,
        EXTRACT(EPOCH FROM COALESCE(s.not_before, c.created_at + make_interval(secs => :first)) - clock_timestamp()) AS due_in
    FROM connection c LEFT JOIN sweep s ON s.connection = c.name WHERE c.name = :name
""")


def sweep_of(engine: Engine, name: str, first: float) -> SweepState:
    """How a connection's sweeps stand. `first`: seconds from connecting to the first one."""
    with reading(engine) as connection:
        row = connection.execute(_SWEEP, {"name": name, "first": first}).one()
        streams = connection.execute(_STREAMS, {"name": name}).all()
    return SweepState(
        ended_ago=None if row.ended_ago is None else float(row.ended_ago),
        due_in=float(row.due_in),
        problem=row.problem,
        streams={
            one.stream: StreamState(
                one.seen_to, one.after, one.seen, one.fresh, one.refused, None if one.ended_ago is None else float(one.ended_ago)
            )
            for one in streams
        },
    )


_DUE = text("""
    SELECT c.name FROM connection c LEFT JOIN sweep s ON s.connection = c.name
    WHERE COALESCE(s.not_before, c.created_at + make_interval(secs => :first)) <= clock_timestamp()
""")


def due_sweeps(engine: Engine, first: float) -> Sequence[str]:
    """Connections whose next sweep is due."""
    with reading(engine) as connection:
        return list(connection.execute(_DUE, {"first": first}).scalars())


_PLAN = text("""
    INSERT INTO sweep (connection, not_before, problem, ended_at)
    VALUES (:name, clock_timestamp() + make_interval(secs => :wait), :problem, CASE WHEN :through THEN clock_timestamp() END)
    ON CONFLICT (connection) DO UPDATE SET not_before = EXCLUDED.not_before, problem = EXCLUDED.problem,
        ended_at = COALESCE(EXCLUDED.ended_at, sweep.ended_at)
""")


def plan_sweep(connection: Connection, name: str, wait: float, *, through: bool, problem: str = "") -> None:
    """Says when the next sweep is due, in `wait` seconds, and whether this one went `through` to its end."""
    connection.execute(_PLAN, {"name": name, "wait": wait, "through": through, "problem": problem})


_BEGIN = text("""
    INSERT INTO sweep_stream (connection, stream, seen_to)
    SELECT c.name, stream, COALESCE(CAST(:seen_to AS timestamptz), c.created_at - make_interval(secs => :back))
    FROM connection c, unnest(:streams ::text[]) AS stream WHERE c.name = :name ON CONFLICT DO NOTHING
""")


def begin_streams(
    connection: Connection, name: str, streams: Sequence[str], *, back: float, seen_to: datetime | None = None
) -> None:
    """Streams never read before begin `back` seconds before the connection was made, or at `seen_to`."""
    connection.execute(_BEGIN, {"name": name, "streams": list(streams), "back": back, "seen_to": seen_to})


_PAGE = text("""
    UPDATE sweep_stream SET after = :after, refused = '', seen = CASE WHEN :first THEN 0 ELSE seen END + :seen,
        fresh = CASE WHEN :first THEN 0 ELSE fresh END + :fresh,
        began_at = CASE WHEN :first THEN clock_timestamp() ELSE began_at END,
        seen_to = GREATEST(seen_to, COALESCE(CAST(:seen_to AS timestamptz), seen_to)),
        ended_at = CASE WHEN :last THEN clock_timestamp() ELSE ended_at END
    WHERE connection = :name AND stream = :stream
""")


def put_page(
    connection: Connection,
    name: str,
    stream: str,
    *,
    first: bool,
    seen: int,
    fresh: int,
    after: str | None,
    seen_to: datetime | None,
) -> None:
    """A page was taken in. `after`: where the next one begins, None after the last one, which moves the mark to `seen_to`."""
    values = {"name": name, "stream": stream, "first": first, "seen": seen, "fresh": fresh, "after": after or ""}
    connection.execute(_PAGE, {**values, "last": after is None, "seen_to": seen_to if after is None else None})


def refuse_stream(connection: Connection, name: str, stream: str, why: str) -> None:
    """The CRM does not let us read this stream; the mark stays where it is."""
    query = text("UPDATE sweep_stream SET refused = :why, after = '' WHERE connection = :name AND stream = :stream")
    connection.execute(query, {"name": name, "stream": stream, "why": why})


_KNOWN = text("""
    SELECT object, record_id FROM unnest(:objects ::text[], :records ::text[]) AS wanted(object, record_id)
    JOIN record USING (object, record_id) WHERE record.connection = :name AND (record.state = 'live' OR NOT :live)
""")


def known_among(connection: Connection, name: str, refs: Iterable[RecordRef], *, live: bool) -> frozenset[RecordRef]:
    """Those of `refs` of which we have something; with `live`, those that were not found gone."""
    rows = sorted(refs)
    values = {"name": name, "live": live, "objects": [r.object for r in rows], "records": [r.id for r in rows]}
    found = connection.execute(_KNOWN, values) if rows else ()
    return frozenset(RecordRef(name, row.object, row.record_id) for row in found)
