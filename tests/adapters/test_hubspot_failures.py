import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.errors import AdapterError, CallOperator, Refused, Retry, Throttled, UnknownOutcome
from adapters.hubspot.failures import Operation, Rejected, complaint, failure, no_answer
from adapters.hubspot.transport import Answer
from tests.adapters.hubspot_server import fixture

READ = Operation("read contacts", scope="crm.objects.contacts.read")
WRITE = Operation("update contacts", writes=True, scope="crm.objects.contacts.write")


def answer(status: int, body: object = None, **headers: str) -> Answer:
    return Answer(status, None, json.dumps(body).encode(), {name.replace("_", "-"): value for name, value in headers.items()})


def test_a_validation_error_names_code_and_property() -> None:
    said = complaint(fixture("error__invalid_option"))
    assert (said.category, said.code, said.properties) == ("VALIDATION_ERROR", "INVALID_OPTION", ("leadline_confidence",))


def test_an_item_error_names_its_trace_or_its_id() -> None:
    first, second = map(complaint, fixture("batch_update__mixed")["errors"])
    assert (first.traces, first.ids, first.code) == (("1",), (), "INVALID_OPTION")
    assert (second.traces, second.ids, second.category) == ((), ("404",), "OBJECT_NOT_FOUND")


KEYS = st.sampled_from(["message", "category", "errors", "context", "ids"])


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner),
    )
)
def test_no_error_object_is_too_strange_to_read(document: object) -> None:
    complaint(document)


@pytest.mark.parametrize("operation", [READ, WRITE])
@pytest.mark.parametrize(
    ("policy", "ours", "after"),
    [
        ("TEN_SECONDLY_ROLLING", "burst", 10.0),
        ("ten_secondly_rolling", "burst", 10.0),
        ("SECONDLY", "search", 1.0),
        ("DAILY", "daily", 3600.0),
        ("SOMETHING_NEW", "burst", 10.0),
        (None, "burst", 10.0),
    ],
)
def test_a_429_says_which_limit(policy: str | None, ours: str, after: float, operation: Operation) -> None:
    error = failure(answer(429, {"errorType": "RATE_LIMIT", "policyName": policy}), operation)
    assert isinstance(error, Throttled)
    assert (error.policy, error.after) == (ours, after)


@pytest.mark.parametrize(("header", "after"), [("7", 7.0), ("999999", 86_400.0), ("soon", 10.0), ("²", 10.0), ("", 10.0)])
def test_retry_after_is_obeyed_within_a_day(header: str, after: float) -> None:
    error = failure(answer(429, {}, Retry_After=header), READ)
    assert isinstance(error, Throttled)
    assert error.after == after


@pytest.mark.parametrize(
    ("status", "read", "write"),
    [
        (401, CallOperator, CallOperator),
        (403, CallOperator, CallOperator),
        (530, CallOperator, CallOperator),
        (408, Retry, Retry),
        (423, Retry, Retry),
        (477, Retry, Retry),
        (500, Retry, UnknownOutcome),
        (502, Retry, UnknownOutcome),
        (503, Retry, UnknownOutcome),
        (504, Retry, UnknownOutcome),
        (521, Retry, UnknownOutcome),
        (524, Retry, UnknownOutcome),
        (400, Rejected, Rejected),
        (404, Rejected, Rejected),
        (409, Rejected, Rejected),
        (414, Refused, Refused),
        (302, Refused, Refused),
    ],
)
def test_each_status_says_what_to_do_next(status: int, read: type[AdapterError], write: type[AdapterError]) -> None:
    assert type(failure(answer(status), READ)) is read
    error = failure(answer(status), WRITE)
    assert type(error) is write
    assert (error.provider, error.operation, error.status) == ("hubspot", "update contacts", status)


def test_a_lock_is_over_in_two_seconds() -> None:
    error = failure(answer(423), WRITE)
    assert isinstance(error, Retry)
    assert error.after == 2.0


def test_the_missing_scope_is_named() -> None:
    assert "crm.objects.contacts.write;" in str(failure(answer(403, fixture("error__missing_scopes")), READ))


@pytest.mark.parametrize("scopes", [None, [], ["<script>"], "x"])
def test_without_a_scope_in_the_answer_the_operations_own_is_named(scopes: object) -> None:
    body = {"category": "MISSING_SCOPES", "errors": [{"context": {"requiredScopes": scopes}}]}
    assert "lacks the scope crm.objects.contacts.read;" in str(failure(answer(403, body), READ))


@pytest.mark.parametrize("status", [400, 401, 403, 409, 429, 500])
def test_no_error_quotes_the_answer(status: int) -> None:
    body = {"message": "ada@acme.example is no good", "category": "CONFLICT"}
    assert "ada" not in str(failure(answer(status, body), WRITE))


def test_a_page_instead_of_an_error_object_is_survived() -> None:
    page = Answer(502, "Bad Gateway", b"<html>502</html>", {})
    assert isinstance(failure(page, READ), Retry)


def test_a_lost_answer_is_unknown_for_a_write_only() -> None:
    assert type(no_answer(READ, "it broke off")) is Retry
    assert type(no_answer(WRITE, "it broke off")) is UnknownOutcome
