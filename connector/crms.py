"""The CRM behind a connection: its adapter, its allowance of calls, its tokens out of the store."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from adapters.base import CRM, Budget, Endpoint, Grant, Tokens
from adapters.checkup import Checkup
from adapters.errors import CallOperator
from adapters.kit import Kit
from connector.allowance import Allowance
from connector.bell import open_bucket
from connector.shares import Shares
from connector.store.budgets import StoredDay
from connector.store.connections import CrmConnection, move_connection
from connector.store.engine import Engine, transact
from connector.store.tokens import StillRefusedError, lift_refusal, put_refusal, read_token, replace_token
from connector.vault import Vault

_BUCKETS: Final[Mapping[str, Sequence[tuple[str, int, float]]]] = {
    # HubSpot: 110 to 250 calls in 10 s by kind of app, search 5 a second by account (developers.hubspot.com, usage guidelines).
    "hubspot": (("burst", 100, 10.0), ("search", 4, 1.0)),
    # Salesforce has no burst limit, only a rolling day's, shared with every other integration.
    "salesforce": (),
}

_SHARES: Final[Mapping[str, Shares]] = {
    "hubspot": Shares(assumed=250_000),
    # The least that an edition with an API has; what is kept for others is more, since the whole org works on these calls.
    "salesforce": Shares(assumed=100_000, hot_percent=15, spare_percent=5, rolling=True),
}


_HELD_SECONDS: Final = 60.0
"""For so long a process uses the token it has, without looking whether a newer one is stored."""


DISCONNECTED: Final = "It was disconnected here."
"""Why there is no grant, where an admin ended it."""


def call_seconds(crm: CrmConnection) -> float:
    """Deadline of one call."""
    return float(crm.options.get("total_seconds", 10.0))


def make_adapter(crm: CrmConnection, tokens: Tokens, allowance: Budget) -> CRM:
    """The adapter of one connection. Imported late: each vendor's SDK costs a quarter of a second and 30 MB."""
    if crm.kind == "salesforce":
        from adapters.salesforce.adapter import SalesforceCRM  # noqa: PLC0415

        return SalesforceCRM(_endpoint(crm), tokens, allowance)
    from adapters.hubspot.adapter import HubSpotCRM  # noqa: PLC0415

    return HubSpotCRM(_endpoint(crm), tokens, allowance)


def make_kit(crm: CrmConnection, tokens: Tokens, allowance: Budget) -> Kit:
    """What installs Leadline into the CRM behind a connection."""
    if crm.kind == "salesforce":
        from adapters.salesforce.install import SalesforceKit  # noqa: PLC0415

        return SalesforceKit(_endpoint(crm), tokens, allowance)
    from adapters.hubspot.install import HubSpotKit  # noqa: PLC0415
    from adapters.hubspot.install_subscriptions import app_of  # noqa: PLC0415

    return HubSpotKit(_endpoint(crm), tokens, allowance, app_of(crm.app_id, crm.credentials))


def make_checkup(crm: CrmConnection, tokens: Tokens, allowance: Allowance) -> Checkup:
    """What looks after the CRM behind a connection."""
    if crm.kind == "salesforce":
        from adapters.salesforce.checkup import SalesforceCheckup  # noqa: PLC0415

        return SalesforceCheckup(_endpoint(crm), tokens, allowance)
    from adapters.hubspot.checkup import HubSpotCheckup  # noqa: PLC0415

    return HubSpotCheckup(_endpoint(crm), tokens, allowance, static=crm.credentials.get("flow") == "static")


def _endpoint(crm: CrmConnection) -> Endpoint:
    return Endpoint(
        connection=crm.name,
        base_url=crm.base_url,
        api=crm.api,
        mapping=crm.mapping,
        account=crm.account,
        total_seconds=call_seconds(crm),
        options={name: value for name, value in crm.options.items() if isinstance(value, str)},
        listed=crm.listed,
    )


def allowance_of(crm: CrmConnection, engine: Engine, redis_url: str) -> Allowance:
    """What a connection may call, by its kind and by what its own options say."""
    own = crm.options.get("buckets")
    buckets = {
        policy: open_bucket(redis_url, f"{crm.name}:{policy}", calls=int(calls), seconds=float(seconds), fixed=own is not None)
        for policy, calls, seconds in own or _BUCKETS[crm.kind]
    }
    return Allowance(crm.name, StoredDay(engine, crm.name, shares_of(crm)), buckets)


def shares_of(crm: CrmConnection) -> Shares:
    """How the connection's calls are divided, by its kind and by what its own options say."""
    shares, said = _SHARES[crm.kind], crm.options
    return replace(
        shares,
        own=int(said.get("daily_calls") or 0) or None,
        hot_percent=int(said.get("hot_percent", shares.hot_percent)),
        spare_percent=int(said.get("spare_percent", shares.spare_percent)),
        zone=str(said.get("zone", shares.zone)),
    )


@dataclass(slots=True)
class StoredTokens:
    """Implements `adapters.base.Tokens` over the store."""

    engine: Engine
    vault: Vault
    crm: CrmConnection
    _held: str = ""
    _held_at: float = -1e9
    _refused: bool = False
    _moved_to: str = ""

    def current(self) -> str:
        if not self._held or time.monotonic() - self._held_at > _HELD_SECONDS:
            stored = read_token(self.engine, self.vault, self.crm.name)
            usable = stored is not None and not stored.stale
            self._keep(stored.access_token if stored and usable else self._replace(None))
            self._refused = bool(stored and usable and stored.refused)
        return self._held

    def renew(self, rejected: str) -> str:
        self._keep(self._replace(rejected))
        return self._held

    def accepted(self) -> None:
        """The vendor took the token after all: a static one is good again without being granted anew."""
        if self._refused:
            self._refused = False
            transact(self.engine, lambda session: lift_refusal(session, self.crm.name))

    def failed(self, error: CallOperator) -> None:
        """The vendor took neither the token nor a fresh one."""
        if error.status == 401 and not self._refused:
            self._refused = True
            transact(self.engine, lambda session: put_refusal(session, self.crm.name, str(error), error.code))

    def _keep(self, token: str) -> None:
        self._held, self._held_at = token, time.monotonic()

    def _replace(self, rejected: str | None) -> str:
        try:
            token = replace_token(
                self.engine, self.vault, self.crm.name, rejected, lambda refresh: self._grant(refresh, rejected)
            )
        except StillRefusedError as error:
            self._refused = True
            raise self._operator(error.refusal.because, error.refusal.code) from None
        except CallOperator:
            self._refused = True
            raise
        self._follow()
        return token

    def _follow(self) -> None:
        """Salesforce says with each grant where the org's API is now. Only what `connect` set up is led by that."""
        if self._moved_to and "login_url" in self.crm.credentials and self._moved_to != self.crm.base_url:
            transact(self.engine, lambda session: move_connection(session, self.crm.name, self._moved_to))

    def _grant(self, refresh_token: str | None, rejected: str | None) -> Grant:
        credentials = dict(self.crm.credentials)
        if not credentials:
            raise self._operator(DISCONNECTED)
        if refresh_token:
            credentials["refresh_token"] = refresh_token
        granted = grant_for(self.crm.kind, credentials, self.crm.base_url, self.crm.api)
        if credentials.get("flow") == "static" and granted.access_token == rejected:
            raise self._operator("HubSpot does not accept the access token any more: it was revoked, rotated or deleted there.")
        if granted.account and self.crm.account and not same_account(granted.account, self.crm.account):
            raise self._operator(
                f"The grant now belongs to {granted.account}, not to {self.crm.account} that was connected: "
                "a refreshed sandbox, for one, is a new org."
            )
        self._moved_to = granted.base_url
        return granted

    def _operator(self, sentence: str, code: str = "") -> CallOperator:
        return CallOperator(sentence, provider=self.crm.kind, operation="grant", code=code)


def same_account(one: str, other: str) -> bool:
    """Org ids agree in their first 15 characters, case counts; the other three say the same again. Portal ids are shorter."""
    return one[:15] == other[:15]


def grant_for(kind: str, credentials: Mapping[str, str], base_url: str, api: str) -> Grant:
    """Asks the vendor's token endpoint.

    Raises:
        adapters.errors.AdapterError: refused, or no usable answer.
    """
    if kind == "salesforce":
        from adapters.salesforce.auth import grant as salesforce_grant  # noqa: PLC0415

        return salesforce_grant(credentials, base_url)
    from adapters.hubspot.auth import grant as hubspot_grant  # noqa: PLC0415

    return hubspot_grant(credentials, base_url, api=api)
