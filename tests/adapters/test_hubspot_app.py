"""The project folder: whole, filled in, and in the words of HubSpot's own client."""

import json
from importlib import resources
from typing import Any

import pytest
from hubspot.automation.actions import ApiClient
from hubspot.automation.actions import models as action_models

from adapters.hubspot.install_app import OPTIONAL_SCOPES, SCOPES, project_files
from adapters.hubspot.install_subscriptions import LIFE

URL = "https://leads.acme.example/webhooks/hubspot/acme"
HEARD = ("email", "jobtitle")
FILES = project_files("acme", URL, HEARD, static=False)


def component(path: str) -> dict[str, Any]:
    return dict(json.loads(FILES[f"src/app/{path}"]))


def test_every_template_is_in_the_folder_and_nothing_is_left_to_fill_in() -> None:
    templates = resources.files("adapters.hubspot").joinpath("app")
    assert templates.joinpath("src/app/app-hsmeta.json").is_file()
    assert len(FILES) == 7
    for path, content in FILES.items():
        assert b"${" not in content, path
        if path.endswith(".json"):
            json.loads(content)
    assert json.loads(FILES["hsproject.json"]) == {"name": "leadline-acme", "srcDir": "src", "platformVersion": "2026.03"}


def test_components_have_unique_ids_and_their_own_folders() -> None:
    found = {path: json.loads(content) for path, content in FILES.items() if path.endswith("-hsmeta.json")}
    assert {one["type"] for one in found.values()} == {"app", "webhooks", "workflow-action", "settings"}
    assert len({one["uid"] for one in found.values()}) == len(found)


@pytest.mark.parametrize("static", [True, False])
def test_the_app_asks_for_what_it_needs_and_no_more(static: bool) -> None:
    config = json.loads(project_files("acme", URL, HEARD, static=static)["src/app/app-hsmeta.json"])["config"]
    auth = config["auth"]
    assert auth["type"] == ("static" if static else "oauth")
    assert ("redirectUrls" in auth) is not static
    assert (auth["requiredScopes"], auth["optionalScopes"]) == (list(SCOPES), list(OPTIONAL_SCOPES))
    assert config["permittedUrls"]["fetch"] == ["https://leads.acme.example"]


def test_webhooks_go_to_the_connection_and_tell_of_every_event_that_the_receiver_reads() -> None:
    config = component("webhooks/webhooks-hsmeta.json")["config"]
    assert config["settings"] == {"targetUrl": URL, "maxConcurrentRequests": 10}
    listed = [*config["subscriptions"]["crmObjects"], *config["subscriptions"]["hubEvents"]]
    assert all(one["active"] for one in listed)
    kinds = {one["subscriptionType"].replace("object.", "contact.") for one in listed}
    assert kinds == {*LIFE, "contact.propertyChange"}
    changed = [one for one in listed if one["subscriptionType"] == "object.propertyChange"]
    assert [(one["objectType"], one["propertyName"]) for one in changed] == [("contact", name) for name in HEARD]


class _Answer:
    def __init__(self, data: object) -> None:
        self.data = json.dumps(data)


def test_the_workflow_action_is_one_as_hubspots_client_knows_it() -> None:
    config = component("workflow-actions/route-hsmeta.json")["config"]
    assert config["actionUrl"] == f"{URL}/workflow-action"
    labels = config["labels"]["en"]
    assert labels["actionName"] == "Route with Leadline"
    client = ApiClient()
    for kind, part in (
        ("PublicActionLabels", labels),
        *(("InputFieldDefinition", one) for one in config["inputFields"]),
        *(("OutputFieldDefinition", one) for one in config["outputFields"]),
    ):
        assert set(part) <= set(getattr(action_models, kind).attribute_map.values()), kind
        made = client.sanitize_for_serialization(client.deserialize(_Answer(part), kind))
        assert _filled(made) == part, kind
    named = {one["typeDefinition"]["name"] for one in config["inputFields"]}
    assert set(labels["inputFieldLabels"]) == named


def _filled(document: Any) -> Any:
    """Without the members that HubSpot's model fills with nothing."""
    if isinstance(document, dict):
        return {name: _filled(value) for name, value in document.items() if value is not None}
    return [_filled(one) for one in document] if isinstance(document, list) else document


def test_a_connection_of_any_name_makes_a_project_that_hubspot_takes() -> None:
    assert json.loads(project_files("büro & co", URL, (), static=False)["hsproject.json"])["name"] == "leadline-b-ro---co"
