"""Conditions of rules and flows: criteria items, filters and decision outcomes, joined by logic such as `1 AND (2 OR 3)`."""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from adapters.sandbox.salesforce_formula import Evaluate, FormulaError, Scope, formula, same
from adapters.sandbox.salesforce_tree import Tree, child, text, trees

Known = Callable[[str], bool]
"""Whether the record has this field."""

Test = Callable[[Scope], bool]


def of_rule(entry: Tree, known: Known, object_: str) -> Test:
    """Of a rule entry or a workflow rule: `formula`, or `criteriaItems` with a `booleanFilter`. Without either it always fits.

    Raises:
        FormulaError: a field, an operation or a function that does not exist.
    """
    if written := text(entry, "formula"):
        evaluate = formula(written, known).evaluate
        return lambda scope: evaluate(scope) is True
    tests = [_criterion(item, known, object_) for item in trees(entry, "criteriaItems")]
    return _joined(tests, text(entry, "booleanFilter") or "and")


def of_start(start: Tree, known: Known) -> Test:
    """A flow's entry condition: `filterFormula`, or `filters` with a `filterLogic`.

    Raises:
        FormulaError: a field, an operation or a function that does not exist.
    """
    if written := text(start, "filterFormula"):
        evaluate = formula(written, known).evaluate
        return lambda scope: evaluate(scope) is True
    tests = [
        _filter(text(item, "field"), text(item, "operator"), child(item, "value"), known) for item in trees(start, "filters")
    ]
    return _joined(tests, text(start, "filterLogic") or "and")


def of_outcome(outcome: Tree, known: Known) -> Test:
    """One outcome of a flow's decision.

    Raises:
        FormulaError: a field, an operation or a function that does not exist.
    """
    tests = [
        _filter(own_field(text(item, "leftValueReference")), text(item, "operator"), child(item, "rightValue"), known)
        for item in trees(outcome, "conditions")
    ]
    return _joined(tests, text(outcome, "conditionLogic") or "and")


def own_field(reference: str) -> str:
    return reference.removeprefix("$Record.")


def value_of(node: Tree, known: Known) -> Evaluate:
    """A flow's value: a literal, or a reference to a field of the record.

    Raises:
        FormulaError: the record has no such field.
    """
    if reference := text(node, "elementReference"):
        return formula(reference, known).evaluate
    literal = _literal(node)
    return lambda _: literal


def _literal(node: Tree) -> Any:
    if found := text(node, "booleanValue"):
        return found == "true"
    if found := text(node, "numberValue"):
        return Decimal(found)
    words = (text(node, name) for name in ("stringValue", "dateValue", "dateTimeValue"))
    return next((word for word in words if word), None)


def _criterion(item: Tree, known: Known, object_: str) -> Test:
    field = text(item, "field").removeprefix(f"{object_}.")
    _require(field, known)
    operation = _OPERATIONS.get(text(item, "operation"))
    if operation is None:
        raise FormulaError(f"'{text(item, 'operation')}' is not a valid value for the enum 'FilterOperation'")
    # A list of values between commas means any of them, or none of them where the operation denies.
    wanted = [word.strip() for word in text(item, "value").split(",")]
    if text(item, "operation") in _DENIALS:
        return lambda scope: all(operation(scope.value(field), word) for word in wanted)
    return lambda scope: any(operation(scope.value(field), word) for word in wanted)


def _filter(field: str, operator: str, value: Tree, known: Known) -> Test:
    _require(field, known)
    get = value_of(value, known)
    if operator == "IsChanged":
        return lambda scope: (not scope.is_new and not same(scope.value(field), scope.prior(field))) is (get(scope) is True)
    if operator == "IsNull":
        return lambda scope: (scope.value(field) in {None, ""}) is (get(scope) is True)
    operation = _OPERATIONS.get(_FLOW_WORDS.get(operator, ""))
    if operation is None:
        raise FormulaError(f"The operator {operator} isn't supported")
    return lambda scope: operation(scope.value(field), get(scope))


def _require(field: str, known: Known) -> None:
    if not field.startswith("$") and not known(field):
        raise FormulaError(f"Field {field} does not exist. Check spelling.")


def _joined(tests: Sequence[Test], logic: str) -> Test:
    if logic.lower() == "and":
        return lambda scope: all(test(scope) for test in tests)
    if logic.lower() == "or":
        return lambda scope: any(test(scope) for test in tests)
    numbers = [int(number) for number in re.findall(r"\d+", logic)]
    if any(not 1 <= number <= len(tests) for number in numbers):
        raise FormulaError(f"The logic {logic} names a condition that is not there")
    # `1 AND (2 OR 3)` is itself a formula, over the numbered conditions.
    named = re.sub(r"(\d+)", r"c\1", re.sub(r"\bAND\b", "&&", re.sub(r"\bOR\b", "||", re.sub(r"\bNOT\b", "!", logic.upper()))))
    evaluate = formula(named, lambda path: path[1:].isdecimal()).evaluate
    return lambda scope: evaluate(_Numbered(tests, scope)) is True


class _Numbered:
    """The numbered conditions as if they were fields `c1`, `c2`, …"""

    def __init__(self, tests: Sequence[Test], scope: Scope) -> None:
        self._tests = tests
        self._scope = scope
        self.is_new = scope.is_new
        self.now = scope.now

    def value(self, path: str) -> bool:
        return self._tests[int(path[1:]) - 1](self._scope)

    prior = value


def _alike(found: Any, wanted: Any) -> bool:
    if isinstance(found, bool):
        return str(wanted).lower() in {str(found).lower(), str(int(found))}
    if isinstance(found, str) or isinstance(wanted, str):
        return str(found if found is not None else "").lower() == str(wanted if wanted is not None else "").lower()
    return same(found, wanted)


def _compared(found: Any, wanted: Any, test: Callable[[Any, Any], bool]) -> bool:
    if found is None or wanted is None or wanted == "":
        return False
    try:
        return test(Decimal(str(found)), Decimal(str(wanted)))
    except ArithmeticError:
        return test(str(found).lower(), str(wanted).lower())


def _has(found: Any, wanted: Any) -> bool:
    return str(wanted).lower() in str(found or "").lower()


_OPERATIONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "equals": lambda found, wanted: _alike(_numeric(found, wanted), wanted),
    "notEqual": lambda found, wanted: not _alike(_numeric(found, wanted), wanted),
    "lessThan": lambda found, wanted: _compared(found, wanted, lambda a, b: a < b),
    "greaterThan": lambda found, wanted: _compared(found, wanted, lambda a, b: a > b),
    "lessOrEqual": lambda found, wanted: _compared(found, wanted, lambda a, b: a <= b),
    "greaterOrEqual": lambda found, wanted: _compared(found, wanted, lambda a, b: a >= b),
    "contains": _has,
    "notContain": lambda found, wanted: not _has(found, wanted),
    "startsWith": lambda found, wanted: str(found or "").lower().startswith(str(wanted).lower()),
    "endsWith": lambda found, wanted: str(found or "").lower().endswith(str(wanted).lower()),
    "includes": lambda found, wanted: str(wanted).lower() in str(found or "").lower().split(";"),
    "excludes": lambda found, wanted: str(wanted).lower() not in str(found or "").lower().split(";"),
}

_DENIALS: Final = frozenset({"notEqual", "notContain", "excludes"})

_FLOW_WORDS: Final[Mapping[str, str]] = {
    "EqualTo": "equals",
    "NotEqualTo": "notEqual",
    "LessThan": "lessThan",
    "GreaterThan": "greaterThan",
    "LessThanOrEqualTo": "lessOrEqual",
    "GreaterThanOrEqualTo": "greaterOrEqual",
    "Contains": "contains",
    "StartsWith": "startsWith",
    "EndsWith": "endsWith",
}


def _numeric(found: Any, wanted: Any) -> Any:
    """A number in the spelling of the text it is compared with: `80.0` against `80`."""
    if isinstance(found, int | float | Decimal) and not isinstance(found, bool):
        try:
            return wanted if Decimal(str(found)) == Decimal(str(wanted)) else found
        except ArithmeticError:
            return found
    return found
