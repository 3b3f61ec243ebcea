"""The HubSpot half of the sandbox: who may call, how often, and which part answers."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.sandbox.faults import Fault
from adapters.sandbox.hubspot_account import AccountApi
from adapters.sandbox.hubspot_actions import Actions
from adapters.sandbox.hubspot_app import AppApi
from adapters.sandbox.hubspot_associations import Associations
from adapters.sandbox.hubspot_batch import BatchApi
from adapters.sandbox.hubspot_commands import Commands
from adapters.sandbox.hubspot_errors import (
    RefusalError,
    error_answer,
    expired,
    throttled,
)
from adapters.sandbox.hubspot_flows import FlowsApi
from adapters.sandbox.hubspot_forms import FormsApi
from adapters.sandbox.hubspot_groups_api import GroupsApi
from adapters.sandbox.hubspot_input import kind_of, nowhere
from adapters.sandbox.hubspot_limits import HubSpotLimits
from adapters.sandbox.hubspot_links_api import AssociationsApi
from adapters.sandbox.hubspot_lists import ListsApi
from adapters.sandbox.hubspot_lived_in import LivedIn
from adapters.sandbox.hubspot_oauth import OAuth, Principal
from adapters.sandbox.hubspot_object_schemas import ObjectSchemas
from adapters.sandbox.hubspot_objects import ObjectsApi
from adapters.sandbox.hubspot_owners import Owners
from adapters.sandbox.hubspot_paths import Route, route_of
from adapters.sandbox.hubspot_portal import Kind
from adapters.sandbox.hubspot_project import Projects
from adapters.sandbox.hubspot_properties_api import PropertiesApi
from adapters.sandbox.hubspot_records import Records
from adapters.sandbox.hubspot_schema import CRM, PropertySchema
from adapters.sandbox.hubspot_scopes import need, schema_scopes
from adapters.sandbox.hubspot_search import Search
from adapters.sandbox.hubspot_settings import HubSpotSettings
from adapters.sandbox.hubspot_tools import AREAS, Tools
from adapters.sandbox.hubspot_usage import Usage
from adapters.sandbox.hubspot_users import UsersApi
from adapters.sandbox.hubspot_view import plan_all, show
from adapters.sandbox.hubspot_webhooks import HubSpotChannel
from adapters.sandbox.moments import iso
from adapters.sandbox.record import Actor, Record
from adapters.sandbox.wire import Answer, Call, empty_answer, json_answer
from adapters.sandbox.world import Channel, Person, World

_GATEWAY: Final = frozenset({504, *range(520, 531)})
"""Answered by what stands before HubSpot, with a page."""

_READ_VERBS: Final = frozenset({"read", "search"})
_CREATIONS: Final = frozenset({("POST",), ("POST", "batch", "create")})


class HubSpot:
    """One portal. See `world.CRMSide` for what each part of it is asked."""

    crm = CRM
    prefixes: tuple[str, ...] = (
        *("/crm/", "/oauth/", "/account-info/", "/webhooks/", "/app-webhooks/"),
        *("/crm-object-schemas/", "/automation/", "/marketing/", "/settings/", "/appinstalls/"),
    )

    def __init__(self, world: World) -> None:
        self._world = world
        self._settings = HubSpotSettings()
        self._settings.change(world.store.document("settings", CRM) or {})
        self._schema = PropertySchema(world.store)
        self._records = Records(world.store, self._schema, self._settings)
        self._owners = Owners(world.store)
        self._oauth = OAuth(world, self._settings)
        self._limits = HubSpotLimits(world, self._settings)
        self._associations = Associations(world.store)
        self._objects = ObjectsApi(self._records, self._associations)
        self._batch = BatchApi(self._records, self._objects, world.faults)
        self._links = AssociationsApi(world.store, self._associations)
        self._properties = PropertiesApi(world.store, self._schema, Usage(world.store, self._schema))
        self._groups = GroupsApi(self._schema)
        self._object_schemas = ObjectSchemas(world.store, self._schema)
        self._search = Search(self._records, self._settings)
        self._app_api = AppApi(world, self._settings)
        account = AccountApi(world, self._settings, self._limits)
        shelves = ListsApi(world.store), FlowsApi(world.store), FormsApi(world.store)
        actions = Actions(world, self._settings)
        self._tools = Tools(account, UsersApi(self._owners), actions, *shelves)
        past = LivedIn(world, self._schema, self._records, links=self._associations, owners=self._owners, tools=self._tools)
        self._commands = Commands(
            self._oauth,
            self._owners,
            actions=actions,
            records=self._records,
            random=world.random,
            lived_in=past,
            projects=Projects(self._app_api, self._oauth, self._settings),
            schemas=self._object_schemas,
        )
        self.channel: Channel = HubSpotChannel(world, self._settings)

    # the public API

    def answer(self, call: Call) -> Answer:
        try:
            route = route_of(call.path)
            if route is None and call.path == "/oauth/authorize":
                return self._oauth.authorize(call)
            if route is None:
                raise nowhere(call)
            return self._outside(call, route) or self._limited(call, route)
        except RefusalError as refusal:
            return error_answer(refusal, self._world.random)

    def refuse(self, call: Call, fault: Fault) -> Answer:
        """All calls are refused alike."""
        del call
        if fault.status == 429:
            return throttled(fault.policy or "TEN_SECONDLY_ROLLING", self._settings.portal_id, self._world.random)
        if fault.status in _GATEWAY:
            return Answer(fault.status, {"Content-Type": "text/html"}, b"<html><body><h1>Error</h1></body></html>")
        known = expired(iso(self._world.clock()), 0) if fault.status == 401 else _FAILURES.get(fault.status)
        refusal = RefusalError(fault.status, fault.code, "as the sandbox was told") if fault.code else known
        return error_answer(refusal or RefusalError(fault.status, "", "internal error"), self._world.random)

    def _outside(self, call: Call, route: Route) -> Answer | None:
        """Calls that are no portal's: of an app, and about tokens. No limit counts them."""
        match route.area:
            case "oauth":
                return self._oauth.answer(call, route.parts)
            case "app":
                return self._app_api.answer(call, route.parts)
        return None

    def _limited(self, call: Call, route: Route) -> Answer:
        principal = self._oauth.principal(call)
        searching = route.area == "objects" and route.parts[1:] == ("search",)
        allowance = self._limits.take(searching=searching, static=principal.static)
        if allowance.refused:
            return throttled(allowance.refused, self._settings.portal_id, self._world.random)
        try:
            self._locked(call, route)
            answer = self._routed(call, route, principal)
        except RefusalError as refusal:
            answer = error_answer(refusal, self._world.random)
        return Answer(answer.status, {**answer.headers, **allowance.headers}, answer.body)

    def _locked(self, call: Call, route: Route) -> None:
        if call.method != "GET" and _READ_VERBS.isdisjoint(route.parts) and self._world.faults.locked(CRM, call):
            raise _FAILURES[423]

    def _routed(self, call: Call, route: Route, principal: Principal) -> Answer:
        if route.area in AREAS:
            return self._tools.answer(call, route, principal)
        match route.area, *route.parts:
            case "owners", *rest:
                need(principal, "crm.objects.owners.read")
                return self._owners.answer(call, rest)
            case "objects", word, *rest:
                return self._object(call, kind_of(word), rest, principal)
            case (("properties" | "schemas"), *rest):
                return self._defined(call, route.area, rest, principal)
            case "associations", from_, to, *rest:
                return self._associated(call, kind_of(from_), kind_of(to), rest, principal)
            case ("uninstall",) if call.method == "DELETE" and not principal.static:
                self._oauth.uninstall()
                return empty_answer()
        raise nowhere(call)

    def _associated(self, call: Call, from_: Kind, to: Kind, rest: Sequence[str], principal: Principal) -> Answer:
        match rest:
            case ["batch", *verb]:
                need(principal, f"crm.objects.{from_.scope}.{'read' if verb == ['read'] else 'write'}")
                return self._links.batch(call, from_, to, verb)
            case ["labels", *more]:
                need(principal, *schema_scopes(from_, reads=call.method == "GET"))
                return self._links.labels(call, from_, to, more)
        raise nowhere(call)

    def _defined(self, call: Call, area: str, parts: Sequence[str], principal: Principal) -> Answer:
        if area == "schemas" and not parts:
            need(principal, "crm.schemas.custom.read")
            return json_answer(200, {"results": []})  # the portal has no custom objects
        if not parts:
            raise nowhere(call)
        kind, rest = kind_of(parts[0]), parts[1:]
        need(principal, *schema_scopes(kind, reads=_reads(call, rest)))
        if area == "schemas":
            return self._object_schemas.answer(call, kind, rest)
        groups = list(rest[:1]) == ["groups"]
        return self._groups.answer(call, kind, rest[1:]) if groups else self._properties.answer(call, kind, rest)

    def _object(self, call: Call, kind: Kind, rest: Sequence[str], principal: Principal) -> Answer:
        need(principal, f"crm.objects.{kind.scope}.{'read' if _reads(call, rest) else 'write'}")
        if (call.method, *rest) in _CREATIONS:
            self._object_schemas.refuse_incomplete(call, kind)
        match call.method, *rest:
            case "POST", "search":
                return self._search.answer(call, kind)
            case _, "batch", verb:
                return self._batch.answer(call, kind, verb, self._app)
            case _, id_, "associations", *more:
                return self._links.of_record(call, kind, id_, more)
        return self._objects.answer(call, kind, rest, self._app)

    @property
    def _app(self) -> Actor:
        return Actor("API", str(self._settings.app_id))

    # behind the API

    def configure(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        self._settings.change(settings)
        document = self._settings.document()
        self._world.store.put("settings", CRM, document)
        return document

    def install(self) -> None:
        self._schema.install()

    def command(self, method: str, parts: Sequence[str], body: Mapping[str, Any]) -> object:
        return self._commands.run(method, parts, body)

    def people(self) -> list[dict[str, Any]]:
        return [owner for owner in self._owners.all() if owner["type"] == "PERSON"]

    def add_people(self, people: Sequence[Person]) -> list[str]:
        return [self._owners.add(person) for person in people]

    def queues(self) -> list[dict[str, Any]]:
        return [owner for owner in self._owners.all() if owner["type"] == "QUEUE"]

    def add_queues(self, names: Sequence[str]) -> list[str]:
        return [self._owners.add_queue(name) for name in names]

    def show(self, record: Record) -> dict[str, Any]:
        shown = show(self._world.store, record, plan_all(self._schema, kind_of(record.object)))
        shown["properties"] = {name: value for name, value in shown["properties"].items() if value is not None}
        return {**shown, "mergedInto": record.merged_into}

    def create(self, table: str, rows: Sequence[Mapping[str, Any]], actor: Actor) -> list[str]:
        kind = self._kind(table)
        with self._world.store.transaction():
            return [self._import(kind, row, actor).id for row in rows]

    def update(self, table: str, id_: str, values: Mapping[str, Any], actor: Actor, *, at: int | None = None) -> None:
        kind = self._kind(table)
        self._records.change(self._live(kind, id_), self._schema.keep(kind.name, values), actor, at=at)

    def delete(self, table: str, id_: str, actor: Actor) -> None:
        self._world.store.archive(self._live(self._kind(table), id_), actor)

    def merge(self, table: str, primary: str, other: str, actor: Actor) -> str:
        kind = self._kind(table)
        return self._records.merge(self._live(kind, primary), self._live(kind, other), actor).id

    def _import(self, kind: Kind, row: Mapping[str, Any], actor: Actor) -> Record:
        """A `createdate` backdates the record; `contact` is the id of a contact that it hangs on."""
        values = self._schema.keep(kind.name, row)
        created, contact = values.pop(kind.stamps[0], None), values.pop("contact", None)
        record = self._records.add(kind, values, actor, at=int(created) if created else None)
        if contact:
            self._associations.link_default(record, self._live(self._kind("contacts"), contact))
        return record

    def _kind(self, table: str) -> Kind:
        try:
            return kind_of(table)
        except RefusalError as refusal:
            raise LookupError(refusal.message) from refusal

    def _live(self, kind: Kind, id_: str) -> Record:
        record = self._records.find(kind, id_)
        if record is None:
            raise LookupError(f"HubSpot has no live record {id_} in {kind.name}.")
        return record


_FAILURES: Final = {
    408: RefusalError(408, "", "Request timed out"),
    414: RefusalError(414, "", "URI Too Long"),
    423: RefusalError(423, "LOCKED", "The resource is locked by another operation; try again after 2 seconds."),
    477: RefusalError(477, "MIGRATION_IN_PROGRESS", "The account is being moved to another data centre; try again later."),
    500: RefusalError(500, "", "internal error"),
    502: RefusalError(502, "", "Bad Gateway"),
    503: RefusalError(503, "", "Service temporarily unavailable"),
}


def _reads(call: Call, rest: Sequence[str]) -> bool:
    return call.method == "GET" or not _READ_VERBS.isdisjoint(rest)
