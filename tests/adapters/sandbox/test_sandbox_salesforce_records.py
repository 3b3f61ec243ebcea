"""One record at a time: what is kept, what is refused, and in which shape."""

from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from adapters.sandbox.salesforce_schema import FieldSpec
from tests.adapters.sandbox.salesforce_sandbox import NOON, SELLER, Sandbox, running

KEY = "Leadline_Key__c"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with running(tmp_path) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """For tests that look at refusals and leave nothing behind."""
    with running(tmp_path_factory.mktemp("shared")) as sandbox:
        yield sandbox


def refusal(answer: Any) -> tuple[int, str]:
    (error,) = answer.json()
    assert set(error) >= {"message", "errorCode"}
    return answer.status_code, error["errorCode"]


def test_create_read_update_delete(sandbox: Sandbox) -> None:
    made = sandbox.call("POST", "sobjects/Lead", json={"LastName": " Byron ", "FirstName": "Ada", "Company": "Acme"})
    assert made.status_code == 201
    id_ = made.json()["id"]
    assert made.json() == {"id": id_, "success": True, "errors": []}
    assert made.headers["Location"] == f"/services/data/v67.0/sobjects/Lead/{id_}"
    assert (len(id_), id_[:3]) == (18, "00Q")
    read = sandbox.call("GET", f"sobjects/Lead/{id_}", params={"fields": "Name,Status,IsConverted,Email,CreatedDate"})
    assert read.json() == {
        "attributes": {"type": "Lead", "url": f"/services/data/v67.0/sobjects/Lead/{id_}"},
        "Name": "Ada Byron",
        "Status": "Open - Not Contacted",
        "IsConverted": False,
        "Email": None,
        "CreatedDate": "2026-11-22T12:00:00.000+0000",
    }
    updated = sandbox.call("PATCH", f"sobjects/Lead/{id_}", json={"Title": "CTO"})
    assert (updated.status_code, updated.content) == (204, b"")
    assert sandbox.call("DELETE", f"sobjects/Lead/{id_}").status_code == 204
    assert refusal(sandbox.call("GET", f"sobjects/Lead/{id_}")) == (404, "ENTITY_IS_DELETED")
    assert refusal(sandbox.call("PATCH", f"sobjects/Lead/{id_}", json={"Title": "x"})) == (404, "ENTITY_IS_DELETED")


def test_names_are_read_in_any_case(sandbox: Sandbox) -> None:
    made = sandbox.call("POST", "sobjects/lead", json={"lastname": "Byron", "COMPANY": "Acme", "leadline_grade__c": "A1"})
    assert sandbox.stored(made.json()["id"])["Leadline_Grade__c"] == "A1"


def test_fifteen_characters_are_an_id_too(sandbox: Sandbox) -> None:
    lead = sandbox.lead()
    assert sandbox.call("GET", f"sobjects/Lead/{lead[:15]}?fields=Id").json()["Id"] == lead


def test_numbers_come_back_as_salesforce_writes_them(sandbox: Sandbox) -> None:
    lead = sandbox.lead()
    body = {"Leadline_Fit_Score__c": 85, "NumberOfEmployees": 300, "AnnualRevenue": "1500000"}
    sandbox.call("PATCH", f"sobjects/Lead/{lead}", json=body)
    text = sandbox.call("GET", f"sobjects/Lead/{lead}?fields=Leadline_Fit_Score__c,NumberOfEmployees,AnnualRevenue").text
    assert '"Leadline_Fit_Score__c":85.0,"NumberOfEmployees":300,"AnnualRevenue":1500000.0' in text


def test_an_update_moves_the_stamps_and_names_who(sandbox: Sandbox) -> None:
    lead = sandbox.lead()
    sandbox.tick(3600)
    sandbox.call("PATCH", f"sobjects/Lead/{lead}", json={})
    read = sandbox.stored(lead)
    assert read["CreatedDate"] == "2026-11-22T12:00:00.000+0000"
    assert read["LastModifiedDate"] == read["SystemModstamp"] == "2026-11-22T13:00:00.000+0000"
    (who,) = sandbox.query("SELECT LastModifiedBy.Username, CreatedById FROM Lead WHERE Id = {}", lead)
    assert who["LastModifiedBy"]["Username"] == "integration@sandbox.example"
    assert who["CreatedById"] != read["LastModifiedById"]


@pytest.mark.parametrize(
    ("body", "code", "fields"),
    [
        ({"Nonsense__c": 1}, "INVALID_FIELD", []),
        ({"Company": "x" * 256}, "STRING_TOO_LONG", ["Company"]),
        ({"Leadline_Route_Reason__c": "x" * 256}, "STRING_TOO_LONG", ["Leadline_Route_Reason__c"]),
        ({"Leadline_Confidence__c": "Maybe"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ["Leadline_Confidence__c"]),
        ({"Email": "no address"}, "INVALID_EMAIL_ADDRESS", ["Email"]),
        ({"LastName": None}, "REQUIRED_FIELD_MISSING", ["LastName"]),
        ({"CreatedDate": "2026-01-01T00:00:00Z"}, "INVALID_FIELD_FOR_INSERT_UPDATE", ["CreatedDate"]),
        ({"Leadline_Fit_Score__c": "many"}, "JSON_PARSER_ERROR", ["Leadline_Fit_Score__c"]),
        ({"Leadline_Fit_Score__c": 1000}, "NUMBER_OUTSIDE_VALID_RANGE", ["Leadline_Fit_Score__c"]),
        ({"Leadline_SLA_Due__c": "soon"}, "JSON_PARSER_ERROR", ["Leadline_SLA_Due__c"]),
        ({"Target_Account__c": None}, "INVALID_TYPE_ON_FIELD_IN_RECORD", ["Target_Account__c"]),
        ({"OwnerId": "nobody"}, "MALFORMED_ID", ["OwnerId"]),
        ({"OwnerId": "00Q5e0000000001AAA"}, "MALFORMED_ID", ["OwnerId"]),
        ({"OwnerId": "0055e00000009zzAAA"}, "INVALID_CROSS_REFERENCE_KEY", ["OwnerId"]),
        ({"Id": "00Q5e0000000001EAA"}, "INVALID_FIELD", ["Id"]),
    ],
)
def test_what_an_update_refuses(shared: Sandbox, body: dict[str, Any], code: str, fields: list[str]) -> None:
    lead = shared.lead()
    answer = shared.call("PATCH", f"sobjects/Lead/{lead}", json=body)
    assert refusal(answer) == (400, code)
    assert answer.json()[0]["fields"] == fields


def test_a_required_field_is_missed(sandbox: Sandbox) -> None:
    answer = sandbox.call("POST", "sobjects/Lead", json={"FirstName": "Ada"})
    assert refusal(answer) == (400, "REQUIRED_FIELD_MISSING")
    assert answer.json()[0]["fields"] == ["LastName", "Company"]


def test_who_left_and_what_is_no_queue_cannot_own(sandbox: Sandbox) -> None:
    lead = sandbox.lead()
    gone = sandbox.user("Gone", active=False)
    assert refusal(sandbox.call("PATCH", f"sobjects/Lead/{lead}", json={"OwnerId": gone})) == (
        400,
        "INVALID_CROSS_REFERENCE_KEY",
    )
    queue = sandbox.queue("Tier 1")
    assert sandbox.call("PATCH", f"sobjects/Lead/{lead}", json={"OwnerId": queue}).status_code == 204


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "sobjects/Lead/00Q5e0000000zzzEAA", (404, "NOT_FOUND")),
        ("GET", "sobjects/Lead/garbage", (400, "MALFORMED_ID")),
        ("GET", "sobjects/Nothing/00Q5e0000000zzzEAA", (404, "NOT_FOUND")),
        ("GET", "nowhere", (404, "NOT_FOUND")),
        ("PUT", "sobjects/Lead", (405, "METHOD_NOT_ALLOWED")),
        ("GET", f"sobjects/Lead/{KEY}/none", (404, "NOT_FOUND")),
        ("GET", "sobjects/Lead/Email/x", (404, "NOT_FOUND")),
    ],
)
def test_what_is_not_there(shared: Sandbox, method: str, path: str, expected: tuple[int, str]) -> None:
    assert refusal(shared.call(method, path)) == expected


@pytest.mark.parametrize(("version", "status"), [("v30.0", 404), ("v31.0", 200), ("v59.0", 200), ("v68.0", 200), ("v69.0", 404)])
def test_versions(shared: Sandbox, version: str, status: int) -> None:
    assert shared.session.get(f"{shared.world.url}/services/data/{version}/limits").status_code == status


def test_a_body_that_is_not_json(shared: Sandbox) -> None:
    assert refusal(shared.call("POST", "sobjects/Lead", data=b"{")) == (400, "JSON_PARSER_ERROR")
    assert refusal(shared.call("POST", "sobjects/Lead", json=[1])) == (400, "JSON_PARSER_ERROR")


def test_if_unmodified_since_counts_in_seconds(sandbox: Sandbox) -> None:
    lead = sandbox.lead()
    sandbox.tick(0.9)
    sandbox.call("PATCH", f"sobjects/Lead/{lead}", json={"Title": "same second"})
    seen = {"If-Unmodified-Since": formatdate(NOON / 1000, usegmt=True)}
    assert sandbox.call("PATCH", f"sobjects/Lead/{lead}", json={"Title": "ours"}, headers=seen).status_code == 204
    sandbox.tick(1)
    sandbox.side.update("Lead", lead, {"Title": "a person's"}, SELLER)
    answer = sandbox.call("PATCH", f"sobjects/Lead/{lead}", json={"Title": "ours"}, headers=seen)
    assert answer.status_code == 412
    assert sandbox.stored(lead)["Title"] == "a person's"


def test_upsert_by_external_id(sandbox: Sandbox) -> None:
    body = {"LastName": "Byron", "Company": "Acme"}
    path = f"sobjects/Lead/{KEY}/key%2F1"
    made = sandbox.call("PATCH", path, json=body)
    assert (made.status_code, made.json()["created"]) == (201, True)
    again = sandbox.call("PATCH", path, json={"Title": "CTO"})
    assert (again.status_code, again.json()) == (200, {**made.json(), "created": False})
    assert sandbox.call("GET", f"{path}?fields=Id,{KEY}").json()[KEY] == "key/1"
    assert refusal(sandbox.call("PATCH", f"sobjects/Lead/{KEY}/new?updateOnly=true", json=body)) == (404, "NOT_FOUND")
    assert refusal(sandbox.call("PATCH", path, json={KEY: "other"})) == (400, "INVALID_FIELD")


def test_an_external_id_that_several_share_writes_nothing(sandbox: Sandbox) -> None:
    sandbox.side._org.schema.add("Lead", [FieldSpec("Old_Key__c", "string", length=40, external_id=True)])
    leads = [sandbox.lead(Old_Key__c="same") for _ in range(2)]
    answer = sandbox.call("PATCH", "sobjects/Lead/Old_Key__c/same", json={"Title": "CTO"})
    assert answer.status_code == 300
    assert answer.json() == [f"/services/data/v67.0/sobjects/Lead/{lead}" for lead in leads]
    assert {sandbox.stored(lead)["Title"] for lead in leads} == {None}


def test_a_unique_value_is_taken_once(sandbox: Sandbox) -> None:
    first = sandbox.lead(**{KEY: "k1"})
    answer = sandbox.call("PATCH", f"sobjects/Lead/{sandbox.lead()}", json={KEY: "K1"})
    assert refusal(answer) == (400, "DUPLICATE_VALUE")
    assert first in answer.json()[0]["message"]


def test_a_converted_lead_cannot_be_updated(sandbox: Sandbox) -> None:
    lead = sandbox.lead()
    sandbox.side.update("Lead", lead, {"IsConverted": True, "ConvertedContactId": "0035e0000000001AAA"[:15]}, SELLER)
    assert refusal(sandbox.call("PATCH", f"sobjects/Lead/{lead}", json={"Title": "x"})) == (
        400,
        "CANNOT_UPDATE_CONVERTED_LEAD",
    )


def test_a_merged_lead_names_its_winner_in_query_all_only(sandbox: Sandbox) -> None:
    winner, loser = sandbox.lead(), sandbox.lead()
    sandbox.side.merge("Lead", winner, loser, SELLER)
    assert refusal(sandbox.call("GET", f"sobjects/Lead/{loser}")) == (404, "ENTITY_IS_DELETED")
    statement = "SELECT Id, IsDeleted, MasterRecordId FROM Lead WHERE Id = {}"
    assert sandbox.query(statement, loser) == []
    (row,) = sandbox.query(statement, loser, resource="queryAll")
    assert (row["IsDeleted"], row["MasterRecordId"]) == (True, winner)


@pytest.mark.parametrize(("block", "passes"), [(False, True), (True, False)])
def test_a_duplicate_rule(sandbox: Sandbox, block: bool, passes: bool) -> None:
    sandbox.side.configure({"duplicate_rules": [{"block": block}]})
    first = sandbox.lead(Email="ada@acme.example")
    body = {"LastName": "B", "Company": "Acme", "Email": "ADA@acme.example"}
    answer = sandbox.call("POST", "sobjects/Lead", json=body)
    assert refusal(answer) == (400, "DUPLICATES_DETECTED")
    result = answer.json()[0]["duplicateResult"]
    assert result["allowSave"] is not block
    assert result["matchResults"][0]["matchRecords"][0]["record"]["Id"] == first
    headers = {"Sforce-Duplicate-Rule-Header": "allowSave=true; includeRecordDetails=true"}
    assert (sandbox.call("POST", "sobjects/Lead", json=body, headers=headers).status_code == 201) is passes


def test_a_locked_row(sandbox: Sandbox) -> None:
    lead = sandbox.lead()
    sandbox.world.faults.add({"kind": "lock", "count": 1})
    assert refusal(sandbox.call("PATCH", f"sobjects/Lead/{lead}", json={"Title": "x"})) == (400, "UNABLE_TO_LOCK_ROW")
    assert sandbox.call("PATCH", f"sobjects/Lead/{lead}", json={"Title": "x"}).status_code == 204


def test_nothing_installed(tmp_path: Path) -> None:
    with running(tmp_path, install=False) as sandbox:
        answer = sandbox.call("PATCH", f"sobjects/Lead/{sandbox.lead()}", json={"Leadline_Fit_Score__c": 1})
        assert refusal(answer) == (400, "INVALID_FIELD")


def test_a_field_that_our_user_may_not_see(tmp_path: Path) -> None:
    with running(tmp_path) as sandbox:
        sandbox.side.configure({"hidden_fields": ["Lead.Leadline_Grade__c"]})
        lead = sandbox.lead()
        assert refusal(sandbox.call("PATCH", f"sobjects/Lead/{lead}", json={"leadline_grade__c": "A1"})) == (400, "INVALID_FIELD")
        assert refusal(sandbox.call("GET", "query?q=SELECT Leadline_Grade__c FROM Lead")) == (400, "INVALID_FIELD")
    with running(tmp_path) as sandbox:
        names = {field["name"] for field in sandbox.call("GET", "sobjects/Lead/describe").json()["fields"]}
        assert {"Leadline_Grade__c", "Leadline_Key__c"} & names == {"Leadline_Key__c"}
        sandbox.side.configure({"hidden_fields": []})
        assert sandbox.call("PATCH", f"sobjects/Lead/{lead}", json={"Leadline_Grade__c": "A1"}).status_code == 204


def test_what_was_installed_and_written_is_there_after_a_restart(tmp_path: Path) -> None:
    with running(tmp_path) as sandbox:
        lead = sandbox.lead(Leadline_Grade__c="A1")
        queue = sandbox.queue("Tier 1")
    with running(tmp_path, install=False) as sandbox:
        assert sandbox.stored(lead)["Leadline_Grade__c"] == "A1"
        assert [found["Id"] for found in sandbox.side.queues()] == [queue]
        assert sandbox.lead() != lead


def test_describe(shared: Sandbox) -> None:
    fields = {field["name"]: field for field in shared.call("GET", "sobjects/lead/describe").json()["fields"]}
    assert fields["Leadline_Key__c"]["externalId"]
    assert fields["Leadline_Key__c"]["unique"]
    assert fields["Leadline_Fit_Score__c"]["type"] == "double"
    assert fields["Leadline_Confidence__c"]["restrictedPicklist"]
    assert [choice["value"] for choice in fields["Leadline_Confidence__c"]["picklistValues"]] == ["High", "Medium", "Low"]
    assert (fields["Email"]["length"], fields["Email"]["custom"], fields["Email"]["updateable"]) == (80, False, True)
    assert not fields["CreatedDate"]["updateable"]
    assert (fields["OwnerId"]["referenceTo"], fields["OwnerId"]["relationshipName"]) == (["Group", "User"], "Owner")
    assert sum(name.startswith("Leadline_") for name in fields) == 18


def test_what_changed_and_what_went(sandbox: Sandbox) -> None:
    stays, goes = sandbox.lead(), sandbox.lead()
    sandbox.tick(60)
    sandbox.call("DELETE", f"sobjects/Lead/{goes}")
    window = {"start": "2026-11-22T12:00:00Z", "end": "2026-11-22T12:30:00+00:00"}
    sandbox.tick(60)
    updated = sandbox.call("GET", "sobjects/Lead/updated/", params=window).json()
    assert updated == {"ids": [stays], "latestDateCovered": "2026-11-22T12:02:00.000+0000"}
    deleted = sandbox.call("GET", "sobjects/Lead/deleted/", params=window).json()
    assert deleted["deletedRecords"] == [{"id": goes, "deletedDate": "2026-11-22T12:01:00.000+0000"}]
    late = {"start": "2026-10-01T00:00:00Z", "end": "2026-10-02T00:00:00Z"}
    assert refusal(sandbox.call("GET", "sobjects/Lead/updated/", params=late)) == (400, "INVALID_REPLICATION_DATE")


def test_each_call_is_counted_and_the_limit_holds(sandbox: Sandbox) -> None:
    sandbox.side.configure({"daily_limit": 2})
    assert sandbox.call("GET", "limits").headers["Sforce-Limit-Info"] == "api-usage=1/2"
    assert sandbox.call("GET", "limits").json() == {"DailyApiRequests": {"Max": 2, "Remaining": 0}}
    spent = sandbox.call("GET", "limits")
    assert refusal(spent) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert spent.headers["Sforce-Limit-Info"] == "api-usage=2/2"
    sandbox.tick(86_400)
    assert sandbox.call("GET", "limits").status_code == 200


def test_a_call_without_a_session(sandbox: Sandbox) -> None:
    sandbox.side.configure({"expire_tokens": True})
    answer = sandbox.call("GET", "limits")
    assert (answer.status_code, answer.json()) == (
        401,
        [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}],
    )


def test_a_task_is_in_the_journal(sandbox: Sandbox) -> None:
    lead = sandbox.lead()
    body = {"WhoId": lead, "Subject": "Call", "ActivityDate": "2026-11-23", "OwnerId": sandbox.user("Ada")}
    task = sandbox.call("POST", "sobjects/Task", json=body).json()["id"]
    assert task[:3] == "00T"
    last = sandbox.world.store.journal()[-1]
    assert (last["object"], last["id"], last["kind"]) == ("Task", task, "created")
    (found,) = sandbox.query("SELECT Id, Status, IsClosed, Who.Name FROM Task WHERE WhoId IN {}", [lead])
    assert (found["Id"], found["Status"], found["IsClosed"], found["Who"]["Name"]) == (task, "Not Started", False, "Byron")


def test_people_and_queues_are_not_made_through_the_api(sandbox: Sandbox) -> None:
    answer = sandbox.call("POST", "sobjects/Group", json={"Name": "x", "Type": "Queue"})
    assert refusal(answer) == (400, "INVALID_TYPE_FOR_OPERATION")


@pytest.mark.parametrize(("since", "status"), [("Sun, 22 Nov 2026 11:59:59 GMT", 200), ("Sun, 22 Nov 2026 12:00:00 GMT", 304)])
@pytest.mark.parametrize("path", ["sobjects/Lead/{}", "sobjects/Lead/describe"])
def test_reading_only_what_is_newer(sandbox: Sandbox, path: str, since: str, status: int) -> None:
    answer = sandbox.call("GET", path.format(sandbox.lead()), headers={"If-Modified-Since": since})
    assert (answer.status_code, bool(answer.content)) == (status, status == 200)
    assert answer.headers["Last-Modified"] == "Sun, 22 Nov 2026 12:00:00 GMT"


def test_reading_only_what_is_not_newer(sandbox: Sandbox) -> None:
    lead = sandbox.lead()
    for since, status in (("Sun, 22 Nov 2026 11:59:59 GMT", 412), ("Sun, 22 Nov 2026 12:00:00 GMT", 200)):
        answer = sandbox.call("GET", f"sobjects/Lead/{lead}", headers={"If-Unmodified-Since": since})
        assert answer.status_code == status
