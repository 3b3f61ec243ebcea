"""The composite resource: up to 25 calls in one, where a later one may use what an earlier one answered."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate

from adapters.sandbox.salesforce_errors import SalesforceError
from adapters.sandbox.salesforce_request import Request
from adapters.sandbox.store import Store
from adapters.sandbox.wire import Answer, Call, json_answer

MAX_PARTS: Final = 25
MAX_HEAVY: Final = 5
"""Of them queries and collections."""

_INHERITED: Final = ("accept", "authorization", "content-type")
"""The only headers that reach the parts from outside. A part's Sforce-Auto-Assign has to stand on the part itself."""

_REFERENCE: Final = re.compile(r"@\{(\w+)((?:\.\w+|\[\d+\])*)\}")
_STEP: Final = re.compile(r"\.(\w+)|\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Part:
    method: str
    url: str
    reference: str
    headers: Mapping[str, str]
    body: Any

    @property
    def heavy(self) -> bool:
        return bool(re.search(r"/(query|queryAll|composite/sobjects)\b", self.url))


@dataclass(frozen=True, slots=True)
class Outcome:
    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def failed(self) -> bool:
        return self.status >= 300


class _PartSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    method = fields.String(required=True, validate=validate.OneOf(["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD"]))
    url = fields.String(required=True, validate=validate.Regexp(r"/services/data/v\d+\.0/(?!composite/?$)"))
    reference = fields.String(required=True, data_key="referenceId", validate=validate.Regexp(r"[A-Za-z]\w*$"))
    headers = fields.Dict(
        keys=fields.String(validate=validate.Regexp(rf"(?i)(?!({'|'.join(_INHERITED)})$)")),
        values=fields.String(),
        data_key="httpHeaders",
        load_default=dict,
    )
    body = fields.Raw(load_default=None, allow_none=True)

    @post_load
    def _part(self, data: dict[str, Any], **_: Any) -> Part:
        return Part(**data)


class _RollBack(Exception):
    pass


class _UnresolvedError(Exception):
    pass


class Composite:
    def __init__(self, store: Store, answer: Callable[[Call], Answer]) -> None:
        self._store = store
        self._answer = answer

    def run(self, request: Request) -> Answer:
        """Answers 200 whatever its parts answer."""
        body = request.body()
        read = parts(body.get("compositeRequest"))
        if sum(part.heavy for part in read) > MAX_HEAVY:
            raise SalesforceError(400, "LIMIT_EXCEEDED", f"At most {MAX_HEAVY} subrequests can be queries or collections")
        responses, _ = self.ran(request.call, read, all_or_none=body.get("allOrNone") is True)
        return json_answer(200, {"compositeResponse": responses})

    def ran(self, call: Call, read: Sequence[Part], *, all_or_none: bool) -> tuple[list[dict[str, Any]], bool]:
        """What each part answered, and whether all of it stands."""
        outcomes: dict[str, Outcome] = {}
        try:
            with self._store.transaction():
                for part in read:
                    outcomes[part.reference] = self._one(call, part, outcomes)
                    if all_or_none:
                        _require(outcomes[part.reference])
        except _RollBack:
            outcomes = {part.reference: _after_roll_back(outcomes.get(part.reference)) for part in read}
        well = not any(outcome.failed for outcome in outcomes.values())
        return [_shown(part, outcomes[part.reference]) for part in read], well

    def halted(self, read: Sequence[Part]) -> tuple[list[dict[str, Any]], bool]:
        """The same of parts that are not tried."""
        return [_shown(part, _halted("Too many graphs before this one failed.")) for part in read], False

    def _one(self, outer: Call, part: Part, earlier: Mapping[str, Outcome]) -> Outcome:
        try:
            url, body = _resolved(part.url, earlier), _resolved(part.body, earlier)
        except _UnresolvedError as error:
            return _halted(str(error))
        path, _, query = url.partition("?")
        headers = {name: outer.headers[name] for name in _INHERITED if name in outer.headers}
        headers |= {name.lower(): value for name, value in part.headers.items()}
        raw = b"" if body is None else json.dumps(body).encode()
        answer = self._answer(Call(part.method, unquote(path), query, headers, raw))
        shown = {name: value for name, value in answer.headers.items() if name in {"Location", "ETag", "Last-Modified"}}
        return Outcome(answer.status, json.loads(answer.body) if answer.body else None, shown)


def parts(document: object, most: int = MAX_PARTS) -> list[Part]:
    """
    Raises:
        SalesforceError: INVALID_INPUT.
    """
    if not isinstance(document, list) or not 1 <= len(document) <= most:
        raise SalesforceError(400, "INVALID_INPUT", f"compositeRequest must hold 1 to {most} subrequests")
    try:
        read: list[Part] = _PartSchema(many=True).load(document)
    except ValidationError as error:
        raise SalesforceError(400, "INVALID_INPUT", f"A subrequest is wrong: {error.messages}") from None
    if len({part.reference for part in read}) < len(read):
        raise SalesforceError(400, "INVALID_INPUT", "Each referenceId must be unique")
    return read


def _resolved(value: Any, earlier: Mapping[str, Outcome]) -> Any:
    """`value` with each @{reference.path} replaced by what that part answered."""
    if isinstance(value, str):
        return _REFERENCE.sub(lambda match: str(_referred(match, earlier)), value)
    if isinstance(value, list):
        return [_resolved(item, earlier) for item in value]
    if isinstance(value, dict):
        return {name: _resolved(item, earlier) for name, item in value.items()}
    return value


def _referred(match: re.Match[str], earlier: Mapping[str, Outcome]) -> Any:
    name, path = match.groups()
    found: Any = earlier[name].body if name in earlier and not earlier[name].failed else None
    try:
        for key, index in _STEP.findall(path):
            found = found[key] if key else found[int(index)]
    except (KeyError, IndexError, TypeError):
        found = None
    if found is None:
        raise _UnresolvedError(f"Invalid reference specified. No value for {name}{path} found in {name}.")
    return found


def _require(outcome: Outcome) -> None:
    if outcome.failed:
        raise _RollBack


def _after_roll_back(outcome: Outcome | None) -> Outcome:
    """What failed says why; a collection that had its own failures stands as it was answered; the rest was halted."""
    if outcome is not None and (outcome.failed or _has_failures(outcome.body)):
        return outcome
    return _halted("The transaction was rolled back since another operation in the same transaction failed.")


def _has_failures(body: Any) -> bool:
    return isinstance(body, list) and any(isinstance(item, dict) and item.get("success") is False for item in body)


def _halted(message: str) -> Outcome:
    return Outcome(400, [{"errorCode": "PROCESSING_HALTED", "message": message}], {})


def _shown(part: Part, outcome: Outcome) -> dict[str, Any]:
    return {
        "body": outcome.body,
        "httpHeaders": dict(outcome.headers),
        "httpStatusCode": outcome.status,
        "referenceId": part.reference,
    }
