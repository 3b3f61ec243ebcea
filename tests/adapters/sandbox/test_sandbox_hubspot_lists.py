"""Lists, with the SDK and in both generations of paths."""

import pytest
from hubspot.crm.lists import ListCreateRequest, ListSearchRequest
from hubspot.crm.lists.exceptions import ApiException, ForbiddenException, NotFoundException

from tests.adapters.sandbox.hubspot_sandbox import Portal

MANUAL = {"name": "Leadline review", "objectTypeId": "0-1", "processingType": "MANUAL"}
KNOWN = {"filterBranchType": "OR", "filterBranches": [], "filters": [{"filterType": "PROPERTY", "property": "email"}]}


@pytest.mark.parametrize("base", ["/crm/v3/lists", "/crm/lists/2026-09"])
def test_a_static_list_from_birth_to_restoration(hub: Portal, base: str) -> None:
    made = hub.call("POST", base, MANUAL)
    assert made.status_code == 200
    list_ = made.json()["list"]
    assert (list_["name"], list_["processingStatus"]) == ("Leadline review", "COMPLETE")
    by_name = hub.call("GET", f"{base}/object-type-id/0-1/name/leadline%20review").json()["list"]
    assert (by_name["listId"], by_name["size"]) == (list_["listId"], 0)
    again = hub.call("POST", base, MANUAL)
    assert (again.status_code, again.json()["subCategory"]) == (400, "ILS.DUPLICATE_LIST_NAMES")
    one = f"{base}/{list_['listId']}"
    assert hub.call("PUT", f"{one}/update-list-name?listName=Review").json()["updatedList"]["listVersion"] == 2
    assert hub.call("DELETE", one).status_code == 204
    assert hub.call("GET", one).status_code == 404
    assert hub.call("PUT", f"{one}/restore").status_code == 204
    assert hub.call("GET", one).json()["list"]["name"] == "Review"


def test_members_come_and_go_and_strangers_are_named(hub: Portal) -> None:
    ada, bob = hub.contact(email="ada@b.test"), hub.contact(email="bob@b.test")
    api, members = hub.sdk.crm.lists.lists_api, hub.sdk.crm.lists.memberships_api
    id_ = api.create(ListCreateRequest(name="Ours", object_type_id="0-1", processing_type="MANUAL")).list.list_id
    added = members.add(id_, [ada, bob, "404"])
    assert (added.records_ids_added, added.record_ids_missing) == ([ada, bob], ["404"])
    assert members.add(id_, [ada]).records_ids_added == []
    assert [one.record_id for one in members.get_page(id_).results] == [ada, bob]
    assert [one.list_id for one in members.get_lists("0-1", ada).results] == [id_]
    assert api.get_by_id(id_).list.size == 2
    exchanged = hub.call(
        "PUT", f"/crm/v3/lists/{id_}/memberships/add-and-remove", {"recordIdsToRemove": [bob], "recordIdsToAdd": []}
    )
    assert exchanged.json()["recordIdsRemoved"] == [bob]
    members.remove_all(id_)
    assert members.get_page(id_).results == []


def test_pages_of_members(hub: Portal) -> None:
    ids = hub.control.create("hubspot", "contacts", [{"email": f"{n}@b.test"} for n in range(5)])
    id_ = hub.call("POST", "/crm/v3/lists", MANUAL).json()["list"]["listId"]
    hub.call("PUT", f"/crm/v3/lists/{id_}/memberships/add", ids)
    first = hub.call("GET", f"/crm/v3/lists/{id_}/memberships?limit=3").json()
    rest = hub.call("GET", f"/crm/v3/lists/{id_}/memberships?limit=3&after={first['paging']['next']['after']}").json()
    assert [one["recordId"] for one in first["results"] + rest["results"]] == ids
    assert "paging" not in rest


def test_a_dynamic_list_takes_filters_and_no_members(hub: Portal) -> None:
    wanted = {**MANUAL, "processingType": "DYNAMIC"}
    assert hub.call("POST", "/crm/v3/lists", wanted).status_code == 400
    id_ = hub.call("POST", "/crm/v3/lists", {**wanted, "filterBranch": KNOWN}).json()["list"]["listId"]
    assert "filterBranch" not in hub.call("GET", f"/crm/v3/lists/{id_}").json()["list"]
    assert hub.call("GET", f"/crm/v3/lists/{id_}?includeFilters=true").json()["list"]["filterBranch"] == KNOWN
    assert hub.call("PUT", f"/crm/v3/lists/{id_}/memberships/add", []).status_code == 400


def test_members_in_the_order_in_which_they_joined(hub: Portal) -> None:
    id_ = hub.call("POST", "/crm/v3/lists", MANUAL).json()["list"]["listId"]
    contacts = [hub.contact(email=f"c{number}@x.test") for number in range(3)]
    for contact in reversed(contacts):
        hub.call("PUT", f"/crm/v3/lists/{id_}/memberships/add", [contact])
        hub.tick(1)
    found, after = [], ""
    while after is not None:
        page = hub.sdk.crm.lists.memberships_api.get_page_ordered_by_added_to_list_date(id_, limit=2, after=after or None)
        found += [one.record_id for one in page.results]
        after = page.paging.next.after if page.paging else None
    assert found == contacts[::-1]


def test_a_search_by_name_and_type(hub: Portal) -> None:
    api = hub.sdk.crm.lists.lists_api
    for name in ("One", "Two", "Twofold"):
        api.create(ListCreateRequest(name=name, object_type_id="0-1", processing_type="MANUAL"))
    found = api.do_search(ListSearchRequest(query="two", processing_types=["MANUAL"], count=1))
    assert ([one.name for one in found.lists], found.total, found.has_more) == (["Two"], 2, True)
    assert found.lists[0].additional_properties == {"hs_list_size": "0"}
    assert api.do_search(ListSearchRequest(processing_types=["DYNAMIC"])).total == 0


def test_bad_input_and_missing_scopes_are_the_vendors(hub: Portal) -> None:
    api = hub.sdk.crm.lists.lists_api
    with pytest.raises(NotFoundException):
        api.get_by_id("404")
    with pytest.raises(ApiException) as wrong:
        api.create(ListCreateRequest(name="x", object_type_id="0-1", processing_type="STATIC"))
    assert wrong.value.status == 400
    id_ = hub.call("POST", "/crm/v3/lists", MANUAL).json()["list"]["listId"]
    assert hub.call("PUT", f"/crm/v3/lists/{id_}/memberships/add", {"ids": ["1"]}).status_code == 400
    hub.control.command("hubspot", "tokens", token="pat-na1-poor", scopes="crm.lists.read")
    hub.token = "pat-na1-poor"
    assert hub.call("GET", f"/crm/v3/lists/{id_}").status_code == 200
    with pytest.raises(ForbiddenException):
        hub.sdk.crm.lists.lists_api.remove(id_)
