"""Transactions on a real PostgreSQL: run again where that is safe, and refused in words without values."""

import threading

import pytest
from sqlalchemy import text

from connector.store.engine import Session, StoreRefusedError, StoreUnavailableError, open_engine, transact
from connector.wiring import Services
from tests.connector.crm_leads import execute, rows


@pytest.fixture
def counters(services: Services) -> Services:
    execute(services, "CREATE TABLE counter (name text PRIMARY KEY, value int CHECK (value < 100))")
    execute(services, "INSERT INTO counter VALUES ('a', 0), ('b', 0)")
    return services


def add(session: Session, name: str) -> None:
    session.execute(text("UPDATE counter SET value = value + 1 WHERE name = :name"), {"name": name})


def values(services: Services) -> list[int]:
    return [row[0] for row in rows(services, "SELECT value FROM counter ORDER BY name")]


def test_two_that_lock_each_other_out_both_come_through(counters: Services) -> None:
    met = threading.Barrier(2)
    tries: list[str] = []

    def crossing(first: str, second: str) -> None:
        def work(session: Session) -> None:
            tries.append(first)
            add(session, first)
            if len(tries) <= 2:
                met.wait(20)
            add(session, second)

        transact(counters.engine, work)

    threads = [threading.Thread(target=crossing, args=pair) for pair in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert values(counters) == [2, 2]
    assert len(tries) > 2, "one of the two was the victim"


def test_a_session_that_is_killed_is_replaced_and_the_work_done_once(counters: Services) -> None:
    tries: list[int] = []

    def work(session: Session) -> None:
        tries.append(session.execute(text("SELECT pg_backend_pid()")).scalar_one())
        add(session, "a")
        if len(tries) == 1:
            execute(counters, "SELECT pg_terminate_backend(:pid)", pid=tries[0])
        add(session, "b")

    transact(counters.engine, work)
    assert values(counters) == [1, 1]
    assert len(set(tries)) == 2


def test_what_the_database_refuses_is_said_without_values(counters: Services) -> None:
    with pytest.raises(StoreRefusedError) as refused:
        transact(counters.engine, lambda session: session.execute(text("UPDATE counter SET value = 4711 WHERE name = 'a'")))
    assert "CheckViolation" in str(refused.value)
    assert "4711" not in str(refused.value)
    assert values(counters) == [0, 0]


def test_an_error_of_our_own_rolls_back_and_is_not_tried_again(counters: Services) -> None:
    tries = []

    def work(session: Session) -> None:
        tries.append(1)
        add(session, "a")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        transact(counters.engine, work)
    assert (tries, values(counters)) == ([1], [0, 0])


def test_a_database_that_is_not_there_is_said_so() -> None:
    nowhere = open_engine("postgresql://postgres@/postgres?host=/nowhere")
    with pytest.raises(StoreUnavailableError):
        transact(nowhere, lambda session: add(session, "a"))
