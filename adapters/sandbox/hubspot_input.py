"""Reading HubSpot request bodies: explicit checks, one clear 400 for what does not fit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.sandbox.hubspot_errors import RefusalError, bad_request, not_found
from adapters.sandbox.hubspot_portal import KIND_NAMES, KINDS, Kind
from adapters.sandbox.wire import Call


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a batch, or the body of a single write."""

    id: str
    id_property: str
    properties: Mapping[str, Any]
    trace: str
    """Its objectWriteTraceId, empty without one."""
    associations: Sequence[Mapping[str, Any]]


def kind_of(word: str) -> Kind:
    """The object type a path names.

    Raises:
        RefusalError: there is no such type in this portal.
    """
    name = KIND_NAMES.get(word)
    if name is None:
        raise bad_request(f"Unable to infer object type from: {word}")
    return KINDS[name]


def document(call: Call) -> dict[str, Any]:
    """A JSON object.

    Raises:
        RefusalError: the body is something else.
    """
    body = parsed(call)
    if not isinstance(body, dict):
        raise bad_request("Invalid input JSON on line 1, column 1: the body must be an object.")
    return body


def parsed(call: Call) -> Any:
    """The body as JSON.

    Raises:
        RefusalError: it is none.
    """
    try:
        return call.json()
    except ValueError:
        raise bad_request("Invalid input JSON on line 1, column 1: the body is not JSON.") from None


def items(body: Mapping[str, Any], most: int = 100) -> list[Mapping[str, Any]]:
    """The `inputs` of a batch, 1 to `most` objects."""
    inputs = body.get("inputs")
    if not isinstance(inputs, list) or not inputs or not all(isinstance(item, dict) for item in inputs):
        raise bad_request("Invalid input JSON: 'inputs' must be a list of objects, and not an empty one.")
    if len(inputs) > most:
        raise bad_request(f"Invalid input: 'inputs' holds {len(inputs)}, the maximum is {most}. Send them in several calls.")
    return inputs


def one(item: Mapping[str, Any]) -> Input:
    """A record as clients send it."""
    properties = item.get("properties", {})
    if not isinstance(properties, dict) or not all(_scalar(value) for value in properties.values()):
        raise bad_request("Invalid input JSON: 'properties' must map names to strings.")
    associations = item.get("associations") or []
    if not isinstance(associations, list) or not all(isinstance(association, dict) for association in associations):
        raise bad_request("Invalid input JSON: 'associations' must be a list of objects.")
    return Input(
        id=word(item, "id"),
        id_property=word(item, "idProperty"),
        properties=properties,
        trace=word(item, "objectWriteTraceId"),
        associations=associations,
    )


def word(item: Mapping[str, Any], name: str) -> str:
    """A string member, empty when absent; an id sent as a number is taken."""
    value = item.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, str | int)):
        raise bad_request(f"Invalid input JSON: '{name}' must be a string.")
    return "" if value is None else str(value)


def count(item: Mapping[str, Any], name: str, default: int) -> int:
    """A whole number from 0 on, sent as such or as text."""
    text = word(item, name)
    if text and not text.isdecimal():
        raise bad_request(f"Invalid input JSON: '{name}' must be a whole number.")
    return int(text) if text else default


def words(item: Mapping[str, Any], name: str) -> list[str]:
    """A list of strings, empty when absent."""
    values = item.get(name) or []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise bad_request(f"Invalid input JSON: '{name}' must be a list of strings.")
    return values


def page(call: Call, default: int, most: int) -> tuple[int, str]:
    """`limit` and `after` of a listing."""
    text = call.argument("limit") or str(default)
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise bad_request(f"Page limit {text} is not between 1 and {most}.")
    after = call.argument("after")
    if after and not after.isdecimal():
        raise bad_request(f"Cannot page on from {after}; use the 'after' of the page before.")
    return int(text), after


def comma_list(call: Call, name: str) -> list[str]:
    """A query argument that may be repeated or hold several names joined by commas."""
    return [part for value in call.arguments(name) for part in value.split(",") if part]


def wants(call: Call, name: str) -> bool:
    """A query flag. The Python SDK writes `True`."""
    return call.argument(name).lower() == "true"


def nowhere(call: Call) -> RefusalError:
    """No such endpoint."""
    return not_found(f"No endpoint answers {call.method} here.")


def _scalar(value: object) -> bool:
    return value is None or isinstance(value, str | int | float | bool)
