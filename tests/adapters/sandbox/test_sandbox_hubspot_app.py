"""A public app's webhook settings: what they say is what is delivered."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hubspot import HubSpot
from hubspot.utils.signature import Signature
from hubspot.webhooks import SettingsChangeRequest, SubscriptionCreateRequest, SubscriptionPatchRequest, ThrottlingSettings
from hubspot.webhooks.exceptions import ApiException, NotFoundException, UnauthorizedException

from tests.adapters.sandbox.hubspot_sandbox import Portal, portal
from tests.adapters.sandbox.webhook_receiver import Receiver, receiving

APP = 14_947_001
KEY = {"hapikey": "sandbox-developer-key"}
CREATION = {"eventType": "contact.creation", "active": True}
EMAIL = {"eventType": "object.propertyChange", "objectTypeId": "0-1", "propertyName": "email", "active": True}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def developer(hub: Portal) -> Any:
    """The SDK with the developer's key, as an app's owner uses it."""
    return HubSpot(api_key="sandbox-developer-key", host=hub.url, retry=False).webhooks


def aimed(hub: Portal, url: str) -> None:
    settings = SettingsChangeRequest(target_url=url, throttling=ThrottlingSettings(max_concurrent_requests=10))
    assert developer(hub).settings_api.configure(APP, settings).target_url == url


def call(hub: Portal, method: str, path: str, body: object = None) -> Any:
    return hub.session.request(method, hub.url + path, json=body, params=KEY, timeout=10)


def test_subscriptions_deliver_once_they_are_active_and_no_longer_when_they_are_gone(hub: Portal, receiver: Receiver) -> None:
    aimed(hub, receiver.url)
    api = developer(hub).subscriptions_api
    made = api.create(APP, SubscriptionCreateRequest(event_type="contact.creation"))
    assert made.active is False
    hub.contact(email="paused@b.test")
    api.update(made.id, APP, SubscriptionPatchRequest(active=True))
    id_ = hub.contact(email="ada@b.test")
    (delivery,) = receiver.wait(lambda all_: len(all_) == 1)
    assert [(event["objectId"], event["subscriptionId"]) for event in delivery.events] == [(int(id_), int(made.id))]
    assert Signature.is_valid(
        signature=delivery.headers["x-hubspot-signature"],
        client_secret="sandbox-client-secret",
        request_body=delivery.body.decode(),
        signature_version="v1",
    )
    api.archive(made.id, APP)
    hub.contact(email="late@b.test")
    assert hub.control.pending(wait=10) == 0
    assert len(receiver.deliveries) == 1


@pytest.mark.parametrize("base", ["/webhooks/v3", "/webhooks/2026-03", "/app-webhooks/2026-09"])
def test_every_generation_of_paths(hub: Portal, receiver: Receiver, base: str) -> None:
    app = f"{base}/{APP}"
    wanted = {"targetUrl": receiver.url, "throttling": {"maxConcurrentRequests": 6}}
    assert call(hub, "GET", f"{app}/settings").status_code == 404
    assert call(hub, "PUT", f"{app}/settings", wanted).status_code == 200
    assert call(hub, "GET", f"{app}/settings").json()["throttling"] == {"maxConcurrentRequests": 6}
    made = call(hub, "POST", f"{app}/subscriptions", EMAIL)
    assert made.status_code == 201
    hub.contact(email="ada@b.test")
    (delivery,) = receiver.wait(lambda all_: len(all_) == 1)
    assert delivery.events[0]["propertyValue"] == "ada@b.test"
    batch = {"inputs": [{"id": int(made.json()["id"]), "active": False}]}
    assert call(hub, "POST", f"{app}/subscriptions/batch/update", batch).json()["results"][0]["active"] is False
    assert call(hub, "DELETE", f"{app}/settings").status_code == 204
    assert hub.control.targets() == []


def test_a_new_target_takes_over_what_waits(hub: Portal, receiver: Receiver) -> None:
    aimed(hub, "http://127.0.0.1:9/nobody")
    call(hub, "POST", f"/webhooks/v3/{APP}/subscriptions", CREATION)
    hub.control.hold()
    hub.contact(email="ada@b.test")
    aimed(hub, receiver.url)
    hub.control.release()
    assert len(receiver.wait(lambda all_: len(all_) == 1)) == 1


def test_settings_and_subscriptions_outlive_a_restart(tmp_path: Path, receiver: Receiver) -> None:
    with portal(tmp_path) as before:
        aimed(before, receiver.url)
        call(before, "POST", f"/webhooks/v3/{APP}/subscriptions", CREATION)
    with portal(tmp_path) as after:
        assert [one.event_type for one in developer(after).subscriptions_api.get_all(APP).results] == ["contact.creation"]
        after.contact(email="ada@b.test")
        receiver.wait(lambda all_: len(all_) == 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"eventType": "contact.birth"},
        {"eventType": "object.creation"},
        {"eventType": "contact.propertyChange"},
    ],
)
def test_a_wrong_subscription_is_a_400(hub: Portal, wrong: dict[str, str]) -> None:
    assert call(hub, "POST", f"/webhooks/v3/{APP}/subscriptions", wrong).status_code == 400


@pytest.mark.parametrize(
    "wrong",
    [
        {"targetUrl": "http://example.test/hook", "throttling": {"maxConcurrentRequests": 10}},
        {"targetUrl": "https://example.test/hook", "throttling": {"maxConcurrentRequests": 5}},
        {"targetUrl": "https://example.test/hook"},
    ],
)
def test_wrong_settings_are_a_400(hub: Portal, wrong: dict[str, Any]) -> None:
    assert call(hub, "PUT", f"/webhooks/v3/{APP}/settings", wrong).status_code == 400


def test_the_same_subscription_twice_is_refused(hub: Portal) -> None:
    assert [call(hub, "POST", f"/webhooks/v3/{APP}/subscriptions", EMAIL).status_code for _ in range(2)] == [201, 400]
    phone = {**EMAIL, "propertyName": "phone"}
    assert call(hub, "POST", f"/webhooks/v3/{APP}/subscriptions", phone).status_code == 201


def test_only_the_developers_key_of_this_app_opens_it(hub: Portal) -> None:
    with pytest.raises(UnauthorizedException):
        HubSpot(api_key="other", host=hub.url).webhooks.settings_api.get_all(APP)
    assert hub.call("GET", f"/webhooks/v3/{APP}/subscriptions").status_code == 401
    with pytest.raises(NotFoundException):
        developer(hub).settings_api.get_all(APP + 1)
    with pytest.raises(ApiException):
        developer(hub).subscriptions_api.get_by_id(404, APP)
