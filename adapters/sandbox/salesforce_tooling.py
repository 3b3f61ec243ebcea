"""The Tooling API: queries about the org itself, and changes to one component."""

import csv
import io
from typing import Any, Final

from adapters.sandbox import soql_tree as soql
from adapters.sandbox.ids import salesforce_id
from adapters.sandbox.salesforce_checks import canonical, refusals, removal_refusals
from adapters.sandbox.salesforce_components import TYPES, Component
from adapters.sandbox.salesforce_describe import describe, summary
from adapters.sandbox.salesforce_errors import SalesforceError, not_found
from adapters.sandbox.salesforce_metadata_api import DEPLOY_RIGHTS
from adapters.sandbox.salesforce_org import Org
from adapters.sandbox.salesforce_pages import Pages
from adapters.sandbox.salesforce_paths import Paths
from adapters.sandbox.salesforce_query import Found, Queries, parsed
from adapters.sandbox.salesforce_read import CRM, Reader
from adapters.sandbox.salesforce_request import Request
from adapters.sandbox.salesforce_schema import ObjectSpec
from adapters.sandbox.salesforce_tooling_rows import ToolingRows, ToolingSchema
from adapters.sandbox.salesforce_tree import Tree, branch
from adapters.sandbox.salesforce_values import stamp
from adapters.sandbox.wire import Answer, empty_answer, json_answer

MAX_DEPENDENCIES: Final = 2_000
_DEPENDENCY: Final = "metadatacomponentdependency"
_NAMES: Final = ("metadatacomponentname", "refmetadatacomponentname")
_JOB: Final = "salesforce_tooling_job"


class Tooling:
    def __init__(self, org: Org) -> None:
        self._org = org
        self._schema = ToolingSchema()
        self._rows = ToolingRows(org.schema, org.catalogue)
        self._reader = Reader(self._rows, self._schema, "")
        self._queries = Queries(self._rows, self._schema, Paths(self._schema, self._reader), org.world.clock)
        self._pages = Pages(org, self._run, "tooling/query")

    # queries

    def query(self, request: Request) -> Answer:
        return self._pages.query(request)

    def more(self, request: Request, locator: str) -> Answer:
        return self._pages.more(request, "tooling/query", locator)

    def _run(self, statement: str, version: str, *, deleted: bool) -> Found:
        query = parsed(statement)
        if query.object.lower() == _DEPENDENCY:
            _check_dependency_query(query)
        found = self._queries.run(statement, version, deleted=deleted)
        whole = {"fullname", "metadata"} & {name.lower() for name in query.fields}
        if whole and len(found.records) > 1:
            message = (
                "When retrieving results with Metadata or FullName fields, the query qualifications must specify no more than "
                "one row for retrieval. Result size: " + str(len(found.records))
            )
            raise SalesforceError(400, "MALFORMED_QUERY", message)
        if query.object.lower() == _DEPENDENCY and len(found.records) > MAX_DEPENDENCIES:
            return Found(found.records[:MAX_DEPENDENCIES], found.render, MAX_DEPENDENCIES)
        return found

    # objects

    def objects(self, request: Request) -> Answer:
        shown = [summary(spec, request.version) for spec in self._schema.objects()]
        return json_answer(200, {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": shown})

    def describe(self, request: Request, name: str) -> Answer:
        return json_answer(200, describe(self._spec(name), request.version, self._schema.find))

    def read(self, request: Request, name: str, id_: str) -> Answer:
        spec = self._spec(name)
        row = self._rows.exactly(CRM, spec.name, id_)
        if row is None:
            raise not_found()
        return json_answer(200, self._reader.whole(spec, row, request.version))

    def create(self, request: Request, name: str) -> Answer:
        """`{FullName, Metadata}`"""
        spec, body = self._component(name), request.body()
        self._org.access.require(request.caller.actor.id, *DEPLOY_RIGHTS)
        full, content = body.get("FullName"), body.get("Metadata")
        if not isinstance(full, str) or not isinstance(content, dict):
            raise SalesforceError(400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [FullName, Metadata]")
        if self._org.catalogue.get(spec.name, full) is not None:
            raise SalesforceError(400, "DUPLICATE_DEVELOPER_NAME", f"This developer name is already in use: {full}")
        id_ = self._put(Component(spec.name, full, _tree(content)), request)
        return json_answer(201, {"id": id_, "success": True, "errors": [], "warnings": [], "infos": []})

    def update(self, request: Request, name: str, id_: str) -> Answer:
        """`{Metadata}`, which takes the place of what was there. Of a FlowDefinition: which version is active."""
        spec, content = self._component(name), request.body().get("Metadata")
        self._org.access.require(request.caller.actor.id, *DEPLOY_RIGHTS)
        item = self._rows.item(spec.name, id_)
        if item is None:
            raise not_found()
        if not isinstance(content, dict):
            raise SalesforceError(400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Metadata]")
        self._put(Component(spec.name, item.name, _tree(content)), request)
        return empty_answer(204)

    def delete(self, request: Request, name: str, id_: str) -> Answer:
        spec = self._component(name)
        self._org.access.require(request.caller.actor.id, *DEPLOY_RIGHTS)
        item = self._rows.item(spec.name, id_)
        if item is None:
            raise not_found()
        found = removal_refusals(item.type, item.name, self._org.draft())
        if found:
            raise SalesforceError(400, "DELETE_FAILED", found[0], ())
        self._org.builder.drop(item.type, item.name, request.caller.actor)
        return empty_answer(204)

    def _put(self, component: Component, request: Request) -> str:
        found = refusals(component, self._org.draft())
        if found:
            raise SalesforceError(400, "FIELD_INTEGRITY_EXCEPTION", found[0], ())
        own = Component(component.type, component.name, canonical(component))
        return self._org.builder.put(own, request.caller.actor)

    def _spec(self, name: str) -> ObjectSpec:
        spec = self._schema.find(name)
        if spec is None:
            raise not_found()
        return spec

    def _component(self, name: str) -> ObjectSpec:
        """An object whose rows are components; the others only describe."""
        spec = self._spec(name)
        if spec.name not in TYPES:
            raise SalesforceError(400, "INVALID_TYPE_FOR_OPERATION", f"entity type {spec.name} cannot be changed", ())
        return spec

    # Bulk jobs: of this API only dependencies can be had so, and only so with reports among them

    def begin_job(self, request: Request) -> Answer:
        body = request.body()
        query = parsed(str(body.get("query", "")))
        if body.get("operation") != "query" or query.object.lower() != _DEPENDENCY:
            raise SalesforceError(
                400, "INVALIDJOB", "Only queries of MetadataComponentDependency are supported by the Tooling API"
            )
        _check_dependency_query(query)
        id_ = salesforce_id("750", self._org.store.next_number("salesforce 750"))
        job = {"id": id_, "query": str(body["query"]), "user": request.caller.actor.id, "at": self._org.world.clock()}
        self._org.store.put(_JOB, id_, job)
        return json_answer(200, self._shown(job, request, "UploadComplete"))

    def job(self, request: Request, id_: str) -> Answer:
        job = self._job(id_)
        rows = self._results(job, request).records
        return json_answer(200, {**self._shown(job, request, "JobComplete"), "numberRecordsProcessed": len(rows), "retries": 0})

    def results(self, request: Request, id_: str) -> Answer:
        job = self._job(id_)
        found, names = self._results(job, request), parsed(job["query"]).fields
        out = io.StringIO()
        writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(names)
        for row in map(found.render, found.records):
            values = {name.lower(): value for name, value in row.items()}
            writer.writerow("" if values[name.lower()] is None else values[name.lower()] for name in names)
        headers = {"Content-Type": "text/csv", "Sforce-Locator": "null", "Sforce-NumberOfRecords": str(len(found.records))}
        return Answer(200, headers, out.getvalue().encode())

    def _job(self, id_: str) -> dict[str, Any]:
        job = self._org.store.document(_JOB, id_)
        if job is None:
            raise not_found()
        return dict(job)

    def _results(self, job: dict[str, Any], request: Request) -> Found:
        rows = ToolingRows(self._org.schema, self._org.catalogue, with_reports=True)
        reader = Reader(rows, self._schema, "")
        queries = Queries(rows, self._schema, Paths(self._schema, reader), self._org.world.clock)
        return queries.run(job["query"], request.version, deleted=False)

    def _shown(self, job: dict[str, Any], request: Request, state: str) -> dict[str, Any]:
        return {
            "id": job["id"],
            "operation": "query",
            "object": "MetadataComponentDependency",
            "createdById": job["user"],
            "createdDate": stamp(job["at"]),
            "systemModstamp": stamp(job["at"]),
            "state": state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(request.version[1:]),
            "lineEnding": "LF",
            "columnDelimiter": "COMMA",
        }


def _check_dependency_query(query: soql.Query) -> None:
    """What the platform's documentation says is not supported on dependencies."""
    if query.counts or query.grouped or query.order or query.offset:
        raise SalesforceError(400, "MALFORMED_QUERY", "MetadataComponentDependency supports neither COUNT(), ORDER BY nor OFFSET")
    for field in _filtered(query.where):
        if field.lower() in _NAMES:
            raise SalesforceError(400, "INVALID_FIELD", f"field '{field}' can not be filtered in a query call")


def _filtered(condition: soql.Condition | None) -> list[str]:
    match condition:
        case soql.AllOf(terms) | soql.AnyOf(terms):
            return [field for term in terms for field in _filtered(term)]
        case soql.Not(term):
            return _filtered(term)
        case None:
            return []
    return [condition.field]


def _tree(document: dict[str, Any]) -> Tree:
    """JSON as a tree: the other way round from `plain`."""
    return branch(**{name: _node(value) for name, value in document.items()})


def _node(value: Any) -> Any:
    if isinstance(value, dict):
        return _tree(value)
    if isinstance(value, list):
        return [_node(item) for item in value]
    return value
