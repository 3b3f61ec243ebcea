"""The query resources: a statement in, pages of records out."""

from typing import Any, Final, Protocol

from adapters.sandbox import soql_tree as soql
from adapters.sandbox.ids import salesforce_id
from adapters.sandbox.salesforce_errors import SalesforceError
from adapters.sandbox.salesforce_groups import labels
from adapters.sandbox.salesforce_org import Org
from adapters.sandbox.salesforce_query import Found, parsed
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
        if request.call.argument("columns").lower() == "true":
            return json_answer(200, self._columns(request))
        found = self._run(request.call.argument("q"), request.version, deleted=resource == "queryAll")
        cursor = ""
        if len(found.records) > page_size(request.call) and not found.grouped:
            cursor = salesforce_id(_LOCATOR_PREFIX, self._org.store.next_number("salesforce cursor"))
            self._org.cursors.keep(cursor, found)
        return self._page(request, found, 0, resource, cursor)

    def _columns(self, request: Request) -> dict[str, Any]:
        """`columns=true`: what the columns are, instead of rows. Command line tools ask for it to set a table."""
        query = parsed(request.call.argument("q"))
        self._run(request.call.argument("q"), request.version, deleted=False)
        names = labels(query.select)
        columns = [_selected(one, name) for one, name in zip(query.select, names, strict=True)]
        selected = "id" in {name.lower() for name in query.fields}
        return {
            "columnMetadata": columns,
            "entityName": query.object,
            "groupBy": bool(query.group),
            "idSelected": selected,
            "keyPrefix": None,
        }

    def _page(self, request: Request, found: Found, start: int, resource: str, cursor: str) -> Answer:
        end = len(found.records) if found.grouped else start + page_size(request.call)
        done = end >= len(found.records)
        page: dict[str, Any] = {"totalSize": found.count, "done": done}
        if not done:
            page["nextRecordsUrl"] = f"/services/data/{request.version}/{resource}/{cursor}-{end}"
        return json_answer(200, {**page, "records": [found.render(record) for record in found.records[start:end]]})


def _selected(one: soql.Selected, name: str) -> dict[str, Any]:
    """An aggregate by its label and its text; a subquery as a column with its own fields in it."""
    match one:
        case soql.Aggregate():
            return {**_column(name), "aggregate": True, "displayName": one.name, "textType": False, "numberType": True}
        case soql.Children(query):
            below = [_column(*path.split(".")) for path in query.fields]
            return {**_column(query.object), "aggregate": True, "joinColumns": below}
        case soql.Path(path):
            return _column(*path.split("."))


def _column(first: str, *rest: str) -> dict[str, Any]:
    """A step along a relationship has the next one in `joinColumns`."""
    return {
        "aggregate": False,
        "apexType": None,
        "booleanType": False,
        "columnName": first,
        "custom": first.endswith("__c"),
        "displayName": first,
        "foreignKeyName": None,
        "insertable": False,
        "joinColumns": [_column(*rest)] if rest else [],
        "numberType": False,
        "textType": True,
        "updatable": False,
    }
