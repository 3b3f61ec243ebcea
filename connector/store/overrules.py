"""Owners found on records after ours, by another hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, text

from adapters.records import RecordRef
from connector.store.engine import reading

DAYS: Final = 7
"""How far back an owner of ours counts."""


@dataclass(frozen=True, slots=True)
class Overrules:
    set: int
    """Records whose owner we set in these days."""
    records: tuple[str, ...]
    """The ids of those that another hand has given to somebody else since."""


_SEEN = text("""
    UPDATE record SET owner_seen = mine.owner, owner_seen_at = clock_timestamp()
    FROM unnest(:objects ::text[], :records ::text[], :owners ::text[]) AS mine(object, record_id, owner)
    WHERE record.connection = :name AND record.object = mine.object AND record.record_id = mine.record_id
      AND record.owner_seen IS DISTINCT FROM mine.owner
""")


def note_owners(connection: Connection, name: str, seen: Mapping[RecordRef, str | None]) -> None:
    """`seen`: the owner of another hand, or None where ours is there (again)."""
    refs = sorted(seen)
    if refs:
        values = {
            "name": name,
            "objects": [ref.object for ref in refs],
            "records": [ref.id for ref in refs],
            "owners": [seen[ref] for ref in refs],
        }
        connection.execute(_SEEN, values)


_FOUND = text("""
    SELECT record_id, owner_seen IS NOT NULL AND owner_seen IS DISTINCT FROM written_owner AS overruled FROM record
    WHERE connection = :name AND state = 'live' AND written_owner IS NOT NULL
      AND written_at > clock_timestamp() - make_interval(days => :days)
    ORDER BY owner_seen_at DESC NULLS LAST, record_id
""")


def overrules(engine: Engine, name: str) -> Overrules:
    with reading(engine) as connection:
        rows = connection.execute(_FOUND, {"name": name, "days": DAYS}).all()
    return Overrules(len(rows), tuple(row.record_id for row in rows if row.overruled))
