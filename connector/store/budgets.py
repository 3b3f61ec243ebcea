"""A connection's calls, counted one by one in PostgreSQL, corrected by what the vendor's own answers say, closed by its refusals.

A call costs three short statements under one row lock, on the disk before it goes out: a database that was killed forgets none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, text

from connector.shares import Counted, Shares, Spent, spent, to_look
from connector.store.engine import reading, transact

TRYING_SECONDS = 30.0
"""After a refusal of the day's limit one call goes first; for so long the others wait for its answer."""

_LOCK = text("""
    SELECT clock_timestamp() AS now, others, vendor_limit, vendor_at, looked_at
    FROM budget WHERE connection = :name AND day = (clock_timestamp() AT TIME ZONE :zone)::date::text FOR UPDATE
""")

# A window that rolls does not begin anew with the day; the limit is the same from day to day in any case.
_BEGIN = text("""
    INSERT INTO budget (connection, day, ceiling, vendor_limit, others, vendor_used, vendor_at)
    SELECT :name, (clock_timestamp() AT TIME ZONE :zone)::date::text, COALESCE(CAST(:own AS int), :assumed), last.vendor_limit,
        CASE WHEN :rolling THEN COALESCE(last.others, 0) ELSE 0 END,
        CASE WHEN :rolling THEN last.vendor_used END, CASE WHEN :rolling THEN last.vendor_at END
    FROM (SELECT 1) one LEFT JOIN (SELECT * FROM budget WHERE connection = :name ORDER BY day DESC LIMIT 1) last ON true
    ON CONFLICT (connection, day) DO NOTHING
""")

_SINCE = """
    CASE WHEN :rolling THEN CAST(:now AS timestamptz) - interval '24 hours'
         ELSE date_trunc('day', CAST(:now AS timestamptz) AT TIME ZONE :zone) AT TIME ZONE :zone END
"""

_SLOTS = text(f"""
    SELECT window_.since, slot, ours FROM (SELECT {_SINCE} AS since) window_
    LEFT JOIN budget_slot ON connection = :name AND slot > window_.since - interval '10 minutes' AND ours > 0
        AND (:rolling OR slot >= window_.since)
    ORDER BY slot
""")  # noqa: S608 - a constant

_SLOT = "date_bin('10 minutes', clock_timestamp(), timestamptz '2000-01-01 00:00:00+00')"

_COUNT = text(f"""
    INSERT INTO budget_slot (connection, slot, ours, hot) VALUES (:name, {_SLOT}, :calls, :hot)
    ON CONFLICT (connection, slot) DO UPDATE SET ours = budget_slot.ours + EXCLUDED.ours, hot = budget_slot.hot + EXCLUDED.hot
""")  # noqa: S608 - a constant

# `used` is what the version before goes by; it may run beside this one.
_USED = text("""
    UPDATE budget SET used = used + :calls, looked_at = CASE WHEN :look THEN clock_timestamp() ELSE looked_at END
    WHERE connection = :name AND day = (clock_timestamp() AT TIME ZONE :zone)::date::text
""")

_LEARN = text("""
    UPDATE budget SET others = GREATEST(0, :used - :ours), vendor_used = :used, vendor_limit = :limit,
        vendor_at = clock_timestamp(), used = GREATEST(used, :used), ceiling = LEAST(ceiling, :limit)
    WHERE connection = :name AND day = (clock_timestamp() AT TIME ZONE :zone)::date::text
""")

_LEARN_SLOT = text(f"""
    INSERT INTO budget_slot (connection, slot, vendor_used) VALUES (:name, {_SLOT}, :used)
    ON CONFLICT (connection, slot) DO UPDATE SET vendor_used = EXCLUDED.vendor_used
""")  # noqa: S608 - a constant


def _counted(session: Connection, name: str, shares: Shares) -> Counted:
    """Where the calls stand, under the row's lock until the transaction ends."""
    values: dict[str, Any] = {"name": name, "zone": shares.zone, "rolling": shares.rolling}
    while (row := session.execute(_LOCK, values).first()) is None:
        session.execute(_BEGIN, {**values, "own": shares.own, "assumed": shares.assumed})
    return _window(session, name, shares, row)


def _window(session: Connection, name: str, shares: Shares, row: Row[Any]) -> Counted:
    values = {"name": name, "zone": shares.zone, "rolling": shares.rolling, "now": row.now}
    found = session.execute(_SLOTS, values).all()
    slots = [(one.slot, int(one.ours)) for one in found if one.slot is not None]
    return Counted(
        now=row.now,
        since=found[0].since,
        ours=sum(calls for _, calls in slots),
        slots=slots,
        others=row.others,
        vendor_limit=row.vendor_limit,
        vendor_at=row.vendor_at,
        looked_at=row.looked_at,
    )


# --- refusals of the vendor

_GATES = text("""
    SELECT policy, code, EXTRACT(EPOCH FROM until - clock_timestamp()) AS wait,
        EXTRACT(EPOCH FROM trying + make_interval(secs => :trying) - clock_timestamp()) AS tried_for
    FROM throttle WHERE connection = :name AND policy IN ('daily', :policy)
""")

_TRY = text("UPDATE throttle SET trying = clock_timestamp() WHERE connection = :name AND policy = :policy")

_CLOSE = text("""
    INSERT INTO throttle (connection, policy, code, until)
    VALUES (:name, :policy, :code, clock_timestamp() + make_interval(secs => :seconds))
    ON CONFLICT (connection, policy) DO UPDATE SET trying = NULL, code = EXCLUDED.code,
        until = GREATEST(throttle.until, EXCLUDED.until)
""")

_OPEN = text("DELETE FROM throttle WHERE connection = :name AND policy = :policy AND until <= clock_timestamp()")


def _closed(session: Connection, name: str, policy: str) -> tuple[Spent | None, str]:
    """Why nobody may call, and the policy whose refusal is over and for which the caller goes first."""
    first = ""
    for row in session.execute(_GATES, {"name": name, "policy": policy, "trying": TRYING_SECONDS}).all():
        wait = max(float(row.wait), float(row.tried_for or 0.0))
        if wait > 0:
            return Spent(row.policy, wait, wait, row.code), ""
        first = row.policy
    return None, first


def close_gate(engine: Engine, name: str, policy: str, seconds: float, code: str = "") -> None:
    """The vendor refused: no process calls before `seconds` are over."""
    values = {"name": name, "policy": policy, "seconds": seconds, "code": code}
    transact(engine, lambda session: session.execute(_CLOSE, values))


def open_gate(engine: Engine, name: str, policy: str) -> None:
    """The vendor answered again: everybody may call."""
    transact(engine, lambda session: session.execute(_OPEN, {"name": name, "policy": policy}))


# --- the day


@dataclass(frozen=True, slots=True)
class Taken:
    """A call may go. `first`: the policy whose refusal is just over; nobody else calls before this one's answer."""

    first: str = ""


@dataclass(frozen=True, slots=True)
class StoredDay:
    """One connection's calls. Implements `connector.allowance.DayBudget`."""

    engine: Engine
    connection: str
    shares: Shares

    def take(self, policy: str, calls: int, *, hot: bool) -> Taken | Spent:
        """Counts `calls` calls, or says why they may not go; whichever process asks, one at a time."""
        return transact(self.engine, lambda session: self._take(session, policy, calls, hot=hot))

    def learn(self, *, used: int, limit: int) -> None:
        """The vendor's answer said how much of its limit is used, by everybody."""
        transact(self.engine, lambda session: self._learn(session, used, limit))

    def refused(self, policy: str, seconds: float, code: str) -> None:
        close_gate(self.engine, self.connection, policy, seconds, code)

    def answered(self, policy: str) -> None:
        open_gate(self.engine, self.connection, policy)

    def spent(self) -> tuple[int, int]:
        """(calls counted in the window, the most that may be)."""
        return budget_of(self.engine, self.connection, self.shares)

    def _take(self, session: Connection, policy: str, calls: int, *, hot: bool) -> Taken | Spent:
        counted = _counted(session, self.connection, self.shares)
        closed, first = _closed(session, self.connection, policy)
        if closed:
            return closed
        without = spent(self.shares, counted, calls, hot=hot)
        look = without is not None and (bool(first) or to_look(self.shares, counted))
        if without and not look:
            return without
        if first:
            session.execute(_TRY, {"name": self.connection, "policy": first})
        session.execute(_COUNT, {"name": self.connection, "calls": calls, "hot": calls if hot else 0})
        session.execute(_USED, {"name": self.connection, "zone": self.shares.zone, "calls": calls, "look": look})
        return Taken(first)

    def _learn(self, session: Connection, used: int, limit: int) -> None:
        counted = _counted(session, self.connection, self.shares)
        figures = {"name": self.connection, "zone": self.shares.zone, "used": used, "limit": limit, "ours": counted.ours}
        session.execute(_LEARN, figures)
        session.execute(_LEARN_SLOT, {"name": self.connection, "used": used})


# --- looking at it

_PEEK = text("""
    SELECT clock_timestamp() AS now, COALESCE(b.others, 0) AS others, b.vendor_used, b.vendor_limit, b.vendor_at, b.looked_at
    FROM (SELECT 1) one LEFT JOIN (
        SELECT * FROM budget WHERE connection = :name
            AND (:rolling OR day = (clock_timestamp() AT TIME ZONE :zone)::date::text) ORDER BY day DESC LIMIT 1) b ON true
""")

_SPEED = text("""
    SELECT COALESCE(sum(ours), 0) AS ours, min(slot) AS first, min(vendor_used) AS least, max(vendor_used) AS most,
        min(slot) FILTER (WHERE vendor_used IS NOT NULL) AS told_from, max(slot) FILTER (WHERE vendor_used IS NOT NULL) AS told_to
    FROM budget_slot WHERE connection = :name AND slot > CAST(:now AS timestamptz) - interval '70 minutes'
""")

_HOT = text("""
    SELECT COALESCE(sum(hot), 0) FROM budget_slot
    WHERE connection = :name AND slot > CAST(:since AS timestamptz) - interval '10 minutes'
""")

_ALL_GATES = text("SELECT policy, code, since, until FROM throttle WHERE connection = :name ORDER BY policy")


@dataclass(frozen=True, slots=True)
class Gate:
    """A refusal of the vendor."""

    policy: str
    code: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Ledger:
    """A connection's calls, for whoever looks."""

    counted: Counted
    vendor_used: int | None
    hot: int
    """Of ours in the window."""
    lately: int
    """Ours since `lately_from`."""
    lately_from: datetime
    """About an hour ago, or when we began."""
    others_lately: int | None
    """Everybody else's in that time; None where the vendor has not told twice."""
    gates: Sequence[Gate]


def ledger_of(engine: Engine, name: str, shares: Shares) -> Ledger:
    """Reads only, and locks nothing."""
    with reading(engine) as session:
        row = session.execute(_PEEK, {"name": name, "zone": shares.zone, "rolling": shares.rolling}).one()
        counted = _window(session, name, shares, row)
        speed = session.execute(_SPEED, {"name": name, "now": row.now}).one()
        hot = session.execute(_HOT, {"name": name, "since": counted.since}).scalar_one()
        gates = [Gate(*one) for one in session.execute(_ALL_GATES, {"name": name})]
    return Ledger(counted, row.vendor_used, int(hot), int(speed.ours), speed.first or row.now, _others(speed), gates)


def _others(speed: Row[Any]) -> int | None:
    """A vendor's count only grows within an hour, but for a midnight or a window that rolls: then nothing is said."""
    if speed.told_from is None or speed.told_from == speed.told_to:
        return None
    return max(0, int(speed.most) - int(speed.least) - int(speed.ours))


def prune_slots(connection: Connection, days: int = 35, limit: int = 20_000) -> int:
    """Slots and days older than anybody looks at."""
    gone = text("""
        DELETE FROM budget_slot WHERE ctid IN (
            SELECT ctid FROM budget_slot WHERE slot < clock_timestamp() - make_interval(days => :days) LIMIT :limit)
    """)
    return connection.execute(gone, {"days": days, "limit": limit}).rowcount


def budget_of(engine: Engine, name: str, shares: Shares) -> tuple[int, int]:
    """(calls counted in the window, the most that may be)."""
    counted = ledger_of(engine, name, shares).counted
    ceiling = shares.ceiling(counted.vendor_limit)
    return counted.total, ceiling if shares.own is None else min(ceiling, shares.own + counted.others)


_BY_WAITING = text("""
    SELECT waits_for, count(*) AS rows, min(waits_since) AS since, max(waits_until) AS until FROM (
        SELECT waits_for, waits_since, waits_until FROM outbox
            WHERE connection = :name AND waits_for <> '' AND not_before > clock_timestamp()
        UNION ALL SELECT waits_for, waits_since, waits_until FROM due
            WHERE connection = :name AND waits_for <> '' AND not_before > clock_timestamp()) both_
    GROUP BY waits_for ORDER BY waits_for
""")


@dataclass(frozen=True, slots=True)
class Queue:
    """Records that wait for one reason."""

    reason: str
    records: int
    since: datetime
    until: datetime


def queues_of(engine: Engine, name: str) -> Sequence[Queue]:
    with reading(engine) as session:
        return [Queue(row.waits_for, int(row.rows), row.since, row.until) for row in session.execute(_BY_WAITING, {"name": name})]


_ALL_WAITING = text("""
    SELECT 'outbox' AS place, waits_for, count(*) AS rows FROM outbox
        WHERE waits_for <> '' AND not_before > clock_timestamp() GROUP BY waits_for
    UNION ALL SELECT 'due', waits_for, count(*) FROM due
        WHERE waits_for <> '' AND not_before > clock_timestamp() GROUP BY waits_for
""")


def waiting_by_reason(engine: Engine) -> Mapping[tuple[str, str], int]:
    """(outbox or due, reason) to rows that wait for it now, over all connections."""
    with reading(engine) as session:
        return {(row.place, row.waits_for): int(row.rows) for row in session.execute(_ALL_WAITING)}
