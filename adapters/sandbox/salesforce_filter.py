"""WHERE as a test on records, and ORDER BY as an order of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final, TypeVar

from adapters.sandbox import soql_periods
from adapters.sandbox import soql_tree as soql
from adapters.sandbox.salesforce_errors import SalesforceError
from adapters.sandbox.salesforce_schema import FieldSpec
from adapters.sandbox.salesforce_values import whole_id
from adapters.sandbox.soql_tokens import Text, pattern, unescaped

Predicate = Callable[[Any], bool]
"""Of a record, or of a group of them."""

Column = Callable[[str], tuple[FieldSpec, Callable[[Any], Any]]]
"""A field path to its type and its getter. Raises SalesforceError for an unknown one."""

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Scope:
    """What conditions are looked at with."""

    column: Column
    today: date
    """Where the span of a date literal is counted from."""
    ids: Callable[[soql.Query], set[str]]
    """Runs the query of a join."""


def predicate(condition: soql.Condition, scope: Scope) -> Predicate:
    """
    Raises:
        SalesforceError: a field is unknown, or a literal does not fit its field.
    """
    match condition:
        case soql.AllOf(terms):
            tests = [predicate(term, scope) for term in terms]
            return lambda record: all(test(record) for test in tests)
        case soql.AnyOf(terms):
            tests = [predicate(term, scope) for term in terms]
            return lambda record: any(test(record) for test in tests)
        case soql.Not(term):
            test = predicate(term, scope)
            return lambda record: not test(record)
        case soql.Comparison(path, operator, soql.Period() as period):
            return _in_period(*scope.column(path), operator, period, scope.today)
        case soql.Comparison(path, operator, value):
            return _compared(*scope.column(path), operator, value)
    return _among(condition, scope)


def _among(condition: soql.Membership | soql.Join | soql.Includes, scope: Scope) -> Predicate:
    field, get = scope.column(condition.field)
    match condition:
        case soql.Membership(_, values):
            wanted = {_literal(field, value) for value in values}
            return lambda record: comparable(field, get(record)) in wanted
        case soql.Join(path, query):
            if field.type not in {"id", "reference"}:
                raise SalesforceError(
                    400, "MALFORMED_QUERY", f"The left operand '{path}' of IN (SELECT ..) must be an id or a reference"
                )
            ids = scope.ids(query)
            return lambda record: get(record) in ids
        case soql.Includes(path, choices):
            if field.type != "multipicklist":
                raise SalesforceError(
                    400, "INVALID_QUERY_FILTER_OPERATOR", f"INCLUDES and EXCLUDES do not go with field '{path}'"
                )
            sets = [_picked(unescaped(choice)) for choice in choices]
            return lambda record: any(one <= _picked(get(record) or "") for one in sets)


def ordered(records: Sequence[Row], order: soql.Order, column: Column) -> list[Row]:
    """
    Raises:
        SalesforceError: the field is unknown or cannot be sorted by.
    """
    field, get = column(order.field)
    empty = [record for record in records if get(record) is None]
    full = [record for record in records if get(record) is not None]
    full.sort(key=lambda record: comparable(field, get(record)), reverse=order.descending)
    return empty + full if order.nulls_first else full + empty


def confined(condition: soql.Condition | None, field: str) -> list[str] | None:
    """The values to which a condition confines a text or id field, or None if it does not."""
    match condition:
        case soql.AllOf(terms):
            return next((values for term in terms if (values := confined(term, field)) is not None), None)
        case soql.Membership(path, values) if path.lower() == field.lower():
            texts = [unescaped(value) for value in values if isinstance(value, Text)]
            return texts if len(texts) == len(values) else None
        case soql.Comparison(path, "=", Text() as text) if path.lower() == field.lower():
            return [unescaped(text)]
        case _:
            return None


def _in_period(
    field: FieldSpec, get: Callable[[Any], Any], operator: soql.Operator, period: soql.Period, today: date
) -> Predicate:
    """A span is compared by its ends: `>` is after all of it, `>=` from its first day on."""
    if field.type not in {"date", "datetime"} or operator == "LIKE":
        raise _mistyped(field, "")
    try:
        first, after = (_literal(field, _midnight(field, day)) for day in soql_periods.days(period, today))
    except (ValueError, OverflowError):
        raise SalesforceError(400, "MALFORMED_QUERY", f"{period.name}:{period.count} is outside of the calendar") from None
    if operator == "!=":
        return lambda record: (found := comparable(field, get(record))) is None or not first <= found < after
    low, high = {"=": (first, after), "<": (None, first), "<=": (None, after), ">": (after, None), ">=": (first, None)}[operator]
    return lambda record: (
        (found := comparable(field, get(record))) is not None and (low is None or low <= found) and (high is None or found < high)
    )


def _midnight(field: FieldSpec, day: date) -> date | datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) if field.type == "datetime" else day


def _picked(text: str) -> set[str]:
    return {part.strip().lower() for part in text.split(";") if part.strip()}


def _compared(field: FieldSpec, get: Callable[[Any], Any], operator: soql.Operator, value: soql.Value) -> Predicate:
    if operator == "LIKE":
        return _like(field, get, value)
    wanted = _literal(field, value)
    if operator == "=":
        return lambda record: comparable(field, get(record)) == wanted
    if operator == "!=":
        # A null differs from every value: `Status != 'Open'` finds records without a status.
        return lambda record: comparable(field, get(record)) != wanted
    if wanted is None:
        raise SalesforceError(400, "INVALID_QUERY_FILTER_OPERATOR", f"null goes with = and != only, not with {operator}")
    compare = _COMPARE[operator]
    return lambda record: (found := comparable(field, get(record))) is not None and compare(found, wanted)


def _like(field: FieldSpec, get: Callable[[Any], Any], value: soql.Value) -> Predicate:
    if not field.is_text or not isinstance(value, Text):
        raise SalesforceError(400, "INVALID_QUERY_FILTER_OPERATOR", f"LIKE does not go with field '{field.name}'")
    match = pattern(value).fullmatch
    return lambda record: bool(match(get(record) or ""))


def _literal(field: FieldSpec, value: soql.Value) -> Any:
    """A literal in the form in which the field's values compare."""
    if value is None:
        return None
    if isinstance(value, Text):
        return _text_literal(field, unescaped(value))
    if type(value) is not _TYPES.get(field.type):
        raise _mistyped(field, " and should be enclosed in quotes" if field.is_text else "")
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") if isinstance(value, datetime) else value


def _text_literal(field: FieldSpec, text: str) -> str:
    if field.type in {"id", "reference"}:
        full = whole_id(text)
        if full is None:
            raise SalesforceError(400, "INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {text}")
        return full
    if not field.is_text:
        raise _mistyped(field, " and should not be enclosed in quotes")
    return text.lower()


def _mistyped(field: FieldSpec, hint: str) -> SalesforceError:
    message = f"value of filter criterion for field '{field.name}' must be of type {field.type}{hint}"
    return SalesforceError(400, "INVALID_FIELD", message)


def comparable(field: FieldSpec, value: Any) -> Any:
    """A value in the form in which values of its field compare."""
    if value is None:
        return None
    if field.is_text:
        return value.lower()
    if field.type == "datetime":
        return value.replace("+0000", "000")  # milliseconds to microseconds: moments then compare as text
    return date.fromisoformat(value) if field.type == "date" else value


_TYPES: Final[dict[str, type]] = {
    "boolean": bool,
    "int": Decimal,
    "double": Decimal,
    "currency": Decimal,
    "percent": Decimal,
    "date": date,
    "datetime": datetime,
}

_COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
}
