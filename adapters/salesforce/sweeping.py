"""What changed in an org: pages by (SystemModstamp, Id), deleted and merged records among them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from adapters.history import Touch, TouchKind
from adapters.records import ObjectName, RecordRef
from adapters.salesforce.client import Client, Record
from adapters.salesforce.history import KINDS, MASS_MAIL, literal
from adapters.salesforce.mapping import OBJECTS, parse_moment, to18
from adapters.salesforce.schema import Schemas
from adapters.sweeping import Deed, Moved, Page, Stream
from config.mapping import FieldMapping

PAGE: Final = 2_000
"""Rows of one page, and so of one call."""

_PREFIXES: Final[Mapping[str, ObjectName]] = {"00Q": "lead", "003": "contact"}
"""How the ids of records begin on which an activity can hang."""


class SalesforceSweeper:
    """Fulfils `adapters.sweeping.Sweeper`.

    The cursor only goes forward: a record that changes while it is being paged moves behind the cursor's place and is met
    again. What was committed late, with a stamp that the cursor has passed, is for the overlap of the next sweep.
    """

    def __init__(
        self,
        client: Client,
        schemas: Schemas,
        mapping: FieldMapping,
        connection: str,
        now: Callable[[], datetime],
        page: int = PAGE,
    ) -> None:
        self._client = client
        self._schemas = schemas
        self._connection = connection
        self._now = now
        self._page = page
        self.object: ObjectName = next(ours for ours, name in OBJECTS.items() if name.lower() == mapping.object.lower())
        self._table = OBJECTS[self.object]
        self.streams: Sequence[Stream] = (Stream(self._table, "records"), Stream("Task", "touches"), Stream("Event", "touches"))

    def page(self, stream: str, since: datetime, after: str = "") -> Page:
        rows = self._schemas.believed(partial(self._rows, stream, since, after))
        more = len(rows) == self._page
        last = parse_moment(rows[-1]["SystemModstamp"]) if rows else None
        cursor = f"{literal(last)} {to18(rows[-1]['Id'])}" if more and last else None
        seen_to = last or (parse_moment(after.partition(" ")[0]) if after else None)
        moved = [self._moved(row) for row in rows] if stream == self._table else []
        deeds = [] if stream == self._table else [deed for row in rows if (deed := self._deed(stream, row))]
        return Page(moved, deeds, cursor, seen_to, self._asked_at())

    def _rows(self, stream: str, since: datetime, after: str) -> list[Record]:
        stamp, _, id_ = after.partition(" ")
        condition = f"SystemModstamp >= {literal(since)}"
        if after:
            condition = f"(SystemModstamp > {stamp} OR (SystemModstamp = {stamp} AND Id > '{id_}'))"
        order = f"ORDER BY SystemModstamp ASC, Id ASC LIMIT {self._page}"
        # Names come from the org's own description, moments and ids are built here: nothing needs escaping.
        soql = f"SELECT {','.join(self._columns(stream))} FROM {stream} WHERE {condition} {order}"  # noqa: S608
        return self._client.query(soql, deleted=stream == self._table)

    def _columns(self, stream: str) -> list[str]:
        if stream == self._table:
            return ["Id", "SystemModstamp", "CreatedDate", "IsDeleted"]
        if stream == "Event":
            return ["Id", "SystemModstamp", "WhoId", "OwnerId", "StartDateTime"]
        optional = [
            found.name for name in ("TaskSubtype", "CompletedDateTime") if (found := self._schemas.of("Task").field(name))
        ]
        return ["Id", "SystemModstamp", "WhoId", "OwnerId", "IsClosed", "LastModifiedDate", *optional]

    def _moved(self, row: Record) -> Moved:
        ref = RecordRef(self._connection, self.object, to18(row["Id"]))
        return Moved(ref, parse_moment(row["SystemModstamp"]), parse_moment(row["CreatedDate"]), gone=row["IsDeleted"] is True)

    def _deed(self, stream: str, row: Record) -> Deed | None:
        who = to18(row.get("WhoId") or "")
        object_ = _PREFIXES.get(who[:3])
        done = row.get("StartDateTime") if stream == "Event" else _completed(row)
        if object_ is None or done is None:
            return None
        kind: TouchKind = "meeting" if stream == "Event" else KINDS.get(row.get("TaskSubtype") or "", "task")
        touch = Touch(RecordRef(self._connection, object_, who), kind, parse_moment(done), to18(row.get("OwnerId") or ""))
        return Deed(to18(row["Id"]), touch)

    def _asked_at(self) -> datetime:
        return self._now() - timedelta(seconds=self._client.skew or 0.0)


def _completed(row: Record) -> str | None:
    """When a task was completed; None for a plan, and for one message to a whole list."""
    if row.get("IsClosed") is not True or row.get("TaskSubtype") == MASS_MAIL:
        return None
    return str(row.get("CompletedDateTime") or row["LastModifiedDate"])
