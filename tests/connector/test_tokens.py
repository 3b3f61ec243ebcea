"""Tokens: one refresher at a time, committed before use; and what becomes of a grant that the vendor refuses."""

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from sqlalchemy import text

from adapters.base import Grant
from adapters.errors import CallOperator, Retry
from adapters.sandbox.client import SandboxClient
from adapters.sandbox.salesforce_org import ORG_ID
from adapters.sandbox.sandbox import RunningSandbox
from config.mapping import shipped_mapping
from connector import jobs
from connector.clock import Clock
from connector.crms import StoredTokens
from connector.store.connections import CrmConnection, put_connection
from connector.store.engine import transact
from connector.store.tokens import ending_tokens, put_token, read_token, refusal_of
from connector.wiring import Services


@pytest.fixture
def crms(sandbox: RunningSandbox) -> Iterator[SandboxClient]:
    with SandboxClient(sandbox.url) as client:
        client.settings("salesforce", rotate_refresh_tokens=True)
        yield client


def stored(services: Services, crm: CrmConnection) -> CrmConnection:
    transact(services.engine, lambda session: put_connection(session, services.vault, crm))
    return crm


@pytest.fixture
def salesforce(services: Services, crms: SandboxClient) -> CrmConnection:
    """By browser, with refresh tokens that die by their use."""
    app = {"client_id": "CK-123456", "redirect_uri": "http://localhost/"}
    sent_back = requests.get(f"{crms.url}/services/oauth2/authorize", app, allow_redirects=False, timeout=5)
    code = parse_qs(urlsplit(sent_back.headers["Location"]).query)["code"][0]
    form = {**app, "grant_type": "authorization_code", "code": code}
    answer = requests.post(f"{crms.url}/services/oauth2/token", form, timeout=5).json()
    crm = CrmConnection(
        name="acme",
        kind="salesforce",
        account=ORG_ID,
        base_url=crms.url,
        api="v67.0",
        mapping=shipped_mapping("salesforce"),
        credentials={"flow": "refresh_token", "client_id": app["client_id"]},
    )
    stored(services, crm)
    grant = Grant(answer["access_token"], answer["refresh_token"], None)
    transact(services.engine, lambda session: put_token(session, services.vault, "acme", grant))
    return crm


@pytest.fixture
def hubspot(services: Services, crms: SandboxClient) -> CrmConnection:
    settings = crms.settings("hubspot")
    app = {name: settings[name] for name in ("client_id", "client_secret")}
    where = {"client_id": app["client_id"], "redirect_uri": "http://localhost/", "scope": settings["scopes"]}
    sent_back = requests.get(f"{crms.url}/oauth/authorize", where, allow_redirects=False, timeout=5)
    code = parse_qs(urlsplit(sent_back.headers["Location"]).query)["code"][0]
    form = {**app, "grant_type": "authorization_code", "code": code, "redirect_uri": "http://localhost/"}
    refresh = requests.post(f"{crms.url}/oauth/v1/token", form, timeout=5).json()["refresh_token"]
    crm = CrmConnection(
        name="portal",
        kind="hubspot",
        account=str(settings["portal_id"]),
        base_url=crms.url,
        api="v3",
        mapping=shipped_mapping("hubspot"),
        credentials={"flow": "refresh_token", "refresh_token": refresh, **app},
    )
    return stored(services, crm)


def tokens(services: Services, crm: CrmConnection) -> StoredTokens:
    """As one more process has them."""
    return StoredTokens(services.engine, services.vault, crm)


def grants(crms: SandboxClient) -> int:
    return int(crms.stats()["grants"])


def asked(crms: SandboxClient) -> int:
    """Calls to the token endpoints, whatever the answer."""
    return sum(call["count"] for call in crms.stats()["calls"] if call["route"].endswith("/token"))


def works(crm: CrmConnection, token: str) -> bool:
    path = "/services/oauth2/userinfo" if crm.kind == "salesforce" else "/account-info/v3/details"
    answer = requests.get(crm.base_url + path, headers={"Authorization": f"Bearer {token}"}, timeout=5)
    return answer.status_code == 200


def ages(services: Services, table: str, column: str, minutes: int) -> None:
    change = text(f"UPDATE {table} SET {column} = {column} - make_interval(mins => {minutes})")  # noqa: S608
    transact(services.engine, lambda session: session.execute(change))


# --- refreshing


def test_however_many_refresh_at_once_one_grant_is_asked_for(
    services: Services, salesforce: CrmConnection, crms: SandboxClient
) -> None:
    rejected = tokens(services, salesforce).current()
    crms.expire_tokens()
    crms.reset_stats()
    together = threading.Barrier(6)

    def renew(process: StoredTokens) -> str:
        together.wait(10)
        return process.renew(rejected)

    with ThreadPoolExecutor(6) as pool:
        fresh = set(pool.map(renew, [tokens(services, salesforce) for _ in range(6)]))
    assert len(fresh) == 1
    assert grants(crms) == 1
    assert works(salesforce, fresh.pop())


def test_a_rotated_refresh_token_is_on_disk_before_its_access_token_is_used(
    services: Services, salesforce: CrmConnection, crms: SandboxClient
) -> None:
    """Three generations, each refreshed by a process that knows only what the store says."""
    seen = set()
    for _ in range(3):
        crms.expire_tokens()
        before = read_token(services.engine, services.vault, "acme")
        assert before
        fresh = tokens(services, salesforce).renew(before.access_token)
        after = read_token(services.engine, services.vault, "acme")
        assert after
        assert (after.access_token, after.refused) == (fresh, False)
        seen.add(after.refresh_token)
        assert works(salesforce, fresh)
    assert len(seen) == 3


def test_hubspots_token_is_refreshed_by_the_clock_before_it_ends(
    services: Services, hubspot: CrmConnection, crms: SandboxClient
) -> None:
    first = tokens(services, hubspot).current()
    assert tokens(services, hubspot).current() == first
    ages(services, "token", "expires_at", 26)  # of thirty minutes, four are left
    second = tokens(services, hubspot).current()
    assert second != first
    assert works(hubspot, second)
    assert grants(crms) == 3  # the code's, and two


def test_salesforce_says_no_end_so_a_token_is_used_until_it_is_refused(
    services: Services, salesforce: CrmConnection, crms: SandboxClient
) -> None:
    held = tokens(services, salesforce).current()
    ages(services, "token", "granted_at", 60 * 24 * 30)
    crms.reset_stats()
    assert tokens(services, salesforce).current() == held
    crms.expire_tokens()
    assert services.adapter(salesforce).identify().id == ORG_ID
    assert grants(crms) == 1


def test_an_org_that_moved_to_another_host_is_followed(
    services: Services, salesforce: CrmConnection, crms: SandboxClient
) -> None:
    credentials = {**salesforce.credentials, "login_url": crms.url}
    crm = stored(services, replace(salesforce, base_url="http://127.0.0.1:9", credentials=credentials))
    ages(services, "token", "granted_at", 1)
    held = read_token(services.engine, services.vault, "acme")
    assert held
    tokens(services, crm).renew(held.access_token)
    services.refresh()
    moved = services.crm("acme")
    assert moved
    assert services.adapter(moved).identify().id == ORG_ID


def test_a_portal_that_uninstalled_us_is_found_out_without_a_webhook(
    services: Services, hubspot: CrmConnection, crms: SandboxClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It sends none any more: the clock rings, and a worker asks for the next token."""
    tokens(services, hubspot).current()
    assert not ending_tokens(services.engine)
    ages(services, "token", "expires_at", 26)
    revoke(crms)
    Clock(services).tick()
    assert [job.func_name for job in services.bell.queue.jobs] == ["connector.jobs.renew", "connector.jobs.beat"]
    monkeypatch.setattr(jobs._process, "services", services)
    assert jobs.renew("portal") == "not renewed"
    assert refusal_of(services.engine, "portal")
    assert not ending_tokens(services.engine), "the vendor is left alone for a while"


# --- a grant that is refused


def revoke(crms: SandboxClient) -> None:
    """Both vendors' way: Salesforce in Setup, HubSpot by uninstalling the app."""
    crms.settings("salesforce", revoke_tokens=True)
    crms.expire_tokens()
    crms.settings("hubspot", client_secret="changed-since")


@pytest.mark.parametrize("kind", ["salesforce", "hubspot"])
def test_a_revoked_grant_is_a_state_and_the_vendor_is_left_alone(
    services: Services, crms: SandboxClient, kind: str, request: pytest.FixtureRequest
) -> None:
    crm: CrmConnection = request.getfixturevalue(kind)
    held = tokens(services, crm).current()
    revoke(crms)
    with pytest.raises(CallOperator) as refused:
        tokens(services, crm).renew(held)
    first = refusal_of(services.engine, crm.name)
    assert first
    assert first.because == str(refused.value)
    crms.reset_stats()
    for _ in range(3):
        with pytest.raises(CallOperator, match=r"refused"):
            tokens(services, crm).renew(held)
    assert asked(crms) == 0
    ages(services, "refusal", "asked_at", 6)
    with pytest.raises(CallOperator):
        tokens(services, crm).renew(held)
    assert asked(crms) == 1
    again = refusal_of(services.engine, crm.name)
    assert again
    assert again.since == first.since


def test_a_grant_that_was_given_back_heals_by_itself(services: Services, hubspot: CrmConnection, crms: SandboxClient) -> None:
    held = tokens(services, hubspot).current()
    secret = crms.settings("hubspot")["client_secret"]
    revoke(crms)
    with pytest.raises(CallOperator):
        tokens(services, hubspot).renew(held)
    crms.settings("hubspot", client_secret=secret)
    ages(services, "refusal", "asked_at", 6)
    assert works(hubspot, tokens(services, hubspot).renew(held))
    assert refusal_of(services.engine, "portal") is None


def test_a_token_endpoint_that_is_away_is_no_refusal(services: Services, hubspot: CrmConnection, crms: SandboxClient) -> None:
    crms.add_fault("status", crm="hubspot", status=503)
    with pytest.raises(Retry):
        tokens(services, hubspot).current()
    assert refusal_of(services.engine, "portal") is None


def test_a_grant_of_another_account_is_not_used(services: Services, hubspot: CrmConnection) -> None:
    """A sandbox that was refreshed answers to the same credentials, and is another org."""
    moved = stored(services, replace(hubspot, kind="salesforce", account="00D000000000009EAA", credentials=CLIENT, api="v67.0"))
    with pytest.raises(CallOperator, match=r"00D5e0000000001EAA, not to 00D000000000009EAA"):
        tokens(services, moved).current()
    assert refusal_of(services.engine, "portal")
    assert read_token(services.engine, services.vault, "portal") is None


CLIENT: Mapping[str, Any] = {"flow": "client_credentials", "client_id": "CK-123456", "client_secret": "CS-123456"}


def test_a_static_token_that_is_refused_is_good_again_once_it_is_taken(
    services: Services, hubspot: CrmConnection, crms: SandboxClient
) -> None:
    crm = stored(services, replace(hubspot, credentials={"flow": "static", "access_token": "pat-na1-1111-2222"}))
    services.refresh()
    fault = crms.add_fault("expired", crm="hubspot")
    with pytest.raises(CallOperator):
        services.adapter(crm).identify()
    assert refusal_of(services.engine, "portal")
    crms.clear_faults(fault)
    assert services.adapter(crm).identify().id == crm.account
    services.answered(crm)
    assert refusal_of(services.engine, "portal") is None


def test_a_fresh_token_that_is_refused_as_well_is_a_state_too(
    services: Services, salesforce: CrmConnection, crms: SandboxClient
) -> None:
    adapter = services.adapter(salesforce)
    adapter.identify()
    fault = crms.add_fault("expired", crm="salesforce", route="/services/data/*")
    with pytest.raises(CallOperator) as refused:
        adapter.identify()
    services.failed(salesforce, refused.value)
    assert refusal_of(services.engine, "acme")
    crms.clear_faults(fault)
    adapter.identify()
    services.answered(salesforce)
    assert refusal_of(services.engine, "acme") is None
