"""What a doctor asks: the account, the day's calls, the token, its scopes, users, teams, pipelines."""

import pytest

from adapters.sandbox.client import SandboxError
from tests.adapters.sandbox.hubspot_sandbox import Portal
from tests.adapters.sandbox.test_sandbox_hubspot_access import form, granted

CONTACTS = "/crm/v3/objects/contacts"


@pytest.mark.parametrize("base", ["/account-info/v3", "/account-info/2026-09"])
def test_the_account_and_its_clock(hub: Portal, base: str) -> None:
    hub.control.settings("hubspot", account_type="SANDBOX", time_zone="America/New_York")
    told = hub.call("GET", f"{base}/details").json()
    assert (told["portalId"], told["accountType"], told["timeZone"]) == (145883001, "SANDBOX", "America/New_York")
    assert (told["utcOffset"], told["utcOffsetMilliseconds"]) == ("-05:00", -18_000_000)


def test_an_account_type_or_zone_that_does_not_exist(hub: Portal) -> None:
    with pytest.raises(SandboxError, match="account_type must be one of STANDARD"):
        hub.control.settings("hubspot", account_type="DEMO")
    with pytest.raises(SandboxError, match="no time zone Mars/Base"):
        hub.control.settings("hubspot", time_zone="Mars/Base")


def test_the_days_calls_are_counted_until_midnight_of_the_portal(strict_hub: Portal) -> None:
    strict_hub.control.settings("hubspot", time_zone="Europe/Berlin", daily=500)
    for _ in range(3):
        strict_hub.call("GET", CONTACTS)
    (usage,) = strict_hub.call("GET", "/account-info/v3/api-usage/daily/private-apps").json()["results"]
    assert (usage["name"], usage["usageLimit"], usage["currentUsage"]) == ("private-apps-api-calls-daily", 500, 4)
    assert usage["resetsAt"] == "2026-11-22T23:00:00Z"
    strict_hub.tick(11 * 3600)
    assert strict_hub.call("GET", CONTACTS).headers["X-HubSpot-RateLimit-Daily-Remaining"] == "499"


def test_a_static_token_has_the_scopes_that_it_was_given(hub: Portal) -> None:
    hub.control.command("hubspot", "tokens", token="pat-eu1-key", scopes="crm.objects.contacts.read crm.schemas.contacts.read")
    body = {"tokenKey": "pat-eu1-key"}
    told = hub.call("POST", "/oauth/v2/private-apps/get/access-token-info", body).json()
    assert (told["hubId"], told["scopes"]) == (145883001, ["crm.objects.contacts.read", "crm.schemas.contacts.read"])
    hub.token = "pat-eu1-key"
    assert hub.call("GET", CONTACTS).status_code == 200
    refused = hub.call("GET", "/crm/v3/owners")
    assert refused.json()["errors"][0]["context"] == {"requiredGranularScopes": ["crm.objects.owners.read"]}
    assert hub.call("DELETE", "/appinstalls/v3/external-install").status_code == 404


def test_whoever_may_read_records_may_read_their_properties_and_no_more(hub: Portal) -> None:
    hub.control.command("hubspot", "tokens", token="pat-na1-poor", scopes="crm.objects.contacts.read")
    hub.token = "pat-na1-poor"
    assert hub.call("GET", "/crm/v3/properties/contacts").status_code == 200
    assert hub.call("GET", "/crm/properties/2026-09/companies").status_code == 403
    refused = hub.call("POST", "/crm/v3/properties/contacts/groups", {"name": "x", "label": "X"})
    assert refused.json()["errors"][0]["context"] == {"requiredGranularScopes": ["crm.schemas.contacts.write"]}


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/crm/v3/lists/1", "crm.lists.read"),
        ("/automation/v4/flows", "automation"),
        ("/automation/2026-09-beta/flows", "automation"),
        ("/marketing/v3/forms", "forms"),
        ("/settings/v3/users", "settings.users.read"),
        ("/settings/users/2026-09/teams", "settings.users.teams.read"),
        ("/crm/v3/objects/leads", "crm.objects.leads.read"),
    ],
)
def test_each_route_names_the_scope_that_it_needs(hub: Portal, path: str, scope: str) -> None:
    hub.control.command("hubspot", "tokens", token="pat-na1-none", scopes="oauth")
    hub.token = "pat-na1-none"
    answer = hub.call("GET", path)
    assert (answer.status_code, answer.json()["category"]) == (403, "MISSING_SCOPES")
    assert answer.json()["errors"][0]["context"] == {"requiredGranularScopes": [scope]}


def test_a_revoked_static_token_is_worthless_until_it_is_given_again(hub: Portal) -> None:
    hub.control.command("hubspot", "revoke", token=hub.token)
    assert hub.call("GET", CONTACTS).json()["category"] == "INVALID_AUTHENTICATION"
    assert hub.call("POST", "/oauth/v2/private-apps/get/access-token-info", {"tokenKey": hub.token}).status_code == 401
    hub.control.command("hubspot", "tokens", token=hub.token, scopes="crm.objects.contacts.read")
    assert hub.call("GET", CONTACTS).status_code == 200


def test_a_revoked_refresh_token_takes_its_access_token_with_it(hub: Portal) -> None:
    grant = granted(hub)
    hub.control.command("hubspot", "revoke", token=grant["refresh_token"])
    hub.token = grant["access_token"]
    assert hub.call("GET", CONTACTS).status_code == 401
    data = form(grant_type="refresh_token", refresh_token=grant["refresh_token"])
    assert hub.session.post(f"{hub.url}/oauth/v1/token", data=data, timeout=10).json()["status"] == "BAD_REFRESH_TOKEN"


@pytest.mark.parametrize("path", ["/appinstalls/v3/external-install", "/appinstalls/2026-09/external-install"])
def test_an_app_that_uninstalls_itself_has_no_tokens_left(hub: Portal, path: str) -> None:
    hub.token = granted(hub)["access_token"]
    assert hub.call("DELETE", path).status_code == 204
    assert hub.call("GET", CONTACTS).status_code == 401


def test_users_teams_and_the_teams_of_owners(hub: Portal) -> None:
    people = [{"email": f"{name}@us.test", "firstName": name, "lastName": "Rep"} for name in ("ada", "bob")]
    hub.control.add_people([*people, {"email": "gone@us.test", "active": False}])
    hub.control.command("hubspot", "teams", name="West", members=["ada@us.test", "bob@us.test"])
    hub.control.command("hubspot", "teams", name="Night", members=["bob@us.test"])
    users = {one.email: one for one in hub.sdk.settings.users.users_api.get_page().results}
    teams = {one.name: one for one in hub.sdk.settings.users.teams_api.get_all().results}
    assert set(users) == {"ada@us.test", "bob@us.test"}
    assert teams["West"].user_ids == [users["ada@us.test"].id, users["bob@us.test"].id]
    assert (teams["Night"].user_ids, teams["Night"].secondary_user_ids) == ([], [users["bob@us.test"].id])
    owners = {one.email: one for one in hub.sdk.crm.owners.owners_api.get_page().results}
    assert [(team.name, team.primary) for team in owners["bob@us.test"].teams] == [("West", True), ("Night", False)]
    archived = hub.sdk.crm.owners.owners_api.get_page(archived=True).results
    assert [(one.email, one.user_id) for one in archived] == [("gone@us.test", None)]
    with pytest.raises(SandboxError, match="no owner nobody@us"):
        hub.control.command("hubspot", "teams", name="East", members=["nobody@us.test"])


def test_pipelines_with_the_stages_that_close(hub: Portal) -> None:
    (pipeline,) = hub.sdk.crm.pipelines.pipelines_api.get_all("deals").results
    closed = {stage.id: stage.metadata["probability"] for stage in pipeline.stages if stage.metadata["isClosed"] == "true"}
    assert closed == {"closedwon": "1.0", "closedlost": "0.0"}
    assert hub.call("GET", "/crm/pipelines/2026-09/leads").json()["results"][0]["stages"]
    assert hub.call("GET", "/crm/v3/pipelines/deals/default/stages/closedwon").json()["label"] == "Closed Won"
    assert hub.call("GET", "/crm/v3/pipelines/deals/other").status_code == 404


def test_an_app_gets_the_optional_scopes_that_the_plan_has_and_is_refused_without_a_required_one(hub: Portal) -> None:
    hub.control.settings("hubspot", unavailable="automation crm.objects.leads.read")
    agree = f"{hub.url}/oauth/authorize?redirect_uri=http://localhost/back&scope=oauth"
    back = hub.session.get(f"{agree}&optional_scope=automation%20forms", allow_redirects=False, timeout=10)
    code = back.headers["Location"].partition("code=")[2]
    data = form(grant_type="authorization_code", code=code)
    token = hub.session.post(f"{hub.url}/oauth/v1/token", data=data, timeout=10).json()["access_token"]
    assert hub.sdk.oauth.access_tokens_api.get(token).scopes == ["oauth", "forms"]
    refused = hub.session.get(f"{agree}%20automation", allow_redirects=False, timeout=10)
    assert (refused.status_code, "no access to automation" in refused.json()["message"]) == (400, True)


def test_introspection_says_no_more_of_a_worthless_token_than_that(hub: Portal) -> None:
    grant = granted(hub)
    told = {
        name: hub.session.post(f"{hub.url}/oauth/v3/token/introspect", data={"token": token}, timeout=10).json()
        for name, token in {**grant, "unknown": "x"}.items()
        if name in {"access_token", "refresh_token", "unknown"}
    }
    assert told["unknown"] == {"active": False}
    assert [told[name]["token_use"] for name in ("access_token", "refresh_token")] == ["access_token", "refresh_token"]


def test_owners_who_left_are_taken_or_not_as_the_portal_is_set(hub: Portal) -> None:
    gone = hub.control.add_people([{"email": "gone@us.test", "active": False}])["hubspot"]["people"]["gone@us.test"]
    path = f"{CONTACTS}/{hub.contact(email='a@b.test')}"
    assert hub.call("PATCH", path, {"properties": {"hubspot_owner_id": gone}}).status_code == 200
    hub.control.settings("hubspot", archived_owners=False)
    refused = hub.call("PATCH", path, {"properties": {"hubspot_owner_id": gone}})
    assert refused.json()["errors"][0]["code"] == "INVALID_OWNER_ID"
