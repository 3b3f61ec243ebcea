"""The control API through its client."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from adapters.sandbox.client import SandboxClient, SandboxError
from tests.adapters.sandbox.hubspot_sandbox import Portal, portal

PEOPLE = [{"email": "rep@sandbox.test", "firstName": "Rep", "lastName": "One"}, {"email": "b@sandbox.test", "active": False}]


def test_the_same_people_and_queues_in_both_crms(hub: Portal) -> None:
    made = hub.control.add_people(PEOPLE, ["Watched"])
    assert {crm: set(ids["people"]) for crm, ids in made.items()} == {
        "hubspot": {"rep@sandbox.test", "b@sandbox.test"},
        "salesforce": {"rep@sandbox.test", "b@sandbox.test"},
    }
    assert hub.control.add_people(PEOPLE, ["Watched"]) == made
    assert {owner["email"] for owner in hub.control.people("hubspot")} == {"rep@sandbox.test", "b@sandbox.test"}
    assert [queue["id"] for queue in hub.control.queues("hubspot")] == [made["hubspot"]["queues"]["Watched"]]


def test_records_are_made_in_bulk_with_any_field_and_read_back_in_pages(hub: Portal) -> None:
    rows = [{"email": f"p{i}@b.test", "hs_analytics_num_visits": i, "createdate": "2026-01-01T00:00:00Z"} for i in range(1200)]
    ids = hub.control.create("hubspot", "contacts", rows, by={"source": "IMPORT", "id": "userId:5"})
    shown = list(hub.control.records("hubspot", "contacts"))
    assert [record["id"] for record in shown] == ids
    assert shown[7]["properties"]["hs_analytics_num_visits"] == "7"
    assert shown[7]["createdAt"] == "2026-01-01T00:00:00Z"
    assert hub.control.history("hubspot", "contacts", ids[0])[0]["source"] == "IMPORT"
    assert hub.control.read("hubspot", "contacts", ["99"]) == [None]


def test_a_bulk_creation_is_all_or_nothing(hub: Portal) -> None:
    with pytest.raises(SandboxError, match="already has this value"):
        hub.control.create("hubspot", "contacts", [{"email": "a@b.test"}, {"email": "A@b.test"}])
    assert list(hub.control.records("hubspot", "contacts")) == []


def test_many_edits_at_once(hub: Portal) -> None:
    ids = hub.control.create("hubspot", "contacts", [{"email": f"p{i}@b.test"} for i in range(3)])
    hub.control.update_all("hubspot", "contacts", [(id_, {"city": f"C{place}"}) for place, id_ in enumerate(ids)])
    assert [hub.values(id_)["city"] for id_ in ids] == ["C0", "C1", "C2"]
    with pytest.raises(SandboxError, match="no live record 99"):
        hub.control.update_all("hubspot", "contacts", [(ids[0], {"city": "X"}), ("99", {"city": "X"})])
    assert hub.values(ids[0])["city"] == "C0"


def test_what_is_wrong_is_said_in_a_sentence(hub: Portal) -> None:
    with pytest.raises(SandboxError, match="no live record 99"):
        hub.control.delete("hubspot", "contacts", "99")
    with pytest.raises(SandboxError, match="no setting nonsense"):
        hub.control.settings("hubspot", nonsense=1)
    with pytest.raises(SandboxError, match="must be of type int"):
        hub.control.settings("hubspot", burst="many")
    with pytest.raises(SandboxError, match="no chaos knob"):
        hub.control.chaos(earthquake=1)
    with pytest.raises(SandboxError, match="milliseconds"):
        hub.control.latency(zoho=1)
    with pytest.raises(SandboxError, match="needs an objectTypeId"):
        hub.control.add_target("hubspot", "http://127.0.0.1:1/", subscriptions=[{"type": "object.creation"}])
    with pytest.raises(SandboxError, match="was not a valid date"):
        hub.control.create("hubspot", "contacts", [{"hand_raised_at": "soon"}])


def test_what_neither_has_is_404(hub: Portal) -> None:
    assert requests.get(f"{hub.url}/nowhere", timeout=5).status_code == 404
    assert requests.get(f"{hub.url}/_sandbox/nowhere", timeout=5).status_code == 404
    assert hub.call("GET", "/crm/v3/nowhere").status_code == 404


def test_everything_is_still_there_after_a_restart(tmp_path: Path) -> None:
    with portal(tmp_path) as first:
        owner = first.control.add_people(PEOPLE)["hubspot"]["people"]["rep@sandbox.test"]
        first.control.settings("hubspot", burst=7)
        id_ = first.contact(email="a@b.test", hubspot_owner_id=owner)
        other = first.contact(email="c@d.test")
        merged = first.control.merge("hubspot", "contacts", id_, other)
    with portal(tmp_path) as second:
        assert second.control.settings("hubspot")["burst"] == 7
        assert second.call("GET", f"/crm/v3/objects/contacts/{other}").json()["id"] == merged
        assert second.call("POST", "/crm/v3/objects/contacts", {"properties": {"email": "a@b.test"}}).status_code == 409
        assert len(second.control.journal()) == 1
        assert second.contact(email="new@b.test") not in {id_, other, merged}


def test_it_runs_by_itself_and_says_where(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "adapters.sandbox", "--home", str(tmp_path), "--install"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        with SandboxClient(json.loads(process.stdout.readline())["url"]) as client:
            assert client.stats()["total"] == 0
        process.terminate()
        assert process.wait(timeout=10) == 0
