"""Bulk API 2.0 queries against the sandbox: jobs, pages, what a job sees, and its refusals."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from adapters.sandbox.salesforce_bulk import KEPT_MS
from tests.adapters.sandbox.salesforce_sandbox import SELLER, Sandbox, library, running


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with running(tmp_path) as sandbox:
        yield sandbox


def begin(sandbox: Sandbox, query: str, operation: str = "query") -> requests.Response:
    return sandbox.call("POST", "jobs/query", json={"operation": operation, "query": query})


def page(sandbox: Sandbox, job: str, **params: object) -> requests.Response:
    return sandbox.call("GET", f"jobs/query/{job}/results", params=params)


def lines(answer: requests.Response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.content.decode())))


def test_a_job_from_beginning_to_end(sandbox: Sandbox) -> None:
    id_ = sandbox.lead(LastName='O"Neil, J\u00e9', Title=None, NumberOfEmployees=300, HasOptedOutOfEmail=True)
    begun = begin(sandbox, "SELECT Id, LastName, Title, NumberOfEmployees, HasOptedOutOfEmail, CreatedDate, Owner.Name FROM Lead")
    assert begun.status_code == 200
    job = begun.json()["id"]
    assert begun.json()["object"] == "Lead"
    assert sandbox.call("GET", f"jobs/query/{job}").json()["numberRecordsProcessed"] == 1
    answer = page(sandbox, job)
    assert (answer.headers["Sforce-Locator"], answer.headers["Sforce-NumberOfRecords"]) == ("null", "1")
    heading, row = lines(answer)
    assert heading == ["Id", "LastName", "Title", "NumberOfEmployees", "HasOptedOutOfEmail", "CreatedDate", "Owner.Name"]
    assert row == [id_, 'O"Neil, J\u00e9', "", "300", "true", "2026-11-22T12:00:00.000Z", "System Admin"]


def test_pages_repeat_the_heading_and_see_one_moment(sandbox: Sandbox) -> None:
    sandbox.side.create("Lead", [{"LastName": f"L{n}", "Company": "Acme"} for n in range(7)], SELLER)
    job = begin(sandbox, "SELECT Id FROM Lead").json()["id"]
    first = page(sandbox, job, maxRecords=3)
    sandbox.lead(LastName="late")
    found, locator = lines(first)[1:], first.headers["Sforce-Locator"]
    while locator != "null":
        following = page(sandbox, job, maxRecords=3, locator=locator)
        assert lines(following)[0] == ["Id"]
        found, locator = found + lines(following)[1:], following.headers["Sforce-Locator"]
    assert len({row[0] for row in found}) == len(found) == 7


def test_query_all_has_the_deleted_ones(sandbox: Sandbox) -> None:
    gone = sandbox.lead()
    sandbox.side.delete("Lead", gone, SELLER)
    for operation, count in (("query", 0), ("queryAll", 1)):
        job = begin(sandbox, "SELECT Id, IsDeleted FROM Lead", operation).json()["id"]
        assert len(lines(page(sandbox, job))) == 1 + count


def test_a_job_takes_its_time(sandbox: Sandbox) -> None:
    sandbox.side.configure({"bulk_ms": 5_000})
    job = begin(sandbox, "SELECT Id FROM Lead").json()["id"]
    states = []
    for _ in range(3):
        states.append(sandbox.call("GET", f"jobs/query/{job}").json()["state"])
        refused = page(sandbox, job)
        sandbox.tick(3)
    assert states == ["UploadComplete", "InProgress", "JobComplete"]
    assert refused.status_code == 200


def test_abort_and_drop(sandbox: Sandbox) -> None:
    sandbox.side.configure({"bulk_ms": 5_000})
    job = begin(sandbox, "SELECT Id FROM Lead").json()["id"]
    assert sandbox.call("DELETE", f"jobs/query/{job}").json()[0]["errorCode"] == "INVALIDJOBSTATE"
    assert sandbox.call("PATCH", f"jobs/query/{job}", json={"state": "Aborted"}).json()["state"] == "Aborted"
    assert page(sandbox, job).status_code == 400
    assert sandbox.call("PATCH", f"jobs/query/{job}", json={"state": "Aborted"}).status_code == 400
    assert sandbox.call("DELETE", f"jobs/query/{job}").status_code == 204
    assert sandbox.call("GET", f"jobs/query/{job}").status_code == 404


def test_a_job_is_kept_for_seven_days(sandbox: Sandbox) -> None:
    job = begin(sandbox, "SELECT Id FROM Lead").json()["id"]
    sandbox.tick(KEPT_MS / 1000)
    assert page(sandbox, job).status_code == 404
    assert sandbox.call("GET", "jobs/query").json()["records"] == []


@pytest.mark.parametrize(
    ("query", "operation", "code"),
    [
        ("SELECT Id FROM", "query", "MALFORMED_QUERY"),
        ("SELECT Nothing FROM Lead", "query", "INVALID_FIELD"),
        ("SELECT Id FROM Nothing", "query", "INVALID_TYPE"),
        ("SELECT COUNT() FROM Lead", "query", "API_ERROR"),
        ("SELECT Id FROM Lead OFFSET 5", "query", "API_ERROR"),
        ("SELECT Id FROM Lead", "insert", "INVALIDJOB"),
    ],
)
def test_what_is_no_job(sandbox: Sandbox, query: str, operation: str, code: str) -> None:
    answer = begin(sandbox, query, operation)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)


@pytest.mark.parametrize("locator", ["x", "cm93", "\u00e9"])
def test_a_locator_that_is_none(sandbox: Sandbox, locator: str) -> None:
    job = begin(sandbox, "SELECT Id FROM Lead").json()["id"]
    assert page(sandbox, job, locator=locator).json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"


def test_the_librarys_own_bulk_query(sandbox: Sandbox) -> None:
    """simple-salesforce, unpatched save for its address."""
    ids = {sandbox.lead(LastName=f"L{n}") for n in range(3)}
    tool = library(sandbox, session_id=sandbox.login(), instance_url=sandbox.url)
    found = "".join(tool.bulk2.Lead.query("SELECT Id FROM Lead", max_records=2, wait=0))
    assert ids <= set(found.replace('"', "").split())
