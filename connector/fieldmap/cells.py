"""One cell of a file, read as what its field holds."""

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from config.fields import FIELDS, Value
from connector.moments import moment_text

_NO_ANSWER: Final = frozenset({"select", "n/a", "na", "nan", "none", "null", "-", "--none--", "unknown", "not provided", "?"})
"""What forms and exports leave behind where nobody answered."""

_FLAGS: Final = {"yes": True, "true": True, "y": True, "1": True, "no": False, "false": False, "n": False, "0": False}

_LONGEST_NUMBER: Final = 18


def answer(text: str) -> str:
    """The text, or nothing where nobody answered."""
    return "" if text.lower() in _NO_ANSWER else text


def value_in(field: str, text: str) -> Value:
    """None where the cell holds nothing of the field's kind."""
    if not (said := answer(text)):
        return None
    kind = FIELDS[field].kind
    if kind == "integer":
        return _whole(said)
    if kind == "flag":
        return flag_in(said)
    return moment_in(said) if kind == "moment" else said


def number_in(text: str) -> Decimal | None:
    """`1,532.5` and `1532` are numbers; so is `12 %` not."""
    try:
        number = Decimal(text.replace(",", ""))
    except InvalidOperation:
        return None
    return number if number.is_finite() and number.adjusted() < _LONGEST_NUMBER else None


def _whole(text: str) -> int | None:
    """A range counts as its middle: `51-200` is 125."""
    low, dash, high = text.removesuffix("+").partition("-")
    numbers = [number_in(part) for part in ((low, high) if low and dash else (text.removesuffix("+"),))]
    known = [number for number in numbers if number is not None]
    return int(sum(known) / len(known)) if len(known) == len(numbers) else None


def flag_in(text: str) -> bool | None:
    return _FLAGS.get(text.lower())


def moment_in(text: str) -> str | None:
    """A date or a moment in ISO 8601; without a zone, UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment_text(moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC))
