"""WHERE as a test on records, and ORDER BY as an order of them."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from adapters.sandbox import soql
from adapters.sandbox.record import Record
from adapters.sandbox.salesforce_errors import SalesforceError
from adapters.sandbox.salesforce_read import Getter
from adapters.sandbox.salesforce_schema import FieldSpec
from adapters.sandbox.salesforce_values import whole_id
from adapters.sandbox.soql_tokens import Text, pattern, unescaped

Predicate = Callable[[Record], bool]

Column = Callable[[str], tuple[FieldSpec, Getter]]
"""A field path to its type and its getter. Raises SalesforceError for an unknown one."""


def predicate(condition: soql.Condition, column: Column) -> Predicate:
    """
    Raises:
        SalesforceError: a field is unknown, or a literal does not fit its field.
    """
    match condition:
        case soql.AllOf(terms):
            tests = [predicate(term, column) for term in terms]
            return lambda record: all(test(record) for test in tests)
        case soql.AnyOf(terms):
            tests = [predicate(term, column) for term in terms]
            return lambda record: any(test(record) for test in tests)
        case soql.Not(term):
            test = predicate(term, column)
            return lambda record: not test(record)
        case soql.Membership(path, values):
            field, get = column(path)
            wanted = {_literal(field, value) for value in values}
            return lambda record: _comparable(field, get(record)) in wanted
        case soql.Comparison(path, operator, value):
            return _compared(*column(path), operator, value)


def ordered(records: Sequence[Record], order: soql.Order, column: Column) -> list[Record]:
    """
    Raises:
        SalesforceError: the field is unknown or cannot be sorted by.
    """
    field, get = column(order.field)
    empty = [record for record in records if get(record) is None]
    full = [record for record in records if get(record) is not None]
    full.sort(key=lambda record: _comparable(field, get(record)), reverse=order.descending)
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


def _compared(field: FieldSpec, get: Getter, operator: soql.Operator, value: soql.Value) -> Predicate:
    if operator == "LIKE":
        return _like(field, get, value)
    wanted = _literal(field, value)
    if operator == "=":
        return lambda record: _comparable(field, get(record)) == wanted
    if operator == "!=":
        # A null differs from every value: `Status != 'Open'` finds records without a status.
        return lambda record: _comparable(field, get(record)) != wanted
    if wanted is None:
        raise SalesforceError(400, "INVALID_QUERY_FILTER_OPERATOR", f"null goes with = and != only, not with {operator}")
    compare = _COMPARE[operator]
    return lambda record: (found := _comparable(field, get(record))) is not None and compare(found, wanted)


def _like(field: FieldSpec, get: Getter, value: soql.Value) -> Predicate:
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


def _comparable(field: FieldSpec, value: Any) -> Any:
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
