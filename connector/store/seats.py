"""Reps and their seats: one row per rep, one seat per CRM, active or not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine, delete, insert, select

from adapters.records import Owner
from connector.store.engine import reading
from connector.store.schema import rep, seat


@dataclass(frozen=True, slots=True)
class Seats:
    """Who can own in one CRM."""

    by_owner: Mapping[str, Owner] = field(default_factory=dict)
    by_email: Mapping[str, Owner] = field(default_factory=dict)
    """Active persons, by lower-case e-mail."""
    queues: Mapping[str, Owner] = field(default_factory=dict)
    """Active queues, by name."""

    def rep_of(self, owner_id: str | None) -> str | None:
        """The rep behind a CRM owner id, if it is a person who is active."""
        owner = self.by_owner.get(owner_id or "")
        return owner.email if owner and owner.kind == "person" and owner.active else None


def set_seats(connection: Connection, name: str, owners: Sequence[Owner]) -> None:
    """Replaces one CRM's owners as read from it just now."""
    connection.execute(delete(seat).where(seat.c.connection == name))
    rows = [
        {"connection": name, "owner_id": o.id, "email": o.email.lower(), "name": o.name, "kind": o.kind, "active": o.active}
        for o in owners
    ]
    if rows:
        connection.execute(insert(seat), rows)
    _add_reps(connection, (o for o in owners if o.kind == "person" and o.email))


def _add_reps(connection: Connection, owners: Iterable[Owner]) -> None:
    known = set(connection.execute(select(rep.c.email)).scalars())
    fresh = {o.email.lower(): o.name for o in owners if o.email.lower() not in known}
    if fresh:
        connection.execute(insert(rep), [{"email": email, "name": name} for email, name in fresh.items()])


def seats_of(engine: Engine, name: str) -> Seats:
    with reading(engine) as connection:
        rows = connection.execute(select(seat).where(seat.c.connection == name).order_by(seat.c.owner_id)).all()
    owners = [Owner(row.owner_id, row.kind, row.email, row.name, row.active) for row in rows]
    return Seats(
        by_owner={o.id: o for o in owners},
        by_email={o.email: o for o in reversed(owners) if o.kind == "person" and o.active},
        queues={o.name: o for o in reversed(owners) if o.kind == "queue" and o.active},
    )
