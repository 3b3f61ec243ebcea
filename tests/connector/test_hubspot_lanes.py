"""Nurture and disqualified in HubSpot: contacts join a static list, live only, once, and leave it when somebody gets them."""

from collections.abc import Sequence

import pytest
import requests

from adapters.records import Change, Outcome
from connector.demo.portals import HUBSPOT, Portals
from connector.installing import apply
from connector.wiring import Services
from tests.connector.conftest import Work
from tests.connector.crm_leads import (
    add_lead,
    arrive,
    deliver,
    drain,
    edit,
    execute,
    go,
    just_now,
    output,
    owner_of,
    owners_we_set,
    people,
    rows,
)

LANE = "Leadline Disqualified"
COMPETITOR = {"relationship": "competitor"}


@pytest.fixture(autouse=True)
def installed(portals: Portals, services: Services) -> None:
    """Leadline's lists, in place of the sandbox's owners of type QUEUE."""
    portals.sandbox.settings("hubspot", search_lag_ms=0, limits=False)
    crm = services.crm(HUBSPOT)
    assert crm
    apply(services, crm, lambda _: None)
    lanes_only(services)


def hubspot(portals: Portals, method: str, path: str) -> requests.Response:
    headers = {"Authorization": "Bearer pat-na1-test"}
    return requests.request(method, portals.sandbox.url + path, headers=headers, timeout=10)


def lane_id(portals: Portals, name: str = LANE) -> str:
    return str(hubspot(portals, "GET", f"/crm/v3/lists/object-type-id/0-1/name/{name}").json()["list"]["listId"])


def members(portals: Portals, name: str = LANE) -> list[str]:
    found = hubspot(portals, "GET", f"/crm/v3/lists/{lane_id(portals, name)}/memberships").json()["results"]
    return [one["recordId"] for one in found]


def lanes_only(services: Services) -> None:
    """The sandbox has owners of type QUEUE by the lanes' names; most portals have none."""
    queues = "DELETE FROM seat WHERE kind = 'queue' AND connection = :name AND owner_id NOT LIKE 'list:%'"
    execute(services, queues, name=HUBSPOT)
    services.refresh()


def test_in_shadow_nobody_joins(portals: Portals, services: Services, work: Work) -> None:
    contact = add_lead(portals, "hubspot", "nora@acme.example", **COMPETITOR)
    work()
    assert output(portals, "hubspot", contact, "route") == "disqualify"
    assert members(portals) == []


def test_a_disqualified_contact_joins_its_lane_once_and_has_no_owner(portals: Portals, services: Services, work: Work) -> None:
    go(services)
    contact = add_lead(portals, "hubspot", "nora@acme.example", **COMPETITOR)
    work()
    assert members(portals) == [contact]
    assert not owner_of_or_none(portals, contact)
    calls = len(owners_we_set(portals, "hubspot", contact))
    edit(portals, "hubspot", contact, jobtitle="Intern")
    work()
    assert members(portals) == [contact]
    assert len(owners_we_set(portals, "hubspot", contact)) == calls


def test_who_gets_an_owner_leaves_the_lane(portals: Portals, services: Services, work: Work) -> None:
    go(services)
    contact = add_lead(portals, "hubspot", "nora@acme.example", **COMPETITOR)
    work()
    edit(portals, "hubspot", contact, relationship="", hand_raise="demo", hand_raised_at=just_now())
    work()
    assert owner_of(portals, "hubspot", contact) in people(portals, "hubspot").values()
    assert members(portals) == []


def test_a_contact_that_a_person_owns_is_left_with_them(portals: Portals, services: Services, work: Work) -> None:
    go(services)
    ada = people(portals, "hubspot")["ada@leadline.example"]
    contact = add_lead(portals, "hubspot", "nora@acme.example", hubspot_owner_id=ada, **COMPETITOR)
    work()
    assert owner_of(portals, "hubspot", contact) == ada
    assert members(portals) == []


def test_a_lane_that_somebody_deleted_is_a_letter_and_the_fields_stand(portals: Portals, services: Services, work: Work) -> None:
    go(services)
    assert hubspot(portals, "DELETE", f"/crm/v3/lists/{lane_id(portals)}").status_code == 204
    contact = add_lead(portals, "hubspot", "nora@acme.example", **COMPETITOR)
    work()
    assert output(portals, "hubspot", contact, "route") == "disqualify"
    ((reason,),) = rows(services, "SELECT reason FROM dead_letter WHERE what = 'write'")
    assert "not the lane" in reason


def owner_of_or_none(portals: Portals, contact: str) -> str | None:
    found = portals.sandbox.read("hubspot", "contacts", [contact])[0]
    assert found
    owner = found["properties"].get("hubspot_owner_id")
    return str(owner) if owner else None


def test_an_owner_that_a_person_set_while_we_sent_the_contact_to_its_lane_comes_back(
    portals: Portals, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    go(services)
    contact = add_lead(portals, "hubspot", "nora@acme.example", **COMPETITOR)
    arrive(portals)
    drain(services, "hubspot")
    ada = people(portals, "hubspot")["ada@leadline.example"]
    adapter = services.adapter(services.connections()[HUBSPOT])
    write = adapter.write

    def after_ada(changes: Sequence[Change]) -> Sequence[Outcome]:
        monkeypatch.setattr(adapter, "write", write)
        edit(portals, "hubspot", contact, hubspot_owner_id=ada)
        return write(changes)

    monkeypatch.setattr(adapter, "write", after_ada)
    deliver(services, "hubspot")
    assert owner_of(portals, "hubspot", contact) == ada
    assert members(portals) == []
