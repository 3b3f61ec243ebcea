"""What senders of JSON are told: always a JSON object, which a Salesforce Flow insists on."""

import json
from dataclasses import dataclass
from typing import Final

from webhooks.base import Reply, Request

JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is turned away: a code to count under, and one sentence that holds no secret and none of the input."""

    code: str
    sentence: str


ACCEPTED: Final = Reply(200, b'{"accepted":true}', JSON)


def refused(status: int, refusal: Refusal) -> Reply:
    return Reply(status, json.dumps({"error": refusal.sentence}).encode(), JSON, refusal.code)


def json_body_refused(request: Request, max_bytes: int) -> Reply | None:
    """413 or 415, before anything is hashed; None if size and type are right."""
    if len(request.body) > max_bytes:
        return refused(413, too_large(max_bytes))
    if media_type(request) != JSON:
        return refused(
            415, Refusal("content_type", "The content type must be application/json; set the header and send it again.")
        )
    return None


def too_large(max_bytes: int) -> Refusal:
    return Refusal("too_large", f"The body is larger than {max_bytes} bytes; send fewer events at once.")


def media_type(request: Request) -> str:
    """The content type in lower case, without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
