"""The client against a server that answers as told: what the sandbox cannot be made to say."""

import itertools
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from adapters.base import Endpoint
from adapters.egress import egress
from adapters.errors import AdapterError, CallOperator, Retry, UnknownOutcome
from adapters.salesforce.client import Client, ConditionalPatch
from adapters.salesforce.transport import Transport, open_session
from adapters.sandbox.server import Server
from adapters.sandbox.wire import Answer, Call, json_answer
from config.mapping import shipped_mapping
from tests.adapters.crm_contract import RecordingBudget, RecordingTokens

LIMIT = {"Sforce-Limit-Info": "api-usage=18/5000; per-app-api-usage=17/250(appName=Leadline)"}
EXPIRED = json_answer(401, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}])
EMPTY = json_answer(200, {"totalSize": 0, "done": True, "records": []}, LIMIT)


class Org:
    """Answers the calls one after the other as it was told and keeps them."""

    def __init__(self, *answers: Answer | None) -> None:
        self.calls: list[Call] = []
        self._answers = iter(answers)
        self.tokens = RecordingTokens("first", iter(["second", "third"]))
        self.budget = RecordingBudget()

    def respond(self, call: Call, stopping: threading.Event) -> Answer | None:
        self.calls.append(call)
        return next(self._answers)


LEAD = {"attributes": {"type": "Lead"}, "id": "x"}
"""A record that may be written: what is not listed is refused before it leaves."""


@contextmanager
def client_of(org: Org, *, installing: bool = False, **details: Any) -> Iterator[Client]:
    server = Server("127.0.0.1", 0, org.respond)
    server.start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    endpoint = Endpoint(connection="acme", base_url=url, api="v67.0", mapping=shipped_mapping("salesforce"), **details)
    client = Client(endpoint, org.tokens, org.budget, installing=installing)
    try:
        yield client
    finally:
        client.close()
        server.stop()


def test_a_renewed_token_repeats_the_call_with_every_header() -> None:
    org = Org(EXPIRED, json_answer(200, [{"id": "x", "success": True, "errors": []}]))
    with client_of(org) as client:
        (item,) = client.update([LEAD])
    assert item.success
    assert org.tokens.renewed == ["first"]
    assert [call.headers["authorization"] for call in org.calls] == ["Bearer first", "Bearer second"]
    for call in org.calls:
        assert call.headers["sforce-auto-assign"] == "FALSE"
        assert call.headers["sforce-call-options"] == "client=Leadline"
    assert org.calls[0].body == org.calls[1].body


def test_only_a_hand_over_lets_the_assignment_rule_run() -> None:
    fine = json_answer(200, [{"id": "x", "success": True, "errors": []}])
    org = Org(fine, fine, fine)
    with client_of(org) as client:
        client.create([LEAD])
        client.update([LEAD], hand_over=True)
        client.update([LEAD])
    assert [call.headers["sforce-auto-assign"] for call in org.calls] == ["FALSE", "TRUE", "FALSE"]
    assert all(call.headers["sforce-call-options"] == "client=Leadline" for call in org.calls)


def test_a_lasting_401_is_two_calls_and_no_more() -> None:
    org = Org(EXPIRED, EXPIRED)
    with client_of(org) as client, pytest.raises(CallOperator):
        client.query("SELECT Id FROM Lead")
    assert len(org.calls) == len(org.budget.taken) == 2


def test_the_org_wide_usage_is_learned_not_the_apps() -> None:
    refusal = json_answer(400, [{"message": "", "errorCode": "MALFORMED_QUERY"}], {"Sforce-Limit-Info": "api-usage=19/5000"})
    org = Org(EMPTY, refusal)
    with client_of(org) as client:
        client.query("SELECT Id FROM Lead")
        with pytest.raises(AdapterError):
            client.query("SELECT Id FROM Lead")
    assert org.budget.learned == [(18, 5000), (19, 5000)]


def test_pages_are_followed() -> None:
    first = {"totalSize": 2, "done": False, "records": [{"Id": "a"}], "nextRecordsUrl": "/services/data/v67.0/query/01g-1"}
    org = Org(json_answer(200, first), json_answer(200, {"totalSize": 2, "done": True, "records": [{"Id": "b"}]}))
    with client_of(org) as client:
        assert [row["Id"] for row in client.query("SELECT Id FROM Lead")] == ["a", "b"]
    assert org.calls[1].path == "/services/data/v67.0/query/01g-1"


def test_a_query_too_long_for_a_uri_travels_in_a_body() -> None:
    rows = {"totalSize": 1, "done": True, "records": [{"Id": "a"}]}
    org = Org(json_answer(200, {"compositeResponse": [{"body": rows, "httpStatusCode": 200, "referenceId": "rows"}]}))
    with client_of(org) as client:
        assert client.query("SELECT Id FROM Lead" + " " * 13_000, deleted=True) == [{"Id": "a"}]
    (call,) = org.calls
    assert (call.path, call.query) == ("/services/data/v67.0/composite", "")
    assert call.json()["compositeRequest"][0]["url"].startswith("/services/data/v67.0/queryAll/?q=SELECT+Id")


def test_a_long_query_fails_like_a_short_one() -> None:
    body = [{"message": "No such column", "errorCode": "INVALID_FIELD"}]
    org = Org(json_answer(200, {"compositeResponse": [{"body": body, "httpStatusCode": 400, "referenceId": "rows"}]}))
    with client_of(org) as client, pytest.raises(CallOperator) as caught:
        client.query("SELECT Id FROM Lead" + " " * 13_000)
    assert caught.value.code == "INVALID_FIELD"


def test_conditions_travel_with_each_record() -> None:
    answer = {"compositeResponse": [{"body": None, "httpStatusCode": 204}, {"body": [{"errorCode": "X"}], "httpStatusCode": 412}]}
    org = Org(json_answer(200, answer))
    patches = [ConditionalPatch("Lead", id_, {"OwnerId": "005"}, "Mon, 23 Nov 2026 09:00:00 GMT") for id_ in ("a", "b")]
    with client_of(org) as client:
        assert [item.status for item in client.update_each(patches)] == [204, 412]
    sent = org.calls[0].json()["compositeRequest"]
    assert len({request["referenceId"] for request in sent}) == 2
    for request in sent:
        assert request["httpHeaders"] == {
            "If-Unmodified-Since": "Mon, 23 Nov 2026 09:00:00 GMT",
            "Sforce-Auto-Assign": "FALSE",
            "Sforce-Call-Options": "client=Leadline",
            "Sforce-Duplicate-Rule-Header": "allowSave=true",
        }


HTML = Answer(200, {"Content-Type": "text/html"}, b"<html>We are down for maintenance.</html>")


@pytest.mark.parametrize("answer", [HTML, None, Answer(502, {"Content-Type": "text/html"}, b"<html>"), json_answer(200, [])])
def test_a_write_without_a_usable_answer_has_an_unknown_outcome(answer: Answer | None) -> None:
    org = Org(answer)
    with client_of(org) as client, pytest.raises(UnknownOutcome):
        client.update([LEAD])
    assert len(org.calls) == 1


@pytest.mark.parametrize(
    "answer", [HTML, None, Answer(502, {"Content-Type": "text/html"}, b"<html>"), json_answer(200, {"records": [1]})]
)
def test_a_read_without_a_usable_answer_may_be_repeated(answer: Answer | None) -> None:
    with client_of(Org(answer)) as client, pytest.raises(Retry):
        client.query("SELECT Id FROM Lead")


def test_a_redirect_is_not_followed_with_the_token() -> None:
    org = Org(Answer(302, {"Location": "http://127.0.0.1:9/elsewhere"}))
    with client_of(org) as client, pytest.raises(CallOperator):
        client.query("SELECT Id FROM Lead")
    assert len(org.calls) == 1


def test_what_never_left_may_be_repeated_even_if_it_is_a_write() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    endpoint = Endpoint("acme", f"http://127.0.0.1:{port}", "v67.0", shipped_mapping("salesforce"))
    client = Client(endpoint, RecordingTokens("t", iter([])), RecordingBudget())
    with pytest.raises(Retry):
        client.update([LEAD])
    client.close()


def test_no_error_carries_what_was_sent_or_answered() -> None:
    body = [{"message": "ada@acme.example is wrong", "errorCode": "MALFORMED_QUERY"}]
    with client_of(Org(json_answer(400, body))) as client, pytest.raises(AdapterError) as caught:
        client.query("SELECT Id FROM Lead WHERE Email = 'ada@acme.example'")
    assert "ada@acme.example" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_numbers_arrive_without_binary_fractions() -> None:
    rows = b'{"totalSize":1,"done":true,"records":[{"Id":"a","AnnualRevenue":0.1}]}'
    org = Org(Answer(200, {"Content-Type": "application/json"}, rows))
    with client_of(org) as client:
        (row,) = client.query("SELECT Id, AnnualRevenue FROM Lead")
    assert str(row["AnnualRevenue"] * 3) == "0.3"


def test_the_environments_proxies_and_netrc_are_not_read_on_each_call(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    org = Org(EMPTY)
    with client_of(org) as client:
        client.query("SELECT Id FROM Lead")
    assert org.calls[0].headers["authorization"] == "Bearer first"


@contextmanager
def trickling() -> Iterator[str]:
    """A server whose body never ends: it sends one byte for each that was read."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
            try:
                while True:
                    connection.sendall(b" ")
            except OSError:
                return

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        listener.close()
        thread.join()


def test_a_body_that_trickles_ends_at_the_deadline() -> None:
    seconds: Callable[[], float] = itertools.count().__next__
    with trickling() as url, open_session(url, connect_seconds=1, total_seconds=5) as session:
        session.mount(
            "http://",
            Transport(connect_seconds=1, total_seconds=5, plain=True, allowed=egress("salesforce", [url]), monotonic=seconds),
        )
        with pytest.raises(Exception, match="deadline") as caught:
            session.get(url)
    assert type(caught.value).__name__ == "ReadTimeout"
