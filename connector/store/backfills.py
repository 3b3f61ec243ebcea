"""How far the reading of everything got, per connection."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.dialects.postgresql import insert

from adapters.records import RecordRef
from connector.store.engine import reading
from connector.store.schema import backfill


@dataclass(frozen=True, slots=True)
class Backfill:
    since: datetime | None
    """Records created since then; None: all."""
    total: int
    """As counted at the start."""
    read: int
    indexed: int
    arrived: int
    """New enough to be decided about like any other."""
    after: str
    calls: int
    began_at: datetime
    ended_at: datetime | None


def backfill_of(engine: Engine, name: str) -> Backfill | None:
    """The connection's backfill as it was left; None: there was none."""
    columns = [getattr(backfill.c, field) for field in Backfill.__dataclass_fields__]
    with reading(engine) as connection:
        row = connection.execute(select(*columns).where(backfill.c.connection == name)).first()
    return Backfill(*row) if row else None


def begin_backfill(connection: Connection, name: str, since: datetime | None, total: int) -> None:
    """Begins from the first record, whatever there was before."""
    values = {"connection": name, "since": since, "total": total}
    anew = {
        "read": 0,
        "indexed": 0,
        "arrived": 0,
        "after": "",
        "calls": 0,
        "began_at": text("clock_timestamp()"),
        "ended_at": None,
    }
    put = insert(backfill).values(values)
    connection.execute(put.on_conflict_do_update(index_elements=[backfill.c.connection], set_={**values, **anew}))


_PAGE = text("""
    UPDATE backfill SET read = CASE WHEN :anew THEN 0 ELSE read + :read END,
        indexed = CASE WHEN :anew THEN 0 ELSE indexed + :indexed END,
        arrived = CASE WHEN :anew THEN 0 ELSE arrived + :arrived END,
        after = COALESCE(CAST(:after AS text), after), calls = calls + :calls,
        ended_at = CASE WHEN CAST(:after AS text) IS NULL THEN clock_timestamp() END
    WHERE connection = :name
""")


def put_backfill_page(
    connection: Connection, name: str, *, read: int, indexed: int, arrived: int, after: str | None, calls: int
) -> None:
    """A page was taken in; `after` is where the next one begins, "" if it all begins anew, None after the last one."""
    values = {"read": read, "indexed": indexed, "arrived": arrived, "after": after, "calls": calls}
    connection.execute(_PAGE, {"name": name, "anew": after == "", **values})


_TO_SCORE = text("""
    SELECT i.object, i.record_id FROM indexed_record i JOIN record r USING (connection, object, record_id)
    LEFT JOIN outbox o USING (connection, object, record_id)
    WHERE i.connection = :name AND r.state = 'live' AND r.packet_id IS NULL AND r.written_at IS NULL AND o.id IS NULL
        AND (i.object, i.record_id) > (:object, :id)
    ORDER BY i.object, i.record_id LIMIT :limit
""")


_COUNT = text("""
    SELECT count(*) FROM indexed_record i JOIN record r USING (connection, object, record_id)
    LEFT JOIN outbox o USING (connection, object, record_id)
    WHERE i.connection = :name AND r.state = 'live' AND r.packet_id IS NULL AND r.written_at IS NULL AND o.id IS NULL
""")


def indexed_page(engine: Engine, name: str, after: RecordRef | None, limit: int) -> Sequence[RecordRef]:
    """Records that are merely indexed, still there, and not written to, in order."""
    values = {"name": name, "object": after.object if after else "", "id": after.id if after else "", "limit": limit}
    with reading(engine) as connection:
        return [RecordRef(name, row.object, row.record_id) for row in connection.execute(_TO_SCORE, values)]


def to_score(engine: Engine, name: str) -> int:
    """How many such records there are."""
    with reading(engine) as connection:
        return int(connection.execute(_COUNT, {"name": name}).scalar_one())
