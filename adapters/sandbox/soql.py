"""SOQL's grammar: text to a frozen query, and a clear refusal for anything else.

Not here: TYPEOF, ROLLUP and CUBE, USING SCOPE, WITH DATA CATEGORY, distances. Whether a field exists, and whether a value fits
it, is decided by who runs the query.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final, TypeVar

from adapters.sandbox.soql_periods import is_period
from adapters.sandbox.soql_tokens import MalformedQueryError, Text, Token, tokens, unexpected
from adapters.sandbox.soql_tree import (
    Aggregate,
    AllOf,
    AnyOf,
    Children,
    Comparison,
    Condition,
    Includes,
    Join,
    Membership,
    Not,
    Operator,
    Order,
    Path,
    Period,
    Query,
    Selected,
    Value,
)

AGGREGATES: Final = frozenset({"COUNT", "COUNT_DISTINCT", "MIN", "MAX", "SUM", "AVG"})

_SHOWING: Final = frozenset({"TOLABEL", "FORMAT", "CONVERTCURRENCY"})
"""Functions that change how a value looks; here every org has one language and one currency."""

_RESERVED: Final = frozenset("SELECT FROM WHERE AND OR NOT IN LIKE INCLUDES EXCLUDES HAVING ORDER BY LIMIT OFFSET NULL".split())
_CLAUSES: Final = _RESERVED | {"GROUP", "WITH", "FOR", "USING"}
"""What no alias can be. An object is named Group, so these are not words of their own everywhere."""
_MODES: Final = ("SECURITY_ENFORCED", "USER_MODE", "SYSTEM_MODE")

Item = TypeVar("Item")


def parse(text: str) -> Query:
    """Reads one statement.

    Raises:
        MalformedQueryError: it is not a statement of this subset of SOQL.
    """
    try:
        return _Parser(_without_alias(tokens(text))).statement()
    except RecursionError:
        raise MalformedQueryError("the conditions are nested too deeply") from None


class _Parser:
    """Recursive descent, one token ahead; each method reads the rule it is named for."""

    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._next = 0

    def statement(self) -> Query:
        query = self._query()
        self._purpose()
        if self._token.kind != "end":
            raise self._unexpected()
        return query

    def _query(self) -> Query:
        self._expect("SELECT")
        select = self._list(self._selected)
        self._expect("FROM")
        name, where = self._name(), self._condition() if self._accept("WHERE") else None
        if self._accept("WITH") and not any(map(self._accept, _MODES)):
            raise self._unexpected()
        return Query(
            select=select,
            object=name,
            where=where,
            group=self._groups() if self._accept("GROUP") else (),
            having=self._condition() if self._accept("HAVING") else None,
            order=self._orders() if self._accept("ORDER") else (),
            limit=self._whole() if self._accept("LIMIT") else None,
            offset=(self._whole() if self._accept("OFFSET") else None) or 0,
        )

    def _purpose(self) -> None:
        """Marks records as seen, or locks them: neither shows in what the sandbox keeps."""
        if self._accept("FOR") and not any(map(self._accept, ("VIEW", "REFERENCE", "UPDATE"))):
            raise self._unexpected()

    def _selected(self) -> Selected:
        if self._accept("("):
            query = self._query()
            self._expect(")")
            return Children(query)
        if self._calls() and self._token.text.upper() in AGGREGATES:
            function, path = self._called()
            return Aggregate(function, path, self._alias())
        if self._calls() and self._token.text.upper() in _SHOWING:
            return Path(self._called()[1], self._alias())
        return Path(self._operand(), self._alias())

    def _alias(self) -> str:
        """A word right behind."""
        is_one = self._token.kind == "word" and self._token.text.upper() not in _CLAUSES
        return self._take().text if is_one else ""

    def _groups(self) -> tuple[str, ...]:
        self._expect("BY")
        return self._list(self._operand)

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
        field = self._operand()
        if self._accept("IN"):
            return self._membership(field)
        if self._accept("NOT"):
            self._expect("IN")
            return Not(self._membership(field))
        if self._accept("INCLUDES"):
            return self._includes(field)
        if self._accept("EXCLUDES"):
            return Not(self._includes(field))
        if self._accept("LIKE"):
            return Comparison(field, "LIKE", self._text("; LIKE takes a quoted string"))
        return Comparison(field, self._operator(), self._value())

    def _membership(self, field: str) -> Membership | Join:
        self._expect("(")
        found = Join(field, self._query()) if self._token.text.upper() == "SELECT" else Membership(field, self._list(self._value))
        self._expect(")")
        return found

    def _includes(self, field: str) -> Includes:
        self._expect("(")
        choices = self._list(self._text)
        self._expect(")")
        return Includes(field, choices)

    def _text(self, hint: str = "; a quoted string belongs here") -> Text:
        token, value = self._token, self._value()
        if not isinstance(value, Text):
            raise unexpected(token, hint)
        return value

    def _operator(self) -> Operator:
        if self._token.kind != "operator":
            raise self._unexpected()
        text = self._take().text
        return "!=" if text == "<>" else text  # type: ignore[return-value]

    def _value(self) -> Value:
        token = self._take()
        if token.kind == "string":
            return Text(token.text[1:-1])
        if token.kind == "number":
            return Decimal(token.text)
        if token.kind in {"moment", "day"}:
            return _calendar(token)
        return _named(token)

    def _orders(self) -> tuple[Order, ...]:
        self._expect("BY")
        return self._list(self._order)

    def _order(self) -> Order:
        field = self._operand()
        descending = not self._accept("ASC") and self._accept("DESC")
        nulls_first = True
        if self._accept("NULLS"):
            nulls_first = self._accept("FIRST")
            if not nulls_first:
                self._expect("LAST")
        return Order(field, descending, nulls_first)

    def _operand(self) -> str:
        """A path, or a function of one under its name in capitals."""
        return "{}({})".format(*self._called()) if self._calls() else self._name()

    def _calls(self) -> bool:
        return self._token.kind == "word" and self._tokens[self._next + 1].text == "("

    def _called(self) -> tuple[str, str]:
        function = self._name().upper()
        self._expect("(")
        path = "" if self._token.text == ")" else self._operand()
        self._expect(")")
        if not path and function != "COUNT":
            raise self._unexpected(f"; {function} needs a field")
        return function, path

    def _name(self) -> str:
        if self._token.kind != "word" or self._token.text.upper() in _RESERVED:
            raise self._unexpected()
        return self._take().text

    def _whole(self) -> int:
        if self._token.kind != "number" or not self._token.text.isdigit():
            raise self._unexpected("; a whole number belongs here")
        return int(self._take().text)

    def _list(self, one: Callable[[], Item]) -> tuple[Item, ...]:
        found = [one()]
        while self._accept(","):
            found.append(one())
        return tuple(found)

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


def _named(token: Token) -> bool | Period | None:
    """A value that is a word: true, null, YESTERDAY, LAST_N_DAYS:5."""
    words: dict[str, bool | None] = {"TRUE": True, "FALSE": False, "NULL": None}
    if token.kind == "word" and token.text.upper() in words:
        return words[token.text.upper()]
    name, _, count = token.text.upper().partition(":")
    if token.kind in {"word", "period"} and is_period(name, counted=bool(count)):
        return Period(name, int(count or 0))
    raise unexpected(token)


def _without_alias(found: list[Token]) -> list[Token]:
    """The tokens of `SELECT l.Name FROM Lead l` as those of `SELECT Name FROM Lead`."""
    source = _source(found)
    if source is None or found[source + 1].kind != "word" or found[source + 1].text.upper() in _CLAUSES:
        return found
    prefix = found[source + 1].text.lower() + "."
    kept = [*found[: source + 1], *found[source + 2 :]]
    return [
        replace(token, text=token.text[len(prefix) :])
        if token.kind == "word" and token.text.lower().startswith(prefix)
        else token
        for token in kept
    ]


def _source(found: list[Token]) -> int | None:
    """Where the name of the object stands, outside of all parentheses."""
    depth = 0
    for place, token in enumerate(found[:-2]):
        depth += {"(": 1, ")": -1}.get(token.text, 0) if token.kind == "mark" else 0
        if depth == 0 and token.kind == "word" and token.text.upper() == "FROM":
            return place + 1
    return None
