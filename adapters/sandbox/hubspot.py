"""The HubSpot half of the sandbox: who may call, how often, and which part answers."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.sandbox.hubspot_associations import Associations
from adapters.sandbox.hubspot_batch import BatchApi
from adapters.sandbox.hubspot_errors import (
    RefusalError,
    error_answer,
    expired,
    missing_scopes,
    throttled,
)
from adapters.sandbox.hubspot_groups_api import GroupsApi
from adapters.sandbox.hubspot_input import kind_of, nowhere
from adapters.sandbox.hubspot_limits import HubSpotLimits
from adapters.sandbox.hubspot_links_api import AssociationsApi
from adapters.sandbox.hubspot_oauth import OAuth, Principal
from adapters.sandbox.hubspot_objects import ObjectsApi
from adapters.sandbox.hubspot_owners import Owners
from adapters.sandbox.hubspot_paths import Route, route_of
from adapters.sandbox.hubspot_portal import Kind
from adapters.sandbox.hubspot_properties_api import PropertiesApi
from adapters.sandbox.hubspot_records import Records
from adapters.sandbox.hubspot_schema import CRM, PropertySchema
from adapters.sandbox.hubspot_search import Search
from adapters.sandbox.hubspot_settings import HubSpotSettings
from adapters.sandbox.hubspot_view import plan_all, show
from adapters.sandbox.hubspot_webhooks import HubSpotChannel
from adapters.sandbox.moments import iso
from adapters.sandbox.record import Actor, Record
from adapters.sandbox.wire import Answer, Call, json_answer
from adapters.sandbox.world import Channel, Person, World

_READ_VERBS: Final = frozenset({"read", "search"})


class HubSpot:
    """One portal. See `world.CRMSide` for what each part of it is asked."""

    crm = CRM
    prefixes: tuple[str, ...] = ("/crm/", "/oauth/", "/account-info/")

    def __init__(self, world: World) -> None:
        self._world = world
        self._settings = HubSpotSettings()
        self._settings.change(world.store.document("settings", CRM) or {})
        self._schema = PropertySchema(world.store)
        self._records = Records(world.store, self._schema, self._settings)
        self._owners = Owners(world.store)
        self._oauth = OAuth(world, self._settings)
        self._limits = HubSpotLimits(world, self._settings)
        links = Associations(world.store)
        self._objects = ObjectsApi(self._records, links)
        self._batch = BatchApi(self._records, self._objects)
        self._links = AssociationsApi(world.store, links)
        self._properties = PropertiesApi(world.store, self._schema)
        self._groups = GroupsApi(self._schema)
        self._search = Search(self._records, self._settings)
        self.channel: Channel = HubSpotChannel(world, self._settings)

    # the public API

    def answer(self, call: Call) -> Answer:
        try:
            route = route_of(call.path)
            if route is None and call.path == "/oauth/authorize":
                return self._oauth.authorize(call)
            if route is None:
                raise nowhere(call)
            return self._oauth.answer(call, route.parts) if route.area == "oauth" else self._limited(call, route)
        except RefusalError as refusal:
            return error_answer(refusal, self._world.random)

    def refuse(self, call: Call, status: int, policy: str = "") -> Answer:  # noqa: ARG002 - all calls are refused alike
        if status == 429:
            return throttled(policy or "TEN_SECONDLY_ROLLING", self._settings.portal_id, self._world.random)
        refusal = expired(iso(self._world.clock()), 0) if status == 401 else _FAILURES.get(status)
        return error_answer(refusal or RefusalError(status, "", "internal error"), self._world.random)

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
        match route.area, *route.parts:
            case "owners", *rest:
                _need(principal, "crm.objects.owners.read")
                return self._owners.answer(call, rest)
            case "objects", word, *rest:
                return self._object(call, kind_of(word), rest, principal)
            case "properties", word, *rest:
                kind = kind_of(word)
                _need(principal, f"crm.schemas.{kind.scope}.{'read' if _reads(call, rest) else 'write'}")
                groups = rest[:1] == ["groups"]
                return self._groups.answer(call, kind, rest[1:]) if groups else self._properties.answer(call, kind, rest)
            case "associations", from_, to, "batch", *verb:
                _need(principal, f"crm.objects.{kind_of(from_).scope}.{'read' if verb == ['read'] else 'write'}")
                return self._links.batch(call, kind_of(from_), kind_of(to), verb)
            case "account", "details":
                return json_answer(200, self._details())
        raise nowhere(call)

    def _object(self, call: Call, kind: Kind, rest: Sequence[str], principal: Principal) -> Answer:
        _need(principal, f"crm.objects.{kind.scope}.{'read' if _reads(call, rest) else 'write'}")
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

    def _details(self) -> dict[str, Any]:
        portal = {"portalId": self._settings.portal_id, "accountType": "DEVELOPER_TEST", "timeZone": "UTC"}
        return {**portal, "companyCurrency": "USD", "utcOffset": "+00:00", "uiDomain": "app.hubspot.com"}

    # behind the API

    def configure(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        self._settings.change(settings)
        document = self._settings.document()
        self._world.store.put("settings", CRM, document)
        return document

    def install(self) -> None:
        self._schema.install()

    def command(self, method: str, parts: Sequence[str], body: Mapping[str, Any]) -> object:  # noqa: ARG002 - none takes a body
        raise LookupError(f"The control API has no {method} /_sandbox/hubspot/{'/'.join(parts)}.")

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

    def update(self, table: str, id_: str, values: Mapping[str, Any], actor: Actor) -> None:
        kind = self._kind(table)
        self._records.change(self._live(kind, id_), self._schema.keep(kind.name, values), actor)

    def delete(self, table: str, id_: str, actor: Actor) -> None:
        self._world.store.archive(self._live(self._kind(table), id_), actor)

    def merge(self, table: str, primary: str, other: str, actor: Actor) -> str:
        kind = self._kind(table)
        return self._records.merge(self._live(kind, primary), self._live(kind, other), actor).id

    def _import(self, kind: Kind, row: Mapping[str, Any], actor: Actor) -> Record:
        """A `createdate` backdates the record."""
        values = self._schema.keep(kind.name, row)
        created = values.pop(kind.stamps[0], None)
        return self._records.add(kind, values, actor, at=int(created) if created else None)

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
    423: RefusalError(423, "LOCKED", "The resource is locked by another operation; try again after 2 seconds."),
    500: RefusalError(500, "", "internal error"),
    502: RefusalError(502, "", "Bad Gateway"),
    503: RefusalError(503, "", "Service temporarily unavailable"),
}


def _reads(call: Call, rest: Sequence[str]) -> bool:
    return call.method == "GET" or not _READ_VERBS.isdisjoint(rest)


def _need(principal: Principal, scope: str) -> None:
    if scope not in principal.scopes:
        raise missing_scopes([scope])
