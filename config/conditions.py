"""Conditions of a policy: data, and compiled once to closures.

A comparison sets one word against constants. A missing value compared with anything is false; only `is missing` is true of
it. So `not: [country_code = US]` holds where the country is missing, and `country_code != US` does not. Text is compared
without regard to case and surrounding blanks. A value of the wrong type, or blank text, counts as missing.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from config.fields import Values
from config.vocabulary import Word, WordKind

Constant = str | int | bool
Operator = Literal["=", "!=", "in", "not in", "<", "<=", ">", ">=", "between", "is missing", "is present", "is under", "includes"]

Check = Callable[[Values], str]
"""Empty where the condition holds; else why not, in words that name no value of the lead."""

_EQUALITY: Final[tuple[Operator, ...]] = ("=", "!=", "in", "not in")
_ORDER: Final[tuple[Operator, ...]] = ("<", "<=", ">", ">=", "between")
_PRESENCE: Final[tuple[Operator, ...]] = ("is missing", "is present")

OPERATORS: Final[Mapping[WordKind, tuple[Operator, ...]]] = {
    "text": (*_EQUALITY, "is under", *_PRESENCE),
    "integer": (*_EQUALITY, *_ORDER, *_PRESENCE),
    "moment": (*_EQUALITY, *_ORDER, *_PRESENCE),
    "flag": ("=", "!=", *_PRESENCE),
    "codes": ("includes", *_PRESENCE),
}
"""`is under` compares domains: `company_domain is under ac.uk` holds for `ox.ac.uk` and `ac.uk`, not for `notac.uk`."""

MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


@dataclass(frozen=True, slots=True)
class Comparison:
    """One word against constants: none for presence, two for `between` (both ends included), else one or more."""

    word: Word
    operator: Operator
    constants: tuple[Constant, ...]
    size: int = 1

    def __str__(self) -> str:
        return " ".join((self.word.name, self.operator, _spoken(self.operator, self.constants))).rstrip()


@dataclass(frozen=True, slots=True)
class Group:
    """all: every part holds · any: at least one does · not: none of the parts holds."""

    sense: Literal["all", "any", "not"]
    parts: "tuple[Condition, ...]"
    size: int
    """Comparisons inside, named segments written out: what evaluating it can cost."""

    def __str__(self) -> str:
        return f"{self.sense} of {len(self.parts)}"


Condition: TypeAlias = Comparison | Group


def words_of(condition: Condition) -> frozenset[Word]:
    """Every word the condition looks at."""
    if isinstance(condition, Comparison):
        return frozenset({condition.word})
    return frozenset[Word]().union(*map(words_of, condition.parts))


def compile_condition(condition: Condition) -> Check:
    """One closure for the whole condition. Its answers are prepared here, so that checking allocates nothing."""
    if isinstance(condition, Comparison):
        return _compile_comparison(condition)
    parts = tuple(map(compile_condition, condition.parts))
    return {"all": _all, "any": _any, "not": _none}[condition.sense](parts)


def _all(parts: tuple[Check, ...]) -> Check:
    def check(facts: Values) -> str:
        for part in parts:
            if why := part(facts):
                return why
        return ""

    return check


def _any(parts: tuple[Check, ...]) -> Check:
    # One alternative explains itself; of several, naming the first would mislead.
    none_of = f"none of {len(parts)} alternatives"

    def check(facts: Values) -> str:
        why = ""
        for part in parts:
            why = part(facts)
            if not why:
                return ""
        return none_of if len(parts) > 1 else why

    return check


def _none(parts: tuple[Check, ...]) -> Check:
    def check(facts: Values) -> str:
        for part in parts:
            if not part(facts):
                return "an exception applies"
        return ""

    return check


def _compile_comparison(comparison: Comparison) -> Check:
    read = _READERS[comparison.word.kind](comparison.word.name)
    missing = f"{comparison.word.name} is missing"
    if comparison.operator == "is missing":
        present = f"{comparison.word.name} is present"
        return lambda facts: present if read(facts) is not None else ""
    if comparison.operator == "is present":
        return lambda facts: missing if read(facts) is None else ""
    test = _TESTS[comparison.operator](_folded(comparison))
    otherwise = f"not {comparison}"

    def check(facts: Values) -> str:
        value = read(facts)
        if value is None:
            return missing
        return "" if test(value) else otherwise

    return check


def _folded(comparison: Comparison) -> tuple[Constant, ...]:
    if comparison.word.kind not in {"text", "codes"}:
        return comparison.constants
    return tuple(constant.casefold() if isinstance(constant, str) else constant for constant in comparison.constants)


_TESTS: Final[Mapping[str, Callable[[tuple[Any, ...]], Callable[[Any], bool]]]] = {
    "=": lambda known: lambda value: bool(value == known[0]),
    "!=": lambda known: lambda value: bool(value != known[0]),
    "in": lambda known: frozenset(known).__contains__,
    "not in": lambda known: lambda value: value not in known,
    "<": lambda known: lambda value: bool(value < known[0]),
    "<=": lambda known: lambda value: bool(value <= known[0]),
    ">": lambda known: lambda value: bool(value > known[0]),
    ">=": lambda known: lambda value: bool(value >= known[0]),
    "between": lambda known: lambda value: bool(known[0] <= value <= known[1]),
    "is under": lambda known: lambda value: value == known[0] or value.endswith("." + known[0]),
    "includes": lambda known: lambda value: known[0] in value.split(),
}

Read = Callable[[Values], Constant | None]


def _text(name: str) -> Read:
    def read(facts: Values) -> Constant | None:
        value = facts.get(name)
        return (value.strip().casefold() or None) if isinstance(value, str) else None

    return read


def _integer(name: str) -> Read:
    def read(facts: Values) -> Constant | None:
        value = facts.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    return read


def _flag(name: str) -> Read:
    def read(facts: Values) -> Constant | None:
        value = facts.get(name)
        return value if isinstance(value, bool) else None

    return read


def _moment(name: str) -> Read:
    # Moments in this one shape sort as text.
    def read(facts: Values) -> Constant | None:
        value = facts.get(name)
        return value if isinstance(value, str) and MOMENT.fullmatch(value) else None

    return read


_READERS: Final[Mapping[WordKind, Callable[[str], Read]]] = {
    "text": _text,
    "integer": _integer,
    "flag": _flag,
    "moment": _moment,
    "codes": _text,
}


def _spoken(operator: Operator, constants: tuple[Constant, ...]) -> str:
    words = [("yes" if word else "no") if isinstance(word, bool) else str(word) for word in constants]
    if operator in {"in", "not in"}:
        return f"[{', '.join(words)}]"
    return " and ".join(words)
