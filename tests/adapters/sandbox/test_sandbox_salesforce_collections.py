"""Collections: 200 records a call, one result each, and failures inside a 200."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.sandbox.salesforce_sandbox import SELLER, Sandbox, running

KEY = "Leadline_Key__c"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with running(tmp_path) as sandbox:
        yield sandbox


def item(id_: str = "", **values: Any) -> dict[str, Any]:
    return {"attributes": {"type": "Lead"}, **({"id": id_} if id_ else {}), **values}


def send(sandbox: Sandbox, method: str, items: list[dict[str, Any]], path: str = "", **options: Any) -> list[dict[str, Any]]:
    answer = sandbox.call(method, "composite/sobjects" + path, json={"records": items, **options})
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()
    return results


def codes(results: list[dict[str, Any]]) -> list[str]:
    return ["" if result["success"] else result["errors"][0]["statusCode"] for result in results]


def test_failures_stand_among_successes_in_order(sandbox: Sandbox) -> None:
    good, gone, converted = sandbox.lead(), sandbox.lead(), sandbox.lead()
    sandbox.side.delete("Lead", gone, SELLER)
    sandbox.side.update("Lead", converted, {"IsConverted": True}, SELLER)
    items = [
        item(good, Title="CTO"),
        item(gone, Title="CTO"),
        item(converted, Title="CTO"),
        item("00Q5e0000000zzz", Title="CTO"),
        item("garbage", Title="CTO"),
        item(good, Company="x" * 256),
        item(Title="CTO"),
        {"id": good, "Title": "no type"},
    ]
    results = send(sandbox, "PATCH", items)
    assert codes(results) == [
        "",
        "ENTITY_IS_DELETED",
        "CANNOT_UPDATE_CONVERTED_LEAD",
        "INVALID_CROSS_REFERENCE_KEY",
        "MALFORMED_ID",
        "STRING_TOO_LONG",
        "MISSING_ARGUMENT",
        "INVALID_TYPE",
    ]
    assert results[0] == {"id": good, "success": True, "errors": []}
    assert results[5]["errors"][0]["fields"] == ["Company"]
    assert sandbox.stored(good)["Title"] == "CTO"


def test_all_or_none_undoes_the_good_ones_but_shows_their_ids(sandbox: Sandbox) -> None:
    good, bad = sandbox.lead(), sandbox.lead()
    results = send(sandbox, "PATCH", [item(good, Title="CTO"), item(bad, Email="no address")], allOrNone=True)
    assert codes(results) == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "INVALID_EMAIL_ADDRESS"]
    assert results[0]["id"] == good
    assert sandbox.stored(good)["Title"] is None
    assert not [write for write in sandbox.writes if write.record.id == good and write.kind == "updated"]


def test_create_and_delete(sandbox: Sandbox) -> None:
    made = send(sandbox, "POST", [item(LastName="A", Company="Acme"), item(LastName="B")])
    assert codes(made) == ["", "REQUIRED_FIELD_MISSING"]
    assert "id" not in made[1]
    ids = f"{made[0]['id']},garbage"
    gone = sandbox.call("DELETE", "composite/sobjects", params={"ids": ids, "allOrNone": "false"}).json()
    assert codes(gone) == ["", "MALFORMED_ID"]


def test_upsert(sandbox: Sandbox) -> None:
    body = item(LastName="A", Company="Acme", **{KEY: "k1"})
    (first,) = send(sandbox, "PATCH", [body], f"/Lead/{KEY}")
    (second, nameless) = send(sandbox, "PATCH", [item(Title="CTO", **{KEY: "K1"}), item(Title="CTO")], f"/Lead/{KEY}")
    assert (first["created"], second["created"], second["id"]) == (True, False, first["id"])
    assert codes([nameless]) == ["MISSING_ARGUMENT"]
    assert sandbox.call("PATCH", "composite/sobjects/Lead/Email", json={"records": []}).status_code == 404


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_reading_by_id_keeps_the_order_and_says_null(sandbox: Sandbox, method: str) -> None:
    first, gone, last = sandbox.lead(LastName="A"), sandbox.lead(), sandbox.lead(LastName="B")
    sandbox.side.delete("Lead", gone, SELLER)
    asked: Mapping[str, Any] = {"ids": [last, gone, "00Q5e0000000zzz", first], "fields": ["Id", "lastname"]}
    if method == "GET":
        joined = {name: ",".join(values) for name, values in asked.items()}
        rows = sandbox.call("GET", "composite/sobjects/Lead", params=joined).json()
    else:
        rows = sandbox.call("POST", "composite/sobjects/Lead", json=asked).json()
    assert [row and row["LastName"] for row in rows] == ["B", None, None, "A"]


def test_two_hundred_and_no_more(sandbox: Sandbox) -> None:
    ids = [sandbox.lead() for _ in range(201)]
    assert codes(send(sandbox, "PATCH", [item(id_, Title="CTO") for id_ in ids[:200]])) == [""] * 200
    answer = sandbox.call("PATCH", "composite/sobjects", json={"records": [item(id_, Title="CTO") for id_ in ids]})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "EXCEEDED_ID_LIMIT")
    assert sandbox.call("POST", "composite/sobjects/Lead", json={"ids": ids, "fields": ["Id"]}).status_code == 400


def test_a_collection_is_one_call(sandbox: Sandbox) -> None:
    ids = [sandbox.lead() for _ in range(5)]
    before = sandbox.call("GET", "limits").json()["DailyApiRequests"]["Remaining"]
    send(sandbox, "PATCH", [item(id_, Title="CTO") for id_ in ids])
    assert before - sandbox.call("GET", "limits").json()["DailyApiRequests"]["Remaining"] == 2


def test_one_row_locked_among_others(sandbox: Sandbox) -> None:
    ids = [sandbox.lead() for _ in range(3)]
    sandbox.world.faults.add({"kind": "lock", "count": 1})
    assert codes(send(sandbox, "PATCH", [item(id_, Title="CTO") for id_ in ids])) == ["UNABLE_TO_LOCK_ROW", "", ""]


def test_duplicates_by_item(sandbox: Sandbox) -> None:
    sandbox.side.configure({"duplicate_rules": [{}]})
    bodies = [item(LastName="A", Company="Acme", Email="a@acme.example") for _ in range(2)]
    results = send(sandbox, "POST", bodies)
    assert codes(results) == ["", "DUPLICATES_DETECTED"]
    matches = results[1]["errors"][0]["duplicateResult"]["matchResults"][0]["matchRecords"]
    assert [match["record"]["Id"] for match in matches] == [results[0]["id"]]


def test_tasks_for_many(sandbox: Sandbox) -> None:
    leads = [sandbox.lead() for _ in range(3)]
    tasks = [{"attributes": {"type": "Task"}, "WhoId": lead, "Subject": "Call", "Description": "key"} for lead in leads]
    assert codes(send(sandbox, "POST", tasks)) == ["", "", ""]
    rows = sandbox.query("SELECT WhoId, Description FROM Task WHERE WhoId IN {}", leads)
    assert [(row["WhoId"], row["Description"]) for row in rows] == [(lead, "key") for lead in leads]
