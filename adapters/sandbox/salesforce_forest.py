"""sObject trees: records with those that hang on them, created in one call, all or none."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from adapters.sandbox.salesforce_children import children
from adapters.sandbox.salesforce_errors import SalesforceError, not_found
from adapters.sandbox.salesforce_org import Org
from adapters.sandbox.salesforce_request import Request
from adapters.sandbox.salesforce_schema import ObjectSpec
from adapters.sandbox.salesforce_write import Caller
from adapters.sandbox.wire import Answer, json_answer

MOST_RECORDS: Final = 200
"""Of all levels together."""
MOST_LEVELS: Final = 5
MOST_TYPES: Final = 5


@dataclass(frozen=True, slots=True)
class Tree:
    """One record as sent, and below it by reference field those that hang on it."""

    spec: ObjectSpec
    reference: str
    values: Mapping[str, Any]
    below: tuple[tuple[str, "Tree"], ...]

    def all(self, level: int = 1) -> Iterator[tuple[int, "Tree"]]:
        yield level, self
        for _, tree in self.below:
            yield from tree.all(level + 1)


class _RollBack(Exception):
    pass


class Trees:
    def __init__(self, org: Org) -> None:
        self._org = org

    def create(self, request: Request, name: str) -> Answer:
        """`POST composite/tree/{object}`: 201 with every id, or 400 with what was wrong, and nothing was created."""
        spec = self._org.schema.find(name)
        if spec is None:
            raise not_found()
        trees = [self._read(spec, one) for one in _records(request.body())]
        _check([found for tree in trees for found in tree.all()])
        results: list[dict[str, Any]] = []
        try:
            with self._org.store.transaction():
                for tree in trees:
                    self._plant(tree, {}, replace(request.caller, unmodified_since=None), results)
                _require_all(results)
        except _RollBack:
            return json_answer(400, {"hasErrors": True, "results": [one for one in results if "errors" in one]})
        return json_answer(201, {"hasErrors": False, "results": results})

    def _read(self, spec: ObjectSpec, document: Any) -> Tree:
        kind = document.get("attributes") if isinstance(document, dict) else None
        if not isinstance(kind, dict) or not kind.get("referenceId") or str(kind.get("type", "")).lower() != spec.name.lower():
            raise _wrong(f"Each record needs attributes with a referenceId and the type {spec.name}")
        links = {name.lower(): (child, field) for name, child, field in children(spec, self._org.schema.find)}
        nested = {name: value for name, value in document.items() if isinstance(value, dict) and name.lower() in links}
        below = tuple(
            (field.name, self._read(child, one))
            for name, value in nested.items()
            for child, field in [links[name.lower()]]
            for one in _records(value)
        )
        values = {name: value for name, value in document.items() if name != "attributes" and name not in nested}
        return Tree(spec, str(kind["referenceId"]), values, below)

    def _plant(self, tree: Tree, parent: Mapping[str, str], caller: Caller, results: list[dict[str, Any]]) -> None:
        """Creates a record and what is below it; without the record the rest is not tried."""
        try:
            record = self._org.writer.create(tree.spec, {**tree.values, **parent}, caller)
        except SalesforceError as error:
            results.append({"referenceId": tree.reference, "errors": [error.item()]})
            return
        results.append({"referenceId": tree.reference, "id": record.id})
        for field, below in tree.below:
            self._plant(below, {field: record.id}, caller, results)


def _records(body: Mapping[str, Any]) -> list[Any]:
    records = body.get("records")
    if not isinstance(records, list) or not records:
        raise _wrong("records must be a list, and not an empty one")
    return records


def _check(found: list[tuple[int, Tree]]) -> None:
    references = [tree.reference for _, tree in found]
    if len(set(references)) < len(references):
        raise _wrong("Each referenceId must be unique")
    if len(found) > MOST_RECORDS or max(level for level, _ in found) > MOST_LEVELS:
        raise _wrong(f"A request takes at most {MOST_RECORDS} records, in at most {MOST_LEVELS} levels")
    if len({tree.spec.name for _, tree in found}) > MOST_TYPES:
        raise _wrong(f"A request takes at most {MOST_TYPES} types of objects")


def _require_all(results: list[dict[str, Any]]) -> None:
    if any("errors" in one for one in results):
        raise _RollBack


def _wrong(message: str) -> SalesforceError:
    return SalesforceError(400, "INVALID_INPUT", message)
