"""Whatever is sent, an answer comes back in the vendor's shape, and never a 5xx."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.sandbox.wire import Call
from tests.adapters.sandbox.salesforce_sandbox import Sandbox, running

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
ITEM = st.fixed_dictionaries(
    {"attributes": JSON | st.just({"type": "Lead"})},
    optional={
        "id": JSON | st.just("00Q5e0000000001EAA"),
        "LastName": JSON,
        "OwnerId": JSON,
        "Email": JSON,
        "NumberOfEmployees": JSON,
        "Leadline_SLA_Due__c": JSON,
        "Leadline_Confidence__c": JSON,
        "Target_Account__c": JSON,
        "Leadline_Key__c": JSON,
        "Leadline_Fit_Score__c": JSON,
    },
)
COLLECTION = st.fixed_dictionaries({"records": st.lists(ITEM, max_size=3) | JSON}, optional={"allOrNone": JSON})
PART = st.fixed_dictionaries(
    {
        "method": st.sampled_from(["GET", "POST", "PATCH", "DELETE"]) | st.text(max_size=5),
        "url": st.sampled_from(["limits", "sobjects/Lead", "composite/sobjects", "sobjects/Lead/@{r1.id}", "query?q=SELECT"]).map(
            lambda path: f"/services/data/v67.0/{path}"
        ),
        "referenceId": st.sampled_from(["r1", "r2", "r3"]),
    },
    optional={"body": ITEM | COLLECTION, "httpHeaders": JSON},
)
COMPOSITE = st.fixed_dictionaries({"compositeRequest": st.lists(PART, max_size=4) | JSON}, optional={"allOrNone": JSON})
PATHS = st.sampled_from(
    [
        "sobjects/Lead",
        "sobjects/Lead/00Q5e0000000001EAA",
        "sobjects/Lead/Leadline_Key__c/k",
        "composite",
        "composite/sobjects",
        "composite/sobjects/Lead",
        "composite/sobjects/Lead/Leadline_Key__c",
        "query",
        "queryAll/01g-²",
        "sobjects/Lead/updated",
    ]
)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running(tmp_path_factory.mktemp("robust")) as sandbox:
        sandbox.lead()
        yield sandbox


def answered(sandbox: Sandbox, method: str, path: str, body: bytes, query: str = "", **headers: str) -> None:
    headers["authorization"] = str(sandbox.session.headers["Authorization"])
    answer = sandbox.side.answer(Call(method, f"/services/data/v67.0/{path}", query, headers, body))
    assert answer.status < 500
    if answer.status >= 400:
        assert {"message", "errorCode"} <= set(json.loads(answer.body)[0])


@settings(deadline=None)
@given(
    method=st.sampled_from(["GET", "POST", "PATCH", "DELETE", "PUT"]),
    path=PATHS,
    body=(ITEM | COLLECTION | COMPOSITE | JSON).map(json.dumps).map(str.encode) | st.binary(max_size=40),
    query=st.sampled_from(
        ["", "q=%00", "ids=x&fields=y", "ids=00Q5e0000000001EAA&fields=Id", "start=0001-01-01T00:00:00%2B23:00"]
    ),
    header=st.sampled_from(["sforce-auto-assign", "if-unmodified-since", "sforce-query-options", "sforce-duplicate-rule-header"]),
    value=st.text(max_size=30) | st.sampled_from(["batchSize=²", "Mon, 01 Jan 0001 00:00:00 +2359"]),
)
def test_any_call(sandbox: Sandbox, method: str, path: str, body: bytes, query: str, header: str, value: str) -> None:
    answered(sandbox, method, path, body, query, **{header: value})


@settings(deadline=None)
@given(
    form=st.dictionaries(st.sampled_from(["grant_type", "assertion", "code", "refresh_token", "client_id"]), st.text(max_size=40))
)
def test_any_form_at_the_token_endpoint(sandbox: Sandbox, form: dict[str, str]) -> None:
    body = "&".join(f"{name}={value}" for name, value in form.items()).encode("utf-8", "replace")
    answer = sandbox.side.answer(Call("POST", "/services/oauth2/token", "", {}, body))
    assert answer.status in {200, 400}


def test_writers_of_one_record_do_not_undo_each_other(sandbox: Sandbox) -> None:
    fields = ["Title", "City", "State", "Country", "Phone", "Industry", "Website", "LeadSource"]
    lead = sandbox.lead()

    def write(field: str) -> None:
        for value in range(25):
            body = json.dumps({field: f"{field} {value}"}).encode()
            answered(sandbox, "PATCH", f"sobjects/Lead/{lead}", body)

    with ThreadPoolExecutor(len(fields)) as pool:
        list(pool.map(write, fields))
    assert {field: sandbox.stored(lead)[field] for field in fields} == {field: f"{field} 24" for field in fields}


def test_a_body_nested_without_end(sandbox: Sandbox) -> None:
    answered(sandbox, "POST", "composite/sobjects", b'{"records":' + b"[" * 100_000)
