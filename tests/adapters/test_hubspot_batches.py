from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.errors import CallOperator, Throttled, UnknownOutcome
from adapters.hubspot import answers
from adapters.hubspot.answers import Batch, Record
from adapters.hubspot.batches import LIMIT, Item, batches, settle
from adapters.hubspot.failures import Rejected, complaint
from adapters.records import RecordRef
from tests.adapters.hubspot_server import fixture

NAMES = {"leadline_confidence": "confidence", "leadline_grade": "grade"}
UNKNOWN_PROPERTY = complaint(fixture("error__unknown_property"))
INVALID_OPTION = complaint(fixture("error__invalid_option"))
NOT_FOUND = complaint(fixture("error__not_found"))
Inputs = Sequence[Mapping[str, Any]]


def item(number: int, property_: str = "leadline_confidence") -> Item:
    ref = RecordRef("acme", "contact", str(1000 + number))
    return Item(ref, str(number), {property_: "x"}, NAMES, id=ref.id)


def rejected(said: Any = INVALID_OPTION) -> Rejected:
    return Rejected("Refused.", operation="update contacts", status=400, complaint=said)


def echo(inputs: Inputs) -> Batch:
    return Batch(tuple(Record(given["id"], {}, trace=given["objectWriteTraceId"]) for given in inputs), ())


class AllOrNothing:
    """HubSpot where it does not judge inputs one by one: one culprit, and the batch is refused."""

    def __init__(self, culprits: set[str]) -> None:
        self.culprits = culprits
        self.calls: list[int] = []
        self.written: list[str] = []

    def __call__(self, inputs: Inputs) -> Batch:
        self.calls.append(len(inputs))
        ids = [given["id"] for given in inputs]
        if self.culprits.intersection(ids):
            raise rejected()
        self.written += ids
        return echo(inputs)


@given(st.sets(st.integers(min_value=0, max_value=249), max_size=12))
def test_culprits_are_found_alone_and_everybody_else_is_written_once(culprits: set[int]) -> None:
    items = [item(number) for number in range(250)]
    crm = AllOrNothing({str(1000 + number) for number in culprits})
    outcomes = settle(items, crm)
    assert {trace for trace, outcome in outcomes.items() if outcome.state == "refused"} == {str(number) for number in culprits}
    assert sorted(crm.written) == sorted(one.id for one in items if int(one.trace) not in culprits)
    assert len(outcomes) == 250


def test_one_culprit_in_a_hundred_costs_the_fewest_calls() -> None:
    crm = AllOrNothing({"1037"})
    settle([item(number) for number in range(100)], crm)
    assert len(crm.calls) <= 1 + 2 * 7


def test_a_culprit_is_told_which_output_was_refused() -> None:
    (outcome,) = settle([item(1)], AllOrNothing({"1001"})).values()
    assert (outcome.state, outcome.fields, outcome.code) == ("refused", ("confidence",), "INVALID_OPTION")
    assert "confidence" in outcome.reason


def test_a_property_that_is_gone_refuses_those_who_write_it_with_one_more_call() -> None:
    calls: list[int] = []

    def send(inputs: Inputs) -> Batch:
        calls.append(len(inputs))
        if any("leadline_grade" in given["properties"] for given in inputs):
            raise rejected(UNKNOWN_PROPERTY)
        return echo(inputs)

    items = [item(number, "leadline_grade" if number % 2 else "leadline_confidence") for number in range(100)]
    outcomes = settle(items, send)
    assert calls == [100, 50]
    assert {outcomes[str(number)].state for number in range(1, 100, 2)} == {"refused"}
    assert {outcomes[str(number)].state for number in range(0, 100, 2)} == {"written"}


def test_a_207_gives_each_its_own_outcome() -> None:
    missing = Item(RecordRef("acme", "contact", "404"), "2", {"leadline_confidence": "High"}, NAMES, id="404")
    good = Item(RecordRef("acme", "contact", "101"), "0", {"leadline_confidence": "High"}, NAMES, id="101")
    outcomes = settle([good, item(1), missing], lambda _: answers.batch(fixture("batch_update__mixed")))
    assert [outcomes[trace].state for trace in "012"] == ["written", "refused", "gone"]
    assert outcomes["1"].fields == ("confidence",)


def test_a_trace_is_never_taken_for_an_id() -> None:
    """Traces are small numbers; so are the ids of a young portal."""
    one, two = (Item(RecordRef("acme", "contact", id_), trace, {}, {}, id=id_) for trace, id_ in (("1", "2"), ("2", "1")))
    missing = complaint({"category": "OBJECT_NOT_FOUND", "context": {"ids": ["1"]}})
    sent: list[Inputs] = []

    def send(inputs: Inputs) -> Batch:
        sent.append(inputs)
        return Batch((Record("2", {}),), (missing,))

    outcomes = settle([one, two], send)
    assert [outcomes["1"].state, outcomes["2"].state, len(sent)] == ["written", "gone", 1]


def test_a_missing_record_alone_is_gone() -> None:
    def send(_: Inputs) -> Batch:
        raise rejected(NOT_FOUND)

    assert settle([item(1)], send)["1"].state == "gone"


def test_a_write_that_landed_on_a_survivor_names_it() -> None:
    def send(inputs: Inputs) -> Batch:
        return Batch((Record("77", {}, trace=inputs[0]["objectWriteTraceId"]),), ())

    outcome = settle([item(1)], send)["1"]
    assert outcome.state == "gone"
    assert outcome.now == RecordRef("acme", "contact", "77")


def test_whom_the_answer_does_not_mention_is_unknown() -> None:
    outcomes = settle([item(1), item(2)], lambda inputs: echo(inputs[:1]))
    assert [outcomes["1"].state, outcomes["2"].state] == ["written", "unknown"]


def test_results_without_traces_are_matched_by_id() -> None:
    outcomes = settle([item(1), item(2)], lambda _: Batch((Record("1002", {}), Record("1001", {})), ()))
    assert {outcome.state for outcome in outcomes.values()} == {"written"}


def test_the_first_calls_failure_is_everybodys() -> None:
    def send(_: Inputs) -> Batch:
        raise UnknownOutcome("No answer.", provider="hubspot", operation="update contacts")

    with pytest.raises(UnknownOutcome):
        settle([item(number) for number in range(150)], send)


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (UnknownOutcome("No answer.", provider="hubspot", operation="update contacts"), "unknown"),
        (Throttled("Limit.", provider="hubspot", operation="update contacts", policy="burst", after=1.0), "retry"),
        (CallOperator("No right.", provider="hubspot", operation="update contacts"), "retry"),
    ],
)
def test_a_later_calls_failure_leaves_the_earlier_outcomes_standing(error: Exception, state: str) -> None:
    calls: list[Inputs] = []

    def send(inputs: Inputs) -> Batch:
        calls.append(inputs)
        if len(calls) == 2:
            raise error
        return echo(inputs)

    outcomes = settle([item(number) for number in range(250)], send)
    assert [outcomes[str(number)].state for number in (0, 99, 100, 199, 200, 249)] == ["written"] * 2 + [state] * 2 + [
        "retry"
    ] * 2
    assert len(calls) == 2


@given(st.lists(st.integers(min_value=0, max_value=20), max_size=300))
def test_no_batch_holds_a_record_twice_and_the_order_stands(numbers: list[int]) -> None:
    items = [
        Item(RecordRef("acme", "contact", str(number)), str(place), {}, {}, id=str(number))
        for place, number in enumerate(numbers)
    ]
    made = list(batches(items))
    assert [one for batch in made for one in batch] == items
    for batch in made:
        assert 1 <= len(batch) <= LIMIT
        assert len({one.id for one in batch}) == len(batch)
