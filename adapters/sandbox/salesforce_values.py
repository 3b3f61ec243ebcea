"""What may stand in a field: values as JSON brings them, checked and brought into the form in which they are kept.

Kept as the API shows them: moments `2026-11-22T09:30:00.000+0000`, days `2026-11-22`, whole-number fields as integers and all
other numbers as floats, since that is how Salesforce writes them (`85.0`, even with no decimal places).
"""

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Final

from adapters.sandbox.ids import to_18
from adapters.sandbox.salesforce_errors import refused
from adapters.sandbox.salesforce_schema import FieldSpec

_EMAIL: Final = re.compile(r"[^@\s,;<>\"()]+@[^@\s,;<>\"()]+\.[^@\s.,;<>\"()]+")
_ID: Final = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")


def kept(field: FieldSpec, value: Any) -> Any:
    """`value` as it is kept; None for an empty one.

    Raises:
        SalesforceError: the platform's own refusal for this type.
    """
    if value is None or value == "":
        return _emptied(field)
    return _KEEP[field.type](field, value)


@lru_cache(maxsize=65_536)
def stamp(milliseconds: int) -> str:
    """A moment as the API writes it: the second it fell into."""
    return datetime.fromtimestamp(milliseconds // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def moment(text: str) -> datetime:
    """Reads a moment with a zone, `Z` and `+0000` alike, to the second.

    Raises:
        ValueError: no moment, or none with a zone.
    """
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{text} has no time zone.")
    return found.astimezone(UTC).replace(microsecond=0)


def milliseconds(text: str) -> int:
    """A moment as the clock counts it."""
    return int(moment(text).timestamp()) * 1000


@lru_cache(maxsize=65_536)
def whole_id(text: str) -> str | None:
    """The 18-character form of an id, or None if it is none: a wrong case check makes it none."""
    if not _ID.fullmatch(text):
        return None
    full = to_18(text[:15])
    return full if text in {full, text[:15]} else None


def _emptied(field: FieldSpec) -> None:
    if field.type == "boolean":
        raise refused("INVALID_TYPE_ON_FIELD_IN_RECORD", f"{field.name}: value not of required type: null", field.name)
    if field.required:
        raise refused("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{field.name}]", field.name)


def _text(field: FieldSpec, value: Any) -> str | None:
    if isinstance(value, dict | list):
        raise _unreadable(field, value)
    if isinstance(value, bool):
        value = str(value).lower()
    text = str(value).strip()
    if len(text) > field.length:
        message = f"{field.label or field.name}: data value too large: {text} (max length={field.length})"
        raise refused("STRING_TOO_LONG", message, field.name)
    return text or None


def _email(field: FieldSpec, value: Any) -> str | None:
    text = _text(field, value)
    if text is not None and not _EMAIL.fullmatch(text):
        raise refused("INVALID_EMAIL_ADDRESS", f"{field.name}: invalid email address: {text}", field.name)
    return text


def _picked(field: FieldSpec, value: Any) -> str | None:
    text = _text(field, value)
    canonical = next((choice for choice in field.picklist if choice.lower() == (text or "").lower()), None)
    if field.restricted and canonical is None:
        message = f"{field.label or field.name}: bad value for restricted picklist field: {text}"
        raise refused("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, field.name)
    return canonical or text


def _many(field: FieldSpec, value: Any) -> str | None:
    """Several choices in one text, between semicolons."""
    picked = [_picked(field, part) for part in str(value).split(";") if part.strip()]
    return ";".join(filter(None, picked)) or None


def _flag(field: FieldSpec, value: Any) -> bool:
    words = {"true": True, "false": False, "1": True, "0": False}
    found = words.get(str(value).lower())
    if found is None:
        raise _unreadable(field, value)
    return found


def _number(field: FieldSpec, value: Any) -> Decimal:
    try:
        number = Decimal(str(value)) if not isinstance(value, bool | dict | list) else Decimal("NaN")
    except InvalidOperation:
        raise _unreadable(field, value) from None
    if not number.is_finite():
        raise _unreadable(field, value)
    if abs(number) >= Decimal(10) ** (field.precision - field.scale):
        message = f"{field.label or field.name}: value outside of valid range on numeric field: {value}"
        raise refused("NUMBER_OUTSIDE_VALID_RANGE", message, field.name)
    return number.quantize(Decimal(1).scaleb(-field.scale), rounding=ROUND_HALF_UP)


def _whole(field: FieldSpec, value: Any) -> int:
    number = _number(field, value)
    if isinstance(value, float) and not math.isclose(value, int(number)):
        raise _unreadable(field, value)
    return int(number)


def _moment(field: FieldSpec, value: Any) -> str:
    try:
        return stamp(milliseconds(str(value)))
    except (ValueError, OverflowError):
        raise _unreadable(field, value) from None


def _day(field: FieldSpec, value: Any) -> str:
    try:
        return date.fromisoformat(str(value)[:10]).isoformat()
    except ValueError:
        raise _unreadable(field, value) from None


def _reference(field: FieldSpec, value: Any) -> str:
    full = whole_id(value) if isinstance(value, str) else None
    if full is None:
        raise refused("MALFORMED_ID", f"{field.label or field.name}: id value of incorrect type: {value}", field.name)
    return full


def _unreadable(field: FieldSpec, value: Any) -> Exception:
    kind = f"VALUE_{type(value).__name__.upper()}"
    return refused("JSON_PARSER_ERROR", f"Cannot deserialize instance of {field.type} from {kind} value {value}", field.name)


_KEEP: Final[dict[str, Callable[[FieldSpec, Any], Any]]] = {
    "id": _reference,
    "string": _text,
    "textarea": _text,
    "phone": _text,
    "url": _text,
    "email": _email,
    "picklist": _picked,
    "boolean": _flag,
    "int": _whole,
    "double": lambda field, value: float(_number(field, value)),
    "currency": lambda field, value: float(_number(field, value)),
    "percent": lambda field, value: float(_number(field, value)),
    "multipicklist": _many,
    "date": _day,
    "datetime": _moment,
    "reference": _reference,
}
