"""Queries as jobs, in parts; words looked for in all objects; calls in batches."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.sandbox.salesforce_sandbox import Sandbox, running


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with running(tmp_path, install=False) as made:
        for number in range(5):
            made.lead(FirstName="Ada", LastName=f"Byron{number}", Company="Acme & Co", Email=f"ada{number}@acme.test")
        yield made


def begun(sandbox: Sandbox, query: str, operation: str = "query") -> Any:
    return sandbox.call("POST", "jobs/query", json={"operation": operation, "query": query})


def test_a_query_is_a_job_whose_rows_come_in_parts(sandbox: Sandbox) -> None:
    job = begun(sandbox, "SELECT lastname, Owner.Name, IsConverted FROM Lead ORDER BY LastName").json()
    assert (job["state"], job["object"]) == ("UploadComplete", "Lead")
    done = sandbox.call("GET", f"jobs/query/{job['id']}").json()
    assert (done["state"], done["numberRecordsProcessed"]) == ("JobComplete", 5)
    rows: list[list[str]] = []
    locator = ""
    while locator != "null":
        asked = {"maxRecords": "2"} | ({"locator": locator} if locator else {})
        part = sandbox.call("GET", f"jobs/query/{job['id']}/results", params=asked)
        locator = part.headers["Sforce-Locator"]
        head, *more = csv.reader(io.StringIO(part.text))
        assert head == ["lastname", "Owner.Name", "IsConverted"]
        assert len(more) == int(part.headers["Sforce-NumberOfRecords"])
        rows += more
    assert [row[0] for row in rows] == [f"Byron{number}" for number in range(5)]
    assert {row[2] for row in rows} == {"false"}
    assert sandbox.call("DELETE", f"jobs/query/{job['id']}").status_code == 204
    assert sandbox.call("GET", f"jobs/query/{job['id']}").status_code == 404


def test_what_was_deleted_is_in_a_query_of_all(sandbox: Sandbox) -> None:
    lead = sandbox.lead(LastName="Gone")
    sandbox.call("DELETE", f"sobjects/Lead/{lead}")
    for operation, count in (("query", 5), ("queryAll", 6)):
        job = begun(sandbox, "SELECT Id FROM Lead", operation).json()
        assert sandbox.call("GET", f"jobs/query/{job['id']}").json()["numberRecordsProcessed"] == count


def test_a_job_is_refused_or_aborted(sandbox: Sandbox) -> None:
    assert begun(sandbox, "SELECT Nope FROM Lead").json()[0]["errorCode"] == "INVALID_FIELD"
    assert begun(sandbox, "SELECT Id FROM Lead", "insert").json()[0]["errorCode"] == "INVALIDJOB"
    job = begun(sandbox, "SELECT Id FROM Lead").json()
    assert sandbox.call("PATCH", f"jobs/query/{job['id']}", json={"state": "Aborted"}).json()["state"] == "Aborted"
    again = sandbox.call("PATCH", f"jobs/query/{job['id']}", json={"state": "Aborted"})
    assert again.json()[0]["errorCode"] == "INVALIDJOBSTATE"


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("FIND {byron3} IN ALL FIELDS RETURNING Lead(LastName)", ["Byron3"]),
        ("FIND {Byron*} RETURNING Lead(LastName ORDER BY LastName LIMIT 2)", ["Byron0", "Byron1"]),
        ("FIND {ada2\\@acme.test} IN EMAIL FIELDS RETURNING Lead(LastName), Contact(LastName)", ["Byron2"]),
        ("FIND {acme ada} IN ALL FIELDS RETURNING Lead(LastName WHERE LastName = 'Byron1')", []),
        ("FIND {acme} IN NAME FIELDS RETURNING Lead(LastName)", []),
        ("FIND {Byron*} IN ALL FIELDS RETURNING Lead(LastName) LIMIT 3", ["Byron0", "Byron1", "Byron2"]),
    ],
)
def test_words_are_found(sandbox: Sandbox, search: str, found: list[str]) -> None:
    answer = sandbox.call("GET", "search", params={"q": search})
    assert answer.status_code == 200, answer.text
    assert [row["LastName"] for row in answer.json()["searchRecords"]] == found


@pytest.mark.parametrize(
    "search", ["", "FIND byron", "FIND {}", "FIND {x} IN SIDEBAR FIELDS", "FIND {x} RETURNING Lead(Id", "FIND {a"]
)
def test_what_is_no_search_is_refused(sandbox: Sandbox, search: str) -> None:
    answer = sandbox.call("GET", "search", params={"q": search})
    assert answer.status_code == 400
    assert answer.json()[0]["errorCode"] in {"MALFORMED_SEARCH", "MALFORMED_QUERY", "INVALID_TYPE"}


def test_a_search_by_parameters(sandbox: Sandbox) -> None:
    got = sandbox.call("GET", "parameterizedSearch", params={"q": "Byron4", "sobject": "Lead", "fields": "Id,Email"})
    body = {"q": "Byron4", "in": "NAME", "sobjects": [{"name": "Lead", "fields": ["Id", "Email"]}]}
    posted = sandbox.call("POST", "parameterizedSearch", json=body)
    assert got.json() == posted.json()
    assert [row["Email"] for row in got.json()["searchRecords"]] == ["ada4@acme.test"]
    assert sandbox.call("GET", "parameterizedSearch", params={"q": "x"}).json()[0]["errorCode"] == "MALFORMED_SEARCH"


def test_a_batch_goes_on_or_halts(sandbox: Sandbox) -> None:
    parts = [
        {"method": "GET", "url": "v67.0/sobjects/Nope/describe"},
        {"method": "POST", "url": "v67.0/sobjects/Lead", "richInput": {"LastName": "New", "Company": "C"}},
    ]
    halted = sandbox.call("POST", "composite/batch", json={"haltOnError": True, "batchRequests": parts}).json()
    assert [one["statusCode"] for one in halted["results"]] == [404, 412]
    assert sandbox.query("SELECT Id FROM Lead WHERE LastName = 'New'") == []
    done = sandbox.call("POST", "composite/batch", json={"batchRequests": parts}).json()
    assert ([one["statusCode"] for one in done["results"]], done["hasErrors"]) == ([404, 201], True)
    assert len(sandbox.query("SELECT Id FROM Lead WHERE LastName = 'New'")) == 1
    for wrong in ({}, {"batchRequests": []}, {"batchRequests": [{"method": "GET"}]}):
        assert sandbox.call("POST", "composite/batch", json=wrong).json()[0]["errorCode"] == "INVALID_INPUT"


def test_records_are_counted(sandbox: Sandbox) -> None:
    counted = sandbox.call("GET", "limits/recordCount", params={"sObjects": "Lead,Contact"}).json()
    assert counted == {"sObjects": [{"count": 5, "name": "Lead"}, {"count": 0, "name": "Contact"}]}
