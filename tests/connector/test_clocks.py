"""The CRMs' clock and ours disagree: a sweep goes by their stamps, so that nothing is missed and nothing done twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.sandbox.sandbox import RunningSandbox, start, wall_clock
from connector.demo.portals import Portals
from connector.sweeping import sweep_now
from connector.wiring import Services
from tests.connector.conftest import Work
from tests.connector.crm_leads import ASKED, add_lead, crm_of, documents, edit, go, output, owners_we_set
from tests.connector.test_sweeping import TITLE

CRMS = pytest.mark.parametrize("crm", ["salesforce", "hubspot"])


@pytest.fixture(params=[-8, 8], ids=["behind", "ahead"])
def sandbox(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[RunningSandbox]:
    """Both CRMs, whose clock is eight minutes off ours."""
    running = start(tmp_path / "sandbox", clock=lambda: wall_clock() + request.param * 60_000)
    yield running
    running.stop()


@CRMS
def test_a_lead_and_its_changes_are_found_and_decided_once(portals: Portals, services: Services, work: Work, crm: str) -> None:
    portals.sandbox.remove_targets()
    portals.sandbox.settings("hubspot", search_lag_ms=0, limits=False)
    go(services)
    connection = crm_of(services, crm)
    sweep_now(services, connection, services.adapter(connection))
    id_ = add_lead(portals, crm, "nora@acme.test", **ASKED[crm])
    for _ in range(3):
        assert sweep_now(services, connection, services.adapter(connection)).through
        work()
    assert output(portals, crm, id_, "route")
    assert len(documents(services, "packet")) == 1
    assert len(owners_we_set(portals, crm, id_)) == 1
    edit(portals, crm, id_, **TITLE[crm])
    for _ in range(3):
        assert sweep_now(services, connection, services.adapter(connection)).through
        work()
    assert len(documents(services, "packet")) == 2
