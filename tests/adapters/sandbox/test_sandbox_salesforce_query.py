"""SOQL over HTTP: what it finds, in which order, in which pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from simple_salesforce import format_soql

from tests.adapters.sandbox.salesforce_sandbox import SELLER, Sandbox, running


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with running(tmp_path) as sandbox:
        yield sandbox


def names(sandbox: Sandbox, rest: str, *values: object) -> list[str]:
    return [row["LastName"] for row in sandbox.query("SELECT LastName FROM Lead " + rest, *values)]  # noqa: S608 - SOQL, in a test


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Ada and Bob have scores, Carl has none; Bob opted out; a minute lies between them. Only read from."""
    with running(tmp_path_factory.mktemp("people")) as sandbox:
        _fill(sandbox)
        yield sandbox


def _fill(sandbox: Sandbox) -> None:
    ada = {"Email": "ada@acme.example", "Leadline_Fit_Score__c": 80, "Hand_Raised_At__c": "2026-11-20T08:00:00Z"}
    bob = {"Email": "bob@home.example", "Leadline_Fit_Score__c": 40, "HasOptedOutOfEmail": True}
    for name, values in (("Ada", ada), ("Bob", bob), ("carl", {"Status": "Working - Contacted"})):
        sandbox.lead(**{**values, "LastName": name})
        sandbox.tick(60)


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("Leadline_Fit_Score__c >= 40", ["Ada", "Bob"]),
        ("Leadline_Fit_Score__c < 80", ["Bob"]),
        ("Leadline_Fit_Score__c = null", ["carl"]),
        ("Leadline_Fit_Score__c != 80", ["Bob", "carl"]),
        ("NOT Leadline_Fit_Score__c > 40", ["Bob", "carl"]),
        ("LASTNAME = 'ADA'", ["Ada"]),
        ("Email LIKE '%@ACME.%'", ["Ada"]),
        ("Email IN ('bob@home.example', 'Ada@acme.example')", ["Ada", "Bob"]),
        ("Email NOT IN ('bob@home.example')", ["Ada", "carl"]),
        ("HasOptedOutOfEmail = true", ["Bob"]),
        ("HasOptedOutOfEmail = false AND (LastName = 'Ada' OR LastName = 'Bob')", ["Ada"]),
        ("CreatedDate >= 2026-11-22T12:01:00Z", ["Bob", "carl"]),
        ("CreatedDate > 2026-11-22T13:01:00+01:00", ["carl"]),
        ("Hand_Raised_At__c < 2026-11-20T08:00:00.500Z", ["Ada"]),
        ("Owner.Username = 'ADMIN@sandbox.example' AND LastName = 'Ada'", ["Ada"]),
        ("Owner.Type = 'Queue'", []),
    ],
)
def test_conditions(people: Sandbox, where: str, found: list[str]) -> None:
    assert sorted(names(people, "WHERE " + where)) == sorted(found)


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ("ORDER BY LastName", ["Ada", "Bob", "carl"]),
        ("ORDER BY CreatedDate DESC", ["carl", "Bob", "Ada"]),
        ("ORDER BY Leadline_Fit_Score__c", ["carl", "Bob", "Ada"]),
        ("ORDER BY Leadline_Fit_Score__c DESC NULLS LAST", ["Ada", "Bob", "carl"]),
        ("ORDER BY HasOptedOutOfEmail, LastName DESC", ["carl", "Ada", "Bob"]),
        ("ORDER BY LastName LIMIT 1 OFFSET 1", ["Bob"]),
    ],
)
def test_order(people: Sandbox, order: str, found: list[str]) -> None:
    assert names(people, order) == found


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("SELECT Id FROM", "MALFORMED_QUERY"),
        ("SELECT Nothing FROM Lead", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE Nothing = 1", "INVALID_FIELD"),
        ("SELECT Nobody.Name FROM Lead", "INVALID_FIELD"),
        ("SELECT Owner.Nothing FROM Lead", "INVALID_FIELD"),
        ("SELECT Id FROM Nothing", "INVALID_TYPE"),
        ("SELECT Id FROM Lead WHERE Leadline_Fit_Score__c = '80'", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE LastName = 5", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE CreatedDate > 2026-11-22", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE Id = 'short'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Lead WHERE LastName > null", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Task WHERE Description LIKE '%key%'", "INVALID_FIELD"),
        ("SELECT Id FROM Lead OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE"),
    ],
)
def test_refusals(people: Sandbox, statement: str, code: str) -> None:
    answer = people.call("GET", "query", params={"q": statement})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)


def test_related_fields(sandbox: Sandbox) -> None:
    queue, ada = sandbox.queue("Tier 1"), sandbox.user("Ada")
    sandbox.lead(LastName="A", OwnerId=ada)
    sandbox.lead(LastName="B", OwnerId=queue)
    rows = sandbox.query("SELECT Owner.Name, Owner.Email, owner.Type FROM Lead ORDER BY LastName")
    assert [(row["Owner"]["Name"], row["Owner"]["Email"], row["Owner"]["Type"]) for row in rows] == [
        ("Ada Rep", "ada@acme.example", "User"),
        ("Tier 1", None, "Queue"),
    ]
    assert rows[1]["Owner"]["attributes"]["type"] == "Group"


def test_count(sandbox: Sandbox) -> None:
    sandbox.lead()
    answer = sandbox.call("GET", "query", params={"q": "SELECT COUNT() FROM Lead"}).json()
    assert answer == {"totalSize": 1, "done": True, "records": []}


def test_pages_of_two_thousand(sandbox: Sandbox) -> None:
    rows = [{"LastName": f"P{n:04}", "Company": "Acme"} for n in range(4_500)]
    sandbox.side.create("Lead", rows, SELLER)
    page = sandbox.call("GET", "query", params={"q": "SELECT LastName FROM Lead ORDER BY LastName"}).json()
    assert (page["totalSize"], page["done"], len(page["records"])) == (4_500, False, 2_000)
    found = page["records"]
    while not page["done"]:
        page = sandbox.session.get(sandbox.world.url + page["nextRecordsUrl"]).json()
        found += page["records"]
    assert [row["LastName"] for row in found] == [row["LastName"] for row in rows]
    assert "nextRecordsUrl" not in page


def test_smaller_pages_on_demand(sandbox: Sandbox) -> None:
    sandbox.side.create("Lead", [{"LastName": f"P{n}", "Company": "Acme"} for n in range(250)], SELLER)
    headers = {"Sforce-Query-Options": "batchSize=200"}
    page = sandbox.call("GET", "query", params={"q": "SELECT Id FROM Lead"}, headers=headers).json()
    assert (len(page["records"]), page["done"]) == (200, False)


def test_a_locator_that_is_none(sandbox: Sandbox) -> None:
    answer = sandbox.call("GET", "query/01g5e0000000001AAA-2000")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")


def test_ids_are_answered_in_id_order_and_once(sandbox: Sandbox) -> None:
    ids = [sandbox.lead() for _ in range(3)]
    rows = sandbox.query("SELECT Id FROM Lead WHERE Id IN {}", [ids[2], ids[0][:15], ids[0], "00Q5e0000000zzzEAA"[:15]])
    assert [row["Id"] for row in rows] == [ids[0], ids[2]]


def test_a_uri_that_is_too_long(sandbox: Sandbox) -> None:
    statement = format_soql("SELECT Id FROM Lead WHERE LastName IN {}", ["x"] * 5_000)
    assert sandbox.call("GET", "query", params={"q": statement}).status_code == 414
