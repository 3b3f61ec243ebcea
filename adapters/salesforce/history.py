"""Looking back over an org: pages by (CreatedDate, Id), activities by whom they concern, opportunities by their origin."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from adapters.history import Created, Page, Result, Touch, TouchKind
from adapters.records import Lead, RecordRef
from adapters.salesforce.client import Client, Record
from adapters.salesforce.mapping import OBJECTS, parse_moment, to18
from adapters.salesforce.reading import IDS, Selection, row_lead, selection
from adapters.salesforce.schema import Schemas
from config.mapping import FieldMapping

PAGE: Final = 2_000
"""Rows of one page, and so of one call where rows are not wide."""

_OBJECT_NAMES: Final = {name.lower(): ours for ours, name in OBJECTS.items()}

KINDS: Final[Mapping[str, TouchKind]] = {"Call": "call", "Email": "email"}
"""TaskSubtype to kind; every other subtype is a plain task."""

MASS_MAIL: Final = "ListEmail"
"""One message to a whole list is nobody's touch."""

_NO_COMPLETION: Final = (
    "This org does not show when a task was completed (CompletedDateTime); its last change stands in, which may be later."
)
_CAPTURED: Final = "E-mails and meetings kept by Einstein Activity Capture are shown to no program."


Whose = Mapping[str, Sequence[RecordRef]]
"""Id of a lead or contact to the records it stands for."""


class SalesforceHistory:
    """Fulfils `adapters.history.History`."""

    portion = IDS
    sources: tuple[str, ...] = ("Task", "Event")

    def __init__(
        self, client: Client, schemas: Schemas, mapping: FieldMapping, connection: str, now: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._schemas = schemas
        self._mapping = mapping
        self._connection = connection
        self._object = _OBJECT_NAMES[mapping.object.lower()]
        self._now = now
        self.remarks: tuple[str, ...] = (_CAPTURED,)

    def count(self, since: datetime, until: datetime) -> int:
        return self._client.count(f"SELECT COUNT() FROM {self._table} WHERE {_window(since, until)}")  # noqa: S608

    def created(self, since: datetime, until: datetime, after: str = "") -> Page:
        """A page begins behind the last row of the one before: many rows can share one second, and a cursor can expire."""
        condition = _window(since, until)
        if after:
            moment, _, id_ = after.partition(" ")
            condition += f" AND (CreatedDate > {moment} OR (CreatedDate = {moment} AND Id > '{id_}'))"
        records = self._schemas.believed(partial(self._page, condition))
        more = len(records) == PAGE
        return Page(records, f"{literal(records[-1].lead.created_at)} {records[-1].ref.id}" if more else "")

    def touches(self, source: str, records: Sequence[Created]) -> Sequence[Touch]:
        whose = self._whose(records)
        if not whose:
            return []
        return self._schemas.believed(partial(self._events if source == "Event" else self._tasks, whose))

    def results(self, records: Sequence[Created]) -> Mapping[RecordRef, Result]:
        """By the opportunity that the conversion opened, else by the contact's role. Won is IsWon, never a stage's name."""
        won = self._opportunities({one.opportunity_id for one in records if one.opportunity_id})
        by_role = self._roles({self._contact(one) for one in records if not one.opportunity_id} - {""})
        return {
            one.ref: Result(True, won[one.opportunity_id])
            if one.opportunity_id in won
            else by_role.get(self._contact(one), Result())
            for one in records
        }

    def sharing(self, emails: Sequence[str]) -> Sequence[Lead]:
        return self._schemas.believed(partial(self._sharing, emails)) if emails else []

    def manned(self, queues: Sequence[str]) -> Mapping[str, bool]:
        """A role or group among the members counts as manned: who is in it is not looked up."""
        if not queues:
            return {}
        rows = self._client.query(f"SELECT GroupId, UserOrGroupId FROM GroupMember WHERE GroupId IN ({_quoted(queues)})")  # noqa: S608
        users = {to18(row["UserOrGroupId"]) for row in rows if row["UserOrGroupId"].startswith("005")}
        active = self._active(users)
        there = {to18(row["GroupId"]) for row in rows if to18(row["UserOrGroupId"]) not in users - active}
        return {queue: to18(queue) in there for queue in queues}

    def changed(self, since: datetime) -> int:
        return self._client.count(f"SELECT COUNT() FROM {self._table} WHERE SystemModstamp >= {literal(since)}")  # noqa: S608

    def absent(self) -> frozenset[str]:
        return frozenset(self._mapping.inputs) - self._chosen().inputs.keys()

    @property
    def _table(self) -> str:
        return OBJECTS[self._object]

    def _chosen(self) -> Selection:
        return selection(self._mapping, self._schemas.of(self._table))

    def _page(self, condition: str) -> list[Created]:
        chosen, read_at = self._chosen(), self._now()
        columns = [*chosen.columns]
        if self._schemas.of(self._table).field("ConvertedOpportunityId"):
            columns.append("ConvertedOpportunityId")
        order = f"ORDER BY CreatedDate ASC, Id ASC LIMIT {PAGE}"
        # Names come from the org's own description, moments and ids are built here: nothing needs escaping.
        rows = self._client.query(f"SELECT {','.join(columns)} FROM {self._table} WHERE {condition} {order}")  # noqa: S608
        return [self._created(row, chosen, read_at) for row in rows]

    def _created(self, row: Record, chosen: Selection, read_at: datetime) -> Created:
        return Created(
            lead=row_lead(self._ref(row), row, chosen, read_at),
            contact_id=to18(row.get("ConvertedContactId") or ""),
            opportunity_id=to18(row.get("ConvertedOpportunityId") or ""),
            converted=row.get("IsConverted") is True if "IsConverted" in row else None,
        )

    def _ref(self, row: Record) -> RecordRef:
        return RecordRef(self._connection, self._object, to18(row["Id"]))

    def _contact(self, one: Created) -> str:
        return one.ref.id if self._object == "contact" else one.contact_id

    # activities

    def _whose(self, records: Sequence[Created]) -> Whose:
        """Id that an activity may name to the records it is about. A conversion hangs a lead's activities on the contact, and
        several leads may have become one contact.
        """
        whose: dict[str, list[RecordRef]] = defaultdict(list)
        for one in records:
            for id_ in filter(None, (one.ref.id, one.contact_id)):
                whose[id_].append(one.ref)
        return whose

    def _tasks(self, whose: Whose) -> list[Touch]:
        """Completed ones: a task merely created is a plan."""
        completed = self._schemas.of("Task").field("CompletedDateTime") is not None
        if not completed and _NO_COMPLETION not in self.remarks:
            self.remarks = (*self.remarks, _NO_COMPLETION)
        subtype = [found.name] if (found := self._schemas.of("Task").field("TaskSubtype")) else []
        columns = ["Id", "WhoId", "OwnerId", "LastModifiedDate", *subtype, *(["CompletedDateTime"] if completed else [])]
        condition = f"IsClosed = true AND WhoId IN ({_quoted(whose)})"
        rows = self._client.query(f"SELECT {','.join(columns)} FROM Task WHERE {condition}")  # noqa: S608
        return [touch for row in rows if row.get("TaskSubtype") != MASS_MAIL for touch in _task(row, whose)]

    def _events(self, whose: Whose) -> list[Touch]:
        columns = "Id, WhoId, OwnerId, StartDateTime"
        condition = f"StartDateTime != null AND WhoId IN ({_quoted(whose)})"
        rows = self._client.query(f"SELECT {columns} FROM Event WHERE {condition}")  # noqa: S608
        return [touch for row in rows for touch in _touches(row, whose, "meeting", row["StartDateTime"])]

    # outcomes and people

    def _opportunities(self, ids: set[str]) -> Mapping[str, bool]:
        if not ids:
            return {}
        rows = self._client.query(f"SELECT Id, IsWon FROM Opportunity WHERE Id IN ({_quoted(ids)})")  # noqa: S608
        return {to18(row["Id"]): row.get("IsWon") is True for row in rows}

    def _roles(self, contacts: set[str]) -> Mapping[str, Result]:
        if not contacts:
            return {}
        condition = f"ContactId IN ({_quoted(contacts)})"
        rows = self._client.query(f"SELECT ContactId, Opportunity.IsWon FROM OpportunityContactRole WHERE {condition}")  # noqa: S608
        won = {to18(row["ContactId"]) for row in rows if (row.get("Opportunity") or {}).get("IsWon") is True}
        return {to18(row["ContactId"]): Result(True, to18(row["ContactId"]) in won) for row in rows}

    def _sharing(self, emails: Sequence[str]) -> list[Lead]:
        chosen, read_at = self._chosen(), self._now()
        field = chosen.inputs.get("email")
        if not field:
            return []
        condition = f"{field} IN ({','.join(f'{chr(39)}{_escaped(email)}{chr(39)}' for email in sorted(emails))})"
        rows = self._client.query(f"SELECT {','.join(chosen.columns)} FROM {self._table} WHERE {condition}")  # noqa: S608
        return [row_lead(self._ref(row), row, chosen, read_at) for row in rows]

    def _active(self, users: set[str]) -> set[str]:
        if not users:
            return set()
        rows = self._client.query(f"SELECT Id FROM User WHERE IsActive = true AND Id IN ({_quoted(users)})")  # noqa: S608
        return {to18(row["Id"]) for row in rows}


def _task(row: Record, whose: Whose) -> Sequence[Touch]:
    done = row.get("CompletedDateTime") or row["LastModifiedDate"]
    return _touches(row, whose, KINDS.get(row.get("TaskSubtype") or "", "task"), done)


def _touches(row: Record, whose: Whose, kind: TouchKind, at: str) -> Sequence[Touch]:
    return [Touch(ref, kind, parse_moment(at), to18(row.get("OwnerId") or "")) for ref in whose[to18(row["WhoId"])]]


def _window(since: datetime, until: datetime) -> str:
    return f"CreatedDate >= {literal(since)} AND CreatedDate < {literal(until)}"


def literal(moment: datetime) -> str:
    """A datetime in SOQL stands without quotes. Salesforce keeps whole seconds."""
    return moment.replace(tzinfo=None, microsecond=0).isoformat() + "Z"


def _quoted(ids: Iterable[str]) -> str:
    return ",".join(f"'{id_}'" for id_ in sorted(ids))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")
