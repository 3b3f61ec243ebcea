"""Field mappings as they were put in force, one after the other. The connection's own row holds the one that acts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select, update

from connector.store.engine import reading
from connector.store.schema import act, mapping_version
from connector.store.schema import connection as connection_table


@dataclass(frozen=True, slots=True)
class MappingVersion:
    """One mapping, whole and immutable."""

    id: int
    version: str
    document: Mapping[str, Any]
    who: str
    what: str
    """The command that put it in force, in words."""
    before: int | None
    at: datetime


def lock_mapping(connection: Connection, name: str) -> Mapping[str, Any]:
    """The document in force, locked until the transaction ends."""
    query = select(connection_table.c.mapping).where(connection_table.c.name == name).with_for_update()
    return dict(connection.execute(query).scalar_one())


def put_mapping(
    connection: Connection, name: str, version: str, document: Mapping[str, Any], *, who: str, what: str, before: int | None
) -> int:
    """Puts a mapping in force and keeps it for good; the id of its version."""
    values = {"connection": name, "version": version, "document": dict(document), "who": who, "what": what, "before": before}
    made = connection.execute(insert(mapping_version).values(values).returning(mapping_version.c.id)).scalar_one()
    connection.execute(update(connection_table).where(connection_table.c.name == name).values(mapping=dict(document)))
    connection.execute(insert(act).values(who=who, what=f"mapping: {what}", about=f"{name} {version}"))
    return int(made)


def mapping_versions(connection: Connection, name: str) -> Sequence[MappingVersion]:
    """The newest first."""
    query = select(mapping_version).where(mapping_version.c.connection == name).order_by(mapping_version.c.id.desc())
    return [_version(row) for row in connection.execute(query)]


def mapping_history(engine: Engine, name: str) -> Sequence[MappingVersion]:
    """As `mapping_versions`, for reading alone."""
    with reading(engine) as connection:
        return mapping_versions(connection, name)


def _version(row: Row[Any]) -> MappingVersion:
    return MappingVersion(row.id, row.version, row.document, row.who, row.what, row.before, row.at)
