"""Formulas: what validation rules, entry conditions and rule entries are written in, as far as orgs use them on leads.

A formula is read once into a function of a `Scope`. Null text is empty text and a null number is zero in arithmetic, as the
platform treats blanks; comparing with a blank is false.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, DivisionByZero, InvalidOperation
from typing import Any, Final, NamedTuple, Protocol


class FormulaError(ValueError):
    """Not a formula that can be evaluated; the sentence is close to the platform's."""


class Scope(Protocol):
    """The record that a formula looks at, at one moment."""

    def value(self, path: str) -> Any:
        """A field's value now; `$User.Id` and the like too."""

    def prior(self, path: str) -> Any:
        """The value before this save; of a new record its present one."""

    @property
    def is_new(self) -> bool: ...

    @property
    def now(self) -> datetime: ...


Evaluate = Callable[[Scope], Any]


@dataclass(frozen=True, slots=True)
class Formula:
    fields: frozenset[str]
    """The record's own fields that it reads, as written."""
    evaluate: Evaluate


class _Token(NamedTuple):
    kind: str
    text: str


_TOKEN: Final = re.compile(
    r"""\s+ | /\*.*?\*/
      | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<number>\d+(?:\.\d+)?)
      | (?P<path>\{!\$?\w+(?:[.:]\w+)*\}|\$?[A-Za-z_]\w*(?:[.:]\w+)*)
      | (?P<mark>&&|\|\||<>|!=|==|<=|>=|[-+*/&<>=!(),^])""",
    re.VERBOSE | re.DOTALL,
)

_OWN: Final = ("$Record.", "$Record__Prior.")


def formula(source: str, known: Callable[[str], bool]) -> Formula:
    """
    Args:
        known: whether the record has this field.

    Raises:
        FormulaError: a syntax error, an unknown function, or an unknown field.
    """
    reader = _Reader(_tokens(source), known)
    evaluate = reader.whole()
    return Formula(frozenset(reader.fields), evaluate)


def _tokens(source: str) -> list[_Token]:
    found, at = [], 0
    while at < len(source):
        match = _TOKEN.match(source, at)
        if match is None:
            raise FormulaError(f"Syntax error. Found '{source[at]}'")
        if match.lastgroup:
            found.append(_Token(match.lastgroup, match.group()))
        at = match.end()
    return [*found, _Token("end", "<end>")]


_BINARY: Final[Mapping[str, int]] = {
    "||": 1, "&&": 2, "=": 3, "==": 3, "!=": 3, "<>": 3, "<": 4, ">": 4, "<=": 4, ">=": 4, "&": 5, "+": 6, "-": 6, "*": 7, "/": 7,
}  # fmt: skip


class _Reader:
    """Precedence climbing, one token ahead."""

    def __init__(self, tokens: list[_Token], known: Callable[[str], bool]) -> None:
        self._tokens = tokens
        self._known = known
        self._at = 0
        self.fields: set[str] = set()

    def whole(self) -> Evaluate:
        found = self._expression(0)
        if self._token.kind != "end":
            raise self._error()
        return found

    def _expression(self, least: int) -> Evaluate:
        left = self._operand()
        while self._token.kind == "mark" and _BINARY.get(self._token.text, -1) >= max(least, 1):
            sign = self._take().text
            left = _applied(sign, left, self._expression(_BINARY[sign] + 1))
        return left

    def _operand(self) -> Evaluate:
        token = self._take()
        if token.kind == "text":
            words = re.sub(r"\\(.)", r"\1", token.text[1:-1])
            return lambda _: words
        if token.kind == "number":
            number = Decimal(token.text)
            return lambda _: number
        if token.kind == "path":
            return self._call(token.text) if self._token.text == "(" else self._path(token.text.strip("{!}"))
        return self._marked(token)

    def _marked(self, token: _Token) -> Evaluate:
        if token.text == "(":
            inside = self._expression(0)
            self._expect(")")
            return inside
        if token.text in {"!", "-"}:
            inner = self._expression(8)
            return (lambda scope: not _true(inner(scope))) if token.text == "!" else (lambda scope: -_number(inner(scope)))
        self._at -= 1
        raise self._error()

    def _call(self, name: str) -> Evaluate:
        self._expect("(")
        at, arguments = self._at, []
        while self._token.text != ")":
            arguments.append(self._expression(0))
            if self._token.text != ")":
                self._expect(",")
        self._expect(")")
        if name.upper() in _OF_A_FIELD:
            path = self._own(self._tokens[at].text.strip("{!}"))
            return _OF_A_FIELD[name.upper()](path)
        function = _FUNCTIONS.get(name.upper())
        if function is None:
            raise FormulaError(f"Unknown function {name}. Check spelling.")
        return lambda scope: function(scope, arguments)

    def _path(self, path: str) -> Evaluate:
        literal = {"TRUE": True, "FALSE": False, "NULL": None}
        if path.upper() in literal:
            found = literal[path.upper()]
            return lambda _: found
        if path.startswith("$Record__Prior."):
            own = self._own(path)
            return lambda scope: scope.prior(own)
        own = self._own(path)
        return lambda scope: scope.value(own)

    def _own(self, path: str) -> str:
        """The path without `$Record.`; a field of the record must be one that it has."""
        own = next((path.removeprefix(start) for start in _OWN if path.startswith(start)), path)
        if not own.startswith("$"):
            if not self._known(own):
                raise FormulaError(f"Field {own} does not exist. Check spelling.")
            self.fields.add(own)
        return own

    @property
    def _token(self) -> _Token:
        return self._tokens[self._at]

    def _take(self) -> _Token:
        token = self._token
        if token.kind == "end":
            raise self._error()
        self._at += 1
        return token

    def _expect(self, mark: str) -> None:
        if self._token.text != mark:
            raise FormulaError(f"Syntax error. Missing '{mark}'")
        self._at += 1

    def _error(self) -> FormulaError:
        return FormulaError(f"Syntax error. Found '{self._token.text}'")


def _applied(sign: str, left: Evaluate, right: Evaluate) -> Evaluate:
    if sign == "||":
        return lambda scope: _true(left(scope)) or _true(right(scope))
    if sign == "&&":
        return lambda scope: _true(left(scope)) and _true(right(scope))
    operation = _OPERATIONS[sign]
    return lambda scope: operation(left(scope), right(scope))


def same(left: Any, right: Any) -> bool:
    """Equality as formulas see it: letter case counts, a blank equals a blank."""
    if _blank(left) or _blank(right):
        return _blank(left) and _blank(right)
    if isinstance(left, bool) or isinstance(right, bool):
        return _true(left) is _true(right)
    if _is_number(left) or _is_number(right):
        return _number(left) == _number(right)
    return str(left) == str(right)


def _ordered(left: Any, right: Any, test: Callable[[Any, Any], bool]) -> bool:
    if _blank(left) or _blank(right):
        return False
    if _is_number(left) or _is_number(right):
        return test(_number(left), _number(right))
    return test(_moment(left), _moment(right))


def _joined(left: Any, right: Any) -> Any:
    if isinstance(left, str) or isinstance(right, str):
        return _text(left) + _text(right)
    return _number(left) + _number(right)


def _divided(left: Any, right: Any) -> Any:
    try:
        return _number(left) / _number(right)
    except (DivisionByZero, InvalidOperation):
        return None


_OPERATIONS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "=": same,
    "==": same,
    "!=": lambda left, right: not same(left, right),
    "<>": lambda left, right: not same(left, right),
    "<": lambda left, right: _ordered(left, right, lambda a, b: a < b),
    ">": lambda left, right: _ordered(left, right, lambda a, b: a > b),
    "<=": lambda left, right: _ordered(left, right, lambda a, b: a <= b),
    ">=": lambda left, right: _ordered(left, right, lambda a, b: a >= b),
    "&": lambda left, right: _text(left) + _text(right),
    "+": _joined,
    "-": lambda left, right: _number(left) - _number(right),
    "*": lambda left, right: _number(left) * _number(right),
    "/": _divided,
}

_OF_A_FIELD: Final[Mapping[str, Callable[[str], Evaluate]]] = {
    "ISCHANGED": lambda path: lambda scope: not scope.is_new and not same(scope.value(path), scope.prior(path)),
    "PRIORVALUE": lambda path: lambda scope: scope.prior(path),
}
"""Functions that take the field itself, not its value."""

_Arguments = list[Evaluate]


def _if(scope: Scope, given: _Arguments) -> Any:
    return given[1](scope) if _true(given[0](scope)) else given[2](scope)


def _case(scope: Scope, given: _Arguments) -> Any:
    wanted = given[0](scope)
    pairs = zip(given[1:-1:2], given[2:-1:2], strict=False)
    return next((then(scope) for when, then in pairs if same(wanted, when(scope))), given[-1](scope))


def _includes(scope: Scope, given: _Arguments) -> bool:
    return _text(given[1](scope)) in _text(given[0](scope)).split(";")


def _matches(scope: Scope, given: _Arguments) -> bool:
    try:
        return bool(re.fullmatch(_text(given[1](scope)), _text(given[0](scope))))
    except re.error as error:
        raise FormulaError(f"Invalid regular expression: {error}") from error


_FUNCTIONS: Final[Mapping[str, Callable[[Scope, _Arguments], Any]]] = {
    "AND": lambda scope, given: all(_true(term(scope)) for term in given),
    "OR": lambda scope, given: any(_true(term(scope)) for term in given),
    "NOT": lambda scope, given: not _true(given[0](scope)),
    "IF": _if,
    "CASE": _case,
    "ISNEW": lambda scope, _: scope.is_new,
    "ISBLANK": lambda scope, given: _blank(given[0](scope)),
    "ISNULL": lambda scope, given: _blank(given[0](scope)),
    "BLANKVALUE": lambda scope, given: given[1](scope) if _blank(given[0](scope)) else given[0](scope),
    "ISPICKVAL": lambda scope, given: same(given[0](scope), given[1](scope)),
    "INCLUDES": _includes,
    "CONTAINS": lambda scope, given: _text(given[1](scope)) in _text(given[0](scope)),
    "BEGINS": lambda scope, given: _text(given[0](scope)).startswith(_text(given[1](scope))),
    "REGEX": _matches,
    "TEXT": lambda scope, given: _text(given[0](scope)),
    "UPPER": lambda scope, given: _text(given[0](scope)).upper(),
    "LOWER": lambda scope, given: _text(given[0](scope)).lower(),
    "TRIM": lambda scope, given: _text(given[0](scope)).strip(),
    "LEN": lambda scope, given: Decimal(len(_text(given[0](scope)))),
    "VALUE": lambda scope, given: _number(given[0](scope)),
    "TODAY": lambda scope, _: scope.now.date(),
    "NOW": lambda scope, _: scope.now,
}


def _true(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")


def _blank(value: Any) -> bool:
    return value is None or value == ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _number(value: Any) -> Decimal:
    if _blank(value):
        return Decimal(0)
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise FormulaError(f"#Error! {value} is no number") from None


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _moment(value: Any) -> Any:
    """Days and moments in a form in which both compare; other text as it is."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    return text.replace("+0000", "+00:00") if re.match(r"\d{4}-\d\d-\d\dT", text) else text
