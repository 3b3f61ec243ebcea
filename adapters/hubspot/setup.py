"""A portal's setup as calls: what an installation reads, makes, changes and takes away. Nothing here touches a lead's fields."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import quote

from adapters.errors import CallOperator, Throttled
from adapters.hubspot import setup_answers as answers
from adapters.hubspot.answers import Record
from adapters.hubspot.client import Client, Method
from adapters.hubspot.failures import Operation, Rejected
from adapters.hubspot.setup_answers import ContactList, Definition, Flow, Form, Found, Group, Past, Subscription, Target

_Parsed = TypeVar("_Parsed")

CONTACTS: Final = "0-1"
_LISTS_A_PAGE: Final = 100
_MEMBERS_A_PAGE: Final = 250
_FLOWS_A_PAGE: Final = 100
SEARCH_PAGE: Final = 200
_PATIENCE: Final = 4
"""Times that a search which met the account's limit is made again."""


class Setup:
    """One portal. Every method raises only `adapters.errors`, with `failures.Rejected` where HubSpot refused and did nothing."""

    def __init__(self, client: Client, object_type: str, sleep: Callable[[float], None]) -> None:
        self._client = client
        self._object = object_type
        self._sleep = sleep

    # --- properties

    def definitions(self, *, archived: bool = False) -> Mapping[str, Definition]:
        call = self._schema("read the properties")
        query = [("archived", "true")] if archived else []
        found = self._client.ask(call, "GET", self._properties(), answers.definitions, query=query)
        return {one.name: one for one in found}

    def create_property(self, body: Mapping[str, Any]) -> Definition:
        """Makes a property; one that was archived under this name comes back instead, with its values."""
        call = self._schema("create a property", writes=True)
        return self._client.ask(call, "POST", self._properties(), answers.definition, body=dict(body))

    def change_property(self, name: str, body: Mapping[str, Any]) -> Definition:
        call = self._schema("change a property", writes=True)
        return self._client.ask(call, "PATCH", self._properties(name), answers.definition, body=dict(body))

    def archive_property(self, name: str) -> None:
        call = self._schema("archive a property", writes=True)
        self._client.ask(call, "DELETE", self._properties(name), answers.nothing)

    def groups(self) -> Mapping[str, Group]:
        found = self._client.ask(self._schema("read property groups"), "GET", self._properties("groups"), answers.groups)
        return {one.name: one for one in found}

    def create_group(self, name: str, label: str) -> None:
        call = self._schema("create a property group", writes=True)
        self._client.ask(call, "POST", self._properties("groups"), answers.nothing, body={"name": name, "label": label})

    def change_group(self, name: str, label: str) -> None:
        call = self._schema("change a property group", writes=True)
        self._client.ask(call, "PATCH", self._properties("groups", name), answers.nothing, body={"label": label})

    def archive_group(self, name: str) -> None:
        call = self._schema("archive a property group", writes=True)
        self._client.ask(call, "DELETE", self._properties("groups", name), answers.nothing)

    def required(self) -> tuple[str, ...]:
        """Properties without which nobody can create a record of the object. Needs an Enterprise portal, else 403."""
        call = self._schema("read the schema")
        return self._client.ask(call, "GET", f"/crm-object-schemas/v3/schemas/{self._object}", answers.required)

    # --- lists

    def list_named(self, name: str) -> ContactList | None:
        call = Operation("read a list", scope="crm.lists.read")
        path = f"/crm/v3/lists/object-type-id/{CONTACTS}/name/{quote(name, safe='')}"
        try:
            return self._client.ask(call, "GET", path, answers.one_list)
        except Rejected as refusal:
            if refusal.status == 404:
                return None
            raise

    def filtered_lists(self) -> Iterator[ContactList]:
        """Every list that has filters, with them."""
        for ids in self._filtered_ids():
            call = Operation("read lists", scope="crm.lists.read")
            query = [*(("listIds", id_) for id_ in ids), ("includeFilters", "true")]
            yield from self._client.ask(call, "GET", "/crm/v3/lists/", answers.lists, query=query)

    def create_list(self, name: str) -> ContactList:
        call = Operation("create a list", writes=True, scope="crm.lists.write")
        body = {"name": name, "objectTypeId": CONTACTS, "processingType": "MANUAL"}
        return self._client.ask(call, "POST", "/crm/v3/lists/", answers.one_list, body=body)

    def members(self, list_id: str) -> Iterator[Sequence[str]]:
        """Ids of the list's records, page by page."""
        after: str | None = ""
        while after is not None:
            query = [("limit", str(_MEMBERS_A_PAGE)), *([("after", after)] if after else [])]
            call = Operation("read a list's members", scope="crm.lists.read")
            ids, after = self._client.ask(call, "GET", f"/crm/v3/lists/{list_id}/memberships", answers.members, query=query)
            if ids:
                yield ids

    def remove_members(self, list_id: str, ids: Sequence[str]) -> None:
        call = Operation("take contacts out of a list", writes=True, scope="crm.lists.write")
        path = f"/crm/v3/lists/{list_id}/memberships/remove"
        self._client.ask(call, "PUT", path, answers.nothing, body=list(ids))

    def remove_list(self, list_id: str) -> None:
        call = Operation("delete a list", writes=True, scope="crm.lists.write")
        self._client.ask(call, "DELETE", f"/crm/v3/lists/{list_id}", answers.nothing)

    # --- what others have built

    def flows(self) -> Iterator[Flow]:
        """Every workflow, whole."""
        after: str | None = ""
        while after is not None:
            query = [("limit", str(_FLOWS_A_PAGE)), *([("after", after)] if after else [])]
            call = Operation("read workflows", scope="automation")
            ids, after = self._client.ask(call, "GET", "/automation/v4/flows", answers.flow_ids, query=query)
            if ids:
                body = {"inputs": [{"flowId": id_, "type": "FLOW_ID"} for id_ in ids]}
                yield from self._client.ask(call, "POST", "/automation/v4/flows/batch/read", answers.flows, body=body)

    def forms(self) -> Iterator[Form]:
        after: str | None = ""
        while after is not None:
            query = [("limit", "100"), *([("after", after)] if after else [])]
            call = Operation("read forms", scope="forms")
            found, after = self._client.ask(call, "GET", "/marketing/v3/forms/", answers.forms, query=query)
            yield from found

    # --- records, as far as an installation must look at them

    def search(
        self, filters: Sequence[Mapping[str, Any]], names: Sequence[str], *, limit: int = SEARCH_PAGE, sort: str = "hs_object_id"
    ) -> Found:
        """One page. Search is behind what was written by seconds.

        It has a limit of its own, five a second for the whole account, which other integrations use too: here it is waited for.
        """
        direction = {"propertyName": sort.removeprefix("-"), "direction": "DESCENDING" if sort.startswith("-") else "ASCENDING"}
        body = {"filterGroups": [{"filters": list(filters)}], "properties": list(names), "limit": limit, "sorts": [direction]}
        for _ in range(_PATIENCE):
            try:
                return self._search(body)
            except Throttled as error:
                if error.policy != "search":
                    raise
                self._sleep(error.after)
        return self._search(body)

    def _search(self, body: Mapping[str, Any]) -> Found:
        call = Operation(f"search {self._object}", scope=f"crm.objects.{self._object}.read")
        path = f"/crm/v3/objects/{self._object}/search"
        return self._client.ask(call, "POST", path, answers.found, body=body, policy="search")

    def records(self, names: Sequence[str]) -> Iterator[Record]:
        """Every record of the object, with these properties."""
        after: str | None = ""
        while after is not None:
            query = [("limit", "100"), ("properties", ",".join(names)), *([("after", after)] if after else [])]
            call = Operation(f"read {self._object}", scope=f"crm.objects.{self._object}.read")
            records, after = self._client.ask(call, "GET", f"/crm/v3/objects/{self._object}", answers.records, query=query)
            yield from records

    def some_leads(self) -> Sequence[str]:
        """Ids of a few records of HubSpot's Lead object."""
        call = Operation("read leads", scope="crm.objects.leads.read")
        records, _ = self._client.ask(call, "GET", "/crm/v3/objects/leads", answers.records, query=[("limit", "1")])
        return [record.id for record in records]

    def pasts(self, ids: Sequence[str], name: str) -> Sequence[Past]:
        """History of one property of up to 50 records."""
        body = {"inputs": [{"id": id_} for id_ in ids], "properties": ["createdate"], "propertiesWithHistory": [name]}
        call = Operation(f"read {self._object}", scope=f"crm.objects.{self._object}.read")
        path = f"/crm/v3/objects/{self._object}/batch/read"
        return self._client.ask(call, "POST", path, lambda answer: answers.pasts(name, answer), body=body)

    def _properties(self, *parts: str) -> str:
        return "/".join([f"/crm/v3/properties/{self._object}", *parts])

    def _schema(self, what: str, *, writes: bool = False) -> Operation:
        right = "write" if writes else "read"
        return Operation(f"{what} of {self._object}", writes=writes, scope=f"crm.schemas.{self._object}.{right}")

    def _filtered_ids(self) -> Iterator[Sequence[str]]:
        offset: int | None = 0
        while offset is not None:
            body = {"processingTypes": ["DYNAMIC", "SNAPSHOT"], "offset": offset, "count": _LISTS_A_PAGE}
            call = Operation("search lists", scope="crm.lists.read")
            page = self._client.ask(call, "POST", "/crm/v3/lists/search", answers.list_page, body=body)
            if page.lists:
                yield [one.id for one in page.lists]
            offset = page.after


class AppSetup:
    """A legacy public app's webhooks. They belong to the app, not to one portal: every account that installed it has them."""

    def __init__(self, client: Client, app_id: str, developer_key: str) -> None:
        self._client = client
        self._app_id = app_id
        self._key = developer_key

    def target(self) -> Target | None:
        try:
            return self._ask("read the webhook settings", "GET", "settings", answers.target)
        except Rejected as refusal:
            if refusal.status == 404:
                return None
            raise

    def put_target(self, target: Target) -> None:
        body = {"targetUrl": target.url, "throttling": {"maxConcurrentRequests": target.concurrent}}
        self._ask("change the webhook settings", "PUT", "settings", answers.nothing, body)

    def subscriptions(self) -> Sequence[Subscription]:
        return self._ask("read the subscriptions", "GET", "subscriptions", answers.subscriptions)

    def subscribe(self, event: str, property_name: str) -> None:
        body = {"eventType": event, "active": True} | ({"propertyName": property_name} if property_name else {})
        self._ask("subscribe to an event", "POST", "subscriptions", answers.nothing, body)

    def wake(self, id_: str) -> None:
        self._ask("switch a subscription on", "PATCH", f"subscriptions/{id_}", answers.nothing, {"active": True})

    def unsubscribe(self, id_: str) -> None:
        self._ask("end a subscription", "DELETE", f"subscriptions/{id_}", answers.nothing)

    def _ask(self, what: str, method: Method, path: str, parse: Callable[[object], _Parsed], body: object = None) -> _Parsed:
        operation = Operation(f"{what} of app {self._app_id}", writes=method != "GET")
        whole = f"/webhooks/v3/{quote(self._app_id, safe='')}/{path}"
        try:
            return self._client.ask(operation, method, whole, parse, body=body, developer_key=self._key)
        except CallOperator as refusal:
            sentence = f"HubSpot does not take the developer key for app {self._app_id}; connect again with the app's own."
            code, status = refusal.code, refusal.status
            raise CallOperator(sentence, provider="hubspot", operation=operation.name, code=code, status=status) from None
