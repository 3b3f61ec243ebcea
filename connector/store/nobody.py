"""Lists of owners who count as nobody, as they were put in force. The connection's own row holds the one that acts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select

from connector.store.acts import note_act
from connector.store.connections import set_option
from connector.store.engine import reading
from connector.store.schema import nobody_version


@dataclass(frozen=True, slots=True)
class NobodyVersion:
    """One list, whole and immutable."""

    id: int
    owners: tuple[str, ...]
    """CRM owner ids, in order."""
    who: str
    what: str
    """The command that put it in force, in words."""
    evidence: Sequence[Mapping[str, Any]]
    """What was known about each owner that it took in from a proposal."""
    before: int | None
    at: datetime


def put_nobody(
    connection: Connection,
    name: str,
    owners: Sequence[str],
    *,
    who: str,
    what: str,
    evidence: Sequence[Mapping[str, Any]] = (),
    before: int | None = None,
) -> None:
    """Puts a list in force and keeps it for good."""
    rows = [dict(one) for one in evidence]
    values = {"connection": name, "owners": list(owners), "who": who, "what": what, "evidence": rows, "before": before}
    connection.execute(insert(nobody_version).values(values))
    set_option(connection, name, "nobody", list(owners))
    note_act(connection, who, f"nobody: {what}", name)


def nobody_versions(connection: Connection, name: str) -> Sequence[NobodyVersion]:
    """The newest first."""
    query = select(nobody_version).where(nobody_version.c.connection == name).order_by(nobody_version.c.id.desc())
    return [_version(row) for row in connection.execute(query)]


def nobody_history(engine: Engine, name: str) -> Sequence[NobodyVersion]:
    """As `nobody_versions`, for reading alone."""
    with reading(engine) as connection:
        return nobody_versions(connection, name)


def _version(row: Row[Any]) -> NobodyVersion:
    return NobodyVersion(row.id, tuple(row.owners), row.who, row.what, row.evidence, row.before, row.at)
