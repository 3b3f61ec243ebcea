"""The composition root: settings in, services out. Everything that is chosen is chosen here."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

import structlog

from adapters.base import CRM, Tokens
from adapters.checkup import Checkup
from adapters.errors import AdapterError, CallOperator, Retry, Throttled, UnknownOutcome
from adapters.kit import Kit
from config.policy import Member, Policy, load_policy, shipped_policy_text
from config.profile import Profile, load_profile, shipped_profile_text
from config.settings import Settings
from connector.allowance import Allowance
from connector.audit.meter import Meter
from connector.bell import Bell, BellUnreachableError, Job, open_bell
from connector.crms import StoredTokens, allowance_of, call_seconds, make_adapter, make_checkup, make_kit
from connector.editions import edition
from connector.keyfile import present_secret_keys, secret_keys
from connector.store.articles import activate, active_article
from connector.store.connections import CrmConnection, all_connections, close_breaker, trip_breaker
from connector.store.deliveries import waiting
from connector.store.engine import Engine, StoreUnavailableError, answers, open_engine, transact
from connector.store.inbox import Inbox
from connector.store.migrate import migrate
from connector.store.restored import Restored, last_restored
from connector.store.seats import Seats, seats_of
from connector.store.turns import all_pools
from connector.thrift import Thrifty
from connector.vault import Vault
from webhooks.base import Receivers
from webhooks.hubspot import HubSpotReceiver
from webhooks.hubspot_actions import HubSpotActionReceiver
from webhooks.salesforce import SalesforceOutboundReceiver
from webhooks.salesforce_events import SalesforceEventReceiver

log = structlog.get_logger(__name__)

_FRESH: Final = 2.0
"""Seconds for which connections, seats, policy and profile are taken from memory."""


_UNKNOWN: Final = 0.25
"""Seconds after which a name that is not in memory is looked for again: it may just have been connected."""


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class _Remembered:
    """What changes seldom, read together and kept for `_FRESH` seconds."""

    crms: Mapping[str, CrmConnection] = field(default_factory=dict)
    seats: Mapping[str, Seats] = field(default_factory=dict)
    policy: Policy | None = None
    profile: Profile | None = None
    restored: Restored | None = None
    read_at: float = -1e9


class Services:
    """What every process needs, opened once. Thread-safe but for `adapter`, which belongs to one worker."""

    def __init__(self, settings: Settings, engine: Engine, inbox: Inbox, bell: Bell, redis_url: str, vault: Vault) -> None:
        self.settings = settings
        self.engine = engine
        self.inbox = inbox
        self.bell = bell
        self.vault = vault
        self.receivers = receivers()
        self.code_version = edition()
        self._redis_url = redis_url
        self._remembered = _Remembered()
        self._lock = threading.Lock()
        self._adapters: dict[str, tuple[CrmConnection, CRM]] = {}
        self._tokens: dict[str, StoredTokens] = {}
        self._allowances: dict[str, Allowance] = {}
        self._failing: set[str] = set()

    @property
    def public_url(self) -> str:
        return self.settings.public_url

    # --- what changes seldom

    def connections(self) -> Mapping[str, CrmConnection]:
        return self._fresh().crms

    def crm(self, name: str) -> CrmConnection | None:
        """The connection of that name; None if there is none. While the store is away, as it was known last."""
        found = self.connections().get(name)
        if found is None and time.monotonic() - self._remembered.read_at > _UNKNOWN:
            self.refresh()
            found = self.connections().get(name)
        return found

    def seats(self, name: str) -> Seats:
        return self._fresh().seats[name]

    @property
    def policy(self) -> Policy:
        policy = self._fresh().policy
        if policy is None:
            raise StoreUnavailableError("The policy could not be read; the database does not answer.")
        return policy

    @property
    def profile(self) -> Profile:
        profile = self._fresh().profile
        if profile is None:
            raise StoreUnavailableError("The profile could not be read; the database does not answer.")
        return profile

    @property
    def restored(self) -> Restored | None:
        """The hours that this store does not remember, if it was put back from a backup."""
        return self._fresh().restored

    def refresh(self) -> None:
        """Reads connections, seats, policy and profile anew at the next use."""
        self._remembered = replace(self._remembered, read_at=-1e9)

    def _fresh(self) -> _Remembered:
        if time.monotonic() - self._remembered.read_at > _FRESH:
            with self._lock:
                if time.monotonic() - self._remembered.read_at > _FRESH:
                    self._remembered = self._read()
        return self._remembered

    def _read(self) -> _Remembered:
        now = time.monotonic()
        try:
            crms = all_connections(self.engine, self.vault)
            self._tell_unreadable(crms)
            seats = {name: seats_of(self.engine, name) for name in crms}
            restored = last_restored(self.engine)
            return _Remembered(crms, seats, self._active_policy(), self._active_profile(), restored, now)
        except StoreUnavailableError:
            log.warning("store unreachable")
            return replace(self._remembered, read_at=now - _FRESH / 2)

    def _tell_unreadable(self, crms: Mapping[str, CrmConnection]) -> None:
        """Once, when it comes to be so."""
        for name, crm in crms.items():
            known = self._remembered.crms.get(name)
            if crm.unreadable and not (known and known.unreadable):
                log.error("connection unreadable", connection=name)

    def _active_policy(self) -> Policy:
        article, known = active_article(self.engine, "policy"), self._remembered.policy
        stem = known if known and article and known.version == article[0] else None
        policy = stem or load_policy(article[1] if article else shipped_policy_text())
        return policy.with_pools({name: _members(weights) for name, weights in all_pools(self.engine).items()})

    def _active_profile(self) -> Profile:
        article, known = active_article(self.engine, "profile"), self._remembered.profile
        if known and article and known.version == article[0]:
            return known
        return load_profile(article[1] if article else shipped_profile_text())

    # --- the CRMs

    def adapter(self, crm: CrmConnection) -> CRM:
        """The CRM behind a connection; made anew when the connection changed."""
        known = self._adapters.get(crm.name)
        if known and known[0] == crm:
            return known[1]
        if known:
            known[1].close()
        allowance = self._allowances[crm.name] = allowance_of(crm, self.engine, self._redis_url)
        tokens = self._tokens[crm.name] = StoredTokens(self.engine, self.vault, crm)
        made = make_adapter(crm, tokens, allowance)
        self._adapters[crm.name] = (crm, made)
        return made

    @contextmanager
    def measured(self, crm: CrmConnection, share: float | None = None) -> Iterator[tuple[CRM, Meter]]:
        """An adapter of its own, whose calls are counted; it is closed at the end.

        `share`: of the day's calls; once so much is used, by whomever, it makes no more.
        """
        allowance = allowance_of(crm, self.engine, self._redis_url)
        meter = Meter(allowance) if share is None else Thrifty(allowance, share=share)
        made = make_adapter(crm, StoredTokens(self.engine, self.vault, crm), meter)
        try:
            yield made, meter
        finally:
            made.close()

    @contextmanager
    def visiting(self, crm: CrmConnection, tokens: Tokens) -> Iterator[CRM]:
        """A CRM that is not connected yet, or with other tokens than the stored ones."""
        adapter = make_adapter(crm, tokens, allowance_of(crm, self.engine, self._redis_url))
        try:
            yield adapter
        finally:
            adapter.close()

    @contextmanager
    def kit(self, crm: CrmConnection) -> Iterator[Kit]:
        """What installs Leadline into the CRM, for the length of the block."""
        allowance = allowance_of(crm, self.engine, self._redis_url)
        made = make_kit(crm, StoredTokens(self.engine, self.vault, crm), allowance)
        try:
            yield made
        finally:
            made.close()

    @contextmanager
    def checkup(self, crm: CrmConnection) -> Iterator[Checkup]:
        """What looks after the CRM, for the length of the block."""
        allowance = allowance_of(crm, self.engine, self._redis_url)
        made = make_checkup(crm, StoredTokens(self.engine, self.vault, crm), allowance)
        try:
            with allowance.on_reserve():
                yield made
        finally:
            made.close()

    @contextmanager
    def writing_to(self, crm: CrmConnection, marked_at: float) -> Iterator[CRM]:
        """The CRM, for calls that were marked as under way: none begins so late that it could outlast the settling time.

        What the last call leaves of that time is the CRM's, which may carry out what nobody waits for any more. A worker that was
        held up, and has lost its lock meanwhile, writes nothing into what another one does.

        Args:
            marked_at: `time.monotonic()` before the mark was committed.
        """
        adapter, settle = self.adapter(crm), self.settings.settle_seconds
        with self._allowances[crm.name].until(marked_at + max((settle - call_seconds(crm)) / 2, settle / 4)):
            yield adapter

    @contextmanager
    def for_leads(self, crm: CrmConnection, *, hot: bool) -> Iterator[CRM]:
        """The CRM; where they are hot, calls within go on the reserve once the rest of the day's is spent."""
        adapter = self.adapter(crm)
        with self._allowances[crm.name].on_reserve() if hot else nullcontext():
            yield adapter

    def failed(self, crm: CrmConnection, error: AdapterError) -> None:
        """A CRM that does not answer is left alone for a while, so that it holds one worker and nobody else's leads."""
        if isinstance(error, CallOperator) and (tokens := self._tokens.get(crm.name)):
            tokens.failed(error)
        if isinstance(error, Throttled) or not isinstance(error, Retry | UnknownOutcome):
            return
        self._failing.add(crm.name)
        trip_breaker(self.engine, crm.name)

    def on_trial(self, crm: CrmConnection) -> None:
        """It did not answer lately, if not to this process; its next answer is good news for all."""
        self._failing.add(crm.name)

    def answered(self, crm: CrmConnection) -> None:
        if tokens := self._tokens.get(crm.name):
            tokens.accepted()
        if crm.name in self._failing:
            self._failing.discard(crm.name)
            close_breaker(self.engine, crm.name)

    # --- health

    def ring(self, job: Job, name: str) -> None:
        """Rings now; if Redis is away, the clock rings later."""
        try:
            self.bell.ring(job, name)
        except BellUnreachableError:
            log.warning("bell unreachable", connection=name)

    def waiting(self) -> int:
        return waiting(self.engine)

    def database_answers(self) -> bool:
        return answers(self.engine)

    def close(self) -> None:
        for _, adapter in self._adapters.values():
            adapter.close()
        self.inbox.close()
        self.engine.dispose()


def receivers(clock: Callable[[], datetime] = utc_now) -> Receivers:
    return {
        "hubspot": HubSpotReceiver(clock),
        "workflow-action": HubSpotActionReceiver(clock),
        "outbound-message": SalesforceOutboundReceiver(clock),
        "event": SalesforceEventReceiver(clock),
    }


def open_services(settings: Settings, database_url: str, redis_url: str, *, pool_size: int = 8) -> Services:
    """Opens the store (bringing it up to date), the bell and the vault."""
    engine = open_engine(database_url, size=pool_size)
    migrate(engine)
    vault = Vault(secret_keys(settings), reread=lambda: present_secret_keys(settings))
    services = Services(settings, engine, Inbox(database_url, vault), open_bell(redis_url), redis_url, vault)
    _put_shipped_articles(engine)
    return services


def _put_shipped_articles(engine: Engine) -> None:
    """On a new database the shipped policy and profile become the active ones."""
    policy, profile = shipped_policy_text(), shipped_profile_text()
    if active_article(engine, "policy") is None:
        transact(engine, lambda connection: activate(connection, "policy", load_policy(policy).version, policy))
    if active_article(engine, "profile") is None:
        transact(engine, lambda connection: activate(connection, "profile", load_profile(profile).version, profile))


def _members(weights: Mapping[str, int]) -> list[Member]:
    return [Member(email, weight) for email, weight in sorted(weights.items())]
