"""The Salesforce half of the sandbox: its public API, and what the control API does behind that."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from adapters.sandbox.faults import Fault
from adapters.sandbox.record import Actor, Record
from adapters.sandbox.salesforce_api import Api
from adapters.sandbox.salesforce_backdoor import BackDoor
from adapters.sandbox.salesforce_channel import SalesforceChannel
from adapters.sandbox.salesforce_commands import Commands
from adapters.sandbox.salesforce_errors import OAuthError, SalesforceError, not_found
from adapters.sandbox.salesforce_oauth import OAuth
from adapters.sandbox.salesforce_org import Org
from adapters.sandbox.salesforce_package import install
from adapters.sandbox.salesforce_read import CRM
from adapters.sandbox.salesforce_soap_api import SoapApi
from adapters.sandbox.wire import Answer, Call
from adapters.sandbox.world import Channel, Person, World

_GATEWAY: Final = frozenset({502, 504})
"""Answered by what stands before the org, which knows no error codes."""

_ACTIONS: Final = ("expire_tokens", "revoke_tokens")


class Salesforce:
    """One org. Implements `world.CRMSide`."""

    crm = CRM
    prefixes = ("/services/", "/id/")

    def __init__(self, world: World) -> None:
        self._org = Org(world)
        self._oauth = OAuth(self._org)
        self._api = Api(self._org, self._oauth, world.faults)
        self._soap = SoapApi(self._org, self._oauth)
        self._back_door = BackDoor(self._org)
        self._commands = Commands(self._org)
        self.channel: Channel = SalesforceChannel(self._org)
        self._open: Mapping[tuple[str, str], Callable[[Call], Answer]] = {
            ("POST", "/services/oauth2/token"): self._oauth.token,
            ("POST", "/services/oauth2/revoke"): self._oauth.revoke,
            ("GET", "/services/oauth2/authorize"): self._oauth.authorize,
            ("GET", "/services/oauth2/userinfo"): self._oauth.identity,
            ("POST", "/services/oauth2/userinfo"): self._oauth.identity,
            ("GET", "/services/data"): self._api.versions,
        }

    def answer(self, call: Call) -> Answer:
        try:
            return self._answer(call)
        except (OAuthError, SalesforceError) as error:
            return error.answer()

    def refuse(self, call: Call, fault: Fault) -> Answer:
        """Salesforce knows no 429: a spent limit is 403, a lock 400. Its gateway's errors are pages, not JSON."""
        del call
        if fault.code:
            return SalesforceError(fault.status, fault.code, f"{fault.code}: as the sandbox was told.").answer()
        code, message = _REFUSALS.get(fault.status, ("UNKNOWN_EXCEPTION", "An unexpected error occurred."))
        if fault.status in _GATEWAY:
            return Answer(fault.status, {"Content-Type": "text/html"}, b"<html><body><h1>Bad Gateway</h1></body></html>")
        return SalesforceError({423: 400, 429: 403}.get(fault.status, fault.status), code, message).answer()

    def configure(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Besides settings, two deeds: `expire_tokens` ends every session, `revoke_tokens` the refresh tokens too."""
        if settings.get("expire_tokens") or settings.get("revoke_tokens"):
            self._oauth.expire(refresh_tokens=bool(settings.get("revoke_tokens")))
        return self._org.configure({name: value for name, value in settings.items() if name not in _ACTIONS})

    def install(self) -> None:
        install(self._org.schema)

    def command(self, method: str, parts: Sequence[str], body: Mapping[str, Any]) -> object:
        return self._commands.run(method, parts, body)

    def people(self) -> list[dict[str, Any]]:
        return self._listed("User")

    def add_people(self, people: Sequence[Person]) -> list[str]:
        return self._org.add_people(people)

    def queues(self) -> list[dict[str, Any]]:
        return self._listed("Group")

    def add_queues(self, names: Sequence[str]) -> list[str]:
        return self._org.add_queues(names)

    def show(self, record: Record) -> dict[str, Any]:
        return self._back_door.show(record)

    def create(self, table: str, rows: Sequence[Mapping[str, Any]], actor: Actor) -> list[str]:
        return self._back_door.create(table, rows, actor)

    def update(self, table: str, id_: str, values: Mapping[str, Any], actor: Actor, *, at: int | None = None) -> None:
        self._back_door.update(table, id_, values, actor, at=at)

    def delete(self, table: str, id_: str, actor: Actor) -> None:
        self._back_door.delete(table, id_, actor)

    def merge(self, table: str, primary: str, other: str, actor: Actor) -> str:
        return self._back_door.merge(table, primary, other, actor)

    def _answer(self, call: Call) -> Answer:
        path = call.path.rstrip("/")
        resource = self._open.get((call.method, path))
        if resource is not None:
            return resource(call)
        if path.startswith("/services/data/"):
            return self._api.answer(call)
        if path.startswith("/services/Soap/") and call.method == "POST":
            return self._soap.answer(call)
        if path.startswith("/id/") and call.method == "GET":
            return self._oauth.identity(call)
        raise not_found()

    def _listed(self, table: str) -> list[dict[str, Any]]:
        records = self._org.store.all(CRM, table)
        return [self._org.reader.whole(self._org.spec(table), record, "") for record in records]


_REFUSALS: Final[Mapping[int, tuple[str, str]]] = {
    401: ("INVALID_SESSION_ID", "Session expired or invalid"),
    403: ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
    423: ("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record"),
    429: ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
    503: ("SERVER_UNAVAILABLE", "The server is too busy. Try again later."),
}
