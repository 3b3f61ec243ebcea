"""Looking back over a portal: search in windows by id, activities and deals by their associations."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from adapters.history import Created, Page, Result, Touch, TouchKind
from adapters.hubspot.answers import Malformed, Record
from adapters.hubspot.batches import LIMIT, portions
from adapters.hubspot.client import Client
from adapters.hubspot.failures import Operation, no_answer
from adapters.hubspot.mapping import CREATED, MODIFIED, OBJECTS, OWNER, lead, properties_to_read
from adapters.hubspot.moments import instant
from adapters.hubspot.reading import Reader
from adapters.records import Lead, RecordRef
from config.mapping import FieldMapping

PAGE: Final = 200
"""Results of one search."""

_ID: Final = "hs_object_id"
_DEALS: Final = "deals"
_WON: Final = "hs_is_closed_won"
"""HubSpot's own word, whatever the stage is called."""


@dataclass(frozen=True, slots=True)
class Source:
    kind: TouchKind
    done_at: str
    """The property that says when it was done."""
    word: str = ""
    """The property that says whether it counts, if there is one."""
    counts: frozenset[str] = frozenset()
    """Its values that count; empty: all but `never`."""
    never: frozenset[str] = frozenset()


SOURCES: Final[Mapping[str, Source]] = {
    "calls": Source("call", "hs_timestamp"),
    "emails": Source("email", "hs_timestamp", "hs_email_direction", never=frozenset({"INCOMING_EMAIL"})),
    "meetings": Source("meeting", "hs_meeting_start_time", "hs_meeting_outcome", never=frozenset({"CANCELED"})),
    # Until a task is completed, HubSpot keeps the date on which it is due in the same property.
    "tasks": Source("task", "hs_task_completion_date", "hs_task_status", counts=frozenset({"COMPLETED"})),
    "notes": Source("note", "hs_timestamp"),
}


class HubSpotHistory:
    """Fulfils `adapters.history.History`."""

    portion = LIMIT
    sources: tuple[str, ...] = tuple(name for name, source in SOURCES.items() if source.kind != "note")
    """A note shows that somebody had to do with a record, and tells nothing about how fast it was answered."""

    def __init__(
        self, client: Client, reader: Reader, mapping: FieldMapping, connection: str, now: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._reader = reader
        self._mapping = mapping
        self._connection = connection
        self._now = now
        self.remarks: tuple[str, ...] = (
            "HubSpot's search, which finds the records, is some seconds behind.",
            "E-mails that a sequence sent in a rep's name count as the rep's.",
        )

    def count(self, since: datetime, until: datetime) -> int:
        return self._client.search(self._mapping.object, _window(since, until), limit=1).total

    def created(self, since: datetime, until: datetime, after: str = "") -> Page:
        """In order of id, each page from behind the last id of the one before: no query ever comes near its 10,000 results.

        Search finds the ids alone, since its body holds 3,000 characters; the records are then read as they really stand.
        """
        filters = [*_window(since, until), search_filter(_ID, "GT", after or "0")]
        found = self._client.search(self._mapping.object, filters, limit=PAGE, sort=_ID).records
        return Page(self._read([record.id for record in found]), found[-1].id if len(found) == PAGE else "")

    def touches(self, source: str, records: Sequence[Created]) -> Sequence[Touch]:
        whose = self._linked(source, records)
        rules = SOURCES[source]
        names = tuple(filter(None, (OWNER, rules.done_at, "hs_timestamp", rules.word)))
        return [
            Touch(ref, rules.kind, at, activity.properties.get(OWNER) or "")
            for some in portions(list(whose), LIMIT)
            for activity in self._client.read(source, some, names).records
            if (at := done(activity, rules))
            for ref in whose.get(activity.id, ())
        ]

    def results(self, records: Sequence[Created]) -> Mapping[RecordRef, Result]:
        """By the deals that hang on a contact."""
        whose = self._linked(_DEALS, records)
        won = {
            deal.id
            for some in portions(list(whose), LIMIT)
            for deal in self._client.read(_DEALS, some, (_WON,)).records
            if deal.properties.get(_WON) == "true"
        }
        reached = {ref for refs in whose.values() for ref in refs}
        winners = {ref for deal, refs in whose.items() if deal in won for ref in refs}
        return {one.ref: Result(one.ref in reached, one.ref in winners) for one in records}

    def sharing(self, emails: Sequence[str]) -> Sequence[Lead]:
        """By e-mail in a batch read, which knows a record at once and also by its further addresses."""
        if not emails:
            return []
        read_at, names = self._now(), properties_to_read(self._mapping)
        records = self._client.read(self._mapping.object, emails, names, id_property="email").records
        try:
            return [lead(record, self._mapping, self._ref(record.id), read_at) for record in records]
        except Malformed as error:
            raise no_answer(Operation(f"read {self._mapping.object}"), str(error)) from None

    def manned(self, queues: Sequence[str]) -> Mapping[str, bool]:  # noqa: ARG002 - HubSpot does not tell who is in a queue
        return {}

    def changed(self, since: datetime) -> int:
        filters = [search_filter(MODIFIED, "GTE", milliseconds(since))]
        return self._client.search(self._mapping.object, filters, limit=1).total

    def absent(self) -> frozenset[str]:
        there = {found.name for found in self._client.properties(self._mapping.object)}
        return frozenset(name for name, theirs in self._mapping.inputs.items() if theirs not in there)

    def _read(self, ids: Sequence[str]) -> list[Created]:
        refs = [self._ref(id_) for id_ in ids]
        found = self._reader.fetch(refs)
        return [Created(one) for ref in refs if isinstance(one := found[ref], Lead)]

    def _ref(self, id_: str) -> RecordRef:
        return RecordRef(self._connection, OBJECTS[self._mapping.object], id_)

    def _linked(self, kind: str, records: Sequence[Created]) -> dict[str, list[RecordRef]]:
        """Id of each activity or deal to the records that it hangs on."""
        refs = {one.ref.id: one.ref for one in records}
        whose: dict[str, list[RecordRef]] = {}
        waiting: dict[str, str | None] = dict.fromkeys(refs)
        while waiting:
            pages = {id_: waiting.pop(id_) for id_ in list(waiting)[:LIMIT]}
            for links in self._client.linked(self._mapping.object, kind, pages):
                for other in links.to if links.id in refs else ():
                    whose.setdefault(other, []).append(refs[links.id])
                if links.after:
                    waiting[links.id] = links.after
        return whose


def done(activity: Record, rules: Source) -> datetime | None:
    """When it was done; None where it was not, or does not count."""
    said = activity.properties.get(rules.word) if rules.word else None
    if said in rules.never or (rules.counts and said not in rules.counts):
        return None
    text = activity.properties.get(rules.done_at) or activity.properties.get("hs_timestamp")
    return instant(text) if text else None


def _window(since: datetime, until: datetime) -> list[dict[str, Any]]:
    return [search_filter(CREATED, "GTE", milliseconds(since)), search_filter(CREATED, "LT", milliseconds(until))]


def search_filter(name: str, operator: str, value: str) -> dict[str, Any]:
    return {"propertyName": name, "operator": operator, "value": value}


def milliseconds(moment: datetime) -> str:
    return str(int(moment.timestamp() * 1000))
