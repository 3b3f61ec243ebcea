"""Salesforce's answers, parsed once, and what each of its error codes means for us. Message texts are never read."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from adapters.errors import AdapterError, CallOperator, Refused, Retry, Throttled, UnknownOutcome

PROVIDER: Final = "salesforce"

LIMIT_SECONDS: Final = 900.0
"""Wait after REQUEST_LIMIT_EXCEEDED. Salesforce sends no Retry-After; the daily window rolls, so some minutes free some calls."""

_CODE = re.compile(r"[A-Za-z_]{1,100}")

_OPERATOR: Final[Mapping[str, str]] = {
    "API_DISABLED_FOR_ORG": "this Salesforce edition has no API, or the user lacks 'API Enabled'; grant it",
    "API_CURRENTLY_DISABLED": "the API is switched off for this org; ask its administrator",
    "FUNCTIONALITY_NOT_ENABLED": "a feature that Leadline needs is switched off in this org; see the permission set",
    "INSUFFICIENT_ACCESS": "the integration user lacks a right; assign Leadline's permission set",
    "INSUFFICIENT_ACCESS_OR_READONLY": "the integration user lacks a right; assign Leadline's permission set",
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": "the integration user may not see a linked record; widen its access",
    "INVALID_TYPE": "the object does not exist for the integration user; assign Leadline's permission set",
    "UNSUPPORTED_API_VERSION": "the API version of this connection is gone; choose a current one",
}

_SOON: Final = frozenset({"UNABLE_TO_LOCK_ROW", "QUERY_TIMEOUT", "SERVER_UNAVAILABLE"})


@dataclass(frozen=True, slots=True)
class VendorError:
    """`errorCode` of a single call, `statusCode` of an item. `fields` are API names."""

    code: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One record's part of a collections or composite answer."""

    success: bool
    id: str | None = None
    errors: tuple[VendorError, ...] = ()
    status: int = 200
    """HTTP status of a composite subrequest; a collection's items have none of their own."""

    @property
    def code(self) -> str:
        return self.errors[0].code if self.errors else ""

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(field for error in self.errors for field in error.fields)


def parse_errors(content: object) -> tuple[VendorError, ...]:
    """An error body: an array as a rule, a bare object on a few resources, HTML from a proxy (which says nothing to us)."""
    entries = content if isinstance(content, list) else [content]
    return tuple(_error(entry) for entry in entries if isinstance(entry, dict))


def _error(entry: Mapping[str, Any]) -> VendorError:
    code = entry.get("errorCode") or entry.get("statusCode") or ""
    fields = entry.get("fields")
    return VendorError(
        code=code if isinstance(code, str) and _CODE.fullmatch(code) else "",
        fields=tuple(name for name in fields if isinstance(name, str)) if isinstance(fields, list) else (),
    )


def parse_collection(document: object, expected: int) -> list[Item]:
    """The answer of `composite/sobjects`: an array in the order of the request. A record that was rolled back still
    carries its id, so `success` alone counts.

    Raises:
        ValueError: it is not `expected` items.
    """
    return [
        Item(success=entry.get("success") is True, id=entry.get("id"), errors=parse_errors(entry.get("errors")))
        for entry in _entries(document, expected)
    ]


def parse_composite(document: object, expected: int) -> list[Item]:
    """The answer of `composite`: `{"compositeResponse": [{"body", "httpStatusCode", ...}]}` in the order of the request.

    Raises:
        ValueError: it is not `expected` subanswers.
    """
    answers = document.get("compositeResponse") if isinstance(document, dict) else None
    return [_subanswer(entry) for entry in _entries(answers, expected)]


def _subanswer(entry: Mapping[str, Any]) -> Item:
    status = int(entry.get("httpStatusCode", 0))
    fine = 200 <= status < 300
    return Item(success=fine, errors=() if fine else parse_errors(entry.get("body")), status=status)


def _entries(document: object, expected: int) -> Sequence[Mapping[str, Any]]:
    if not isinstance(document, list) or len(document) != expected or not all(isinstance(entry, dict) for entry in document):
        raise ValueError("not one answer per record")
    return document


def error_for(status: int, content: object, *, operation: str, writes: bool) -> AdapterError:
    """What to do about a whole call that was answered with `status` (300 or more, but not 401)."""
    errors = parse_errors(content)
    code = errors[0].code if errors else ""
    if code == "REQUEST_LIMIT_EXCEEDED":
        sentence = "Salesforce's request limit is reached; work goes on when calls are free again."
        return Throttled(sentence, provider=PROVIDER, operation=operation, policy="daily", after=LIMIT_SECONDS, code=code)
    if status == 429:
        sentence = "Salesforce asks us to slow down."
        return Throttled(sentence, provider=PROVIDER, operation=operation, policy="burst", after=5.0, code=code)
    if status >= 500:
        return interrupted(operation, writes=writes, status=status, code=code)
    if code in _SOON:
        return Retry("Salesforce is busy.", provider=PROVIDER, operation=operation, status=status, code=code, after=2.0)
    return _final(status, code, operation)


def _final(status: int, code: str, operation: str) -> AdapterError:
    if status < 400:
        advice = "the org has moved to another address; set the connection's URL to its My Domain"
    elif status == 403 or code in _OPERATOR:
        advice = _OPERATOR.get(code, "the integration user may not do this; assign Leadline's permission set")
    else:
        sentence = f"Salesforce refused {operation} ({status} {code})."
        return Refused(sentence, provider=PROVIDER, operation=operation, status=status, code=code)
    sentence = f"Salesforce refused {operation} ({status} {code}): {advice}."
    return CallOperator(sentence, provider=PROVIDER, operation=operation, status=status, code=code)


def interrupted(operation: str, *, writes: bool, status: int | None = None, code: str = "") -> AdapterError:
    """No usable answer came. A read may simply be repeated; a write may have been carried out."""
    if writes:
        sentence = f"Salesforce gave no usable answer to {operation}; it may have been carried out."
        return UnknownOutcome(sentence, provider=PROVIDER, operation=operation, status=status, code=code)
    sentence = f"Salesforce gave no usable answer to {operation}."
    return Retry(sentence, provider=PROVIDER, operation=operation, status=status, code=code, after=2.0)
