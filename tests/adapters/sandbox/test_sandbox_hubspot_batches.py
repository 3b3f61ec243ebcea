"""Batches: what fails as a whole, what fails alone, and upserts."""

import pytest
from hubspot.crm.contacts import (
    ApiException,
    BatchInputSimplePublicObjectBatchInput,
    BatchInputSimplePublicObjectBatchInputForCreate,
    BatchInputSimplePublicObjectBatchInputUpsert,
    BatchReadInputSimplePublicObjectId,
    SimplePublicObjectBatchInput,
    SimplePublicObjectBatchInputForCreate,
    SimplePublicObjectBatchInputUpsert,
    SimplePublicObjectId,
)

from tests.adapters.sandbox.hubspot_sandbox import DATED, V3, Portal, fixture

CONTACTS = [V3["objects"] + "/contacts", DATED["objects"] + "/contacts"]


def test_reading_a_batch_with_missing_and_merged_ids(hub: Portal) -> None:
    plain = hub.contact(email="a@b.test")
    old = hub.contact(email="c@d.test")
    merged = hub.control.merge("hubspot", "contacts", old, hub.contact(email="e@f.test"))
    wanted = [SimplePublicObjectId(id_) for id_ in (plain, old, "99")]
    request = BatchReadInputSimplePublicObjectId(properties=["email"], properties_with_history=[], inputs=wanted)
    answer = hub.sdk.crm.contacts.batch_api.read(request)
    assert [one.id for one in answer.results] == [plain, merged]
    (error,) = answer.errors
    assert (error.category, error.context) == ("OBJECT_NOT_FOUND", {"ids": ["99"]})


def test_reading_by_email(hub: Portal) -> None:
    id_ = hub.contact(email="a@b.test")
    request = {"idProperty": "email", "properties": ["email"], "inputs": [{"id": "A@b.test"}, {"id": "x@y.test"}]}
    answer = hub.call("POST", f"{CONTACTS[0]}/batch/read", request)
    assert answer.status_code == 207
    assert [one["id"] for one in answer.json()["results"]] == [id_]
    assert answer.json()["errors"][0]["context"] == {"ids": ["x@y.test"]}


@pytest.mark.parametrize("contacts", CONTACTS)
def test_one_bad_record_fails_a_whole_creation(hub: Portal, contacts: str) -> None:
    inputs = [{"properties": {"email": "ada@lovelace.test"}}, {"properties": {"email": "b@b.test", "nonsense": "1"}}]
    answer = hub.call("POST", f"{contacts}/batch/create", {"inputs": inputs})
    assert answer.status_code == 400
    assert "PROPERTY_DOESNT_EXIST" in answer.json()["message"]
    assert list(hub.control.records("hubspot", "contacts")) == []


@pytest.mark.parametrize("contacts", CONTACTS)
def test_with_trace_ids_the_others_go_through(hub: Portal, contacts: str) -> None:
    inputs = [
        {"properties": {"email": "ada@lovelace.test"}, "objectWriteTraceId": "a"},
        {"properties": {"email": "b@b.test", "nonsense": "1"}, "objectWriteTraceId": "b"},
    ]
    answer = hub.call("POST", f"{contacts}/batch/create", {"inputs": inputs})
    assert answer.status_code == 207
    assert answer.json() == fixture("batch_create__one_unknown_property")


def test_trace_ids_must_be_unique_to_count(hub: Portal) -> None:
    inputs = [
        {"properties": {"email": "a@b.test"}, "objectWriteTraceId": "a"},
        {"properties": {"email": "a@b.test"}, "objectWriteTraceId": "a"},
    ]
    assert hub.call("POST", f"{CONTACTS[0]}/batch/create", {"inputs": inputs}).status_code == 409
    assert list(hub.control.records("hubspot", "contacts")) == []


def test_an_update_undoes_itself_when_one_value_is_bad(hub: Portal) -> None:
    first, second = hub.contact(email="a@b.test"), hub.contact(email="c@d.test")
    update = BatchInputSimplePublicObjectBatchInput(
        [
            SimplePublicObjectBatchInput(id=first, properties={"leadline_grade": "A1"}),
            SimplePublicObjectBatchInput(id=second, properties={"leadline_confidence": "Enormous"}),
        ]
    )
    with pytest.raises(ApiException, match="INVALID_OPTION"):
        hub.sdk.crm.contacts.batch_api.update(update)
    assert "leadline_grade" not in hub.values(first)
    assert len(hub.control.history("hubspot", "contacts", first)) == 1


def test_an_update_of_a_missing_id_is_a_207(hub: Portal) -> None:
    id_ = hub.contact(email="a@b.test")
    inputs = [{"id": id_, "properties": {"city": "Delft"}}, {"id": "99", "properties": {"city": "Delft"}}]
    answer = hub.call("POST", f"{CONTACTS[1]}/batch/update", {"inputs": inputs})
    assert answer.status_code == 207
    assert [one["id"] for one in answer.json()["results"]] == [id_]
    assert answer.json()["errors"][0]["category"] == "OBJECT_NOT_FOUND"


def test_a_batch_has_at_most_a_hundred_inputs(hub: Portal) -> None:
    inputs = [{"id": str(number)} for number in range(101)]
    assert hub.call("POST", f"{CONTACTS[0]}/batch/read", {"inputs": inputs}).status_code == 400
    assert hub.call("POST", f"{CONTACTS[0]}/batch/read", {"inputs": inputs[:100]}).status_code == 207
    assert hub.call("POST", f"{CONTACTS[0]}/batch/read", {"inputs": []}).status_code == 400


def test_upsert_by_email_says_what_is_new(hub: Portal) -> None:
    id_ = hub.contact(email="a@b.test")
    request = BatchInputSimplePublicObjectBatchInputUpsert(
        [
            SimplePublicObjectBatchInputUpsert(id="A@b.test", id_property="email", properties={"city": "Delft"}),
            SimplePublicObjectBatchInputUpsert(id="new@b.test", id_property="email", properties={"city": "Ghent"}),
        ]
    )
    results = hub.sdk.crm.contacts.batch_api.upsert(request).results
    assert [one.new for one in results] == [False, True]
    assert results[0].id == id_
    assert hub.values(results[1].id)["email"] == "new@b.test"


def test_upsert_by_our_own_unique_key(hub: Portal) -> None:
    inputs = [{"id": "k1", "idProperty": "leadline_key", "properties": {"email": "a@b.test"}}]
    first = hub.call("POST", f"{CONTACTS[0]}/batch/upsert", {"inputs": inputs}).json()["results"]
    again = hub.call("POST", f"{CONTACTS[0]}/batch/upsert", {"inputs": inputs}).json()["results"]
    assert (first[0]["id"], first[0]["new"], again[0]["new"]) == (again[0]["id"], True, False)
    taken = hub.call("POST", CONTACTS[0], {"properties": {"email": "c@d.test", "leadline_key": "k1"}})
    assert taken.status_code == 400
    assert "CONFLICTING_UNIQUE_VALUE" in taken.json()["message"]


def test_two_upserts_of_one_email_fail_as_a_whole(hub: Portal) -> None:
    inputs = [{"id": email, "idProperty": "email", "properties": {}} for email in ("a@b.test", "A@b.test")]
    assert hub.call("POST", f"{CONTACTS[0]}/batch/upsert", {"inputs": inputs}).status_code == 409


def test_an_upsert_needs_a_unique_property(hub: Portal) -> None:
    inputs = [{"id": "Delft", "idProperty": "city", "properties": {}}]
    assert hub.call("POST", f"{CONTACTS[0]}/batch/upsert", {"inputs": inputs}).status_code == 400


def test_creation_and_archiving_with_the_sdk(hub: Portal) -> None:
    made = hub.sdk.crm.contacts.batch_api.create(
        BatchInputSimplePublicObjectBatchInputForCreate(
            [SimplePublicObjectBatchInputForCreate(properties={"email": "a@b.test"}, associations=[])]
        )
    )
    (id_,) = [one.id for one in made.results]
    assert hub.call("POST", f"{CONTACTS[0]}/batch/archive", {"inputs": [{"id": id_}]}).status_code == 204
    assert hub.call("GET", f"{CONTACTS[0]}/{id_}").status_code == 404


@pytest.mark.parametrize("body", ["[]", "{", '{"inputs": "x"}', '{"inputs": [1]}', '{"inputs": [{"properties": []}]}'])
def test_nonsense_is_a_400(hub: Portal, body: str) -> None:
    headers = {"Authorization": "Bearer pat-x"}
    answer = hub.session.post(f"{hub.url}{CONTACTS[0]}/batch/create", data=body, headers=headers, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["category"] == "VALIDATION_ERROR"
