"""Fields of a policy document, whose messages say what to do."""

import re
from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from marshmallow import ValidationError, fields, validate
from marshmallow.experimental.context import Context

from config.policy_terms import Kind
from config.sentences import NAME

Names = Mapping[str, Mapping[str, str]]
"""Section to the names it defines; each with its kind (destinations), `runs` or `rests` (clocks), or an empty text."""

_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]{1,39}\Z")
_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s]{1,180}\.[^@\s.]{2,60}\Z")
_BASICS: Final[dict[str, Any]] = {"required": "Missing; add it.", "null": "Empty; give it a value, or take the line out."}


def _says(invalid: str) -> dict[str, Any]:
    return {**_BASICS, "invalid": invalid}


class Text(fields.String):
    default_error_messages = _says("Write a text here; put it in quotes if it looks like a number or yes/no.")


class Email(Text):
    def __init__(self, **options: Any) -> None:
        error = "This is not an e-mail address; write name@company.com."
        super().__init__(validate=validate.Regexp(_EMAIL, error=error), **options)


class Whole(fields.Integer):
    default_error_messages = _says("Write a whole number here, in digits.")

    def __init__(self, low: int, high: int, **options: Any) -> None:
        between = validate.Range(low, high, error=f"Write a whole number from {low} to {high}.")
        super().__init__(strict=True, validate=between, **options)


class Flag(fields.Boolean):
    default_error_messages = _says("Write yes or no.")


class List(fields.List[Any]):
    default_error_messages = _says("Write a list: one line for each, beginning with `- `.")


class Table(fields.Dict):
    default_error_messages = _says("Write a table here: `name: value` lines, indented.")


class Nested(fields.Nested):
    default_error_messages = _BASICS


class Unread(fields.Raw):
    """Passed on as it is."""

    default_error_messages = _BASICS


class Reference(Text):
    """A name that another section of the document defines."""

    def __init__(self, section: str, *, only: frozenset[Kind] = frozenset(), **options: Any) -> None:
        super().__init__(**options)
        self._section = section
        self._only = only

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> str:
        name = str(super()._deserialize(value, attr, data, **options))
        names: Names = Context.get()
        kind = names[self._section].get(name)
        if kind is None:
            known = ", ".join(list(names[self._section])[:12]) or "none yet"
            raise ValidationError(f"`{name[:40]}` is not defined; define it under `{self._section}`, or use one of {known}.")
        if self._only and kind and kind not in self._only:
            raise ValidationError(f"`{kind}` cannot stand here; use a destination of kind {', '.join(sorted(self._only))}.")
        return name


def name_of(what: str) -> Text:
    error = f"Name {what} in lower case: a letter, then letters, digits and _, at most 60."
    return Text(validate=validate.Regexp(re.compile(NAME.pattern + r"\Z"), error=error))


def reason_code() -> Text:
    error = "Write a reason code in capitals: letters, digits and _, 2 to 40 of them."
    return Text(required=True, validate=validate.Regexp(_CODE, error=error))


class TimeOfDay(Text):
    """HH:MM to minutes since midnight; 24:00 is the end of the day."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> Any:
        text = super()._deserialize(value, attr, data, **options)
        if not re.fullmatch(r"([01]?[0-9]|2[0-3]):[0-5][0-9]|24:00", text, re.ASCII):
            raise ValidationError("Write a time of day like 09:00.")
        hours, minutes = text.split(":")
        return int(hours) * 60 + int(minutes)


class Zone(Text):
    """An IANA time zone, to a `ZoneInfo`."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> Any:
        zone = super()._deserialize(value, attr, data, **options)
        try:
            return ZoneInfo(zone)
        except (OSError, ValueError, KeyError) as error:  # not found, a path that leaves the zone folder, or no zone in it
            raise ValidationError("No such time zone; write one like Europe/Berlin or America/New_York.") from error
