"""What waits to be done for a whole connection."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, text

from connector.store.match_index import remove_profiles_of

_TABLES: Final = (
    *("outbox", "due", "event", "delivery", "dead_letter", "record", "effect"),
    *("sweep", "sweep_stream", "backfill", "indexed_record", "birth", "touch"),
)


def drop_work_of(connection: Connection, name: str) -> Mapping[str, int]:
    """Forgets what another account left under a name, before anything was decided about it; rows by table."""
    remove_profiles_of(connection, name)
    return {
        table: connection.execute(text(f"DELETE FROM {table} WHERE connection = :name"), {"name": name}).rowcount  # noqa: S608
        for table in _TABLES
    }


_LATER: Final = "SET not_before = clock_timestamp() WHERE connection = :name AND not_before > clock_timestamp()"

_WAKE: Final = (text(f"UPDATE due {_LATER} AND lease IS NULL"), text(f"UPDATE outbox {_LATER} AND sent_at IS NULL"))


def wake_work(connection: Connection, name: str) -> None:
    """What was put off because the CRM could not be asked is due now. A call that may be under way keeps its time."""
    for statement in _WAKE:
        connection.execute(statement, {"name": name})
