"""Every record of a portal, as it stands: a list of all, in order of the ids, is one call for a hundred.

A list knows no filter, and the names of what is read stand in its address. For those made since some day, or where the names are
too many, search finds the ids, each page from behind the last one, so that no query comes near its 10,000 results, and batch read
reads them: search itself is some seconds behind.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from adapters.hubspot.client import Client
from adapters.hubspot.history import milliseconds, search_filter
from adapters.hubspot.mapping import CREATED, OBJECTS
from adapters.hubspot.reading import Reader
from adapters.records import Lead, RecordRef
from adapters.sweeping import WholePage
from config.mapping import FieldMapping

PAGE: Final = 200
"""Results of one search; two batch reads."""

_ID: Final = "hs_object_id"
_LISTED: Final = "list "
"""Begins a cursor of the list, which is HubSpot's own; without it, a cursor is the last id that search found."""


class HubSpotWhole:
    """Fulfils `adapters.sweeping.Whole`."""

    def __init__(self, client: Client, reader: Reader, mapping: FieldMapping, connection: str, page: int = PAGE) -> None:
        self._client = client
        self._reader = reader
        self._object = mapping.object
        self._connection = connection
        self._page = min(page, PAGE)

    def count(self, since: datetime | None) -> int:
        return self._client.search(self._object, _created(since), limit=1).total

    def page(self, since: datetime | None, after: str = "") -> WholePage:
        if after.startswith(_LISTED) or (not after and since is None and self._reader.fits_an_address):
            return self._of_list(after.removeprefix(_LISTED))
        return self._of_search(since, after)

    def _of_list(self, after: str) -> WholePage:
        leads, following = self._reader.page(self._connection, after, self._page)
        return WholePage(leads, after=f"{_LISTED}{following}" if following else None)

    def _of_search(self, since: datetime | None, after: str) -> WholePage:
        filters = [*_created(since), search_filter(_ID, "GT", after or "0")]
        found = self._client.search(self._object, filters, limit=self._page, sort=_ID).records
        refs = [RecordRef(self._connection, OBJECTS[self._object], record.id) for record in found]
        read = self._reader.fetch(refs)
        leads = [one for ref in refs if isinstance(one := read[ref], Lead)]
        return WholePage(leads, after=found[-1].id if len(found) == self._page else None)


def _created(since: datetime | None) -> Sequence[dict[str, Any]]:
    return [search_filter(CREATED, "GTE", milliseconds(since))] if since else []
