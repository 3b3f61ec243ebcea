"""What waits to be done for a whole connection."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, text

_TABLES: Final = ("outbox", "due", "event", "delivery", "dead_letter", "record", "effect")


def drop_work_of(connection: Connection, name: str) -> Mapping[str, int]:
    """Forgets what another account left under a name, before anything was decided about it; rows by table."""
    return {
        table: connection.execute(text(f"DELETE FROM {table} WHERE connection = :name"), {"name": name}).rowcount  # noqa: S608
        for table in _TABLES
    }
