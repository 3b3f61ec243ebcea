"""A call to the data API, with what its headers ask for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from adapters.sandbox.record import Actor
from adapters.sandbox.salesforce_errors import SalesforceError
from adapters.sandbox.salesforce_write import Caller
from adapters.sandbox.wire import Call


@dataclass(frozen=True, slots=True)
class Request:
    call: Call
    version: str
    """`v67.0`, as in the path."""
    caller: Caller

    def body(self) -> dict[str, Any]:
        """The body, which must be a JSON object.

        Raises:
            SalesforceError: JSON_PARSER_ERROR.
        """
        try:
            body = self.call.json()
        except (ValueError, RecursionError):
            raise SalesforceError(400, "JSON_PARSER_ERROR", "The HTTP entity body is not JSON") from None
        if not isinstance(body, dict):
            raise SalesforceError(400, "JSON_PARSER_ERROR", "The HTTP entity body is required, and must be an object")
        return body


def caller(call: Call, version: str, user: str, locked: Callable[[], bool], struck: Callable[[], str]) -> Caller:
    return Caller(
        actor=Actor("API", user),
        version=version,
        assign=_assign(call.headers.get("sforce-auto-assign", "TRUE").strip()),
        allow_save=_options(call.headers.get("sforce-duplicate-rule-header", "")).get("allowsave") == "true",
        unmodified_since=http_date(call.headers.get("if-unmodified-since", "")),
        locked=locked,
        struck=struck,
    )


def page_size(call: Call) -> int:
    """Sforce-Query-Options: batchSize, 200 to 2,000 records."""
    asked = _options(call.headers.get("sforce-query-options", "")).get("batchsize", "")
    return min(2_000, max(200, int(asked))) if asked.isdecimal() else 2_000


def _assign(text: str) -> bool | str:
    """Absent means TRUE: the fact about this API that is most often got wrong."""
    return {"TRUE": True, "FALSE": False}.get(text.upper(), text)


def _options(text: str) -> Mapping[str, str]:
    """`allowSave=true; includeRecordDetails=true`, names and values in lower case."""
    pairs = (part.partition("=") for part in text.lower().split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def http_date(text: str) -> int | None:
    """Seconds since 1970. What is no date is ignored, as RFC 9110 (13.1.4) wants it."""
    try:
        return int(parsedate_to_datetime(text).timestamp())
    except (ValueError, OverflowError):
        return None
