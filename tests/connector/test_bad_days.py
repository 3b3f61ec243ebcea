"""Bad days of backfill and sweep: the store's disk is full, the two clocks disagree, the API version is gone. Each ends in one
sentence, nothing is lost, and once the day is over it goes on from where it stopped.
"""

import pytest

from adapters.errors import CallOperator
from connector.cli.failures import said
from connector.demo.portals import Portals
from connector.store.backfills import backfill_of
from connector.store.engine import StoreFullError
from connector.store.sweeps import sweep_of
from connector.sweeping import FIRST_SECONDS, sweep_now
from connector.wiring import Services
from tests.connector.conftest import Work
from tests.connector.crm_leads import (
    NAMES,
    add_lead,
    count,
    crm_of,
    execute,
    output,
    rows,
)
from tests.connector.test_backfilling import fill, past

CRMS = pytest.mark.parametrize("crm", ["salesforce", "hubspot"])


@pytest.fixture
def deaf(portals: Portals) -> Portals:
    """No webhook reaches us, and search shows everything at once."""
    portals.sandbox.remove_targets()
    portals.sandbox.settings("hubspot", search_lag_ms=0, limits=False)
    return portals


# --- the store's disk is full


def fill_disk(services: Services, table: str, after: int) -> None:
    """PostgreSQL says that there is no room, with its own code, for each row of `table` beyond so many."""
    execute(
        services,
        f"""
        CREATE FUNCTION no_room() RETURNS trigger AS $$ BEGIN
            IF (SELECT count(*) FROM {table}) >= {after} THEN
                RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full';
            END IF;
            RETURN NEW;
        END $$ LANGUAGE plpgsql
        """,  # noqa: S608 - a table's name and a number
    )
    execute(services, f"CREATE TRIGGER no_room BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION no_room()")


def make_room(services: Services) -> None:
    execute(services, "DROP FUNCTION no_room CASCADE")


@CRMS
def test_a_backfill_stops_where_the_disk_is_full_and_goes_on_once_there_is_room(
    deaf: Portals, services: Services, crm: str
) -> None:
    ids = past(deaf, crm, 45)
    fill_disk(services, "indexed_record", 25)
    with pytest.raises(StoreFullError) as told:
        fill(services, crm, page=10)
    assert said(told.value) == str(told.value)
    assert "disk is full" in str(told.value)
    state = backfill_of(services.engine, NAMES[crm])
    assert state
    assert (state.read, state.indexed, state.ended_at) == (20, 20, None)
    assert count(services, "record") == count(services, "indexed_record") == 20, "the page that found no room left nothing"
    make_room(services)
    state = fill(services, crm, page=10)
    assert (state.read, state.indexed, bool(state.ended_at)) == (45, 45, True)
    assert {row.record_id for row in rows(services, "SELECT record_id FROM indexed_record")} == set(ids)


@CRMS
def test_a_sweep_moves_no_mark_while_the_disk_is_full(deaf: Portals, services: Services, work: Work, crm: str) -> None:
    connection = crm_of(services, crm)
    sweep_now(services, connection, services.adapter(connection))
    before = sweep_of(services.engine, NAMES[crm], FIRST_SECONDS).streams
    id_ = add_lead(deaf, crm, "nora@acme.test")
    fill_disk(services, "due", 0)
    with pytest.raises(StoreFullError):
        sweep_now(services, connection, services.adapter(connection))
    after = sweep_of(services.engine, NAMES[crm], FIRST_SECONDS).streams
    assert {name: one.seen_to for name, one in after.items()} == {name: one.seen_to for name, one in before.items()}
    make_room(services)
    assert sweep_now(services, connection, services.adapter(connection)).through
    work()
    assert output(deaf, crm, id_, "route")


# --- the API version is gone


def test_a_backfill_and_a_sweep_whose_api_version_is_gone_say_so_and_go_on_with_another(
    deaf: Portals, services: Services, work: Work
) -> None:
    past(deaf, "salesforce", 12)
    connection = crm_of(services, "salesforce")
    id_ = add_lead(deaf, "salesforce", "nora@acme.test")
    deaf.sandbox.settings("salesforce", oldest_version="v68.0")
    with pytest.raises(CallOperator, match="API version of this connection is gone"):
        fill(services, "salesforce", page=5)
    found = sweep_now(services, connection, services.adapter(connection))
    assert (found.through, "API version of this connection is gone" in found.problem) == (False, True)
    deaf.sandbox.settings("salesforce", oldest_version="v31.0")
    assert fill(services, "salesforce", page=5).indexed == 12
    assert sweep_now(services, connection, services.adapter(connection)).through
    work()
    assert output(deaf, "salesforce", id_, "route")
