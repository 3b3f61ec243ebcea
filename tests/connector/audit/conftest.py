"""Both CRMs without webhooks, so that nothing but the audit ever calls."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from connector.audit.figures import Audit
from connector.audit.taking import Wish, take
from connector.demo.portals import HUBSPOT, SALESFORCE, Portals
from connector.wiring import Services
from tests.connector.audit.town import NOW, staff

NAMES = {"salesforce": SALESFORCE, "hubspot": HUBSPOT}

Taken = Callable[..., Audit]


@pytest.fixture
def town(portals: Portals) -> Portals:
    portals.sandbox.remove_targets()
    portals.sandbox.settings("hubspot", search_lag_ms=0, limits=False)
    staff(portals)
    return portals


@pytest.fixture
def taken(services: Services, town: Portals) -> Taken:
    """Takes an audit of a CRM as of NOW."""

    def audit(crm: str, *, now: datetime = NOW, told: Any = None, **wish: Any) -> Audit:
        town.sandbox.reset_stats()
        connection = services.crm(NAMES[crm])
        assert connection
        return take(services, connection, Wish(**{"across": False, **wish}), told or (lambda *_: None), now=now)

    return audit
