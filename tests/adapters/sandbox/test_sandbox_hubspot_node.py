"""HubSpot's client for Node, which no one here wrote, on the sandbox; and its signature check on what the sandbox sends."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.sandbox import node
from tests.adapters.sandbox.hubspot_sandbox import Portal
from tests.adapters.sandbox.webhook_receiver import Delivery, Receiver, receiving

APP = 14_947_001
Ask = Callable[..., Any]


@pytest.fixture
def ask(hub: Portal) -> Ask:
    """Has the client do one task."""
    modules = node.needed("@hubspot/api-client", "14.0.1")
    known = {"url": hub.url, "token": hub.token, "key": "sandbox-developer-key", "app": APP}
    return lambda task, **more: node.run(Path(__file__).with_name("hubspot_client.js"), modules, {"task": task, **known, **more})


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def test_properties_from_birth_to_archive(ask: Ask) -> None:
    done = ask("properties")
    assert (done["grown"], done["label"], done["options"]) == (1, "Rank", ["a", "b"])
    assert done["again"] == {"code": 409, "category": "OBJECT_ALREADY_EXISTS"}
    assert done["gone"] == {"code": 404, "category": "OBJECT_NOT_FOUND"}


def test_owners_and_those_who_left(hub: Portal, ask: Ask) -> None:
    hub.control.add_people([{"email": "ada@us.test", "firstName": "Ada"}, {"email": "gone@us.test", "active": False}])
    assert ask("owners") == {"active": ["ada@us.test"], "archived": ["gone@us.test"]}


def test_records_are_created_found_and_refused(hub: Portal, ask: Ask) -> None:
    done = ask("records")
    assert done["twin"] == {"code": 409, "category": "CONFLICT"}
    assert (sorted(done["fresh"]), done["found"]) == ([False, True], ["Lovelace", None])
    assert done["gone"]["code"] == 404
    (left,) = [one for one in hub.control.records("hubspot", "contacts") if not one["archived"]]
    assert left["properties"]["email"] == "bob@node.test"


def test_batches_with_their_history(ask: Ask) -> None:
    assert ask("batches") == {
        "made": 3,
        "missing": ["OBJECT_NOT_FOUND"],
        "history": ["Grace", "Ada"],
        "left": [True],
        "same": True,
    }


def test_searches_with_filters_sorts_and_pages(ask: Ask) -> None:
    assert ask("searching") == {
        "total": 3,
        "pages": ["32", "1"],
        "last": True,
        "either": "5321",
        "within": "41",
        "token": "54",
        "lacking": "",
        "tooMany": 400,
    }


def test_labels_of_its_own(ask: Ask) -> None:
    assert ask("labels") == {
        "labels": ["Boss"],
        "ways": ["Boss", "Led by"],
        "both": [["Boss"], ["Led by"]],
        "bare": [],
        "none": 0,
        "listed": [None, "Primary", "Boss"],
    }


def test_links_batches_and_pipelines(ask: Ask) -> None:
    assert ask("around") == {"linked": [True], "both": [True], "read": ["ada@node.test"], "stages": True}


def test_its_subscription_is_delivered_and_its_signature_check_agrees_in_all_three_versions(
    hub: Portal, receiver: Receiver, ask: Ask
) -> None:
    hub.clock[0] = time.time_ns() // 1_000_000  # the client compares with the real time
    assert ask("subscribe", target=receiver.url)["active"] is True
    id_ = hub.contact(email="ada@b.test", firstname="Zoë")
    (event,) = receiver.wait(lambda all_: len(all_) == 1)
    done = hub.control.command("hubspot", "execute", url=receiver.url, object="contacts", id=id_, inputFields={"why": "new"})
    assert done["status"] == 200
    action = receiver.deliveries[1]
    sent = [*signed(event, receiver.url), *signed(action, receiver.url)]
    assert [one["version"] for one in sent] == ["v1", "v3", "v2", "v3"]
    forged = [{**one, "body": one["body"] + " "} for one in sent]
    verdicts = ask("signatures", secret="sandbox-client-secret", requests=[*sent, *forged])["valid"]
    assert verdicts == [True] * 4 + [False] * 4


def signed(delivery: Delivery, url: str) -> list[dict[str, str]]:
    """A request as its two signatures are checked: by the version it names, and by v3."""
    headers = delivery.headers
    about = {"body": delivery.body.decode(), "url": url, "timestamp": headers["x-hubspot-request-timestamp"]}
    named = {"signature": headers["x-hubspot-signature"], "version": headers["x-hubspot-signature-version"]}
    return [about | named, about | {"signature": headers["x-hubspot-signature-v3"], "version": "v3"}]
