"""The forge against the receivers behind waitress, and against servers that are wrong on purpose."""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import waitress

from connector.bench.forge import ForgedRequest, ForgeReport, Target, Wire, forged, run
from connector.bench.tricks import TRICKS
from webhooks.base import Inbound, Receiver, Reply, Request
from webhooks.hubspot import HubSpotReceiver
from webhooks.salesforce import SalesforceOutboundReceiver
from webhooks.salesforce_events import SalesforceEventReceiver

TARGET = Target()
START = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
NOT_FOUND = Reply(404, b"", "text/plain", "path")

Answers = Callable[[Mapping[str, Any]], Reply]


def now() -> datetime:
    return datetime.now(UTC)


def still() -> datetime:
    return START


def route(environ: Mapping[str, Any]) -> tuple[Receiver, Inbound, str] | None:
    """Which receiver a path belongs to, with the secret in it."""
    match environ["PATH_INFO"].split("/")[2:]:
        case ["hubspot", TARGET.hubspot]:
            inbound = Inbound(TARGET.hubspot, str(TARGET.portal), str(TARGET.app), (TARGET.hubspot_key,))
            return HubSpotReceiver(now), inbound, ""
        case ["salesforce", TARGET.salesforce, "event"]:
            return SalesforceEventReceiver(now), salesforce(), ""
        case ["salesforce", TARGET.salesforce, secret, "outbound-message"]:
            return SalesforceOutboundReceiver(now), salesforce(), secret
    return None


def salesforce() -> Inbound:
    return Inbound(TARGET.salesforce, TARGET.organization, "", (TARGET.salesforce_key,))


def checked(environ: Mapping[str, Any]) -> Reply:
    """What the receivers say."""
    found = route(environ)
    if found is None or environ["REQUEST_METHOD"] != "POST":
        return NOT_FOUND
    receiver, inbound, secret = found
    headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    headers |= {"content-type": environ.get("CONTENT_TYPE", ""), "x-leadline-path-secret": secret}
    url = TARGET.public_url + environ["REQUEST_URI"]
    return receiver.check(Request("POST", url, headers, environ["wsgi.input"].read(), now()), inbound)


@contextmanager
def serving(answers: Answers) -> Iterator[Wire]:
    def application(environ: Mapping[str, Any], start: Callable[..., object]) -> list[bytes]:
        reply = answers(environ)
        start(f"{reply.status} -", [("Content-Type", reply.content_type), ("Content-Length", str(len(reply.body)))])
        return [reply.body]

    server = waitress.create_server(application, host="127.0.0.1", port=0, threads=2)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wire = Wire("127.0.0.1", int(server.effective_port))
    try:
        yield wire
    finally:
        wire.close()
        server.task_dispatcher.shutdown()
        server.close()


def attack(answers: Answers, count: int = 1500, seed: int = 7) -> ForgeReport:
    with serving(answers) as wire:
        return run(wire, count, seed, target=TARGET)


def test_the_receivers_hold() -> None:
    report = attack(checked)
    assert report.sent == sum(report.by_status.values()) == 1500
    assert report.authentic > 50
    assert (report.accepted_wrongly, report.refused_wrongly, report.server_errors) == (0, 0, 0), report


def test_a_server_that_lets_everything_in_is_found_out() -> None:
    report = attack(lambda environ: Reply(200, b"{}", "application/json"), count=300)
    assert report.accepted_wrongly > 200
    assert report.refused_wrongly == 0


def test_a_server_that_lets_nothing_in_is_found_out() -> None:
    report = attack(lambda environ: NOT_FOUND, count=300)
    assert report.accepted_wrongly == 0
    assert report.refused_wrongly == report.authentic > 0


def test_a_server_that_breaks_is_found_out() -> None:
    report = attack(lambda environ: Reply(500, b"", "text/plain", "broken"), count=300)
    assert report.server_errors > 200


def test_a_verifier_that_ignores_the_stamp_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhooks.signature.stamp_refusal", lambda stamp, now: None)
    monkeypatch.setattr("webhooks.salesforce_events.stamp_refusal", lambda stamp, now: None)
    assert set(attack(checked).wrong_tricks) == {"far_stamp", "odd_stamp"}


def test_a_verifier_that_ignores_the_url_is_found_out() -> None:
    def cut(environ: Mapping[str, Any]) -> Reply:
        return checked({**environ, "REQUEST_URI": environ["REQUEST_URI"].partition("?")[0]})

    assert set(attack(cut).wrong_tricks) == {"unsigned_query", "with_query"}


def requests_of(seed: int) -> list[ForgedRequest]:
    return list(forged(2000, seed, target=TARGET, clock=still))


def test_a_seed_makes_the_same_requests() -> None:
    assert requests_of(1) == requests_of(1)
    assert requests_of(1) != requests_of(2)


def test_every_trick_is_played_and_keeps_to_one_side() -> None:
    sides = {(request.trick, request.authentic) for request in requests_of(3)}
    assert {name for name, _ in sides} == {getattr(trick, "__name__", "") for trick in TRICKS}
    assert len(sides) == len(TRICKS)


def test_a_dishonest_request_is_never_an_honest_one() -> None:
    requests = [replace(request, trick="", authentic=True, headers=sorted(request.headers)) for request in requests_of(4)]
    honest = {repr(request) for request, made in zip(requests, requests_of(4), strict=True) if made.authentic}
    assert not any(repr(request) in honest for request, made in zip(requests, requests_of(4), strict=True) if not made.authentic)


def test_no_answer_is_zero() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            for _ in range(2):
                server.accept()[0].close()

        threading.Thread(target=hang_up, daemon=True).start()
        wire = Wire("127.0.0.1", server.getsockname()[1])
        assert wire(ForgedRequest("POST", "/", [], b"", False)) == 0
        assert wire(ForgedRequest("POST", "/", [("content-length", "9")], b"", False)) == 0
        wire.close()
