"""Sums and ranks of measurements, and how results are shown."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.bench.arithmetic import percentile, total
from connector.bench.result import Result, table

numbers = st.lists(st.floats(min_value=-1e6, max_value=1e6), min_size=1)


@pytest.mark.parametrize(("percent", "expected"), [(0, 1), (1, 1), (25, 1), (26, 2), (50, 2), (99, 4), (100, 4)])
def test_a_percentile_is_one_of_the_values(percent: float, expected: float) -> None:
    assert percentile([3, 1, 4, 2], percent) == expected


@given(numbers, st.floats(min_value=0, max_value=100))
def test_at_least_so_many_do_not_exceed_a_percentile(values: list[float], percent: float) -> None:
    found = percentile(values, percent)
    assert found is not None
    assert sum(value <= found for value in values) >= len(values) * percent / 100 - 1e-6


def test_of_nothing_there_is_no_percentile_and_no_sum() -> None:
    assert percentile([], 50) is None
    assert total([]) is None


def test_a_sum_with_an_unknown_part_is_unknown() -> None:
    assert total([1.0, None]) is None
    assert total([1.0, 2.5]) == 3.5


def result(**more: object) -> Result:
    return Result("receiver", "Fast enough.", "requests/s", 1234.567, 2000.0, 0.617283, **more)  # type: ignore[arg-type]


def test_a_document_has_every_promised_column_and_null_where_one_does_not_apply() -> None:
    document = json.loads(json.dumps(result(ratio_spread=(0.5, 0.70004)).document()))
    promised = {"name", "ours", "floor", "ratio", "p50_ms", "p99_ms", "peak_memory_mb", "cpu_ms_per_unit", "crm_calls_per_lead"}
    assert promised | {"unit", "repetitions"} <= document.keys()
    assert document["crm_calls_per_lead"] is None
    assert (document["ours"], document["ratio"], document["ratio_spread"]) == (1235.0, 0.6173, [0.5, 0.7])


def test_the_table_has_a_line_of_numbers_and_a_sentence_for_each_result() -> None:
    head, numbers_, _, sentence = table([result()]).splitlines()
    assert head.split()[:3] == ["name", "unit", "ours"]
    assert numbers_.split() == ["receiver", "requests/s", "1235.0", "2000.0", "0.6173", *"-----"]
    assert sentence == "receiver: Fast enough."
