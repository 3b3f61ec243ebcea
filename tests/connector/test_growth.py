"""However large the mirror, a sweep and a drain find what they need by an index: no big table is walked through for them."""

import pytest

from connector.bench.town import HOUSE
from connector.clock import Clock
from connector.demo.portals import Portals
from connector.store.bulk import BIG, analyse, put_many, rows_read
from connector.sweeping import sweep_now
from connector.wiring import Services
from tests.connector.conftest import Work
from tests.connector.crm_leads import ASKED, NAMES, add_lead, count, crm_of, edit, go, output
from tests.connector.test_backfilling import fill, past
from tests.connector.test_sweeping import TITLE

CRMS = pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
MANY = 40_000


@CRMS
def test_no_big_table_is_walked_through(portals: Portals, services: Services, work: Work, crm: str) -> None:
    go(services)
    portals.sandbox.remove_targets()
    portals.sandbox.settings("hubspot", search_lag_ms=0, limits=False)
    known = past(portals, crm, 10)
    fill(services, crm)
    put_many(services.engine, NAMES[crm], HOUSE[crm], "9z", 1, MANY, seed=1)  # type: ignore[index]
    analyse(services.engine)
    assert count(services, "record") == count(services, "person") == MANY + 10
    before = rows_read(services.engine)
    for id_ in known:
        edit(portals, crm, id_, **TITLE[crm])
    fresh = [add_lead(portals, crm, f"new{n}@acme{n}.test", **ASKED[crm]) for n in range(5)]
    connection = crm_of(services, crm)
    assert sweep_now(services, connection, services.adapter(connection)).through
    work()
    Clock(services).tick()
    assert all(output(portals, crm, id_, "route") for id_ in fresh)
    after = rows_read(services.engine)
    assert {table: after[table][0] - before[table][0] for table in BIG} == dict.fromkeys(BIG, 0)
    assert sum(after[table][1] - before[table][1] for table in BIG) < MANY
