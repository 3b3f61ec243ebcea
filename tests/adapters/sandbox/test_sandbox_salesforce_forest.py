"""sObject trees and composite graphs: many records with their relations in one call."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.sandbox.salesforce_sandbox import DATA, Sandbox, running


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with running(tmp_path) as sandbox:
        yield sandbox


def record(kind: str, reference: str, **values: Any) -> dict[str, Any]:
    return {"attributes": {"type": kind, "referenceId": reference}, **values}


def node(reference: str, body: dict[str, Any], kind: str = "Lead") -> dict[str, Any]:
    return {"method": "POST", "url": f"{DATA}/sobjects/{kind}", "referenceId": reference, "body": body}


def test_a_tree_is_created_with_what_hangs_on_it(sandbox: Sandbox) -> None:
    contacts = {"records": [record("Contact", "ada", LastName="Ada"), record("Contact", "bob", LastName="Bob")]}
    deals = {"records": [record("Opportunity", "deal", Name="Deal", CloseDate="2026-12-01")]}
    body = {"records": [record("Account", "acme", Name="Acme", Contacts=contacts, Opportunities=deals)]}
    answer = sandbox.call("POST", "composite/tree/Account", json=body)
    assert (answer.status_code, answer.json()["hasErrors"]) == (201, False)
    ids = {one["referenceId"]: one["id"] for one in answer.json()["results"]}
    assert {row["LastName"] for row in sandbox.query("SELECT LastName FROM Contact WHERE AccountId = {}", ids["acme"])} == {
        "Ada",
        "Bob",
    }
    assert [row["Id"] for row in sandbox.query("SELECT Id FROM Opportunity WHERE AccountId = {}", ids["acme"])] == [ids["deal"]]


def test_one_bad_record_fells_the_tree(sandbox: Sandbox) -> None:
    below = {"records": [record("Contact", "nobody", FirstName="No")]}
    answer = sandbox.call(
        "POST", "composite/tree/Account", json={"records": [record("Account", "acme", Name="Acme", Contacts=below)]}
    )
    assert answer.status_code == 400
    (failed,) = answer.json()["results"]
    assert (failed["referenceId"], failed["errors"][0]["statusCode"]) == ("nobody", "REQUIRED_FIELD_MISSING")
    assert sandbox.query("SELECT Id FROM Account") == []


@pytest.mark.parametrize(
    "records",
    [
        [],
        [{"Name": "no attributes"}],
        [record("Contact", "other", LastName="Ada")],
        [record("Account", "a", Name="A"), record("Account", "a", Name="B")],
        [record("Account", f"a{n}", Name="A") for n in range(201)],
    ],
)
def test_what_is_no_tree(sandbox: Sandbox, records: list[dict[str, Any]]) -> None:
    answer = sandbox.call("POST", "composite/tree/Account", json={"records": records})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_INPUT")
    assert sandbox.query("SELECT Id FROM Account") == []


def test_each_graph_happens_or_does_not(sandbox: Sandbox) -> None:
    good = [node("one", {"Name": "Acme"}, "Account"), node("two", {"LastName": "Ada", "AccountId": "@{one.id}"}, "Contact")]
    bad = [node("three", {"Name": "Gone"}, "Account"), node("four", {"FirstName": "No"}, "Contact")]
    graphs = [{"graphId": "g1", "compositeRequest": good}, {"graphId": "g2", "compositeRequest": bad}]
    first, second = sandbox.call("POST", "composite/graph", json={"graphs": graphs}).json()["graphs"]
    assert (first["graphId"], first["isSuccessful"], second["isSuccessful"]) == ("g1", True, False)
    codes = [one["body"][0]["errorCode"] for one in second["graphResponse"]["compositeResponse"]]
    assert codes == ["PROCESSING_HALTED", "REQUIRED_FIELD_MISSING"]
    assert [row["Name"] for row in sandbox.query("SELECT Name FROM Account")] == ["Acme"]


def test_after_fourteen_failed_graphs_the_rest_is_not_tried(sandbox: Sandbox) -> None:
    bad = [{"graphId": f"g{n}", "compositeRequest": [node("n", {"Company": "Acme"})]} for n in range(14)]
    last = {"graphId": "last", "compositeRequest": [node("n", {"Company": "Acme", "LastName": "Ada"})]}
    found = sandbox.call("POST", "composite/graph", json={"graphs": [*bad, last]}).json()["graphs"][-1]
    assert found["graphResponse"]["compositeResponse"][0]["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert sandbox.query("SELECT Id FROM Lead") == []


@pytest.mark.parametrize("graphs", [[], [{"graphId": "", "compositeRequest": [node("n", {})]}], [{"graphId": "g"}], ["g"]])
def test_what_is_no_graph(sandbox: Sandbox, graphs: list[Any]) -> None:
    answer = sandbox.call("POST", "composite/graph", json={"graphs": graphs})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_INPUT")
