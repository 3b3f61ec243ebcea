"""Every record of an org, by a Bulk 2.0 query job: Salesforce finds them once, and they are read in pages of CSV."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any, Final

from adapters.errors import Refused
from adapters.records import ObjectName, RecordRef
from adapters.salesforce.client import Client, Record
from adapters.salesforce.failures import PROVIDER
from adapters.salesforce.history import literal
from adapters.salesforce.mapping import NUMBERS, OBJECTS, to18
from adapters.salesforce.reading import Selection, row_lead, selection
from adapters.salesforce.schema import ObjectInfo, Schemas
from adapters.sweeping import WholePage
from config.mapping import FieldMapping

PAGE: Final = 2_000
"""Rows of one page: as many as are indexed in one transaction."""

POLL: Final = 2.0
"""Seconds between two questions whether the job is done."""

_ENDED: Final = frozenset({"Failed", "Aborted"})


class SalesforceWhole:
    """Fulfils `adapters.sweeping.Whole`. `after` is `job` while the job runs, then `job locator`."""

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
        self._mapping = mapping
        self._connection = connection
        self._now = now
        self._page = page
        self._object: ObjectName = next(ours for ours, name in OBJECTS.items() if name.lower() == mapping.object.lower())
        self._table = OBJECTS[self._object]

    def count(self, since: datetime | None) -> int:
        return self._client.count(f"SELECT COUNT() FROM {self._table}{_where(since)}")  # noqa: S608

    def page(self, since: datetime | None, after: str = "") -> WholePage:
        if not after:
            return WholePage(after=self._schemas.believed(partial(self._begin, since)))
        job, _, locator = after.partition(" ")
        try:
            return self._read(job, locator) if locator else self._await(job)
        except Refused as error:
            if error.status != 404:
                raise
        return WholePage(after="")  # a job is kept for seven days; its rows are found anew, and what is known already stays

    def _begin(self, since: datetime | None) -> str:
        # Names come from the org's own description, the moment is built here: nothing needs escaping.
        return self._client.begin_export(f"SELECT {','.join(self._chosen().columns)} FROM {self._table}{_where(since)}")  # noqa: S608

    def _await(self, job: str) -> WholePage:
        state = self._client.export_state(job)
        if state in _ENDED:
            sentence = f"Salesforce ended the export job {job} ({state}); see Bulk Data Load Jobs in its setup."
            raise Refused(sentence, provider=PROVIDER, operation="export", code=state)
        return self._read(job, "") if state == "JobComplete" else WholePage(after=job, wait=POLL)

    def _read(self, job: str, locator: str) -> WholePage:
        page = self._client.export_page(job, locator, self._page)
        info, chosen, read_at = self._schemas.of(self._table), self._chosen(), self._now()
        rows = [typed(row, info) for row in page.rows]
        leads = [(row, row_lead(self._ref(row["Id"]), row, chosen, read_at)) for row in rows]
        return WholePage(
            leads=[lead for row, lead in leads if row.get("IsConverted") is not True],
            ended=[(lead, self._contact(row)) for row, lead in leads if row.get("IsConverted") is True],
            after=f"{job} {page.locator}" if page.locator else None,
        )

    def _chosen(self) -> Selection:
        return selection(self._mapping, self._schemas.of(self._table))

    def _ref(self, id_: str) -> RecordRef:
        return RecordRef(self._connection, self._object, to18(id_))

    def _contact(self, row: Record) -> RecordRef | None:
        contact = row.get("ConvertedContactId")
        return RecordRef(self._connection, "contact", to18(contact)) if contact else None


def typed(row: Mapping[str, str], info: ObjectInfo) -> Record:
    """A row of CSV as REST would give it: numbers and flags by the field's type, nothing for an empty cell, and
    `Account.Industry` nested. Else the same record would look changed when it is next read by REST.
    """
    record: Record = {}
    for name, text in row.items():
        *steps, last = name.split(".")
        place = record
        for step in steps:
            place = place.setdefault(step, {})
        place[last] = _cell(text, info, name)
    return record


def _cell(text: str, info: ObjectInfo, name: str) -> Any:
    if text == "":
        return None
    field = info.field(name)
    kind = field.type if field else ""
    if kind == "boolean":
        return text == "true"
    return _number(text) if kind in NUMBERS else text


def _number(text: str) -> Decimal | str:
    try:
        return Decimal(text)
    except InvalidOperation:
        return text


def _where(since: datetime | None) -> str:
    return f" WHERE CreatedDate >= {literal(since)}" if since else ""
