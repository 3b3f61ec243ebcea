"""A workflow asks for a contact to be routed: proved, acknowledged with what HubSpot wants to hear, and one event."""

import json
from dataclasses import replace

from tests.webhooks.receiver_contract import NOW, PREVIOUS, SECRET, ReceiverContract, fixture
from webhooks.base import Inbound, Opened, Receiver, Request
from webhooks.hubspot_actions import HubSpotActionReceiver
from webhooks.signature import hubspot_v2

URL = "https://leadline.example.com/webhooks/hubspot/acme/workflow-action"
INBOUND = Inbound(connection="acme", account="8812345", app_id="771200", secrets=(SECRET, PREVIOUS))
BODY = fixture("hubspot/workflow_action__contact.json")


def signed(body: bytes, secret: str = SECRET) -> Request:
    headers = {
        "content-type": "application/json",
        "x-hubspot-signature": hubspot_v2(secret, "POST", URL, body),
        "x-hubspot-signature-version": "v2",
    }
    return Request("POST", URL, headers, body, NOW)


def opened(body: bytes = BODY, inbound: Inbound = INBOUND) -> Opened:
    return HubSpotActionReceiver(lambda: NOW).open(body, inbound)


class TestContract(ReceiverContract):
    inbound = INBOUND
    body = BODY
    unknown = fixture("hubspot/workflow_action__unheard_of_object.json")
    proof = "x-hubspot-signature"
    unproven = 401

    def receiver(self) -> Receiver:
        return HubSpotActionReceiver(lambda: NOW)

    def signed(self, body: bytes, secret: str) -> Request:
        return signed(body, secret)


def test_the_answer_lets_the_workflow_go_on() -> None:
    reply = HubSpotActionReceiver(lambda: NOW).check(signed(BODY), INBOUND)
    assert reply.status == 200
    assert json.loads(reply.body) == {"outputFields": {"leadline_state": "accepted", "hs_execution_state": "SUCCESS"}}


def test_an_execution_is_one_event_however_often_hubspot_tries() -> None:
    (event,) = opened().events
    assert (event.kind, event.object, event.record_id, event.occurred_at) == ("changed", "contact", "904", NOW)
    again = json.loads(BODY) | {"context": {"source": "WORKFLOWS", "workflowId": 1}}
    assert opened(json.dumps(again).encode()).events[0].identity == event.identity
    other = json.loads(BODY) | {"callbackId": "ap-8812345-41230100-7-0"}
    assert opened(json.dumps(other).encode()).events[0].identity != event.identity


def test_another_portals_execution_is_a_problem() -> None:
    result = opened(inbound=replace(INBOUND, account="1"))
    assert result.events == ()
    assert "another portal" in result.problems[0]


def test_an_execution_without_its_object_is_a_problem_with_the_words_named() -> None:
    document = json.loads(BODY)
    del document["object"]["objectId"]
    (problem,) = opened(json.dumps(document).encode()).problems
    assert "objectId" in problem
