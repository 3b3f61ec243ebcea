"""SOQL: text to a frozen query, and a clear refusal for anything else.

The part of the language that a connector needs: SELECT fields or COUNT() FROM one object WHERE .. ORDER BY .. LIMIT .. OFFSET ..
Whether a field exists, and whether a value fits it, is decided by who runs the query; here is only grammar.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final, Literal

from adapters.sandbox.soql_tokens import MalformedQueryError, Text, Token, tokens, unexpected

Operator = Literal["=", "!=", "<", ">", "<=", ">=", "LIKE"]


Value = Text | bool | Decimal | date | datetime | None
"""A `datetime` is aware and in UTC."""


@dataclass(frozen=True, slots=True)
class Comparison:
    field: str
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class Membership:
    """`field IN (values)`."""

    field: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Not:
    term: "Condition"


@dataclass(frozen=True, slots=True)
class AllOf:
    terms: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    terms: tuple["Condition", ...]


Condition = Comparison | Membership | Not | AllOf | AnyOf


@dataclass(frozen=True, slots=True)
class Order:
    field: str
    descending: bool
    nulls_first: bool


@dataclass(frozen=True, slots=True)
class Query:
    fields: tuple[str, ...]
    """As typed, relationship paths included. Empty for COUNT()."""
    object: str
    where: Condition | None
    order: tuple[Order, ...]
    limit: int | None
    offset: int

    @property
    def counts(self) -> bool:
        return not self.fields


_RESERVED: Final = frozenset(
    {"SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "IN", "LIKE", "ORDER", "BY", "LIMIT", "OFFSET", "NULL"}
)


def parse(text: str) -> Query:
    """Reads one statement.

    Raises:
        MalformedQueryError: it is not a statement of this subset of SOQL.
    """
    try:
        return _Parser(tokens(text)).query()
    except RecursionError:
        raise MalformedQueryError("the conditions are nested too deeply") from None


class _Parser:
    """Recursive descent, one token ahead; each method reads the rule it is named for."""

    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._next = 0

    def query(self) -> Query:
        self._expect("SELECT")
        fields = self._count() or self._fields()
        self._expect("FROM")
        query = Query(
            fields=fields if fields != ("COUNT()",) else (),
            object=self._name(),
            where=self._condition() if self._accept("WHERE") else None,
            order=self._orders() if self._accept("ORDER") else (),
            limit=self._whole() if self._accept("LIMIT") else None,
            offset=(self._whole() if self._accept("OFFSET") else None) or 0,
        )
        if self._token.kind != "end":
            raise self._unexpected()
        return query

    def _count(self) -> tuple[str, ...]:
        if self._token.text.upper() != "COUNT" or self._tokens[self._next + 1].text != "(":
            return ()
        self._next += 1
        self._expect("(")
        self._expect(")")
        return ("COUNT()",)

    def _fields(self) -> tuple[str, ...]:
        fields = [self._name()]
        while self._accept(","):
            fields.append(self._name())
        return tuple(fields)

    def _condition(self) -> Condition:
        terms = [self._term()]
        word = self._token.text.upper()
        if word not in {"AND", "OR"}:
            return terms[0]
        while self._accept(word):
            terms.append(self._term())
        if self._token.text.upper() in {"AND", "OR"}:
            # Salesforce, too, refuses to guess what binds stronger.
            raise self._unexpected("; put AND and OR into separate parentheses")
        return AllOf(tuple(terms)) if word == "AND" else AnyOf(tuple(terms))

    def _term(self) -> Condition:
        if self._accept("NOT"):
            return Not(self._term())
        if self._accept("("):
            condition = self._condition()
            self._expect(")")
            return condition
        return self._comparison()

    def _comparison(self) -> Condition:
        field = self._name()
        if self._accept("IN"):
            return Membership(field, self._values())
        if self._accept("NOT"):
            self._expect("IN")
            return Not(Membership(field, self._values()))
        if self._accept("LIKE"):
            return self._like(field)
        return Comparison(field, self._operator(), self._value())

    def _like(self, field: str) -> Comparison:
        token, value = self._token, self._value()
        if not isinstance(value, Text):
            raise unexpected(token, "; LIKE takes a quoted string")
        return Comparison(field, "LIKE", value)

    def _operator(self) -> Operator:
        if self._token.kind != "operator":
            raise self._unexpected()
        text = self._take().text
        return "!=" if text == "<>" else text  # type: ignore[return-value]

    def _values(self) -> tuple[Value, ...]:
        self._expect("(")
        values = [self._value()]
        while self._accept(","):
            values.append(self._value())
        self._expect(")")
        return tuple(values)

    def _value(self) -> Value:
        token = self._take()
        if token.kind == "string":
            return Text(token.text[1:-1])
        if token.kind == "number":
            return Decimal(token.text)
        if token.kind in {"moment", "day"}:
            return _calendar(token)
        words: dict[str, bool | None] = {"TRUE": True, "FALSE": False, "NULL": None}
        if token.kind == "word" and token.text.upper() in words:
            return words[token.text.upper()]
        raise unexpected(token)

    def _orders(self) -> tuple[Order, ...]:
        self._expect("BY")
        orders = [self._order()]
        while self._accept(","):
            orders.append(self._order())
        return tuple(orders)

    def _order(self) -> Order:
        field = self._name()
        descending = not self._accept("ASC") and self._accept("DESC")
        nulls_first = True
        if self._accept("NULLS"):
            nulls_first = self._accept("FIRST")
            if not nulls_first:
                self._expect("LAST")
        return Order(field, descending, nulls_first)

    def _name(self) -> str:
        if self._token.kind != "word" or self._token.text.upper() in _RESERVED:
            raise self._unexpected()
        return self._take().text

    def _whole(self) -> int:
        if self._token.kind != "number" or not self._token.text.isdigit():
            raise self._unexpected("; a whole number belongs here")
        return int(self._take().text)

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._token
        if token.kind == "end":
            raise self._unexpected()
        self._next += 1
        return token

    def _accept(self, text: str) -> bool:
        found = self._token.kind in {"word", "mark"} and self._token.text.upper() == text
        self._next += found
        return found

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            raise self._unexpected(f"; expecting {text}")

    def _unexpected(self, hint: str = "") -> MalformedQueryError:
        return unexpected(self._token, hint)


def _calendar(token: Token) -> date | datetime:
    try:
        if token.kind == "day":
            return date.fromisoformat(token.text)
        return datetime.fromisoformat(token.text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise unexpected(token, "; no such day or time") from None
