"""Injected failures, as a client meets them."""

from random import Random
from typing import Any

import pytest
import requests

from adapters.sandbox.faults import Faults
from adapters.sandbox.wire import Call
from tests.adapters.sandbox.hubspot_sandbox import NOON, Portal
from tests.adapters.sandbox.webhook_receiver import receiving

CONTACTS = "/crm/v3/objects/contacts"
WRITES = {"crm": "hubspot", "route": "/crm/*/contacts*", "method": "PATCH"}


@pytest.mark.parametrize(
    ("status", "category"),
    [(423, "LOCKED"), (500, None), (502, None), (503, None), (401, "EXPIRED_AUTHENTICATION"), (429, None)],
)
def test_a_status_strikes_as_often_as_told_and_nothing_is_done(hub: Portal, status: int, category: str | None) -> None:
    id_ = hub.contact(email="a@b.test")
    hub.control.add_fault("status", status=status, count=2, policy="DAILY", **WRITES)
    path, body = f"{CONTACTS}/{id_}", {"properties": {"city": "Delft"}}
    answers = [hub.call("PATCH", path, body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [status, status]
    assert answers[0].json().get("category") == category
    assert answers[0].json().get("policyName") == ("DAILY" if status == 429 else None)
    assert "city" not in hub.values(id_)
    assert hub.call("PATCH", path, body).status_code == 200
    assert hub.control.faults()[0]["left"] == 0


def test_an_expired_token_once(hub: Portal) -> None:
    hub.control.add_fault("expired", crm="hubspot", count=1)
    assert [hub.call("GET", CONTACTS).status_code for _ in range(2)] == [401, 200]


def test_a_dropped_answer_leaves_the_write_done(hub: Portal) -> None:
    id_ = hub.contact(email="a@b.test")
    hub.control.add_fault("drop", count=1, **WRITES)
    with pytest.raises(requests.ConnectionError):
        hub.call("PATCH", f"{CONTACTS}/{id_}", {"properties": {"city": "Delft"}})
    assert hub.values(id_)["city"] == "Delft"


def test_a_late_write_happens_after_the_client_gave_up(hub: Portal) -> None:
    id_ = hub.contact(email="a@b.test")
    hub.control.add_fault("late", count=1, seconds=1, **WRITES)
    headers = {"Authorization": "Bearer pat-x"}
    change = {"properties": {"city": "Delft"}}
    with receiving() as receiver:
        subscription = {"type": "object.propertyChange", "objectTypeId": "0-1", "property": "city"}
        hub.control.add_target("hubspot", receiver.url, subscriptions=[subscription])
        with pytest.raises(requests.ReadTimeout):
            hub.session.patch(f"{hub.url}{CONTACTS}/{id_}", json=change, headers=headers, timeout=(5, 0.05))
        hub.tick(60)
        receiver.wait(lambda all_: len(all_) == 1)
        assert receiver.events[0]["occurredAt"] == NOON + 60_000
        hub.control.remove_targets()
    assert hub.values(id_)["city"] == "Delft"


def test_a_call_that_is_never_answered_does_nothing(hub: Portal) -> None:
    id_ = hub.contact(email="a@b.test")
    hub.control.add_fault("hang", count=1, **WRITES)
    with pytest.raises(requests.ReadTimeout):
        hub.session.patch(f"{hub.url}{CONTACTS}/{id_}", json={}, timeout=(5, 0.05))
    assert len(hub.control.history("hubspot", "contacts", id_)) == 1


def test_a_lock_is_a_423_of_the_whole_call(hub: Portal) -> None:
    id_ = hub.contact(email="a@b.test")
    hub.control.add_fault("lock", crm="hubspot", count=1)
    body = {"inputs": [{"id": id_, "properties": {"city": "Delft"}}]}
    assert hub.call("POST", f"{CONTACTS}/batch/read", body).status_code == 200
    assert [hub.call("POST", f"{CONTACTS}/batch/update", body).status_code for _ in range(2)] == [423, 200]


def test_the_other_crm_and_the_control_api_are_spared(hub: Portal) -> None:
    hub.control.add_fault("status", crm="salesforce")
    assert hub.call("GET", CONTACTS).status_code == 200
    hub.control.clear_faults()
    assert hub.control.faults() == []


@pytest.mark.parametrize(
    "fault", [{}, {"kind": "earthquake"}, {"kind": "status", "probability": 2}, {"kind": "status", "count": 0}]
)
def test_a_wrong_fault_is_refused(hub: Portal, fault: dict[str, Any]) -> None:
    answer = requests.post(f"{hub.url}/_sandbox/faults", json=fault, timeout=5)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("The fault is wrong")


def test_chance_comes_from_the_seed() -> None:
    def struck(seed: int) -> list[bool]:
        faults = Faults(Random(seed))
        faults.add({"kind": "status", "probability": 0.5})
        return [bool(faults.strike("hubspot", Call("GET", "/"))) for _ in range(50)]

    assert struck(7) == struck(7)
    assert struck(7) != struck(8)
    assert 10 < sum(struck(7)) < 40


def test_calls_are_counted_by_route_and_status(hub: Portal) -> None:
    id_ = hub.contact(email="a@b.test")
    hub.control.reset_stats()
    hub.call("GET", f"{CONTACTS}/{id_}")
    hub.call("GET", f"{CONTACTS}/a@b.test?idProperty=email")
    hub.call("PATCH", f"{CONTACTS}/{id_}", {"properties": {"city": "Delft"}})
    stats = hub.control.stats()
    assert stats["calls"] == [
        {"crm": "hubspot", "method": "GET", "route": f"{CONTACTS}/{{id}}", "status": 200, "count": 2},
        {"crm": "hubspot", "method": "PATCH", "route": f"{CONTACTS}/{{id}}", "status": 200, "count": 1},
    ]
    assert stats["writes"] == [{"crm": "hubspot", "object": "contacts", "kind": "updated", "source": "API", "count": 1}]


def test_a_fault_of_the_sandbox_itself_is_a_500_and_nothing_is_done(hub: Portal, caplog: pytest.LogCaptureFixture) -> None:
    def stumble(_: object) -> None:
        raise RuntimeError

    hub.running.world.store.listen(stumble)
    answer = hub.call("POST", CONTACTS, {"properties": {"email": "a@b.test"}})
    assert (answer.status_code, "itself failed" in answer.json()["message"]) == (500, True)
    assert list(hub.control.records("hubspot", "contacts")) == []
    assert "a@b.test" not in caplog.text
