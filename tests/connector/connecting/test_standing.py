"""How connections stand: what `connections` shows, a grant that ends, and secrets that rotate, while webhooks come in."""

import json
from typing import Any

import pytest
import requests
from sqlalchemy import text

from adapters.sandbox.client import SandboxClient
from connector.pipeline import Drain, Progress
from connector.store.connections import CrmConnection
from connector.store.engine import reading, transact
from connector.vault import Vault, new_key
from connector.wiring import Services
from tests.connector.connecting.conftest import CONSUMER_SECRET, Browser, Connect, Run

LEAD = {"FirstName": "Nora", "LastName": "Berg", "Company": "Acme GmbH", "Email": "nora@berg.example"}


def crm_of(services: Services, name: str) -> CrmConnection:
    services.refresh()
    crm = services.crm(name)
    assert crm
    return crm


def listen(crms: SandboxClient, url: str) -> None:
    crms.add_target("salesforce", url, object="Lead", fields=["Id", "Email"], on=["created", "updated"], watch=["Email"])


def outbound_url(services: Services, name: str, secret: str = "") -> str:
    crm = crm_of(services, name)
    return f"{services.public_url}/webhooks/salesforce/{name}/{secret or crm.inbound_secrets[0]}/outbound-message"


def drained(services: Services, name: str) -> Progress:
    return Drain(services, crm_of(services, name)).run()


def shown(run: Run, name: str) -> dict[str, Any]:
    rows = json.loads(run("connections", "--json").stdout)
    found: dict[str, Any] = next(row for row in rows if row["name"] == name)
    return found


def waiting(services: Services) -> int:
    with reading(services.engine) as session:
        return int(session.execute(text("SELECT count(*) FROM due")).scalar_one())


def test_a_revoked_grant_loses_nothing_and_a_reconnection_resumes(
    by_browser: Connect, run: Run, services: Services, crms: SandboxClient, web_url: str
) -> None:
    by_browser()
    listen(crms, outbound_url(services, "acme"))
    crms.settings("salesforce", revoke_tokens=True)
    crms.create("salesforce", "Lead", [LEAD])
    assert crms.pending(wait=20) == 0, "the webhook was not taken"
    assert drained(services, "acme").decided == 0
    assert waiting(services) == 1

    row = shown(run, "acme")
    assert row["needs_connecting"]["because"].startswith("Salesforce refused the grant (invalid_grant)")
    assert row["last_webhook"]
    table = run("connections").stdout
    assert "acme needs to be connected again since" in table
    assert "leadline connect salesforce acme" in table

    assert by_browser().exit_code == 0
    assert shown(run, "acme")["needs_connecting"] is None
    assert drained(services, "acme").decided == 1
    assert waiting(services) == 0


def test_the_table_says_it_all(by_jwt: Connect, by_oauth: Connect, run: Run, services: Services) -> None:
    assert "Nothing is connected yet: leadline connect" in run("connections").stdout
    by_jwt()
    by_oauth()
    run("golive", "acme", "--source", "Webinar", "--mode", "full")
    run("pause", "portal")
    table = run("connections").stdout
    for words in (
        "jwt",
        "oauth",
        "webinar: full",
        "others: shadow",
        "paused",
        "Sandbox",
        "sandbox",
        "until refused",
        "until ",
        "none",
    ):
        assert words in table, words
    assert max(map(len, table.splitlines())) <= 100
    assert not [secret for secret in crm_of(services, "acme").inbound_secrets if secret in table]
    rows = {row["name"]: row for row in json.loads(run("connections", "--json").stdout)}
    assert (rows["acme"]["flow"], rows["portal"]["flow"]) == ("jwt", "refresh_token")
    assert rows["acme"]["token"]["expires_at"] is None
    assert rows["portal"]["token"]["expires_at"]


def test_a_connection_whose_key_is_lost_stops_no_other_and_can_be_connected_again(
    by_jwt: Connect, by_oauth: Connect, run: Run, services: Services, web_url: str
) -> None:
    by_jwt()
    by_oauth()
    before = crm_of(services, "acme")
    lost = Vault([new_key()]).seal("{}")
    change = text("UPDATE connection SET sealed = :lost WHERE name = 'acme'")
    transact(services.engine, lambda session: session.execute(change, {"lost": lost}))
    assert crm_of(services, "portal").credentials
    assert requests.post(outbound_url(services, "acme", before.inbound_secrets[0]), data=b"{}", timeout=5).status_code == 404
    assert "LEADLINE_SECRET_KEYS" in run("connections").stdout
    assert run("disconnect", "acme", "--yes").exit_code == 1, "what a key put back would open is not thrown away"
    assert "new webhook address" in by_jwt().stdout
    after = crm_of(services, "acme")
    assert (after.unreadable, after.account) == ("", before.account)
    assert after.inbound_secrets[0] not in {"", before.inbound_secrets[0]}


def test_disconnecting_ends_the_grant_at_the_vendor_and_keeps_what_comes(
    by_browser: Connect, run: Run, services: Services, crms: SandboxClient, web_url: str
) -> None:
    by_browser()
    listen(crms, outbound_url(services, "acme"))
    before = crm_of(services, "acme")
    assert run("disconnect", "acme", "--yes").exit_code == 0
    assert crm_of(services, "acme").credentials == {}
    crms.create("salesforce", "Lead", [LEAD])
    assert crms.pending(wait=20) == 0
    assert drained(services, "acme").decided == 0
    assert "disconnected here" in shown(run, "acme")["needs_connecting"]["because"]
    revoked = [call for call in crms.stats()["calls"] if call["route"].endswith("/revoke")]
    assert [call["status"] for call in revoked] == [200]
    by_browser()
    assert crm_of(services, "acme").inbound_secrets == before.inbound_secrets
    assert drained(services, "acme").decided == 1


def test_disconnecting_hubspot_revokes_its_refresh_token(by_oauth: Connect, run: Run, crms: SandboxClient) -> None:
    by_oauth()
    assert run("disconnect", "portal", "--yes").exit_code == 0
    assert [call["status"] for call in crms.stats()["calls"] if "/refresh-tokens/" in call["route"]] == [204]


def test_a_vendor_that_does_not_revoke_is_said_and_the_credentials_are_gone_all_the_same(
    by_browser: Connect, run: Run, services: Services, crms: SandboxClient
) -> None:
    by_browser()
    crms.add_fault("status", crm="salesforce", route="*/revoke", status=503)
    result = run("disconnect", "acme", "--yes")
    assert result.exit_code == 1
    assert "did not revoke" in result.stderr
    assert crm_of(services, "acme").credentials == {}


def test_salesforces_secret_rotates_with_two_good_at_once(
    by_jwt: Connect, run: Run, services: Services, crms: SandboxClient, web_url: str
) -> None:
    by_jwt()
    old = crm_of(services, "acme").inbound_secrets[0]
    said = run("connect", "rotate-secret", "acme").stdout
    new, kept = crm_of(services, "acme").inbound_secrets
    assert (kept, new in said, old in said) == (old, True, False)
    assert run("connect", "rotate-secret", "acme").exit_code == 0
    assert crm_of(services, "acme").inbound_secrets == (new, old), "a rotation under way is gone on with"
    for secret, status in ((old, 415), (new, 415), ("x" * 43, 404)):
        answer = requests.post(outbound_url(services, "acme", secret), data=b"{}", timeout=5)
        assert answer.status_code == status
    assert run("connect", "rotate-secret", "acme", "--finish").exit_code == 0
    assert requests.post(outbound_url(services, "acme", old), data=b"{}", timeout=5).status_code == 404
    assert "No rotation is under way" in str(run("connect", "rotate-secret", "acme", "--finish").exception)


def test_hubspots_secret_is_tried_before_it_is_taken(
    by_oauth: Connect, run: Run, services: Services, crms: SandboxClient, tmp_path: Any
) -> None:
    by_oauth()
    old = crm_of(services, "portal")
    path = tmp_path / "new-secret"
    path.write_text("client-secret-2")
    refused = run("connect", "rotate-secret", "portal", "--client-secret-file", path)
    assert "HubSpot refused the credentials" in str(refused.exception)
    assert crm_of(services, "portal") == old
    crms.settings("hubspot", client_secret="client-secret-2")
    assert run("connect", "rotate-secret", "portal", "--client-secret-file", path).exit_code == 0
    crm = crm_of(services, "portal")
    assert crm.inbound_secrets == ("client-secret-2", *old.inbound_secrets)
    assert crm.credentials["client_secret"] == "client-secret-2"
    crms.expire_tokens()
    assert services.adapter(crm).identify().id == crm.account


@pytest.mark.parametrize("command", [["disconnect", "nobody", "--yes"], ["connect", "rotate-secret", "nobody"]])
def test_a_connection_that_is_not_there(run: Run, services: Services, command: list[str]) -> None:
    result = run(*command)
    assert result.exit_code == 2
    assert "There is no connection 'nobody'" in result.stderr


def test_acts_are_written_down(by_browser: Connect, run: Run, services: Services, browser: Browser) -> None:
    by_browser()
    run("connect", "rotate-secret", "acme")
    run("disconnect", "acme", "--yes")
    with reading(services.engine) as session:
        acts = [tuple(row) for row in session.execute(text("SELECT what, about FROM act ORDER BY id"))]
    assert acts == [("connect", "acme"), ("rotate-secret", "acme"), ("disconnect", "acme")]
    assert CONSUMER_SECRET not in str(acts)
