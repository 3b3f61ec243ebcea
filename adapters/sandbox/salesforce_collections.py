"""sObject collections: up to 200 records in one call, one result each, in the order of the request."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from adapters.sandbox.record import Record
from adapters.sandbox.salesforce_errors import SalesforceError, not_found, refused
from adapters.sandbox.salesforce_org import Org
from adapters.sandbox.salesforce_read import CRM
from adapters.sandbox.salesforce_request import Request
from adapters.sandbox.salesforce_rest import external_key
from adapters.sandbox.salesforce_schema import ObjectSpec
from adapters.sandbox.salesforce_values import whole_id
from adapters.sandbox.salesforce_write import AmbiguousError, Caller
from adapters.sandbox.wire import Answer, json_answer

MAX_RECORDS: Final = 200

Result = dict[str, Any]

Item = TypeVar("Item")


class _RollBack(Exception):
    """One item failed and allOrNone was asked for."""


class Collections:
    def __init__(self, org: Org) -> None:
        self._org = org

    def create(self, request: Request) -> Answer:
        body, caller = request.body(), _unconditional(request)

        def write(item: Mapping[str, Any]) -> Result:
            return _done(self._org.writer.create(self._typed(item), item, caller))

        return self._each(_records(body), write, all_or_none=body.get("allOrNone") is True)

    def update(self, request: Request) -> Answer:
        body, caller = request.body(), _unconditional(request)

        def write(item: Mapping[str, Any]) -> Result:
            values = {name: value for name, value in item.items() if name.lower() != "id"}
            return _done(self._org.writer.update(self._typed(item), _own_id(item), values, caller))

        return self._each(_records(body), write, all_or_none=body.get("allOrNone") is True)

    def upsert(self, request: Request, name: str, key: str) -> Answer:
        body, caller, spec = request.body(), _unconditional(request), self._spec(name)
        field = external_key(spec, key)

        def write(item: Mapping[str, Any]) -> Result:
            values = {name: value for name, value in item.items() if name.lower() not in {field.name.lower(), "id"}}
            value = next((str(value) for name, value in item.items() if name.lower() == field.name.lower()), "")
            if not value:
                raise refused("MISSING_ARGUMENT", f"{field.name} not specified", field.name)
            record, created = self._org.writer.upsert(spec, field, value, values, caller)
            return {**_done(record), "created": created}

        return self._each(_records(body), write, all_or_none=body.get("allOrNone") is True)

    def delete(self, request: Request) -> Answer:
        caller = _unconditional(request)

        def write(item: Mapping[str, Any]) -> Result:
            spec = self._org.schema.by_id(item["id"])
            if spec is None:
                raise refused("MALFORMED_ID", f"malformed id {item['id']}", "Id")
            self._org.writer.delete(spec, item["id"], caller)
            return {"id": whole_id(item["id"]), "success": True, "errors": []}

        ids = _at_most([id_ for id_ in request.call.argument("ids").split(",") if id_])
        return self._each([{"id": id_} for id_ in ids], write, all_or_none=request.call.argument("allOrNone").lower() == "true")

    def read(self, request: Request, name: str) -> Answer:
        """By GET: `ids` and `fields`, comma-separated."""
        return self._found(request, name, *(request.call.argument(part).split(",") for part in ("ids", "fields")))

    def read_by_post(self, request: Request, name: str) -> Answer:
        body = request.body()
        ids, fields = body.get("ids"), body.get("fields")
        if not isinstance(ids, list) or not isinstance(fields, list):
            raise SalesforceError(400, "JSON_PARSER_ERROR", "ids and fields must be lists")
        return self._found(request, name, list(map(str, ids)), list(map(str, fields)))

    # inside

    def _found(self, request: Request, name: str, ids: Sequence[str], fields: Sequence[str]) -> Answer:
        """null stands for what does not exist, is deleted or was merged away."""
        spec = self._spec(name)
        row = self._org.reader.row(spec, fields, request.version)
        full = [whole_id(id_) for id_ in _at_most(ids)]
        if None in full:
            raise refused("MALFORMED_ID", f"malformed id {ids[full.index(None)]}", "Id")
        records = [self._org.store.exactly(CRM, spec.name, id_ or "") for id_ in full]
        return json_answer(200, [row(record) if record and not record.archived else None for record in records])

    def _each(
        self, items: Sequence[Mapping[str, Any]], write: Callable[[Mapping[str, Any]], Result], *, all_or_none: bool
    ) -> Answer:
        """One transaction for all; a refused item leaves nothing behind and, without allOrNone, disturbs nobody."""
        results: list[Result] = []
        try:
            with self._org.store.transaction():
                results.extend(_attempt(write, item) for item in items)
                if all_or_none:
                    _require_all(results)
        except _RollBack:
            results = [_rolled_back(result) for result in results]
        return json_answer(200, results)

    def _typed(self, item: Mapping[str, Any]) -> ObjectSpec:
        kind = item.get("attributes", {})
        name = kind.get("type") if isinstance(kind, dict) else None
        spec = self._org.schema.find(str(name or ""))
        if spec is None:
            raise refused("INVALID_TYPE", f"sObject type '{name}' is not supported.")
        return spec

    def _spec(self, name: str) -> ObjectSpec:
        spec = self._org.schema.find(name)
        if spec is None:
            raise not_found()
        return spec


def of_an_item(error: AmbiguousError | SalesforceError) -> SalesforceError:
    """A refusal as the item of a list has it, where a call by itself would be answered otherwise."""
    if isinstance(error, AmbiguousError):
        message = f"more than one record found for external id field: {[record.id for record in error.found]}"
        return refused("DUPLICATE_EXTERNAL_ID", message)
    if error.code == "NOT_FOUND":
        # Only a URL can lead nowhere; an item refers to something that is not there.
        return refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    return error


def _unconditional(request: Request) -> Caller:
    """If-Unmodified-Since concerns a resource of its own, not the items of a list."""
    return replace(request.caller, unmodified_since=None)


def _records(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    records = body.get("records")
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise SalesforceError(400, "JSON_PARSER_ERROR", "records must be a list of objects")
    return list(_at_most(records))


def _at_most(items: Sequence[Item]) -> Sequence[Item]:
    if len(items) > MAX_RECORDS:
        message = f"record limit reached. cannot submit more than {MAX_RECORDS} records into this call"
        raise SalesforceError(400, "EXCEEDED_ID_LIMIT", message)
    return items


def _own_id(item: Mapping[str, Any]) -> str:
    id_ = next((value for name, value in item.items() if name.lower() == "id"), None)
    if not isinstance(id_, str) or not id_:
        raise refused("MISSING_ARGUMENT", "Id not specified in an update call", "Id")
    return id_


def _attempt(write: Callable[[Mapping[str, Any]], Result], item: Mapping[str, Any]) -> Result:
    try:
        return write(item)
    except (AmbiguousError, SalesforceError) as error:
        return {"success": False, "errors": [of_an_item(error).item()]}


def _require_all(results: Sequence[Result]) -> None:
    if not all(result["success"] for result in results):
        raise _RollBack


def _done(record: Record) -> Result:
    return {"id": record.id, "success": True, "errors": []}


def _rolled_back(result: Result) -> Result:
    """A good item beside a bad one: it still shows its id, though nothing was written."""
    if not result["success"]:
        return result
    message = "Record rolled back because not all records were valid and the request was using AllOrNone header"
    return {**result, "success": False, "errors": [refused("ALL_OR_NONE_OPERATION_ROLLED_BACK", message).item()]}
