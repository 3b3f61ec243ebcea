"""Named leases by PostgreSQL's clock: one clock, one deliverer per connection, whoever dies."""

from uuid import uuid4

from sqlalchemy import Connection, Engine, delete, func, text
from sqlalchemy.dialects.postgresql import insert

from connector.store.engine import transact
from connector.store.schema import lease


def take_lease(engine: Engine, name: str, seconds: float) -> str | None:
    """A token if the lease is free or has run out, else None."""
    token = str(uuid4())
    until = func.clock_timestamp() + text("make_interval(secs => :secs)").bindparams(secs=seconds)
    row = insert(lease).values(name=name, token=token, until=until)
    statement = row.on_conflict_do_update(
        index_elements=[lease.c.name], set_={"token": token, "until": until}, where=lease.c.until < func.clock_timestamp()
    ).returning(lease.c.token)
    return transact(engine, lambda connection: connection.execute(statement).scalar_one_or_none())


def extend_lease(engine: Engine, name: str, token: str, seconds: float) -> bool:
    """False if the lease has gone to somebody else."""
    until = func.clock_timestamp() + text("make_interval(secs => :secs)").bindparams(secs=seconds)
    statement = lease.update().where(lease.c.name == name, lease.c.token == token).values(until=until)
    return transact(engine, lambda connection: connection.execute(statement).rowcount == 1)


def holds_lease(connection: Connection, name: str, token: str) -> bool:
    """Inside a transaction: locks the lease's row, so that what is committed was committed under the lease."""
    query = lease.select().where(lease.c.name == name, lease.c.token == token).with_for_update()
    return connection.execute(query).first() is not None


def drop_lease(engine: Engine, name: str, token: str) -> None:
    transact(engine, lambda connection: connection.execute(delete(lease).where(lease.c.name == name, lease.c.token == token)))
