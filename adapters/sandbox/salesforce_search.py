"""SOSL: words looked for in every text of some objects, as `search` and `parameterizedSearch` take them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from adapters.sandbox.record import Record
from adapters.sandbox.salesforce_errors import SalesforceError
from adapters.sandbox.salesforce_org import Org
from adapters.sandbox.salesforce_request import Request
from adapters.sandbox.salesforce_schema import FieldSpec, ObjectSpec
from adapters.sandbox.wire import Answer, json_answer

MAX_ROWS: Final = 2_000

_FIND: Final = re.compile(
    r"\s*FIND\s*\{(?P<term>(?:[^{}\\]|\\.)+)\}(?:\s*IN\s+(?P<scope>\w+)\s+FIELDS)?(?:\s*RETURNING\s+(?P<returning>.*?))?"
    r"(?:\s*LIMIT\s+(?P<limit>\d+))?\s*",
    re.IGNORECASE | re.DOTALL,
)
_RETURNING: Final = re.compile(r"\s*(\w+)\s*(?:\(([^()]*(?:\([^()]*\)[^()]*)*)\))?\s*(?:,|$)")
_CLAUSES: Final = re.compile(r"\b(?:WHERE|ORDER\s+BY|LIMIT|OFFSET)\b", re.IGNORECASE)
_SCOPES: Final[Mapping[str, frozenset[str]]] = {
    "ALL": frozenset(),
    "NAME": frozenset({"name", "firstname", "lastname"}),
    "EMAIL": frozenset({"email"}),
    "PHONE": frozenset({"phone", "mobilephone"}),
}
"""Names of fields in lower case; empty is every text."""
_TEXTS: Final = frozenset({"string", "email", "phone", "textarea", "url", "picklist"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for and what to show of it."""

    term: str
    scope: str
    returning: Sequence[tuple[str, str]]
    """Object, and the rest of a query: `Id, Name WHERE …`."""
    limit: int


class Search:
    def __init__(self, org: Org) -> None:
        self._org = org

    def sosl(self, request: Request) -> Answer:
        return json_answer(200, {"searchRecords": list(self._found(parsed(request.call.argument("q")), request.version))})

    def by_parameters(self, request: Request) -> Answer:
        """GET with `q` and `sobject`, or POST with `q`, `sobjects`, `fields`, `in`, `overallLimit`."""
        body = request.body() if request.call.method == "POST" else {}
        rows = list(self._found(_of_parameters(request, body), request.version))
        return json_answer(200, {"searchRecords": rows})

    def _found(self, wanted: Wanted, version: str) -> Iterator[dict[str, Any]]:
        left = min(wanted.limit, MAX_ROWS)
        pattern = _pattern(wanted.term)
        for name, rest in wanted.returning:
            spec = self._org.schema.find(name)
            if spec is None:
                raise SalesforceError(400, "INVALID_TYPE", f"sObject type '{name}' is not supported.")
            found = self._org.queries.run(_query(name, rest), version, deleted=False)
            hits = [record for record in found.records if self._has(spec, record, wanted.scope, pattern)][:left]
            left -= len(hits)
            yield from map(found.render, hits)

    def _has(self, spec: ObjectSpec, record: Record, scope: str, pattern: re.Pattern[str]) -> bool:
        texts = (field for field in spec.fields.values() if _is_searched(field, scope))
        return any(pattern.search(str(self._org.reader.getter(spec, field)(record) or "")) for field in texts)


def parsed(statement: str) -> Wanted:
    """
    Raises:
        SalesforceError: MALFORMED_SEARCH.
    """
    found = _FIND.fullmatch(statement)
    scope = (found["scope"] or "ALL").upper() if found else ""
    if found is None or scope not in _SCOPES:
        raise _malformed("unexpected token: a search is FIND {words} IN ALL FIELDS RETURNING Object(fields)")
    returning = [(name, rest or "Id") for name, rest in _RETURNING.findall(found["returning"] or "Lead,Contact,Account")]
    return Wanted(_unescaped(found["term"]), scope, returning, int(found["limit"] or MAX_ROWS))


def _of_parameters(request: Request, body: Mapping[str, Any]) -> Wanted:
    term = str(body.get("q", "")) or request.call.argument("q")
    scope = str(body.get("in", "") or request.call.argument("in") or "ALL").upper()
    if len(term.strip(" *?")) < 2 or scope not in _SCOPES:
        raise _malformed("search term must be longer than one character")
    objects = body.get("sobjects") or [{"name": name} for name in request.call.argument("sobject").split(",") if name]
    fields = ",".join(body.get("fields") or [name for name in request.call.argument("fields").split(",") if name]) or "Id"
    asked = [(str(one["name"]), ",".join(one.get("fields", ())) or fields) for one in objects or [{"name": "Lead"}]]
    return Wanted(term, scope, asked, int(body.get("overallLimit") or MAX_ROWS))


def _query(name: str, rest: str) -> str:
    """`Id, Name WHERE x` of an object as a query."""
    clause = _CLAUSES.search(rest)
    fields, tail = (rest[: clause.start()], rest[clause.start() :]) if clause else (rest, "")
    return f"SELECT {fields.strip() or 'Id'} FROM {name} {tail}"  # noqa: S608 - the sandbox's own query language


def _pattern(term: str) -> re.Pattern[str]:
    """All words, each at the beginning of a word; `*` stands for anything, `?` for one character."""
    words = [re.escape(word).replace(r"\*", r"\S*").replace(r"\?", r"\S") for word in term.replace('"', " ").split()]
    return re.compile("".join(rf"(?=.*(?:^|[\s@.,\-]){word}(?:$|[\s@.,\-]))" for word in words), re.IGNORECASE | re.DOTALL)


def _is_searched(field: FieldSpec, scope: str) -> bool:
    names = _SCOPES[scope]
    return field.type in _TEXTS and (not names or field.name.lower() in names)


def _unescaped(term: str) -> str:
    return re.sub(r"\\(.)", r"\1", term)


def _malformed(message: str) -> SalesforceError:
    return SalesforceError(400, "MALFORMED_SEARCH", message)
