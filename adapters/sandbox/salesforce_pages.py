"""The query resources: a statement in, pages of records out."""

from typing import Any, Final, Protocol

from adapters.sandbox.ids import salesforce_id
from adapters.sandbox.salesforce_errors import SalesforceError
from adapters.sandbox.salesforce_org import Org
from adapters.sandbox.salesforce_query import Found
from adapters.sandbox.salesforce_request import Request, page_size
from adapters.sandbox.wire import Answer, json_answer

_LOCATOR_PREFIX: Final = "01g"


class Run(Protocol):
    """Runs one statement."""

    def __call__(self, statement: str, version: str, *, deleted: bool) -> Found: ...


class Pages:
    def __init__(self, org: Org, run: Run, resource: str = "query") -> None:
        """
        Args:
            resource: the path below which pages follow.
        """
        self._org = org
        self._run = run
        self._resource = resource

    def query(self, request: Request) -> Answer:
        return self._first(request, self._resource)

    def query_all(self, request: Request) -> Answer:
        """Deleted and merged records too."""
        return self._first(request, "queryAll")

    def more(self, request: Request, resource: str, locator: str) -> Answer:
        """The page behind a nextRecordsUrl, `{cursor}-{first row}`."""
        cursor, _, start = locator.partition("-")
        if not start.isdecimal():
            raise SalesforceError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(request, self._org.cursors.find(cursor), int(start), resource, cursor)

    def _first(self, request: Request, resource: str) -> Answer:
        found = self._run(request.call.argument("q"), request.version, deleted=resource == "queryAll")
        cursor = ""
        if len(found.records) > page_size(request.call):
            cursor = salesforce_id(_LOCATOR_PREFIX, self._org.store.next_number("salesforce cursor"))
            self._org.cursors.keep(cursor, found)
        return self._page(request, found, 0, resource, cursor)

    def _page(self, request: Request, found: Found, start: int, resource: str, cursor: str) -> Answer:
        end = start + page_size(request.call)
        done = end >= len(found.records)
        page: dict[str, Any] = {"totalSize": found.count, "done": done}
        if not done:
            page["nextRecordsUrl"] = f"/services/data/{request.version}/{resource}/{cursor}-{end}"
        return json_answer(200, {**page, "records": [found.render(record) for record in found.records[start:end]]})
