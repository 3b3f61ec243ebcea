"""Texts out of a CRM, fit to be shown and kept, and our word for its objects."""

from collections.abc import Mapping
from typing import Final

_LONGEST: Final = 60
_PERSONAL: Final = "(a value with an address in it)"


def clean(text: str) -> str:
    """One short line of printable text; what holds an e-mail address is not shown."""
    if "@" in text:
        return _PERSONAL
    plain = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1].rstrip()}…"


_THINGS: Final[Mapping[str, str]] = {"lead": "Leads", "contact": "Contacts", "contacts": "Contacts"}


def thing(object_name: str) -> str:
    """What the records of a vendor's object are called, many of them, at the beginning of a sentence."""
    return _THINGS.get(object_name.lower(), "Records")
