"""Composite: several calls in one, all or none, one after the other."""

from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.sandbox.salesforce_sandbox import NOON, SELLER, Sandbox, running

HALTED = "PROCESSING_HALTED"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with running(tmp_path) as sandbox:
        yield sandbox


def part(reference: str, method: str, path: str, body: object = None, **headers: str) -> dict[str, Any]:
    made = {"method": method, "url": f"/services/data/v67.0/{path}", "referenceId": reference}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {**made, **({"body": body} if body is not None else {}), **({"httpHeaders": named} if named else {})}


def send(sandbox: Sandbox, *parts: dict[str, Any], all_or_none: bool = False) -> list[dict[str, Any]]:
    answer = sandbox.call("POST", "composite", json={"allOrNone": all_or_none, "compositeRequest": list(parts)})
    assert answer.status_code == 200, answer.text
    responses: list[dict[str, Any]] = answer.json()["compositeResponse"]
    return responses


def test_later_parts_use_earlier_answers(sandbox: Sandbox) -> None:
    made, task, found = send(
        sandbox,
        part("lead", "POST", "sobjects/Lead", {"LastName": "Byron", "Company": "Acme"}),
        part("task", "POST", "sobjects/Task", {"Subject": "Call", "WhoId": "@{lead.id}"}),
        part("found", "GET", "query/?q=SELECT+WhoId+FROM+Task+WHERE+Id='@{task.id}'"),
    )
    assert [answer["httpStatusCode"] for answer in (made, task, found)] == [201, 201, 200]
    assert [answer["referenceId"] for answer in (made, task, found)] == ["lead", "task", "found"]
    assert made["httpHeaders"]["Location"].endswith(made["body"]["id"])
    assert found["body"]["records"][0]["WhoId"] == made["body"]["id"]


def test_a_path_into_an_answer(sandbox: Sandbox) -> None:
    lead = sandbox.lead()
    _, changed = send(
        sandbox,
        part("found", "GET", "query?q=SELECT Id FROM Lead"),
        part("changed", "PATCH", "sobjects/Lead/@{found.records[0].Id}", {"Title": "CTO"}),
    )
    assert (changed["httpStatusCode"], changed["body"]) == (204, None)
    assert sandbox.stored(lead)["Title"] == "CTO"


def test_a_failure_halts_only_those_that_need_it(sandbox: Sandbox) -> None:
    failed, dependent, other = send(
        sandbox,
        part("lead", "POST", "sobjects/Lead", {"LastName": "Byron"}),
        part("task", "POST", "sobjects/Task", {"WhoId": "@{lead.id}"}),
        part("other", "POST", "sobjects/Task", {"Subject": "x"}),
    )
    assert failed["body"][0]["errorCode"] == "REQUIRED_FIELD_MISSING"
    assert (dependent["httpStatusCode"], dependent["body"][0]["errorCode"]) == (400, HALTED)
    assert other["httpStatusCode"] == 201


def test_all_or_none(sandbox: Sandbox) -> None:
    lead = sandbox.lead()
    first, failed, last = send(
        sandbox,
        part("first", "PATCH", f"sobjects/Lead/{lead}", {"Title": "CTO"}),
        part("failed", "PATCH", f"sobjects/Lead/{lead}", {"Email": "no address"}),
        part("last", "PATCH", f"sobjects/Lead/{lead}", {"City": "Bern"}),
        all_or_none=True,
    )
    assert [answer["body"][0]["errorCode"] for answer in (first, failed, last)] == [HALTED, "INVALID_EMAIL_ADDRESS", HALTED]
    assert sandbox.stored(lead)["Title"] is None


def test_a_collection_with_failures_stands_beside_a_roll_back(sandbox: Sandbox) -> None:
    items = [{"attributes": {"type": "Lead"}, "LastName": "A", "Company": company} for company in ("Acme", None)]
    collection, failed = send(
        sandbox,
        part("collection", "POST", "composite/sobjects", {"allOrNone": False, "records": items}),
        part("failed", "POST", "sobjects/Task", {"WhoId": "@{collection[1].id}"}),
        all_or_none=True,
    )
    assert collection["httpStatusCode"] == 200
    assert [result["success"] for result in collection["body"]] == [True, False]
    assert failed["body"][0]["errorCode"] == HALTED
    assert sandbox.query("SELECT Id FROM Lead") == []


def test_each_part_has_its_own_condition(sandbox: Sandbox) -> None:
    moved, still = sandbox.lead(), sandbox.lead()
    sandbox.tick(5)
    sandbox.side.update("Lead", moved, {"Title": "a person's"}, SELLER)
    seen = formatdate(NOON / 1000, usegmt=True)
    refused, written = send(
        sandbox,
        part("moved", "PATCH", f"sobjects/Lead/{moved}", {"Title": "ours"}, If_Unmodified_Since=seen),
        part("still", "PATCH", f"sobjects/Lead/{still}", {"Title": "ours"}, If_Unmodified_Since=seen),
    )
    assert (refused["httpStatusCode"], written["httpStatusCode"]) == (412, 204)
    assert (sandbox.stored(moved)["Title"], sandbox.stored(still)["Title"]) == ("a person's", "ours")


def test_a_composite_is_one_call(sandbox: Sandbox) -> None:
    parts = [part(f"p{n}", "POST", "sobjects/Task", {"Subject": "x"}) for n in range(25)]
    answer = sandbox.call("POST", "composite", json={"compositeRequest": parts})
    assert answer.headers["Sforce-Limit-Info"] == "api-usage=1/100000"


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [part(f"p{n}", "GET", "limits") for n in range(26)],
        [part(f"p{n}", "GET", "query?q=SELECT Id FROM Lead") for n in range(6)],
        [part("same", "GET", "limits"), part("same", "GET", "limits")],
        [part("p", "GET", "composite")],
        [part("p", "GET", "limits", Authorization="Bearer other")],
        [{"method": "GET", "referenceId": "p", "url": "https://elsewhere.example/"}],
        [{"method": "GET", "url": "/services/data/v67.0/limits"}],
        "nothing",
    ],
)
def test_what_is_refused_as_a_whole(sandbox: Sandbox, parts: object) -> None:
    assert sandbox.call("POST", "composite", json={"compositeRequest": parts}).status_code == 400
