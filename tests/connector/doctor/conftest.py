"""Both CRMs connected, installed and healthy; and a doctor to ask."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from connector import jobs
from connector.clock import Clock
from connector.demo.portals import HUBSPOT, SALESFORCE, Portals
from connector.doctor.examination import examine
from connector.doctor.finding import Finding
from connector.installing import apply
from connector.store.connections import CrmConnection, put_connection
from connector.store.engine import transact
from connector.wiring import Services

Doctor = Callable[[], Sequence[Finding]]

REVIEWER = "hana@leadline.example"


def crm_of(services: Services, name: str) -> CrmConnection:
    services.refresh()
    found = services.crm(name)
    assert found
    return found


def put(services: Services, crm: CrmConnection) -> None:
    transact(services.engine, lambda session: put_connection(session, services.vault, crm))
    services.refresh()


def alive(services: Services) -> None:
    """A clock that ticked, and a worker that took the job it rang for."""
    Clock(services).tick()
    jobs.start(services)
    jobs.beat("worker")


@pytest.fixture
def healthy(portals: Portals, services: Services) -> Portals:
    """Installed through the product's own installation, with HubSpot's app told of its webhooks by API."""
    settings = portals.sandbox.settings("hubspot", search_lag_ms=0, limits=False)
    portals.sandbox.remove_targets()
    crm = crm_of(services, HUBSPOT)
    put(services, replace(crm, credentials={**crm.credentials, "developer_key": settings["developer_key"]}))
    for name in (SALESFORCE, HUBSPOT):
        apply(services, crm_of(services, name), lambda _: None)
    alive(services)
    return portals


@pytest.fixture
def doctor(services: Services) -> Doctor:
    """Everything that is not well, of the whole installation."""

    def ask() -> Sequence[Finding]:
        services.refresh()
        groups = examine(services, list(services.connections().values()))
        return [one for group in groups for one in group.findings if one.state != "ok"]

    return ask
