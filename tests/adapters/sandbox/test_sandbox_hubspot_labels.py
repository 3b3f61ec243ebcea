"""Association labels of a portal's own: made, used both ways, taken off, and gone."""

from typing import Any

import pytest

from tests.adapters.sandbox.hubspot_sandbox import Portal

LABELS = "/crm/v4/associations/contacts/companies/labels"


def made(hub: Portal, **more: str) -> list[dict[str, Any]]:
    answer = hub.call("POST", LABELS, {"name": "boss", "label": "Boss", **more})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def linked(hub: Portal, types: list[int]) -> tuple[str, str]:
    contact = hub.contact(email="ada@x.test")
    (company,) = hub.control.create("hubspot", "companies", [{"name": "Acme"}])
    specs = [{"associationCategory": "USER_DEFINED", "associationTypeId": each} for each in types]
    body = {"inputs": [{"from": {"id": contact}, "to": {"id": company}, "types": specs}]}
    answer = hub.call("POST", "/crm/v4/associations/contacts/companies/batch/create", body)
    assert answer.status_code == 201, answer.text
    return contact, company


def labels(hub: Portal, from_: str, id_: str, to: str) -> list[str]:
    (link,) = hub.call("GET", f"/crm/v4/objects/{from_}/{id_}/associations/{to}").json()["results"]
    return [one["label"] for one in link["associationTypes"] if one["category"] == "USER_DEFINED"]


def test_a_label_has_two_ends(hub: Portal) -> None:
    there, back = made(hub, inverseLabel="Led by")
    assert (there["label"], back["label"], there["category"]) == ("Boss", "Led by", "USER_DEFINED")
    contact, company = linked(hub, [there["typeId"]])
    assert labels(hub, "contacts", contact, "companies") == ["Boss"]
    assert labels(hub, "companies", company, "contacts") == ["Led by"]


def test_taking_a_label_off_keeps_the_link(hub: Portal) -> None:
    there, _ = made(hub)
    contact, company = linked(hub, [279])
    types = [{"associationCategory": "USER_DEFINED", "associationTypeId": there["typeId"]}]
    hub.call("PUT", f"/crm/v4/objects/contacts/{contact}/associations/companies/{company}", types)
    assert labels(hub, "contacts", contact, "companies") == ["Boss"]
    body = {"inputs": [{"from": {"id": contact}, "to": {"id": company}, "types": types}]}
    assert hub.call("POST", "/crm/v4/associations/contacts/companies/batch/labels/archive", body).status_code == 204
    assert labels(hub, "contacts", contact, "companies") == labels(hub, "companies", company, "contacts") == []


def test_renaming_and_removing(hub: Portal) -> None:
    there, back = made(hub)
    assert hub.call("PUT", LABELS, {"associationTypeId": there["typeId"], "label": "Head"}).status_code == 204
    shown = {one["typeId"]: one["label"] for one in hub.call("GET", LABELS).json()["results"]}
    assert (shown[there["typeId"]], back["typeId"] in shown) == ("Head", False)
    assert hub.call("DELETE", f"{LABELS}/{there['typeId']}").status_code == 204
    assert hub.call("DELETE", f"{LABELS}/{there['typeId']}").status_code == 404
    assert [one["typeId"] for one in hub.call("GET", LABELS).json()["results"]] == [279, 1]


@pytest.mark.parametrize("body", [{}, {"name": "boss"}, {"label": "Boss"}, {"name": "BOSS", "label": "Again"}])
def test_what_is_no_label(hub: Portal, body: dict[str, str]) -> None:
    made(hub)
    assert hub.call("POST", LABELS, body).status_code == 400


def test_hubspots_own_types_stay(hub: Portal) -> None:
    assert hub.call("DELETE", f"{LABELS}/279").status_code == 404


def test_a_label_goes_its_own_way_only(hub: Portal) -> None:
    _, back = made(hub)
    contact = hub.contact(email="ada@x.test")
    (company,) = hub.control.create("hubspot", "companies", [{"name": "Acme"}])
    path = f"/crm/v4/objects/contacts/{contact}/associations/companies/{company}"
    wrong = [{"associationCategory": "USER_DEFINED", "associationTypeId": back["typeId"]}]
    assert hub.call("PUT", path, wrong).status_code == 400
