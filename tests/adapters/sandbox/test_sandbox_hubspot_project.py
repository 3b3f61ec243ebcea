"""A project app: uploaded as files, and from then on the portal does what they say."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from adapters.sandbox.client import SandboxError
from tests.adapters.sandbox.hubspot_sandbox import DATED, V3, Portal
from tests.adapters.sandbox.webhook_receiver import Receiver, receiving

APP = "src/app/app-hsmeta.json"
HOOKS = "src/app/webhooks/webhooks-hsmeta.json"
CONTACT = {"objectType": "contact", "active": True}
AUTH = {"type": "static", "requiredScopes": ["crm.objects.contacts.read"], "optionalScopes": ["crm.lists.read"]}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def files(url: str, **auth: Any) -> dict[str, Any]:
    subscriptions = {
        "crmObjects": [
            {"subscriptionType": "object.creation", **CONTACT},
            {"subscriptionType": "object.propertyChange", "propertyName": "city", **CONTACT, "active": False},
        ],
        "legacyCrmObjects": [{"subscriptionType": "contact.propertyChange", "propertyName": "phone", "active": True}],
        "hubEvents": [{"subscriptionType": "contact.privacyDeletion", "active": True}],
    }
    app = {"name": "Leadline", "description": "", "distribution": "private", "auth": {**AUTH, **auth}}
    webhooks = {"settings": {"targetUrl": url, "maxConcurrentRequests": 10}, "subscriptions": subscriptions}
    return {
        "hsproject.json": {"name": "leadline", "srcDir": "src", "platformVersion": "2026.03"},
        APP: {"uid": "leadline", "type": "app", "config": app},
        HOOKS: {"uid": "webhooks", "type": "webhooks", "config": webhooks},
    }


def test_the_subscriptions_in_its_files_are_delivered(hub: Portal, receiver: Receiver) -> None:
    made = hub.control.command("hubspot", "project", files=files(receiver.url))
    hub.contact(email="ada@b.test", phone="1", city="Delft")
    (delivery,) = receiver.wait(lambda all_: len(all_) == 1)
    assert [event["subscriptionType"] for event in delivery.events] == ["contact.propertyChange", "object.creation"]
    hub.token = made["token"]
    assert hub.call("GET", "/crm/v3/objects/contacts").status_code == 200
    assert hub.call("GET", "/crm/v3/owners").status_code == 403


def test_another_upload_replaces_the_first_and_the_webhook_api_is_closed(hub: Portal, receiver: Receiver) -> None:
    hub.control.command("hubspot", "project", files=files(receiver.url))
    only = files(receiver.url, type="oauth")
    only[HOOKS]["config"]["subscriptions"] = {"crmObjects": [{"subscriptionType": "object.deletion", **CONTACT}]}
    assert "token" not in hub.control.command("hubspot", "project", files=only)
    (target,) = hub.control.targets()
    assert [one["type"] for one in target["subscriptions"]] == ["object.deletion"]
    path = "/webhooks/v3/14947001/subscriptions?hapikey=sandbox-developer-key"
    assert hub.call("GET", path).status_code == 404


@pytest.mark.parametrize(
    ("path", "member", "value", "told"),
    [
        ("hsproject.json", "platformVersion", "2023.1", "hsproject.json"),
        (APP, "type", "card", "no -hsmeta.json file has the type app"),
        (HOOKS, "uid", "", "webhooks-hsmeta.json"),
        (HOOKS, "config", {"settings": {"targetUrl": "http://example.test"}, "subscriptions": {}}, "https"),
        (HOOKS, "config", {"settings": {"targetUrl": "https://a.test"}, "subscriptions": {"crm": []}}, "subscriptions"),
        (
            HOOKS,
            "config",
            {"settings": {"targetUrl": "https://a.test"}, "subscriptions": {"hubEvents": [{"subscriptionType": "form.sent"}]}},
            "no event type form.sent",
        ),
    ],
)
def test_a_build_that_fails_says_where_and_changes_nothing(
    hub: Portal, receiver: Receiver, path: str, member: str, value: Any, told: str
) -> None:
    hub.control.command("hubspot", "project", files=files(receiver.url))
    before = hub.control.targets()
    wrong = deepcopy(files("https://other.test/"))
    wrong[path][member] = value
    with pytest.raises(SandboxError, match=told):
        hub.control.command("hubspot", "project", files=wrong)
    assert hub.control.targets() == before
    with pytest.raises(SandboxError, match=r"hsproject\.json is missing"):
        hub.control.command("hubspot", "project", files={})


def create(hub: Portal, paths: dict[str, str], properties: dict[str, str]) -> tuple[int, list[str]]:
    """The status of a batch with one contact, and the codes of what was refused."""
    body = {"inputs": [{"properties": {"lastname": "Lovelace", **properties}}]}
    answer = hub.call("POST", f"{paths['objects']}/contacts/batch/create", body)
    return answer.status_code, [one["code"] for one in answer.json().get("errors", [])]


@pytest.mark.parametrize("base", ["/crm-object-schemas/v3/schemas", "/crm-object-schemas/2026-09/schemas"])
def test_an_object_says_which_properties_a_person_must_fill_in(hub: Portal, base: str) -> None:
    assert hub.call("GET", f"{base}/contacts").json()["requiredProperties"] == []
    assert create(hub, DATED, {}) == (201, [])
    hub.control.command("hubspot", "required", object="contacts", names=["phone", "city"])
    assert hub.call("GET", f"{base}/0-1").json()["requiredProperties"] == ["phone", "city"]
    made = [
        create(hub, base, properties) for base in (V3, DATED) for properties in ({"phone": "1"}, {"phone": "1", "city": "Delft"})
    ]
    assert made == [(201, []), (201, []), (400, ["MISSING_REQUIRED_PROPERTY"]), (201, [])]
    with pytest.raises(SandboxError, match="no property nothing"):
        hub.control.command("hubspot", "required", object="contacts", names=["nothing"])


def test_a_portal_without_custom_objects_and_without_tickets(hub: Portal) -> None:
    assert (
        hub.call("GET", "/crm/v3/schemas").json()
        == hub.call("GET", "/crm-object-schemas/2026-09/schemas").json()
        == {"results": []}
    )
    id_ = hub.contact(email="ada@b.test")
    asked = hub.call("GET", f"/crm/v3/objects/contacts/{id_}?associations=tickets,companies")
    assert (asked.status_code, "associations" in asked.json()) == (200, False)
    assert hub.call("GET", f"/crm/v3/objects/contacts/{id_}?associations=unicorns").status_code == 400
