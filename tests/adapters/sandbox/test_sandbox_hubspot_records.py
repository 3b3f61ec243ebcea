"""One record at a time, by the real SDK and by both generations of paths."""

import re

import pytest
from hubspot.crm.associations.v4 import AssociationSpec
from hubspot.crm.contacts import ApiException, PublicMergeInput, SimplePublicObjectInput, SimplePublicObjectInputForCreate
from hubspot.crm.contacts.exceptions import NotFoundException

from tests.adapters.sandbox.hubspot_sandbox import DATED, V3, Portal, fixture

GENERATIONS = pytest.mark.parametrize("paths", [V3, DATED], ids=["v3", "2026-09"])


def test_create_read_change_delete_with_the_sdk(hub: Portal) -> None:
    api = hub.sdk.crm.contacts.basic_api
    made = api.create(SimplePublicObjectInputForCreate(properties={"email": "Ada@Lovelace.test", "firstname": "Ada"}))
    hub.tick(1)
    changed = api.update(made.id, SimplePublicObjectInput(properties={"firstname": "Augusta"}))
    read = api.get_by_id(made.id, properties=["email", "firstname", "phone", "no_such_property"])

    assert made.properties["email"] == "ada@lovelace.test"
    assert (changed.updated_at - made.created_at).total_seconds() == 1
    assert read.properties == {
        "email": "ada@lovelace.test",
        "firstname": "Augusta",
        "phone": None,
        "hs_object_id": made.id,
        "createdate": "2026-11-22T12:00:00Z",
        "lastmodifieddate": "2026-11-22T12:00:01Z",
    }

    api.archive(made.id)
    with pytest.raises(NotFoundException):
        api.get_by_id(made.id)
    assert api.get_by_id(made.id, archived=True).archived


@GENERATIONS
def test_both_generations_have_the_same_record(hub: Portal, paths: dict[str, str]) -> None:
    made = hub.call("POST", f"{paths['objects']}/contacts", {"properties": {"email": "a@b.test"}})
    assert made.status_code == 201
    assert made.headers["Location"].endswith(made.json()["id"])
    by_email = hub.call("GET", f"{paths['objects']}/0-1/A@B.test?idProperty=email&properties=email")
    assert by_email.json()["properties"]["email"] == "a@b.test"


def test_an_old_date_version_is_not_there(hub: Portal) -> None:
    assert hub.call("GET", "/crm/objects/2025-03/contacts").status_code == 404


def test_nothing_asked_for_gives_the_default_properties(hub: Portal) -> None:
    id_ = hub.contact(email="a@b.test", city="Delft")
    shown = hub.call("GET", f"/crm/v3/objects/contacts/{id_}").json()["properties"]
    assert set(shown) == {"createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"}


def test_a_taken_email_is_a_409_that_hides_the_id_in_its_text(hub: Portal) -> None:
    id_ = hub.contact(email="ada@lovelace.test")
    answer = hub.call("POST", "/crm/v3/objects/contacts", {"properties": {"email": "ADA@lovelace.test"}})
    assert answer.status_code == 409
    assert set(answer.json()) == set(fixture("error__contact_exists"))
    found = re.search(r"Existing ID: (\d+)", answer.json()["message"])
    assert found is not None
    assert found[1] == id_


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("nonsense", "1", "PROPERTY_DOESNT_EXIST"),
        ("hs_analytics_num_visits", "1", "READ_ONLY_VALUE"),
        ("hs_lead_status", "new", "INVALID_OPTION"),
        ("leadline_fit_score", "1,000", "INVALID_LONG"),
        ("leadline_decided_at", "yesterday", "INVALID_DATE"),
        ("email", "not an address", "INVALID_EMAIL"),
        ("hubspot_owner_id", "9000001", "INVALID_OWNER_ID"),
    ],
)
def test_a_bad_value_refuses_the_whole_record(hub: Portal, name: str, value: str, code: str) -> None:
    hub.control.add_people([{"email": "rep@sandbox.test"}])
    id_ = hub.contact(email="a@b.test")
    with pytest.raises(ApiException) as refused:
        hub.sdk.crm.contacts.basic_api.update(id_, SimplePublicObjectInput(properties={name: value, "city": "Delft"}))
    assert refused.value.status == 400
    assert f'"error":"{code}"' in refused.value.body.replace("\\", "")
    assert "city" not in hub.values(id_)


def test_moments_are_taken_in_two_forms_and_shown_in_one(hub: Portal) -> None:
    id_ = hub.contact(email="a@b.test")
    for sent in ("1795348800000", "2026-11-22T12:00:00Z", "2026-11-22T13:00:00.000+01:00"):
        hub.call("PATCH", f"/crm/v3/objects/contacts/{id_}", {"properties": {"hand_raised_at": sent}})
        assert hub.values(id_)["hand_raised_at"] == "2026-11-22T12:00:00Z"


def test_an_empty_string_clears(hub: Portal) -> None:
    id_ = hub.contact(email="a@b.test", city="Delft")
    hub.call("PATCH", f"/crm/v3/objects/contacts/{id_}", {"properties": {"city": ""}})
    assert "city" not in hub.values(id_)


def test_the_lifecycle_moves_forward_only(hub: Portal) -> None:
    id_ = hub.contact(email="a@b.test", lifecyclestage="opportunity")
    for stage, expected in (("lead", "opportunity"), ("customer", "customer"), ("", None), ("lead", "lead")):
        hub.call("PATCH", f"/crm/v3/objects/contacts/{id_}", {"properties": {"lifecyclestage": stage}})
        assert hub.values(id_).get("lifecyclestage") == expected


def test_a_write_that_changes_nothing_leaves_no_trace(hub: Portal) -> None:
    id_ = hub.contact(email="a@b.test", city="Delft")
    before = hub.control.history("hubspot", "contacts", id_)
    hub.tick(5)
    hub.call("PATCH", f"/crm/v3/objects/contacts/{id_}", {"properties": {"city": "Delft"}})
    assert hub.control.history("hubspot", "contacts", id_) == before


def test_history_tells_a_person_from_our_app(hub: Portal) -> None:
    owners = hub.control.add_people([{"email": "a@s.test"}, {"email": "b@s.test"}])["hubspot"]["people"]
    id_ = hub.contact(email="a@b.test", hubspot_owner_id=owners["a@s.test"])
    hub.tick(1)
    hub.call("PATCH", f"/crm/v3/objects/contacts/{id_}", {"properties": {"hubspot_owner_id": owners["b@s.test"]}})
    shown = hub.sdk.crm.contacts.basic_api.get_by_id(id_, properties_with_history=["hubspot_owner_id"])
    past = [(v.value, v.source_type, v.source_id) for v in shown.properties_with_history["hubspot_owner_id"]]
    assert past == [(owners["b@s.test"], "API", "14947001"), (owners["a@s.test"], "CRM_UI", "userId:9000001")]

    journal = hub.control.journal()
    assert [entry["changed"]["hubspot_owner_id"] for entry in journal] == [
        [None, owners["a@s.test"]],
        [owners["a@s.test"], owners["b@s.test"]],
    ]
    assert [entry["source"] for entry in journal] == ["CRM_UI", "API"]


def test_a_merge_makes_a_new_record_that_both_old_ids_resolve_to(hub: Portal) -> None:
    first = hub.contact(email="a@b.test", city="Delft")
    second = hub.contact(email="c@d.test", phone="1")
    merged = hub.sdk.crm.contacts.basic_api.merge(PublicMergeInput(primary_object_id=first, object_id_to_merge=second))
    assert merged.id not in {first, second}
    for id_ in (first, second):
        read = hub.sdk.crm.contacts.basic_api.get_by_id(id_, properties=["email", "city", "phone", "hs_merged_object_ids"])
        assert read.id == merged.id
        assert read.properties["email"] == "a@b.test"
        assert read.properties["phone"] == "1"
        assert set(read.properties["hs_merged_object_ids"].split(";")) == {first, second}
    assert hub.sdk.crm.contacts.basic_api.get_by_id("c@d.test", id_property="email").id == merged.id


def test_a_merged_record_keeps_its_past_and_its_links(hub: Portal) -> None:
    first, second = hub.contact(email="a@b.test", city="Delft"), hub.contact(email="c@d.test")
    (company,) = hub.control.create("hubspot", "companies", [{"name": "Acme"}])
    hub.call("PUT", f"/crm/v4/objects/contacts/{second}/associations/default/companies/{company}")
    hub.control.merge("hubspot", "contacts", first, second)
    read = hub.call("GET", f"/crm/v3/objects/contacts/{first}?propertiesWithHistory=city&associations=companies").json()
    assert [entry["value"] for entry in read["propertiesWithHistory"]["city"]] == ["Delft"]
    assert [link["id"] for link in read["associations"]["companies"]["results"]] == [company]


def test_privacy_deletion_takes_the_values_too(hub: Portal) -> None:
    id_ = hub.contact(email="a@b.test", city="Delft")
    answer = hub.call("POST", "/crm/v3/objects/contacts/gdpr-delete", {"objectId": "a@b.test", "idProperty": "email"})
    assert answer.status_code == 204
    assert not {"email", "city"} & hub.values(id_).keys()
    assert hub.contact(email="a@b.test") != id_


def test_paging_through_all_contacts(hub: Portal) -> None:
    ids = hub.control.create("hubspot", "contacts", [{"email": f"p{i}@b.test"} for i in range(205)])
    listed = hub.sdk.crm.contacts.get_all()
    assert [contact.id for contact in listed] == ids


@GENERATIONS
def test_a_lead_needs_its_primary_contact(hub: Portal, paths: dict[str, str]) -> None:
    contact = hub.contact(email="a@b.test")
    lead = {"properties": {"hs_lead_name": "Ada"}}
    assert hub.call("POST", f"{paths['objects']}/leads", lead).status_code == 400
    link = {"to": {"id": contact}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 578}]}
    made = hub.call("POST", f"{paths['objects']}/leads", {**lead, "associations": [link]})
    assert made.status_code == 201
    linked = hub.call("GET", f"{paths['links']}/leads/{made.json()['id']}/associations/contacts")
    assert [one["toObjectId"] for one in linked.json()["results"]] == [contact]


def test_a_task_with_its_association_is_found_from_the_contact(hub: Portal) -> None:
    contact = hub.contact(email="a@b.test")
    link = {"to": {"id": contact}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 204}]}
    task = {"properties": {"hs_timestamp": "2026-11-22T13:00:00Z", "hs_task_subject": "Call"}, "associations": [link]}
    made = hub.call("POST", "/crm/v3/objects/tasks", task).json()
    linked = hub.sdk.crm.associations.v4.basic_api.get_page("contacts", contact, "tasks")
    assert [one.to_object_id for one in linked.results] == [made["id"]]
    assert [entry["id"] for entry in hub.control.journal()] == [made["id"]]
    assert hub.call("POST", "/crm/v3/objects/tasks", {"properties": {"hs_task_subject": "Call"}}).status_code == 400


def test_association_types_have_a_direction(hub: Portal) -> None:
    contact = hub.contact(email="a@b.test")
    (company,) = hub.control.create("hubspot", "companies", [{"name": "Acme"}])
    api = hub.sdk.crm.associations.v4.basic_api
    wrong = [AssociationSpec(association_category="HUBSPOT_DEFINED", association_type_id=280)]
    right = [AssociationSpec(association_category="HUBSPOT_DEFINED", association_type_id=279)]
    refused = hub.call(
        "PUT", f"/crm/v4/objects/contacts/{contact}/associations/companies/{company}", [s.to_dict() for s in wrong]
    )
    assert refused.status_code == 400
    made = api.create("contacts", contact, "companies", company, right)
    assert (made.from_object_id, made.to_object_id) == (contact, company)
    assert [one.to_object_id for one in api.get_page("companies", company, "contacts").results] == [contact]
    api.archive("contacts", contact, "companies", company)
    assert api.get_page("contacts", contact, "companies").results == []


@pytest.mark.parametrize("prefix", ["/crm/v4/associations", "/crm/associations/2026-09"])
def test_batch_reading_of_associations(hub: Portal, prefix: str) -> None:
    linked, alone = hub.contact(email="a@b.test"), hub.contact(email="c@d.test")
    (company,) = hub.control.create("hubspot", "companies", [{"name": "Acme"}])
    inputs = [{"from": {"id": linked}, "to": {"id": company}}]
    assert hub.call("POST", f"{prefix}/contacts/companies/batch/associate/default", {"inputs": inputs}).status_code == 200
    read = hub.call("POST", f"{prefix}/contacts/companies/batch/read", {"inputs": [{"id": linked}, {"id": alone}]})
    assert read.status_code == 207
    (result,) = read.json()["results"]
    assert (result["from"]["id"], [one["toObjectId"] for one in result["to"]]) == (linked, [company])
    assert read.json()["errors"][0]["subCategory"] == "crm.associations.NO_ASSOCIATIONS_FOUND"


@GENERATIONS
def test_owners_active_and_archived(hub: Portal, paths: dict[str, str]) -> None:
    hub.control.add_people(
        [
            {"email": "rep@sandbox.test", "firstName": "Rep", "lastName": "One"},
            {"email": "gone@sandbox.test", "firstName": "Gone", "lastName": "Two", "active": False},
        ],
        ["Watched queue"],
    )
    active = hub.call("GET", f"{paths['owners']}?limit=1").json()
    assert active["results"] == [fixture("owner__active")]
    following = hub.call("GET", f"{paths['owners']}?limit=1&after={active['paging']['next']['after']}").json()
    assert [owner["type"] for owner in following["results"]] == ["QUEUE"]
    assert hub.call("GET", f"{paths['owners']}/?archived=true").json()["results"] == [fixture("owner__archived")]
    assert hub.call("GET", f"{paths['owners']}/41600001").json() == fixture("owner__active")
