"""HubSpot's search: eventually consistent, capped, and apart from all other limits."""

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.sandbox.hubspot_errors import bad_request
from adapters.sandbox.hubspot_filters import Filter, parse_filter, size, value_of
from adapters.sandbox.hubspot_input import document, word, words
from adapters.sandbox.hubspot_portal import Kind
from adapters.sandbox.hubspot_records import Records
from adapters.sandbox.hubspot_schema import CRM
from adapters.sandbox.hubspot_settings import HubSpotSettings
from adapters.sandbox.hubspot_view import plan, show
from adapters.sandbox.record import Record, Write
from adapters.sandbox.wire import Answer, Call, json_answer

_SEARCHED: Final = ("email", "firstname", "lastname", "phone", "company", "name", "domain", "dealname", "hs_lead_name")
_LONGEST_LAG_MS: Final = 10_000
_ID: Final = "hs_object_id"


class Search:
    """Search over what the index knows: the records as they stood `search_lag_ms` ago."""

    def __init__(self, records: Records, settings: HubSpotSettings) -> None:
        self._records = records
        self._settings = settings
        self._lock = threading.Lock()
        self._recent: deque[Write] = deque()
        records.store.listen(self._remember)

    def answer(self, call: Call, kind: Kind) -> Answer:
        """`POST /{kind}/search`.

        Raises:
            RefusalError: 400 for a query beyond the documented bounds.
        """
        if len(call.body) > 3000:
            raise bad_request("The search request is longer than 3000 characters; use fewer filters or properties.")
        body = document(call)
        limit, offset = _window(body, self._settings.search_window)
        found = self._found(kind, body)
        view = plan(self._records.schema, kind, words(body, "properties"))
        results = [show(self._records.store, record, view) for record in found[offset : offset + limit]]
        more = {"paging": {"next": {"after": str(offset + limit)}}} if offset + limit < len(found) else {}
        return json_answer(200, {"total": len(found), "results": results, **more})

    def _found(self, kind: Kind, body: Mapping[str, Any]) -> list[Record]:
        definitions = self._records.schema.definitions(kind.name)
        beyond, groups = _beyond(_groups(body, definitions))
        query = word(body, "query").lower()
        found = self._indexed(kind, beyond)
        if any(groups):
            found = [record for record in found if any(all(one.matches(record) for one in group) for group in groups)]
        if query:
            found = [record for record in found if _mentions(record, query)]
        return _sorted(found, body.get("sorts") or [], definitions)

    def _indexed(self, kind: Kind, beyond: int) -> list[Record]:
        """Every live record with an id `beyond` this one, as it stood when the index last looked, in order of ids."""
        since = self._records.store.clock() - min(self._settings.search_lag_ms, _LONGEST_LAG_MS)
        earlier = self._before(kind, since)
        current = self._records.store.behind(CRM, kind.name, beyond)
        seen = [earlier.get(record.id, record) for record in current]
        return [record for record in seen if record is not None and not record.archived and record.merged_into is None]

    def _before(self, kind: Kind, since: int) -> dict[str, Record | None]:
        earlier: dict[str, Record | None] = {}
        with self._lock:
            for write in self._recent:
                if write.at > since and write.record.object == kind.name:
                    earlier.setdefault(write.record.id, write.before)
        return earlier

    def _remember(self, writes: Sequence[Write]) -> None:
        forgotten = self._records.store.clock() - _LONGEST_LAG_MS
        with self._lock:
            self._recent.extend(write for write in writes if write.record.crm == CRM)
            while self._recent and self._recent[0].at < forgotten:
                self._recent.popleft()


def _groups(body: Mapping[str, Any], definitions: Mapping[str, Mapping[str, Any]]) -> list[list[Filter]]:
    """OR of ANDs: at most 5 groups, 6 filters each, 18 in all."""
    groups = body.get("filterGroups") or []
    if not isinstance(groups, list) or not all(isinstance(g, dict) and isinstance(g.get("filters"), list) for g in groups):
        raise bad_request("'filterGroups' must be a list of {filters: [...]}.")
    sizes = [len(group["filters"]) for group in groups]
    if len(groups) > 5 or max(sizes, default=0) > 6 or sum(sizes) > 18:
        raise bad_request("A search takes at most 5 filter groups, 6 filters in each and 18 in all.")
    return [[parse_filter(one, definitions) for one in group["filters"]] for group in groups]


def _beyond(groups: Sequence[Sequence[Filter]]) -> tuple[int, Sequence[Sequence[Filter]]]:
    """Behind which id a search looks at all, and what is left to be asked of each record: whoever reads everything pages by
    ids, and need not walk through all of it for each page."""
    if len(groups) != 1:
        return 0, groups
    lows = [int(one.low[0]) for one in groups[0] if _pages(one)]
    return max(lows, default=0), [[one for one in groups[0] if not _pages(one)]]


def _pages(one: Filter) -> bool:
    return (one.name, one.operator) == (_ID, "GT") and one.low[0].is_integer()


def _window(body: Mapping[str, Any], most: int) -> tuple[int, int]:
    limit = word(body, "limit") or "10"
    after = word(body, "after") or "0"
    if not limit.isdigit() or not after.isdigit() or int(limit) > 200:
        raise bad_request("A search page has a limit of at most 200 and a numeric 'after'.")
    if int(after) + int(limit) > most:
        raise bad_request(f"Paging through more than {most} results is not supported; narrow the query by hs_object_id.")
    return int(limit), int(after)


def _mentions(record: Record, query: str) -> bool:
    return any(query in str(record.values.get(name) or "").lower() for name in _SEARCHED)


def _sorted(found: list[Record], sorts: Sequence[Any], definitions: Mapping[str, Mapping[str, Any]]) -> list[Record]:
    """One sort at most, records without the value last; creation order without a sort."""
    if not isinstance(sorts, list) or len(sorts) > 1:
        raise bad_request("A search takes one sort at most.")
    if not sorts:
        return found
    first = sorts[0]
    name = word(first, "propertyName") if isinstance(first, dict) else str(first).lstrip("-")
    down = word(first, "direction") == "DESCENDING" if isinstance(first, dict) else str(first).startswith("-")
    if name == _ID and not down:
        return found  # as they come
    type_ = definitions.get(name, {}).get("type", "string")
    having = [record for record in found if value_of(record, name) is not None]
    lacking = [record for record in found if value_of(record, name) is None]
    return sorted(having, key=lambda record: size(value_of(record, name) or "", type_), reverse=down) + lacking
