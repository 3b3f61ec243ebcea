"""What the sandbox cannot be asked to say: required properties, a portal that will not tell, answers out of shape."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.base import Endpoint
from adapters.errors import AdapterError
from adapters.hubspot.install import HubSpotKit
from adapters.hubspot.install_subscriptions import App, app_of
from adapters.kit import Plan
from tests.adapters.crm_contract import RecordingBudget, RecordingTokens
from tests.adapters.hubspot_server import Asked, Said, Script, said, serving
from tests.adapters.test_hubspot_install import MAPPING, wanted

NOTHING: dict[str, Any] = {"results": [], "lists": [], "requiredProperties": [], "total": 0}
FORBIDDEN = said({"category": "MISSING_SCOPES", "message": "no", "status": "error"}, 403)


@pytest.fixture
def script() -> Iterator[Script]:
    with serving() as running:
        yield running


def kit(script: Script, app: App | None = None) -> HubSpotKit:
    endpoint = Endpoint("acme", script.url, "v3", MAPPING, connect_seconds=1.0, total_seconds=2.0)
    tokens = RecordingTokens("t", iter(()))
    return HubSpotKit(endpoint, tokens, RecordingBudget(), app, now=lambda: datetime(2026, 11, 22, tzinfo=UTC))


def answering(**by_end: Said) -> Callable[[Asked], Said]:
    """An empty portal that says something else where a path ends so."""

    def answer(asked: Asked) -> Said:
        ends = {name.replace("_", "/"): one for name, one in by_end.items()}
        found = next((one for end, one in ends.items() if asked.path.rstrip("/").endswith(end)), None)
        missing = "/name/" in asked.path
        return found or (said({"message": "no such list"}, 404) if missing else said(NOTHING))

    return answer


def planned(script: Script, app: App | None = None, **by_end: Said) -> Plan:
    script.answer = answering(**by_end)
    return kit(script, app).plan(wanted())


def test_a_required_property_that_leadline_may_clear_is_grave(script: Script) -> None:
    schema = said({"requiredProperties": ["email", "leadline_sla_due"]})
    plan = planned(script, schemas_contacts=schema)
    (one,) = (reaction for reaction in plan.reactions if reaction.kind == "required property")
    assert (one.name, one.grave) == ("leadline_sla_due", True)


def test_what_may_not_be_read_is_said_and_the_rest_of_the_report_goes_on(script: Script) -> None:
    plan = planned(script, flows=FORBIDDEN, schemas_contacts=FORBIDDEN)
    unknown = {one.kind: one.sentence for one in plan.reactions if one.name == "not looked at"}
    assert set(unknown) == {"workflows", "required properties"}
    assert "scope automation" in unknown["workflows"]


@pytest.mark.parametrize("broken", [{"results": "none"}, {"results": [{"label": "no name"}]}, [], None])
def test_an_answer_out_of_shape_is_one_sentence(script: Script, broken: object) -> None:
    with pytest.raises(AdapterError, match="gave no usable answer"):
        planned(script, properties_contacts=said(broken))


def test_a_hung_up_call_of_apply_is_an_unknown_outcome_and_nothing_after_it_is_done(script: Script) -> None:
    portal = answering()
    script.answer = lambda asked: None if asked.method == "POST" and asked.path.endswith("/groups") else portal(asked)
    done: list[object] = []
    with pytest.raises(AdapterError):
        kit(script).apply(wanted(), done.append)
    assert done == []
    assert [asked.path for asked in script.asked if asked.method == "POST"] == ["/crm/v3/properties/contacts/groups"]


@pytest.mark.parametrize(
    ("app_id", "credentials", "kind"),
    [
        ("", {"flow": "static"}, "none"),
        ("77", {"flow": "static"}, "project"),
        ("77", {"flow": "refresh_token"}, "project"),
        ("77", {"flow": "refresh_token", "developer_key": "k"}, "legacy_public"),
        ("77", {"flow": "static", "app_kind": "legacy_private"}, "legacy_private"),
        ("", {"flow": "static", "app_kind": "nonsense"}, "none"),
    ],
)
def test_the_kind_of_app_from_what_the_connection_knows(app_id: str, credentials: dict[str, str], kind: str) -> None:
    app = app_of(app_id, credentials)
    assert app.kind == kind
    assert "developer_key" not in repr(app)


def test_a_legacy_private_app_is_told_every_click(script: Script) -> None:
    plan = planned(script, App("legacy_private", "77", static=True), properties_contacts=said(one_property("jobtitle")))
    (lines,) = (step.lines for step in plan.steps if step.kind == "webhook subscriptions")
    text = " ".join(lines)
    assert "https://leads.acme.example/webhooks/hubspot/acme" in text
    assert "property changed: jobtitle" in text
    assert "deleted for privacy" in text


def one_property(name: str) -> dict[str, Any]:
    return {"results": [{"name": name, "label": name, "type": "string", "fieldType": "text", "groupName": "theirs"}]}
