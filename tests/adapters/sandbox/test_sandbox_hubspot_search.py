"""Search: operators, bounds, and that it lags."""

from typing import Any

import pytest
from hubspot.crm.contacts import PublicObjectSearchRequest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sandbox.hubspot_filters import parse_filter
from adapters.sandbox.record import Actor, Record
from tests.adapters.sandbox.hubspot_sandbox import Portal

SEARCH = "/crm/v3/objects/contacts/search"


def found(hub: Portal, *filters: dict[str, Any]) -> list[str]:
    answer = hub.call("POST", SEARCH, {"filterGroups": [{"filters": list(filters)}], "properties": ["city"]})
    assert answer.status_code == 200, answer.text
    return [one["properties"]["city"] for one in answer.json()["results"]]


def where(name: str, operator: str, value: Any = None, **more: Any) -> dict[str, Any]:
    return {"propertyName": name, "operator": operator, **({} if value is None else {"value": value}), **more}


@pytest.fixture
def cities(hub: Portal) -> Portal:
    rows = [
        {"email": "a@b.test", "city": "Delft", "hs_analytics_num_visits": "2", "hs_lead_status": "NEW"},
        {"email": "c@d.test", "city": "Den Haag", "hs_analytics_num_visits": "10", "hand_raised_at": "2026-11-01T00:00:00Z"},
        {"email": "e@f.test", "city": "Ghent"},
    ]
    hub.control.create("hubspot", "contacts", rows)
    return hub


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (where("city", "EQ", "delft"), ["Delft"]),
        (where("city", "NEQ", "delft"), ["Den Haag", "Ghent"]),
        (where("hs_lead_status", "EQ", "new"), []),
        (where("hs_lead_status", "EQ", "NEW"), ["Delft"]),
        (where("hs_analytics_num_visits", "GT", "2"), ["Den Haag"]),
        (where("hs_analytics_num_visits", "LTE", "10"), ["Delft", "Den Haag"]),
        (where("hs_analytics_num_visits", "BETWEEN", "1", highValue="3"), ["Delft"]),
        (where("hand_raised_at", "LT", "1795348800000"), ["Den Haag"]),
        (where("city", "IN", values=["delft", "ghent"]), ["Delft", "Ghent"]),
        (where("city", "IN", values=["Delft"]), []),
        (where("city", "NOT_IN", values=["delft"]), ["Den Haag", "Ghent"]),
        (where("hand_raised_at", "HAS_PROPERTY"), ["Den Haag"]),
        (where("hand_raised_at", "NOT_HAS_PROPERTY"), ["Delft", "Ghent"]),
        (where("city", "CONTAINS_TOKEN", "haag"), ["Den Haag"]),
        (where("city", "CONTAINS_TOKEN", "de*"), ["Delft", "Den Haag"]),
        (where("city", "NOT_CONTAINS_TOKEN", "haag"), ["Delft", "Ghent"]),
    ],
)
def test_operators(cities: Portal, one: dict[str, Any], expected: list[str]) -> None:
    assert found(cities, one) == expected


def test_groups_are_ored_filters_are_anded_and_sorts_sort(cities: Portal) -> None:
    request = PublicObjectSearchRequest(
        filter_groups=[
            {"filters": [where("city", "EQ", "delft"), where("hs_lead_status", "EQ", "NEW")]},
            {"filters": [where("city", "EQ", "ghent")]},
        ],
        sorts=[{"propertyName": "city", "direction": "DESCENDING"}],
        properties=["city"],
        limit=1,
        after=0,
    )
    answer = cities.sdk.crm.contacts.search_api.do_search(request)
    assert (answer.total, answer.results[0].properties["city"], answer.paging.next.after) == (2, "Ghent", "1")


def test_free_text(cities: Portal) -> None:
    assert cities.call("POST", SEARCH, {"query": "C@D"}).json()["total"] == 1


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 201},
        {"limit": 200, "after": "9900"},
        {"filterGroups": [{"filters": []}] * 6},
        {"filterGroups": [{"filters": [where("city", "EQ", "x")] * 7}]},
        {"filterGroups": [{"filters": [where("city", "EQ", "x")] * 5}] * 4},
        {"filterGroups": [{"filters": [where("city", "RESEMBLES", "x")]}]},
        {"filterGroups": [{"filters": [where("nonsense", "EQ", "x")]}]},
        {"filterGroups": [{"filters": [where("hs_analytics_num_visits", "GT", "many")]}]},
        {"sorts": ["city", "email"]},
        {"query": "x" * 3000},
    ],
)
def test_beyond_its_bounds_it_is_a_400(hub: Portal, body: dict[str, Any]) -> None:
    assert hub.call("POST", SEARCH, body).status_code == 400


def test_it_lags_behind_creations_changes_and_deletions(cities: Portal) -> None:
    cities.tick(60)
    cities.control.settings("hubspot", search_lag_ms=5000)
    new = cities.contact(email="g@h.test", city="Breda")
    (delft,) = [
        record["id"] for record in cities.control.records("hubspot", "contacts") if record["properties"]["city"] == "Delft"
    ]
    cities.control.update("hubspot", "contacts", delft, {"city": "Leiden"})
    everything = where("email", "HAS_PROPERTY")

    assert found(cities, everything) == ["Delft", "Den Haag", "Ghent"]
    assert cities.call("GET", f"/crm/v3/objects/contacts/{new}").status_code == 200
    cities.tick(5)
    assert found(cities, everything) == ["Leiden", "Den Haag", "Ghent", "Breda"]
    cities.control.delete("hubspot", "contacts", new)
    assert "Breda" in found(cities, everything)
    cities.tick(5)
    assert "Breda" not in found(cities, everything)


@given(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6))
def test_numbers_compare_by_size_never_as_text(actual: int, asked: int) -> None:
    nobody = Actor("CRM", "")
    record = Record("hubspot", "contacts", "1", {"visits": str(actual)}, 0, 0, nobody, nobody)
    definitions = {"visits": {"type": "number"}}
    for operator, expected in (("LT", actual < asked), ("GTE", actual >= asked), ("EQ", actual == asked)):
        assert parse_filter(where("visits", operator, str(asked)), definitions).matches(record) == expected


def test_pages_by_id_pass_over_what_was_deleted_and_merged(hub: Portal) -> None:
    ids = hub.control.create("hubspot", "contacts", [{"email": f"p{n}@b.test", "city": f"C{n}"} for n in range(9)])
    hub.control.delete("hubspot", "contacts", ids[3])
    fused = hub.control.merge("hubspot", "contacts", ids[5], ids[6])
    pages: list[list[str]] = []
    totals, last = [], ids[0]
    while not pages or pages[-1]:
        sort = {"propertyName": "hs_object_id", "direction": "ASCENDING"}
        filters = [where("hs_object_id", "GT", last), where("city", "HAS_PROPERTY")]
        answer = hub.call("POST", SEARCH, {"filterGroups": [{"filters": filters}], "sorts": [sort], "limit": 2}).json()
        pages.append([one["id"] for one in answer["results"]])
        totals.append(answer["total"])
        last = (pages[-1] or [last])[-1]
    assert pages == [[ids[1], ids[2]], [ids[4], ids[7]], [ids[8], fused], []]
    assert totals == [6, 4, 2, 0]
