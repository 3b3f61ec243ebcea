"""The web process behind the real waitress, over a real PostgreSQL: what gets in, what is refused, and in which words."""

import http.client
import json
import random
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import waitress
from defusedxml.ElementTree import fromstring

from connector.app import create_app
from connector.bench.forge import run
from connector.bench.senders import APEX, FLOW, MESSAGE, V3, Draft, Sender, Source, Target
from connector.bench.wire import Wire
from connector.pressure import Pressure
from connector.receiving import MAX_BODY
from connector.serving import OPTIONS
from connector.store.engine import transact
from connector.wiring import Services
from tests.connector.crm_leads import count, forged_connections, rows

TARGET = Target()
_FIXTURE = Path(__file__).parent.parent / "fixtures/salesforce/acknowledgement__true.xml"
ACKNOWLEDGED = [(element.tag, (element.text or "").strip()) for element in fromstring(_FIXTURE.read_bytes()).iter()]
"""Element by element: Salesforce reads the answer as XML."""
ALL = pytest.mark.parametrize("sender", [V3, APEX, FLOW, MESSAGE], ids=["v3", "apex", "flow", "message"])


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Web:
    """A web process, and a client that sends what it is told, however odd."""

    port: int

    def send(self, draft: Draft, method: str = "POST") -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request(method, draft.path, draft.body, dict(draft.headers))
        answer = connection.getresponse()
        found = Answer(answer.status, dict(answer.headers), answer.read())
        connection.close()
        return found


@contextmanager
def serving(services: Services, *, threads: int = 4) -> Iterator[Web]:
    """The application in waitress, with the options of production."""
    server = waitress.create_server(create_app(services), host="127.0.0.1", port=0, threads=threads, **OPTIONS)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield Web(int(server.effective_port))
    server.task_dispatcher.shutdown()
    server.close()


@pytest.fixture(autouse=True)
def known(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """The public URL is https, as behind a proxy; requests come to another host and port, over http."""
    monkeypatch.setattr(Pressure, "run", lambda _: None)
    services.settings = replace(services.settings, public_url=TARGET.public_url, min_disk_mb=0)
    transact(services.engine, lambda session: forged_connections(session, services.vault, TARGET))
    services.refresh()


@pytest.fixture
def web(services: Services) -> Iterator[Web]:
    with serving(services) as running:
        yield running


def source(seed: int = 1) -> Source:
    return Source(random.Random(seed), TARGET, int(datetime.now(UTC).timestamp() * 1000))


def error_of(answer: Answer) -> str:
    """The one sentence of a refusal."""
    assert answer.headers["Content-Type"] == "application/json"
    sentence = json.loads(answer.body)["error"]
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    return str(sentence)


@ALL
def test_an_authentic_request_is_stored_whole_before_it_is_answered(web: Web, services: Services, sender: Sender) -> None:
    draft = sender.draft(source())
    answer = web.send(draft)
    assert answer.status == 200
    [(kept, name)] = rows(services, "SELECT body, connection FROM delivery")
    assert services.vault.open_body(bytes(kept), name) == draft.body
    if sender is MESSAGE:
        assert [(e.tag, (e.text or "").strip()) for e in fromstring(answer.body).iter()] == ACKNOWLEDGED
        assert answer.headers["Content-Type"].startswith("text/xml")
    else:
        assert json.loads(answer.body) == {"accepted": True}


@ALL
def test_the_very_same_request_is_answered_again_and_stored_once(web: Web, services: Services, sender: Sender) -> None:
    draft = sender.draft(source())
    assert [web.send(draft).status for _ in range(3)] == [200, 200, 200]
    assert count(services, "delivery") == 1


def test_forged_requests_of_every_kind(web: Web, services: Services) -> None:
    """Unsigned, mis-signed, stale, future-dated, truncated, oversized, of other types, methods, paths, portals and orgs."""
    wire = Wire("127.0.0.1", web.port)
    report = run(wire, 700, 11, target=TARGET)
    wire.close()
    assert report.authentic > 20
    assert (report.accepted_wrongly, report.refused_wrongly, report.server_errors) == (0, 0, 0), report
    assert count(services, "delivery") == report.authentic


def test_a_signature_is_judged_by_its_moment(web: Web, services: Services) -> None:
    for off, status in ((-240_000, 200), (-301_000, 401), (50_000, 200), (70_000, 401)):
        at = source(off + 400_000)
        assert web.send(V3.draft(at, stamp=str(at.now_ms + off))).status == status
    assert count(services, "delivery") == 2


def test_a_wrong_name_and_a_wrong_secret_look_alike_to_whoever_has_no_secret(web: Web) -> None:
    good = MESSAGE.draft(source())
    other_name = replace(good, path=good.path.replace(TARGET.salesforce, "nobody"))
    other_kind = replace(good, path=good.path.replace(TARGET.salesforce, TARGET.hubspot))
    wrong = MESSAGE.draft(source(), key="x" * 32)
    answers = [web.send(draft) for draft in (other_name, other_kind, wrong)]
    assert {(one.status, one.body, one.headers["Content-Type"]) for one in answers} == {
        (404, answers[0].body, answers[0].headers["Content-Type"])
    }


def test_bad_input_gets_the_right_status_and_one_sentence(web: Web, services: Services) -> None:
    good = V3.draft(source())
    other_type = replace(good, headers={**good.headers, "content-type": "text/plain"})
    nobody = replace(good, path="/webhooks/hubspot/nobody")
    for draft, status in ((other_type, 415), (nobody, 404), (replace(good, body=good.body[:-1]), 401)):
        answer = web.send(draft)
        assert answer.status == status
        error_of(answer)
    assert count(services, "delivery") == 0


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_another_method_is_told_which_one_is_allowed(web: Web, method: str) -> None:
    answer = web.send(V3.draft(source()), method)
    assert answer.status == 405
    assert "POST" in answer.headers["Allow"]
    error_of(answer)


def test_a_dtd_is_not_read(web: Web, services: Services) -> None:
    good = MESSAGE.draft(source())
    answer = web.send(replace(good, body=good.body.replace(b"?>", b'?><!DOCTYPE a [<!ENTITY a "b">]>', 1)))
    assert answer.status == 400
    assert b"Fault" in answer.body
    assert count(services, "delivery") == 0


def test_another_orgs_message_is_turned_away(web: Web, services: Services) -> None:
    good = MESSAGE.draft(source())
    assert web.send(replace(good, body=good.body.replace(b"00D5e", b"00D6f"))).status == 403
    assert count(services, "delivery") == 0


def test_a_body_without_end_is_cut_off(web: Web, services: Services) -> None:
    """Announced or chunked, it is refused, and the server goes on."""
    with socket.create_connection(("127.0.0.1", web.port), 20) as announced:
        announced.sendall(b"POST /webhooks/hubspot/x HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (2 * MAX_BODY))
        assert announced.recv(100).startswith(b"HTTP/1.1 413")
    good = V3.draft(source())
    answer = web.send(V3.draft(source(), good.body.ljust(V3.limit + 1)))
    assert answer.status == 413
    error_of(answer)
    assert web.send(good).status == 200
    assert count(services, "delivery") == 1


def test_slow_senders_hold_nobody_up(services: Services) -> None:
    """Thirty bodies that never end, two threads: whoever sends a whole request is answered."""
    head = b"POST /webhooks/hubspot/x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n[{"
    with serving(services, threads=2) as web:
        slow = [socket.create_connection(("127.0.0.1", web.port), 20) for _ in range(30)]
        for one in slow:
            one.sendall(head)
        assert web.send(V3.draft(source())).status == 200
        for one in slow:
            one.close()
        assert web.send(V3.draft(source(2))).status == 200
    assert count(services, "delivery") == 2


def test_a_proof_that_stands_twice_is_none(web: Web, services: Services) -> None:
    good = V3.draft(source())
    for name in (V3.proof, V3.stamp):
        connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=20)
        connection.putrequest("POST", good.path)
        for header, text in (*good.headers.items(), (name, good.headers[name]), ("content-length", str(len(good.body)))):
            connection.putheader(header, text)
        connection.endheaders(good.body)
        assert connection.getresponse().status == 401
        connection.close()
    assert count(services, "delivery") == 0


def test_the_query_is_signed_too(web: Web, services: Services) -> None:
    assert web.send(V3.draft(source(), query="?a=b&c=d%20e")).status == 200
    good = V3.draft(source(2))
    assert web.send(replace(good, path=good.path + "?a=1")).status == 401
    assert count(services, "delivery") == 1


def test_health_and_metrics(web: Web) -> None:
    web.send(V3.draft(source()))
    answers = {path: web.send(Draft(path, {}, b""), "GET") for path in ("/healthz", "/readyz", "/metrics")}
    assert {answer.status for answer in answers.values()} == {200}
    assert json.loads(answers["/readyz"].body) == {"database": True, "redis": True}
    assert b'leadline_deliveries_total{channel="hubspot",outcome="stored"}' in answers["/metrics"].body
