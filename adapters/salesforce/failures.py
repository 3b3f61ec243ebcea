"""What each of Salesforce's errors means for what to do next: for a whole call, and for one record of it."""

from collections.abc import Iterable, Mapping
from typing import Final, Literal

from adapters.errors import AdapterError, CallOperator, Refused, Retry, Throttled, UnknownOutcome
from adapters.salesforce.answers import Item, parse_errors

PROVIDER: Final = "salesforce"

LIMIT_SECONDS: Final = 900.0
"""Wait after REQUEST_LIMIT_EXCEEDED. Salesforce sends no Retry-After; the daily window rolls, so some minutes free some calls."""

_OPERATOR: Final[Mapping[str, str]] = {
    "API_DISABLED_FOR_ORG": "this Salesforce edition has no API, or the user lacks 'API Enabled'; grant it",
    "API_CURRENTLY_DISABLED": "the API is switched off for this org; ask its administrator",
    "FUNCTIONALITY_NOT_ENABLED": "a feature that Leadline needs is switched off in this org; see the permission set",
    "INSUFFICIENT_ACCESS": "the integration user lacks a right; assign Leadline's permission set",
    "INSUFFICIENT_ACCESS_OR_READONLY": "the integration user lacks a right; assign Leadline's permission set",
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": "the integration user may not see a linked record; widen its access",
    "INVALID_FIELD": "a field does not exist for the integration user; assign Leadline's permission set",
    "INVALID_TYPE": "the object does not exist for the integration user; assign Leadline's permission set",
    "QUERY_TOO_COMPLICATED": "the mapping reads too many formula fields at once; map fewer of them",
    "UNSUPPORTED_API_VERSION": "the API version of this connection is gone; choose a current one",
}

NARROW: Final = frozenset({"QUERY_TIMEOUT", "QUERY_TOO_COMPLICATED"})
"""The same query over fewer records may go through."""

LIMITS: Final = frozenset({"REQUEST_LIMIT_EXCEEDED"})
"""Of one record too, it is no fault of the record's."""

_SOON: Final = frozenset({"UNABLE_TO_LOCK_ROW", "QUERY_TIMEOUT", "SERVER_UNAVAILABLE"})

_FOR_LATER: Final[Mapping[str, str]] = {
    "UNABLE_TO_LOCK_ROW": "Somebody else is writing this record or its account.",
    "SERVER_UNAVAILABLE": "Salesforce is busy.",
    "UNKNOWN_EXCEPTION": "Salesforce failed on this record.",
    "REQUEST_LIMIT_EXCEEDED": "Salesforce's request limit is reached.",
    "PROCESSING_HALTED": "Another record of the same call stopped this one.",
    "ALL_OR_NONE_OPERATION_ROLLED_BACK": "Another record of the same call undid this one.",
    # The customer's own automation failed. Often it met a lock, which only the text would tell, so it gets its tries.
    "CANNOT_EXECUTE_FLOW_TRIGGER": "A flow of the org failed on this record; its error mail says why.",
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": "An Apex trigger of the org failed on this record; its debug log says why.",
}

ELSEWHERE: Final = frozenset(
    {"ENTITY_IS_DELETED", "NOT_FOUND", "MALFORMED_ID", "CANNOT_UPDATE_CONVERTED_LEAD", "INVALID_CROSS_REFERENCE_KEY"}
)
"""The record may be gone: look. INVALID_CROSS_REFERENCE_KEY is also what an unknown id or owner in a body is answered with."""

UNABLE: Final = frozenset(
    {"INVALID_CROSS_REFERENCE_KEY", "INACTIVE_OWNER_OR_USER", "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"}
)
"""Of a record that is there: the owner cannot own it."""

OUTDATED: Final = frozenset(
    {"INVALID_FIELD", "INVALID_FIELD_FOR_INSERT_UPDATE", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "STRING_TOO_LONG"}
)
"""The org is not as it was described: an administrator changed a field meanwhile."""

_FOR_GOOD: Final[Mapping[str, str]] = {
    "INVALID_CROSS_REFERENCE_KEY": "The owner cannot own this record: inactive, not a queue for it, or without access.",
    "INACTIVE_OWNER_OR_USER": "The owner is no longer active.",
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": "A validation rule of the org refuses the change; let it pass the integration user.",
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": "The picklist does not have this value; add it or lift the restriction.",
    "STRING_TOO_LONG": "The value is longer than the field.",
    "DUPLICATES_DETECTED": "A duplicate rule of the org blocks the change; exempt the integration user.",
    "DUPLICATE_VALUE": "Another record has this value in a field that has to be unique.",
    "CANNOT_UPDATE_CONVERTED_LEAD": "The lead was converted, and its contact cannot be seen.",
    "NUMBER_OUTSIDE_VALID_RANGE": "The number is larger than the field takes; give the field more digits.",
    "INVALID_FIELD_FOR_INSERT_UPDATE": "The integration user may not write the field; assign Leadline's permission set.",
    "INVALID_FIELD": "The field does not exist for the integration user; assign Leadline's permission set.",
    "REQUIRED_FIELD_MISSING": "The org requires a field that Leadline does not write.",
}


def item_state(item: Item) -> Literal["written", "conflict", "retry", "unknown", "refused"]:
    """What became of one record. Codes in `ELSEWHERE` are `refused` here; whether the record is gone takes a look."""
    if item.success:
        return "written"
    if item.status == 412:
        return "conflict"
    if item.code in _FOR_LATER:
        return "retry"
    return "unknown" if item.status >= 500 else "refused"


def item_reason(item: Item) -> str:
    """One sentence of our own about a record that was not written."""
    if item.status == 412:
        return "The record was changed since it was read."
    if item.code == "DUPLICATES_DETECTED" and item.twins:
        twins = ", ".join(item.twins[:5])
        return f"A duplicate rule of the org blocks the change, because of {twins}; merge them, or exempt the integration user."
    known = _FOR_LATER.get(item.code) or _FOR_GOOD.get(item.code)
    advice = _OPERATOR.get(item.code)
    refusal = f"Salesforce refused the change ({item.code or item.status})"
    return known or (f"{refusal}: {advice}." if advice else f"{refusal}.")


def limit_met(items: Iterable[Item], operation: str) -> Throttled | None:
    """The org's limit, where one record of a call met it: the next call would meet it, too."""
    code = next((item.code for item in items if item.code in LIMITS), "")
    return _limit_reached(operation, code) if code else None


def _limit_reached(operation: str, code: str) -> Throttled:
    sentence = "Salesforce's request limit is reached; work goes on when calls are free again."
    return Throttled(sentence, provider=PROVIDER, operation=operation, policy="daily", after=LIMIT_SECONDS, code=code)


def error_for(status: int, content: object, *, operation: str, writes: bool) -> AdapterError:
    """What to do about a whole call that was answered with `status` (300 or more, but not 401)."""
    errors = parse_errors(content)
    code = errors[0].code if errors else ""
    if code in LIMITS:
        return _limit_reached(operation, code)
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
    elif status in {403, 410} or code in _OPERATOR:
        otherwise = "UNSUPPORTED_API_VERSION" if status == 410 else "INSUFFICIENT_ACCESS"
        advice = _OPERATOR[code if code in _OPERATOR else otherwise]
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
