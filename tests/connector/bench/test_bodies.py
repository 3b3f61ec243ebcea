"""The benchmark's webhooks: fresh, authentic, and as large as promised."""

from datetime import UTC, datetime

import pytest

from connector.bench.bodies import CASES, requests
from connector.bench.senders import Target
from webhooks.base import Inbound, Receiver, Reply, Request
from webhooks.hubspot import HubSpotReceiver
from webhooks.salesforce import SalesforceOutboundReceiver

TARGET = Target()
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def now() -> datetime:
    return NOW


PORTAL = Inbound(TARGET.hubspot, str(TARGET.portal), str(TARGET.app), (TARGET.hubspot_key,))
ORG = Inbound(TARGET.salesforce, TARGET.organization, "", (TARGET.salesforce_key,))

EXPECTED: dict[str, tuple[Receiver, Inbound, int]] = {
    "hubspot-1": (HubSpotReceiver(now), PORTAL, 1),
    "hubspot-100": (HubSpotReceiver(now), PORTAL, 100),
    "salesforce-100": (SalesforceOutboundReceiver(now), ORG, 100),
}


def made(case: str, count: int = 1, seed: int = 1) -> list[bytes]:
    return list(requests(case, count, TARGET, seed=seed, now=now))


def checked(raw: bytes, receiver: Receiver, inbound: Inbound) -> tuple[Reply, bytes]:
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): text for name, _, text in (line.partition(": ") for line in lines)}
    assert int(headers["content-length"]) == len(body)
    method, path, _ = first.split()
    headers["x-leadline-path-secret"] = path.split("/")[4] if "outbound-message" in path else ""
    return receiver.check(Request(method, TARGET.public_url + path, headers, body, NOW), inbound), body


@pytest.mark.parametrize("case", CASES)
def test_every_request_is_authentic_and_holds_what_its_case_says(case: str) -> None:
    receiver, inbound, events = EXPECTED[case]
    [raw] = made(case)
    reply, body = checked(raw, receiver, inbound)
    assert (reply.status, reply.refusal) == (200, "")
    opened = receiver.open(body, inbound)
    assert (len(opened.events), opened.problems) == (events, ())


@pytest.mark.parametrize("case", CASES)
def test_no_request_is_sent_twice(case: str) -> None:
    sent = [*made(case, 20, seed=1), *made(case, 20, seed=2)]
    assert len(set(sent)) == 40


def test_the_outbound_message_is_as_large_as_a_real_one() -> None:
    [raw] = made("salesforce-100")
    assert 70_000 < len(raw) < 90_000
