"""Raw deliveries: put in by the inbox, opened once, kept thirty days."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, func, insert, select, text, update

from connector.store.engine import reading
from connector.store.schema import dead_letter, delivery


@dataclass(frozen=True, slots=True)
class Delivery:
    id: int
    connection: str
    channel: str
    body: bytes
    fingerprint: bytes = b""

    @property
    def trace(self) -> str:
        """16 hexadecimal digits that go with everything this delivery brings about, up to the receipt."""
        return self.fingerprint.hex()[:16]


def waiting(engine: Engine) -> int:
    """Deliveries not yet opened, all connections, counted up to a million."""
    unopened = select(delivery.c.id).where(delivery.c.opened_at.is_(None)).limit(1_000_000).subquery()
    with reading(engine) as session:
        return session.execute(select(func.count()).select_from(unopened)).scalar_one()


def take_unopened(connection: Connection, name: str, limit: int) -> Sequence[Delivery]:
    """The oldest unopened deliveries, locked until the transaction ends; another worker's are passed over."""
    query = (
        select(delivery.c.id, delivery.c.connection, delivery.c.channel, delivery.c.body, delivery.c.fingerprint)
        .where(delivery.c.connection == name, delivery.c.opened_at.is_(None))
        .order_by(delivery.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [Delivery(*row) for row in connection.execute(query)]


def mark_opened(connection: Connection, ids: Sequence[int]) -> None:
    connection.execute(update(delivery).where(delivery.c.id.in_(ids)).values(opened_at=func.clock_timestamp()))


def bury(
    connection: Connection,
    *,
    name: str,
    what: str,
    reference: str,
    reason: str,
    body: bytes | None = None,
    fields: Sequence[str] = (),
) -> None:
    """Sets something aside, whole, with the reason why; of a write, the outputs that were refused."""
    values = {"connection": name, "what": what, "reference": reference, "reason": reason, "body": body, "fields": list(fields)}
    connection.execute(insert(dead_letter).values(values))


def prune_deliveries(connection: Connection, days: int, limit: int = 5_000) -> int:
    """Deletes a batch of opened deliveries older than `days`."""
    gone = text("""
        DELETE FROM delivery WHERE id IN (
            SELECT id FROM delivery
            WHERE received_at < statement_timestamp() - make_interval(days => :days) AND opened_at IS NOT NULL LIMIT :limit)
    """)
    return connection.execute(gone, {"days": days, "limit": limit}).rowcount
