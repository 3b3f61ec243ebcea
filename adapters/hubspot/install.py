"""Putting Leadline into a portal and taking it out again: fulfils `adapters.kit.Kit`, each verb in terms of the files beside."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain

from adapters.base import Budget, Endpoint, Tokens
from adapters.errors import CallOperator, Refused
from adapters.hubspot.client import Client
from adapters.hubspot.install_app import project_files
from adapters.hubspot.install_lists import Lists
from adapters.hubspot.install_nobody import births, proposal
from adapters.hubspot.install_properties import Properties
from adapters.hubspot.install_reactions import Surroundings, calculated
from adapters.hubspot.install_subscriptions import App, Subscriptions, properties_heard
from adapters.hubspot.setup import AppSetup, Setup
from adapters.hubspot.tasks import Tasks
from adapters.hubspot.work import Work
from adapters.kit import Nobody, Plan, Reaction, Step, Usage, Wanted


def _utc_now() -> datetime:
    return datetime.now(UTC)


class HubSpotKit:
    """One portal's installation. Every verb raises only `adapters.errors`.

    Option of the endpoint: `owner_by`, `salesforce_sync` where HubSpot's own Salesforce integration decides about owners.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        tokens: Tokens,
        budget: Budget,
        app: App | None = None,
        *,
        now: Callable[[], datetime] = _utc_now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._endpoint = endpoint
        self._app = app or App()
        self._now = now
        self._client = Client(endpoint, tokens, budget, installing=True)
        self._setup = Setup(self._client, endpoint.mapping.object, sleep)
        self._around = Surroundings(self._setup, owner_by=endpoint.options.get("owner_by", ""))

    def plan(self, wanted: Wanted) -> Plan:
        """About 15 calls, and as many again for each hundred workflows and lists; the nobody list costs up to 50."""
        steps = tuple(work.step for work in self._installation(wanted))
        return Plan(steps, tuple(self._reactions(wanted)), tuple(self._nobody()))

    def apply(self, wanted: Wanted, done: Callable[[Step], None]) -> None:
        _do(self._installation(wanted), done)

    def plan_removal(self, wanted: Wanted, *, purge: bool) -> Plan:
        return Plan(tuple(work.step for work in self._removal(wanted, heir="", purge=purge)))

    def remove(self, wanted: Wanted, done: Callable[[Step], None], *, heir: str, purge: bool) -> None:
        """As the port says. What HubSpot archives, it forgets after 90 days; until then a new installation brings it back."""
        if purge and (used := self.usages(wanted)):
            users = ", ".join(sorted({f"{one.kind} {one.name}" for one in used}))
            sentence = f"Our properties are still used by {users}; take them out there first."
            raise CallOperator(sentence, provider="hubspot", operation="remove the installation")
        _do(self._removal(wanted, heir=heir, purge=purge), done)

    def close_tasks(self, ids: Sequence[str]) -> int:
        return Tasks(self._client, priority="HIGH").complete(ids)

    def files(self, wanted: Wanted) -> Mapping[str, bytes]:
        """A project for HubSpot's developer platform: the app, its webhooks, its workflow action, its settings page."""
        return project_files(self._endpoint.connection, wanted.webhook_url, self._heard(wanted), static=self._app.static)

    def owner_elsewhere(self) -> str | None:
        """`salesforce_sync` where HubSpot's own integration keeps contacts in step with Salesforce."""
        return self._around.owner_elsewhere()

    def usages(self, wanted: Wanted) -> Sequence[Usage]:
        return self._around.usages(wanted)

    def values(self, wanted: Wanted) -> Iterator[Mapping[str, str]]:
        """By listing every record, which is up to date and complete, where search is neither. One call for 100 of them."""
        names = [field.field for field in wanted.fields if field.ours]
        for record in self._setup.records(names):
            held = {name: value for name in names if (value := record.properties.get(name))}
            if held:
                yield {"object": wanted.mapping.object, "id": record.id, **held}

    def close(self) -> None:
        self._client.close()

    # --- putting in

    def _installation(self, wanted: Wanted) -> Iterator[Work]:
        """In the order in which HubSpot needs it: no property without its group, no news before it can be written about."""
        yield from Properties(self._setup, wanted.fields).installation()
        yield from self._lists(wanted).installation()
        yield from self._subscriptions(wanted).installation()

    def _reactions(self, wanted: Wanted) -> Iterator[Reaction]:
        yield from self._subscriptions(wanted).reactions()
        yield from calculated(wanted, self._setup.definitions())
        yield from self._around.reactions(wanted)

    def _nobody(self) -> Iterator[Nobody]:
        """Without the right to read owners, there is no proposal: a name says more than an id."""
        try:
            owners = {row.id: row for archived in (False, True) for row in self._client.owners(archived=archived)}
            found = births(self._setup, self._now())
        except (CallOperator, Refused):
            return iter(())
        return proposal(found, owners)

    # --- taking out

    def _removal(self, wanted: Wanted, *, heir: str, purge: bool) -> Iterator[Work]:
        """News first, so that nothing new comes in; then the lanes, and at last the properties."""
        return chain(
            self._subscriptions(wanted).removal(),
            self._lists(wanted).removal(heir, self._around.users_of),
            Properties(self._setup, wanted.fields).removal(self._now().date(), self._around.using(wanted), purge=purge),
        )

    def _lists(self, wanted: Wanted) -> Lists:
        return Lists(self._setup, self._client, self._endpoint.connection, wanted.mapping.object, wanted)

    def _subscriptions(self, wanted: Wanted) -> Subscriptions:
        app = self._app
        api = AppSetup(self._client, app.id, app.developer_key) if app.kind == "legacy_public" and app.developer_key else None
        return Subscriptions(self._endpoint.connection, app, api, url=wanted.webhook_url, heard=self._heard(wanted))

    def _heard(self, wanted: Wanted) -> Sequence[str]:
        """HubSpot takes a subscription to a property that is not there, and never sends it."""
        there = self._setup.definitions()
        return [name for name in properties_heard(list(wanted.mapping.inputs.values())) if name in there]


def _do(works: Iterable[Work], done: Callable[[Step], None]) -> None:
    for work in works:
        if work.do is not None:
            work.do()
            done(work.step)
