"""Bulk API 2.0 ingest against the sandbox: a job's life, what cells mean, whose rules act, and the refusals."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from adapters.sandbox import salesforce_ingest
from tests.adapters.sandbox.salesforce_sandbox import Sandbox, library, running


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with running(tmp_path) as sandbox:
        yield sandbox


def begin(sandbox: Sandbox, operation: str, **more: object) -> requests.Response:
    return sandbox.call("POST", "jobs/ingest", json={"object": "Lead", "operation": operation, "contentType": "CSV", **more})


def upload(sandbox: Sandbox, job: str, data: str) -> requests.Response:
    path = f"jobs/ingest/{job}/batches"
    return sandbox.call("PUT", path, data=data.encode(), headers={"Content-Type": "text/csv"})


def close(sandbox: Sandbox, job: str, state: str = "UploadComplete") -> requests.Response:
    return sandbox.call("PATCH", f"jobs/ingest/{job}", json={"state": state})


def ingested(sandbox: Sandbox, operation: str, data: str, **more: object) -> str:
    """A job from beginning to end; its id."""
    job: str = begin(sandbox, operation, **more).json()["id"]
    assert upload(sandbox, job, data).status_code == 201
    assert close(sandbox, job).json()["state"] == "UploadComplete"
    return job


def told(sandbox: Sandbox, job: str) -> dict[str, Any]:
    shown: dict[str, Any] = sandbox.call("GET", f"jobs/ingest/{job}").json()
    return shown


def lines(sandbox: Sandbox, job: str, resource: str, delimiter: str = ",") -> list[list[str]]:
    answer = sandbox.call("GET", f"jobs/ingest/{job}/{resource}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/csv")
    return list(csv.reader(io.StringIO(answer.content.decode()), delimiter=delimiter))


def test_a_job_tells_what_it_will_take(sandbox: Sandbox) -> None:
    shown = begin(sandbox, "insert").json()
    assert (shown["state"], shown["lineEnding"], shown["columnDelimiter"]) == ("Open", "LF", "COMMA")
    assert shown["contentUrl"] == f"services/data/v67.0/jobs/ingest/{shown['id']}/batches"
    assert shown["apiVersion"] == 67.0


def test_rows_are_created_or_say_why_not(sandbox: Sandbox) -> None:
    job = ingested(sandbox, "insert", 'LastName,Company,Title\nByron,"Acme, Inc.",\nNobody,,x\nKing,Acme,"a\nb"\n')
    shown = told(sandbox, job)
    assert (shown["state"], shown["numberRecordsProcessed"], shown["numberRecordsFailed"]) == ("JobComplete", 3, 1)
    heading, byron, king = lines(sandbox, job, "successfulResults")
    assert heading == ["sf__Id", "sf__Created", "LastName", "Company", "Title"]
    assert (byron[1:], king[1:]) == (["true", "Byron", "Acme, Inc.", ""], ["true", "King", "Acme", "a\nb"])
    assert sandbox.stored(byron[0])["Company"] == "Acme, Inc."
    heading, failed = lines(sandbox, job, "failedResults")
    assert heading[:2] == ["sf__Id", "sf__Error"]
    assert failed == ["", "REQUIRED_FIELD_MISSING:Required fields are missing: [Company]:Company --", "Nobody", "", "x"]
    assert lines(sandbox, job, "unprocessedrecords") == [["LastName", "Company", "Title"]]


def test_an_empty_cell_leaves_a_field_alone_and_a_mark_empties_it(sandbox: Sandbox) -> None:
    kept, emptied = sandbox.lead(Title="CTO"), sandbox.lead(Title="CTO")
    ingested(sandbox, "update", f"id,title,company\n{kept},,New\n{emptied},#N/A,New\n")
    assert (sandbox.stored(kept)["Title"], sandbox.stored(kept)["Company"]) == ("CTO", "New")
    assert sandbox.stored(emptied).get("Title") is None


def test_upsert_by_external_id(sandbox: Sandbox) -> None:
    known = sandbox.lead(Leadline_Key__c="k1")
    data = "Leadline_Key__c,LastName,Company\nk1,Known,A\nk2,New,B\n,Nobody,C\n"
    job = ingested(sandbox, "upsert", data, externalIdFieldName="leadline_key__c")
    assert told(sandbox, job)["externalIdFieldName"] == "Leadline_Key__c"
    _, first, second = lines(sandbox, job, "successfulResults")
    assert (first[:2], second[1]) == ([known, "false"], "true")
    _, failed = lines(sandbox, job, "failedResults")
    assert failed[1].startswith("MISSING_ARGUMENT:")


def test_upsert_by_id(sandbox: Sandbox) -> None:
    known = sandbox.lead()
    job = ingested(sandbox, "upsert", f"Id,LastName,Company\n{known},Known,A\n,New,B\n", externalIdFieldName="Id")
    assert [row[1] for row in lines(sandbox, job, "successfulResults")[1:]] == ["false", "true"]


def test_related_records_go_by_their_external_id(sandbox: Sandbox) -> None:
    lead = sandbox.lead(Leadline_Key__c="k1")
    job = ingested(sandbox, "insert", "Subject,Lead:Who.Leadline_Key__c\nCall,k1\nCall,k2\nCall,\n", object="Task")
    _, failed = lines(sandbox, job, "failedResults")
    assert failed[1].startswith("INVALID_FIELD:Foreign key external ID: k2 not found for field Leadline_Key__c in entity Lead")
    assert [row["WhoId"] for row in sandbox.query("SELECT WhoId FROM Task ORDER BY Id")] == [lead, None]


@pytest.mark.parametrize("column", ["Who.Leadline_Key__c", "Lead:Who.Email", "User:Who.Leadline_Key__c", "No.Key__c"])
def test_a_column_that_refers_to_nothing(sandbox: Sandbox, column: str) -> None:
    job = ingested(sandbox, "insert", f"Subject,{column}\nCall,k1\n", object="Task")
    assert told(sandbox, job)["errorMessage"] == f"InvalidBatch : Field name not found : {column}"


def test_delete(sandbox: Sandbox) -> None:
    gone, kept = sandbox.lead(), sandbox.lead()
    job = ingested(sandbox, "delete", f"Id\n{gone}\n{gone}\n")
    assert lines(sandbox, job, "successfulResults")[1:] == [[gone, "false", gone]]
    assert lines(sandbox, job, "failedResults")[1][1].startswith("ENTITY_IS_DELETED:")
    assert [row["Id"] for row in sandbox.query("SELECT Id FROM Lead")] == [kept]


@pytest.mark.parametrize(
    ("delimiter", "character"), [("TAB", "\t"), ("SEMICOLON", ";"), ("PIPE", "|"), ("CARET", "^"), ("BACKQUOTE", "`")]
)
def test_delimiters_and_line_endings(sandbox: Sandbox, delimiter: str, character: str) -> None:
    data = f"LastName{character}Company\r\nByron{character}Acme, Inc.\r\n"
    job = ingested(sandbox, "insert", data, columnDelimiter=delimiter, lineEnding="CRLF")
    assert lines(sandbox, job, "successfulResults", character)[1][2:] == ["Byron", "Acme, Inc."]
    raw = sandbox.call("GET", f"jobs/ingest/{job}/successfulResults").content
    assert raw.count(b"\r\n") == 2


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("LastName,Company\r\nByron,Acme\r\n", "LineEnding is invalid"),
        ("LastName;Company\nByron;Acme\n", "Field name not found : LastName;Company"),
        ("LastName,Nope__c\nByron,Acme\n", "Field name not found : Nope__c"),
        ("\ufeffLastName,Company\nByron,Acme\n", "Field name not found"),
        ("LastName,Company\nByron\n", "Row 1 has 1 values where the heading has 2"),
        ('LastName,Company\n"Byron,Acme\n', "Failed to parse CSV"),
        ("", "Failed to parse CSV"),
    ],
)
def test_what_is_not_the_announced_csv_fails_as_a_whole(sandbox: Sandbox, data: str, message: str) -> None:
    job = ingested(sandbox, "insert", data)
    shown = told(sandbox, job)
    assert shown["state"] == "Failed"
    assert message in shown["errorMessage"]
    assert sandbox.query("SELECT Id FROM Lead") == []


def test_a_failed_job_gives_its_rows_back(sandbox: Sandbox) -> None:
    job = ingested(sandbox, "insert", "LastName,Nope__c\nByron,1\n")
    assert lines(sandbox, job, "unprocessedrecords") == [["LastName", "Nope__c"], ["Byron", "1"]]
    assert lines(sandbox, job, "successfulResults") == [["sf__Id", "sf__Created", "LastName", "Nope__c"]]


def test_a_rule_assigns_only_where_the_job_names_one(sandbox: Sandbox) -> None:
    queue = sandbox.queue("Tier 1")
    entries = [{"field": "Company", "op": "equals", "value": "Acme", "owner": queue}]
    sandbox.side.configure({"assignment_rules": [{"name": "R", "active": True, "entries": entries}]})
    (rule,) = sandbox.query("SELECT Id FROM AssignmentRule")
    for named, assigned in (({}, False), ({"assignmentRuleId": rule["Id"]}, True)):
        job = ingested(sandbox, "insert", "LastName,Company\nByron,Acme\n", **named)
        id_ = lines(sandbox, job, "successfulResults")[1][0]
        assert (sandbox.stored(id_)["OwnerId"] == queue) is assigned


def test_what_listens_hears_of_every_row(sandbox: Sandbox) -> None:
    """Messages and events leave from what the store tells, and that is the same for a load as for any write."""
    ingested(sandbox, "insert", "LastName,Company\nByron,Acme\nKing,Acme\nNobody,\n")
    told_of = [(write.kind, write.record.values["LastName"]) for write in sandbox.writes if write.record.object == "Lead"]
    assert told_of == [("created", "Byron"), ("created", "King")]


def test_duplicate_rules_act(sandbox: Sandbox) -> None:
    sandbox.side.configure({"duplicate_rules": [{"block": False}]})
    sandbox.lead(Email="ada@acme.example")
    job = ingested(sandbox, "insert", "LastName,Company,Email\nByron,Acme,ada@acme.example\n")
    assert lines(sandbox, job, "failedResults")[1][1].startswith("DUPLICATES_DETECTED:")


def test_a_job_takes_its_time_and_can_be_aborted(sandbox: Sandbox) -> None:
    sandbox.side.configure({"bulk_ms": 5_000})
    job = ingested(sandbox, "insert", "LastName,Company\nByron,Acme\n")
    early = sandbox.call("GET", f"jobs/ingest/{job}/successfulResults")
    assert early.json()[0]["errorCode"] == "INVALIDJOBSTATE"
    states = []
    for _ in range(3):
        states.append(told(sandbox, job)["state"])
        sandbox.tick(3)
    assert states == ["UploadComplete", "InProgress", "JobComplete"]
    opened = begin(sandbox, "insert").json()["id"]
    upload(sandbox, opened, "LastName,Company\nKing,Acme\n")
    assert close(sandbox, opened, "Aborted").json()["state"] == "Aborted"
    assert lines(sandbox, opened, "unprocessedrecords")[1:] == [["King", "Acme"]]
    assert close(sandbox, opened).json()[0]["errorCode"] == "INVALIDJOBSTATE"


def test_dropping_and_forgetting(sandbox: Sandbox) -> None:
    opened = begin(sandbox, "insert").json()["id"]
    assert sandbox.call("DELETE", f"jobs/ingest/{opened}").json()[0]["errorCode"] == "INVALIDJOBSTATE"
    close(sandbox, opened, "Aborted")
    assert sandbox.call("DELETE", f"jobs/ingest/{opened}").status_code == 204
    assert sandbox.call("GET", f"jobs/ingest/{opened}").status_code == 404
    old = begin(sandbox, "insert").json()["id"]
    assert [job["id"] for job in sandbox.call("GET", "jobs/ingest").json()["records"]] == [old]
    sandbox.tick(salesforce_ingest.KEPT_MS / 1000)
    assert sandbox.call("GET", f"jobs/ingest/{old}").status_code == 404


def test_data_comes_once_and_not_without_end(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    job = begin(sandbox, "insert").json()["id"]
    monkeypatch.setattr(salesforce_ingest, "MOST_BYTES", 10)
    assert upload(sandbox, job, "LastName,Company\n").status_code == 413
    monkeypatch.undo()
    assert upload(sandbox, job, "LastName,Company\n").status_code == 201
    assert upload(sandbox, job, "LastName,Company\n").json()[0]["errorCode"] == "INVALIDJOBSTATE"


def test_data_may_come_as_a_stream(sandbox: Sandbox) -> None:
    """Of chunks, with no length named beforehand; and the connection goes on to serve."""
    job = begin(sandbox, "insert").json()["id"]
    chunks = iter([b"LastName,Company\nBy", b"ron,Acme\n", b"x" * 70_000 + b",Acme\n"])
    assert sandbox.call("PUT", f"jobs/ingest/{job}/batches", data=chunks).status_code == 201
    close(sandbox, job)
    assert [told(sandbox, job)[name] for name in ("numberRecordsProcessed", "numberRecordsFailed")] == [2, 1]


def test_a_job_with_its_data_in_one_call(sandbox: Sandbox) -> None:
    job = json.dumps({"object": "Lead", "operation": "insert", "contentType": "CSV"})
    files = {"job": (None, job, "application/json"), "content": ("content", "LastName,Company\nByron,Acme", "text/csv")}
    answer = sandbox.call("POST", "jobs/ingest", files=files)
    assert answer.json()["state"] == "UploadComplete"
    assert told(sandbox, answer.json()["id"])["numberRecordsProcessed"] == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"operation": "replace"}, "INVALIDJOB"),
        ({"operation": "hardDelete"}, "FEATURENOTENABLED"),
        ({"operation": "upsert"}, "INVALIDJOB"),
        ({"operation": "upsert", "externalIdFieldName": "Email"}, "INVALIDJOB"),
        ({"operation": "insert", "object": "Nothing"}, "INVALIDENTITY"),
        ({"operation": "insert", "object": "User"}, "INVALIDENTITY"),
        ({"operation": "insert", "columnDelimiter": "DOT"}, "INVALIDJOB"),
        ({"operation": "insert", "lineEnding": "CR"}, "INVALIDJOB"),
        ({"operation": "insert", "contentType": "XML"}, "INVALIDJOB"),
    ],
)
def test_what_is_no_job(sandbox: Sandbox, body: dict[str, str], code: str) -> None:
    answer = sandbox.call("POST", "jobs/ingest", json={"object": "Lead", **body})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)


def test_the_librarys_own_ingest(sandbox: Sandbox) -> None:
    """simple-salesforce, unpatched save for its address."""
    tool = library(sandbox, session_id=sandbox.login(), instance_url=sandbox.url)
    rows = [{"LastName": "Byron", "Company": "Acme"}, {"LastName": "Nobody", "Company": ""}]
    (done,) = tool.bulk2.Lead.insert(records=rows, wait=0)
    assert (done["numberRecordsProcessed"], done["numberRecordsFailed"]) == (2, 1)
    assert "REQUIRED_FIELD_MISSING" in tool.bulk2.Lead.get_failed_records(done["job_id"])
    (made,) = sandbox.query("SELECT Id FROM Lead")
    assert made["Id"] in tool.bulk2.Lead.get_successful_records(done["job_id"])
    keyed = [{"Leadline_Key__c": "k", "LastName": "New", "Company": "B"}]
    (upserted,) = tool.bulk2.Lead.upsert(records=keyed, external_id_field="Leadline_Key__c", wait=0)
    (updated,) = tool.bulk2.Lead.update(records=[{"Id": made["Id"], "Title": "CTO"}], wait=0)
    (deleted,) = tool.bulk2.Lead.delete(records=[{"Id": made["Id"]}], wait=0)
    assert [one["numberRecordsFailed"] for one in (upserted, updated, deleted)] == [0, 0, 0]
    assert [row["LastName"] for row in sandbox.query("SELECT LastName FROM Lead")] == ["New"]
    tool.session.close()
