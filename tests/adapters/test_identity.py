"""Whose org or portal it is, what a token may do there, and how a grant ends: over the sandbox, in every generation of paths."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from adapters.base import Endpoint
from adapters.errors import AdapterError, CallOperator, Refused, Retry
from adapters.hubspot.adapter import HubSpotCRM
from adapters.hubspot.answers import AccountDetails
from adapters.hubspot.auth import grant as hubspot_grant
from adapters.hubspot.consent import OPTIONAL_SCOPES, SCOPES, authorize_url
from adapters.hubspot.identity import account, introspect
from adapters.hubspot.identity import revoke as hubspot_revoke
from adapters.records import Account
from adapters.salesforce.adapter import SalesforceCRM
from adapters.salesforce.auth import grant as salesforce_grant
from adapters.salesforce.consent import revoke as salesforce_revoke
from adapters.sandbox.client import SandboxClient
from adapters.sandbox.salesforce_org import ORG_ID
from adapters.sandbox.sandbox import start
from config.mapping import shipped_mapping
from tests.adapters.crm_contract import RecordingBudget

GENERATIONS = pytest.mark.parametrize("api", ["v3", "2026-09"])
CLIENT = {"flow": "client_credentials", "client_id": "CK-123456", "client_secret": "CS-123456"}


@pytest.fixture
def crms(tmp_path: Path) -> Iterator[SandboxClient]:
    running = start(tmp_path)
    with SandboxClient(running.url) as client:
        yield client
    running.stop()


@dataclass
class Held:
    token: str

    def current(self) -> str:
        return self.token

    def renew(self, rejected: str) -> str:
        raise CallOperator("no other", provider="", operation="grant")


def portal(crms: SandboxClient, token: str, api: str = "v3") -> HubSpotCRM:
    return HubSpotCRM(Endpoint("portal", crms.url, api, shipped_mapping("hubspot")), Held(token), RecordingBudget())


def granted(crms: SandboxClient, api: str = "v3") -> tuple[str, str, dict[str, str]]:
    """Access token, refresh token, and the app's credentials."""
    settings = crms.settings("hubspot")
    app = {name: settings[name] for name in ("client_id", "client_secret")}
    url = authorize_url(crms.url, app["client_id"], "http://localhost/back", state="s", optional=OPTIONAL_SCOPES)
    sent_back = requests.get(url, allow_redirects=False, timeout=5).headers["Location"]
    assert parse_qs(urlsplit(sent_back).query)["state"] == ["s"]
    code = parse_qs(urlsplit(sent_back).query)["code"][0]
    flow = {"flow": "authorization_code", "code": code, "redirect_uri": "http://localhost/back"}
    grant = hubspot_grant({**app, **flow}, crms.url, api=api)
    return grant.access_token, str(grant.refresh_token), app


@GENERATIONS
def test_a_portal_says_whose_it_is_to_a_token_of_any_kind(crms: SandboxClient, api: str) -> None:
    oauth, _, _ = granted(crms, api)
    for token in (oauth, "pat-na1-1111-2222"):
        assert portal(crms, token, api).identify() == Account("145883001", "portal 145883001", "sandbox", "UTC")


@pytest.mark.parametrize(
    ("type_", "environment"),
    [("STANDARD", "production"), ("SANDBOX", "sandbox"), ("DEVELOPER_TEST", "sandbox"), ("APP_DEVELOPER", "sandbox")],
)
def test_only_a_standard_portal_is_production(type_: str, environment: str) -> None:
    assert account(AccountDetails("7", type_, "")).environment == environment


@GENERATIONS
def test_a_token_tells_its_app_and_its_scopes(crms: SandboxClient, api: str) -> None:
    token, _, _ = granted(crms, api)
    info = introspect(token, crms.url, api=api)
    assert (info.portal_id, info.app_id) == ("145883001", "14947001")
    assert info.scopes >= set(SCOPES)


@GENERATIONS
def test_a_token_that_is_none_is_refused(crms: SandboxClient, api: str) -> None:
    with pytest.raises((Refused, CallOperator)):
        introspect("no-such-token", crms.url, api=api)


@GENERATIONS
def test_a_revoked_grant_grants_no_more_and_may_be_revoked_twice(crms: SandboxClient, api: str) -> None:
    _, refresh, app = granted(crms, api)
    hubspot_revoke(refresh, crms.url, api=api)
    with pytest.raises(CallOperator):
        hubspot_grant({**app, "flow": "refresh_token", "refresh_token": refresh}, crms.url, api=api)
    hubspot_revoke(refresh, crms.url, api=api)


def test_an_org_says_whose_it_is(crms: SandboxClient) -> None:
    grant = salesforce_grant(CLIENT, crms.url)
    org = SalesforceCRM(
        Endpoint("acme", crms.url, "v67.0", shipped_mapping("salesforce")), Held(grant.access_token), RecordingBudget()
    )
    assert org.identify() == Account(ORG_ID, "Sandbox", "sandbox")
    assert (grant.base_url, grant.account) == (crms.url, ORG_ID)
    assert grant.user.startswith("005")


def test_a_salesforce_session_is_ended_and_may_be_ended_twice(crms: SandboxClient) -> None:
    token = salesforce_grant(CLIENT, crms.url).access_token
    for _ in range(2):
        salesforce_revoke(CLIENT, token, crms.url)
    answer = requests.get(f"{crms.url}/services/oauth2/userinfo", headers={"Authorization": f"Bearer {token}"}, timeout=5)
    assert answer.status_code == 401


@pytest.mark.parametrize(("status", "error"), [(503, Retry), (403, CallOperator), (0, Retry)])
def test_an_end_that_did_not_come_about_is_said(crms: SandboxClient, status: int, error: type[AdapterError]) -> None:
    if status:
        crms.add_fault("status", crm="salesforce", route="*/revoke", status=status)
    url = crms.url if status else "http://127.0.0.1:9"
    with pytest.raises(error):
        salesforce_revoke(CLIENT, "some-token", url)


def test_the_login_host_is_where_tokens_come_from(crms: SandboxClient) -> None:
    """The org's own host may be another; what is stored as login_url is asked."""
    grant = salesforce_grant({**CLIENT, "login_url": crms.url}, "http://127.0.0.1:9")
    assert grant.base_url == crms.url
