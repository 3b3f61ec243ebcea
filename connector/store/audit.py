"""Whole tables, read once, for whoever checks that the books agree. Nothing in the product's own way reads like this."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, select, text, tuple_

from adapters.records import RecordRef
from config.fields import Values
from connector.store.engine import reading
from connector.store.people import Person, people_by_id
from connector.store.schema import dead_letter, effect, person, record, turn


@dataclass(frozen=True, slots=True)
class BookedRecord:
    """One CRM record as the books have it."""

    ref: RecordRef
    person_id: str
    packet_id: str
    input_hash: bytes | None
    desired: Values
    live: bool


@dataclass(frozen=True, slots=True)
class BookedTurn:
    """One turn that was not returned."""

    pool: str
    span: int
    rep: str
    packet_id: str


@dataclass(frozen=True, slots=True)
class BookedTask:
    """One task that was made, or is being made: then `vendor_id` is None."""

    key: str
    ref: RecordRef
    vendor_id: str | None


def booked_records(engine: Engine, only: Iterable[RecordRef] | None = None) -> Sequence[BookedRecord]:
    """All, or `only` these."""
    key = (record.c.connection, record.c.object, record.c.record_id)
    query = select(record).order_by(*key)
    if only is not None:
        query = query.where(tuple_(*key).in_([(ref.connection, ref.object, ref.id) for ref in only]))
    with reading(engine) as session:
        rows = session.execute(query).all()
    return [
        BookedRecord(
            RecordRef(row.connection, row.object, row.record_id),
            str(row.person_id),
            str(row.packet_id),
            bytes(row.input_hash) if row.input_hash else None,
            row.desired,
            row.state == "live",
        )
        for row in rows
    ]


def booked_turns(engine: Engine) -> Sequence[BookedTurn]:
    """In the order in which they were taken."""
    query = select(turn.c.pool, turn.c.span, turn.c.rep, turn.c.packet_id).where(turn.c.returned_at.is_(None)).order_by(turn.c.id)
    with reading(engine) as session:
        return [BookedTurn(row.pool, row.span, row.rep, str(row.packet_id)) for row in session.execute(query)]


def booked_tasks(engine: Engine) -> Sequence[BookedTask]:
    with reading(engine) as session:
        rows = session.execute(select(effect).order_by(effect.c.key)).all()
    return [BookedTask(row.key, RecordRef(row.connection, row.object, row.record_id), row.vendor_id) for row in rows]


def booked_people(engine: Engine) -> Sequence[Person]:
    with reading(engine) as session:
        ids = session.execute(select(person.c.id)).scalars().all()
    return list(people_by_id(engine, map(str, ids)).values())


def dead_letters(engine: Engine) -> Sequence[tuple[str, str, str, str]]:
    """(connection, what, reference, reason) of everything set aside and not settled."""
    columns = (dead_letter.c.connection, dead_letter.c.what, dead_letter.c.reference, dead_letter.c.reason)
    with reading(engine) as session:
        return [tuple(row) for row in session.execute(select(*columns).where(dead_letter.c.settled_at.is_(None)))]


def known_hashes(engine: Engine, name: str) -> Mapping[str, tuple[bytes | None, bool]]:
    """Every record of one connection by id: the hash of its input as it is known, and whether it was decided about."""
    query = select(record.c.record_id, record.c.input_hash, record.c.packet_id.is_not(None).label("decided"))
    with reading(engine) as session:
        rows = session.execute(query.where(record.c.connection == name)).all()
    return {row.record_id: (bytes(row.input_hash) if row.input_hash else None, row.decided) for row in rows}


_ROWS = text("""
    SELECT (SELECT count(*) FROM document) AS documents, (SELECT count(*) FROM turn) AS turns,
        (SELECT count(*) FROM effect) AS tasks, (SELECT count(*) FROM outbox) AS writes
""")


def consequences(engine: Engine) -> Mapping[str, int]:
    """What decisions left behind, in rows: chained documents (packets with their clocks, receipts), turns, tasks and writes."""
    with reading(engine) as session:
        return dict(session.execute(_ROWS).mappings().one())
