"""Bulk API 2.0, the ingest side: a job is opened, filled with CSV, closed, and then tells row by row what became of it.

Rows are written when the job is closed, all in one go; `bulk_ms` only delays what the job says about itself. Texts of errors are
not documented: their codes are what a client may go by.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from adapters.sandbox.ids import salesforce_id
from adapters.sandbox.limits import DAY_MS
from adapters.sandbox.salesforce_csv import CsvError, Dialect, dialect
from adapters.sandbox.salesforce_errors import SalesforceError, not_found
from adapters.sandbox.salesforce_load import Load, Outcome
from adapters.sandbox.salesforce_multipart import parts
from adapters.sandbox.salesforce_org import Org
from adapters.sandbox.salesforce_request import Request
from adapters.sandbox.salesforce_schema import ObjectSpec
from adapters.sandbox.salesforce_values import stamp
from adapters.sandbox.wire import Answer, empty_answer, json_answer

MOST_BYTES: Final = 150_000_000
"""Of one job's data."""
KEPT_MS: Final = 7 * DAY_MS

_JOB: Final = "salesforce_ingest"
_DATA: Final = "salesforce_ingest_data"
_OPERATIONS: Final = ("insert", "update", "upsert", "delete", "hardDelete")
_ENDED: Final = frozenset({"JobComplete", "Failed", "Aborted"})


class BulkIngest:
    def __init__(self, org: Org) -> None:
        self._org = org

    def begin(self, request: Request) -> Answer:
        """`POST jobs/ingest`: a job, or in two parts a job with its data, which is closed at once."""
        if not request.call.headers.get("content-type", "").lower().startswith("multipart/form-data"):
            return json_answer(200, self._shown(self._opened(request.body(), request)))
        found = parts(request.call)
        job = self._opened(_document(found.get("job", b"")), request)
        self._fill(job, found.get("content", b""))
        return json_answer(200, _only_closed(self._shown(self._closed(job, request))))

    def upload(self, request: Request, id_: str) -> Answer:
        """`PUT jobs/ingest/{id}/batches`, once."""
        job = self._job(id_)
        if job["state"] != "Open" or self._org.store.document(_DATA, id_) is not None:
            raise SalesforceError(
                400, "INVALIDJOBSTATE", f"The job is {job['state']}: data can be uploaded once, while it is Open"
            )
        self._fill(job, request.call.body)
        return empty_answer(201)

    def change(self, request: Request, id_: str) -> Answer:
        """`PATCH jobs/ingest/{id}` with `{"state": "UploadComplete"}`, or `Aborted`."""
        job, wanted = self._job(id_), request.body().get("state")
        if wanted == "UploadComplete" and job["state"] == "Open":
            return json_answer(200, _only_closed(self._shown(self._closed(job, request))))
        if wanted == "Aborted" and self._state(job) not in _ENDED:
            return json_answer(200, self._shown(self._kept({**job, "state": "Aborted"})))
        raise SalesforceError(400, "INVALIDJOBSTATE", f"A job that is {self._state(job)} cannot become {wanted}")

    def job(self, request: Request, id_: str) -> Answer:
        """`GET jobs/ingest/{id}`"""
        del request
        job = self._job(id_)
        return json_answer(200, {**self._shown(job), **self._progress(job)})

    def jobs(self, request: Request) -> Answer:
        """`GET jobs/ingest`"""
        del request
        shown = [self._shown(job) for job in self._org.store.documents(_JOB).values() if self._alive(job)]
        return json_answer(200, {"done": True, "records": shown, "nextRecordsUrl": None})

    def drop(self, request: Request, id_: str) -> Answer:
        """`DELETE jobs/ingest/{id}`"""
        del request
        if self._state(self._job(id_)) not in _ENDED | {"UploadComplete"}:
            raise SalesforceError(400, "INVALIDJOBSTATE", "Only a job that is closed can be deleted")
        self._org.store.drop(_JOB, id_)
        self._org.store.drop(_DATA, id_)
        return empty_answer(204)

    # results

    def successful(self, request: Request, id_: str) -> Answer:
        """`GET jobs/ingest/{id}/successfulResults`"""
        del request
        return self._results(id_, ("sf__Id", "sf__Created"), _of_success)

    def failed(self, request: Request, id_: str) -> Answer:
        """`GET jobs/ingest/{id}/failedResults`"""
        del request
        return self._results(id_, ("sf__Id", "sf__Error"), _of_failure)

    def unprocessed(self, request: Request, id_: str) -> Answer:
        """`GET jobs/ingest/{id}/unprocessedrecords`: of a job that failed or was aborted, what it did not come to."""
        del request
        return self._results(id_, (), lambda outcome: None if outcome else [])

    def _results(self, id_: str, columns: Sequence[str], shown: Callable[[Outcome | None], list[str] | None]) -> Answer:
        job = self._job(id_)
        if self._state(job) not in _ENDED:
            raise SalesforceError(400, "INVALIDJOBSTATE", f"The job is {self._state(job)}: it has no results")
        heading, rows = self._rows(job)
        outcomes: list[Outcome | None] = job["outcomes"] or [None] * len(rows)
        lines = ([*first, *row] for row, outcome in zip(rows, outcomes, strict=True) if (first := shown(outcome)) is not None)
        body = _dialect(job).written([*columns, *heading], lines)
        return Answer(200, {"Content-Type": "text/csv"}, body)

    def _rows(self, job: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
        """Empty for what is no CSV: there is nothing to give back by rows."""
        try:
            return _dialect(job).read((self._org.store.document(_DATA, job["id"]) or "").encode())
        except CsvError:
            return [], []

    # a job's life

    def _opened(self, body: Mapping[str, Any], request: Request) -> dict[str, Any]:
        operation, spec = body.get("operation"), self._org.schema.find(str(body.get("object", "")))
        if operation not in _OPERATIONS:
            raise SalesforceError(400, "INVALIDJOB", f"Unsupported operation '{operation}'; one of {', '.join(_OPERATIONS)}")
        if operation == "hardDelete":
            raise SalesforceError(400, "FEATURENOTENABLED", "hardDelete is not enabled for this user")
        if spec is None or not spec.writable:
            raise SalesforceError(400, "INVALIDENTITY", f"Entity '{body.get('object')}' is not supported by the Bulk API.")
        if body.get("contentType", "CSV") != "CSV":
            raise SalesforceError(400, "INVALIDJOB", "contentType must be CSV")
        format_, id_ = dialect(body), salesforce_id("750", self._org.store.next_number("salesforce 750"))
        return self._kept(
            {
                "id": id_,
                "operation": operation,
                "object": spec.name,
                "key": _key(spec, body) if operation == "upsert" else "",
                "rule": str(body.get("assignmentRuleId") or ""),
                "delimiter": format_.delimiter,
                "ending": format_.ending,
                "user": request.caller.actor.id,
                "version": request.version,
                "at": self._org.world.clock(),
                "closed_at": 0,
                "state": "Open",
                "error": "",
                "outcomes": [],
            }
        )

    def _fill(self, job: Mapping[str, Any], data: bytes) -> None:
        if len(data) > MOST_BYTES:
            raise SalesforceError(413, "REQUEST_ENTITY_TOO_LARGE", f"The data of a job cannot exceed {MOST_BYTES} bytes")
        try:
            self._org.store.put(_DATA, job["id"], data.decode())
        except UnicodeDecodeError:
            raise SalesforceError(400, "INVALIDBATCH", "The data is not UTF-8") from None

    def _closed(self, job: Mapping[str, Any], request: Request) -> Mapping[str, Any]:
        """The job after its rows were written, or Failed with none of them written."""
        closed = {**job, "closed_at": self._org.world.clock(), "state": "JobComplete"}
        try:
            heading, rows = _dialect(job).read((self._org.store.document(_DATA, job["id"]) or "").encode())
            outcomes = Load(self._org, job, request.caller).outcomes(heading, rows)
        except CsvError as error:
            return self._kept({**closed, "state": "Failed", "error": str(error)})
        return self._kept({**closed, "outcomes": outcomes})

    # what is kept

    def _kept(self, job: dict[str, Any]) -> dict[str, Any]:
        self._org.store.put(_JOB, job["id"], job)
        return job

    def _job(self, id_: str) -> Mapping[str, Any]:
        job = self._org.store.document(_JOB, id_)
        if job is None or not self._alive(job):
            raise not_found()
        return dict(job)

    def _alive(self, job: Mapping[str, Any]) -> bool:
        return bool(self._org.world.clock() - job["at"] < KEPT_MS)

    def _state(self, job: Mapping[str, Any]) -> str:
        """What the job says of itself: while it takes its time, not yet how it ended."""
        age = self._org.world.clock() - job["closed_at"]
        if job["state"] not in {"JobComplete", "Failed"} or age >= self._org.settings.bulk_ms:
            return str(job["state"])
        return "InProgress" if age else "UploadComplete"

    def _shown(self, job: Mapping[str, Any]) -> dict[str, Any]:
        key = {"externalIdFieldName": job["key"]} if job["key"] else {}
        rule = {"assignmentRuleId": job["rule"]} if job["rule"] else {}
        return {
            "id": job["id"],
            "operation": job["operation"],
            "object": job["object"],
            "createdById": job["user"],
            "createdDate": stamp(job["at"]),
            "systemModstamp": stamp(job["closed_at"] or job["at"]),
            "state": self._state(job),
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(job["version"][1:]),
            "contentUrl": f"services/data/{job['version']}/jobs/ingest/{job['id']}/batches",
            "lineEnding": job["ending"],
            "columnDelimiter": job["delimiter"],
            **key,
            **rule,
        }

    def _progress(self, job: Mapping[str, Any]) -> dict[str, Any]:
        """What only the job by itself tells."""
        over = self._state(job) in _ENDED
        outcomes = job["outcomes"] if over else []
        return {
            "jobType": "V2Ingest",
            "numberRecordsProcessed": len(outcomes),
            "numberRecordsFailed": sum("error" in outcome for outcome in outcomes),
            "retries": 0,
            "totalProcessingTime": int(over),
            "apiActiveProcessingTime": int(over),
            "apexProcessingTime": 0,
            **({"errorMessage": job["error"]} if over and job["error"] else {}),
        }


def _only_closed(shown: dict[str, Any]) -> dict[str, Any]:
    """Who closes a job never hears at once how it ended."""
    return {**shown, "state": "UploadComplete"}


def _key(spec: ObjectSpec, body: Mapping[str, Any]) -> str:
    name = str(body.get("externalIdFieldName") or "")
    if not name:
        raise SalesforceError(400, "INVALIDJOB", "externalIdFieldName is required for an upsert")
    if name.lower() == "id":
        return "Id"
    field = spec.fields.get(name.lower())
    if field is None or not field.external_id:
        raise SalesforceError(
            400, "INVALIDJOB", f"InvalidJob : Field name provided, {name} does not match an External ID for {spec.name}"
        )
    return field.name


def _document(text: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise SalesforceError(400, "JSON_PARSER_ERROR", "The part named job must be a JSON object")
    return found


def _dialect(job: Mapping[str, Any]) -> Dialect:
    return Dialect(job["delimiter"], job["ending"])


def _of_success(outcome: Outcome | None) -> list[str] | None:
    return None if outcome is None or "error" in outcome else [outcome["id"], str(outcome["created"]).lower()]


def _of_failure(outcome: Outcome | None) -> list[str] | None:
    return None if outcome is None or "error" not in outcome else [outcome["id"], outcome["error"]]
