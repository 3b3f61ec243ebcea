"""What our app may do in a portal, and how the portal stands. Fulfils `adapters.checkup.Checkup`."""

from collections.abc import Mapping, Sequence
from typing import Final

from adapters.base import Budget, Endpoint, Tokens
from adapters.checkup import Right, Rule, Served
from adapters.hubspot.client import Client
from adapters.hubspot.consent import OPTIONAL_SCOPES, SCOPES
from adapters.hubspot.failures import Rejected
from adapters.hubspot.identity import introspect

_SETUP: Final = frozenset({"crm.schemas.contacts.write"})
_WITHOUT: Final[Mapping[str, str]] = {
    "crm.lists.read": "Without it no lane is seen: contacts for a queue get no owner and stand in no list.",
    "crm.lists.write": "Without it no contact is put into a lane's list, and the installation leaves the lists for you to make.",
    "automation": "Without it the plan does not see workflows, and a purge is refused, since one may use our properties.",
    "forms": "Without it a purge is refused, since a form may use our properties.",
    "crm.objects.companies.read": "Without it the audit and the look back do not see which company a contact belongs to.",
    "crm.objects.deals.read": "Without it nothing is learnt from what was won and lost.",
    "crm.objects.leads.read": "Without it the plan does not say whether this portal works with HubSpot's own leads.",
}
"""By optional scope."""
_FIX: Final = "Add {} to the app's scopes, then `leadline connect hubspot {}`"
_LESS: Final = "Take what is spare out of the app's scopes, then `leadline connect hubspot {}`"


class HubSpotCheckup:
    def __init__(self, endpoint: Endpoint, tokens: Tokens, budget: Budget, *, static: bool) -> None:
        self._endpoint = endpoint
        self._tokens = tokens
        self._static = static
        self._client = Client(endpoint, tokens, budget)

    def served(self) -> Served:
        """HubSpot lists its generations nowhere; one that has ended answers 404 to everything."""
        try:
            self._client.account()
        except Rejected as refusal:
            if refusal.status == 404:
                return Served(self._endpoint.api, there=False)
            raise
        return Served(self._endpoint.api, there=True)

    def skew(self) -> float | None:
        return self._client.skew

    def rights(self) -> Sequence[Right]:
        """One call. HubSpot says of an OAuth token what it may do, and of a fixed one nothing."""
        held = None if self._static else self._scopes()
        name, needed = self._endpoint.connection, (*SCOPES, *OPTIONAL_SCOPES)
        rights = [self._right(scope, held) for scope in needed if not (self._static and scope == "oauth")]
        extra = sorted((held or frozenset()) - set(needed))
        return [*rights, *(Right(one, True, "none", "nothing that Leadline does", _LESS.format(name)) for one in extra)]

    def watchers(self) -> Mapping[str, int]:
        """In HubSpot nobody watches a list: its lanes are people."""
        return {}

    def rules(self) -> Sequence[Rule]:
        """HubSpot has no rule that one could hand over to."""
        return ()

    def close(self) -> None:
        self._client.close()

    def _right(self, scope: str, held: frozenset[str] | None) -> Right:
        known, fix = None if held is None else scope in held, _FIX.format(scope, self._endpoint.connection)
        if scope in OPTIONAL_SCOPES:
            return Right(scope, known, "less", "install, and look around", fix, _WITHOUT[scope])
        leads = scope not in _SETUP
        return Right(scope, known, "leads" if leads else "setup", "route leads" if leads else "install", fix)

    def _scopes(self) -> frozenset[str]:
        return introspect(self._tokens.current(), self._endpoint.base_url, api=self._endpoint.api).scopes
