"""What an org posts, and what it takes for an acknowledgement."""

import hmac
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring

from adapters.sandbox.record import Write
from adapters.sandbox.salesforce_messages import Notification, accept, render
from tests.adapters.sandbox.salesforce_sandbox import NOON, SELLER, Sandbox, running

SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
OUT = "{http://soap.sforce.com/2005/09/outbound}"
SF = "{urn:sobject.enterprise.soap.sforce.com}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
FIXTURES = Path(__file__).parents[2] / "fixtures" / "salesforce"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with running(tmp_path) as sandbox:
        yield sandbox


def target(sandbox: Sandbox, **document: Any) -> dict[str, Any]:
    return sandbox.side.channel.target({"url": "http://127.0.0.1:9/hook", "fields": ["Email", "lastname"], **document})


def told(sandbox: Sandbox, to: dict[str, Any], writes: list[Write]) -> list[dict[str, Any]]:
    return [item for write in writes for item in sandbox.side.channel.items(to, write)]


def message(sandbox: Sandbox, to: dict[str, Any], items: list[dict[str, Any]]) -> Any:
    posting = sandbox.side.channel.posting(to, [(item, 0) for item in items])
    assert posting.headers["Content-Type"] == "text/xml; charset=utf-8"
    return fromstring(posting.body).find(f"{SOAP}Body/{OUT}notifications")


def test_a_message(sandbox: Sandbox) -> None:
    to = target(sandbox)
    first, second = sandbox.lead(LastName="A & <B>"), sandbox.lead(Email="b@acme.example")
    items = told(sandbox, to, sandbox.writes)
    notifications = message(sandbox, to, items)
    (organization,) = sandbox.query("SELECT Id FROM Organization")
    assert [child.tag for child in notifications] == [
        OUT + name
        for name in ("OrganizationId", "ActionId", "SessionId", "EnterpriseUrl", "PartnerUrl", "Notification", "Notification")
    ]
    assert notifications.findtext(f"{OUT}OrganizationId") == organization["Id"]
    assert notifications.findtext(f"{OUT}ActionId")[:3] == "04k"
    assert notifications.find(f"{OUT}SessionId").get(f"{XSI}nil") == "true"
    found = notifications.findall(f"{OUT}Notification")
    assert [one.findtext(f"{OUT}Id") for one in found] == [item["id"] for item in items]
    assert all(item["id"][:3] == "04l" and len(item["id"]) == 18 for item in items)
    records = [one.find(f"{OUT}sObject") for one in found]
    assert [record.get(f"{XSI}type") for record in records] == ["sf:Lead", "sf:Lead"]
    assert [{child.tag.removeprefix(SF): child.text for child in record} for record in records] == [
        {"Id": first, "LastName": "A & <B>"},  # no Email: a null is absent
        {"Id": second, "Email": "b@acme.example", "LastName": "Byron"},
    ]


def test_a_message_says_what_is_true_when_it_is_sent(sandbox: Sandbox) -> None:
    to = target(sandbox)
    changed, gone = sandbox.lead(LastName="before"), sandbox.lead(LastName="gone")
    items = told(sandbox, to, sandbox.writes)
    sandbox.side.update("Lead", changed, {"LastName": "after"}, SELLER)
    sandbox.side.delete("Lead", gone, SELLER)
    records = message(sandbox, to, items).findall(f"{OUT}Notification/{OUT}sObject")
    assert [[child.text for child in record] for record in records] == [[changed, "after"], []]
    again = message(sandbox, to, items).findall(f"{OUT}Notification/{OUT}Id")
    assert [id_.text for id_ in again] == [item["id"] for item in items]


def test_values_as_soap_writes_them() -> None:
    values = {
        "IsConverted": False,
        "Score__c": 85.0,
        "CreatedDate": "2026-11-22T12:00:00.000+0000",
        "City": "a\x00b",
        "Nil": None,
    }
    root = fromstring(render("00D" + "0" * 15, "04k" + "0" * 15, [Notification("04l" + "0" * 15, "Lead", values)]))
    record = root.find(f"{SOAP}Body/{OUT}notifications/{OUT}Notification/{OUT}sObject")
    assert {child.tag.removeprefix(SF): child.text for child in record} == {
        "IsConverted": "false",
        "Score__c": "85.0",
        "CreatedDate": "2026-11-22T12:00:00.000Z",
        "City": "ab",
    }


@pytest.mark.parametrize("count", [0, 101])
def test_a_message_has_one_to_a_hundred(count: int) -> None:
    with pytest.raises(ValueError, match="1 to 100"):
        render("00D", "04k", [Notification("04l", "Lead", {})] * count)


ACK = (FIXTURES / "acknowledgement__true.xml").read_bytes()


@pytest.mark.parametrize(
    ("status", "body", "accepted"),
    [
        (200, ACK, True),
        (200, ACK.replace(b"true", b" 1 "), True),
        (200, ACK.replace(b"soapenv", b"S"), True),
        (201, ACK, False),
        (500, ACK, False),
        (200, b"", False),
        (200, b"OK", False),
        (200, b'{"ok":true}', False),
        (200, ACK.replace(b"true", b"false"), False),
        (200, ACK.replace(b"notificationsResponse", b"notifications"), False),
        (200, ACK.replace(b"http://soap.sforce.com/2005/09/outbound", b"http://soap.sforce.com/2005/09/other"), False),
        (200, ACK.replace(b"http://schemas.xmlsoap.org/soap/envelope/", b"http://www.w3.org/2003/05/soap-envelope"), False),
        (200, (FIXTURES / "acknowledgement__fault.xml").read_bytes(), False),
        (200, b'<!DOCTYPE x [<!ENTITY e "true">]>' + ACK.partition(b"?>")[2].replace(b"true", b"&e;"), False),
    ],
)
def test_what_counts_as_an_acknowledgement(status: int, body: bytes, accepted: bool) -> None:
    assert accept(status, body) is accepted


@pytest.mark.parametrize(
    ("document", "kinds"),
    [
        ({}, ["created", "updated", "updated"]),
        ({"on": ["created"]}, ["created"]),
        ({"on": ["updated"], "watch": ["title"]}, ["updated"]),
        ({"on": ["created", "deleted"]}, ["created", "deleted"]),
        ({"object": "contact"}, []),
    ],
)
def test_when_a_target_is_told(sandbox: Sandbox, document: dict[str, Any], kinds: list[str]) -> None:
    to = target(sandbox, **document)
    lead = sandbox.lead()
    sandbox.side.update("Lead", lead, {"Title": "CTO"}, SELLER)
    sandbox.side.update("Lead", lead, {"City": "Bern"}, SELLER)
    sandbox.side.delete("Lead", lead, SELLER)
    assert [item["type"] for item in told(sandbox, to, sandbox.writes)] == kinds


def test_our_own_writes_are_told_unless_our_user_may_not_send(sandbox: Sandbox) -> None:
    to, lead = target(sandbox), sandbox.lead()
    sandbox.writes.clear()
    sandbox.call("PATCH", f"sobjects/Lead/{lead}", json={"Title": "CTO"})
    assert len(told(sandbox, to, sandbox.writes)) == 1
    sandbox.side.configure({"silent_users": [sandbox.stored(lead)["LastModifiedById"]]})
    assert told(sandbox, to, sandbox.writes) == []


def test_an_apex_callout_is_signed(sandbox: Sandbox) -> None:
    to = target(sandbox, kind="apex", secret="s3cret", on=["created", "merged"])
    winner, loser = sandbox.lead(), sandbox.lead()
    sandbox.side.merge("Lead", winner, loser, SELLER)
    items = told(sandbox, to, sandbox.writes)
    posting = sandbox.side.channel.posting(to, [(item, 0) for item in items])
    moment = posting.headers["X-Leadline-Timestamp"]
    assert moment == str(NOON)
    expected = hmac.new(b"s3cret", moment.encode() + b"." + posting.body, "sha256").hexdigest()
    assert posting.headers["X-Leadline-Signature"] == expected
    body = json.loads(posting.body)
    (organization,) = sandbox.query("SELECT Id FROM Organization")
    assert body["organizationId"] == organization["Id"]
    assert [(event["type"], event["object"], event["recordId"], event.get("mergedIds")) for event in body["events"]] == [
        ("created", "Lead", winner, None),
        ("created", "Lead", loser, None),
        ("merged", "Lead", winner, [loser]),
    ]
    assert body["events"][0]["occurredAt"] == "2026-11-22T12:00:00.000Z"


def test_a_flow_callout_carries_a_fixed_secret(sandbox: Sandbox) -> None:
    to = target(sandbox, kind="flow", secret="s3cret")
    sandbox.lead()
    posting = sandbox.side.channel.posting(to, [(item, 0) for item in told(sandbox, to, sandbox.writes)])
    assert posting.headers["X-Leadline-Secret"] == "s3cret"
    assert "X-Leadline-Signature" not in posting.headers
    assert sandbox.side.channel.accepted(to, 204, b"")
    assert not sandbox.side.channel.accepted(to, 500, b"")


def test_how_long_a_message_is_tried(sandbox: Sandbox) -> None:
    to, chance = target(sandbox), random.Random(1)
    gaps = []
    while (gap := sandbox.side.channel.retry_after(to, len(gaps) + 1, chance)) is not None:
        gaps.append(gap)
    assert gaps[:4] == [30, 60, 120, 240]
    assert max(gaps) == 7_200
    assert 86_400 - 7_200 < sum(gaps) <= 86_400
    assert sandbox.side.channel.retry_after(target(sandbox, kind="apex"), 1, chance) is None


@pytest.mark.parametrize(
    "document", [{"url": "nowhere"}, {"kind": "pigeon"}, {"object": "Nothing"}, {"on": ["dreamt"]}, {"watch": ["Nothing__c"]}]
)
def test_a_target_that_makes_no_sense(sandbox: Sandbox, document: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="The Salesforce target is wrong"):
        target(sandbox, **document)
