"""HubSpot's search filters."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from adapters.sandbox.hubspot_errors import bad_request
from adapters.sandbox.hubspot_input import word, words
from adapters.sandbox.moments import parse_moment
from adapters.sandbox.record import Record

_OPERATORS: Final = frozenset(
    "EQ NEQ LT LTE GT GTE BETWEEN IN NOT_IN HAS_PROPERTY NOT_HAS_PROPERTY CONTAINS_TOKEN NOT_CONTAINS_TOKEN".split()
)
_SIZED: Final = frozenset({"LT", "LTE", "GT", "GTE", "BETWEEN"})


@dataclass(frozen=True, slots=True)
class Filter:
    name: str
    operator: str
    type: str
    """The property's type: it decides how values are compared."""
    value: str
    high: str
    values: Sequence[str]
    low: tuple[float, str] = (0.0, "")
    """`value` and `high` as they are compared: worked out once, not for every record."""
    top: tuple[float, str] = (0.0, "")

    def matches(self, record: Record) -> bool:
        actual = value_of(record, self.name)
        if self.operator == "HAS_PROPERTY":
            return actual is not None
        if actual is None:
            return self.operator in {"NOT_HAS_PROPERTY", "NEQ", "NOT_IN", "NOT_CONTAINS_TOKEN"}
        return self._compares(actual)

    def _compares(self, actual: str) -> bool:
        match self.operator:
            case "EQ" | "NEQ":
                return (self._fold(actual) == self._fold(self.value)) == (self.operator == "EQ")
            case "IN" | "NOT_IN":
                return (self._folded_for_in(actual) in self.values) == (self.operator == "IN")
            case "CONTAINS_TOKEN" | "NOT_CONTAINS_TOKEN":
                return _has_token(actual, self.value) == (self.operator == "CONTAINS_TOKEN")
            case "NOT_HAS_PROPERTY":
                return False
        return self._sized(actual)

    def _sized(self, actual: str) -> bool:
        low, there = self.low, size(actual, self.type)
        match self.operator:
            case "LT":
                return there < low
            case "LTE":
                return there <= low
            case "GT":
                return there > low
            case "GTE":
                return there >= low
        return low <= there <= self.top

    def _fold(self, value: str) -> object:
        """Letter case is ignored, but not in enumerations."""
        if self.type in {"number", "date", "datetime"}:
            return size(value, self.type)
        return value if self.type == "enumeration" else value.lower()

    def _folded_for_in(self, actual: str) -> str:
        """IN wants its own values in lower case for strings; it does not fold them."""
        return actual.lower() if self.type == "string" else actual


def parse_filter(one: object, definitions: Mapping[str, Mapping[str, Any]]) -> Filter:
    """A filter as sent.

    Raises:
        RefusalError: unknown operator or property, or a value that is missing or of the wrong kind.
    """
    if not isinstance(one, dict):
        raise bad_request("A filter must be an object.")
    name, operator = word(one, "propertyName"), word(one, "operator")
    if operator not in _OPERATORS:
        raise bad_request(f"There is no search operator {operator}.")
    if name not in definitions:
        raise bad_request(f"There was a problem with the request: property {name} does not exist.")
    made = Filter(name, operator, definitions[name]["type"], word(one, "value"), word(one, "highValue"), words(one, "values"))
    _check(made)
    if operator not in _SIZED:
        return made
    return replace(made, low=size(made.value, made.type), top=size(made.high or made.value, made.type))


def _check(one: Filter) -> None:
    if one.operator in {"IN", "NOT_IN"} and not one.values:
        raise bad_request(f"Operator {one.operator} needs 'values'.")
    compares = one.operator in _SIZED or one.operator in {"EQ", "NEQ"}
    if not compares or one.type not in {"number", "date", "datetime"}:
        return
    for value in [one.value, one.high] if one.operator == "BETWEEN" else [one.value]:
        try:
            size(value, one.type)
        except ValueError:
            raise bad_request(f"{value or 'An empty value'} cannot be compared with {one.name}, a {one.type}.") from None


def size(value: str, type_: str) -> tuple[float, str]:
    """What LT and GT compare: numbers and milliseconds by size, text by its lower-case letters.

    Raises:
        ValueError: not a number, or not a moment.
    """
    if type_ in {"date", "datetime"}:
        return float(parse_moment(value)), ""
    return (float(value), "") if type_ == "number" else (0.0, value.lower())


def value_of(record: Record, name: str) -> str | None:
    """A property as it is stored, the computed ones too."""
    if name in {"lastmodifieddate", "hs_lastmodifieddate"}:
        return str(record.modified_at)
    if name in {"createdate", "hs_createdate"}:
        return str(record.created_at)
    if name == "hs_object_id":
        return record.id
    value = record.values.get(name)
    return None if value is None else str(value)


def _has_token(actual: str, wanted: str) -> bool:
    """Whole words, or parts of words where a `*` stands."""
    pattern = re.compile(".*".join(re.escape(part) for part in wanted.lower().split("*")))
    return any(pattern.fullmatch(token) for token in [actual.lower(), *re.split(r"[^\w]+", actual.lower())])
