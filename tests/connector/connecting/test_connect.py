"""From nothing to shadow, for each CRM and each way in, over the sandbox's real OAuth."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from click.testing import Result

from adapters.errors import CallOperator
from adapters.sandbox.client import SandboxClient
from adapters.sandbox.salesforce_org import INTEGRATION_USER, ORG_ID
from connector.cli import visit
from connector.crms import grant_for
from connector.packet import body_hash
from connector.store.chain import Document, append
from connector.store.connections import CrmConnection, put_connection
from connector.store.engine import transact
from connector.store.tokens import read_token
from connector.store.turns import all_pools
from connector.wiring import Services
from tests.connector.connecting.conftest import (
    ADA,
    CONSUMER_KEY,
    CONSUMER_SECRET,
    HANA,
    SALESFORCE_USER,
    Browser,
    Connect,
    Run,
)


def connected(services: Services, name: str) -> CrmConnection:
    services.refresh()
    crm = services.crm(name)
    assert crm, "not connected"
    return crm


def not_connected(services: Services, result: Result, *words: str) -> None:
    services.refresh()
    assert result.exit_code in {1, 2}
    assert not services.connections()
    said = result.stderr + str(result.exception or "")
    assert not [word for word in words if word not in said], said
    assert "Traceback" not in said


def asked(result: Result) -> list[str]:
    """The questions as they came on the terminal, asked again or not."""
    known = (
        "Is this production",
        "Log in by",
        "The app's",
        "The integration user",
        "The file with",
        "The service key",
        "Who looks",
    )
    return [line for line in result.stderr.replace(": ", ":\n").splitlines() if line.startswith(known)]


# --- Salesforce, by key pair


def test_a_key_pair_connects_in_shadow(by_jwt: Connect, services: Services, crms: SandboxClient) -> None:
    result = by_jwt()
    assert result.exit_code == 0, result.stderr
    crm = connected(services, "acme")
    assert (crm.account, crm.environment, crm.title, crm.base_url) == (ORG_ID, "sandbox", "Sandbox", crms.url)
    assert (dict(crm.modes), crm.paused, crm.mode_of("web")) == ({}, False, "shadow")
    assert len(crm.inbound_secrets[0]) == 43
    assert crm.inbound_secrets[0] not in result.output, "install tells the CRM; nobody has to copy it"
    assert "leadline install acme --plan" in result.stdout
    assert set(services.seats("acme").by_email) >= {ADA, HANA}
    assert all_pools(services.engine)["reviewers"] == {HANA: 1}


def test_an_integration_user_counts_as_nobody_unless_it_reviews(by_jwt: Connect, services: Services) -> None:
    by_jwt("--nobody", "Partners")
    crm = connected(services, "acme")
    assert set(crm.options["nobody"]) == {INTEGRATION_USER, services.seats("acme").queues["Partners"].id}


def test_six_questions_lead_from_nothing_to_shadow(run: Run, crms: SandboxClient, key_file: Path, services: Services) -> None:
    keystrokes = ["sandbox", "jwt", CONSUMER_KEY, SALESFORCE_USER, str(key_file), HANA]
    result = run("connect", "salesforce", "acme", "--login-url", crms.url, input="\n".join(keystrokes) + "\n")
    assert result.exit_code == 0, result.stderr
    assert len(asked(result)) == 6
    assert "Setup ► External Client App Manager" in result.stderr
    assert connected(services, "acme").mode_of("") == "shadow"


def test_a_wrong_answer_is_asked_for_again_at_once(run: Run, crms: SandboxClient, key_file: Path, services: Services) -> None:
    keystrokes = [
        "sandbx",
        "sandbox",
        "jwt",
        "two words",
        CONSUMER_KEY,
        "no-address",
        SALESFORCE_USER,
        "/no/such/file",
        str(key_file),
    ]
    keystrokes += ["hanna@acme.example", HANA]
    result = run("connect", "salesforce", "acme", "--login-url", crms.url, input="\n".join(keystrokes) + "\n")
    assert result.exit_code == 0, result.stderr
    for sentence in ("neither production nor sandbox", "not a whole key", "no Salesforce user name", "cannot be read", HANA):
        assert sentence in result.stderr


def test_what_is_refused_is_said_with_the_remedy_and_connects_nothing(
    by_jwt: Connect, services: Services, other_key_file: Path
) -> None:
    for option, value, *words in [
        ("--client-id", "3MVG9another-app", "invalid_client_id", "consumer key"),
        ("--username", "stranger@acme.example", "invalid_grant", "pre-authorized"),
        ("--private-key-file", str(other_key_file), "invalid_grant", "certificate"),
        ("--environment", "production", "is a sandbox account", "--environment sandbox"),
        ("--login-url", "http://127.0.0.1:9", "could not be reached"),
        ("--nobody", "Nobody's queue", "is no owner there"),
    ]:
        not_connected(services, by_jwt(option, value), *words)


def test_a_sandbox_does_not_stand_beside_production(by_jwt: Connect, services: Services) -> None:
    """Their people have the same addresses, and would be matched."""
    by_jwt()
    _change(services, "acme", environment="production")
    refused = by_jwt(name="acme-uat")
    assert "installation of its own" in str(refused.exception)
    assert set(services.connections()) == {"acme"}
    assert by_jwt("--mixed", name="acme-uat").exit_code == 0


def test_another_org_under_the_same_name_is_refused_unless_replaced(
    by_jwt: Connect, services: Services, crms: SandboxClient
) -> None:
    by_jwt()
    _change(services, "acme", account="00D000000000009EAA")
    refused = by_jwt()
    assert "--replace" in str(refused.exception)
    assert connected(services, "acme").account == "00D000000000009EAA"
    before = connected(services, "acme")
    assert by_jwt("--replace").exit_code == 0
    after = connected(services, "acme")
    assert after.account == ORG_ID
    assert after.inbound_secrets != before.inbound_secrets


def test_a_name_that_has_decided_leads_is_not_given_away(by_jwt: Connect, services: Services) -> None:
    by_jwt()
    _change(services, "acme", account="00D000000000009EAA")
    body = b"{}"
    decided = Document("packet", "lead", "00Q", None, body, body_hash(body))
    transact(services.engine, lambda session: append(session, "acme", [decided]))
    assert "another name" in str(by_jwt("--replace").exception)
    assert connected(services, "acme").account == "00D000000000009EAA"


def _change(services: Services, name: str, **values: Any) -> None:
    crm = replace(connected(services, name), **values)
    transact(services.engine, lambda session: put_connection(session, services.vault, crm))
    services.refresh()


def test_connecting_again_changes_the_credentials_and_nothing_else(
    by_jwt: Connect, by_browser: Connect, services: Services, run: Run
) -> None:
    by_jwt()
    run("golive", "acme", "--source", "Webinar", "--mode", "suggest")
    run("pause", "acme")
    before = connected(services, "acme")
    result = by_browser("--json")
    assert json.loads(result.stdout)["reconnected"] is True
    after = connected(services, "acme")
    assert after.inbound_secrets == before.inbound_secrets
    assert (after.modes, after.paused, after.mapping) == (before.modes, before.paused, before.mapping)
    assert after.credentials["flow"] == "refresh_token"


# --- Salesforce, by browser


def test_a_browser_connects_with_pkce_and_state(
    by_browser: Connect, services: Services, browser: Browser, crms: SandboxClient
) -> None:
    result = by_browser()
    browser.done()
    assert result.exit_code == 0, result.stderr
    asked_for = parse_qs(urlsplit(browser.opened[0]).query)
    assert asked_for["code_challenge_method"] == ["S256"]
    assert asked_for["scope"] == ["api refresh_token"]
    assert "Thank you" in browser.pages[0].text
    stored = read_token(services.engine, services.vault, "acme")
    assert stored
    assert stored.refresh_token
    assert connected(services, "acme").credentials == {
        "login_url": crms.url,
        "client_id": CONSUMER_KEY,
        "client_secret": CONSUMER_SECRET,
        "flow": "refresh_token",
    }
    assert services.adapter(connected(services, "acme")).identify().id == ORG_ID


def test_a_code_that_was_asked_for_by_somebody_else_is_worth_nothing(crms: SandboxClient) -> None:
    where = {"redirect_uri": "http://localhost/", "client_id": CONSUMER_KEY, "code_challenge": "x" * 43}
    sent_back = requests.get(f"{crms.url}/services/oauth2/authorize", where, allow_redirects=False, timeout=5)
    code = parse_qs(urlsplit(sent_back.headers["Location"]).query)["code"][0]
    ours = {
        "flow": "authorization_code",
        "client_id": CONSUMER_KEY,
        "redirect_uri": "http://localhost/",
        "code_verifier": "y" * 43,
    }
    with pytest.raises(CallOperator, match=r"invalid_grant.*somebody else"):
        grant_for("salesforce", {**ours, "code": code}, crms.url, "v67.0")


def test_a_stray_answer_does_not_connect_and_does_not_end_the_waiting(by_browser: Connect, browser: Browser) -> None:
    def stray(url: str) -> None:
        back = parse_qs(urlsplit(url).query)["redirect_uri"][0]
        browser.pages.append(requests.get(back, {"code": "stolen", "state": "forged"}, timeout=5))

    browser.before = stray
    assert by_browser().exit_code == 0
    browser.done()
    assert [page.status_code for page in browser.pages] == [400, 200]


def test_without_a_browser_the_address_is_shown_and_the_answer_pasted(
    by_browser: Connect, browser: Browser, crms: SandboxClient
) -> None:
    """What is pasted first belongs to another attempt, so it is asked for again."""
    pasted = "http://127.0.0.1:8720/callback?code=stolen&state=forged\n"
    result = by_browser("--no-browser", input=pasted)
    assert "another attempt" in result.stderr
    assert f"{crms.url}/services/oauth2/authorize?" in result.stderr
    assert "Nobody is there to ask" in result.stderr
    assert not browser.opened


def test_a_pasted_code_connects(run: Run, crms: SandboxClient, services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """The person opens the address on another machine; what their browser's bar then shows is pasted."""
    shown: list[str] = []
    monkeypatch.setattr(visit, "_tell", shown.append)
    monkeypatch.setattr(visit.click, "prompt", lambda text, **_: _agreed(shown[-1]))
    given = ("--environment", "sandbox", "--flow", "browser", "--client-id", CONSUMER_KEY, "--reviewer", HANA)
    monkeypatch.setenv("LEADLINE_CONNECT_CLIENT_SECRET", CONSUMER_SECRET)
    assert run("connect", "salesforce", "acme", *given, "--login-url", crms.url, "--no-browser").exit_code == 0
    assert connected(services, "acme").account == ORG_ID


def _agreed(url: str) -> str:
    return requests.get(url, allow_redirects=False, timeout=5).headers["Location"]


# --- HubSpot


def test_oauth_connects_a_portal_in_shadow(by_oauth: Connect, services: Services, crms: SandboxClient, browser: Browser) -> None:
    result = by_oauth()
    assert result.exit_code == 0, result.stderr
    settings, crm = crms.settings("hubspot"), connected(services, "portal")
    assert (crm.account, crm.app_id) == (str(settings["portal_id"]), str(settings["app_id"]))
    assert crm.inbound_secrets == (settings["client_secret"],)
    assert (crm.mode_of(""), crm.environment) == ("shadow", "sandbox")
    assert "/webhooks/hubspot/portal" in result.stdout
    scopes = parse_qs(urlsplit(browser.opened[0]).query)["scope"][0].split()
    assert scopes[0] == "oauth"
    assert len(scopes) == 6


def test_five_questions_and_one_upload_lead_to_a_portal_in_shadow(
    run: Run, crms: SandboxClient, services: Services, browser: Browser
) -> None:
    settings = crms.settings("hubspot")
    keystrokes = ["sandbox", "oauth", settings["client_id"], settings["client_secret"], HANA]
    where = ("--app-url", crms.url, "--api-url", crms.url, "--redirect-uri", "http://127.0.0.1:0/callback")
    result = run("connect", "hubspot", "portal", *where, input="\n".join(keystrokes) + "\n")
    assert result.exit_code == 0, result.stderr
    assert len(asked(result)) == 5
    assert connected(services, "portal").mode_of("") == "shadow"
    for click in ("leadline install portal --export FOLDER", "hs project upload", "Development ► Projects ► the project"):
        assert click in result.stderr
    assert settings["client_secret"] not in result.output


def test_scopes_that_were_not_granted_are_named(by_oauth: Connect, services: Services, browser: Browser) -> None:
    """The portal gives less than was asked for."""
    browser.change = lambda url: url.replace("%20crm.objects.owners.read", "")
    not_connected(services, by_oauth(), "crm.objects.owners.read")


def test_a_wrong_client_secret_is_refused(by_oauth: Connect, services: Services, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("another-secret")
    not_connected(services, by_oauth("--client-secret-file", wrong), "HubSpot refused the credentials")


def test_another_portal_under_the_same_name_is_refused(by_oauth: Connect, services: Services, crms: SandboxClient) -> None:
    by_oauth()
    crms.settings("hubspot", portal_id=145_883_002)
    assert "145883001" in str(by_oauth().exception)
    assert connected(services, "portal").account == "145883001"


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text("pat-na1-11111111-2222\n")
    return path


def test_a_static_token_is_sweep_only(run: Run, crms: SandboxClient, services: Services, token_file: Path, web_url: str) -> None:
    given = ("--environment", "sandbox", "--flow", "token", "--token-file", token_file, "--api-url", crms.url, "--reviewer", ADA)
    result = run("connect", "hubspot", "portal", *given)
    assert result.exit_code == 0, result.stderr
    assert "sweep-only" in result.stdout
    crm = connected(services, "portal")
    assert crm.inbound_secrets == ()
    assert services.adapter(crm).identify().id == "145883001"
    unsigned = requests.post(f"{web_url}/webhooks/hubspot/portal", json=[{}], timeout=5)
    assert unsigned.status_code == 401
    assert run("connect", "rotate-secret", "portal").exit_code == 1


def test_what_is_no_such_token_is_refused_before_it_is_sent(
    run: Run, crms: SandboxClient, token_file: Path, services: Services
) -> None:
    token_file.write_text("CiRuYTEtMTIzNA-personal-access-key")
    given = ("--environment", "sandbox", "--flow", "token", "--token-file", token_file, "--api-url", crms.url, "--reviewer", ADA)
    not_connected(services, run("connect", "hubspot", "portal", *given), "pat-")


# --- scripts


def test_a_script_asks_nothing_and_gets_json(by_jwt: Connect, services: Services) -> None:
    said = json.loads(by_jwt("--json").stdout)
    assert (said["account"], said["people"], said["left"], said["reviewers"]) == (ORG_ID, 4, 1, [HANA])
    assert said["webhook_url"].endswith(f"{connected(services, 'acme').inbound_secrets[0]}/outbound-message")


def test_what_a_script_forgot_is_named_with_its_variable(run: Run, services: Services) -> None:
    result = run("connect", "salesforce", "acme", "--no-input", "--reviewer", HANA, "--flow", "jwt")
    not_connected(services, result, "--client-id", "LEADLINE_CONNECT_CLIENT_ID")


def test_a_script_without_a_reviewer_is_told_before_the_grant(run: Run, crms: SandboxClient, services: Services) -> None:
    crms.reset_stats()
    not_connected(services, run("connect", "hubspot", "portal", "--json"), "--reviewer")
    assert crms.stats()["total"] == 0


def test_answers_may_stand_in_the_environment(
    run: Run, crms: SandboxClient, key_file: Path, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"ENVIRONMENT": "sandbox", "FLOW": "jwt", "CLIENT_ID": CONSUMER_KEY, "USERNAME": SALESFORCE_USER, "REVIEWER": HANA}
    for name, value in {**given, "PRIVATE_KEY": key_file.read_text()}.items():
        monkeypatch.setenv(f"LEADLINE_CONNECT_{name}", value)
    assert run("connect", "salesforce", "acme", "--login-url", crms.url, "--json").exit_code == 0
    assert connected(services, "acme").account == ORG_ID


def test_nothing_secret_is_shown(by_browser: Connect, by_oauth: Connect, crms: SandboxClient) -> None:
    said = [by_browser(), by_oauth()]
    secrets = [CONSUMER_SECRET, crms.settings("hubspot")["client_secret"]]
    assert not [secret for result in said for secret in secrets if secret in result.output]


def test_what_an_old_app_needs_is_kept_over_a_reconnection(by_oauth: Connect, services: Services, tmp_path: Path) -> None:
    key = tmp_path / "developer-key"
    key.write_text("sandbox-developer-key\n")
    assert by_oauth("--developer-key-file", key).exit_code == 0
    assert connected(services, "portal").credentials["developer_key"] == "sandbox-developer-key"
    assert by_oauth("--app-kind", "legacy-public").exit_code == 0
    credentials = connected(services, "portal").credentials
    assert (credentials["developer_key"], credentials["app_kind"]) == ("sandbox-developer-key", "legacy_public")


def test_with_a_developer_key_install_subscribes_by_itself(
    by_oauth: Connect, run: Run, crms: SandboxClient, tmp_path: Path
) -> None:
    key = tmp_path / "developer-key"
    key.write_text("sandbox-developer-key")
    by_oauth("--developer-key-file", key)
    assert run("install", "portal", "--apply").exit_code == 0
    [target] = crms.targets()
    assert target["url"].endswith("/webhooks/hubspot/portal")
    assert len(target["subscriptions"]) > 20
