"""Audits: what was found on a day, kept as it was. A row is written once; the database itself refuses to change it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, insert, select

from connector.canonical import canonical
from connector.store.engine import reading
from connector.store.schema import audit


@dataclass(frozen=True, slots=True)
class FrozenAudit:
    id: int
    connection: str
    taken_at: datetime
    since: datetime
    until: datetime
    figures: Mapping[str, Any]
    """The whole document, as `connector.audit.figures` makes and reads it."""
    intact: bool
    """It still is what was hashed when it was taken."""


def put_audit(
    connection: Connection, name: str, document: Mapping[str, Any], *, taken_at: datetime, since: datetime, until: datetime
) -> int:
    """Keeps an audit; its number."""
    row = insert(audit).values(
        connection=name, taken_at=taken_at, since=since, until=until, figures=dict(document), digest=_digest(document)
    )
    return int(connection.execute(row.returning(audit.c.id)).scalar_one())


def audits_of(engine: Engine, name: str) -> Sequence[FrozenAudit]:
    """A connection's audits, the newest first."""
    query = select(audit).where(audit.c.connection == name).order_by(audit.c.id.desc())
    with reading(engine) as connection:
        return [_audit(row) for row in connection.execute(query)]


def audit_numbered(engine: Engine, name: str, number: int) -> FrozenAudit | None:
    query = select(audit).where(audit.c.connection == name, audit.c.id == number)
    with reading(engine) as connection:
        row = connection.execute(query).first()
    return _audit(row) if row else None


def _audit(row: Any) -> FrozenAudit:
    intact = bytes(row.digest) == _digest(row.figures)
    return FrozenAudit(row.id, row.connection, row.taken_at, row.since, row.until, row.figures, intact)


def _digest(document: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(canonical(document)).digest()
