"""Salesforce's values and ours. No I/O."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from email.utils import format_datetime
from typing import Any, Final

from adapters.records import ObjectName
from adapters.salesforce.schema import FieldInfo
from config.fields import Kind, Value
from config.transforms import Transform

OBJECTS: Final[Mapping[ObjectName, str]] = {"lead": "Lead", "contact": "Contact"}

_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
_SUFFIX: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"

_COMPOUND: Final = (dict, list)  # addresses and locations
NUMBERS: Final = frozenset({"double", "int", "long", "currency", "percent"})
_FLAGS: Final[Mapping[str, bool]] = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class UnfitError(ValueError):
    """A value that a field cannot take. The sentence names the field and the fix, never the value."""


def is_id(text: str) -> bool:
    """Whether it has the form of a record id, right suffix included: one malformed id in a query fails the whole query. So
    it is also safe inside SOQL quotes.
    """
    return _ID.fullmatch(text) is not None and text in {text[:15], to18(text[:15])}


def to18(id_: str) -> str:
    """The 18-character form of an id. Each suffix letter spells which of five characters are upper case, so that ids
    survive systems that do not tell letter case apart.
    """
    if len(id_) != 15:
        return id_
    blocks = (id_[start : start + 5] for start in (0, 5, 10))
    return id_ + "".join(_SUFFIX[sum(1 << bit for bit, char in enumerate(block) if char.isupper())] for block in blocks)


# reading


def dig(row: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path: `Account.Industry` comes as `{"Account": {"Industry": …}}`, or null without an account."""
    if "." not in path:
        return row.get(path)
    value: Any = row
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def canonical(value: Any, kind: Kind) -> Value:
    """What Salesforce holds, as `kind`; None when it is empty or cannot be read as that."""
    if value is None or isinstance(value, _COMPOUND):
        return None
    if kind == "text":
        return _text(value)
    if kind == "integer":
        return _integer(value)
    if kind == "flag":
        return value if isinstance(value, bool) else _FLAGS.get(str(value).strip().lower())
    return _moment_text(value)


def read_input(value: Any, kind: Kind, transform: Transform) -> Value:
    """What Salesforce holds in a field that we read."""
    return canonical(value if transform.plain else transform.onward(canonical(value, "text")), kind)


def read_output(value: Any, kind: Kind, transform: Transform) -> Value:
    """What Salesforce holds in a field that we write. What is none of ours comes as its text: the field is not empty."""
    if not transform.plain:
        return transform.back(canonical(value, "text"))
    found = canonical(value, kind)
    return canonical(value, "text") if found is None else found


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    text = str(value).strip()
    return text or None


def _integer(value: Any) -> int | None:
    """Salesforce sends every Number field as a decimal: 300 is 300.0. Parts of a whole are rounded, half to even."""
    if isinstance(value, bool):
        return None
    try:
        number = value if isinstance(value, Decimal) else Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return int(number.to_integral_value()) if number.is_finite() else None


def _moment_text(value: Any) -> str | None:
    try:
        return moment_text(parse_moment(str(value)))
    except ValueError:
        return None


def parse_moment(text: str) -> datetime:
    """`2026-01-01T00:00:00.000+0000` (REST), `…000Z` (Bulk) or a date, which is taken as midnight UTC.

    Raises:
        ValueError: it is none of them.
    """
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def moment_text(moment: datetime) -> str:
    """`2026-11-22T09:30:00Z`."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def http_date(moment: datetime) -> str:
    """`Mon, 23 Nov 2026 09:00:00 GMT`: whole seconds, as HTTP conditions are."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)


# writing


def vendor_value(value: Value, field: FieldInfo) -> str | int | float | bool | None:
    """What to send for `value`.

    Raises:
        UnfitError: the field cannot hold it.
    """
    if value is None:
        return None
    if field.type in NUMBERS:
        return _number(value, field)
    if field.type == "boolean":
        return _flag(value, field)
    if field.type == "date":
        return str(value)[:10]
    if field.type == "datetime":
        return str(value)
    return _fitting(_text(value) or "", field)


def _number(value: Value, field: FieldInfo) -> int | float:
    """With as many decimals as the field keeps. A part of a whole goes as JSON's number: 0.82 is 0.82 either way."""
    number = _integer(value)
    if number is None:
        raise UnfitError(f"{field.name} takes numbers only; map this output to a text field.")
    exact = Decimal(str(value).strip())
    if exact == number:
        return number
    if field.scale == 0:
        raise UnfitError(f"{field.name} keeps no decimals; give it some, or choose another scale in the mapping.")
    return float(exact if field.scale is None else round(exact, field.scale))


def _flag(value: Value, field: FieldInfo) -> bool:
    if not isinstance(value, bool):
        raise UnfitError(f"{field.name} is a checkbox; map this output to another field.")
    return value


def _fitting(text: str, field: FieldInfo) -> str:
    if field.choices is not None and text not in field.choices:
        alike = [choice for choice in field.choices if choice.casefold() == text.casefold()]
        if len(alike) == 1:
            return alike[0]
        raise UnfitError(f"{field.name} is a restricted picklist without this value; add the value or lift the restriction.")
    if not field.length or len(text) <= field.length:
        return text
    if field.identifies or field.choices is not None:
        raise UnfitError(f"{field.name} holds {field.length} characters, too few for this value; make it longer.")
    return cut(text, field.length)


def cut(text: str, length: int) -> str:
    """At most `length` characters, ending at a word and with an ellipsis when something is missing."""
    if len(text) <= length:
        return text
    head = text[: length - 1]
    if not text[length - 1].isspace() and " " in head:
        head = head[: head.rindex(" ")]
    return head.rstrip() + "…"
