"""Bulk API 2.0, the query side: a job is begun, asked how it stands, and read in pages of CSV.

A job sees the records as they stood when it ran; what is written while its pages are read does not show in them.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from adapters.sandbox import soql_tree as soql
from adapters.sandbox.ids import salesforce_id
from adapters.sandbox.limits import DAY_MS, RollingLimit
from adapters.sandbox.salesforce_csv import Dialect, dialect
from adapters.sandbox.salesforce_errors import SalesforceError, not_found
from adapters.sandbox.salesforce_org import Org
from adapters.sandbox.salesforce_query import Found, parsed
from adapters.sandbox.salesforce_request import Request
from adapters.sandbox.salesforce_values import stamp
from adapters.sandbox.wire import Answer, empty_answer, json_answer

MOST_JOBS: Final = 10_000
"""Query jobs in 24 hours."""
KEPT_MS: Final = 7 * DAY_MS
"""How long a job and its results are kept."""
PAGE: Final = 50_000
"""Rows of a page for which no `maxRecords` was given; the platform chooses by size."""

_JOB: Final = "salesforce_bulk_query"
_OPERATIONS: Final = ("query", "queryAll")
_OVER: Final = frozenset({"JobComplete", "Aborted", "Failed"})


class BulkQueries:
    def __init__(self, org: Org) -> None:
        self._org = org
        self._jobs = RollingLimit(MOST_JOBS, DAY_MS, org.world.clock)
        self._found: dict[str, Found] = {}

    def begin(self, request: Request) -> Answer:
        """`POST jobs/query`"""
        body = request.body()
        operation, statement = body.get("operation"), str(body.get("query", ""))
        if operation not in _OPERATIONS:
            raise SalesforceError(400, "INVALIDJOB", f"Unsupported operation '{operation}'; a query job takes query or queryAll")
        _check(parsed(statement))
        self._org.queries.run(statement, request.version, deleted=operation == "queryAll")  # what is wrong with it is said now
        format_ = dialect(body)
        if not self._jobs.take().allowed:
            raise SalesforceError(400, "LIMIT_EXCEEDED", f"More than {MOST_JOBS} query jobs in 24 hours")
        id_ = salesforce_id("750", self._org.store.next_number("salesforce 750"))
        at = self._org.world.clock()
        job = {"id": id_, "operation": operation, "query": statement, "user": request.caller.actor.id, "at": at, "ended": ""}
        job |= {"delimiter": format_.delimiter, "ending": format_.ending}
        self._org.store.put(_JOB, id_, job)
        return json_answer(200, self._shown(job, request))

    def job(self, request: Request, id_: str) -> Answer:
        """`GET jobs/query/{id}`"""
        job = self._job(id_)
        shown = self._shown(job, request)
        if shown["state"] == "JobComplete":
            shown |= {"numberRecordsProcessed": len(self._results(job, request).records), "retries": 0, "totalProcessingTime": 1}
        return json_answer(200, shown)

    def jobs(self, request: Request) -> Answer:
        """`GET jobs/query`"""
        shown = [self._shown(self._job(id_), request) for id_ in self._org.store.documents(_JOB) if self._alive(id_)]
        return json_answer(200, {"done": True, "records": shown, "nextRecordsUrl": None})

    def abort(self, request: Request, id_: str) -> Answer:
        """`PATCH jobs/query/{id}` with `{"state": "Aborted"}`"""
        job = self._job(id_)
        if request.body().get("state") != "Aborted":
            raise SalesforceError(400, "INVALIDJOBSTATE", "A query job can only be set to Aborted")
        if self._state(job) in _OVER:
            raise SalesforceError(400, "INVALIDJOBSTATE", f"The job is {self._state(job)} already")
        aborted = {**job, "ended": "Aborted"}
        self._org.store.put(_JOB, id_, aborted)
        return json_answer(200, self._shown(aborted, request))

    def drop(self, request: Request, id_: str) -> Answer:
        """`DELETE jobs/query/{id}`"""
        del request
        if self._state(self._job(id_)) not in _OVER:
            raise SalesforceError(400, "INVALIDJOBSTATE", "Only a job that is over can be deleted")
        self._org.store.drop(_JOB, id_)
        self._found.pop(id_, None)
        return empty_answer(204)

    def results(self, request: Request, id_: str) -> Answer:
        """`GET jobs/query/{id}/results?maxRecords=&locator=`: every page begins with the names of the columns."""
        job = self._job(id_)
        if self._state(job) != "JobComplete":
            raise SalesforceError(400, "INVALIDJOBSTATE", f"The job is {self._state(job)}: it has no results")
        found, start = self._results(job, request), _offset(request.call.argument("locator"))
        some = found.records[start : start + _most(request.call.argument("maxRecords"))]
        end = start + len(some)
        headers = {
            "Content-Type": "text/csv",
            "Sforce-Locator": _locator(end) if end < len(found.records) else "null",
            "Sforce-NumberOfRecords": str(len(some)),
        }
        names = parsed(job["query"]).fields
        lines = (_cells(names, found.render(record)) for record in some)
        return Answer(200, headers, Dialect(job["delimiter"], job["ending"]).written(names, lines))

    def _job(self, id_: str) -> Mapping[str, Any]:
        if not self._alive(id_):
            raise not_found()
        return dict(self._org.store.document(_JOB, id_))

    def _alive(self, id_: str) -> bool:
        job = self._org.store.document(_JOB, id_)
        return job is not None and self._org.world.clock() - job["at"] < KEPT_MS

    def _state(self, job: Mapping[str, Any]) -> str:
        if job["ended"]:
            return str(job["ended"])
        age, takes = self._org.world.clock() - job["at"], self._org.settings.bulk_ms
        if age < takes:
            return "InProgress" if age else "UploadComplete"
        return "JobComplete"

    def _results(self, job: Mapping[str, Any], request: Request) -> Found:
        """Found once, and kept: a restart of the sandbox looks anew, which the platform never does."""
        found = self._found.get(job["id"])
        if found is None:
            found = self._org.queries.run(job["query"], request.version, deleted=job["operation"] == "queryAll")
            self._found[job["id"]] = found
        return found

    def _shown(self, job: Mapping[str, Any], request: Request) -> dict[str, Any]:
        return {
            "id": job["id"],
            "operation": job["operation"],
            "object": parsed(job["query"]).object,
            "createdById": job["user"],
            "createdDate": stamp(job["at"]),
            "systemModstamp": stamp(job["at"]),
            "state": self._state(job),
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(request.version[1:]),
            "lineEnding": job["ending"],
            "columnDelimiter": job["delimiter"],
        }


def _check(query: soql.Query) -> None:
    if query.counts or query.grouped or query.offset:
        raise SalesforceError(400, "API_ERROR", "Bulk queries support neither aggregates, GROUP BY nor OFFSET")
    if any(isinstance(one, soql.Children) for one in query.select):
        raise SalesforceError(400, "API_ERROR", "Bulk queries do not support subqueries in SELECT")


def _cells(names: Sequence[str], row: Mapping[str, Any]) -> Iterator[str]:
    for name in names:
        value: Any = row
        for step in name.lower().split("."):
            value = {key.lower(): inner for key, inner in value.items()}.get(step) if isinstance(value, dict) else None
        yield _cell(value)


def _cell(value: Any) -> str:
    """Nothing is empty, a moment ends in Z where REST writes +0000."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.replace(".000+0000", ".000Z") if isinstance(value, str) else str(value)


def _locator(start: int) -> str:
    return base64.urlsafe_b64encode(f"row {start}".encode()).decode().rstrip("=")


def _offset(locator: str) -> int:
    if not locator:
        return 0
    try:
        word, number = base64.urlsafe_b64decode(locator + "=" * (-len(locator) % 4)).decode("ascii").split()
    except (ValueError, binascii.Error):
        word, number = "", ""
    if word != "row" or not number.isdecimal():
        raise SalesforceError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    return int(number)


def _most(asked: str) -> int:
    if asked and not asked.isdecimal():
        raise SalesforceError(400, "INVALID_PARAMETER", "maxRecords takes a number")
    return min(int(asked or PAGE), 10 * PAGE) or PAGE
