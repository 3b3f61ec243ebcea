from typing import Any

import pytest

from adapters.errors import AdapterError, CallOperator, Refused, Retry, Throttled, UnknownOutcome
from adapters.records import RecordRef
from adapters.salesforce.answers import Item, VendorError, parse_collection, parse_composite, parse_errors
from adapters.salesforce.calls import in_turn, outcome
from adapters.salesforce.failures import error_for, interrupted

REF = RecordRef("acme", "lead", "00QR00000033JNuIAM")


def _body(code: str) -> list[dict[str, Any]]:
    return [{"message": "ada@acme.example is wrong", "errorCode": code, "fields": []}]


@pytest.mark.parametrize(
    ("status", "content", "writes", "expected"),
    [
        (403, _body("REQUEST_LIMIT_EXCEEDED"), True, Throttled),
        (429, "slow down", False, Throttled),
        (503, "<html>maintenance</html>", False, Retry),
        (503, "<html>maintenance</html>", True, UnknownOutcome),
        (500, _body("UNKNOWN_EXCEPTION"), True, UnknownOutcome),
        (400, _body("UNABLE_TO_LOCK_ROW"), True, Retry),
        (400, _body("QUERY_TIMEOUT"), False, Retry),
        (403, _body("API_DISABLED_FOR_ORG"), False, CallOperator),
        (403, "<html>blocked</html>", True, CallOperator),
        (400, _body("INVALID_FIELD"), False, CallOperator),
        (404, _body("UNSUPPORTED_API_VERSION"), False, CallOperator),
        (302, "", False, CallOperator),
        (400, _body("MALFORMED_QUERY"), False, Refused),
        (404, {"message": "gone", "errorCode": "NOT_FOUND"}, False, Refused),
    ],
)
def test_errors_are_told_apart_by_code_and_status(status: int, content: Any, writes: bool, expected: type[AdapterError]) -> None:
    error = error_for(status, content, operation="update", writes=writes)
    assert type(error) is expected
    assert (error.provider, error.operation) == ("salesforce", "update")
    assert "ada@acme.example" not in str(error)
    assert "<html>" not in str(error)


def test_an_error_is_an_array_or_a_bare_object_or_nothing_we_read() -> None:
    assert parse_errors([{"errorCode": "A_B", "fields": ["Email"]}]) == (VendorError("A_B", ("Email",)),)
    assert parse_errors({"statusCode": "A_B"}) == (VendorError("A_B"),)
    assert parse_errors("<html>") == ()
    assert parse_errors([{"errorCode": "it's a sentence: ada@acme.example"}]) == (VendorError(""),)


def test_a_subanswer_without_a_status_is_not_guessed_at() -> None:
    with pytest.raises(ValueError, match="status"):
        parse_composite({"compositeResponse": [{"body": None}]}, 1)


def test_a_rolled_back_item_is_no_success_although_it_has_an_id() -> None:
    (item,) = parse_collection(
        [{"id": REF.id, "success": False, "errors": [{"statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK", "fields": []}]}], 1
    )
    assert outcome(REF, item).state == "retry"


@pytest.mark.parametrize("document", [None, {}, [], [1], "text", [{}, {}]])
def test_an_answer_that_does_not_match_the_request_is_not_guessed_at(document: Any) -> None:
    with pytest.raises(ValueError, match="record"):
        parse_collection(document, 1)
    with pytest.raises(ValueError, match="record"):
        parse_composite({"compositeResponse": document}, 1)


@pytest.mark.parametrize(
    ("item", "state"),
    [
        (Item(success=True, id=REF.id), "written"),
        (Item(success=False, status=412), "conflict"),
        (Item(success=False, status=500, errors=(VendorError("SOMETHING"),)), "unknown"),
        (Item(success=False, errors=(VendorError("UNABLE_TO_LOCK_ROW"),)), "retry"),
        (Item(success=False, errors=(VendorError("FIELD_CUSTOM_VALIDATION_EXCEPTION"),)), "refused"),
        (Item(success=False), "refused"),
        (interrupted("update", writes=True), "unknown"),
        (interrupted("update", writes=False), "retry"),
    ],
)
def test_each_verdict_has_one_state_and_a_reason(item: Item | AdapterError, state: str) -> None:
    found = outcome(REF, item)
    assert found.state == state
    assert bool(found.reason) == (state != "written")


def _fine(part: Any) -> list[Item]:
    return [Item(success=True) for _ in part]


def _lost(part: Any) -> list[Item]:
    raise interrupted("update", writes=True)


def test_an_error_of_the_first_call_is_raised() -> None:
    with pytest.raises(UnknownOutcome):
        in_turn([([1], _lost), ([2], _fine)])


def test_an_error_of_a_later_call_costs_no_earlier_answer_and_stops_the_rest() -> None:
    verdicts = in_turn([([1, 2], _fine), ([3, 4], _lost), ([5], _fine)])
    assert [(thing, outcome(REF, verdict).state) for thing, verdict in verdicts] == [
        (1, "written"),
        (2, "written"),
        (3, "unknown"),
        (4, "unknown"),
        (5, "retry"),
    ]
