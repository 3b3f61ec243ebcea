"""simple-salesforce, and nothing of it beyond this file: transport, authorization, errors."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, TypeVar
from urllib.parse import quote_plus
from xml.etree.ElementTree import Element

import requests
from simple_salesforce import Salesforce, format_soql
from simple_salesforce.exceptions import SalesforceError, SalesforceExpiredSession
from urllib3.fields import RequestField
from urllib3.filepost import encode_multipart_formdata

from adapters.base import Budget, Endpoint, Tokens
from adapters.errors import AdapterError, CallOperator, Refused, Retry, Throttled
from adapters.moments import skew_of
from adapters.salesforce.answers import Item, parse_collection, parse_composite
from adapters.salesforce.failures import PROVIDER, error_for, interrupted, limit_met
from adapters.salesforce.guard import guard_of
from adapters.salesforce.mapping import to18
from adapters.salesforce.soap import FaultError, envelope, parse_answer
from adapters.salesforce.transport import never_sent, open_session, untrusted

Record = dict[str, Any]

T = TypeVar("T")

COLLECTION: Final = 200
"""Most records of one `composite/sobjects` call."""

SUBREQUESTS: Final = 25
"""Most subrequests of one `composite` call."""

LONGEST_URI: Final = 12_000
"""Characters. Salesforce takes 16,384 bytes for URI and headers together; the rest is for the token and a proxy's headers."""

_MANNERS: Final = {
    "Sforce-Call-Options": "client=Leadline",  # marks our writes in the org's change events
    "Sforce-Duplicate-Rule-Header": "allowSave=true",  # a rule that only alerts is for a person at a screen
}

_SOAP: Final = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'}

_DAILY = re.compile(r"(?:^|[;,\s])api-usage=(\d+)/(\d+)")  # not `per-app-api-usage`


def soql(query: str, *values: object) -> str:
    """A query with its values in place, quoted and escaped: `{}` for a value or a list of them."""
    return str(format_soql(query, *values))


class _Rejected(Exception):
    """The token was answered with 401."""


@dataclass(frozen=True, slots=True)
class _Request:
    org: Salesforce
    operation: str
    method: str
    path: str
    writes: bool
    arguments: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConditionalPatch:
    """One record's new field values, unless it was modified after `since` (an HTTP date)."""

    object: str
    id: str
    body: Record
    since: str


@dataclass(frozen=True, slots=True)
class ExportPage:
    """Rows of a Bulk job, column to text, and where the next page begins; empty on the last one."""

    rows: Sequence[Mapping[str, str]]
    locator: str


class Client:
    """One org, as seen by one worker. Not thread-safe: each worker has its own.

    There are two sessions because `Sforce-Auto-Assign` decides whether an update re-assigns the record, is TRUE when absent,
    and must not depend on a per-call header.
    """

    def __init__(self, endpoint: Endpoint, tokens: Tokens, budget: Budget, *, installing: bool = False) -> None:
        self._endpoint = endpoint
        self._guard = guard_of(endpoint, installing=installing)
        self._tokens = tokens
        self._budget = budget
        self.skew: float | None = None
        """Seconds by which our clock was ahead of the org's at its last answer."""
        self._quiet = self._org(auto_assign="FALSE")
        self._handing_over = self._org(auto_assign=endpoint.options.get("assignment_rule") or "TRUE")

    def _org(self, *, auto_assign: str) -> Salesforce:
        endpoint = self._endpoint
        session = open_session(endpoint.base_url, connect_seconds=endpoint.connect_seconds, total_seconds=endpoint.total_seconds)
        session.headers.update({**_MANNERS, "Sforce-Auto-Assign": auto_assign})
        session.hooks["response"].append(self._learn)
        # Way "direct": with any other, the library repeats a 401 by itself, loses headers and may never stop.
        org = Salesforce(
            session_id="given with each call",
            instance_url=endpoint.base_url,
            version=endpoint.api.removeprefix("v"),
            session=session,
            object_pairs_hook=None,  # plain dicts, ordered as they come
            parse_float=Decimal,
        )
        org.headers = {"Content-Type": "application/json"}  # its own set also asks for indented JSON
        return org

    def close(self) -> None:
        self._quiet.session.close()
        self._handing_over.session.close()

    def describe(self, object_name: str) -> Record:
        """The object's description as Salesforce gives it; large, so keep what you need of it."""
        try:
            document = self._call("describe", "GET", f"sobjects/{object_name}/describe")
        except Refused as refused:
            sentence = f"{object_name} does not exist for the integration user: correct the mapping, or grant access to it."
            raise CallOperator(sentence, provider=PROVIDER, operation="describe", status=refused.status) from None
        if not isinstance(document, dict) or not isinstance(document.get("fields"), list):
            raise interrupted("describe", writes=False)
        return document

    def query(self, soql: str, *, deleted: bool = False) -> list[Record]:
        """Every row of a query. One call per page of up to 2,000 rows; fewer when rows are wide. `deleted` includes deleted,
        merged-away and archived rows.
        """
        return list(self.each(soql, deleted=deleted))

    def each(self, soql: str, *, deleted: bool = False) -> Iterator[Record]:
        """As `query`, row by row: for more rows than should be held at once."""
        resource = "queryAll" if deleted else "query"
        if len(quote_plus(soql)) <= LONGEST_URI:
            page = self._call("query", "GET", f"{resource}/", params={"q": soql})
        else:
            page = self._long_query(resource, soql)
        yield from _rows(page)
        while next_page := page.get("nextRecordsUrl"):
            page = self._call("query", "GET", str(next_page).removeprefix(self._path))
            yield from _rows(page)

    def count(self, soql: str) -> int:
        """What a `SELECT COUNT() …` counts. One call."""
        page = self._call("query", "GET", "query/", params={"q": soql})
        total = page.get("totalSize") if isinstance(page, dict) else None
        if not isinstance(total, int):
            raise interrupted("query", writes=False)
        return total

    def _long_query(self, resource: str, soql: str) -> Any:
        """A composite call carries in its body what would be too long for a URI (414, 431). It also counts as one call."""
        url = f"{self._path}{resource}/?q={quote_plus(soql)}"
        document = {"compositeRequest": [{"method": "GET", "url": url, "referenceId": "rows"}]}
        answer = self._call("query", "POST", "composite", json=document)
        (item,) = self._understood("query", False, parse_composite, answer, 1)
        body = answer["compositeResponse"][0]["body"]
        if not item.success:
            raise error_for(item.status, body, operation="query", writes=False)
        return body

    def update(self, records: Sequence[Record], *, hand_over: bool = False) -> list[Item]:
        """PATCHes up to 200 records, each for itself; `hand_over` lets the org's assignment rule run on them."""
        return self._collection("PATCH", "update", records, self._handing_over if hand_over else self._quiet)

    def create(self, records: Sequence[Record]) -> list[Item]:
        """Creates up to 200 records, each for itself."""
        return self._collection("POST", "create", records, self._quiet)

    def _collection(self, method: str, operation: str, records: Sequence[Record], org: Salesforce) -> list[Item]:
        document = {"allOrNone": False, "records": list(records)}
        answer = self._call(operation, method, "composite/sobjects", writes=True, org=org, json=document)
        return self._understood(operation, True, parse_collection, answer, len(records))

    def update_each(self, patches: Sequence[ConditionalPatch]) -> list[Item]:
        """PATCHes up to 25 records in one call, each under its own condition; 412 is the status of one that has moved. The
        call's own headers do not reach its subrequests, so each brings them along.
        """
        parts = [self._subrequest(position, patch) for position, patch in enumerate(patches)]
        document = {"allOrNone": False, "compositeRequest": parts}
        answer = self._call("update", "POST", "composite", writes=True, json=document)
        return self._understood("update", True, parse_composite, answer, len(patches))

    def _subrequest(self, position: int, patch: ConditionalPatch) -> Record:
        return {
            "method": "PATCH",
            "url": f"{self._path}sobjects/{patch.object}/{patch.id}",
            "referenceId": f"record{position}",
            "httpHeaders": {**_MANNERS, "Sforce-Auto-Assign": "FALSE", "If-Unmodified-Since": patch.since},
            "body": patch.body,
        }

    @property
    def _path(self) -> str:
        return f"/services/data/{self._endpoint.api}/"

    def _understood(
        self, operation: str, writes: bool, parse: Callable[[object, int], list[Item]], answer: object, expected: int
    ) -> list[Item]:
        try:
            items = parse(answer, expected)
        except ValueError:
            failure = interrupted(operation, writes=writes)
        else:
            if spent := limit_met(items, operation):
                self._told(spent)  # by one record: the others' answers count, and no other call is made
            return items
        raise failure

    # what a backfill needs

    def begin_export(self, query: str) -> str:
        """Begins a Bulk 2.0 query; returns the job's id. Salesforce keeps job and results for seven days."""
        return self._job_id(self._call("export", "POST", "jobs/query", json={"operation": "query", "query": query}))

    def export_state(self, id_: str) -> str:
        """`UploadComplete`, `InProgress`, and in the end `JobComplete`, `Failed` or `Aborted`."""
        document = self._call("export", "GET", f"jobs/query/{id_}")
        return str(document.get("state") if isinstance(document, dict) else "")

    def export_page(self, id_: str, locator: str, most: int) -> ExportPage:
        """Rows of a finished job, at most `most`, from `locator` on."""
        path = f"{self._path}jobs/query/{id_}/results?maxRecords={most}"
        path += f"&locator={quote_plus(locator)}" if locator else ""
        page = self._authorized("export", lambda token: self._send_plain(path, token))
        following = page.headers.get("Sforce-Locator", "null")
        # Without a charset in the header requests takes any text for Latin-1. Salesforce sends UTF-8, NUL bytes included.
        text = page.content.decode("utf-8", "replace").replace("\0", "")
        return ExportPage(list(csv.DictReader(io.StringIO(text))), "" if following == "null" else following)

    @staticmethod
    def _job_id(document: Any) -> str:
        id_ = document.get("id") if isinstance(document, dict) else None
        if not isinstance(id_, str):
            raise interrupted("query", writes=False)
        return id_

    # what an installation needs

    def tooling(self, soql: str) -> list[Record]:
        """Every row of a query of the Tooling API: what describes the org itself."""
        page = self._call("query", "GET", "tooling/query/", params={"q": soql})
        rows = _rows(page)
        while next_page := page.get("nextRecordsUrl"):
            page = self._call("query", "GET", str(next_page).removeprefix(self._path))
            rows += _rows(page)
        return rows

    def begin_job(self, query: str) -> str:
        """Begins a Bulk 2.0 query of the Tooling API, which knows what its plain query leaves out; returns the job's id."""
        return self._job_id(self._call("query", "POST", "tooling/jobs/query", json={"operation": "query", "query": query}))

    def job_state(self, id_: str) -> str:
        """`UploadComplete`, `InProgress`, and in the end `JobComplete`, `Failed` or `Aborted`."""
        document = self._call("query", "GET", f"tooling/jobs/query/{id_}")
        return str(document.get("state") if isinstance(document, dict) else "")

    def job_rows(self, id_: str) -> list[dict[str, str]]:
        """Every row that a job found. Its answers are CSV, a page at a time; the last page's locator is the word `null`."""
        rows: list[dict[str, str]] = []
        locator = ""
        while True:
            path = f"{self._path}tooling/jobs/query/{id_}/results" + (f"?locator={quote_plus(locator)}" if locator else "")
            page = self._authorized("query", lambda token, path=path: self._send_plain(path, token))  # type: ignore[misc]
            rows += csv.DictReader(io.StringIO(page.text))
            locator = page.headers.get("Sforce-Locator", "null")
            if locator == "null":
                return rows

    def deploy(self, archive: bytes, *, check_only: bool) -> str:
        """Begins to deploy a package, all of it or nothing; returns the deployment's id. `check_only` changes nothing.

        No test level is asked for: without Apex in the package Salesforce runs none, and production takes no `NoTestRun`.
        """
        options = {"allowMissingFiles": False, "checkOnly": check_only, "rollbackOnError": True, "singlePackage": True}
        body, kind = encode_multipart_formdata(
            [_part("json", json.dumps({"deployOptions": options}).encode()), _part("file", archive)]
        )
        document = self._call("deploy", "POST", "metadata/deployRequest", writes=True, headers={"Content-Type": kind}, data=body)
        id_ = document.get("id") if isinstance(document, dict) else None
        if not isinstance(id_, str):
            raise interrupted("deploy", writes=True)
        return id_

    def deployment(self, id_: str) -> Record:
        """How a deployment stands: Salesforce's `deployResult`, with what became of each component."""
        document = self._call("deploy", "GET", f"metadata/deployRequest/{id_}", params={"includeDetails": "true"})
        result = document.get("deployResult") if isinstance(document, dict) else None
        if not isinstance(result, dict):
            raise interrupted("deploy", writes=False)
        return result

    def read_metadata(self, type_: str, names: Sequence[str]) -> list[Element]:
        """Components of one type, at most ten, as they are in the org; who does not exist has no element. SOAP is the only
        way to read metadata at once: the REST resource deploys and nothing else.
        """
        body = {"type": [type_], "fullNames": list(names)}
        return self._authorized("read metadata", lambda token: self._send_soap("readMetadata", body, token))

    def versions(self) -> list[str]:
        """The API versions that the org serves, oldest first: `v31.0`, `v67.0`. Needs no right."""
        answer = self._authorized("list versions", lambda token: self._send_plain("/services/data", token))
        try:
            found = [f"v{entry['version']}" for entry in answer.json()]
        except (requests.JSONDecodeError, TypeError, KeyError):
            found = []
        if not found:
            raise interrupted("list versions", writes=False)
        return sorted(found, key=lambda version: float(version[1:]))

    def whoami(self) -> str:
        """The id of the user to whom the token belongs, in its 18-character form."""
        answer = self._authorized("identity", lambda token: self._send_plain("/services/oauth2/userinfo", token))
        try:
            user = answer.json().get("user_id")
        except (requests.JSONDecodeError, AttributeError):
            user = None
        if not isinstance(user, str):
            raise interrupted("identity", writes=False)
        return to18(user)

    def unassign(self, ids: Sequence[str]) -> list[Item]:
        """Takes permission sets from users: `ids` are assignments, at most 200. The only thing that is ever deleted by id."""
        if not all(id_.startswith("0Pa") for id_ in ids):
            raise ValueError("only assignments of permission sets can be deleted")
        answer = self._call(
            "unassign", "DELETE", "composite/sobjects", writes=True, params={"ids": ",".join(ids), "allOrNone": "false"}
        )
        return self._understood("unassign", True, parse_collection, answer, len(ids))

    def _call(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        writes: bool = False,
        org: Salesforce = None,
        headers: Mapping[str, str] | None = None,
        **arguments: Any,
    ) -> Any:
        """The funnel: every request goes through here, past the guard. A 401 is cured once, with the headers as they were.

        Raises:
            adapters.errors.AdapterError: and nothing else.
        """
        self._guard.check(method, path, arguments.get("json"), arguments.get("params") or {})
        request = _Request(org or self._quiet, operation, method, path, writes, arguments, headers or {})
        return self._authorized(operation, lambda token: self._send(request, token))

    def _authorized(self, operation: str, send: Callable[[str], T]) -> T:
        token = self._tokens.current()
        try:
            return send(token)
        except _Rejected:
            pass
        try:
            return send(self._tokens.renew(token))
        except _Rejected:
            pass
        raise CallOperator(
            "Salesforce refuses a new access token as well: connect the org again, and check the user's session policy.",
            provider=PROVIDER,
            operation=operation,
            status=401,
        )

    def _send(self, request: _Request, token: str) -> Any:
        self._budget.take("burst")
        headers = {**request.headers, "Authorization": f"Bearer {token}"}
        failure: Exception
        try:
            return request.org.restful(
                request.path, method=request.method, headers=headers, allow_redirects=False, **request.arguments
            )
        except SalesforceExpiredSession:
            failure = _Rejected()
        except SalesforceError as error:
            failure = error_for(error.status, error.content, operation=request.operation, writes=request.writes)
        except requests.RequestException as error:
            failure = _broken(error, request.operation, writes=request.writes)
        # Raised here and not above: the library's own error quotes URL and body, and would hang on as the context.
        raise self._told(failure)

    def _send_soap(self, call: str, body: Mapping[str, Sequence[str]], token: str) -> list[Element]:
        self._guard.check_soap(call)
        self._budget.take("burst")
        version = self._endpoint.api.removeprefix("v")
        url = f"{self._endpoint.base_url.rstrip('/')}/services/Soap/m/{version}"
        failure: Exception
        try:
            answer = self._quiet.session.post(url, data=envelope(call, body, token), headers=_SOAP, allow_redirects=False)
            return parse_answer(answer.content)
        except FaultError as fault:
            failure = _Rejected() if fault.code == "INVALID_SESSION_ID" else _faulted(fault.code)
        except ValueError:
            failure = error_for(answer.status_code, None, operation="read metadata", writes=False)
            if answer.status_code < 300:
                failure = interrupted("read metadata", writes=False)
        except requests.RequestException as error:
            failure = _broken(error, "read metadata", writes=False)
        raise self._told(failure)

    def _send_plain(self, path: str, token: str) -> requests.Response:
        """For what is no JSON or lies beside the data API, where the library does not go. `path` begins with a slash."""
        self._budget.take("burst")
        url = f"{self._endpoint.base_url.rstrip('/')}{path}"
        failure: Exception
        try:
            headers = {"Authorization": f"Bearer {token}"}
            answer: requests.Response = self._quiet.session.get(url, headers=headers, allow_redirects=False)
            if answer.status_code < 300:
                return answer
            failure = error_for(answer.status_code, None, operation="query", writes=False)
            if answer.status_code == 401:
                failure = _Rejected()
        except requests.RequestException as error:
            failure = _broken(error, "query", writes=False)
        raise self._told(failure)

    def _told(self, failure: Exception) -> Exception:
        """A limit is the whole org's: every process hears of it before the next call."""
        if isinstance(failure, Throttled):
            self._budget.refused(failure)
        return failure

    def _learn(self, response: requests.Response, *_: Any, **__: Any) -> None:
        """`Sforce-Limit-Info: api-usage=10018/100000[; per-app-api-usage=…]` is on every answer, errors included."""
        if usage := _DAILY.search(response.headers.get("Sforce-Limit-Info", "")):
            self._budget.learn(used=int(usage[1]), limit=int(usage[2]))
        self.skew = skew_of(response.headers.get("Date", "")) or self.skew


def _part(name: str, content: bytes) -> RequestField:
    """One part of a deploy request: `json` says how, `file` is the archive."""
    kind, filename = ("application/zip", "package.zip") if name == "file" else ("application/json", None)
    part = RequestField(name, content, filename)
    part.make_multipart(content_type=kind)
    return part


def _faulted(code: str) -> AdapterError:
    """A SOAP fault's code is what a REST answer calls `errorCode`; its HTTP status is always 500."""
    return error_for(
        403 if code in {"INSUFFICIENT_ACCESS", "INVALID_TYPE"} else 400,
        [{"errorCode": code}],
        operation="read metadata",
        writes=False,
    )


def _rows(page: Any) -> list[Record]:
    rows = page.get("records") if isinstance(page, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise interrupted("query", writes=False)
    return rows


def _broken(error: requests.RequestException, operation: str, *, writes: bool) -> AdapterError:
    if never_sent(error):
        return Retry("Salesforce could not be reached.", provider=PROVIDER, operation=operation, after=5.0)
    if untrusted(error):
        sentence = "The certificate at this connection's URL is not trusted: check the URL, a proxy, and REQUESTS_CA_BUNDLE."
        return CallOperator(sentence, provider=PROVIDER, operation=operation)
    return interrupted(operation, writes=writes)
