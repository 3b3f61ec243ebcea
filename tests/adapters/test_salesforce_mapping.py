from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.salesforce.mapping import (
    UnfitError,
    canonical,
    cut,
    dig,
    http_date,
    is_id,
    moment_text,
    parse_moment,
    read_input,
    read_output,
    to18,
    vendor_value,
)
from adapters.salesforce.schema import FieldInfo
from config.fields import Kind, Value
from config.transforms import Transform


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("001R00000033JNu", "001R00000033JNuIAM"),
        ("0031I0000081tbP", "0031I0000081tbPQAQ"),
        ("001RM000003oCpr", "001RM000003oCprYAE"),
        ("001RM000003oCprYAE", "001RM000003oCprYAE"),
    ],
)
def test_an_id_gets_its_suffix(short: str, long: str) -> None:
    assert to18(short) == long


@given(st.from_regex(r"[A-Za-z0-9]{15}", fullmatch=True), st.from_regex(r"[A-Za-z0-9]{15}", fullmatch=True))
def test_ids_that_differ_in_case_alone_get_suffixes_that_tell_them_apart(one: str, other: str) -> None:
    assert is_id(to18(one))
    assert (to18(one).lower() == to18(other).lower()) == (one == other)
    swapped = one.swapcase()
    assert (to18(one).lower() == to18(swapped).lower()) == (one == swapped)


@pytest.mark.parametrize(
    "text", ["", "00Q", "00Q0000000000' OR Id", "00Q00000000000", "00Q0000000000000", "00Q000000000001AAÄ", "001R00000033JNuIAA"]
)
def test_what_is_no_id_is_told_apart(text: str) -> None:
    assert not is_id(text)


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (Decimal("300.0"), "integer", 300),
        (Decimal("1E+3"), "integer", 1000),
        (Decimal("2.5"), "integer", 2),
        ("42", "integer", 42),
        ("1,200", "integer", None),
        ("many", "integer", None),
        (True, "integer", None),
        (Decimal("NaN"), "integer", None),
        (Decimal("300.0"), "text", "300"),
        (Decimal("1E+3"), "text", "1000"),
        ("  Acme ", "text", "Acme"),
        ("   ", "text", None),
        ("", "moment", None),
        (False, "flag", False),
        ("Yes", "flag", True),
        ("maybe", "flag", None),
        ("2026-01-01T00:00:00.000+0000", "moment", "2026-01-01T00:00:00Z"),
        ("2026-01-01T00:00:00.000Z", "moment", "2026-01-01T00:00:00Z"),
        ("2026-01-01T02:00:00.999+0200", "moment", "2026-01-01T00:00:00Z"),
        ("2026-01-01", "moment", "2026-01-01T00:00:00Z"),
        ("next week", "moment", None),
        ({"city": "Bern"}, "text", None),
        (None, "text", None),
    ],
)
def test_values_are_read_as_their_kind(value: Any, kind: Kind, expected: Value) -> None:
    read = canonical(value, kind)
    assert read == expected
    assert type(read) is type(expected)


@given(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.decimals(allow_nan=False, allow_infinity=False),
        st.text(),
        st.dictionaries(st.text(), st.text()),
    ),
    st.sampled_from(["text", "integer", "flag", "moment"]),
)
def test_nothing_that_is_read_raises_or_becomes_a_float(value: Any, kind: Kind) -> None:
    assert canonical(value, kind) is None or isinstance(canonical(value, kind), str | int)


@given(st.datetimes(min_value=datetime(1700, 1, 1), max_value=datetime(4000, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_moments_survive_the_way_there_and_back(moment: datetime) -> None:
    assert parse_moment(moment_text(moment)) == moment.replace(microsecond=0)


def test_a_condition_is_an_http_date_in_gmt() -> None:
    zurich = timezone(timedelta(hours=1))
    assert http_date(datetime(2026, 11, 23, 10, 0, 0, 750_000, tzinfo=zurich)) == "Mon, 23 Nov 2026 09:00:00 GMT"


def test_a_relationship_without_a_record_is_empty() -> None:
    assert dig({"Account": {"Industry": "Banking"}}, "Account.Industry") == "Banking"
    assert dig({"Account": None}, "Account.Industry") is None


def _field(kind: str, **details: Any) -> FieldInfo:
    return FieldInfo("Field__c", kind, **details)


@pytest.mark.parametrize(
    ("value", "field", "expected"),
    [
        (81, _field("double"), 81),
        ("81", _field("double"), 81),
        (81, _field("string", length=10), "81"),
        (None, _field("picklist", choices=frozenset({"High"})), None),
        ("High", _field("picklist", choices=frozenset({"High"})), "High"),
        ("Sky-high", _field("picklist"), "Sky-high"),
        ("2026-11-23T09:05:00Z", _field("datetime"), "2026-11-23T09:05:00Z"),
        ("2026-11-23T09:05:00Z", _field("date"), "2026-11-23"),
        (True, _field("boolean"), True),
        ("Call them because of the demo", _field("string", length=20), "Call them because…"),
    ],
)
def test_outputs_become_what_the_field_takes(value: Value, field: FieldInfo, expected: Value) -> None:
    sent = vendor_value(value, field)
    assert sent == expected
    assert type(sent) is type(expected)


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ("A2", _field("double")),
        ("yes", _field("boolean")),
        ("Sky-high", _field("picklist", choices=frozenset({"High"}))),
        ("https://leads.example/why/0123456789", _field("url", length=20, identifies=True)),
        ("key-0123456789", _field("string", length=5, identifies=True)),
    ],
)
def test_what_a_field_cannot_hold_is_refused_without_quoting_it(value: Value, field: FieldInfo) -> None:
    with pytest.raises(UnfitError, match="Field__c") as caught:
        vendor_value(value, field)
    assert str(value) not in str(caught.value)


@given(st.text(max_size=60), st.integers(min_value=1, max_value=40))
def test_a_cut_text_fits_and_begins_the_same(text: str, length: int) -> None:
    short = cut(text, length)
    assert len(short) <= length
    assert short == text or text.startswith(short.removesuffix("…"))
    assert (short == text) == (len(text) <= length) or short.endswith("…")


@pytest.mark.parametrize(
    ("value", "scale", "sent"),
    [("0.82", 2, 0.82), ("0.82", 1, 0.8), ("0.82", None, 0.82), ("4", 0, 4), ("1.00", 0, 1), (4, 2, 4)],
)
def test_a_part_of_a_whole_goes_with_the_decimals_that_the_field_keeps(value: Value, scale: int | None, sent: float) -> None:
    found = vendor_value(value, FieldInfo("Score__c", "double", scale=scale))
    assert (found, type(found)) == (sent, type(sent))


def test_what_the_field_would_round_to_something_else_is_refused() -> None:
    with pytest.raises(UnfitError, match="Score__c keeps no decimals"):
        vendor_value("0.82", FieldInfo("Score__c", "double", scale=0))


def test_a_choice_is_spelled_as_the_list_spells_it() -> None:
    assert vendor_value("hot", FieldInfo("Rating__c", "picklist", choices=frozenset({"Hot", "Cold"}))) == "Hot"


@pytest.mark.parametrize(
    ("held", "kind", "transform", "found"),
    [
        (Decimal("0.82"), "integer", Transform("scale", "0-1"), 82),
        (Decimal("82.0"), "integer", Transform(), 82),
        ("n/a", "integer", Transform(), "n/a"),
        ("n/a", "integer", Transform("letters", "ABC"), "n/a"),
        ("", "integer", Transform("letters", "ABC"), None),
        (None, "integer", Transform(), None),
    ],
)
def test_what_stands_in_a_written_field_is_ours_or_comes_as_it_is(
    held: Any, kind: Kind, transform: Transform, found: Value
) -> None:
    assert read_output(held, kind, transform) == found


def test_what_is_read_goes_through_its_transform() -> None:
    assert read_input("about 1,200", "integer", Transform("number")) == 1200
    assert read_input("Ja", "flag", Transform("table", table=(("Ja", "true"),))) is True
    assert read_input("22.11.2026", "moment", Transform("date", "dmy")) == "2026-11-22T00:00:00Z"
