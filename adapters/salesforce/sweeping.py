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
    """Fulfils `adapters.sweeping.Sweeper`. `after` is the newest stamp of the span, then stamp and id of the last row.

    Where one page does not show everything, the span is closed at the newest stamp there is, so that the round ends, and so that
    what is committed behind the cursor while it lasts, however long that is, lies within the overlap of the next one. A record
    that changes meanwhile moves out of the span and is met then.
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
        until, _, _ = after.partition(" ")
        last = rows[-1] if rows else None
        if last and len(rows) == self._page:
            until = until or self._newest(stream)
            cursor = f"{until} {literal(parse_moment(last['SystemModstamp']))} {to18(last['Id'])}"
            return self._shown(stream, rows, cursor, None)
        return self._shown(stream, rows, None, until or (last["SystemModstamp"] if last else None))

    def _shown(self, stream: str, rows: Sequence[Record], after: str | None, seen_to: str | None) -> Page:
        moved = [self._moved(row) for row in rows] if stream == self._table else []
        deeds = [] if stream == self._table else [deed for row in rows if (deed := self._deed(stream, row))]
        return Page(moved, deeds, after, parse_moment(seen_to) if seen_to else None, self._asked_at())

    def _rows(self, stream: str, since: datetime, after: str) -> list[Record]:
        condition = f"SystemModstamp >= {literal(since)}"
        if after:
            until, stamp, id_ = after.split(" ")
            behind = f"(SystemModstamp > {stamp} OR (SystemModstamp = {stamp} AND Id > '{id_}'))"
            condition = f"SystemModstamp <= {until} AND {behind}"
        order = f"ORDER BY SystemModstamp ASC, Id ASC LIMIT {self._page}"
        # Names come from the org's own description, moments and ids are built here: nothing needs escaping.
        soql = f"SELECT {','.join(self._columns(stream))} FROM {stream} WHERE {condition} {order}"  # noqa: S608
        return self._client.query(soql, deleted=stream == self._table)

    def _newest(self, stream: str) -> str:
        """The newest stamp there is, as a literal."""
        soql = f"SELECT SystemModstamp FROM {stream} ORDER BY SystemModstamp DESC LIMIT 1"  # noqa: S608
        rows = self._client.query(soql, deleted=stream == self._table)
        return literal(parse_moment(rows[0]["SystemModstamp"]) if rows else self._asked_at())

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
