"""What changed in a portal: search by the stamp of the last change, paged by id; what was archived; activities by their links.

Search gives no second order and its pages are counted, so that a record which changes while it is paged would push another one
out of sight. So the span of stamps is closed first, at the newest one there is, and the records in it are read in order of
their ids, each page from behind the last id: however many share one stamp, no query comes near its 10,000 results. What changes
meanwhile leaves the span, and is for the next sweep. All stamps are HubSpot's own.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from adapters.history import Touch
from adapters.hubspot.answers import Found, Malformed, Record
from adapters.hubspot.batches import LIMIT
from adapters.hubspot.client import Client
from adapters.hubspot.failures import Operation, no_answer
from adapters.hubspot.history import SOURCES, done, milliseconds, search_filter
from adapters.hubspot.mapping import CREATED, MERGED, MODIFIED, OBJECTS, OWNER, former_ids
from adapters.hubspot.moments import instant
from adapters.records import ObjectName, RecordRef
from adapters.sweeping import Deed, Moved, Page, Stream
from config.mapping import FieldMapping

PAGE: Final = 200
"""Results of one search."""

ARCHIVED_SECONDS: Final = 3_600.0
"""Between two rounds through all that was archived: HubSpot keeps it for 90 days, and does not tell since when."""

_ID: Final = "hs_object_id"
_CHANGED: Final = "hs_lastmodifieddate"
"""Of every object; contacts have their own besides."""
_ARCHIVED: Final = "/archived"


class HubSpotSweeper:
    """Fulfils `adapters.sweeping.Sweeper`. `after` is the newest stamp of the span in milliseconds, then the last id."""

    def __init__(
        self, client: Client, mapping: FieldMapping, connection: str, now: Callable[[], datetime], page: int = PAGE
    ) -> None:
        self._client = client
        self._kind = mapping.object
        self.object: ObjectName = OBJECTS[mapping.object]
        self._connection = connection
        self._now = now
        self._page = min(page, PAGE)
        touches = (Stream(name, "touches") for name in SOURCES)
        archived = Stream(mapping.object + _ARCHIVED, "vanished", ARCHIVED_SECONDS)
        self.streams: Sequence[Stream] = (Stream(mapping.object, "records"), *touches, archived)

    def page(self, stream: str, since: datetime, after: str = "") -> Page:
        try:
            if stream.endswith(_ARCHIVED):
                return self._vanished(after)
            return self._newest(stream, since) if not after else self._by_id(stream, since, after)
        except Malformed as error:
            raise no_answer(Operation(f"read {stream}"), str(error)) from None

    def _newest(self, stream: str, since: datetime) -> Page:
        """Where nothing much happened, one search shows it all."""
        stamp = self._stamp(stream)
        filters = [search_filter(stamp, "GTE", milliseconds(since))]
        found = self._search(stream, filters, sort="-" + stamp)
        if not found.records:
            return Page(asked_at=self._asked_at())
        newest = max(_moment(record, stamp) for record in found.records)
        whole = found.total <= len(found.records)
        return self._shown(stream, found.records, None if whole else f"{milliseconds(newest)} 0", newest)

    def _by_id(self, stream: str, since: datetime, after: str) -> Page:
        newest, _, last = after.partition(" ")
        stamp = self._stamp(stream)
        span = {"propertyName": stamp, "operator": "BETWEEN", "value": milliseconds(since), "highValue": newest}
        records = self._search(stream, [span, search_filter(_ID, "GT", last)], sort=_ID).records
        cursor = f"{newest} {records[-1].id}" if len(records) == self._page else None
        return self._shown(stream, records, cursor, datetime.fromtimestamp(int(newest) / 1000, UTC))

    def _search(self, stream: str, filters: Sequence[Mapping[str, Any]], *, sort: str) -> Found:
        names = [_ID, self._stamp(stream), *([CREATED, MERGED] if stream == self._kind else _names(stream))]
        return self._client.search(stream, filters, limit=self._page, sort=sort, names=names)

    def _shown(self, stream: str, records: Sequence[Record], after: str | None, newest: datetime) -> Page:
        if stream == self._kind:
            moved = [self._moved(record) for record in records]
            return Page(moved, (), after, newest, self._asked_at())
        return Page((), self._deeds(stream, records), after, newest, self._asked_at())

    def _moved(self, record: Record) -> Moved:
        created = instant(record.properties.get(CREATED) or record.created)
        at = _moment(record, MODIFIED)
        return Moved(self._ref(record.id), at, created or at, former=former_ids(record))

    def _vanished(self, after: str) -> Page:
        found = self._client.archived(self._kind, after, LIMIT)
        at = self._asked_at()
        moved = [Moved(self._ref(record.id), at, at, gone=True) for record in found.records]
        return Page(moved, (), found.after, None, at)

    def _deeds(self, stream: str, records: Sequence[Record]) -> list[Deed]:
        """Activities that were done, once for each record they hang on."""
        rules = SOURCES[stream]
        at = {record.id: moment for record in records if (moment := done(record, rules))}
        by = {record.id: record.properties.get(OWNER) or "" for record in records}
        return [
            Deed(id_, Touch(self._ref(contact), rules.kind, at[id_], by[id_])) for id_, contact in self._links(stream, list(at))
        ]

    def _links(self, stream: str, ids: Sequence[str]) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        waiting: dict[str, str | None] = dict.fromkeys(ids)
        while waiting:
            pages = {id_: waiting.pop(id_) for id_ in list(waiting)[:LIMIT]}
            for links in self._client.linked(stream, self._kind, pages):
                found += [(links.id, contact) for contact in links.to]
                if links.after:
                    waiting[links.id] = links.after
        return found

    def _stamp(self, stream: str) -> str:
        return MODIFIED if stream == "contacts" else _CHANGED

    def _ref(self, id_: str) -> RecordRef:
        return RecordRef(self._connection, self.object, id_)

    def _asked_at(self) -> datetime:
        return self._now() - timedelta(seconds=self._client.skew or 0.0)


def _names(stream: str) -> list[str]:
    rules = SOURCES[stream]
    return [name for name in (OWNER, rules.done_at, "hs_timestamp", rules.word) if name]


def _moment(record: Record, stamp: str) -> datetime:
    found = instant(record.properties.get(stamp) or record.modified)
    if found is None:
        raise Malformed("a record's modification stamp is missing")
    return found
