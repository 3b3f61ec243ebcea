"""Backfill against both sandbox CRMs: everything is read once and indexed, nothing is written there, and a kill loses nothing."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connector.backfilling import BackfillError, Filling, Told
from connector.demo.portals import Portals
from connector.matching import keys_of
from connector.score_writing import write_scores
from connector.store.backfills import Backfill, backfill_of, to_score
from connector.store.indexed import indexed_counts
from connector.store.people import people_by_key
from connector.wiring import Services
from tests.connector.conftest import Work
from tests.connector.crm_leads import (
    NAMES,
    OWNER,
    TABLES,
    add_lead,
    count,
    crm_of,
    drain,
    execute,
    go,
    our_writes,
    output,
    replayed,
    rows,
    shown,
    tasks,
)

CRMS = pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
CREATED = {"salesforce": "CreatedDate", "hubspot": "createdate"}


@pytest.fixture
def calm(portals: Portals) -> Portals:
    """Search shows everything at once, and no webhook reaches us."""
    portals.sandbox.remove_targets()
    portals.sandbox.settings("hubspot", search_lag_ms=0, limits=False)
    return portals


def moment(crm: str, at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if crm == "salesforce" else str(int(at.timestamp() * 1000))


def past(portals: Portals, crm: str, number: int, days: int = 100) -> list[str]:
    """Records from before Leadline listened; every tenth shares its address with the one before."""
    at = datetime.now(UTC) - timedelta(days=days)
    names = {
        "salesforce": ("Email", "FirstName", "LastName", "Company", "Title"),
        "hubspot": ("email", "firstname", "lastname", "company", "jobtitle"),
    }[crm]
    leads = [
        dict(zip(names, (f"p{n}@acme{n % 7}.test", f"Jo\u00e3o {n}", f"Berg, {n}", 'Acme "GmbH"', "VP Sales"), strict=True))
        for n in range(number)
    ]
    return portals.sandbox.create(crm, TABLES[crm], [{**one, CREATED[crm]: moment(crm, at)} for one in leads])  # type: ignore[arg-type]


def fill(services: Services, crm: str, page: int = 0, told: Told = lambda *_: None, **more: Any) -> Backfill:
    connection = crm_of(services, crm)
    with services.measured(connection) as (adapter, meter):
        if page:
            whole = adapter.whole
            adapter.whole = lambda _=0: whole(page)  # type: ignore[method-assign,assignment,misc]
        return Filling(services, connection, adapter, meter, told).run(**more)


@CRMS
def test_everything_is_indexed_and_nothing_written(calm: Portals, services: Services, work: Work, crm: str) -> None:
    go(services)
    ids = past(calm, crm, 45)
    state = fill(services, crm, page=10)
    assert (state.read, state.indexed, state.arrived, state.total) == (45, 45, 0, 45)
    assert state.ended_at
    assert {row.record_id for row in rows(services, "SELECT record_id FROM indexed_record WHERE why = 'old'")} == set(ids)
    work()
    assert count(services, "document") == count(services, "outbox") == count(services, "turn") == 0
    assert not any(our_writes(calm, crm, id_) for id_ in ids)
    assert tasks(calm, crm) == []


@CRMS
def test_what_bulk_reads_is_what_hydration_reads(calm: Portals, services: Services, crm: str) -> None:
    """The same record has the same input hash by either way, so that its next event is an echo."""
    id_ = past(calm, crm, 1)[0]
    numbers = {"salesforce": {"NumberOfEmployees": 300, "AnnualRevenue": 1_500_000.0}, "hubspot": {"numemployees": "25-50"}}
    calm.sandbox.update(crm, TABLES[crm], id_, {**numbers[crm]})  # type: ignore[arg-type]
    fill(services, crm)
    execute(
        services,
        "INSERT INTO due (connection, object, record_id, source_at) SELECT connection, object, record_id, now() FROM record "
        "ON CONFLICT DO NOTHING",
    )
    assert drain(services, crm).echoes == 1


@CRMS
def test_whoever_comes_next_is_known(calm: Portals, services: Services, work: Work, crm: str) -> None:
    past(calm, crm, 3)
    fill(services, crm)
    other = {"salesforce": "hubspot", "hubspot": "salesforce"}[crm]
    add_lead(calm, other, "p1@acme1.test")
    fill(services, other)
    work()
    [person] = rows(services, "SELECT person_id FROM record GROUP BY person_id HAVING count(*) = 2")
    keys = keys_of({"email": "p1@acme1.test"}, None)
    assert {one.id for one in people_by_key(services.engine, keys).values()} == {str(person.person_id)}
    # What is indexed is not written to by a decision about the same person.
    assert count(services, "outbox") == 0
    assert [row.connection for row in rows(services, "SELECT connection FROM record WHERE packet_id IS NOT NULL")] == [
        NAMES[other]
    ]


@CRMS
def test_a_lead_of_today_is_an_arrival(calm: Portals, services: Services, work: Work, crm: str) -> None:
    past(calm, crm, 2)
    id_ = add_lead(calm, crm, "today@acme.test")
    state = fill(services, crm)
    assert (state.indexed, state.arrived) == (2, 1)
    work()
    assert output(calm, crm, id_, "route")


@CRMS
def test_again_it_changes_nothing(calm: Portals, services: Services, crm: str) -> None:
    past(calm, crm, 12)
    fill(services, crm)
    before = rows(services, "SELECT record_id, person_id, input_hash FROM record ORDER BY record_id")
    people = count(services, "person")
    state = fill(services, crm, anew=True)
    assert (state.read, state.indexed) == (12, 0)
    assert rows(services, "SELECT record_id, person_id, input_hash FROM record ORDER BY record_id") == before
    assert count(services, "person") == people


@CRMS
def test_since_reads_what_was_created_since(calm: Portals, services: Services, crm: str) -> None:
    past(calm, crm, 3, days=300)
    past(calm, crm, 0)
    at = datetime.now(UTC) - timedelta(days=30)
    email = {"salesforce": "Email", "hubspot": "email"}[crm]
    last = {"salesforce": {"LastName": "New", "Company": "Acme"}, "hubspot": {"lastname": "New"}}[crm]
    calm.sandbox.create(crm, TABLES[crm], [{email: "new@acme.test", **last, CREATED[crm]: moment(crm, at)}])  # type: ignore[arg-type]
    assert fill(services, crm, since=datetime.now(UTC) - timedelta(days=60)).read == 1


def test_a_second_one_with_another_start_is_refused(calm: Portals, services: Services) -> None:
    past(calm, "salesforce", 3)
    fill(services, "salesforce")
    execute(services, "UPDATE backfill SET ended_at = NULL")
    with pytest.raises(BackfillError, match="--anew"):
        fill(services, "salesforce", since=datetime.now(UTC))


def test_a_forgotten_person_stays_forgotten(calm: Portals, services: Services) -> None:
    id_ = past(calm, "salesforce", 1)[0]
    values = {"name": NAMES["salesforce"], "id": id_}
    execute(
        services, "INSERT INTO record (connection, object, record_id, state) VALUES (:name, 'lead', :id, 'forgotten')", **values
    )
    fill(services, "salesforce")
    assert count(services, "indexed_record") == count(services, "person") == count(services, "identity_key") == 0


def test_a_bulk_job_that_is_gone_begins_anew(calm: Portals, services: Services) -> None:
    past(calm, "salesforce", 7)
    fill(services, "salesforce", page=3)
    execute(services, "UPDATE backfill SET ended_at = NULL, read = 3, after = '7505e0000000099AAA cm93IDM'")
    state = fill(services, "salesforce", page=3)
    assert (state.read, state.indexed, count(services, "record")) == (7, 0, 7)


def test_a_converted_lead_is_known_and_never_written_to(calm: Portals, services: Services) -> None:
    id_ = past(calm, "salesforce", 1)[0]
    calm.sandbox.command("salesforce", "convert", lead=id_)
    contact = shown(calm, "salesforce", id_)["ConvertedContactId"]
    fill(services, "salesforce")
    [row] = rows(services, "SELECT state, now_id, person_id FROM record")
    assert (row.state, row.now_id) == ("gone", contact)
    assert to_score(services.engine, NAMES["salesforce"]) == 0


@CRMS
def test_scores_alone_are_written_and_nothing_else(calm: Portals, services: Services, work: Work, crm: str) -> None:
    go(services)  # whatever the connection may do: a backfill never does it
    ids = past(calm, crm, 6)
    owners = [shown(calm, crm, id_).get(OWNER[crm]) for id_ in ids]
    fill(services, crm)
    connection = crm_of(services, crm)
    assert write_scores(services, connection, services.adapter(connection), lambda *_: None) == 6
    work()
    assert all(output(calm, crm, id_, "fit_score") is not None for id_ in ids)
    assert all(output(calm, crm, id_, name) is None for id_ in ids for name in ("route", "sla_due", "suggested_owner"))
    assert [shown(calm, crm, id_).get(OWNER[crm]) for id_ in ids] == owners
    assert tasks(calm, crm) == []
    assert count(services, "turn") == 0
    assert count(services, "document") == 12  # a packet and a receipt each
    assert replayed(services) == {"reproduced"}
    assert write_scores(services, connection, services.adapter(connection), lambda *_: None) == 0
    assert drain(services, crm).decided == 0


_CHILD = """
import os, sys
from connector.cli import main
sys.argv = ["leadline", "backfill", sys.argv[1], "--json"]
main()
"""


@CRMS
def test_killed_again_and_again_it_ends_the_same(
    calm: Portals, services: Services, monkeypatch: pytest.MonkeyPatch, crm: str
) -> None:
    """A process of its own, killed with -9 after each few pages until it comes through."""
    ids = past(calm, crm, 1_100 if crm == "hubspot" else 6_500)
    environment = {
        **os.environ,
        "LEADLINE_DATABASE_URL": str(services.settings.database_url),
        "LEADLINE_REDIS_URL": str(services.settings.redis_url),
        "LEADLINE_SECRET_KEYS": ",".join(services.settings.secret_keys),
        "LEADLINE_HOME": str(services.settings.home),
    }
    kills = 0
    while kills < 2:
        before = _read_so_far(services, crm)
        child = subprocess.Popen([sys.executable, "-c", _CHILD, NAMES[crm]], env=environment, stdout=subprocess.DEVNULL)
        if not _killed_after_a_page(services, crm, child, before):
            break
        kills += 1
    done = subprocess.run([sys.executable, "-c", _CHILD, NAMES[crm]], env=environment, check=True, capture_output=True)
    assert done.returncode == 0
    assert kills >= 1
    state = backfill_of(services.engine, NAMES[crm])
    assert state
    assert state.ended_at
    assert {row.record_id for row in rows(services, "SELECT record_id FROM record")} == set(ids)
    assert indexed_counts(services.engine, NAMES[crm]) == {"old": len(ids)}
    assert count(services, "person") == len(ids)
    assert count(services, "outbox") == count(services, "document") == 0


def _read_so_far(services: Services, crm: str) -> int:
    state = backfill_of(services.engine, NAMES[crm])
    return state.read if state and not state.ended_at else 0


def _killed_after_a_page(services: Services, crm: str, child: "subprocess.Popen[bytes]", before: int) -> bool:
    """Kills it as soon as it committed another page; False if it came through before that was seen."""
    while child.poll() is None:
        state = backfill_of(services.engine, NAMES[crm])
        if state and state.ended_at is None and state.read > before:
            child.send_signal(signal.SIGKILL)
            child.wait()
            return True
        try:
            child.wait(0.02)
        except subprocess.TimeoutExpired:
            continue
    return False
