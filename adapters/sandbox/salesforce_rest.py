"""The data API, record by record: create, read, update, delete, upsert, and what changed."""

from collections.abc import Mapping, Sequence
from email.utils import formatdate
from typing import Final

from adapters.sandbox.record import Record
from adapters.sandbox.salesforce_describe import describe, summary
from adapters.sandbox.salesforce_errors import SalesforceError, not_found
from adapters.sandbox.salesforce_org import ORG_ID, Org
from adapters.sandbox.salesforce_read import CRM
from adapters.sandbox.salesforce_request import Request, http_date
from adapters.sandbox.salesforce_schema import FieldSpec, ObjectSpec
from adapters.sandbox.salesforce_values import milliseconds, stamp
from adapters.sandbox.wire import Answer, empty_answer, json_answer

REPLICATION_WINDOW_MS: Final = 30 * 86_400_000


class Rest:
    def __init__(self, org: Org) -> None:
        self._org = org

    def objects(self, request: Request) -> Answer:
        shown = [summary(spec, request.version) for spec in self._org.schema.objects()]
        return json_answer(200, {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": shown})

    def object(self, request: Request, name: str) -> Answer:
        return json_answer(200, {"objectDescribe": summary(self._spec(name), request.version), "recentItems": []})

    def describe(self, request: Request, name: str) -> Answer:
        """With `If-Modified-Since`, 304 while no field was deployed since then."""
        spec = self._spec(name)
        founded = self._org.store.exactly(CRM, "Organization", ORG_ID)
        at = max([founded.created_at if founded else 0, *(field.modified_at for field in spec.fields.values())])
        return _unless_same(request, at) or json_answer(200, describe(spec, request.version, self._org.schema.find), _dated(at))

    def counts(self, request: Request) -> Answer:
        """Of the named objects, or of all."""
        names = [name for name in request.call.argument("sObjects").split(",") if name]
        specs = [self._spec(name) for name in names] or self._org.schema.objects()
        counted = [{"count": len(self._org.store.all(CRM, spec.name)), "name": spec.name} for spec in specs]
        return json_answer(200, {"sObjects": counted})

    # one record by id

    def create(self, request: Request, name: str) -> Answer:
        spec = self._spec(name)
        record = self._org.writer.create(spec, request.body(), request.caller)
        return json_answer(201, _made(record), {"Location": _url(spec, record, request.version)})

    def read(self, request: Request, name: str, id_: str) -> Answer:
        spec = self._spec(name)
        return self._shown(request, spec, self._org.writer.find(spec, id_))

    def update(self, request: Request, name: str, id_: str) -> Answer:
        body = request.body()
        if any(field.lower() == "id" for field in body):
            raise SalesforceError(400, "INVALID_FIELD", "The Id field should not be specified in the sobject data.", ("Id",))
        self._org.writer.update(self._spec(name), id_, body, request.caller)
        return empty_answer(204)

    def delete(self, request: Request, name: str, id_: str) -> Answer:
        self._org.writer.delete(self._spec(name), id_, request.caller)
        return empty_answer(204)

    # one record by external id

    def read_by_key(self, request: Request, name: str, key: str, value: str) -> Answer:
        spec = self._spec(name)
        return self._shown(request, spec, self._by_key(spec, key, value))

    def upsert(self, request: Request, name: str, key: str, value: str) -> Answer:
        spec = self._spec(name)
        update_only = request.call.argument("updateOnly").lower() == "true"
        record, created = self._org.writer.upsert(
            spec, external_key(spec, key), value, request.body(), request.caller, update_only=update_only
        )
        headers = {"Location": _url(spec, record, request.version)} if created else {}
        return json_answer(201 if created else 200, {**_made(record), "created": created}, headers)

    def delete_by_key(self, request: Request, name: str, key: str, value: str) -> Answer:
        spec = self._spec(name)
        self._org.writer.delete(spec, self._by_key(spec, key, value).id, request.caller)
        return empty_answer(204)

    # what changed

    def updated(self, request: Request, name: str) -> Answer:
        spec, (start, end) = self._spec(name), self._window(request)
        rows = self._org.store.all(CRM, spec.name)
        ids = [row.id for row in rows if start <= row.modified_at < end]
        return json_answer(200, {"ids": ids, "latestDateCovered": stamp(end)})

    def deleted(self, request: Request, name: str) -> Answer:
        spec, (start, end) = self._spec(name), self._window(request)
        rows = self._org.store.every(CRM, spec.name)
        gone = [
            {"id": row.id, "deletedDate": stamp(row.archived_at)}
            for row in rows
            if row.archived_at is not None and start <= row.archived_at < end
        ]
        earliest = stamp(self._org.world.clock() - REPLICATION_WINDOW_MS)
        return json_answer(200, {"deletedRecords": gone, "earliestDateAvailable": earliest, "latestDateCovered": stamp(end)})

    # inside

    def _shown(self, request: Request, spec: ObjectSpec, record: Record) -> Answer:
        names: Sequence[str] = [name for name in request.call.argument("fields").split(",") if name]
        names = [name.strip() for name in names] or [field.name for field in spec.fields.values()]
        row = self._org.reader.row(spec, names, request.version)(record)
        return _unless_same(request, record.modified_at) or json_answer(200, row, _dated(record.modified_at))

    def _spec(self, name: str) -> ObjectSpec:
        spec = self._org.schema.find(name)
        if spec is None:
            raise not_found()
        return spec

    def _by_key(self, spec: ObjectSpec, key: str, value: str) -> Record:
        found = self._org.writer.by_external_id(spec, external_key(spec, key), value)
        if found is None:
            raise not_found()
        return found

    def _window(self, request: Request) -> tuple[int, int]:
        now = self._org.world.clock()
        try:
            start, end = (milliseconds(request.call.argument(name)) for name in ("start", "end"))
        except (ValueError, OverflowError):
            raise SalesforceError(400, "INVALID_FIELD", "start and end are needed, as dates with a time and a zone") from None
        if start >= end or start < now - REPLICATION_WINDOW_MS:
            raise SalesforceError(400, "INVALID_REPLICATION_DATE", "startDate must be before endDate and in the last 30 days")
        return start, min(end, now)


def external_key(spec: ObjectSpec, name: str) -> FieldSpec:
    """
    Raises:
        SalesforceError: NOT_FOUND; the field does not exist or is no external id.
    """
    field = spec.fields.get(name.lower())
    if field is None or not field.external_id:
        raise SalesforceError(404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: " + name)
    return field


def _unless_same(request: Request, modified_at: int) -> Answer | None:
    """304 or 412 where the reader's condition asks for one; to the second, as HTTP's dates are.

    Raises:
        SalesforceError: 412, what is read was modified since `If-Unmodified-Since`.
    """
    since, unmodified = http_date(request.call.headers.get("if-modified-since", "")), request.caller.unmodified_since
    if unmodified is not None and modified_at // 1000 > unmodified:
        raise SalesforceError(412, "PRECONDITION_FAILED", "The record was modified since the time in If-Unmodified-Since")
    return empty_answer(304, _dated(modified_at)) if since is not None and modified_at // 1000 <= since else None


def _dated(modified_at: int) -> dict[str, str]:
    return {"Last-Modified": formatdate(modified_at // 1000, usegmt=True)}


def _made(record: Record) -> Mapping[str, object]:
    return {"id": record.id, "success": True, "errors": []}


def _url(spec: ObjectSpec, record: Record, version: str) -> str:
    return f"/services/data/{version}/sobjects/{spec.name}/{record.id}"
