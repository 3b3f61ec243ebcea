"""One person, one decision, one turn: whoever races, whichever CRM sees them first, however often they come."""

import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from connector.demo.portals import POOLS, SALESFORCE, Portals
from connector.hydration import hydrate
from connector.intake import open_deliveries
from connector.pipeline import TRIES, Drain
from connector.recording import Ready, record
from connector.store.dues import Batch, claim
from connector.store.records import known_records
from connector.store.turns import ledger
from connector.wiring import Services
from tests.connector.conftest import Work
from tests.connector.crm_leads import (
    ASKED,
    NAMES,
    add_lead,
    arrive,
    count,
    documents,
    drain,
    edit,
    execute,
    go,
    let_settle,
    output,
    owner_of,
    people,
    rows,
    tasks,
)


def judged(services: Services, crm: str) -> tuple[Batch, Sequence[Ready]]:
    """A batch taken as far as it goes without a lock: matched against who is known now."""
    connection = services.crm(NAMES[crm])
    assert connection
    open_deliveries(services.engine, services.vault, services.receivers, connection)
    batch = claim(services.engine, connection.name, 100)
    known = known_records(services.engine, connection.name, [due.ref for due in batch.dues])
    hydration = hydrate(services.adapter(connection), batch.dues, known)
    return batch, Drain(services, connection)._ready(batch, hydration.leads)


def recorded(services: Services, crm: str, batch: Batch, ready: Sequence[Ready]) -> int:
    connection = services.crm(NAMES[crm])
    assert connection
    return record(services, connection, batch.token, ready)


def nobody_is_left_over(services: Services, persons: int) -> None:
    """Every person has a record and a decision; every packet with a pool took one turn."""
    assert count(services, "person") == persons
    assert rows(services, "SELECT id FROM person WHERE packet_id IS NULL OR id NOT IN (SELECT person_id FROM record)") == []
    taken = Counter(
        (p["decision"]["owner"]["pool"], p["decision"]["owner"]["chosen"])
        for p in documents(services, "packet")
        if p["decision"]["owner"]["pool"]
    )
    held = {(pool, rep): turns for pool, _, rep, turns in ledger(services.engine)}
    assert taken == held


def test_one_person_seen_at_once_in_both_crms_is_decided_once(portals: Portals, services: Services, work: Work) -> None:
    """Both matched before either was recorded: who comes second has lost, and is linked."""
    go(services)
    leads = {crm: add_lead(portals, crm, "nora@acme.example", **ASKED[crm]) for crm in NAMES}
    arrive(portals)
    batches = {crm: judged(services, crm) for crm in NAMES}
    assert [recorded(services, crm, *batches[crm]) for crm in ("salesforce", "hubspot")] == [1, 0]
    work()
    assert len(documents(services, "packet")) == len(documents(services, "reference", NAMES["hubspot"])) == 1
    nobody_is_left_over(services, 1)
    rep = {crm: {id_: email for email, id_ in people(portals, crm).items()}[owner_of(portals, crm, leads[crm])] for crm in NAMES}
    assert rep["salesforce"] == rep["hubspot"]
    assert len(tasks(portals, "salesforce")) + len(tasks(portals, "hubspot")) == 1
    assert output(portals, "hubspot", leads["hubspot"], "duplicate_of") is None


def test_a_second_record_of_a_batch_goes_where_its_first_one_goes(portals: Portals, services: Services, work: Work) -> None:
    """Two leads of one person lose the race together; the second must not become a person of its own."""
    for crm in ("salesforce", "salesforce", "hubspot"):
        add_lead(portals, crm, "nora@acme.example", **ASKED[crm])
    arrive(portals)
    batches = {crm: judged(services, crm) for crm in NAMES}
    assert [recorded(services, crm, *batches[crm]) for crm in ("hubspot", "salesforce")] == [1, 0]
    work()
    assert len(documents(services, "packet")) == 1
    nobody_is_left_over(services, 1)


def test_two_crms_recording_at_once(portals: Portals, services: Services, work: Work) -> None:
    go(services)
    many = 12
    for crm in NAMES:
        for n in range(many):
            add_lead(portals, crm, f"nora{n}@acme.example", **ASKED[crm])
    arrive(portals)
    batches = {crm: judged(services, crm) for crm in NAMES}
    start = threading.Barrier(2)
    done: dict[str, int] = {}

    def run(crm: str) -> None:
        start.wait()
        done[crm] = recorded(services, crm, *batches[crm])

    threads = [threading.Thread(target=run, args=(crm,)) for crm in NAMES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(done.values()) >= many
    work()
    assert len(documents(services, "packet")) == many
    nobody_is_left_over(services, many)
    members = POOLS["closers"]
    for _, _, rep, turns in ledger(services.engine):
        assert abs(turns - many * members[rep] / sum(members.values())) < 1


def test_a_repeat_in_one_batch_is_linked_to_the_first(portals: Portals, services: Services, work: Work) -> None:
    go(services)
    first, second = (add_lead(portals, "salesforce", "nora@acme.example", **ASKED["salesforce"]) for _ in range(2))
    work()
    assert len(documents(services, "packet")) == len(tasks(portals, "salesforce")) == 1
    assert output(portals, "salesforce", second, "duplicate_of") == first
    assert output(portals, "salesforce", first, "duplicate_of") is None
    assert owner_of(portals, "salesforce", first) == owner_of(portals, "salesforce", second)
    for name in ("fit_score", "route", "route_reason"):
        assert output(portals, "salesforce", first, name) == output(portals, "salesforce", second, name)
    nobody_is_left_over(services, 1)


def test_a_duplicate_stays_one_when_its_own_inputs_change(portals: Portals, services: Services, work: Work) -> None:
    first = add_lead(portals, "salesforce", "nora@acme.example")
    work()
    second = add_lead(portals, "salesforce", "nora@acme.example")
    work()
    edit(portals, "salesforce", second, Title="Intern")
    work()
    assert len(documents(services, "packet")) == 2
    assert output(portals, "salesforce", second, "duplicate_of") == first


@pytest.mark.parametrize(
    ("hours", "asks", "decisions"),
    [(25, True, 2), (25, False, 1), (23, True, 1)],
    ids=["asks again the day after", "comes again without asking", "asks again the same day"],
)
def test_when_a_repeat_is_decided_anew(
    portals: Portals, services: Services, work: Work, hours: int, asks: bool, decisions: int
) -> None:
    go(services)
    add_lead(portals, "salesforce", "nora@acme.example", **ASKED["salesforce"])
    work()
    execute(services, "UPDATE person SET decided_at = decided_at - make_interval(hours => :hours)", hours=hours)
    fields: dict[str, Any] = {"hand_raise": "pricing"} if asks else {}
    add_lead(portals, "hubspot", "nora@acme.example", **fields)
    work()
    packets = documents(services, "packet")
    assert len(packets) == decisions
    verdicts = [packet["decision"]["match"]["verdict"] for packet in packets]
    assert verdicts.count("known") == decisions - 1
    nobody_is_left_over(services, 1)


def test_a_later_decision_by_the_same_route_takes_no_second_turn(portals: Portals, services: Services, work: Work) -> None:
    go(services)
    lead = add_lead(portals, "salesforce", "nora@acme.example", **ASKED["salesforce"])
    work()
    edit(portals, "salesforce", lead, Phone="+49 30 901820")
    work()
    first, second = documents(services, "packet")
    assert second["decision"]["route"] == first["decision"]["route"]
    assert second["decision"]["owner"]["why"] == "sticky"
    assert count(services, "turn") == len(tasks(portals, "salesforce")) == 1


def test_all_records_of_a_person_show_the_newest_decision(portals: Portals, services: Services, work: Work) -> None:
    """Two records changed in one batch, a third elsewhere: one statement may not write the third one twice."""
    leads = {crm: [add_lead(portals, crm, "nora@acme.example")] for crm in NAMES}
    work()
    leads["salesforce"].append(add_lead(portals, "salesforce", "nora@acme.example"))
    work()
    portals.sandbox.update_all("salesforce", "Lead", [(id_, {"Title": "Intern"}) for id_ in leads["salesforce"]])
    work()
    let_settle(services)
    work()
    newest = rows(services, "SELECT packet_id FROM person")[0][0]
    shown = rows(services, "SELECT packet_id FROM record WHERE connection <> :sf", sf=SALESFORCE)
    assert shown == [(newest,)]
    assert count(services, "dead_letter") == count(services, "due") == 0
    nobody_is_left_over(services, 1)


def test_keys_of_two_persons_go_to_a_person_and_merge_nobody(portals: Portals, services: Services, work: Work) -> None:
    add_lead(portals, "salesforce", "nora@acme.example")
    add_lead(portals, "salesforce", "nina@acme.example", Phone="+49 30 901820")
    work()
    add_lead(portals, "salesforce", "nora@acme.example", Phone="+49 30 901820")
    work()
    nobody_is_left_over(services, 3)
    last = documents(services, "packet")[-1]["decision"]
    assert (last["match"]["verdict"], last["review_code"]) == ("possible", "POSSIBLE_DUPLICATE")


def test_one_lead_that_the_database_refuses_does_not_hold_up_the_others(portals: Portals, services: Services, work: Work) -> None:
    leads = [add_lead(portals, "salesforce", f"nora{n}@acme.example") for n in range(4)]
    execute(services, "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE check_violation; END'")
    execute(
        services,
        "CREATE TRIGGER refuse BEFORE INSERT ON record FOR EACH ROW "
        f"WHEN (NEW.record_id = '{leads[1]}') EXECUTE FUNCTION refuse()",
    )
    arrive(portals)
    assert drain(services, "salesforce").decided == 3
    for _ in range(TRIES):
        let_settle(services)
        drain(services, "salesforce")
    assert rows(services, "SELECT what, reference FROM dead_letter") == [("record", f"lead/{leads[1]}")]
    assert count(services, "due") == 0
    nobody_is_left_over(services, 3)


def test_a_batch_whose_lease_was_taken_over_records_nothing(portals: Portals, services: Services) -> None:
    add_lead(portals, "salesforce", "nora@acme.example")
    arrive(portals)
    dead = judged(services, "salesforce")
    live = judged(services, "salesforce")
    assert recorded(services, "salesforce", *dead) == 0
    assert count(services, "person") == count(services, "document") == count(services, "outbox") == 0
    assert recorded(services, "salesforce", *live) == 1
    assert recorded(services, "salesforce", *dead) == 0
    assert count(services, "document") == 1
