"""A delivery is a list: what cannot be understood is set aside with a sentence, and the rest goes on."""

import json
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from marshmallow import Schema, ValidationError

from webhooks.base import Event, Opened, UnreadableDeliveryError

Item = TypeVar("Item")

_MAX_DIGITS = 20
"""One more than the longest 64-bit integer has."""


class ItemError(ValueError):
    """One item cannot be understood; the sentence has no value of the item in it."""


def open_items(items: Iterable[Item], read: Callable[[Item], Event]) -> Opened:
    """Reads every item; the sentence of an ItemError becomes a problem, with the item's number."""
    events: list[Event] = []
    problems: list[str] = []
    for number, item in enumerate(items, start=1):
        try:
            events.append(read(item))
        except ItemError as error:
            problems.append(f"Item {number}: {error}")
    return Opened(tuple(events), tuple(problems))


def left_out(names: str) -> ItemError:
    """The error of an item of which `names`, the vendor's words for its parts, are missing or wrong."""
    return ItemError(f"missing or wrong: {names}; the event was left out, the next sweep looks at its record.")


def load_item(schema: Schema, item: object) -> dict[str, Any]:
    """What `schema` makes of one item of a JSON list.

    Raises:
        ItemError: it is no JSON object, or not as the schema wants it.
    """
    if not isinstance(item, dict):
        raise ItemError("it is not a JSON object; no event could be read from it.")
    try:
        return dict(schema.load(item))
    except ValidationError as error:
        raise left_out(", ".join(sorted(error.messages_dict))) from error


def read_json(body: bytes) -> object:
    """The body as JSON.

    Raises:
        UnreadableDeliveryError: it is not JSON, or nested too deep to read.
    """
    try:
        return json.loads(body, parse_int=_bounded)
    except (ValueError, RecursionError) as error:
        raise UnreadableDeliveryError("The body is not JSON that can be read; the sender must be asked for it again.") from error


def _bounded(digits: str) -> int | str:
    """A number too long for any id stays text: Python refuses to read thousands of digits, and the other items would suffer."""
    return int(digits) if len(digits) <= _MAX_DIGITS else digits
