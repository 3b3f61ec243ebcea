"""HubSpot's workflow action from end to end: a contact of whom no webhook told is decided because a workflow asked."""

import requests

from connector.demo.portals import HUBSPOT, Portals
from tests.connector.conftest import Work
from tests.connector.crm_leads import add_lead, output


def execute(portals: Portals, url: str, contact: str) -> dict[str, object]:
    body = {"url": url, "object": "contacts", "id": contact}
    answer = requests.post(f"{portals.sandbox.url}/_sandbox/hubspot/execute", json=body, timeout=30)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_workflow_has_a_contact_routed(portals: Portals, work: Work, web_url: str) -> None:
    portals.sandbox.remove_targets()
    contact = add_lead(portals, "hubspot", "nora@acme.example")
    work()
    assert output(portals, "hubspot", contact, "route") is None
    told = execute(portals, f"{web_url}/webhooks/hubspot/{HUBSPOT}/workflow-action", contact)
    assert told["status"] == 200
    assert told["answer"] == {"outputFields": {"leadline_state": "accepted", "hs_execution_state": "SUCCESS"}}
    work()
    assert output(portals, "hubspot", contact, "route")


def test_an_address_of_no_connection_is_404(portals: Portals, work: Work, web_url: str) -> None:
    contact = add_lead(portals, "hubspot", "nora@acme.example")
    assert execute(portals, f"{web_url}/webhooks/hubspot/nobody/workflow-action", contact)["status"] == 404
