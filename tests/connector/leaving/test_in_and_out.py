"""Into a CRM and out of it again, by the commands: nothing but fields with values stays, and after a purge nothing at all."""

import csv
import json
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from connector.jobs import scene_of
from connector.pipeline import Drain
from connector.store.engine import reading
from connector.store.installs import installation_of
from connector.writeback import Deliverer
from tests.connector.connecting.conftest import ADA
from tests.connector.leaving.conftest import QUEUE, TABLE, House, killed_after, process
from tests.connector.leaving.snapshots import differences
from tests.connector.leaving.users import USERS, in_hubspot, in_salesforce
from tests.connector.test_supervisor import until

ROUTE = {"salesforce": "Leadline_Route__c", "hubspot": "leadline_route"}
OWNER = {"salesforce": "OwnerId", "hubspot": "hubspot_owner_id"}


def said(house: House, *arguments: object) -> str:
    done = house.install(*arguments)
    assert done.exit_code == 0, (done.output, done.exception)
    return done.output


def written(house: House) -> list[Mapping[str, Any]]:
    """Everything that the CRM was asked, but for what only reads and for tokens."""
    reads = ("/token", "/search", "/batch/read", "/Soap/m/67.0", "/introspect", "/jobs/query")
    calls = house.control.stats()["calls"]
    return [one for one in calls if one["method"] != "GET" and not one["route"].endswith(reads)]


def decided(house: House) -> None:
    """Takes in what the CRM told, decides it, writes it."""
    assert house.control.pending(wait=20.0) == 0
    Drain(house.services, house.crm).run()
    Deliverer(house.services, house.crm, scene_of(house.services)).run()


def leads(house: House, count: int = 3) -> list[str]:
    people = [{"email": f"nora{number}@firm{number}.example", "last": f"Berg{number}"} for number in range(count)]
    if house.kind == "salesforce":
        rows = [{"LastName": one["last"], "Company": "Firm", "Email": one["email"], "Title": "VP Sales"} for one in people]
    else:
        rows = [{"lastname": one["last"], "company": "Firm", "email": one["email"], "jobtitle": "VP Sales"} for one in people]
    return house.control.create(house.kind, TABLE[house.kind], rows)


def into_the_queue(house: House, lead: str) -> None:
    """Somebody puts a lead into a lane of ours."""
    if house.kind == "salesforce":
        (queue,) = [one["Id"] for one in house.control.queues("salesforce") if one["Name"] == QUEUE]
        house.control.update("salesforce", "Lead", lead, {"OwnerId": queue})
        return
    house.control.update("hubspot", "contacts", lead, {"hubspot_owner_id": ""})
    list_id = house.call("GET", f"/crm/v3/lists/object-type-id/0-1/name/{QUEUE}")["list"]["listId"]
    house.call("PUT", f"/crm/v3/lists/{list_id}/memberships/add", [lead])


def ours(house: House, properties: Mapping[str, Any]) -> dict[str, str]:
    """Our fields that hold something."""
    return {
        name: str(value) for name, value in properties.items() if name.lower().startswith("leadline_") and value not in {None, ""}
    }


def open_things(house: House) -> tuple[int, int, int]:
    """Clocks that run, writes that wait, tasks of ours that are open."""
    with reading(house.services.engine) as session:
        clocks = session.execute(text("SELECT count(*) FROM person WHERE clock_from IS NOT NULL")).scalar_one()
        writes = session.execute(text("SELECT count(*) FROM outbox")).scalar_one()
    table, status, done = {"salesforce": ("Task", "Status", "Completed"), "hubspot": ("tasks", "hs_task_status", "COMPLETED")}[
        house.kind
    ]
    rows = [one["properties"] for one in house.control.records(house.kind, table)]  # type: ignore[arg-type]
    tasks = sum(row[status] != done for row in rows if "eadline" in json.dumps(row))
    return int(clocks), int(writes), tasks


def heir_of(house: House) -> str:
    people = house.control.people(house.kind)
    key, id_ = ("Email", "Id") if house.kind == "salesforce" else ("email", "id")
    return str(next(one[id_] for one in people if one[key] == ADA))


def test_in_twice_and_out_to_the_last_trace(house: House, tmp_path: Path) -> None:
    before = house.snapshot()
    assert "to create" in said(house, "--plan")
    assert house.snapshot() == before
    said(house, "--apply")
    installed = house.snapshot()
    assert differences(before, installed)

    house.control.reset_stats()
    assert "nothing to do; all is as it should be" in said(house, "--apply")
    assert (written(house), house.control.stats()["writes"]) == ([], [])
    assert house.snapshot() == installed

    house.services.refresh()
    assert house.run("golive", house.name).exit_code == 0
    house.services.refresh()
    made = leads(house)
    decided(house)
    assert all(house.stored(lead)[ROUTE[house.kind]] for lead in made)
    assert open_things(house)[2] > 0
    into_the_queue(house, made[0])

    told = said(house, "--remove", "--heir", ADA)
    assert "nothing is written there" in told
    assert open_things(house) == (0, 0, 0)
    assert house.stored(made[0])[OWNER[house.kind]] == heir_of(house)
    kept = {name for lead in made for name in ours(house, house.stored(lead))}
    left = house.snapshot()
    only_fields_with_values_are_left(house, before, left, kept)
    assert "nothing to do; Leadline is out of it already" in said(house, "--remove", "--heir", ADA)
    assert differences(left, house.snapshot()) == {}

    out = tmp_path / "values.csv"
    let_go = in_salesforce(house.control.url, house.headers) if house.kind == "salesforce" else in_hubspot(house.call)
    refused = house.install("--purge", "--heir", ADA, "--out", out)
    assert refused.exit_code == 1
    for user in USERS[house.kind]:
        assert user in refused.output
    assert not out.exists()
    let_go()
    assert differences(left, house.snapshot()) == {}

    values = {lead: ours(house, house.stored(lead)) for lead in made}
    said(house, "--remove", "--purge", "--heir", ADA, "--out", out)
    exported_as_they_stood(house, out, values)
    assert differences(before, house.snapshot()) == {}


def only_fields_with_values_are_left(house: House, before: Mapping[str, Any], left: Mapping[str, Any], kept: set[str]) -> None:
    """And each says since when nothing writes it."""
    changed = differences(before, left)
    if house.kind == "salesforce":
        fields = {name: left[name] for name in changed if name.startswith("objects/Lead.object fields ")}
        assert {name.rpartition(" ")[2] for name in fields} == kept
        assert changed.keys() - fields.keys() <= {"describe Lead"}
        assert all("Kept by Leadline's removal on 20" in dict(one)["inlineHelpText"] for one in fields.values())
        return
    assert changed == {**{f"contacts {name}": "added" for name in kept}, "contacts/groups leadline": "added"}
    assert all("Leadline was removed on 20" in left[f"contacts {name}"]["description"] for name in kept)


def exported_as_they_stood(house: House, out: Path, values: Mapping[str, Mapping[str, str]]) -> None:
    with out.open(encoding="utf-8", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    assert rows.keys() == values.keys()
    for lead, held in values.items():
        there = {name: value for name, value in rows[lead].items() if value and name not in {"id", "object"}}
        assert there.keys() == held.keys()
        assert all(same(there[name], held[name]) for name in held), (there, held)


def same(exported: str, stored: str) -> bool:
    """Numbers are written as the API writes them."""
    try:
        return float(exported) == float(stored)
    except ValueError:
        return exported == stored or exported[:19] == stored[:19]


# --- interrupted, and at the same time

LATER = {"salesforce": (1, 47), "hubspot": (1, 20)}
"""After how many steps told a process is killed: in the middle of booking a package, and near the end."""
FIRST = {"salesforce": ("POST", "*/metadata/deployRequest"), "hubspot": ("POST", "/crm/*/properties/contacts")}
REMOVED = {"salesforce": 4, "hubspot": 12}

lived_in = pytest.mark.parametrize("past", ["lived-in"], indirect=True)


@lived_in
def test_killed_at_any_moment_and_run_again_it_completes(house: House) -> None:
    before = house.snapshot()
    for lines in LATER[house.kind]:
        told = killed_after(["install", house.name, "--apply"], lines)
        known = installation_of(house.services.engine, house.name)
        assert known is not None
        assert (known.state, known.ended_at) == ("applying", None), told
        again = house.install("--apply")
        assert again.exit_code == 0, again.output
        assert "The apply that began at" in again.stderr
        assert "did not end" in again.stderr
        killed_after(["install", house.name, "--remove", "--heir", ADA], REMOVED[house.kind])
        done = house.install("--remove", "--purge", "--heir", ADA)
        assert done.exit_code == 0, done.output
        assert "The removal that began at" in done.stderr
    assert differences(before, house.snapshot()) == {}


@lived_in
def test_the_second_of_two_is_told_so_and_does_no_harm(house: House) -> None:
    """The first one hangs in its first write, holding the lock; then it is killed there, and the next one does it all."""
    method, route = FIRST[house.kind]
    house.control.add_fault("hang", crm=house.kind, method=method, route=route, count=1)
    with process(["install", house.name, "--apply"]) as first:
        until(lambda: [one["left"] for one in house.control.faults()] == [0])
        before = house.snapshot()
        second = house.install("--apply")
        assert second.exit_code == 1
        assert str(second.exception) == (
            f"Another install of {house.name} is at work right now; wait until it has ended, then look at --plan."
        )
        assert house.snapshot() == before
        first.kill()
        assert first.wait(timeout=60) == -signal.SIGKILL
    assert house.install("--apply").exit_code == 0
    assert json.loads(said(house, "--plan", "--json"))["empty"] is True
