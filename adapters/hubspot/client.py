"""HubSpot's API through its SDK: authorisation, budgets and error translation in one funnel, `_call`."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import partial
from typing import Any, Final, Literal, TypeVar

import hubspot
from hubspot.crm.associations.v4 import ApiException as AssociationsApiException
from hubspot.crm.objects import ApiException as ObjectsApiException
from hubspot.crm.owners import ApiException as OwnersApiException
from hubspot.crm.properties import ApiException as PropertiesApiException
from hubspot.oauth import ApiException as OauthApiException

from adapters.base import Budget, Endpoint, Tokens
from adapters.errors import CallOperator, Retry, Throttled
from adapters.hubspot import answers
from adapters.hubspot.failures import Operation, failure, no_answer
from adapters.hubspot.guard import check_grant, guard_of
from adapters.hubspot.transport import NUMBERED, Answer, NoAnswer, NotSent, Transport, Untrusted
from adapters.moments import skew_of

_REFUSALS: Final = (
    AssociationsApiException,
    ObjectsApiException,
    OwnersApiException,
    PropertiesApiException,
    OauthApiException,
)
"""Each module of the SDK has an exception of its own, with no common base but Exception."""

OWNERS_A_PAGE: Final = 100

_BURST: Final = ("Max", "Remaining", "Interval-Milliseconds")
_OF_CONTACTS: Final = frozenset({"tasks", "calls", "emails", "meetings", "notes"})

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

_Call = Callable[..., Any]
_Parsed = TypeVar("_Parsed")


class Client:
    """One connection's API. The SDK's objects are kept, since making one costs a connection pool each time.

    Every method raises only `adapters.errors`, with `failures.Rejected` where HubSpot refused the input and did nothing.
    """

    def __init__(self, endpoint: Endpoint, tokens: Tokens, budget: Budget, *, installing: bool = False) -> None:
        self._tokens = tokens
        self._budget = budget
        self.skew: float | None = None
        """Seconds by which our clock was ahead of HubSpot's at its last answer."""
        self._base_url = endpoint.base_url.rstrip("/")
        self.transport = Transport(
            endpoint.base_url,
            endpoint.api,
            connect_seconds=endpoint.connect_seconds,
            total_seconds=endpoint.total_seconds,
            check=guard_of(endpoint, installing=installing).check,
        )
        crm = _sdk(endpoint.base_url, self.transport).crm
        self._objects = crm.objects.batch_api
        self._pages = crm.objects.basic_api
        self._search = crm.objects.search_api
        self._associations = crm.associations.v4.batch_api
        self._owners = crm.owners.owners_api
        self._properties = crm.properties.core_api

    def read(
        self,
        object_type: str,
        ids: Sequence[str],
        names: Sequence[str],
        *,
        history: Sequence[str] = (),
        archived: bool = False,
        id_property: str = "",
    ) -> answers.Batch:
        """Reads up to 100 records, 50 with history. Unknown ids are missing from the answer, unknown names from its records.
        With `id_property`, `ids` are values of that property.
        """
        body = {"inputs": [{"id": id_} for id_ in ids], "properties": list(names), "propertiesWithHistory": list(history)}
        if id_property:
            body["idProperty"] = id_property
        operation = Operation(f"read {object_type}", scope=_scope(object_type, "read"))
        call = partial(self._objects.read, object_type, body, archived="true" if archived else "false")
        return self._call(operation, call, answers.batch)

    def search(
        self,
        object_type: str,
        filters: Sequence[Mapping[str, Any]],
        *,
        limit: int,
        sort: str = "",
        names: Sequence[str] = ("hs_object_id",),
    ) -> answers.Found:
        """The first records to which every filter applies, 200 at most, with some properties, and how many there are in all.
        Some seconds behind; a budget of its own. A `-` before `sort` turns the order round.
        """
        groups = [{"filters": list(filters)}] if filters else []
        body: dict[str, Any] = {"filterGroups": groups, "properties": list(names), "limit": limit}
        if sort:
            direction = "DESCENDING" if sort.startswith("-") else "ASCENDING"
            body["sorts"] = [{"propertyName": sort.removeprefix("-"), "direction": direction}]
        operation = Operation(f"search {object_type}", scope=_scope(object_type, "read"), policy="search")
        return self._call(operation, partial(self._search.do_search, object_type, body), answers.found)

    def update(self, object_type: str, inputs: Sequence[Mapping[str, Any]]) -> answers.Batch:
        """Updates up to 100 records, each input with `id`, `objectWriteTraceId` and `properties`."""
        operation = Operation(f"update {object_type}", writes=True, scope=_scope(object_type, "write"))
        return self._call(operation, partial(self._objects.update, object_type, {"inputs": list(inputs)}), answers.batch)

    def create(self, object_type: str, inputs: Sequence[Mapping[str, Any]]) -> answers.Batch:
        """Creates up to 100 records, each input with `objectWriteTraceId`, `properties` and `associations`."""
        operation = Operation(f"create {object_type}", writes=True, scope=_scope(object_type, "write"))
        return self._call(operation, partial(self._objects.create, object_type, {"inputs": list(inputs)}), answers.batch)

    def linked(self, from_type: str, to_type: str, pages: Mapping[str, str | None]) -> Sequence[answers.Links]:
        """One page of associations for up to 100 records: record id to where its page starts (None: at the beginning)."""
        inputs = [{"id": id_, "after": after} if after else {"id": id_} for id_, after in pages.items()]
        operation = Operation(f"read {to_type} of {from_type}", scope=_scope(from_type, "read"))
        return self._call(operation, partial(self._associations.get_page, from_type, to_type, {"inputs": inputs}), answers.links)

    def owners(self, *, archived: bool) -> Sequence[answers.OwnerRow]:
        """All owners on all pages; those who left are on pages of their own."""
        page = self.owner_page(after=None, archived=archived)
        owners = list(page.owners)
        while page.after:
            page = self.owner_page(after=page.after, archived=archived)
            owners.extend(page.owners)
        return owners

    def owner_page(self, *, after: str | None, archived: bool) -> answers.OwnerPage:
        query = {"limit": OWNERS_A_PAGE, "archived": "true" if archived else "false"} | ({"after": after} if after else {})
        operation = Operation("read owners", scope="crm.objects.owners.read")
        return self._call(operation, partial(self._owners.get_page, **query), answers.owner_page)

    def properties(self, object_type: str) -> Sequence[answers.Property]:
        operation = Operation(f"read the properties of {object_type}", scope=f"crm.schemas.{object_type}.read")
        return self._call(operation, partial(self._properties.get_all, object_type), answers.properties)

    def newest(self, object_type: str, count: int) -> Sequence[str]:
        """Ids of the records that were made last, at most 200; some seconds behind, as search is. All objects but contacts
        keep that moment in `hs_createdate`."""
        made = "createdate" if object_type == "contacts" else "hs_createdate"
        body = {
            "filterGroups": [],
            "sorts": [{"propertyName": made, "direction": "DESCENDING"}],
            "properties": ["hs_object_id"],
            "limit": count,
        }
        operation = Operation(f"search {object_type}", scope=_scope(object_type, "read"), policy="search")
        call = partial(self._search.do_search, object_type, body)
        return [record.id for record in self._call(operation, call, answers.batch).records]

    def listed(self, object_type: str, after: str, limit: int, names: Sequence[str]) -> answers.Listed:
        """A page of all records, 100 at most, in order of the ids, as they stand. `names` go into the address: keep them few."""
        query: dict[str, Any] = {"limit": limit, "properties": list(names)} | ({"after": after} if after else {})
        operation = Operation(f"list {object_type}", scope=_scope(object_type, "read"))
        return self._call(operation, partial(self._pages.get_page, object_type, **query), answers.listed)

    def archived(self, object_type: str, after: str, limit: int) -> answers.Listed:
        """A page of what is in the recycle bin, 100 at most, in order of the ids."""
        query: dict[str, Any] = {"limit": limit, "archived": "true"} | ({"after": after} if after else {})
        operation = Operation(f"list archived {object_type}", scope=_scope(object_type, "read"))
        return self._call(operation, partial(self._pages.get_page, object_type, **query), answers.listed)

    def probe(self, object_type: str) -> None:
        """Reads one record, to find out whether it may."""
        operation = Operation(f"read {object_type}", scope=_scope(object_type, "read"))
        self._call(operation, partial(self._pages.get_page, object_type, limit=1), answers.batch)

    def account(self) -> answers.AccountDetails:
        """Whose portal it is; any token may ask."""
        operation = Operation("read the account's details")
        return self.ask(operation, "GET", "/account-info/v3/details", answers.account_details)

    def ask(
        self,
        operation: Operation,
        method: Method,
        path: str,
        parse: Callable[[object], _Parsed],
        *,
        query: Sequence[tuple[str, str]] = (),
        body: object = None,
        developer_key: str = "",
    ) -> _Parsed:
        """A call for which the SDK has no method, or one whose module would cost every worker memory for the sake of installing.

        Args:
            path: of the numbered generation.
            developer_key: the account's key for calls about the app itself; such calls carry no token.
        """
        query = [*query, ("hapikey", developer_key)] if developer_key else query
        call = partial(_plain, self._properties.api_client, method, path, list(query), body)
        if not developer_key:
            return self._call(operation, call, parse)
        self._budget.take(operation.policy)
        return _parsed(_exchange(operation, call), operation, parse)

    def close(self) -> None:
        self.transport.close()

    def _call(self, operation: Operation, call: _Call, parse: Callable[[object], _Parsed]) -> _Parsed:
        token = self._tokens.current()
        answer = self._send(operation, call, token)
        if answer.status == 401:
            answer = self._send(operation, call, self._tokens.renew(token))
        return _parsed(answer, operation, parse)

    def _send(self, operation: Operation, call: _Call, token: str) -> Answer:
        self._budget.take(operation.policy)
        # The SDK's objects would send for ever the token that they were made with.
        answer = _exchange(operation, partial(call, _headers={"Authorization": f"Bearer {token}"}))
        self._learn(answer.headers)
        if answer.status == 429 and isinstance(refusal := failure(answer, operation), Throttled):
            self._budget.refused(refusal)  # the limit is the whole account's or app's: every process hears of it
        return answer

    def _learn(self, headers: Mapping[str, str]) -> None:
        """The day's limit stands in every answer to a private app, in none to OAuth and none of search."""
        self.skew = skew_of(headers.get("Date", "")) or self.skew
        limit, remaining = headers.get("X-HubSpot-RateLimit-Daily", ""), headers.get("X-HubSpot-RateLimit-Daily-Remaining", "")
        if limit.isdecimal() and remaining.isdecimal():
            self._budget.learn(used=max(int(limit) - int(remaining), 0), limit=int(limit))
        most, left, span = (headers.get(f"X-HubSpot-RateLimit-{name}", "") for name in _BURST)
        if most.isdecimal() and left.isdecimal() and span.isdecimal():
            self._budget.learn_burst(limit=int(most), remaining=int(left), seconds=int(span) / 1000)


def _scope(object_type: str, right: str) -> str:
    """Tasks and the like go by the scopes of contacts."""
    return f"crm.objects.{'contacts' if object_type in _OF_CONTACTS else object_type}.{right}"


def request_token(form: Mapping[str, str], base_url: str, timeout: float, *, api: str, operation: Operation) -> Answer:
    """Posts `form` to the token endpoint, within `timeout` seconds; it needs no token, and no budget."""
    with closing(_granting(base_url, api, timeout)) as transport:
        return _exchange(operation, partial(_sdk(base_url, transport).oauth.tokens_api.create, **form))


def request_introspection(token: str, base_url: str, timeout: float, *, api: str, operation: Operation) -> Answer:
    """Asks whose an access token is, within `timeout` seconds. The numbered generation takes it in the path and no other way."""
    with closing(_granting(base_url, api, timeout)) as transport:
        numbered = _sdk(base_url, transport).oauth.access_tokens_api.get
        dated = _about_token(transport, base_url, "introspect")
        return _exchange(operation, partial(numbered if api == NUMBERED else dated, token))


def request_revocation(refresh_token: str, base_url: str, timeout: float, *, api: str, operation: Operation) -> Answer:
    """Tells HubSpot to forget a refresh token, within `timeout` seconds."""
    with closing(_granting(base_url, api, timeout)) as transport:
        numbered = _sdk(base_url, transport).oauth.refresh_tokens_api.archive
        dated = _about_token(transport, base_url, "revoke")
        return _exchange(operation, partial(numbered if api == NUMBERED else dated, refresh_token))


def _about_token(transport: Transport, base_url: str, what: str) -> _Call:
    """A call of the dated generation, which the SDK does not know and which takes the token in the form."""

    def call(token: str, **options: Any) -> Answer:
        form = {"fields": {"token": token}, "encode_multipart": False}
        return _bare(partial(transport.request, "POST", f"{base_url.rstrip('/')}/oauth/v1/token/{what}", **form), **options)

    return call


def _granting(base_url: str, api: str, timeout: float) -> Transport:
    """For calls about tokens, and no others."""
    return Transport(base_url, api, connect_seconds=3.0, total_seconds=timeout, check=check_grant)


def _bare(request: _Call, *, _headers: Mapping[str, str] | None = None, _preload_content: bool = False) -> Answer:
    """Makes a call that the SDK does not know look like one of its own."""
    answer: Answer = request(headers={"User-Agent": "Leadline", "Accept": "application/json", **(_headers or {})})
    return answer


def _exchange(operation: Operation, call: _Call) -> Answer:
    """Makes one call; an answer is an answer, whatever its status.

    Raises:
        Retry: the request did not leave, or a read's answer did not come.
        UnknownOutcome: a write's answer did not come.
        CallOperator: this machine does not trust the server.
    """
    try:
        answer: Answer = call(_preload_content=False)
    except _REFUSALS as refusal:
        return Answer(refusal.status, refusal.reason, refusal.body.encode(), refusal.headers)
    except Untrusted as error:
        sentence = "HubSpot's certificate is not trusted on this machine; install the certificate of the proxy between."
        raise CallOperator(sentence, provider="hubspot", operation=operation.name) from error
    except NotSent as error:
        raise Retry(f"HubSpot cannot be reached: {error}.", provider="hubspot", operation=operation.name, after=5.0) from error
    except NoAnswer as error:
        raise no_answer(operation, str(error)) from error
    return answer


def _plain(
    api_client: Any,
    method: str,
    path: str,
    query: Sequence[tuple[str, str]],
    body: object,
    *,
    _headers: Mapping[str, str] | None = None,
    _preload_content: bool = True,
) -> Any:
    """One request as the SDK itself makes it, for a path that is given whole."""
    headers = {"Accept": "application/json", **({} if body is None else {"Content-Type": "application/json"}), **(_headers or {})}
    return api_client.call_api(path, method, {}, query, headers, body=body, _preload_content=_preload_content)


def _parsed(answer: Answer, operation: Operation, parse: Callable[[object], _Parsed]) -> _Parsed:
    if not 200 <= answer.status <= 299:
        raise failure(answer, operation)
    return _read(answer, operation, parse)


def _read(answer: Answer, operation: Operation, parse: Callable[[object], _Parsed]) -> _Parsed:
    try:
        return parse(json.loads(answer.data) if answer.data or answer.status != 204 else None)
    except answers.Malformed as error:
        raise no_answer(operation, str(error).removesuffix(".")) from None
    except ValueError:
        # Such as a proxy's page under status 200. The text of the error quotes the body, so it goes no further.
        raise no_answer(operation, "it is not JSON") from None


def _sdk(base_url: str, transport: Transport) -> hubspot.HubSpot:
    """The SDK, with `transport` in place of each connection pool that it would make."""

    def api(package: Any, name: str, config: Mapping[str, Any]) -> Any:
        client = package.ApiClient(package.Configuration(host=config["host"]))
        client.rest_client.pool_manager = transport
        client.user_agent = "Leadline"
        return getattr(package, name)(client)

    return hubspot.HubSpot(host=base_url.rstrip("/"), api_factory=api)
