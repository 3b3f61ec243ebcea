"""Schema fields that coerce nothing: a text of digits is no number, and a Boolean neither.

A right value leaves `deserialize` at once. A full HubSpot delivery has some 700 of them, and marshmallow's own way through
defaults, hooks and validators would cost a third of the opening; what is missing, null or wrong still goes that way.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from marshmallow import ValidationError, fields

BIGGEST_ID: Final = 2**63 - 1


class Whole(fields.Field[int]):
    """An integer from `least` to `most`; null only where it is not required."""

    def __init__(self, name: str | None = None, *, least: int = 0, most: int = BIGGEST_ID, required: bool = False) -> None:
        super().__init__(data_key=name, required=required, allow_none=not required)
        self._least, self._most = least, most

    def deserialize(self, value: Any, attr: str | None = None, data: Mapping[str, Any] | None = None, **rest: Any) -> Any:
        if type(value) is int and self._least <= value <= self._most:
            return value
        return super().deserialize(value, attr, data, **rest)

    def _deserialize(self, *_: Any, **__: Any) -> int:
        raise ValidationError("not an integer, or out of range")


class Text(fields.Field[str]):
    """A text whose whole matches `form`; null only where it is not required."""

    def __init__(self, name: str | None = None, form: str = r"(?s:.*)", *, required: bool = False) -> None:
        super().__init__(data_key=name, required=required, allow_none=not required)
        self._fits = re.compile(form).fullmatch

    def deserialize(self, value: Any, attr: str | None = None, data: Mapping[str, Any] | None = None, **rest: Any) -> Any:
        if type(value) is str and self._fits(value):
            return value
        return super().deserialize(value, attr, data, **rest)

    def _deserialize(self, *_: Any, **__: Any) -> str:
        raise ValidationError("not a text, or not of the right form")
