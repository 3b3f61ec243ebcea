"""Bulk API 2.0, as far as it reads: a query is a job, its rows are CSV in parts. A job is done at the first look at it."""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any, Final

from adapters.sandbox.ids import salesforce_id
from adapters.sandbox.salesforce_errors import SalesforceError, not_found
from adapters.sandbox.salesforce_org import Org
from adapters.sandbox.salesforce_query import Found, parsed
from adapters.sandbox.salesforce_request import Request
from adapters.sandbox.salesforce_values import stamp
from adapters.sandbox.wire import Answer, empty_answer, json_answer

MOST: Final = 50_000
"""Rows of one part, where the caller names no number."""

_JOB: Final = "salesforce_bulk_query"


class BulkQueries:
    def __init__(self, org: Org) -> None:
        self._org = org

    def begin(self, request: Request) -> Answer:
        """
        Raises:
            SalesforceError: the query is none, or the operation.
        """
        body = request.body()
        operation, statement = str(body.get("operation", "")), str(body.get("query", ""))
        if operation not in {"query", "queryAll"}:
            raise SalesforceError(400, "INVALIDJOB", f"operation must be query or queryAll, not {operation or 'empty'}")
        self._org.queries.run(statement, request.version, deleted=operation == "queryAll")
        id_ = salesforce_id("750", self._org.store.next_number("salesforce 750"))
        about = {"id": id_, "operation": operation, "query": statement, "user": request.caller.actor.id}
        job = {**about, "object": parsed(statement).object, "at": self._org.world.clock(), "state": "UploadComplete"}
        self._org.store.put(_JOB, id_, job)
        return json_answer(200, _shown(job, request.version))

    def every(self, request: Request) -> Answer:
        jobs = self._org.store.documents(_JOB).values()
        return json_answer(200, {"done": True, "records": [_shown(job, request.version) for job in jobs], "nextRecordsUrl": None})

    def one(self, request: Request, id_: str) -> Answer:
        job = self._job(id_)
        if job["state"] == "UploadComplete":
            job = {**job, "state": "JobComplete"}
            self._org.store.put(_JOB, id_, job)
        counted = {"numberRecordsProcessed": len(self._rows(job, request).records), "retries": 0, "totalProcessingTime": 1}
        return json_answer(200, {**_shown(job, request.version), **counted, "isPkChunkingSupported": True})

    def change(self, request: Request, id_: str) -> Answer:
        """Aborts."""
        job = self._job(id_)
        if request.body().get("state") != "Aborted" or job["state"] != "UploadComplete":
            raise SalesforceError(400, "INVALIDJOBSTATE", f"Aborting already {job['state']} Job not allowed")
        self._org.store.put(_JOB, id_, job := {**job, "state": "Aborted"})
        return json_answer(200, _shown(job, request.version))

    def delete(self, request: Request, id_: str) -> Answer:
        del request
        self._job(id_)
        self._org.store.drop(_JOB, id_)
        return empty_answer(204)

    def results(self, request: Request, id_: str) -> Answer:
        """A part of the rows; `Sforce-Locator` says where the next one begins, `null` that there is none."""
        job = self._job(id_)
        found, names = self._rows(job, request), parsed(job["query"]).fields
        start = int(request.call.argument("locator") or 0)
        end = start + int(request.call.argument("maxRecords") or MOST)
        part = found.records[start:end]
        out = io.StringIO()
        writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([_text(_at(found.render(record), name)) for name in names] for record in part)
        locator = str(end) if end < len(found.records) else "null"
        headers = {"Content-Type": "text/csv", "Sforce-Locator": locator, "Sforce-NumberOfRecords": str(len(part))}
        return Answer(200, headers, out.getvalue().encode())

    def _job(self, id_: str) -> dict[str, Any]:
        job = self._org.store.document(_JOB, id_)
        if job is None:
            raise not_found()
        return dict(job)

    def _rows(self, job: Mapping[str, Any], request: Request) -> Found:
        return self._org.queries.run(job["query"], request.version, deleted=job["operation"] == "queryAll")


def _shown(job: Mapping[str, Any], version: str) -> dict[str, Any]:
    return {
        "id": job["id"],
        "operation": job["operation"],
        "object": job["object"],
        "createdById": job["user"],
        "createdDate": stamp(job["at"]),
        "systemModstamp": stamp(job["at"]),
        "state": job["state"],
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": float(version.removeprefix("v")),
        "jobType": "V2Query",
        "lineEnding": "LF",
        "columnDelimiter": "COMMA",
    }


def _at(row: Mapping[str, Any], path: str) -> Any:
    """`Owner.Name` in a row whose names may be spelled in another case."""
    value: Any = row
    for step in path.split("."):
        value = next(_values(value, step), None)
    return value


def _values(value: Any, name: str) -> Iterator[Any]:
    if isinstance(value, Mapping):
        yield from (one for key, one in value.items() if key.lower() == name.lower())


def _text(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
