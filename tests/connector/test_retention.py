"""What is kept for a time, and no longer."""

import pytest

from connector.clock import keep_house
from connector.wiring import Services
from tests.connector.crm_leads import count, execute

_TOUCH = "connection, object, record_id, stream, activity_id, kind, by_owner, at"


@pytest.mark.parametrize(("age", "left"), [("23 months", 1), ("25 months", 0)])
def test_a_touch_is_kept_as_long_as_packets(services: Services, age: str, left: int) -> None:
    values = "'acme', 'lead', 'a', 'tasks', '1', 'call', '7', clock_timestamp() - CAST(:age AS interval)"
    execute(services, f"INSERT INTO touch ({_TOUCH}) VALUES ({values})", age=age)  # noqa: S608 - constants
    keep_house(services.engine, delivery_days=30, packet_months=24)
    assert count(services, "touch") == left


@pytest.mark.parametrize(("age", "left"), [("6 days", 1), ("8 days", 0)])
def test_a_birth_is_kept_as_long_as_a_list_may_grow(services: Services, age: str, left: int) -> None:
    columns, moment = "connection, object, record_id, created_by, created_at", "clock_timestamp() - CAST(:age AS interval)"
    execute(services, f"INSERT INTO birth ({columns}) VALUES ('acme', 'lead', 'a', '7', {moment})", age=age)  # noqa: S608
    keep_house(services.engine, delivery_days=30, packet_months=24)
    assert count(services, "birth") == left
