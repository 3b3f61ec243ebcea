"""SOQL over HTTP beyond plain rows: groups, subqueries, joins, date literals, long paths, FIELDS()."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from adapters.sandbox.soql_periods import days
from adapters.sandbox.soql_tree import Period
from tests.adapters.sandbox.salesforce_sandbox import SELLER, Sandbox, running

TODAY = date(2026, 11, 22)
"""A Sunday."""


@pytest.fixture(scope="module")
def org(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Two accounts with contacts and deals, leads of three sizes. Only read from."""
    with running(tmp_path_factory.mktemp("soql")) as sandbox:
        _fill(sandbox)
        yield sandbox


def _fill(sandbox: Sandbox) -> None:
    def made(table: str, **values: Any) -> str:
        return sandbox.side.create(table, [values], SELLER)[0]

    acme, empty = made("Account", Name="Acme"), made("Account", Name="Empty")
    ada, bob = (made("Contact", LastName=name, AccountId=acme) for name in ("Ada", "Bob"))
    made("Contact", LastName="Carl")
    for name, stage, amount, day in (("A", "Closed Won", 10, "2026-11-01"), ("B", "Closed Won", 30, "2026-10-31")):
        made("Opportunity", Name=name, StageName=stage, Amount=amount, CloseDate=day, AccountId=acme)
    made("Opportunity", Name="C", StageName="Prospecting", CloseDate="2025-12-31", AccountId=empty)
    for subject, who in (("call", ada), ("mail", ada), ("call", bob)):
        made("Task", Subject=subject, WhoId=who)


def asked(org: Sandbox, statement: str) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != "attributes"} for row in org.query(statement)]


@pytest.mark.parametrize(
    ("statement", "rows"),
    [
        (
            "SELECT StageName, COUNT(Id), SUM(Amount) total FROM Opportunity GROUP BY StageName ORDER BY COUNT(Id) DESC",
            [{"StageName": "Closed Won", "expr0": 2, "total": 40.0}, {"StageName": "Prospecting", "expr0": 1, "total": None}],
        ),
        (
            (
                "SELECT Account.Name, AVG(Amount), MIN(CloseDate), MAX(Name) FROM Opportunity "
                "GROUP BY Account.Name HAVING COUNT(Id) > 1"
            ),
            [{"Name": "Acme", "expr0": 20.0, "expr1": "2026-10-31", "expr2": "B"}],
        ),
        ("SELECT COUNT(Amount) n FROM Opportunity", [{"n": 2}]),
        ("SELECT COUNT_DISTINCT(Subject) FROM Task", [{"expr0": 2}]),
        ("SELECT COUNT(Id), SUM(Amount) FROM Opportunity WHERE Name = 'none'", [{"expr0": 0, "expr1": None}]),
        (
            "SELECT CALENDAR_YEAR(CloseDate) y, COUNT(Id) n FROM Opportunity GROUP BY CALENDAR_YEAR(CloseDate) ORDER BY y",
            [{"y": 2025, "n": 1}, {"y": 2026, "n": 2}],
        ),
        ("SELECT Name FROM Opportunity WHERE CALENDAR_MONTH(CloseDate) = 10", [{"Name": "B"}]),
        ("SELECT Name FROM Opportunity WHERE CloseDate = THIS_MONTH", [{"Name": "A"}]),
        ("SELECT Name FROM Opportunity WHERE CloseDate != THIS_YEAR", [{"Name": "C"}]),
        ("SELECT Name FROM Opportunity WHERE CloseDate >= LAST_MONTH ORDER BY Name", [{"Name": "A"}, {"Name": "B"}]),
        ("SELECT Name FROM Opportunity WHERE CloseDate > LAST_MONTH", [{"Name": "A"}]),
        ("SELECT Name FROM Opportunity WHERE CloseDate <= LAST_YEAR", [{"Name": "C"}]),
        ("SELECT Name FROM Opportunity WHERE CloseDate < THIS_YEAR AND CreatedDate = TODAY", [{"Name": "C"}]),
        ("SELECT Name FROM Opportunity WHERE CreatedDate < TODAY", []),
        (
            (
                "SELECT LastName FROM Contact "
                "WHERE AccountId IN (SELECT AccountId FROM Opportunity WHERE Amount > 20) ORDER BY LastName"
            ),
            [{"LastName": "Ada"}, {"LastName": "Bob"}],
        ),
        (
            "SELECT LastName FROM Contact WHERE Id NOT IN (SELECT WhoId FROM Task) AND Id NOT IN (SELECT WhoId FROM Event)",
            [{"LastName": "Carl"}],
        ),
        (
            "SELECT c.LastName FROM Contact c WHERE c.Account.Name = 'Acme' ORDER BY c.LastName DESC LIMIT 1",
            [{"LastName": "Bob"}],
        ),
    ],
)
def test_what_is_found(org: Sandbox, statement: str, rows: list[dict[str, Any]]) -> None:
    assert asked(org, statement) == rows


def test_groups_say_what_they_are(org: Sandbox) -> None:
    (row,) = org.query("SELECT COUNT(Id) FROM Lead")
    assert row == {"attributes": {"type": "AggregateResult"}, "expr0": 0}


def test_subqueries_hang_on_each_parent(org: Sandbox) -> None:
    below = "(SELECT LastName FROM Contacts ORDER BY LastName LIMIT 1), (SELECT Id FROM Opportunities WHERE Amount = null)"
    acme, empty = asked(org, f"SELECT Name, {below} FROM Account ORDER BY Name")  # noqa: S608 - SOQL, in a test
    assert acme["Contacts"]["records"][0]["LastName"] == "Ada"
    assert (acme["Contacts"]["totalSize"], acme["Contacts"]["done"], acme["Opportunities"]) == (1, True, None)
    assert (empty["Contacts"], empty["Opportunities"]["totalSize"]) == (None, 1)


def test_a_path_of_several_steps(org: Sandbox) -> None:
    row = asked(org, "SELECT Account.Owner.Name, account.name FROM Contact WHERE Account.Owner.Username != null LIMIT 1")[0]
    assert (row["Account"]["Owner"]["Name"], row["Account"]["Name"]) == ("System Admin", "Acme")


def test_fields_stand_for_themselves(org: Sandbox) -> None:
    row = asked(org, "SELECT FIELDS(STANDARD) FROM Contact LIMIT 1")[0]
    assert {"Id", "LastName", "AccountId"} <= set(row)
    assert not any(name.endswith("__c") for name in row)
    assert any(name.endswith("__c") for name in asked(org, "SELECT FIELDS(ALL) FROM Contact LIMIT 200")[0])


def test_describe_names_those_below(org: Sandbox) -> None:
    below = org.call("GET", "sobjects/Account/describe").json()["childRelationships"]
    assert {"childSObject": "Contact", "field": "AccountId", "relationshipName": "Contacts"} in below


def test_what_its_columns_are(org: Sandbox) -> None:
    """Command line tools set their tables by it."""
    grouped = "SELECT StageName, COUNT(Id), MAX(Amount) most FROM Opportunity GROUP BY StageName"
    told = org.call("GET", "query", params={"q": grouped, "columns": "true"}).json()
    shown = [(one["columnName"], one["displayName"], one["aggregate"]) for one in told["columnMetadata"]]
    assert shown == [("StageName", "StageName", False), ("expr0", "COUNT(Id)", True), ("most", "MAX(Amount)", True)]
    below = "SELECT Name, (SELECT LastName FROM Contacts) FROM Account"
    (_, contacts) = org.call("GET", "query", params={"q": below, "columns": "true"}).json()["columnMetadata"]
    assert (contacts["columnName"], contacts["joinColumns"][0]["columnName"]) == ("Contacts", "LastName")


def test_describe_tells_what_clients_look_up(org: Sandbox) -> None:
    told = org.call("GET", "sobjects/Contact/describe").json()
    fields = {one["name"]: one for one in told["fields"]}
    assert (told["mergeable"], told["triggerable"], told["customSetting"]) == (True, True, False)
    assert [fields[name]["compoundFieldName"] for name in ("LastName", "Email")] == ["Name", None]
    assert [fields[name]["aggregatable"] for name in ("LastName", "DoNotCall")] == [True, False]
    assert (fields["OwnerId"]["calculated"], fields["OwnerId"]["encrypted"]) == (False, False)


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("SELECT Name, COUNT(Id) FROM Opportunity", "MALFORMED_QUERY"),
        ("SELECT Name n FROM Opportunity", "MALFORMED_QUERY"),
        ("SELECT CreatedDate, COUNT(Id) FROM Opportunity GROUP BY CreatedDate", "MALFORMED_QUERY"),
        ("SELECT SUM(Name) FROM Opportunity", "MALFORMED_QUERY"),
        ("SELECT COUNT(Nothing) FROM Opportunity", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity HAVING COUNT(Id) > 1", "MALFORMED_QUERY"),
        ("SELECT Id FROM Opportunity WHERE Name IN (SELECT Id FROM Account)", "MALFORMED_QUERY"),
        ("SELECT Id FROM Opportunity WHERE AccountId IN (SELECT Name FROM Account)", "MALFORMED_QUERY"),
        ("SELECT Id FROM Opportunity WHERE AccountId IN (SELECT Id FROM Account LIMIT 1)", "MALFORMED_QUERY"),
        ("SELECT Id FROM Opportunity WHERE AccountId IN (SELECT Id FROM Nothing)", "INVALID_TYPE"),
        ("SELECT Id, (SELECT Id FROM Leads) FROM Account", "INVALID_TYPE"),
        ("SELECT Id, (SELECT COUNT() FROM Contacts) FROM Account", "MALFORMED_QUERY"),
        ("SELECT Id FROM Opportunity WHERE Name = TODAY", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity WHERE CloseDate = LAST_N_YEARS:9999", "MALFORMED_QUERY"),
        ("SELECT Id FROM Opportunity WHERE StageName INCLUDES ('x')", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT FIELDS(ALL) FROM Lead", "MALFORMED_QUERY"),
        ("SELECT FIELDS(ALL) FROM Lead LIMIT 201", "MALFORMED_QUERY"),
        ("SELECT SOUNDEX(Name) FROM Lead", "MALFORMED_QUERY"),
        ("SELECT Account.Owner.Nothing FROM Contact", "INVALID_FIELD"),
        ("SELECT CALENDAR_YEAR(CreatedDate) FROM Lead", "MALFORMED_QUERY"),
    ],
)
def test_refusals(org: Sandbox, statement: str, code: str) -> None:
    answer = org.call("GET", "query", params={"q": statement})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)


@pytest.mark.parametrize(
    ("name", "count", "first", "after"),
    [
        ("TODAY", 0, "2026-11-22", "2026-11-23"),
        ("THIS_WEEK", 0, "2026-11-22", "2026-11-29"),
        ("LAST_WEEK", 0, "2026-11-15", "2026-11-22"),
        ("LAST_N_DAYS", 3, "2026-11-19", "2026-11-23"),
        ("NEXT_N_DAYS", 3, "2026-11-23", "2026-11-26"),
        ("N_DAYS_AGO", 3, "2026-11-19", "2026-11-20"),
        ("LAST_90_DAYS", 0, "2026-08-24", "2026-11-23"),
        ("NEXT_MONTH", 0, "2026-12-01", "2027-01-01"),
        ("LAST_N_MONTHS", 2, "2026-09-01", "2026-11-01"),
        ("THIS_QUARTER", 0, "2026-10-01", "2027-01-01"),
        ("N_QUARTERS_AGO", 4, "2025-10-01", "2026-01-01"),
        ("NEXT_N_FISCAL_YEARS", 2, "2027-01-01", "2029-01-01"),
    ],
)
def test_periods(name: str, count: int, first: str, after: str) -> None:
    assert days(Period(name, count), TODAY) == (date.fromisoformat(first), date.fromisoformat(after))
