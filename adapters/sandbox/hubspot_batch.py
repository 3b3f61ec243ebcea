"""HubSpot's batch endpoints: 100 inputs, one outcome for all unless the inputs carry trace ids."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from adapters.sandbox.faults import Faults
from adapters.sandbox.hubspot_errors import RefusalError, bad_request
from adapters.sandbox.hubspot_input import Input, document, items, nowhere, one, word, words
from adapters.sandbox.hubspot_objects import ObjectsApi
from adapters.sandbox.hubspot_portal import Kind
from adapters.sandbox.hubspot_records import Records
from adapters.sandbox.hubspot_schema import CRM
from adapters.sandbox.hubspot_view import plan, show
from adapters.sandbox.moments import iso
from adapters.sandbox.record import Actor, Record
from adapters.sandbox.wire import Answer, Call, empty_answer, json_answer

_Write = Callable[[Input], tuple[Record, dict[str, Any]]]
"""Writes one input; the record, and what its result says beside it."""


class BatchApi:
    """`/{kind}/batch/{read,create,update,upsert,archive}`."""

    def __init__(self, records: Records, objects: ObjectsApi, faults: Faults) -> None:
        self._records = records
        self._objects = objects
        self._faults = faults

    def answer(self, call: Call, kind: Kind, verb: str, actor: Actor) -> Answer:
        """Answers one batch.

        Raises:
            RefusalError: the batch as a whole is refused; then nothing was done.
        """
        if call.method != "POST":
            raise nowhere(call)
        body = document(call)
        started = self._records.store.clock()
        match verb:
            case "read":
                return self._read(body, kind, started)
            case "create":
                return self._write(call, body, kind, started, lambda item: (self._objects.create(kind, item, actor), {}))
            case "update":
                return self._update(call, body, kind, started, actor)
            case "upsert":
                return self._write(call, body, kind, started, lambda item: self._upsert(kind, item, actor))
            case "archive":
                return self._archive(body, kind, actor)
        raise nowhere(call)

    def _read(self, body: Mapping[str, Any], kind: Kind, started: int) -> Answer:
        view = plan(self._records.schema, kind, words(body, "properties"), words(body, "propertiesWithHistory"))
        id_property = word(body, "idProperty")
        found: dict[str, Record] = {}
        missing = []
        for item in items(body):
            id_ = word(item, "id")
            record = self._records.find(kind, id_, id_property)
            if record is None:
                missing.append(id_)
            else:
                found[record.id] = record
        results = [show(self._records.store, record, view) for record in found.values()]
        return self._finish(200, results, [_not_found(kind, missing)] if missing else [], started)

    def _update(self, call: Call, body: Mapping[str, Any], kind: Kind, started: int, actor: Actor) -> Answer:
        """Ids that do not exist are errors of a 207, with or without trace ids."""
        ids = [word(item, "id") for item in items(body)]
        if len(set(ids)) != len(ids):
            raise bad_request(f"Duplicate IDs found in batch input: {sorted({i for i in ids if ids.count(i) > 1})}.")
        return self._write(call, body, kind, started, lambda item: self._edit(kind, item, actor))

    def _edit(self, kind: Kind, item: Input, actor: Actor) -> tuple[Record, dict[str, Any]]:
        record = self._records.find(kind, item.id, item.id_property)
        if record is None:
            raise _MissingError(kind, item.id)
        return self._records.edit(kind, record, item.properties, actor), {}

    def _upsert(self, kind: Kind, item: Input, actor: Actor) -> tuple[Record, dict[str, Any]]:
        if not item.id_property:
            raise bad_request("An upsert needs an idProperty: email, or a property with hasUniqueValue.")
        record = self._records.find(kind, item.id, item.id_property)
        if record is not None:
            return self._records.edit(kind, record, item.properties, actor), {"new": False}
        properties = {item.id_property: item.id, **item.properties}
        return self._records.insert(kind, properties, actor), {"new": True}

    def _write(self, call: Call, body: Mapping[str, Any], kind: Kind, started: int, write: _Write) -> Answer:
        inputs = [one(item) for item in items(body)]
        _refuse_twins(inputs)
        traces = {item.trace for item in inputs}
        traced = "" not in traces and len(traces) == len(inputs)
        view = plan(self._records.schema, kind, dict.fromkeys(name for item in inputs for name in item.properties))
        results: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        with self._records.store.transaction():
            for item in inputs:
                try:
                    self._refuse_as_told(call)
                    record, beside = write(item)
                except _MissingError as missing:
                    errors.append(missing.document())
                except RefusalError as refusal:
                    if not traced:
                        raise
                    errors.append({**refusal.document(), "context": {"objectWriteTraceId": [item.trace]}})
                else:
                    trace = {"objectWriteTraceId": item.trace} if item.trace else {}
                    results.append({**show(self._records.store, record, view), **trace, **beside})
        return self._finish(201 if call.path.endswith("/create") else 200, results, errors, started)

    def _refuse_as_told(self, call: Call) -> None:
        if category := self._faults.refused_item(CRM, call):
            raise RefusalError(500, category, "as the sandbox was told")

    def _archive(self, body: Mapping[str, Any], kind: Kind, actor: Actor) -> Answer:
        with self._records.store.transaction():
            for item in items(body):
                if record := self._records.find(kind, word(item, "id")):
                    self._records.store.archive(record, actor)
        return empty_answer()

    def _finish(self, status: int, results: Sequence[object], errors: Sequence[object], started: int) -> Answer:
        failed = {"numErrors": len(errors), "errors": errors} if errors else {}
        stamps = {"startedAt": iso(started), "completedAt": iso(self._records.store.clock())}
        return json_answer(207 if errors else status, {"status": "COMPLETE", "results": results, **failed, **stamps})


class _MissingError(RefusalError):
    def __init__(self, kind: Kind, id_: str) -> None:
        document = _not_found(kind, [id_])
        super().__init__(404, document["category"], document["message"], context=document["context"])


def _not_found(kind: Kind, ids: Sequence[str]) -> dict[str, Any]:
    message = f"Could not get some {kind.name[:-1].upper()} objects, they may be deleted or not exist. Check that ids are valid."
    return {"status": "error", "category": "OBJECT_NOT_FOUND", "message": message, "context": {"ids": list(ids)}}


def _refuse_twins(inputs: Sequence[Input]) -> None:
    """Two inputs of an upsert with the same unique value fail as a whole."""
    keys = [(item.id_property, item.id.lower()) for item in inputs if item.id_property]
    if len(set(keys)) != len(keys):
        raise RefusalError(409, "CONFLICT", "Two inputs of the batch have the same value of a unique property; send it once.")
