"""Tokens, scopes and limits."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hubspot.crm.contacts import ApiException
from hubspot.crm.contacts.exceptions import UnauthorizedException
from hubspot.crm.owners.exceptions import ForbiddenException

from tests.adapters.sandbox.hubspot_sandbox import Portal, fixture

CONTACTS = "/crm/v3/objects/contacts"


def granted(hub: Portal, path: str = "/oauth/v1/token") -> dict[str, str]:
    """Goes through the whole installation."""
    query = "client_id=sandbox-client-id&redirect_uri=http://localhost/back&state=s&scope=crm.objects.contacts.read"
    back = hub.session.get(f"{hub.url}/oauth/authorize?{query}", allow_redirects=False, timeout=10).headers["Location"]
    arguments = parse_qs(urlsplit(back).query)
    assert arguments["state"] == ["s"]
    answer = hub.session.post(hub.url + path, data=form(grant_type="authorization_code", code=arguments["code"][0]), timeout=10)
    assert answer.status_code == 200
    token: dict[str, str] = answer.json()
    return token


def form(**more: str) -> dict[str, str]:
    return {"client_id": "sandbox-client-id", "client_secret": "sandbox-client-secret", **more}


@pytest.mark.parametrize("path", ["/oauth/v1/token", "/oauth/v3/token", "/oauth/2026-03/token", "/oauth/2026-09/token"])
def test_installation_grants_a_token_that_expires_and_is_refreshed(hub: Portal, path: str) -> None:
    first = granted(hub, path)
    assert set(first) == set(fixture("oauth__token"))
    hub.token = first["access_token"]
    assert hub.call("GET", CONTACTS).status_code == 200

    hub.tick(1803)
    answer = hub.call("GET", CONTACTS)
    assert answer.status_code == 401
    assert {**answer.json(), "correlationId": ""} == {**fixture("error__expired_token"), "correlationId": ""}
    with pytest.raises(UnauthorizedException):
        hub.sdk.crm.contacts.basic_api.get_page()

    renewed = hub.sdk.oauth.tokens_api.create(
        grant_type="refresh_token",
        refresh_token=first["refresh_token"],
        client_id="sandbox-client-id",
        client_secret="sandbox-client-secret",
    )
    assert renewed.refresh_token == first["refresh_token"]
    hub.token = renewed.access_token
    assert hub.call("GET", CONTACTS).status_code == 200


def test_a_code_is_good_once(hub: Portal) -> None:
    query = "redirect_uri=http://localhost/back"
    back = hub.session.get(f"{hub.url}/oauth/authorize?{query}", allow_redirects=False, timeout=10).headers["Location"]
    code = form(grant_type="authorization_code", code=parse_qs(urlsplit(back).query)["code"][0])
    assert [hub.session.post(f"{hub.url}/oauth/v1/token", data=code, timeout=10).status_code for _ in range(2)] == [200, 400]


def test_a_refresh_token_that_is_unknown_is_a_400(hub: Portal) -> None:
    answer = hub.session.post(f"{hub.url}/oauth/v1/token", data=form(grant_type="refresh_token", refresh_token="x"), timeout=10)
    assert (answer.status_code, answer.json()["status"]) == (400, "BAD_REFRESH_TOKEN")


def test_a_wrong_client_secret_is_a_400(hub: Portal) -> None:
    data = {**form(grant_type="refresh_token", refresh_token="x"), "client_secret": "no"}
    assert hub.session.post(f"{hub.url}/oauth/v1/token", data=data, timeout=10).json()["status"] == "BAD_CLIENT_SECRET"


def test_what_a_token_says_of_itself(hub: Portal) -> None:
    token = granted(hub)["access_token"]
    about = hub.sdk.oauth.access_tokens_api.get(token)
    assert (about.hub_id, about.app_id, about.scopes) == (145883001, 14947001, ["crm.objects.contacts.read"])
    dated = hub.session.post(f"{hub.url}/oauth/2026-09/token/introspect", data={"token": token}, timeout=10).json()
    assert (dated["hub_id"], dated["active"]) == (145883001, True)
    assert hub.call("GET", "/oauth/v1/access-tokens/nonsense").status_code == 404


@pytest.mark.parametrize("token", ["", "nonsense"])
def test_no_token_and_an_unknown_one_are_401(hub: Portal, token: str) -> None:
    hub.token = token
    answer = hub.call("GET", CONTACTS)
    assert (answer.status_code, answer.json()["category"]) == (401, "INVALID_AUTHENTICATION")


def test_a_missing_scope_is_named(hub: Portal) -> None:
    hub.token = granted(hub)["access_token"]
    answer = hub.call("POST", CONTACTS, {"properties": {"email": "a@b.test"}})
    assert (answer.status_code, answer.json()["category"]) == (403, "MISSING_SCOPES")
    assert answer.json()["errors"][0]["context"] == {"requiredGranularScopes": ["crm.objects.contacts.write"]}
    with pytest.raises(ForbiddenException):
        hub.sdk.crm.owners.owners_api.get_page()


def test_the_burst_limit_counts_down_and_rolls(strict_hub: Portal) -> None:
    strict_hub.control.settings("hubspot", burst=3)
    left = [strict_hub.call("GET", CONTACTS).headers["X-HubSpot-RateLimit-Remaining"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    refused = strict_hub.call("GET", CONTACTS)
    assert refused.status_code == 429
    assert refused.json().keys() - {"requestId"} == fixture("error__ten_secondly_limit").keys()
    assert refused.json()["policyName"] == "TEN_SECONDLY_ROLLING"
    strict_hub.tick(9)
    assert strict_hub.call("GET", CONTACTS).status_code == 429
    strict_hub.tick(1)
    answer = strict_hub.call("GET", CONTACTS)
    assert answer.headers["X-HubSpot-RateLimit-Max"] == "3"
    assert answer.headers["X-HubSpot-RateLimit-Interval-Milliseconds"] == "10000"
    assert strict_hub.control.stats()["throttled"] == 2


def test_search_has_a_limit_of_its_own_and_no_headers(strict_hub: Portal) -> None:
    answers = [strict_hub.call("POST", f"{CONTACTS}/search", {}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert not [name for name in answers[0].headers if name.startswith("X-HubSpot-RateLimit")]
    assert answers[5].json().keys() == fixture("error__secondly_limit").keys()
    strict_hub.tick(1)
    assert strict_hub.call("POST", f"{CONTACTS}/search", {}).status_code == 200


def test_the_daily_limit_ends_at_midnight(strict_hub: Portal) -> None:
    strict_hub.control.settings("hubspot", daily=2)
    assert strict_hub.call("GET", CONTACTS).headers["X-HubSpot-RateLimit-Daily-Remaining"] == "1"
    strict_hub.call("GET", CONTACTS)
    refused = strict_hub.call("GET", CONTACTS)
    assert refused.json().keys() == fixture("error__daily_limit").keys()
    strict_hub.tick(12 * 3600)
    assert strict_hub.call("GET", CONTACTS).status_code == 200


def test_oauth_apps_are_not_told_the_daily_limit(strict_hub: Portal) -> None:
    strict_hub.token = granted(strict_hub)["access_token"]
    assert "X-HubSpot-RateLimit-Daily" not in strict_hub.call("GET", CONTACTS).headers


def test_the_sdk_sees_a_429_as_it_is(strict_hub: Portal) -> None:
    strict_hub.control.settings("hubspot", burst=1)
    strict_hub.call("GET", CONTACTS)
    with pytest.raises(ApiException) as refused:
        strict_hub.sdk.crm.contacts.basic_api.get_page()
    assert refused.value.status == 429
    assert "Retry-After" not in refused.value.headers
