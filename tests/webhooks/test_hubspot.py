"""HubSpot's receiver: fixtures in, events out."""

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
from webhooks.base import Inbound, Opened, Receiver, Request
from webhooks.hubspot import HubSpotReceiver
from webhooks.signature import hubspot_v1, hubspot_v2, hubspot_v3

URL = "https://leadline.example.com/webhooks/hubspot/acme"
INBOUND = Inbound(connection="acme", account="8812345", app_id="771200", secrets=(SECRET, PREVIOUS))
OCCURRED = datetime(2026, 11, 22, 9, 30, 0, 123000, tzinfo=UTC)


def signed_v3(body: bytes, secret: str = SECRET, sent: datetime = NOW) -> Request:
    stamp = milliseconds(sent)
    headers = {
        "content-type": "application/json;charset=utf-8",
        "x-hubspot-request-timestamp": stamp,
        "x-hubspot-signature-v3": hubspot_v3(secret, "POST", URL, body, stamp),
    }
    return Request("POST", URL, headers, body, NOW)


def signed_old(body: bytes, version: str, signature: str) -> Request:
    headers = {"content-type": "application/json", "x-hubspot-signature": signature, "x-hubspot-signature-version": version}
    return Request("POST", URL, headers, body, NOW)


def check(request: Request, **settings: Any) -> int:
    return HubSpotReceiver(lambda: NOW, **settings).check(request, INBOUND).status


def opened(name: str, **changes: Any) -> Opened:
    return HubSpotReceiver(lambda: NOW).open(fixture(f"hubspot/{name}.json"), replace(INBOUND, **changes))


def told(name: str) -> list[tuple[str, str, str]]:
    """Kind, object and record of every event; there must be no problem."""
    result = opened(name)
    assert result.problems == ()
    assert {event.occurred_at for event in result.events} == {OCCURRED}
    return [(event.kind, event.object, event.record_id) for event in result.events]


class TestContractV3(ReceiverContract):
    inbound = INBOUND
    body = fixture("hubspot/contact.creation__classic.json")
    unknown = fixture("hubspot/object.leapYear__unheard_of.json")
    proof = "x-hubspot-signature-v3"
    unproven = 401

    def receiver(self) -> Receiver:
        return HubSpotReceiver(lambda: NOW)

    def signed(self, body: bytes, secret: str) -> Request:
        return signed_v3(body, secret)


class TestContractV1(TestContractV3):
    proof = "x-hubspot-signature"

    def signed(self, body: bytes, secret: str) -> Request:
        return signed_old(body, "v1", hubspot_v1(secret, body))


class TestContractV2(TestContractV3):
    proof = "x-hubspot-signature"

    def signed(self, body: bytes, secret: str) -> Request:
        return signed_old(body, "v2", hubspot_v2(secret, "POST", URL, body))


BODY = TestContractV3.body


@pytest.mark.parametrize("sent", [NOW - timedelta(minutes=5, milliseconds=1), NOW + timedelta(seconds=61)])
def test_a_stale_or_future_stamp_is_refused(sent: datetime) -> None:
    assert check(signed_v3(BODY, sent=sent)) == 401


def test_a_v3_header_is_never_saved_by_an_old_one() -> None:
    old = signed_old(BODY, "v1", hubspot_v1(SECRET, BODY))
    assert check(old) == 200
    assert check(with_headers(old, x_hubspot_signature_v3="")) == 401
    assert check(with_headers(old, x_hubspot_signature_v3="AAAA", x_hubspot_request_timestamp=milliseconds(NOW))) == 401


def test_old_signatures_can_be_switched_off() -> None:
    assert check(signed_old(BODY, "v1", hubspot_v1(SECRET, BODY)), old_signatures=False) == 401
    assert check(signed_v3(BODY), old_signatures=False) == 200


@pytest.mark.parametrize("version", ["", "v3", "V1", "v1, v1", "v4"])
def test_an_old_signature_needs_its_version(version: str) -> None:
    request = signed_old(BODY, version, hubspot_v1(SECRET, BODY))
    assert check(request) == 401
    assert check(without_header(request, "x-hubspot-signature-version")) == 401


def test_v3_covers_method_url_and_stamp() -> None:
    good = signed_v3(BODY)
    assert check(good) == 200
    assert check(replace(good, method="PUT")) == 401
    assert check(replace(good, url=URL + "?a=1")) == 401
    assert check(with_headers(good, x_hubspot_request_timestamp=milliseconds(NOW + timedelta(milliseconds=1)))) == 401
    assert check(without_header(good, "x-hubspot-request-timestamp")) == 401


@given(place=st.integers(min_value=0), bit=st.integers(0, 7))
def test_one_flipped_bit_is_401(place: int, bit: int) -> None:
    for good in (signed_v3(BODY), signed_old(BODY, "v1", hubspot_v1(SECRET, BODY))):
        body = bytearray(BODY)
        body[place % len(body)] ^= 1 << bit
        assert check(replace(good, body=bytes(body))) == 401


def test_a_refusal_is_one_sentence_of_json() -> None:
    reply = HubSpotReceiver(lambda: NOW).check(signed_v3(BODY, "wrong"), INBOUND)
    assert reply.content_type == "application/json"
    assert reply.refusal == "signature_wrong"
    assert set(json.loads(reply.body)) == {"error"}


@pytest.mark.parametrize(
    ("name", "events"),
    [
        ("contact.creation__classic", [("created", "contact", "51")]),
        ("contact.propertyChange__documented_name", [("changed", "contact", "51")]),
        ("contact.propertyChange__sensitive", [("changed", "contact", "51")]),
        ("object.creation__last_in_its_batch", [("changed", "lead", "9001")] * 2 + [("created", "lead", "9001")]),
        ("object.propertyChange__contact", [("changed", "contact", "52")]),
        ("object.deletion__custom_object", [("deleted", "2-4455", "77001")]),
        ("object.restore__lead", [("restored", "lead", "9001")]),
        ("contact.privacyDeletion__with_its_deletion", [("deleted", "contact", "51"), ("forgotten", "contact", "51")]),
        ("contact.associationChange__both_sides", [("ignored", "contact", ""), ("ignored", "company", "")]),
        ("conversation.newMessage__comment", [("ignored", "unknown", "61")]),
        ("object.leapYear__unheard_of", [("ignored", "contact", "51"), ("ignored", "unknown", "1")]),
    ],
)
def test_events_in_the_houses_words(name: str, events: list[tuple[str, str, str]]) -> None:
    assert told(name) == events


def test_a_merge_leads_to_the_new_record_or_to_the_primary_one() -> None:
    [new] = opened("contact.merge__new_record").events
    assert (new.kind, new.record_id, new.merged_ids) == ("merged", "99", ("51", "52", "53"))
    [primary] = opened("object.merge__primary_lives_on").events
    assert (primary.kind, primary.record_id, primary.merged_ids) == ("merged", "51", ("52",))


def test_nonsense_is_set_aside_and_the_rest_goes_on() -> None:
    result = opened("contact.creation__mixed_with_nonsense")
    items = json.loads(fixture("hubspot/contact.creation__mixed_with_nonsense.json"))
    assert [(event.kind, event.record_id) for event in result.events] == [("created", "51"), ("deleted", "54")]
    assert [problem.partition(":")[0] for problem in result.problems] == [f"Item {n}" for n in range(2, len(items))]
    assert "missing or wrong: objectId;" in result.problems[3]
    assert "another portal" in result.problems[11]
    assert "another app" in result.problems[12]


@pytest.mark.parametrize("changes", [{"account": "1"}, {"app_id": "1"}])
def test_another_portals_or_apps_events_are_problems(changes: dict[str, str]) -> None:
    result = opened("contact.creation__classic", **changes)
    assert result.events == ()
    assert len(result.problems) == 1


def test_any_app_will_do_where_none_is_named() -> None:
    assert len(opened("contact.creation__classic", app_id="").events) == 1


def test_numbers_that_are_none_cost_only_their_own_item() -> None:
    good = json.loads(BODY)[0]
    texts = [
        json.dumps({**good, "objectId": "HERE"}).replace('"HERE"', wild)
        for wild in ("NaN", "Infinity", "9" * 6000, "1e999", "-0")
    ]
    result = HubSpotReceiver(lambda: NOW).open(f"[{','.join(texts)},{json.dumps(good)}]".encode(), INBOUND)
    assert [event.record_id for event in result.events] == ["0", "51"]
    assert len(result.problems) == 4


def test_a_single_object_is_a_list_of_one() -> None:
    body = json.dumps(json.loads(BODY)[0]).encode()
    assert HubSpotReceiver(lambda: NOW).open(body, INBOUND) == HubSpotReceiver(lambda: NOW).open(BODY, INBOUND)


def identity(**changes: object) -> str:
    event = {**json.loads(BODY)[0], "propertyName": "email", **changes}
    [read] = HubSpotReceiver(lambda: NOW).open(json.dumps([event]).encode(), INBOUND).events
    return read.identity


def test_a_retry_has_the_identity_of_the_first_try() -> None:
    assert identity(attemptNumber=9, changeSource="API", propertyValue="new") == identity()


@pytest.mark.parametrize("name", ["subscriptionId", "objectId", "eventId", "occurredAt"])
def test_each_part_makes_another_identity(name: str) -> None:
    assert identity(**{name: json.loads(BODY)[0][name] + 1}) != identity()


def test_the_property_is_part_of_the_identity() -> None:
    assert len({identity(), identity(propertyName="phone"), identity(propertyName=None), identity(propertyName="\ud800")}) == 4


JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(
    changes=st.dictionaries(st.sampled_from([*json.loads(BODY)[0], "objectTypeId", "eventType", "mergedObjectIds"]), JSON_VALUES)
)
def test_any_value_anywhere_is_an_event_or_a_problem(changes: dict[str, Any]) -> None:
    body = json.dumps([{**json.loads(BODY)[0], **changes}]).encode()
    result = HubSpotReceiver(lambda: NOW).open(body, INBOUND)
    assert len(result.events) + len(result.problems) == 1


@given(item=JSON_VALUES)
def test_any_json_at_all_is_an_event_or_a_problem(item: Any) -> None:
    result = HubSpotReceiver(lambda: NOW).open(json.dumps([item]).encode(), INBOUND)
    assert result.events == ()
    assert len(result.problems) == 1
