"""Small pieces of plain language out of parsed JSON. Whatever is absent, or is not what it should be, becomes nothing."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

Tree = Mapping[str, Any]


def branch(tree: Tree, name: str) -> Tree:
    found = tree.get(name)
    return found if isinstance(found, Mapping) else {}


def items(value: object) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()


def text(value: object) -> str:
    """On one line, and harmless to a terminal: a lead may have typed anything."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join("".join(one if one.isprintable() else " " for one in str(value)).split())


def called(name: object) -> str:
    """A field, feature or code as words: `size_band`, `LOW_CONFIDENCE`."""
    return text(name).replace("_", " ").lower()


def quoted(value: object) -> str:
    return f"“{text(value)}”" if value else ""


def phrase(value: object) -> str:
    """Anything: a mapping as pairs, a list as its words."""
    if isinstance(value, Mapping):
        return pairs(value)
    return " ".join(text(one) for one in value) if items(value) else text(value)  # type: ignore[attr-defined]  # items() is a list


def pairs(values: Tree) -> str:
    return ", ".join(f"{called(name)} = {text(value)}" for name, value in values.items())


def signed(points: object) -> str:
    said = text(points)
    return said if said.startswith(("-", "+")) else f"+{said}"


def size(points: object) -> Decimal:
    """How much an integer or fixed-decimal text moves a sum, whichever way; 0 for what is no number."""
    try:
        return abs(Decimal(text(points)))
    except InvalidOperation:
        return Decimal(0)


def joined(*words: object) -> str:
    return " ".join(text(word) for word in words if word)


def bracketed(parts: Sequence[str]) -> str:
    return f"({', '.join(parts)})" if parts else ""
