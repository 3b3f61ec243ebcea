"""Salesforce's JSON events: signed by our Apex class, or with a Flow's secret."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.webhooks.receiver_contract import (
    NOW,
    PREVIOUS,
    SECRET,
    ReceiverContract,
    fixture,
    milliseconds,
    with_headers,
    without_header,
)
from webhooks.base import Inbound, Opened, Receiver, Request, UnreadableDeliveryError
from webhooks.salesforce_events import SalesforceEventReceiver
from webhooks.signature import leadline_signature

INBOUND = Inbound(connection="acme", account="00D5e000000KQ2e", app_id="", secrets=(SECRET, PREVIOUS))
BODY = fixture("salesforce/event__every_type.json")
URL = "https://leadline.example.com/webhooks/salesforce/acme/event"


def from_apex(body: bytes, secret: str = SECRET, sent: datetime = NOW) -> Request:
    stamp = milliseconds(sent)
    headers = {
        "content-type": "application/json",
        "x-leadline-timestamp": stamp,
        "x-leadline-signature": leadline_signature(secret, stamp, body),
    }
    return Request("POST", URL, headers, body, NOW)


def from_flow(body: bytes, secret: str = SECRET) -> Request:
    return Request("POST", URL, {"content-type": "application/json", "x-leadline-secret": secret}, body, NOW)


def check(request: Request) -> int:
    reply = SalesforceEventReceiver(lambda: NOW).check(request, INBOUND)
    assert isinstance(json.loads(reply.body), dict)
    return reply.status


def opened(body: bytes, inbound: Inbound = INBOUND) -> Opened:
    return SalesforceEventReceiver(lambda: NOW).open(body, inbound)


class TestContractApex(ReceiverContract):
    inbound = INBOUND
    body = BODY
    unknown = fixture("salesforce/event__unheard_of_type.json")
    proof = "x-leadline-signature"
    unproven = 401

    def receiver(self) -> Receiver:
        return SalesforceEventReceiver(lambda: NOW)

    def signed(self, body: bytes, secret: str) -> Request:
        return from_apex(body, secret)


class TestContractFlow(TestContractApex):
    proof = "x-leadline-secret"

    def signed(self, body: bytes, secret: str) -> Request:
        return from_flow(body, secret)


@pytest.mark.parametrize("sent", [NOW - timedelta(minutes=5, milliseconds=1), NOW + timedelta(seconds=61)])
def test_a_stale_or_future_stamp_is_refused(sent: datetime) -> None:
    assert check(from_apex(BODY, sent=sent)) == 401


def test_a_signature_is_never_saved_by_a_secret() -> None:
    signed = from_apex(BODY, "wrong")
    assert check(with_headers(signed, x_leadline_secret=SECRET)) == 401
    assert check(with_headers(from_flow(BODY), x_leadline_signature="")) == 401


def test_the_stamp_is_covered() -> None:
    signed = from_apex(BODY)
    assert check(with_headers(signed, x_leadline_timestamp=milliseconds(NOW - timedelta(seconds=1)))) == 401
    assert check(without_header(signed, "x-leadline-timestamp")) == 401


@given(place=st.integers(min_value=0), bit=st.integers(0, 7))
def test_one_flipped_bit_is_401(place: int, bit: int) -> None:
    body = bytearray(BODY)
    body[place % len(body)] ^= 1 << bit
    assert check(replace(from_apex(BODY), body=bytes(body))) == 401


def test_events_in_the_houses_words() -> None:
    result = opened(BODY)
    assert result.problems == ()
    assert [(e.identity, e.kind, e.object, e.record_id) for e in result.events] == [
        ("a-1", "created", "lead", "00Q5e00000AbCdEEAV"),
        ("a-2", "changed", "lead", "00Q5e00000AbCdEEAV"),
        ("a-3", "deleted", "lead", "00Q5e00000AbCdEEAV"),
        ("a-4", "restored", "lead", "00Q5e00000AbCdEEAV"),
        ("a-5", "merged", "contact", "0035e00000AbCdEAAV"),
        ("a-6", "changed", "Invoice__c", "a015e00000AbCdEAAV"),
    ]
    assert {event.occurred_at for event in result.events} == {datetime(2026, 11, 22, 9, 30, tzinfo=UTC)}
    assert result.events[4].merged_ids == ("0035e00000AbCdFAAV", "0035e00000AbCdGAAV")


def test_nonsense_is_set_aside_and_the_rest_goes_on() -> None:
    result = opened(fixture("salesforce/event__mixed_with_nonsense.json"))
    assert [event.identity for event in result.events] == ["c-1", "c-9"]
    assert [problem.partition(":")[0] for problem in result.problems] == [f"Item {n}" for n in range(2, 14)]


def test_another_orgs_events_are_one_problem() -> None:
    result = opened(BODY, replace(INBOUND, account="00D5e000000OTHR"))
    assert result.events == ()
    assert len(result.problems) == 1


@pytest.mark.parametrize(
    "body", [b"[]", b'{"events": []}', b'{"organizationId": "00D5e000000KQ2e"}', b'{"organizationId": 7, "events": []}']
)
def test_another_form_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableDeliveryError):
        opened(body)


JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.datetimes().map(str),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
GOOD: dict[str, Any] = json.loads(BODY)["events"][4]


@given(changes=st.dictionaries(st.sampled_from(list(GOOD)), JSON_VALUES))
def test_any_value_anywhere_is_an_event_or_a_problem(changes: dict[str, Any]) -> None:
    body = json.dumps({"organizationId": INBOUND.account, "events": [{**GOOD, **changes}]}).encode()
    assert len(opened(body).events) + len(opened(body).problems) == 1
