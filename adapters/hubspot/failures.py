"""What HubSpot's refusals mean: status, category and policy name in, an error named for what to do next out."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypedDict

from adapters.errors import AdapterError, CallOperator, Refused, Retry, Throttled, UnknownOutcome
from adapters.hubspot.transport import Answer

_POLICIES: Final[tuple[tuple[str, str, float], ...]] = (
    ("TEN_SECONDLY", "burst", 10.0),  # rolling ten seconds: room comes back after ten at the latest
    ("SECONDLY", "search", 1.0),
    ("DAILY", "daily", 3600.0),  # until midnight in the account's own time zone, which the answer does not tell
)
"""Beginning of `policyName`, our name for it, seconds to wait when there is no Retry-After (there often is none)."""

_NOT_DONE: Final[Mapping[int, float]] = {408: 1.0, 423: 2.0, 477: 300.0}
"""Nothing was done, come again: status and seconds. 423 is a locked record, 477 an account on the move between data centres."""

_KEEP_OUT: Final = frozenset({401, 403, 530})
"""A token or a right is missing. 530: a token so wrong that HubSpot's gate cannot read it."""

_LONGEST_WAIT: Final = 86_400.0
"""Seconds. HubSpot promises no more than a day for 477."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One call, as errors and sentences name it."""

    name: str
    writes: bool = False
    scope: str = ""
    """The OAuth scope that it needs, for the sentence when HubSpot does not name one."""
    policy: Literal["burst", "search"] = "burst"
    """Which of the connection's allowances it is taken from."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """HubSpot's error object; it promises none of its fields."""

    category: str
    code: str
    """The most exact code there is: the first property error's, else the category."""
    properties: tuple[str, ...]
    ids: tuple[str, ...]
    traces: tuple[str, ...]
    scopes: tuple[str, ...]
    policy: str
    users: tuple[str, ...] = ()
    """Who uses what was to go, in HubSpot's words: `WORKFLOW 123`."""


class _Facts(TypedDict):
    provider: str
    operation: str
    status: int
    code: str


class Rejected(Refused):
    """400, 404 or 409: HubSpot refused this input and did nothing. `complaint` says what it named."""

    def __init__(self, sentence: str, *, operation: str, status: int, complaint: Complaint) -> None:
        super().__init__(sentence, provider="hubspot", operation=operation, status=status, code=complaint.code)
        self.complaint = complaint


def complaint(document: object) -> Complaint:
    """Reads an error object: the body of a refusal, or one entry of `errors` in a 207."""
    error = document if isinstance(document, dict) else {}
    details = [*_property_errors(_text(error, "message")), *_dicts(error.get("errors"))]
    contexts = [_context(error), *map(_context, details)]
    codes = [code for detail in details if (code := _text(detail, "error") or _text(detail, "code"))]
    names = [name for detail in details if (name := _text(detail, "name") or _text(detail, "in"))]
    users = [" ".join((*_texts(one, "parentDisplayType"), *_texts(one, "parentName"))) for one in contexts]
    return Complaint(
        category=_text(error, "category"),
        code=(codes or [_text(error, "category")])[0],
        properties=_unique(names, *(_texts(context, "propertyName") for context in contexts)),
        ids=_unique(*(_texts(context, "ids") for context in contexts)),
        traces=_unique(*(_texts(context, "objectWriteTraceId") for context in contexts)),
        scopes=_unique(*(_scopes(context) for context in contexts)),
        policy=_text(error, "policyName").upper(),
        users=_unique([one for one in users if one]),
    )


def failure(answer: Answer, operation: Operation) -> AdapterError:
    """The error for an answer outside 2xx."""
    said = complaint(_json(answer.data))
    if answer.status == 429:
        return _throttled(answer, said, operation)
    if answer.status in _KEEP_OUT:
        return CallOperator(_missing_right(answer.status, said, operation), **_facts(answer, said, operation))
    if answer.status in _NOT_DONE or answer.status >= 500:
        return _broken(answer, said, operation)
    sentence = f"HubSpot refused to {operation.name} ({f'{answer.status} {said.code}'.rstrip()})."
    if answer.status in {400, 404, 409}:
        return Rejected(sentence, operation=operation.name, status=answer.status, complaint=said)
    return Refused(sentence, **_facts(answer, said, operation))


def no_answer(operation: Operation, what: str) -> AdapterError:
    """The error for a request whose answer never came, or cannot be read."""
    kind = UnknownOutcome if operation.writes else Retry
    return kind(f"HubSpot gave no usable answer to {operation.name}: {what}.", provider="hubspot", operation=operation.name)


def _facts(answer: Answer, said: Complaint, operation: Operation) -> _Facts:
    return {"provider": "hubspot", "operation": operation.name, "status": answer.status, "code": said.code}


def _broken(answer: Answer, said: Complaint, operation: Operation) -> AdapterError:
    facts = _facts(answer, said, operation)
    if answer.status in _NOT_DONE:
        wait = _retry_after(answer, _NOT_DONE[answer.status])
        return Retry(f"HubSpot is not ready to {operation.name} ({answer.status}).", **facts, after=wait)
    sentence = f"HubSpot failed to {operation.name} ({answer.status})."
    return UnknownOutcome(sentence, **facts) if operation.writes else Retry(sentence, **facts, after=_retry_after(answer, 1.0))


def _throttled(answer: Answer, said: Complaint, operation: Operation) -> Throttled:
    known = (limit for limit in _POLICIES if said.policy.startswith(limit[0]))
    _, policy, wait = next(known, _POLICIES[0])
    return Throttled(
        f"HubSpot's {policy} limit is reached.",
        provider="hubspot",
        operation=operation.name,
        policy=policy,
        after=_retry_after(answer, wait),
        code=said.policy,
    )


def _missing_right(status: int, said: Complaint, operation: Operation) -> str:
    if status != 403:
        return "HubSpot does not accept the access token; connect the account again."
    scopes = ", ".join(said.scopes) or operation.scope
    if said.category == "MISSING_SCOPES":
        return f"HubSpot will not {operation.name}: the app lacks the scope {scopes}; add it and install the app again."
    return f"HubSpot forbids to {operation.name}; check the account's plan and the app's scope {scopes}."


def _retry_after(answer: Answer, otherwise: float) -> float:
    seconds = answer.headers.get("Retry-After", "")
    return min(float(seconds), _LONGEST_WAIT) if seconds.isascii() and seconds.isdigit() else otherwise


def _property_errors(message: str) -> list[dict[str, Any]]:
    """HubSpot hides a JSON list in the text of a validation error: `Property values were not valid: [{...}]`."""
    start = message.find("[")
    return _dicts(_json(message[start:].encode())) if start >= 0 else []


def _json(raw: bytes) -> object:
    try:
        return json.loads(raw)
    except ValueError:
        return None


def _text(document: dict[str, Any], key: str) -> str:
    value = document.get(key)
    return value if isinstance(value, str) else ""


def _dicts(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _context(error: dict[str, Any]) -> dict[str, Any]:
    context = error.get("context")
    return context if isinstance(context, dict) else {}


def _texts(context: dict[str, Any], key: str) -> list[str]:
    values = context.get(key)
    return [str(value) for value in values if isinstance(value, (str, int))] if isinstance(values, list) else []


def _scopes(context: dict[str, Any]) -> list[str]:
    found = _texts(context, "requiredScopes") or _texts(context, "requiredGranularScopes")
    return [scope for scope in found if re.fullmatch(r"[a-z0-9._-]{1,80}", scope)]


def _unique(*lists: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for texts in lists for text in texts))
