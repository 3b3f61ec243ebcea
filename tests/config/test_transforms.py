"""Values on their way between a CRM's field and ours: every transform is total, and what was written reads back as the same."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.fields import FIELDS, OUTPUTS, Kind, Value
from config.transforms import TRANSFORMS, Direction, Transform, TransformError, parse_transform, transform_document

EVERY = [
    *(Transform(name) for name in ("same", "trim", "lower", "number", "date", "day")),
    *(Transform("date", order) for order in ("ymd", "dmy", "mdy")),
    *(Transform("scale", ends) for ends in ("0-1", "1-5", "0-10", "1-100", "0-1000")),
    *(Transform("letters", letters) for letters in ("AB", "ABC", "ABCDF", "ABCDEF", "ABCDEFGHIJ")),
    Transform("letter_number", "ABC"),
    Transform("table", table=(("A1", "Hot"), ("B2", "Warm"), ("C3", "Warm"))),
]
WRITTEN = [one for one in EVERY if "write" in TRANSFORMS[one.name].directions]
GRADES = [letter + number for letter in "ABC" for number in "123"]
OF: dict[str, st.SearchStrategy[Value]] = {
    "scale": st.integers(0, 100),
    "letters": st.integers(0, 100),
    "letter_number": st.sampled_from(GRADES),
    "table": st.sampled_from(GRADES),
    "day": st.datetimes().map(lambda moment: f"{moment:%Y-%m-%dT%H:%M:%SZ}".rjust(20, "0")),
}
anything: st.SearchStrategy[Value] = st.none() | st.booleans() | st.integers() | st.text(max_size=20)


@given(st.sampled_from(EVERY), anything)
def test_every_transform_takes_anything_either_way(transform: Transform, value: Value) -> None:
    for found in (transform.onward(value), transform.back(value)):
        assert found is None or isinstance(found, str | int)


@given(st.sampled_from(EVERY), anything)
def test_what_stands_in_a_field_never_looks_empty(transform: Transform, value: Value) -> None:
    assert (transform.back(value) is None) == (value is None)


@given(st.sampled_from(WRITTEN), st.data())
def test_a_value_written_and_read_back_is_the_same(transform: Transform, data: st.DataObject) -> None:
    value = data.draw(OF.get(transform.name, st.text(min_size=1)))
    there = transform.onward(value)
    assert transform.back(there) == transform.through(value)
    assert transform.onward(transform.through(value)) == there
    assert transform.through(transform.through(value)) == transform.through(value)


@given(st.integers(0, 100))
def test_a_scale_from_0_to_1_loses_nothing(score: int) -> None:
    assert Transform("scale", "0-1").through(score) == score


@given(st.sampled_from([one for one in EVERY if one.name in {"scale", "letters"}]), st.integers(0, 100), st.integers(0, 100))
def test_the_better_lead_never_gets_the_lower_mark(transform: Transform, one: int, other: int) -> None:
    low, high = sorted((one, other))
    first, second = transform.back(transform.onward(low)), transform.back(transform.onward(high))
    assert isinstance(first, int)
    assert isinstance(second, int)
    assert first <= second


@pytest.mark.parametrize(
    ("said", "value", "there"),
    [
        ("scale 0-1", 82, "0.82"),
        ("scale 0-1", 0, "0.00"),
        ("scale 1-5", 0, 1),
        ("scale 1-5", 62, 3),
        ("scale 1-5", 63, 4),
        ("scale 1-5", 100, 5),
        ("scale 0-10", 85, 9),
        ("letters ABCDF", 80, "A"),
        ("letters ABCDF", 79, "B"),
        ("letters ABCDF", 0, "F"),
        ("letters ABCDF", 100, "A"),
    ],
)
def test_scores_on_other_scales(said: str, value: Value, there: Value) -> None:
    assert parse_transform(said, "fit_score", "integer", "write").onward(value) == there


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("about 1,200 people", 1200),
        ("1.200", 1200),
        ("1 200 000", 1_200_000),
        ("300", 300),
        ("5k", 5000),
        ("1.5 m EUR", 1_500_000),
        ("51-200", 125),
        ("51 – 200 employees", 125),
        ("1000+", 1000),
        ("Since 1998, 40 staff", 1998),
        ("none", None),
        ("", None),
        ("9" * 40, None),
        (40, 40),
    ],
)
def test_the_number_that_a_text_speaks_of(text: Value, number: int | None) -> None:
    assert Transform("number").onward(text) == number


@pytest.mark.parametrize(
    ("order", "text", "moment"),
    [
        ("", "2026-11-22", "2026-11-22T00:00:00Z"),
        ("dmy", "22.11.2026", "2026-11-22T00:00:00Z"),
        ("mdy", "11/22/2026", "2026-11-22T00:00:00Z"),
        ("dmy", "11/22/2026", None),
        ("ymd", "2025-02-29", None),
        ("ymd", "2024-02-29", "2024-02-29T00:00:00Z"),
        ("ymd", "soon", None),
    ],
)
def test_a_day_becomes_its_midnight(order: str, text: str, moment: str | None) -> None:
    assert Transform("date", order).onward(text) == moment


def test_a_table_is_read_in_any_letter_case_and_lets_the_rest_pass() -> None:
    table = parse_transform({"table": {"Web": "website", True: "yes"}}, "source", "text", "read")
    assert [table.onward(value) for value in ("Web", "WEB", True, "Fair")] == ["website", "website", "yes", "Fair"]


def test_a_mark_outside_the_scale_is_somebodys_own() -> None:
    assert Transform("scale", "1-10").back("250") == 2767
    assert Transform("letters", "ABC").back("A+") == "A+"
    assert Transform("letter_number", "ABC").back(7) == 7


@pytest.mark.parametrize(
    ("said", "name", "kind", "direction", "says"),
    [
        ("zip", "email", "text", "read", "There is no transform 'zip'; there are: same, trim"),
        ("scale 0-1", "employees", "integer", "read", "is not for employees; for it there are: same, table, number."),
        ("scale 0-1", "priority_rank", "integer", "write", "is not for priority_rank"),
        ("number", "fit_score", "integer", "write", "is not for fit_score; for it there are: same, table, scale, letters."),
        ("scale", "fit_score", "integer", "write", "'scale' is not complete; write scale 0-1"),
        ("scale 5-1", "fit_score", "integer", "write", "the lower end first"),
        ("letters ABA", "fit_score", "integer", "write", "each letter once"),
        ("date xyz", "last_visit_at", "moment", "read", "date dmy or date mdy"),
        ("table", "source", "text", "read", "a table of values, such as"),
        ({"table": {}}, "source", "text", "read", "a table of values, such as"),
        ({"table": {"Web": None}}, "source", "text", "read", "a table of values, such as"),
        (["trim"], "source", "text", "read", "A transform is one word"),
    ],
)
def test_what_does_not_go_is_said(said: object, name: str, kind: Kind, direction: Direction, says: str) -> None:
    with pytest.raises(TransformError) as refused:
        parse_transform(said, name, kind, direction)
    assert says in str(refused.value)


_SAID: st.SearchStrategy[Any] = (
    st.text(max_size=12) | st.sampled_from(["scale 0-1", "letters AB", "date dmy", "table"]) | st.just({"table": {"a": "b"}})
)


@given(_SAID, st.sampled_from([*FIELDS.values(), *OUTPUTS.values()]))
def test_a_transform_is_read_as_it_is_written(said: Any, field: Any) -> None:
    direction: Direction = "read" if field.name in FIELDS else "write"
    try:
        found = parse_transform(said, field.name, field.kind, direction)
    except TransformError:
        return
    assert parse_transform(transform_document(found), field.name, field.kind, direction) == found
