"""How an audit reads: patient with a CRM that is busy, short of words with one that is not set up, careful with what it asks."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapters.errors import Throttled
from connector.audit.reading import Reader
from connector.demo.portals import Portals
from connector.store.connections import put_connection
from connector.store.engine import transact
from connector.wiring import Services
from tests.connector.audit.conftest import NAMES, Taken
from tests.connector.audit.town import ADA, NOW, TOWN, Act, Made, after, seed

MONTHS = NOW - timedelta(days=90)


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def reader(services: Services, town: Portals, crm: Any, pauses: list[float]) -> Iterator[Reader]:
    connection = services.crm(NAMES[crm])
    assert connection
    with services.measured(connection) as (adapter, _):
        yield Reader(adapter, adapter.history(), lambda *_: None, pauses.append)


@pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
def test_a_busy_crm_is_asked_again(crm: Any, town: Portals, reader: Reader, pauses: list[float]) -> None:
    seed(town, crm, TOWN[:3])
    town.sandbox.add_fault("status", crm=crm, status=503, count=2)
    assert len(reader.read(MONTHS, NOW).created) == 3
    assert len(pauses) == 2
    assert town.sandbox.stats()["writes"] == [one for one in town.sandbox.stats()["writes"] if one["source"] != "API"]


@pytest.mark.parametrize("crm", ["hubspot"])
def test_a_limit_of_the_day_is_not_waited_for(crm: Any, town: Portals, reader: Reader, pauses: list[float]) -> None:
    seed(town, crm, TOWN[:3])
    town.sandbox.settings("hubspot", limits=True, burst=10_000, search_per_second=1_000, daily=3)
    with pytest.raises(Throttled) as raised:
        reader.read(MONTHS, NOW)
    assert raised.value.policy == "daily"
    assert pauses == []


@pytest.mark.parametrize("crm", ["salesforce"])
def test_an_address_is_a_value_and_no_query(crm: Any, town: Portals, reader: Reader) -> None:
    seed(town, crm, [Made("Ohara", 400, email="o'hara@acme.example"), Made("Other", 400, email="other@acme.example")])
    hostile = ["x\\' OR Name != '@acme.example", "x') OR (Name != '@acme.example"]
    assert [lead.values["last_name"] for lead in reader.sharing(["o'hara@acme.example", *hostile])] == ["Ohara"]


@pytest.mark.parametrize("crm", ["salesforce"])
def test_an_opportunity_that_only_a_contact_role_tells_of(crm: Any, town: Portals, reader: Reader) -> None:
    seed(town, crm, [Made("Berg", 5, converted=True), Made("Holm", 4, converted=True)])
    (berg,) = [one for one in town.sandbox.records("salesforce", "Contact") if one["properties"]["LastName"] == "Berg"]
    deals = [{"Name": "A", "CloseDate": "2026-12-31", "IsWon": won} for won in (False, True)]
    roles = [{"OpportunityId": deal, "ContactId": berg["id"]} for deal in town.sandbox.create("salesforce", "Opportunity", deals)]
    town.sandbox.create("salesforce", "OpportunityContactRole", roles)
    material = reader.read(MONTHS, NOW)
    assert material.results is not None
    became = {one.lead.values["last_name"]: material.results[one.ref] for one in material.created}
    assert (became["Berg"].opportunity, became["Berg"].won) == (True, True)
    assert (became["Holm"].opportunity, became["Holm"].won) == (False, False)


@pytest.mark.parametrize("crm", ["salesforce"])
def test_an_org_that_does_not_tell_when_tasks_were_completed_says_so(crm: Any, town: Portals, reader: Reader) -> None:
    seed(town, crm, [Made("Berg", 5, acts=(Act("call", after(minutes=7), ADA),))])
    town.sandbox.settings("salesforce", hidden_fields=["Task.CompletedDateTime"])
    material = reader.read(MONTHS, NOW)
    ((touch,),) = material.touches.values()
    assert touch.at == material.created[0].lead.created_at + timedelta(minutes=7)
    assert any("CompletedDateTime" in remark for remark in material.remarks)


def test_a_crm_in_which_nothing_is_installed(town: Portals, taken: Taken) -> None:
    """None of the fields that an installation or a customer adds is there; the audit stands, and says which are missing."""
    seed(town, "salesforce", TOWN)
    own = {field for field in town.mappings["salesforce"].inputs.values() if field.endswith("__c")}
    ours = set(town.mappings["salesforce"].outputs.values())
    town.sandbox.settings("salesforce", hidden_fields=[f"Lead.{field}" for field in own | ours])
    audit = taken("salesforce")
    fill = audit.figure("fill")
    missing = [part for part in fill.parts if "does not have" in part.about]
    assert fill.values["absent"] == len(missing) > 10
    assert {part.count for part in missing} == {0}
    assert audit.figure("would_routes").values["judged"] > 0


def test_the_other_generation_of_hubspots_paths(services: Services, town: Portals, taken: Taken) -> None:
    seed(town, "hubspot", TOWN[:5])
    connection = services.crm(NAMES["hubspot"])
    assert connection
    dated = replace(connection, api="2026-09")
    transact(services.engine, lambda session: put_connection(session, services.vault, dated))
    services.refresh()
    audit = taken("hubspot")
    assert audit.figure("created").values["records"] == 5
    touched = audit.figure("first_touch").rate
    assert touched
    assert touched.count == 5
    routes = {one["route"] for one in town.sandbox.stats()["calls"] if one["crm"] == "hubspot"}
    assert not [route for route in routes if "/v3/" in route or "/v4/" in route]
