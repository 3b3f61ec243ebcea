"""The one byte form of a document: RFC 8785, without fractions."""

import json
from collections.abc import Mapping
from typing import Any, Final

import rfc8785

HIGHEST_INTEGER: Final = 2**53 - 1
"""RFC 8785 writes numbers as IEEE 754 doubles; beyond this, two integers would share one form."""


class PacketError(ValueError):
    """A document has no canonical form, or its sealed part does not open. Names the place, never the value."""


def canonical(document: Mapping[str, Any]) -> bytes:
    """The one form of `document`, a dict of str, int, bool, None, lists, tuples and dicts.

    Raises:
        PacketError: a float, a set or any other type; a key that is no text; an integer beyond 2^53 - 1; half a surrogate pair.
    """
    if _is_plain(document):
        # With ASCII keys, code-point order is RFC 8785's UTF-16 order, and both write the same bytes; this one is faster.
        return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    _check(document, "the document")
    return rfc8785.dumps(document)


def _is_plain(document: object) -> bool:
    """Has a canonical form, only ASCII keys, and no type but JSON's own; a loop, since every packet and receipt passes here."""
    left: list[Any] = [document]
    while left:
        value = left.pop()
        kind = type(value)
        if kind is str:
            if not (value.isascii() or _is_whole(value)):
                return False
        elif kind is dict:
            if not all(type(key) is str and key.isascii() for key in value):
                return False
            left.extend(value.values())
        elif kind is list or kind is tuple:
            left.extend(value)
        elif kind is int:
            if not -HIGHEST_INTEGER <= value <= HIGHEST_INTEGER:
                return False
        elif value is not None and kind is not bool:
            return False
    return True


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check(value: object, where: str) -> None:
    """The slow way, that knows where it is."""
    match value:
        case str():
            if not _is_whole(value):
                raise PacketError(f"{where} holds half of a surrogate pair, which is no character: replace it with U+FFFD.")
        case int():
            if abs(value) > HIGHEST_INTEGER:
                raise PacketError(f"{where} is an integer beyond 2^53 - 1, which JSON does not hold exactly: write it as text.")
        case list() | tuple():
            for place, item in enumerate(value):
                _check(item, f"{where}[{place}]")
        case dict():
            for key, item in value.items():
                _check_key(key, where)
                _check(item, f"{where}.{key}")
        case None:
            pass
        case _:
            raise PacketError(
                f"{where} is a {type(value).__name__}, which has no single form: give text, an integer, true, false, null, "
                "a list or a dict, and write a fraction as fixed-decimal text."
            )


def _check_key(key: object, where: str) -> None:
    if not isinstance(key, str):
        raise PacketError(f"A key of {where} is a {type(key).__name__}: keys are texts.")
    _check(key, f"A key of {where}")
