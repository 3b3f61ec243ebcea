"""The CRM behind a connection: its adapter, its allowance of calls, its tokens out of the store."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from adapters.base import CRM, Endpoint, Grant
from adapters.kit import Kit
from connector.allowance import Allowance
from connector.bell import open_bucket
from connector.store.budgets import StoredDay
from connector.store.connections import CrmConnection
from connector.store.engine import Engine
from connector.store.tokens import read_token, replace_token
from connector.vault import Vault

_LIMITS: Final[Mapping[str, Mapping[str, object]]] = {
    # HubSpot: 110 to 250 calls in 10 s by kind of app, search 5 a second by account (developers.hubspot.com, usage guidelines).
    "hubspot": {"daily_calls": 250_000, "buckets": (("burst", 100, 10.0), ("search", 4, 1.0))},
    # Salesforce has no burst limit, only a rolling day's, shared with every other integration.
    "salesforce": {"daily_calls": 80_000, "buckets": ()},
}


def call_seconds(crm: CrmConnection) -> float:
    """Deadline of one call."""
    return float(crm.options.get("total_seconds", 10.0))


def make_adapter(crm: CrmConnection, tokens: "StoredTokens", allowance: Allowance) -> CRM:
    """The adapter of one connection. Imported late: each vendor's SDK costs a quarter of a second and 30 MB."""
    if crm.kind == "salesforce":
        from adapters.salesforce.adapter import SalesforceCRM  # noqa: PLC0415

        return SalesforceCRM(_endpoint(crm), tokens, allowance)
    from adapters.hubspot.adapter import HubSpotCRM  # noqa: PLC0415

    return HubSpotCRM(_endpoint(crm), tokens, allowance)


def make_kit(crm: CrmConnection, tokens: "StoredTokens", allowance: Allowance) -> Kit:
    """What installs Leadline into the CRM behind a connection."""
    if crm.kind == "salesforce":
        from adapters.salesforce.install import SalesforceKit  # noqa: PLC0415

        return SalesforceKit(_endpoint(crm), tokens, allowance)
    from adapters.hubspot.install import HubSpotKit  # noqa: PLC0415
    from adapters.hubspot.install_subscriptions import app_of  # noqa: PLC0415

    return HubSpotKit(_endpoint(crm), tokens, allowance, app_of(crm.app_id, crm.credentials))


def _endpoint(crm: CrmConnection) -> Endpoint:
    return Endpoint(
        connection=crm.name,
        base_url=crm.base_url,
        api=crm.api,
        mapping=crm.mapping,
        account=crm.account,
        total_seconds=call_seconds(crm),
        options={name: value for name, value in crm.options.items() if isinstance(value, str)},
    )


def allowance_of(crm: CrmConnection, engine: Engine, redis_url: str) -> Allowance:
    """What a connection may call, by its kind and by what its own options say."""
    limits = {**_LIMITS[crm.kind], **crm.options}
    day = StoredDay(engine, crm.name, int(limits["daily_calls"]), _today)
    buckets = {
        policy: open_bucket(redis_url, f"{crm.name}:{policy}", calls=int(calls), seconds=float(seconds))
        for policy, calls, seconds in limits["buckets"]
    }
    return Allowance(crm.name, day, buckets)


def _today() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d")


@dataclass(slots=True)
class StoredTokens:
    """Implements `adapters.base.Tokens` over the store."""

    engine: Engine
    vault: Vault
    crm: CrmConnection
    _held: str = ""
    _held_at: float = -1e9

    def current(self) -> str:
        if not self._held or time.monotonic() - self._held_at > 60:
            stored = read_token(self.engine, self.vault, self.crm.name)
            usable = stored is not None and not stored.stale
            self._keep(stored.access_token if stored and usable else self._replace(None))
        return self._held

    def renew(self, rejected: str) -> str:
        self._keep(self._replace(rejected))
        return self._held

    def _keep(self, token: str) -> None:
        self._held, self._held_at = token, time.monotonic()

    def _replace(self, rejected: str | None) -> str:
        return replace_token(self.engine, self.vault, self.crm.name, rejected, self._grant)

    def _grant(self, refresh_token: str | None) -> Grant:
        credentials = dict(self.crm.credentials)
        if refresh_token:
            credentials["refresh_token"] = refresh_token
        if self.crm.kind == "salesforce":
            from adapters.salesforce.auth import grant as salesforce_grant  # noqa: PLC0415

            return salesforce_grant(credentials, self.crm.base_url)
        from adapters.hubspot.auth import grant as hubspot_grant  # noqa: PLC0415

        return hubspot_grant(credentials, self.crm.base_url, api=self.crm.api)
