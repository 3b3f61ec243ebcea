"""Webhooks out, received by a real HTTP server and checked with the published algorithms."""

import base64
import hashlib
import hmac
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hubspot.utils.signature import Signature

from adapters.sandbox.hubspot_webhooks import signature_v3
from tests.adapters.sandbox.hubspot_sandbox import NOON, Portal, fixture, portal
from tests.adapters.sandbox.webhook_receiver import Receiver, receiving

SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"

CREATION = {"type": "object.creation", "objectTypeId": "0-1"}
DELETION = {"type": "object.deletion", "objectTypeId": "0-1"}
MERGE = {"type": "object.merge", "objectTypeId": "0-1"}


def change(name: str) -> dict[str, str]:
    return {"type": "object.propertyChange", "objectTypeId": "0-1", "property": name}


EVERYTHING = [CREATION, DELETION, MERGE, change("firstname"), change("email"), change("hand_raised_at")]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def target(hub: Portal, receiver: Receiver, subscriptions: list[dict[str, str]], **more: Any) -> str:
    made = hub.control.add_target("hubspot", receiver.url, subscriptions=subscriptions, clientSecret=SECRET, **more)
    id_: str = made["id"]
    return id_


def of_type(events: list[dict[str, Any]], word: str) -> list[dict[str, Any]]:
    return [event for event in events if event["subscriptionType"].endswith(word)]


def test_a_creation_comes_after_the_properties_it_set_in_one_request(hub: Portal, receiver: Receiver) -> None:
    target(hub, receiver, EVERYTHING)
    id_ = hub.contact(email="ada@lovelace.test", firstname="Ada", city="Delft", hand_raised_at="2026-11-22T12:00:00Z")
    (delivery,) = receiver.wait(lambda all_: len(all_) == 1)
    types = [event["subscriptionType"] for event in delivery.events]
    assert types == ["object.propertyChange"] * 3 + ["object.creation"]
    assert {event["occurredAt"] for event in delivery.events} == {NOON}
    assert {event["objectId"] for event in delivery.events} == {int(id_)}
    assert {event["propertyName"]: event["propertyValue"] for event in delivery.events[:3]} == {
        "firstname": "Ada",
        "email": "ada@lovelace.test",
        "hand_raised_at": str(NOON),
    }
    assert set(delivery.events[0]) == set(fixture("webhook__generic_property_change"))
    assert set(delivery.events[3]) == set(fixture("webhook__generic_creation"))
    assert delivery.events[3]["sourceId"] == "userId:9000001"


def test_the_signatures_are_the_published_ones(hub: Portal, receiver: Receiver) -> None:
    target(hub, receiver, [CREATION])
    hub.contact(email="a@b.test", firstname="Zoë")
    (delivery,) = receiver.wait(lambda all_: len(all_) == 1)
    stamp = delivery.headers["x-hubspot-request-timestamp"]
    assert stamp == str(NOON)
    message = b"POST" + receiver.url.encode() + delivery.body + stamp.encode()
    expected = base64.b64encode(hmac.new(SECRET.encode(), message, hashlib.sha256).digest()).decode()
    assert delivery.headers["x-hubspot-signature-v3"] == expected
    assert Signature.is_valid(
        delivery.headers["x-hubspot-signature"], SECRET, delivery.body.decode(), signature_version="v1", http_method="POST"
    )
    assert delivery.headers["x-hubspot-signature-version"] == "v1"


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("1693657560000", "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y="),
        ("1700000300000", "RnbPH7+UMKVkbV32P8bz450N4M56aPmcru1+D3kSDtw="),
    ],
)
def test_the_published_vectors(stamp: str, expected: str) -> None:
    body = b"{'example_field':'example_value'}"
    assert signature_v3(SECRET, "POST", "https://www.example.com/webhook_uri", body, stamp) == expected


def test_twelve_escapes_of_the_uri_are_decoded_before_signing() -> None:
    escaped, plain = "https://x.test/a?b=%3A%2F%40%20%26", "https://x.test/a?b=:/@%20%26"
    assert signature_v3(SECRET, "POST", escaped, b"", "1") == signature_v3(SECRET, "POST", plain, b"", "1")


def test_our_own_write_echoes_with_our_app_as_its_source(hub: Portal, receiver: Receiver) -> None:
    target(hub, receiver, [change("leadline_grade")])
    id_ = hub.contact(email="a@b.test")
    path = f"/crm/v3/objects/contacts/{id_}"
    hub.call("PATCH", path, {"properties": {"leadline_grade": "A1", "leadline_route": "x"}})
    hub.call("PATCH", path, {"properties": {"leadline_grade": "A1"}})
    hub.call("PATCH", path, {"properties": {"leadline_grade": ""}})
    receiver.wait(lambda all_: len(all_) == 2)
    assert [(event["propertyValue"], event["changeSource"], event["sourceId"]) for event in receiver.events] == [
        ("A1", "API", "14947001"),
        ("", "API", "14947001"),
    ]


def test_classic_subscriptions_deletions_and_merges(hub: Portal, receiver: Receiver) -> None:
    target(hub, receiver, [{"type": "contact.creation"}, {"type": "contact.privacyDeletion"}, DELETION, MERGE])
    first, second = hub.contact(email="a@b.test"), hub.contact(email="c@d.test")
    receiver.wait(lambda all_: len(of_type(receiver.events, "creation")) == 2)
    assert set(receiver.events[0]) == set(fixture("webhook__classic_creation"))
    assert receiver.events[0]["changeFlag"] == "NEW"

    merged = hub.control.merge("hubspot", "contacts", first, second)
    receiver.wait(lambda all_: bool(of_type(receiver.events, "merge")))
    (merge,) = of_type(receiver.events, "merge")
    assert (merge["primaryObjectId"], merge["mergedObjectIds"], merge["newObjectId"]) == (int(first), [int(second)], int(merged))

    hub.call("POST", "/crm/v3/objects/contacts/gdpr-delete", {"objectId": merged})
    receiver.wait(lambda all_: bool(of_type(receiver.events, "privacyDeletion") and of_type(receiver.events, "deletion")))
    assert set(of_type(receiver.events, "object.deletion")[0]) == set(fixture("webhook__generic_deletion"))


def test_at_most_a_hundred_events_in_a_request(hub: Portal, receiver: Receiver) -> None:
    target(hub, receiver, EVERYTHING)
    hub.control.create("hubspot", "contacts", [{"email": f"p{i}@b.test", "firstname": "P"} for i in range(150)])
    receiver.wait(lambda all_: len(receiver.events) == 450)
    assert max(len(delivery.events) for delivery in receiver.deliveries) <= 100
    for delivery in receiver.deliveries:
        assert all(sum(one["objectId"] == event["objectId"] for one in delivery.events) == 3 for event in delivery.events)


def test_a_failed_request_is_sent_again_freshly_stamped_and_counted(hub: Portal, receiver: Receiver) -> None:
    hub.control.chaos(retry_scale=0.0)
    answers = iter([500, 404, 204])

    def answer(_: object) -> int:
        hub.tick(60)
        return next(answers)

    receiver.answer = answer
    target(hub, receiver, [CREATION, change("email")])
    hub.contact(email="a@b.test")
    deliveries = receiver.wait(lambda all_: len(all_) == 3)
    assert [[event["attemptNumber"] for event in delivery.events] for delivery in deliveries] == [[0, 0], [1, 1], [2, 2]]
    assert [int(delivery.headers["x-hubspot-request-timestamp"]) - NOON for delivery in deliveries] == [0, 60_000, 120_000]
    assert len({delivery.headers["x-hubspot-signature-v3"] for delivery in deliveries}) == 3
    identities = [{(event["eventId"], event["subscriptionId"]) for event in delivery.events} for delivery in deliveries]
    assert identities[0] == identities[1] == identities[2]


def test_after_the_last_attempt_it_is_given_up(hub: Portal, receiver: Receiver) -> None:
    hub.control.chaos(retry_scale=0.0)
    receiver.answer = lambda _: 503
    target(hub, receiver, [CREATION])
    hub.contact(email="a@b.test")
    receiver.wait(lambda all_: len(all_) == 11)
    drained(hub)
    assert [(one["abandoned"], one["failed"]) for one in hub.control.targets()] == [(1, 11)]


def test_hold_keeps_everything_back_and_release_is_a_barrier(hub: Portal, receiver: Receiver) -> None:
    target(hub, receiver, [CREATION])
    hub.control.hold()
    hub.control.create("hubspot", "contacts", [{"email": f"p{i}@b.test"} for i in range(30)])
    assert hub.control.pending() == 30
    assert receiver.deliveries == []
    hub.control.release()
    receiver.wait(lambda all_: len(receiver.events) == 30)
    drained(hub)


def test_repeats_are_the_same_bytes_of_events(hub: Portal, receiver: Receiver) -> None:
    hub.control.chaos(repeat=1.0)
    target(hub, receiver, [CREATION])
    hub.contact(email="a@b.test")
    first, second = receiver.wait(lambda all_: len(all_) == 2)
    assert first.events == second.events
    drained(hub)


def test_a_reorder_window_shuffles(hub: Portal, receiver: Receiver) -> None:
    hub.control.chaos(reorder_seconds=0.05, max_batch=1)
    target(hub, receiver, [CREATION], maxConcurrentRequests=1)
    ids = hub.control.create("hubspot", "contacts", [{"email": f"p{i}@b.test"} for i in range(20)])
    receiver.wait(lambda all_: len(all_) == 20)
    arrived = [str(event["objectId"]) for event in receiver.events]
    assert sorted(arrived) == sorted(ids)
    assert arrived != ids


def test_requests_in_flight_are_bounded(hub: Portal, receiver: Receiver) -> None:
    lock, under_way, most = threading.Lock(), [0], [0]
    together = threading.Barrier(3)

    def answer(_: object) -> int:
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        together.wait(timeout=5)
        with lock:
            under_way[0] -= 1
        return 200

    receiver.answer = answer
    hub.control.chaos(max_batch=1)
    target(hub, receiver, [CREATION], maxConcurrentRequests=3)
    hub.control.create("hubspot", "contacts", [{"email": f"p{i}@b.test"} for i in range(12)])
    receiver.wait(lambda all_: len(all_) == 12)
    drained(hub)
    assert most == [3]


def test_nothing_is_lost_when_the_sandbox_restarts_with_the_receiver_down(tmp_path: Path) -> None:
    with receiving() as receiver:
        port = int(receiver.url.split(":")[2].split("/")[0])
    with portal(tmp_path) as hub:
        target(hub, receiver, [CREATION])
        ids = hub.control.create("hubspot", "contacts", [{"email": f"p{i}@b.test"} for i in range(5)])
        assert hub.control.pending() == 5
    with receiving(port) as receiver, portal(tmp_path) as hub:
        receiver.wait(lambda all_: len(receiver.events) == 5)
        assert sorted(str(event["objectId"]) for event in receiver.events) == ids
        drained(hub)


def test_a_removed_target_hears_no_more(hub: Portal, receiver: Receiver) -> None:
    id_ = target(hub, receiver, [CREATION])
    hub.control.hold()
    hub.contact(email="a@b.test")
    hub.control.remove_targets(id_)
    hub.control.release()
    assert hub.control.targets() == []
    assert hub.control.pending() == 0
    assert receiver.deliveries == []


def drained(hub: Portal) -> None:
    """Waits until the sandbox has settled what the receiver answered."""
    assert hub.control.pending(wait=10) == 0, hub.control.targets()
