"""Outbound Messages from a whole sandbox to a real receiver: sent again until a valid acknowledgement comes."""

import queue
from collections.abc import Iterator
from pathlib import Path

import pytest
from defusedxml.ElementTree import fromstring

from adapters.sandbox.client import SandboxClient
from adapters.sandbox.sandbox import start
from adapters.sandbox.server import Server
from adapters.sandbox.wire import Answer, Call

OUT = "{http://soap.sforce.com/2005/09/outbound}"
SF = "{urn:sobject.enterprise.soap.sforce.com}"
ACK = (Path(__file__).parents[2] / "fixtures" / "salesforce" / "acknowledgement__true.xml").read_bytes()


class Receiver:
    """Answers a queue of replies in turn, and keeps what came."""

    def __init__(self) -> None:
        self.came: queue.Queue[bytes] = queue.Queue()
        self.replies: queue.Queue[bytes] = queue.Queue()
        self.server = Server("127.0.0.1", 0, lambda call, _: self._respond(call))
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        self.server.start()

    def notifications(self) -> list[tuple[str, str]]:
        """Id and title of each notification of the next message."""
        found = fromstring(self.came.get(timeout=20)).iter(f"{OUT}Notification")
        return [(one.findtext(f"{OUT}Id"), one.findtext(f"{OUT}sObject/{SF}Title", "")) for one in found]

    def _respond(self, call: Call) -> Answer:
        reply = self.replies.get(timeout=20)
        self.came.put(call.body)
        return Answer(200, {"Content-Type": "text/xml"}, reply)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.stop()


@pytest.fixture
def client(tmp_path: Path) -> Iterator[SandboxClient]:
    running = start(tmp_path, install=True)
    with SandboxClient(running.url) as client:
        client.chaos(retry_scale=0.001)
        yield client
    running.stop()


def test_a_message_is_sent_again_until_it_is_acknowledged(client: SandboxClient, receiver: Receiver) -> None:
    client.add_target("salesforce", receiver.url, fields=["Title"])
    (lead,) = client.create("salesforce", "Lead", [{"LastName": "Byron", "Company": "Acme", "Title": "first"}])
    receiver.replies.put(b"OK")
    ((id_, title),) = receiver.notifications()
    assert (id_[:3], title) == ("04l", "first")
    receiver.replies.put(ACK.replace(b"true", b"false"))
    assert receiver.notifications() == [(id_, "first")]
    receiver.replies.put(ACK)
    assert receiver.notifications() == [(id_, "first")]
    client.update("salesforce", "Lead", lead, {"Title": "second"})
    receiver.replies.put(ACK)
    ((next_id, title),) = receiver.notifications()
    assert (next_id != id_, title) == (True, "second")


def test_a_hundred_in_one_message(client: SandboxClient, receiver: Receiver) -> None:
    client.add_target("salesforce", receiver.url)
    client.hold()
    client.create("salesforce", "Lead", [{"LastName": f"P{n}", "Company": "Acme"} for n in range(250)])
    for _ in range(3):
        receiver.replies.put(ACK)
    client.release()
    messages = [receiver.notifications() for _ in range(3)]
    assert sorted(map(len, messages)) == [50, 100, 100]
    assert len({id_ for message in messages for id_, _ in message}) == 250


def test_what_waits_says_what_is_true_when_it_leaves(client: SandboxClient, receiver: Receiver) -> None:
    client.add_target("salesforce", receiver.url, fields=["Title"], on=["created"])
    client.hold()
    (lead,) = client.create("salesforce", "Lead", [{"LastName": "Byron", "Company": "Acme", "Title": "before"}])
    client.update("salesforce", "Lead", lead, {"Title": "after"})
    receiver.replies.put(ACK)
    client.release()
    assert [title for _, title in receiver.notifications()] == ["after"]
