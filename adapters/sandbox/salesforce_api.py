"""Which resource answers which call to the public API."""

import re
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Final

from adapters.sandbox.faults import Faults
from adapters.sandbox.limits import DAY_MS, RollingLimit, Room
from adapters.sandbox.salesforce_batch import Batch
from adapters.sandbox.salesforce_bulk import BulkQueries
from adapters.sandbox.salesforce_collections import Collections
from adapters.sandbox.salesforce_composite import Composite
from adapters.sandbox.salesforce_errors import SalesforceError, not_found
from adapters.sandbox.salesforce_forest import Trees
from adapters.sandbox.salesforce_graph import Graphs
from adapters.sandbox.salesforce_ingest import BulkIngest
from adapters.sandbox.salesforce_metadata_api import MetadataApi
from adapters.sandbox.salesforce_oauth import OAuth
from adapters.sandbox.salesforce_org import Org
from adapters.sandbox.salesforce_pages import Pages
from adapters.sandbox.salesforce_read import CRM
from adapters.sandbox.salesforce_request import Request, caller
from adapters.sandbox.salesforce_rest import Rest
from adapters.sandbox.salesforce_search import Search
from adapters.sandbox.salesforce_tooling import Tooling
from adapters.sandbox.salesforce_write import AmbiguousError
from adapters.sandbox.wire import Answer, Call, json_answer

VERSIONS: Final = tuple(f"v{number}.0" for number in range(31, 69))
"""Those before were retired in June 2025. Tools still ask some of the old ones: the Salesforce CLI looks users up in v51.0."""

MAX_HEAD: Final = 16_384
"""Bytes of URI and headers together."""

_RESOURCES: Final = (
    *("sobjects", "query", "queryAll", "search", "parameterizedSearch", "composite", "limits", "tooling", "metadata", "jobs"),
)

UNLIMITED: Final = 5_000_000
"""Calls a day in a full sandbox: what the header shows when no limit is set."""

_BASE: Final = re.compile(r"/services/data/(v\d+\.0)(?:/(.*?))?/?")

Resource = Callable[..., Answer]
"""Takes the request and the captured parts of its path."""


class Api:
    def __init__(self, org: Org, oauth: OAuth, faults: Faults) -> None:
        self._org = org
        self._oauth = oauth
        self._faults = faults
        self._limit = RollingLimit(0, DAY_MS, org.world.clock)
        self._room = Room(allowed=True, limit=UNLIMITED, remaining=UNLIMITED)
        self._routes = [(method, re.compile(path), resource) for method, path, resource in self._table()]

    def answer(self, call: Call) -> Answer:
        """One call from outside: it needs a session and counts against the day's limit, however many parts it has."""
        try:
            self._oauth.session(call)
        except SalesforceError as error:
            return error.answer()
        room = self._take()
        answer = self.resource(call) if room.allowed else _spent().answer()
        usage = f"api-usage={room.limit - room.remaining}/{room.limit}"
        return Answer(answer.status, {**answer.headers, "Sforce-Limit-Info": usage}, answer.body)

    def resource(self, call: Call) -> Answer:
        """A call, or a part of a composite one. Nobody else writes between what it reads and what it writes."""
        try:
            with nullcontext() if call.method == "GET" else self._org.store.transaction():
                return self._routed(call)
        except SalesforceError as error:
            return error.answer()
        except AmbiguousError as error:
            base = call.path.partition("/sobjects/")[0]
            return json_answer(300, [f"{base}/sobjects/{error.spec.name}/{record.id}" for record in error.found])

    def versions(self, call: Call) -> Answer:
        """The only resource that needs no session."""
        del call
        shown = [{"label": version, "url": f"/services/data/{version}", "version": version[1:]} for version in VERSIONS]
        return json_answer(200, shown)

    def _routed(self, call: Call) -> Answer:
        base = _BASE.fullmatch(call.path)
        if base is None or base[1] not in VERSIONS:
            raise not_found()
        if not self._org.settings.api_enabled:
            raise SalesforceError(403, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization.")
        if VERSIONS.index(base[1]) < VERSIONS.index(self._org.settings.oldest_version):
            raise SalesforceError(410, "UNSUPPORTED_API_VERSION", "The requested API version has been retired.")
        if len(call.path) + len(call.query) + sum(len(name) + len(value) + 4 for name, value in call.headers.items()) > MAX_HEAD:
            raise SalesforceError(414, "URI_TOO_LONG", f"URI and headers exceed {MAX_HEAD} bytes")
        method = call.argument("_HttpMethod", call.method) if call.method == "POST" else call.method
        resource, parts = self._find(method, base[2] or "")
        user = self._oauth.session(call)
        with self._org.schema.seen_by(user):
            locked, struck = partial(self._faults.locked, CRM, call), partial(self._faults.refused_item, CRM, call)
            request = Request(call, base[1], caller(call, base[1], user, locked, struck))
            return resource(request, *parts)

    def _find(self, method: str, path: str) -> tuple[Resource, tuple[str, ...]]:
        allowed = []
        for expected, pattern, resource in self._routes:
            match = pattern.fullmatch(path)
            if match and expected == method:
                return resource, match.groups()
            if match:
                allowed.append(expected)
        if not allowed:
            raise not_found()
        message = f"HTTP Method '{method}' not allowed. Allowed are {','.join(allowed)}"
        raise SalesforceError(405, "METHOD_NOT_ALLOWED", message)

    def _table(self) -> list[tuple[str, str, Resource]]:
        rest, pages, many = Rest(self._org), Pages(self._org, self._org.queries.run), Collections(self._org)
        composite, metadata = Composite(self._org.store, self.resource), MetadataApi(self._org)
        tooling, search, bulk, ingest = Tooling(self._org), Search(self._org), BulkQueries(self._org), BulkIngest(self._org)
        return [
            ("GET", "", self._resources),
            ("GET", "limits", self._limits),
            ("GET", "limits/recordCount", rest.counts),
            ("GET", "search", search.sosl),
            ("GET", "parameterizedSearch", search.by_parameters),
            ("POST", "parameterizedSearch", search.by_parameters),
            ("GET", "query", pages.query),
            ("GET", "queryAll", pages.query_all),
            ("GET", r"(query|queryAll)/([^/]+)", pages.more),
            ("POST", "composite", composite.run),
            ("POST", "composite/batch", Batch(self.resource).run),
            ("POST", "composite/graph", Graphs(composite).run),
            ("POST", r"composite/tree/(\w+)", Trees(self._org).create),
            ("POST", "composite/sobjects", many.create),
            ("PATCH", "composite/sobjects", many.update),
            ("DELETE", "composite/sobjects", many.delete),
            ("GET", r"composite/sobjects/(\w+)", many.read),
            ("POST", r"composite/sobjects/(\w+)", many.read_by_post),
            ("PATCH", r"composite/sobjects/(\w+)/(\w+)", many.upsert),
            ("POST", "metadata/deployRequest", metadata.deploy),
            ("GET", r"metadata/deployRequest/(\w+)", metadata.status),
            ("PATCH", r"metadata/deployRequest/(\w+)", metadata.change),
            ("POST", "jobs/query", bulk.begin),
            ("GET", "jobs/query", bulk.jobs),
            ("GET", r"jobs/query/(\w+)", bulk.job),
            ("PATCH", r"jobs/query/(\w+)", bulk.abort),
            ("DELETE", r"jobs/query/(\w+)", bulk.drop),
            ("GET", r"jobs/query/(\w+)/results", bulk.results),
            ("POST", "jobs/ingest", ingest.begin),
            ("GET", "jobs/ingest", ingest.jobs),
            ("GET", r"jobs/ingest/(\w+)", ingest.job),
            ("PATCH", r"jobs/ingest/(\w+)", ingest.change),
            ("DELETE", r"jobs/ingest/(\w+)", ingest.drop),
            ("PUT", r"jobs/ingest/(\w+)/batches", ingest.upload),
            ("GET", r"jobs/ingest/(\w+)/successfulResults", ingest.successful),
            ("GET", r"jobs/ingest/(\w+)/failedResults", ingest.failed),
            ("GET", r"(?i:jobs/ingest/(\w+)/unprocessedrecords)", ingest.unprocessed),
            ("GET", "tooling", self._resources),
            ("GET", "tooling/query", tooling.query),
            ("GET", r"tooling/query/([^/]+)", tooling.more),
            ("GET", "tooling/sobjects", tooling.objects),
            ("POST", r"tooling/sobjects/(\w+)", tooling.create),
            ("GET", r"tooling/sobjects/(\w+)/describe", tooling.describe),
            ("GET", r"tooling/sobjects/(\w+)/(\w+)", tooling.read),
            ("PATCH", r"tooling/sobjects/(\w+)/(\w+)", tooling.update),
            ("DELETE", r"tooling/sobjects/(\w+)/(\w+)", tooling.delete),
            ("POST", "tooling/jobs/query", tooling.begin_job),
            ("GET", r"tooling/jobs/query/(\w+)", tooling.job),
            ("GET", r"tooling/jobs/query/(\w+)/results", tooling.results),
            ("GET", "sobjects", rest.objects),
            ("GET", r"sobjects/(\w+)", rest.object),
            ("POST", r"sobjects/(\w+)", rest.create),
            ("GET", r"sobjects/(\w+)/describe", rest.describe),
            ("GET", r"sobjects/(\w+)/updated", rest.updated),
            ("GET", r"sobjects/(\w+)/deleted", rest.deleted),
            ("GET", r"sobjects/(\w+)/([^/]+)", rest.read),
            ("PATCH", r"sobjects/(\w+)/([^/]+)", rest.update),
            ("DELETE", r"sobjects/(\w+)/([^/]+)", rest.delete),
            ("GET", r"sobjects/(\w+)/(\w+)/(.+)", rest.read_by_key),
            ("PATCH", r"sobjects/(\w+)/(\w+)/(.+)", rest.upsert),
            ("DELETE", r"sobjects/(\w+)/(\w+)/(.+)", rest.delete_by_key),
        ]

    def _resources(self, request: Request) -> Answer:
        base = f"/services/data/{request.version}"
        identity = self._oauth.identity_url(request.caller.actor.id)
        return json_answer(200, {**{name: f"{base}/{name}" for name in _RESOURCES}, "identity": identity})

    def _limits(self, request: Request) -> Answer:
        """As the latest call left them: the real ones, too, lag behind."""
        del request
        return json_answer(200, {"DailyApiRequests": {"Max": self._room.limit, "Remaining": self._room.remaining}})

    def _take(self) -> Room:
        self._limit.limit = self._org.settings.daily_limit or UNLIMITED
        self._room = self._limit.take()
        return self._room


def _spent() -> SalesforceError:
    return SalesforceError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
