"""Running SOQL: which records, in which order, with which fields, in which pages."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from adapters.sandbox import soql
from adapters.sandbox.record import Record
from adapters.sandbox.salesforce_errors import SalesforceError
from adapters.sandbox.salesforce_filter import confined, ordered, predicate
from adapters.sandbox.salesforce_paths import Paths, Render
from adapters.sandbox.salesforce_read import CRM, Objects, RecordSource
from adapters.sandbox.salesforce_schema import ObjectSpec
from adapters.sandbox.salesforce_values import whole_id
from adapters.sandbox.soql_tokens import MalformedQueryError

MAX_STATEMENT: Final = 100_000
"""Characters."""
MAX_OFFSET: Final = 2_000


@dataclass(frozen=True, slots=True)
class Found:
    """A query's answer, not yet cut into pages."""

    records: Sequence[Record]
    render: Render
    count: int


class Queries:
    def __init__(self, store: RecordSource, schema: Objects, paths: Paths) -> None:
        self._store = store
        self._schema = schema
        self._paths = paths

    def run(self, statement: str, version: str, *, deleted: bool) -> Found:
        """Runs one statement; `deleted` takes in what was deleted and merged away.

        Raises:
            SalesforceError: MALFORMED_QUERY, INVALID_TYPE, INVALID_FIELD and the like.
        """
        query = parsed(statement)
        spec = self._schema.find(query.object)
        if spec is None:
            raise SalesforceError(400, "INVALID_TYPE", f"sObject type '{query.object}' is not supported.")
        column = partial(self._paths.column, spec)
        render = self._paths.render(spec, query.fields, version)
        records = self._rows(spec, query.where, deleted=deleted)
        if query.where:
            records = list(filter(predicate(query.where, column), records))
        for order in reversed(query.order):
            records = ordered(records, order, column)
        records = records[query.offset :][: query.limit]
        return Found([] if query.counts else records, render, len(records))

    def _rows(self, spec: ObjectSpec, where: soql.Condition | None, *, deleted: bool) -> list[Record]:
        """Where to look: a condition on the primary key or on an indexed field spares the walk through the table."""
        ids = confined(where, "Id")
        if ids is not None:
            return self._by_id(spec, ids, deleted=deleted)
        if deleted:
            return self._store.every(CRM, spec.name)
        for field in self._schema.indexed(spec):
            values = confined(where, field)
            if values is not None:
                return self._by_index(spec, field, values)
        return self._store.all(CRM, spec.name)

    def _by_id(self, spec: ObjectSpec, ids: Iterable[str], *, deleted: bool) -> list[Record]:
        # In id order, whatever order the list had: nobody may count on it.
        found = (self._store.exactly(CRM, spec.name, id_) for id_ in sorted({whole_id(id_) or "" for id_ in ids}))
        return [record for record in found if record is not None and (deleted or not record.archived)]

    def _by_index(self, spec: ObjectSpec, field: str, values: Iterable[str]) -> list[Record]:
        found = {record.id: record for value in values for record in self._store.lookup(CRM, spec.name, field, value)}
        return [found[id_] for id_ in sorted(found)]


class Cursors:
    """Result sets read page by page. The oldest is forgotten first, and its reader meets INVALID_QUERY_LOCATOR."""

    def __init__(self, most: int = 1_000) -> None:
        self._most = most
        self._open: OrderedDict[str, Found] = OrderedDict()

    def keep(self, id_: str, found: Found) -> None:
        self._open[id_] = found
        while len(self._open) > self._most:
            self._open.popitem(last=False)

    def find(self, id_: str) -> Found:
        """
        Raises:
            SalesforceError: INVALID_QUERY_LOCATOR.
        """
        found = self._open.get(id_)
        if found is None:
            raise SalesforceError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return found


def parsed(statement: str) -> soql.Query:
    """
    Raises:
        SalesforceError: MALFORMED_QUERY and the like.
    """
    if len(statement) > MAX_STATEMENT:
        raise SalesforceError(400, "MALFORMED_QUERY", f"SOQL statements cannot be longer than {MAX_STATEMENT} characters.")
    try:
        query = soql.parse(statement)
    except MalformedQueryError as error:
        raise SalesforceError(400, "MALFORMED_QUERY", str(error)) from None
    if query.offset > MAX_OFFSET:
        raise SalesforceError(400, "NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {MAX_OFFSET}")
    return query
