"""GROUP BY: groups of records, and what SELECT, HAVING and ORDER BY read of a group."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from adapters.sandbox import soql_tree as soql
from adapters.sandbox.record import Record
from adapters.sandbox.salesforce_errors import SalesforceError
from adapters.sandbox.salesforce_filter import Column, comparable
from adapters.sandbox.salesforce_schema import FieldSpec

_NUMBERS: Final = frozenset({"int", "double", "currency", "percent"})
_ORDERED: Final = _NUMBERS | {"date", "datetime", "string", "email", "phone", "url", "picklist", "id", "reference"}
_TAKES: Final[Mapping[str, frozenset[str]]] = {"SUM": _NUMBERS, "AVG": _NUMBERS, "MIN": _ORDERED, "MAX": _ORDERED}
"""Types of field that a function takes; COUNT and COUNT_DISTINCT take all that can be filtered."""


@dataclass(frozen=True, slots=True)
class Group:
    keys: tuple[Any, ...]
    """Of the grouped fields, in their order."""
    records: Sequence[Record]


class Grouping:
    """One query's GROUP BY over the columns of its object."""

    def __init__(self, query: soql.Query, column: Column) -> None:
        """
        Raises:
            SalesforceError: MALFORMED_QUERY for a field that is neither grouped nor aggregated, or cannot be.
        """
        self._column = column
        self._fields = [_groupable(path, column(path)) for path in query.group]
        self._places = {path.lower(): place for place, path in enumerate(query.group)}
        self._aliases = {one.alias.lower(): one for one in query.select if not isinstance(one, soql.Children) and one.alias}
        self._shown = list(zip(labels(query.select), [self._of(one)[1] for one in _plain(query.select)], strict=True))

    def groups(self, records: Iterable[Record]) -> list[Group]:
        """Without GROUP BY there is one group, however few records."""
        found: dict[tuple[Any, ...], list[Record]] = {} if self._fields else {(): []}
        for record in records:
            key = tuple(comparable(field, get(record)) for field, get in self._fields)
            found.setdefault(key, []).append(record)
        return [Group(tuple(get(rows[0]) for _, get in self._fields), rows) for rows in found.values()]

    def column(self, name: str) -> tuple[FieldSpec, Callable[[Group], Any]]:
        """A grouped field, an aggregate or the alias of one, as HAVING and ORDER BY name it.

        Raises:
            SalesforceError: MALFORMED_QUERY.
        """
        aliased = self._aliases.get(name.lower())
        if aliased is not None:
            return self._of(aliased)
        function, _, path = name.removesuffix(")").partition("(")
        if name == "COUNT()" or (path and name.lower() not in self._places):
            return self._of(soql.Aggregate(function, path))
        return self._of(soql.Path(name))

    def render(self, group: Group) -> dict[str, Any]:
        return {"attributes": {"type": "AggregateResult"}, **{name: get(group) for name, get in self._shown}}

    def _of(self, one: soql.Path | soql.Aggregate) -> tuple[FieldSpec, Callable[[Group], Any]]:
        if isinstance(one, soql.Aggregate):
            return self._aggregate(one)
        place = self._places.get(one.name.lower())
        if place is None:
            raise _malformed(f"Field must be grouped or aggregated: {one.name}")
        return self._fields[place][0], lambda group: group.keys[place]

    def _aggregate(self, one: soql.Aggregate) -> tuple[FieldSpec, Callable[[Group], Any]]:
        if not one.path:
            return _COUNT, lambda group: len(group.records)
        field, get = self._column(one.path)
        if field.type not in _TAKES.get(one.function, {field.type}):
            raise _malformed(f"field {field.name} does not support aggregate operator {one.function}")
        fold = _FOLDS.get(one.function)
        if fold is None:
            raise _malformed(f"unknown function {one.function}")
        result = field if one.function in {"MIN", "MAX"} else _COUNT if one.function.startswith("COUNT") else _DOUBLE
        return result, lambda group: fold(field, [value for value in map(get, group.records) if value is not None])


def labels(select: Sequence[soql.Selected]) -> list[str]:
    """Under which name each column of a grouped query goes: its alias, a field's last name, or `expr` and a number."""
    found: list[str] = []
    for one in select:
        calculated = isinstance(one, soql.Aggregate) or (isinstance(one, soql.Path) and "(" in one.name)
        plain = one.query.object if isinstance(one, soql.Children) else one.name.rpartition(".")[2]
        numbered = sum(name.startswith("expr") for name in found)
        alias = "" if isinstance(one, soql.Children) else one.alias
        found.append(alias or (f"expr{numbered}" if calculated else plain))
    return found


def _plain(select: Sequence[soql.Selected]) -> Iterable[soql.Path | soql.Aggregate]:
    for one in select:
        if isinstance(one, soql.Children):
            raise _malformed("A subquery cannot stand beside grouped fields")
        yield one


_COUNT: Final = FieldSpec("expr", "int", precision=9)
_DOUBLE: Final = FieldSpec("expr", "double", precision=18, scale=2)

_FOLDS: Final[Mapping[str, Callable[[FieldSpec, list[Any]], Any]]] = {
    "COUNT": lambda _, values: len(values),
    "COUNT_DISTINCT": lambda field, values: len({comparable(field, value) for value in values}),
    "MIN": lambda field, values: min(values, key=lambda value: comparable(field, value), default=None),
    "MAX": lambda field, values: max(values, key=lambda value: comparable(field, value), default=None),
    "SUM": lambda _, values: float(sum(values)) if values else None,
    "AVG": lambda _, values: sum(values) / len(values) if values else None,
}


def _groupable(path: str, found: tuple[FieldSpec, Callable[[Any], Any]]) -> tuple[FieldSpec, Callable[[Any], Any]]:
    if found[0].type in {"datetime", "double", "currency", "percent", "multipicklist", "textarea"}:
        raise _malformed(f"field '{path}' can not be grouped in a query call")
    return found


def _malformed(message: str) -> SalesforceError:
    return SalesforceError(400, "MALFORMED_QUERY", message)
