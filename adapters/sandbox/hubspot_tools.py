"""The parts of a portal beside its records: account, users, pipelines, lists, workflows, forms, custom actions."""

from collections.abc import Sequence
from typing import Final

from adapters.sandbox.hubspot_account import AccountApi
from adapters.sandbox.hubspot_actions import Actions
from adapters.sandbox.hubspot_flows import FlowsApi
from adapters.sandbox.hubspot_forms import FormsApi
from adapters.sandbox.hubspot_input import kind_of, nowhere
from adapters.sandbox.hubspot_lists import ListsApi
from adapters.sandbox.hubspot_oauth import Principal
from adapters.sandbox.hubspot_paths import Route
from adapters.sandbox.hubspot_pipelines import PipelinesApi
from adapters.sandbox.hubspot_scopes import need
from adapters.sandbox.hubspot_users import UsersApi
from adapters.sandbox.wire import Answer, Call

AREAS: Final = frozenset({"account", "callbacks", "users", "pipelines", "lists", "flows", "forms"})


class Tools:
    """Each area with the scope that it needs."""

    def __init__(
        self, account: AccountApi, users: UsersApi, actions: Actions, lists: ListsApi, flows: FlowsApi, forms: FormsApi
    ) -> None:
        self.lists = lists
        self.flows = flows
        self.forms = forms
        self._account = account
        self._users = users
        self._actions = actions
        self._pipelines = PipelinesApi()

    def answer(self, call: Call, route: Route, principal: Principal) -> Answer:
        """Answers a call to one of `AREAS`.

        Raises:
            RefusalError: HubSpot's refusal.
        """
        rest = route.parts
        match route.area:
            case "account":
                return self._account.answer(call, rest)
            case "users":
                need(principal, f"settings.users.{'teams.' if rest[:1] == ('teams',) else ''}read")
                return self._users.answer(call, rest)
            case "callbacks":
                return self._actions.answer(call, rest)
            case "lists":
                reads = call.method == "GET" or rest == ("search",)
                need(principal, f"crm.lists.{'read' if reads else 'write'}")
                return self.lists.answer(call, rest)
        return self._marketed(call, route.area, rest, principal)

    def _marketed(self, call: Call, area: str, rest: Sequence[str], principal: Principal) -> Answer:
        match area, *rest:
            case "flows", *_:
                need(principal, "automation")
                return self.flows.answer(call, rest)
            case "forms", *_:
                need(principal, "forms")
                return self.forms.answer(call, rest)
            case "pipelines", word, *more:
                kind = kind_of(word)
                need(principal, f"crm.objects.{kind.scope}.read", f"crm.schemas.{kind.scope}.read")
                return self._pipelines.answer(call, kind, more)
        raise nowhere(call)
