"""From a grant to a connection: whose org is it, is it the one meant, who can own there; then everything is stored at once."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from adapters.base import Grant
from adapters.errors import CallOperator
from adapters.records import Account, Owner
from config.mapping import shipped_mapping
from connector.connecting.answers import Environment
from connector.crms import grant_for, same_account
from connector.store.acts import note_act
from connector.store.chain import head_of
from connector.store.connections import CrmConnection, all_connections, locked_connection, put_connection
from connector.store.engine import Session, transact
from connector.store.seats import set_seats
from connector.store.tokens import lock_token, put_token
from connector.store.turns import all_pools, set_pools
from connector.store.work import drop_work_of, wake_work
from connector.wiring import Services

REVIEWERS: Final = "reviewers"
"""The pool of those who look when Leadline is unsure."""

Kind = Literal["salesforce", "hubspot"]

_SECRET_BYTES: Final = 32


class ConnectError(ValueError):
    """Nothing was connected; the sentence says why and what to do."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What an admin wants to connect."""

    name: str
    kind: Kind
    environment: Environment
    credentials: Mapping[str, str] = field(repr=False)
    """For the first grant: `flow` and what that flow needs (see the vendors' `auth.grant`)."""
    url: str
    """Where the first grant is asked for; Salesforce then says where the org's API is."""
    api: str
    replace: bool = False
    mixed: bool = False
    """Let it stand beside connections of the other environment."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """The org has let us in, and nothing is stored yet."""

    wish: Wish
    crm: CrmConnection
    grant: Grant = field(repr=False)
    account: Account
    owners: Sequence[Owner]
    before: CrmConnection | None
    """What stood under the name until now."""

    @property
    def people(self) -> Mapping[str, Owner]:
        """Active persons by e-mail."""
        return {one.email.lower(): one for one in self.owners if one.kind == "person" and one.active and one.email}


@dataclass(frozen=True, slots=True)
class Choice:
    """What is still to be said once the org is known."""

    reviewer: str = ""
    """E-mail; empty leaves the pool as it is."""
    nobody: tuple[str, ...] = ()
    """Owner ids that count as nobody, besides those known already."""


def arrive(services: Services, wish: Wish) -> Arrival:
    """Gets the first grant and looks around; stores nothing.

    Raises:
        ConnectError: the org is not of the environment declared, would meet others of another environment, or is not the one
            connected before under this name.
        adapters.errors.AdapterError: the vendor refused, or does not answer.
    """
    known = all_connections(services.engine, services.vault)
    before = known.get(wish.name)
    if before and before.kind != wish.kind:
        raise ConnectError(f"{wish.name} is a {before.kind} connection; give this one another name.")
    grant = grant_for(wish.kind, wish.credentials, wish.url, wish.api)
    draft = _draft(wish, grant, before)
    with services.visiting(draft, _Granted(grant.access_token, wish.kind)) as crm:
        account = crm.identify()
        _check_environment(wish, account, known.values())
        _check_same(services, wish, account, before)
        owners = crm.owners()
    draft = replace(draft, account=account.id, title=account.name)
    return Arrival(wish, _with_app(draft, grant), grant, account, owners, before)


def settle(services: Services, arrival: Arrival, choice: Choice) -> CrmConnection:
    """Stores the connection, its grant, who can own there and who reviews, in one transaction.

    Raises:
        ConnectError: somebody connected another org under this name meanwhile.
    """

    def work(session: Session) -> CrmConnection:
        name = arrival.wish.name
        lock_token(session, name)
        before = locked_connection(session, services.vault, name)
        _check_same(services, arrival.wish, arrival.account, before)
        crm = _joined(arrival, choice, before)
        if before and not same_account(before.account, crm.account):
            drop_work_of(session, name)
        put_connection(session, services.vault, crm)
        put_token(session, services.vault, name, arrival.grant)
        set_seats(session, name, arrival.owners)
        wake_work(session, name)
        if choice.reviewer:
            set_pools(session, {REVIEWERS: {choice.reviewer: 1, **all_pools(services.engine).get(REVIEWERS, {})}})
        note_act(session, "command line", "reconnect" if before else "connect", name)
        return crm

    crm = transact(services.engine, work)
    services.refresh()
    for job in ("drain", "deliver"):
        services.ring(job, crm.name)  # what waited for a grant goes on at once
    return crm


@dataclass(frozen=True, slots=True)
class _Granted:
    """Implements `adapters.base.Tokens` for a grant that is not stored yet."""

    access_token: str
    kind: str

    def current(self) -> str:
        return self.access_token

    def renew(self, rejected: str) -> str:
        del rejected
        sentence = "The CRM does not accept the access token that it was given or gave just now; check it, and its user's rights."
        raise CallOperator(sentence, provider=self.kind, operation="identify", status=401)


def _draft(wish: Wish, grant: Grant, before: CrmConnection | None) -> CrmConnection:
    return CrmConnection(
        name=wish.name,
        kind=wish.kind,
        account="",
        base_url=grant.base_url or wish.url,
        api=wish.api,
        mapping=before.mapping if before else shipped_mapping(wish.kind),
        options=before.options if before else {},
        environment=wish.environment,
        credentials=_lasting(wish.credentials),
    )


def _lasting(credentials: Mapping[str, str]) -> Mapping[str, str]:
    """What the next grants need. A code is good for one, and the refresh token that came with it is kept with the tokens."""
    if credentials["flow"] != "authorization_code":
        return dict(credentials)
    gone = ("code", "code_verifier", "redirect_uri")
    return {name: text for name, text in credentials.items() if name not in gone} | {"flow": "refresh_token"}


def _check_environment(wish: Wish, account: Account, known: Iterable[CrmConnection]) -> None:
    if account.environment != wish.environment:
        raise ConnectError(
            f"{account.name} ({account.id}) is a {account.environment} account, and {wish.environment} was declared: nothing was "
            f"connected. Log in to the {wish.environment} one, or say --environment {account.environment}."
        )
    others = [crm.name for crm in known if crm.name != wish.name and crm.environment not in {"", wish.environment}]
    if others and not wish.mixed:
        raise ConnectError(
            f"{account.name} is a {account.environment} account, and {', '.join(others)} is not: their people would be taken for "
            "the same. Give it an installation of its own (LEADLINE_HOME, LEADLINE_DATABASE_URL), or say --mixed."
        )


def _check_same(services: Services, wish: Wish, account: Account, before: CrmConnection | None) -> None:
    if before is None or same_account(before.account, account.id):
        return
    other = f"{account.name} ({account.id}) is not the account connected as {wish.name}, which is {before.account}"
    if not wish.replace:
        raise ConnectError(f"{other}: nothing was changed. Connect it under another name, or say --replace.")
    if head_of(services.engine, wish.name)[0]:
        raise ConnectError(
            f"{other}, and Leadline has decided leads of {before.account} under this name: their proof must not be mixed with "
            "another account's. Connect it under another name."
        )


def _with_app(crm: CrmConnection, grant: Grant) -> CrmConnection:
    """HubSpot's token tells its app, by which webhooks are known, and what it may do."""
    if crm.kind == "salesforce" or crm.credentials["flow"] == "static":
        return crm
    from adapters.hubspot.consent import SCOPES  # noqa: PLC0415 - the vendor's SDK is slow to load
    from adapters.hubspot.identity import introspect  # noqa: PLC0415

    info = introspect(grant.access_token, crm.base_url, api=crm.api)
    if lacking := [scope for scope in SCOPES if scope not in info.scopes]:
        raise ConnectError(f"The app was not granted {', '.join(lacking)}: add that to its required scopes, and connect again.")
    return replace(crm, app_id=info.app_id, title=info.domain or crm.title)


def _joined(arrival: Arrival, choice: Choice, before: CrmConnection | None) -> CrmConnection:
    """As it is to be stored. A reconnection keeps everything but the credentials."""
    same = before if before and same_account(before.account, arrival.account.id) else None
    options: dict[str, Any] = {**(same.options if same else {})}
    if arrival.grant.user:
        options["user"] = arrival.grant.user
    if arrival.account.zone:
        options["zone"] = arrival.account.zone
    options["nobody"] = sorted({*options.get("nobody", ()), *choice.nobody})
    credentials = {**_known_of_app(same), **arrival.crm.credentials}
    crm = replace(arrival.crm, options=options, credentials=credentials, inbound_secrets=_secrets(arrival.crm, same))
    return replace(crm, modes=same.modes, paused=same.paused, mapping=same.mapping) if same else crm


def _known_of_app(same: CrmConnection | None) -> dict[str, str]:
    """What was said of HubSpot's app stays true without being said again."""
    known = same.credentials if same else {}
    return {name: known[name] for name in ("developer_key", "app_kind") if name in known}


def _secrets(crm: CrmConnection, same: CrmConnection | None) -> tuple[str, ...]:
    """What authenticates webhooks. HubSpot signs with the app's secret; a token without an app cannot have webhooks."""
    if crm.kind == "salesforce":
        return same.inbound_secrets if same and same.inbound_secrets else (secrets.token_urlsafe(_SECRET_BYTES),)
    if crm.credentials["flow"] == "static":
        return ()
    secret = crm.credentials["client_secret"]
    known = same.inbound_secrets if same and same.app_id == crm.app_id else ()
    return known if known[:1] == (secret,) else (secret, *known[:1])
