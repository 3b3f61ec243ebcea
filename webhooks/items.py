"""A delivery is a list: what cannot be understood is set aside with a sentence, and the rest goes on."""

import json
from collections.abc import Callable, Iterable
from typing import TypeVar

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
