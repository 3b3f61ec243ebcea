"""Records by id, wherever they went: one SOQL call for 200 of them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from adapters.errors import AdapterError
from adapters.records import Gone, Lead, ObjectName, RecordRef
from adapters.salesforce.calls import chunks
from adapters.salesforce.client import Client, Record
from adapters.salesforce.failures import NARROW
from adapters.salesforce.mapping import OBJECTS, canonical, dig, is_id, parse_moment, read_input, read_output, to18
from adapters.salesforce.schema import ObjectInfo, Schemas
from config.fields import FIELDS, OUTPUTS
from config.mapping import FieldMapping

IDS: Final = 200
"""Ids of one query. With some seventy fields that is half of the longest URI; see `client.LONGEST_URI` for the rest."""

CHAIN: Final = 5
"""Merges of merges that are followed. Each costs one more call, and only where there was one."""

_SYSTEM: Final = (
    "Id", "OwnerId", "CreatedDate", "SystemModstamp", "IsDeleted", "MasterRecordId", "IsConverted", "ConvertedContactId",
    "CreatedById",
)  # fmt: skip

Rows = Mapping[str, Record]
"""By 18-character id."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What is read of one object in one org: the mapped fields that it has. The others degrade, one by one, to absent."""

    mapping: FieldMapping
    columns: tuple[str, ...]
    inputs: Mapping[str, str]
    """Canonical field to the path in a row."""
    outputs: Mapping[str, str]


def selection(mapping: FieldMapping, info: ObjectInfo) -> Selection:
    inputs = {name: path for name, field in mapping.inputs.items() if (path := info.path(field))}
    outputs = {name: path for name, field in mapping.outputs.items() if (path := info.path(field))}
    system = [name for name in _SYSTEM if info.field(name)]
    columns = dict.fromkeys([*system, *inputs.values(), *outputs.values()])
    return Selection(mapping, tuple(columns), inputs, outputs)


class Reader:
    """`composite/sobjects` could retrieve 2,000 records in a call, but is silent about deleted and merged ones; `queryAll`
    tells of both in the same single call, with the record that a merged one went into.
    """

    def __init__(
        self, client: Client, schemas: Schemas, mapping: FieldMapping, connection: str, now: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._schemas = schemas
        self._mapping = mapping
        self._connection = connection
        self._now = now

    def fetch(self, refs: Sequence[RecordRef]) -> Mapping[RecordRef, Lead | Gone]:
        answers: dict[RecordRef, Lead | Gone] = {}
        for object_name in OBJECTS:
            same = [ref for ref in refs if ref.object == object_name]
            for chunk in chunks(same, IDS):
                answers |= self._narrowed(chunk)
        return {ref: answers[ref] for ref in refs}

    def _narrowed(self, refs: Sequence[RecordRef]) -> Mapping[RecordRef, Lead | Gone]:
        """What is too much for one query is asked in halves."""
        try:
            return self._schemas.believed(partial(self._fetch, refs))
        except AdapterError as error:
            if error.code not in NARROW or len(refs) == 1:
                raise
        middle = len(refs) // 2
        return {**self._narrowed(refs[:middle]), **self._narrowed(refs[middle:])}

    def recent(self, object_: str, names: Sequence[str], count: int) -> list[Mapping[str, str]]:
        """Values as text, by the names given; the newest records first."""
        info = self._schemas.of(object_)
        paths = {name: path for name in names if (path := info.path(name))}
        columns = ",".join(dict.fromkeys(["Id", *paths.values()]))
        rows = self._client.query(f"SELECT {columns} FROM {info.name} ORDER BY CreatedDate DESC LIMIT {count}")  # noqa: S608
        return [{name: str(text) for name, path in paths.items() if (text := canonical(dig(row, path), "text"))} for row in rows]

    def modified_at(self, refs: Sequence[RecordRef]) -> Mapping[RecordRef, datetime]:
        """LastModifiedDate, by anybody, of those that are there."""
        found: dict[RecordRef, datetime] = {}
        for object_name in OBJECTS:
            same = [ref for ref in refs if ref.object == object_name and is_id(ref.id)]
            for chunk in chunks(same, IDS):
                ids = _quoted({to18(ref.id) for ref in chunk})
                soql = f"SELECT Id,LastModifiedDate FROM {OBJECTS[object_name]} WHERE Id IN ({ids})"  # noqa: S608 - see `_rows`
                stamps = {row["Id"]: parse_moment(row["LastModifiedDate"]) for row in self._client.query(soql)}
                found |= {ref: stamps[to18(ref.id)] for ref in chunk if to18(ref.id) in stamps}
        return found

    def _fetch(self, refs: Sequence[RecordRef]) -> Mapping[RecordRef, Lead | Gone]:
        object_name = refs[0].object
        name = OBJECTS[object_name]
        chosen = selection(self._mapping.of(name), self._schemas.of(name))
        read_at = self._now()
        rows = self._rows(object_name, chosen, {to18(ref.id) for ref in refs if is_id(ref.id)})
        return {ref: self._gone(ref, rows) or row_lead(ref, rows[to18(ref.id)], chosen, read_at) for ref in refs}

    def _rows(self, object_name: ObjectName, chosen: Selection, ids: Collection[str]) -> Rows:
        """The rows asked for, and those that merged ones went into."""
        rows: dict[str, Record] = {}
        wanted = set(ids)
        for _ in range(1 + CHAIN):
            if not wanted:
                break
            # Ids are letters and digits, names come from the org's own description: nothing here needs escaping.
            soql = f"SELECT {','.join(chosen.columns)} FROM {OBJECTS[object_name]} WHERE Id IN ({_quoted(wanted)})"  # noqa: S608
            rows |= {row["Id"]: row for row in self._client.query(soql, deleted=True)}
            wanted = {row["MasterRecordId"] for row in rows.values() if row.get("MasterRecordId")} - rows.keys()
        return rows

    def _gone(self, ref: RecordRef, rows: Rows) -> Gone | None:
        row = rows.get(to18(ref.id))
        if row is None:
            return Gone(ref, "not_found")
        if master := row.get("MasterRecordId"):
            return Gone(ref, "merged", now=self._survivor(ref.object, master, rows))
        if row.get("IsDeleted"):
            return Gone(ref, "deleted")
        if row.get("IsConverted"):
            return Gone(ref, "converted", now=self._contact(row))
        return None

    def _survivor(self, object_name: ObjectName, master: str, rows: Rows) -> RecordRef | None:
        """Where a merge ended: the last winner, its contact once converted, or nothing when that was deleted too."""
        row = rows.get(master)
        while row is not None and row.get("MasterRecordId"):
            row = rows.get(row["MasterRecordId"])
        if row is None or row.get("IsDeleted"):
            return None
        return self._contact(row) if row.get("IsConverted") else RecordRef(self._connection, object_name, row["Id"])

    def _contact(self, row: Record) -> RecordRef | None:
        contact = row.get("ConvertedContactId")
        return RecordRef(self._connection, "contact", to18(contact)) if contact else None


def _quoted(ids: Collection[str]) -> str:
    return ",".join(f"'{id_}'" for id_ in sorted(ids))


def row_lead(ref: RecordRef, row: Record, chosen: Selection, read_at: datetime) -> Lead:
    return Lead(
        ref=ref,
        values={
            name: read_input(dig(row, path), FIELDS[name].kind, chosen.mapping.transform_of(name))
            for name, path in chosen.inputs.items()
        },
        outputs={
            name: read_output(dig(row, path), OUTPUTS[name].kind, chosen.mapping.transform_of(name))
            for name, path in chosen.outputs.items()
        },
        owner_id=row.get("OwnerId"),
        created_at=parse_moment(row["CreatedDate"]),
        # Not LastModifiedDate: SystemModstamp is never older, so that a condition on it never fails for our own reading.
        modified_at=parse_moment(row["SystemModstamp"]),
        read_at=read_at,
        created_by=to18(row.get("CreatedById") or ""),
    )
