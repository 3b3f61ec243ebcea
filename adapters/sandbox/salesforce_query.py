"""Running SOQL: which records, in which order, with which fields, in which pages."""

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from adapters.sandbox import soql_tree as soql
from adapters.sandbox.record import Record
from adapters.sandbox.salesforce_children import children
from adapters.sandbox.salesforce_errors import SalesforceError
from adapters.sandbox.salesforce_filter import Column, Row, Scope, confined, ordered, predicate
from adapters.sandbox.salesforce_groups import Grouping
from adapters.sandbox.salesforce_paths import Paths, Render
from adapters.sandbox.salesforce_read import CRM, Objects, RecordSource
from adapters.sandbox.salesforce_schema import ObjectSpec
from adapters.sandbox.salesforce_values import whole_id
from adapters.sandbox.soql import parse
from adapters.sandbox.soql_tokens import MalformedQueryError

MAX_STATEMENT: Final = 100_000
"""Characters."""
MAX_OFFSET: Final = 2_000
MAX_GROUPS: Final = 2_000
MAX_ALL: Final = 200
"""Rows of a query for FIELDS(ALL) or FIELDS(CUSTOM), which must have such a LIMIT."""


@dataclass(frozen=True, slots=True)
class Found:
    """A query's answer, not yet cut into pages."""

    records: Sequence[Any]
    """Records, or groups of them."""
    render: Render
    count: int
    grouped: bool = False


class Queries:
    def __init__(self, store: RecordSource, schema: Objects, paths: Paths, clock: Callable[[], int]) -> None:
        """
        Args:
            clock: milliseconds since 1970; what is TODAY goes by it.
        """
        self._store = store
        self._schema = schema
        self._paths = paths
        self._clock = clock

    def run(self, statement: str, version: str, *, deleted: bool) -> Found:
        """Runs one statement; `deleted` takes in what was deleted and merged away.

        Raises:
            SalesforceError: MALFORMED_QUERY, INVALID_TYPE, INVALID_FIELD and the like.
        """
        query = parsed(statement)
        spec = self._schema.find(query.object)
        if spec is None:
            raise SalesforceError(400, "INVALID_TYPE", f"sObject type '{query.object}' is not supported.")
        if query.grouped:
            return self._groups(query, spec, deleted=deleted)
        _check_select(query)
        render = self._render(query, spec, version, deleted=deleted)
        records = self._ordered(query, self._matching(query, spec, deleted=deleted), partial(self._paths.column, spec))
        return Found([] if query.counts else records, render, len(records))

    def _groups(self, query: soql.Query, spec: ObjectSpec, *, deleted: bool) -> Found:
        grouping = Grouping(query, partial(self._paths.column, spec))
        groups = grouping.groups(self._matching(query, spec, deleted=deleted))
        if query.having:
            groups = list(filter(predicate(query.having, self._scope(grouping.column, deleted=deleted)), groups))
        groups = self._ordered(query, groups, grouping.column)
        if len(groups) > MAX_GROUPS:
            message = "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch"
            raise SalesforceError(400, "EXCEEDED_ID_LIMIT", message)
        return Found(groups, grouping.render, len(groups), grouped=True)

    def _matching(self, query: soql.Query, spec: ObjectSpec, *, deleted: bool) -> list[Record]:
        records = self._rows(spec, query.where, deleted=deleted)
        if query.where is None:
            return records
        test = predicate(query.where, self._scope(partial(self._paths.column, spec), deleted=deleted))
        return list(filter(test, records))

    def _ordered(self, query: soql.Query, rows: list[Row], column: Column) -> list[Row]:
        for order in reversed(query.order):
            rows = ordered(rows, order, column)
        return rows[query.offset :][: query.limit]

    def _scope(self, column: Column, *, deleted: bool) -> Scope:
        today = datetime.fromtimestamp(self._clock() / 1000, UTC).date()
        return Scope(column, today, partial(self._ids, deleted=deleted))

    def _ids(self, query: soql.Query, *, deleted: bool) -> set[str]:
        """The query of a join: one id or reference, no order and no end."""
        spec = self._schema.find(query.object)
        if spec is None:
            raise SalesforceError(400, "INVALID_TYPE", f"sObject type '{query.object}' is not supported.")
        if len(query.fields) != 1 or len(query.select) != 1 or query.order or query.limit is not None or _joins(query.where):
            raise _malformed("The query of a join selects one field, and has neither ORDER BY, LIMIT nor a join of its own")
        field, get = self._paths.column(spec, query.fields[0])
        if field.type not in {"id", "reference"}:
            raise _malformed(f"The query of a join must select an id or a reference, not {field.name}")
        return {id_ for record in self._matching(query, spec, deleted=deleted) if (id_ := get(record)) is not None}

    def _render(self, query: soql.Query, spec: ObjectSpec, version: str, *, deleted: bool) -> Render:
        render = self._paths.render(spec, _expanded(query, spec), version)
        below = [
            self._children(one.query, spec, version, deleted=deleted) for one in query.select if isinstance(one, soql.Children)
        ]
        if not below:
            return render
        return lambda record: {**render(record), **{name: shown(record) for name, shown in below}}

    def _children(
        self, query: soql.Query, parent: ObjectSpec, version: str, *, deleted: bool
    ) -> tuple[str, Callable[[Record], dict[str, Any] | None]]:
        """A subquery: run once, then handed out parent by parent; its LIMIT is each parent's."""
        if query.grouped or query.counts or any(isinstance(one, soql.Children) for one in query.select):
            raise _malformed("A subquery can have neither aggregates nor a subquery of its own")
        found = next((one for one in children(parent, self._schema.find) if one[0].lower() == query.object.lower()), None)
        if found is None:
            raise SalesforceError(
                400, "INVALID_TYPE", f"Didn't understand relationship '{query.object}' in FROM part of query call."
            )
        name, spec, reference = found
        render = self._paths.render(spec, _expanded(query, spec), version)
        _, parent_of = self._paths.column(spec, reference.name)
        mine: dict[str, list[Record]] = defaultdict(list)
        for record in self._ordered(
            replace(query, limit=None, offset=0), self._matching(query, spec, deleted=deleted), partial(self._paths.column, spec)
        ):
            mine[parent_of(record) or ""].append(record)

        def shown(record: Record) -> dict[str, Any] | None:
            rows = mine.get(record.id, [])[query.offset :][: query.limit]
            return {"totalSize": len(rows), "done": True, "records": [render(row) for row in rows]} if rows else None

        return name, shown

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
        query = parse(statement)
    except MalformedQueryError as error:
        raise SalesforceError(400, "MALFORMED_QUERY", str(error)) from None
    if query.offset > MAX_OFFSET:
        raise SalesforceError(400, "NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {MAX_OFFSET}")
    return query


def _check_select(query: soql.Query) -> None:
    for one in query.select:
        if isinstance(one, soql.Path) and one.alias:
            raise _malformed(f"only aggregate expressions use field aliasing: {one.alias}")
    if query.having:
        raise _malformed("HAVING needs GROUP BY")


def _expanded(query: soql.Query, spec: ObjectSpec) -> list[str]:
    """The selected paths, with those that FIELDS() stands for."""
    names: dict[str, None] = {}
    for name in query.fields:
        function, _, which = name.upper().removesuffix(")").partition("(")
        if function == "FIELDS" and which in {"ALL", "CUSTOM"} and not 0 < (query.limit or 0) <= MAX_ALL:
            raise _malformed(f"The SOQL FIELDS function must have a LIMIT of at most {MAX_ALL}")
        some = {"ALL": (True, False), "CUSTOM": (True,), "STANDARD": (False,)}.get(which) if function == "FIELDS" else None
        if which and some is None:
            raise _malformed(f"{name} can only be selected with GROUP BY")
        names |= dict.fromkeys([field.name for field in spec.fields.values() if field.custom in some] if some else [name])
    return list(names)


def _joins(condition: soql.Condition | None) -> bool:
    match condition:
        case soql.AllOf(terms) | soql.AnyOf(terms):
            return any(map(_joins, terms))
        case soql.Not(term):
            return _joins(term)
    return isinstance(condition, soql.Join)


def _malformed(message: str) -> SalesforceError:
    return SalesforceError(400, "MALFORMED_QUERY", message)
