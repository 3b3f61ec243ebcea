"""Finding a record by what a person at a keyboard has: its CRM id, Leadline's key, or its person."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, TextClause, text

from adapters.records import RecordRef
from connector.store.engine import reading


@dataclass(frozen=True, slots=True)
class Found:
    """A record that was decided about once."""

    ref: RecordRef
    person_id: str | None
    packet_id: str | None
    state: str
    """live, gone, or forgotten."""


_COLUMNS = "SELECT connection, object, record_id, person_id, packet_id, state FROM record"
_ORDER = "ORDER BY connection, object, record_id"

_BY_ID = text(f"{_COLUMNS} WHERE record_id = ANY(:ids) {_ORDER}")

# As `judgement.record_key` makes it. No index: somebody asks by hand, and forgotten records have no other trace of their key.
_BY_KEY = text(f"""
    {_COLUMNS} WHERE left(encode(sha256(convert_to(connection || '/' || object || '/' || record_id, 'UTF8')), 'hex'), 20) = :key
    {_ORDER}
""")

_BY_PERSON = text(f"{_COLUMNS} WHERE person_id = ANY(CAST(:people AS uuid[])) {_ORDER}")


def records_by_id(engine: Engine, ids: Sequence[str]) -> Sequence[Found]:
    """By the vendor's id, in any connection."""
    return _found(engine, _BY_ID, ids=list(ids))


def records_by_key(engine: Engine, key: str) -> Sequence[Found]:
    """By Leadline's key, `LL-` and 20 hexadecimal digits."""
    return _found(engine, _BY_KEY, key=key.removeprefix("LL-"))


def records_of(engine: Engine, people: Iterable[str]) -> Sequence[Found]:
    """Every record of these persons, gone ones too."""
    return _found(engine, _BY_PERSON, people=sorted(people))


def _found(engine: Engine, query: TextClause, **values: object) -> Sequence[Found]:
    with reading(engine) as connection:
        rows = connection.execute(query, values).all()
    return [
        Found(
            ref=RecordRef(row.connection, row.object, row.record_id),
            person_id=str(row.person_id) if row.person_id else None,
            packet_id=str(row.packet_id) if row.packet_id else None,
            state=row.state,
        )
        for row in rows
    ]
