"""Words looked for in all objects; calls in batches; records counted."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.sandbox.salesforce_sandbox import Sandbox, running


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with running(tmp_path, install=False) as made:
        for number in range(5):
            made.lead(FirstName="Ada", LastName=f"Byron{number}", Company="Acme & Co", Email=f"ada{number}@acme.test")
        yield made


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
