"""Dead letters: what could not be done, read, tried again or dropped by somebody who looked at it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, Engine, func, select, text, update

from adapters.records import RecordRef
from connector.store.dues import make_due
from connector.store.engine import reading
from connector.store.schema import dead_letter, delivery

What = Literal["delivery", "item", "record", "write", "task"]


@dataclass(frozen=True, slots=True)
class Letter:
    """`reference` is a delivery's number for a delivery or an item of one, `object/id` for a record, a write or a task."""

    id: int
    connection: str
    what: What
    reference: str
    reason: str
    created_at: datetime
    settled_how: str | None


_COLUMNS = (
    dead_letter.c.id,
    dead_letter.c.connection,
    dead_letter.c.what,
    dead_letter.c.reference,
    dead_letter.c.reason,
    dead_letter.c.created_at,
    dead_letter.c.settled_how,
)


def open_letters(engine: Engine, name: str = "") -> Sequence[Letter]:
    """Those nobody has settled, the oldest first; of one connection, or of all."""
    query = select(*_COLUMNS).where(dead_letter.c.settled_at.is_(None)).order_by(dead_letter.c.id)
    if name:
        query = query.where(dead_letter.c.connection == name)
    with reading(engine) as connection:
        return [Letter(*row) for row in connection.execute(query)]


def refused_outputs(engine: Engine, name: str) -> Mapping[str, tuple[datetime, str]]:
    """Output to the moment and the reason of its last open refusal."""
    query = (
        select(dead_letter.c.fields, dead_letter.c.created_at, dead_letter.c.reason)
        .where(dead_letter.c.connection == name, dead_letter.c.settled_at.is_(None), dead_letter.c.what == "write")
        .order_by(dead_letter.c.id)
    )
    with reading(engine) as connection:
        rows = connection.execute(query).all()
    return {output: (row.created_at, row.reason) for row in rows for output in row.fields}


def lock_letter(connection: Connection, number: int) -> Letter | None:
    """One letter, settled or not, locked until the transaction ends."""
    row = connection.execute(select(*_COLUMNS).where(dead_letter.c.id == number).with_for_update()).first()
    return Letter(*row) if row else None


def settle_letter(connection: Connection, number: int, how: str) -> None:
    """Takes it off the list; the row stays, with how it ended."""
    settled = update(dead_letter).where(dead_letter.c.id == number)
    connection.execute(settled.values(settled_at=func.clock_timestamp(), settled_how=how))


def reopen_delivery(connection: Connection, number: int) -> bool:
    """Has a delivery opened again; False if retention or forgetting has taken it."""
    again = update(delivery).where(delivery.c.id == number, delivery.c.body != b"").values(opened_at=None)
    return connection.execute(again).rowcount == 1


_INPUT_ANEW = text("""
    UPDATE record SET input_hash = NULL WHERE connection = :connection AND object = :object AND record_id = :record
""")


def decide_anew(connection: Connection, ref: RecordRef) -> None:
    """Makes a record due, and has it decided even if nothing in it changed since."""
    connection.execute(_INPUT_ANEW, {"connection": ref.connection, "object": ref.object, "record": ref.id})
    now = connection.execute(select(func.clock_timestamp())).scalar_one()
    make_due(connection, ref.connection, [(ref.object, ref.id, now)])
