"""The batch resource of composite: up to 25 calls in one, none of which knows of another."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import unquote

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from adapters.sandbox.salesforce_errors import SalesforceError
from adapters.sandbox.salesforce_request import Request
from adapters.sandbox.wire import Answer, Call, json_answer

MAX_PARTS: Final = 25


class _PartSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    method = fields.String(required=True, validate=validate.OneOf(["GET", "POST", "PATCH", "PUT", "DELETE"]))
    url = fields.String(required=True, validate=validate.Regexp(r"/?(?:services/data/)?v\d+\.0/(?!composite/batch)"))
    richInput = fields.Raw(load_default=None, allow_none=True)  # noqa: N815 - the API's own word


class Batch:
    def __init__(self, answer: Callable[[Call], Answer]) -> None:
        self._answer = answer

    def run(self, request: Request) -> Answer:
        """Answers 200 whatever its parts answer. Unlike in `composite`, the caller's headers hold for each part."""
        body = request.body()
        results: list[dict[str, Any]] = []
        for part in _parts(body.get("batchRequests")):
            if body.get("haltOnError") is True and any(_failed(one) for one in results):
                results.append({"statusCode": 412, "result": [_HALTED]})
            else:
                results.append(self._one(request.call, part))
        return json_answer(200, {"hasErrors": any(map(_failed, results)), "results": results})

    def _one(self, outer: Call, part: Mapping[str, Any]) -> dict[str, Any]:
        path, _, query = str(part["url"]).removeprefix("/").removeprefix("services/data/").partition("?")
        raw = b"" if part["richInput"] is None else json.dumps(part["richInput"]).encode()
        answer = self._answer(Call(part["method"], f"/services/data/{unquote(path)}", query, outer.headers, raw))
        return {"statusCode": answer.status, "result": json.loads(answer.body) if answer.body else None}


_HALTED: Final = {"errorCode": "BATCH_PROCESSING_HALTED", "message": "Batch processing halted per request"}


def _failed(result: Mapping[str, Any]) -> bool:
    return int(result["statusCode"]) >= 300


def _parts(document: object) -> list[Mapping[str, Any]]:
    if not isinstance(document, list) or not 1 <= len(document) <= MAX_PARTS:
        raise SalesforceError(400, "INVALID_INPUT", f"batchRequests must hold 1 to {MAX_PARTS} subrequests")
    try:
        parts: list[Mapping[str, Any]] = _PartSchema(many=True).load(document)
    except ValidationError as error:
        raise SalesforceError(400, "INVALID_INPUT", f"A subrequest is wrong: {error.messages}") from None
    return parts
