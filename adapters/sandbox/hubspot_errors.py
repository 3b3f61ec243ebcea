"""HubSpot's error bodies. Every field of a real one is optional; these carry the keys that were seen on real portals."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from adapters.sandbox.wire import Answer, json_answer


@dataclass(frozen=True, slots=True)
class Invalid:
    """One property value that was refused."""

    name: str
    code: str
    """PROPERTY_DOESNT_EXIST, READ_ONLY_VALUE, INVALID_OPTION, INVALID_EMAIL, INVALID_LONG, INVALID_DATE, INVALID_OWNER_ID."""
    message: str


class RefusalError(Exception):
    """A request, or one input of a batch, that HubSpot refuses."""

    def __init__(self, status: int, category: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.category = category
        self.message = message
        self.more = more

    def document(self) -> dict[str, Any]:
        category = {"category": self.category} if self.category else {}
        return {"status": "error", "message": self.message, **category, **self.more}


def trace_id(random: Random) -> str:
    """A correlation id."""
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


def error_answer(refusal: RefusalError, random: Random) -> Answer:
    """A refusal as the answer to a whole request."""
    return json_answer(refusal.status, {**refusal.document(), "correlationId": trace_id(random)})


def bad_request(message: str, **more: Any) -> RefusalError:
    return RefusalError(400, "VALIDATION_ERROR", message, **more)


def not_found(message: str = "resource not found", **more: Any) -> RefusalError:
    return RefusalError(404, "OBJECT_NOT_FOUND", message, **more)


def conflict(existing: str) -> RefusalError:
    """The e-mail address is taken. The id exists nowhere but in the text."""
    return RefusalError(409, "CONFLICT", f"Contact already exists. Existing ID: {existing}")


def invalid_values(problems: Sequence[Invalid], portal_id: int) -> RefusalError:
    """All refused values of one record. The details are JSON inside the message, as well as beside it."""
    listed = [
        {
            "isValid": False,
            "message": problem.message,
            "error": problem.code,
            "name": problem.name,
            "localizedErrorMessage": problem.message,
            "portalId": portal_id,
        }
        for problem in problems
    ]
    errors = [{"message": p.message, "code": p.code, "context": {"propertyName": [p.name]}} for p in problems]
    return bad_request(f"Property values were not valid: {json.dumps(listed, separators=(',', ':'))}", errors=errors)


def missing_scopes(scopes: Sequence[str]) -> RefusalError:
    wanted = {"message": "One or more of the following scopes are required.", "context": {"requiredGranularScopes": list(scopes)}}
    return RefusalError(
        403,
        "MISSING_SCOPES",
        "This app hasn't been granted all required scopes to make this call.",
        errors=[wanted],
        links={"scopes": "https://developers.hubspot.com/scopes"},
    )


def throttled(policy: str, portal_id: int, random: Random) -> Answer:
    """429 for a policy: TEN_SECONDLY_ROLLING, SECONDLY (search) or DAILY. `Retry-After` is not sent, as often in life."""
    group = {"groupName": f"publicapi:private-app-api-calls-{policy.lower().replace('_', '-')}:{portal_id}"}
    document = {
        "status": "error",
        "message": f"You have reached your {policy.lower()} limit.",
        "errorType": "RATE_LIMIT",
        "correlationId": trace_id(random),
        "policyName": policy,
        "requestId": trace_id(random).replace("-", ""),
        **({} if policy == "DAILY" else group),
    }
    return json_answer(429, document)


def expired(expired_at: str, seconds_ago: int) -> RefusalError:
    message = f"The OAuth token used to make this call expired {seconds_ago} second(s) ago."
    return RefusalError(401, "EXPIRED_AUTHENTICATION", message, context={"expire time": [expired_at]})


def unauthenticated() -> RefusalError:
    return RefusalError(401, "INVALID_AUTHENTICATION", "Authentication credentials not found or not valid. Send a bearer token.")
