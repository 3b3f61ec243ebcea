"""Opening what was stored: each event once by the vendor's identity, one due row per record, nothing lost that cannot be read."""

import json
import random
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.bench.senders import APEX, MESSAGE, V3, Sender, Source, Target
from connector.intake import Opening, open_deliveries, receive
from connector.store.connections import CrmConnection
from connector.store.engine import transact
from connector.wiring import Services
from tests.connector.crm_leads import count, execute, forged_connections, rows
from webhooks.base import Request

TARGET = Target()
CHANNELS = {"v3": "hubspot", "apex": "event", "message": "outbound-message"}


@pytest.fixture(autouse=True)
def known(services: Services) -> None:
    transact(services.engine, lambda session: forged_connections(session, services.vault, TARGET))
    services.refresh()


def crm_of(services: Services, channel: str) -> CrmConnection:
    found = services.crm(TARGET.hubspot if channel == "hubspot" else TARGET.salesforce)
    assert found
    return found


def keep(services: Services, body: bytes, channel: str = "hubspot") -> None:
    """Stores a delivery that was authenticated."""
    execute(
        services,
        "INSERT INTO delivery (connection, channel, fingerprint, body) VALUES (:name, :channel, :print, :body) "
        "ON CONFLICT DO NOTHING",
        name=crm_of(services, channel).name,
        channel=channel,
        print=sha256(body).digest()[:16],
        body=body,
    )


def opened(services: Services, channel: str = "hubspot") -> Opening:
    return open_deliveries(services.engine, services.vault, services.receivers, crm_of(services, channel))


def event(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "eventId": number,
        "subscriptionId": 7,
        "portalId": TARGET.portal,
        "appId": TARGET.app,
        "occurredAt": 1_795_339_800_000 + number,
        "subscriptionType": "contact.propertyChange",
        "propertyName": "email",
        "attemptNumber": 0,
        "objectId": 51,
        **more,
    }


def body(*events: Mapping[str, Any]) -> bytes:
    return json.dumps(events).encode()


def dues(services: Services) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in rows(services, "SELECT object, record_id, version FROM due ORDER BY record_id")]


def letters(services: Services) -> list[str]:
    return [row[0] for row in rows(services, "SELECT what FROM dead_letter ORDER BY id")]


@pytest.mark.parametrize("sender", [V3, APEX, MESSAGE], ids=["v3", "apex", "message"])
def test_what_is_received_is_opened(services: Services, sender: Sender, request: pytest.FixtureRequest) -> None:
    channel = CHANNELS[request.node.callspec.id]
    draft = sender.draft(Source(random.Random(3), TARGET, 1_795_339_800_000))
    headers = {**draft.headers, "x-leadline-path-secret": TARGET.salesforce_key}
    at = datetime.fromtimestamp(1_795_339_801, UTC)
    incoming = Request("POST", TARGET.public_url + draft.path, headers, draft.body, at)
    receiver = replace(services.receivers[channel], clock=lambda: at)  # type: ignore[type-var]
    assert receive(services.inbox, receiver, crm_of(services, channel), channel, incoming).stored
    assert not receive(services.inbox, receiver, crm_of(services, channel), channel, incoming).stored
    opening = opened(services, channel)
    assert opening.deliveries == 1
    assert opening.problems == 0
    assert opening.events == count(services, "event") > 0
    assert opened(services, channel) == Opening(0, 0, 0)


def test_an_event_is_one_however_it_is_regrouped_and_repeated(services: Services) -> None:
    """HubSpot sends a failed batch again in other company, with another attemptNumber."""
    keep(services, body(event(1), event(2)))
    keep(services, body(event(2, attemptNumber=1), event(3)))
    keep(services, body(event(3, attemptNumber=2), event(1, attemptNumber=1), event(2, attemptNumber=3)))
    opening = opened(services)
    assert (opening.deliveries, opening.events, opening.problems) == (3, 3, 0)
    assert dues(services) == [("contact", "51", 1)]
    keep(services, body(event(3, attemptNumber=4)))
    assert opened(services).events == 0
    assert dues(services) == [("contact", "51", 1)]


def test_the_same_event_twice_in_one_delivery(services: Services) -> None:
    keep(services, body(event(1), event(1), event(1, attemptNumber=2)))
    assert opened(services).events == 1


def test_the_first_moment_since_the_last_decision_counts(services: Services) -> None:
    """The clock of a lead starts with its earliest event, in whatever order they come."""
    for number in (9, 2, 5):
        keep(services, body(event(number)))
        opened(services)
    [(source_at, version)] = rows(services, "SELECT source_at, version FROM due")
    assert source_at == datetime.fromtimestamp(1_795_339_800.002, UTC)
    assert version == 3


def test_what_is_not_routed_is_kept_and_left_alone(services: Services) -> None:
    keep(
        services,
        body(
            event(1, subscriptionType="company.creation"),
            event(2, subscriptionType="object.creation", objectTypeId="2-143967026"),
            event(3, subscriptionType="conversation.newMessage"),
        ),
    )
    assert opened(services).events == 3
    assert {row[0] for row in rows(services, "SELECT kind FROM event")} == {"ignored"}
    assert dues(services) == letters(services) == []


def test_a_body_that_makes_no_sense_is_set_aside_whole(services: Services) -> None:
    for nonsense in (b"", b"{", b"[]", b"7", b"[" * 5000, b"\xff\xfe\x00", b'{"a":' + b"9" * 50_000):
        keep(services, nonsense)
    good = body(event(1))
    keep(services, good)
    opening = opened(services)
    assert (opening.deliveries, opening.events) == (8, 1)
    found = rows(services, "SELECT what, body, reason FROM dead_letter")
    assert {row[0] for row in found} == {"delivery"}
    assert b"[" * 5000 in {bytes(row[1]) for row in found}
    assert len(found) == 7
    assert dues(services) == [("contact", "51", 1)]


def test_another_portals_events_and_nonsense_are_set_aside_alone(services: Services) -> None:
    keep(services, body(event(1, portalId=1), event(2, appId=1), event(3, objectId="51"), event(4)))
    opening = opened(services)
    assert (opening.events, opening.problems) == (1, 3)
    assert letters(services) == ["item"] * 3
    reasons = [row[0] for row in rows(services, "SELECT reason FROM dead_letter ORDER BY id")]
    assert all(reason.startswith(f"Item {number}: ") for number, reason in enumerate(reasons, start=1))


def test_a_merge_concerns_the_records_that_went_under(services: Services) -> None:
    merge = {"subscriptionType": "contact.merge", "primaryObjectId": 51, "mergedObjectIds": [52], "newObjectId": 53}
    keep(services, body(event(1, **merge)))
    opened(services)
    assert [record for _, record, _ in dues(services)] == ["51", "52", "53"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(sorted([*event(), "objectTypeId", "eventType", "primaryObjectId", "mergedObjectIds", "newObjectId"])),
            st.one_of(
                st.none(),
                st.booleans(),
                st.integers(),
                st.text(),
                st.sampled_from(["\x00", "\ud800", "contact.\x00creation", "contact.merge", "object.merge", 2**63 - 1, [1, 2]]),
            ),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_nothing_an_authentic_sender_says_stops_the_opening(services: Services, changes: Sequence[dict[str, Any]]) -> None:
    """One odd event may not hold up the connection for ever: it is an event, or a dead letter."""
    raw = body(*(event(number, **change) for number, change in enumerate(changes)))
    keep(services, raw)
    opened(services)
    assert rows(services, "SELECT 1 FROM delivery WHERE opened_at IS NULL") == []


def test_many_workers_open_at_once(services: Services) -> None:
    """Deliveries of one connection, the same events among them, opened by four: each event once, one due row."""
    for number in range(120):
        keep(services, body(event(number % 40, attemptNumber=number), event(1000 + number, objectId=number)))
    start, openings = threading.Barrier(4), []

    def run() -> None:
        start.wait()
        while (opening := opened(services)).deliveries:
            openings.append(opening)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(opening.deliveries for opening in openings) == 120
    assert sum(opening.events for opening in openings) == count(services, "event") == 160
    assert count(services, "due") == 120
