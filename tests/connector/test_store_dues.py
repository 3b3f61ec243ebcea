"""Due records: a version for every event, a lease for every batch, and nothing committed by whoever lost it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from adapters.records import RecordRef
from connector.store.dues import (
    Batch,
    NewEvent,
    add_events,
    backlog,
    claim,
    connections_with_work,
    finish,
    give_back,
    make_due,
    prune_events,
    still_held,
)
from connector.store.engine import transact
from connector.store.schema import connection
from connector.wiring import Services
from tests.connector.crm_leads import count, execute, rows

NAME = "acme"
AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def make(services: Services, *ids: str, at: datetime = AT) -> None:
    transact(services.engine, lambda session: make_due(session, NAME, [("lead", id_, at) for id_ in ids]))


def take(services: Services, limit: int = 100) -> Batch:
    return claim(services.engine, NAME, limit)


def done(services: Services, batch: Batch) -> None:
    transact(services.engine, lambda session: finish(session, NAME, batch.token, batch.dues))


def back(services: Services, batch: Batch, wait: float = 0.0, *, pardon: bool = False) -> None:
    refs = [due.ref for due in batch.dues]
    transact(services.engine, lambda session: give_back(session, NAME, batch.token, refs, wait, pardon=pardon))


def held(services: Services, batch: Batch) -> frozenset[RecordRef]:
    refs = [due.ref for due in batch.dues]
    return transact(services.engine, lambda session: still_held(session, NAME, batch.token, refs))


def ids(batch: Batch) -> Sequence[str]:
    return [due.ref.id for due in batch.dues]


def test_what_is_decided_is_off_the_list(services: Services) -> None:
    make(services, "a", "b")
    batch = take(services)
    assert ids(batch) == ["a", "b"]
    done(services, batch)
    assert backlog(services.engine, NAME) == 0


def test_an_event_during_the_work_leaves_the_record_due(services: Services) -> None:
    make(services, "a", "b")
    batch = take(services)
    make(services, "a", at=AT + timedelta(minutes=1))
    done(services, batch)
    again = take(services)
    assert [(due.ref.id, due.version, due.attempts) for due in again.dues] == [("a", 2, 1)]
    done(services, again)
    assert backlog(services.engine, NAME) == 0


def test_a_dead_drains_lease_is_taken_over_and_commits_nothing(services: Services) -> None:
    make(services, "a", "b")
    dead = take(services)
    live = take(services)
    assert ids(live) == ["a", "b"]
    assert held(services, dead) == frozenset()
    assert len(held(services, live)) == 2
    done(services, dead)
    back(services, dead, 999.0)
    assert backlog(services.engine, NAME) == 2
    assert len(held(services, live)) == 2
    done(services, live)
    assert backlog(services.engine, NAME) == 0


def test_what_is_given_back_waits_its_time(services: Services) -> None:
    make(services, "a")
    back(services, take(services), 60.0)
    assert ids(take(services)) == []
    execute(services, "UPDATE due SET not_before = clock_timestamp()")
    assert [due.attempts for due in take(services).dues] == [2]


def test_a_pardoned_try_does_not_count(services: Services) -> None:
    make(services, "a")
    for _ in range(3):
        back(services, take(services), pardon=True)
    assert [due.attempts for due in take(services).dues] == [1]


def test_a_new_event_is_worth_a_new_try_at_once(services: Services) -> None:
    make(services, "a")
    back(services, take(services), 600.0)
    make(services, "a")
    assert [(due.version, due.attempts) for due in take(services).dues] == [(2, 1)]


def test_the_earliest_moment_since_the_last_decision_is_kept(services: Services) -> None:
    for minutes in (5, -5, 0):
        make(services, "a", at=AT + timedelta(minutes=minutes))
    [due] = take(services).dues
    assert due.source_at == AT - timedelta(minutes=5)


def test_a_batch_is_no_larger_than_asked_and_the_longest_waiting_come_first(services: Services) -> None:
    for id_ in "cab":
        make(services, id_)
    first = take(services, 2)
    assert ids(first) == ["a", "c"]
    done(services, first)
    assert ids(take(services, 2)) == ["b"]


def cold(services: Services, *ids: str) -> None:
    """Records that were decided, and not as hot ones, have news."""
    for id_ in ids:
        columns = "connection, object, record_id, packet_id"
        execute(services, f"INSERT INTO record ({columns}) VALUES (:c, 'lead', :id, gen_random_uuid())", c=NAME, id=id_)  # noqa: S608
    make(services, *ids)


def test_a_new_lead_does_not_wait_behind_news_of_cold_ones(services: Services) -> None:
    """And a fifth of every batch is theirs all the same."""
    cold(services, *(f"old{number:02}" for number in range(20)))
    make(services, *(f"new{number}" for number in range(6)))
    first = ids(take(services, 5))
    assert [id_[:3] for id_ in first].count("new") == 4


def test_a_batch_is_filled_with_what_there_is(services: Services) -> None:
    cold(services, *(f"old{number:02}" for number in range(20)))
    make(services, "new")
    first = ids(take(services, 5))
    assert len(first) == 5
    assert "new" in first


def test_a_lead_that_was_hot_when_it_was_decided_comes_first_again(services: Services) -> None:
    cold(services, "a", "b", "c")
    execute(services, "UPDATE record SET hot = true WHERE record_id = 'c'")
    make(services, "c")
    assert "c" in ids(take(services, 2))


def test_one_record_told_of_twice_at_once_is_due_once(services: Services) -> None:
    later = AT + timedelta(minutes=5)
    transact(services.engine, lambda session: make_due(session, NAME, [("lead", "a", later), ("lead", "a", AT)]))
    [due] = take(services).dues
    assert due.source_at == AT


def test_other_connections_are_other_work(services: Services) -> None:
    make(services, "a")
    assert claim(services.engine, "other", 10).dues == []


def test_events_are_new_once(services: Services) -> None:
    one = NewEvent(b"1" * 16, 1, RecordRef(NAME, "lead", "a"), "created", AT)
    ignored = NewEvent(b"2" * 16, 1, RecordRef(NAME, "contact", "b"), "ignored", AT)
    assert transact(services.engine, lambda session: add_events(session, NAME, [one, ignored])) == 2
    assert transact(services.engine, lambda session: add_events(session, NAME, [one, ignored])) == 0
    assert ids(take(services)) == ["a"]


@pytest.mark.parametrize(("days", "left"), [(30, 1), (1, 0)])
def test_old_events_are_pruned(services: Services, days: int, left: int) -> None:
    one = NewEvent(b"1" * 16, 1, RecordRef(NAME, "lead", "a"), "created", AT)
    transact(services.engine, lambda session: add_events(session, NAME, [one]))
    execute(services, "UPDATE event SET opened_at = opened_at - interval '2 days'")
    transact(services.engine, lambda session: prune_events(session, days))
    assert count(services, "event") == left


def test_a_failure_in_the_same_transaction_takes_nothing_off_the_list(services: Services) -> None:
    make(services, "a")
    batch = take(services)

    def work(session: object) -> None:
        finish(session, NAME, batch.token, batch.dues)  # type: ignore[arg-type]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        transact(services.engine, work)
    assert backlog(services.engine, NAME) == 1


def test_the_clock_sees_only_what_may_be_done_now(services: Services) -> None:
    columns = {"name": NAME, "kind": "hubspot", "account": "1", "base_url": "", "api": "", "mapping": {}, "sealed": b""}
    transact(services.engine, lambda session: session.execute(insert(connection).values(columns)))
    assert connections_with_work(services.engine) == []
    make(services, "a")
    assert connections_with_work(services.engine) == [NAME]
    back(services, take(services), 600.0)
    assert connections_with_work(services.engine) == []
    assert rows(services, "SELECT count(*) FROM due") == [(1,)]
