"""Salesforce's ids and object names."""

import hmac
import re
from collections.abc import Mapping
from typing import Final

_SUFFIX: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"

_HOUSE: Final[Mapping[str, str]] = {"Lead": "lead", "Contact": "contact"}

ID_FORM: Final = r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?"
OBJECT_FORM: Final = r"[A-Za-z][0-9A-Za-z_]{0,79}"


def to18(record_id: str) -> str:
    """The 18-character form of an id: three characters are added that say which of the 15 are upper case. 18 stay as they are."""
    return record_id if len(record_id) == 18 else record_id + "".join(_suffix(record_id[at : at + 5]) for at in (0, 5, 10))


def _suffix(block: str) -> str:
    return _SUFFIX[sum(1 << place for place, letter in enumerate(block) if letter.isupper())]


def id18(text: str) -> str | None:
    """The 18-character form, or None if `text` is no Salesforce id."""
    return to18(text) if re.fullmatch(ID_FORM, text) else None


def is_object(name: str) -> bool:
    """Whether `name` can be an object's API name."""
    return re.fullmatch(OBJECT_FORM, name) is not None


def house_object(name: str) -> str:
    """House word of an object's API name, Salesforce's own where we have none."""
    return _HOUSE.get(name, name)


def same_org(one: str, other: str) -> bool:
    """Whether two org ids are equal on their first 15 characters, case and all, in constant time; no id equals nothing."""
    left, right = one[:15].encode("utf-8", "surrogatepass"), other[:15].encode("utf-8", "surrogatepass")
    return hmac.compare_digest(left, right) and re.fullmatch(ID_FORM, one) is not None
