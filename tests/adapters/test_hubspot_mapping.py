from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.hubspot.answers import Malformed, Property, Record
from adapters.hubspot.mapping import (
    LONGEST_TEXT,
    Unfit,
    canonical,
    former_ids,
    is_id,
    lead,
    properties_to_read,
    property_text,
)
from adapters.hubspot.moments import instant, moment
from adapters.records import RecordRef
from config.fields import FIELDS, OUTPUTS, Kind
from config.mapping import shipped_mapping

MAPPING = shipped_mapping("hubspot")
REF = RecordRef("acme", "contact", "101")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
STAMPS = {"createdate": "2026-11-20T08:00:00.123Z", "lastmodifieddate": "2026-11-21T08:00:00Z"}


def defined(type_: str, *options: str, read_only: bool = False) -> Property:
    return Property(name="p", type=type_, options=options, read_only=read_only)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("Ada", "text", "Ada"),
        ("", "text", None),
        ("  ", "text", None),
        (None, "text", None),
        ("12", "integer", 12),
        ("12.0", "integer", 12),
        ("12.9", "integer", 12),
        ("-3", "integer", -3),
        ("1.25E7", "integer", 12_500_000),
        ("1,250", "integer", 1250),
        ("many", "integer", None),
        ("NaN", "integer", None),
        ("Infinity", "integer", None),
        ("1e999999", "integer", None),
        ("25-50", "integer", 37),
        ("1000+", "integer", 1000),
        ("5-many", "integer", None),
        ("true", "flag", True),
        ("False", "flag", False),
        ("maybe", "flag", None),
        ("2026-11-20T08:15:00Z", "moment", "2026-11-20T08:15:00Z"),
        ("2026-11-20T08:15:00.987Z", "moment", "2026-11-20T08:15:00Z"),
        ("2026-11-20T09:15:00+01:00", "moment", "2026-11-20T08:15:00Z"),
        ("2026-11-20", "moment", "2026-11-20T00:00:00Z"),
        ("1763626500000", "moment", "2025-11-20T08:15:00Z"),
        ("-1", "moment", "1969-12-31T23:59:59Z"),
        ("9" * 30, "moment", None),
        ("yesterday", "moment", None),
    ],
)
def test_property_text_becomes_a_canonical_value(text: str | None, kind: Kind, value: object) -> None:
    assert canonical(text, kind) == value


@given(text=st.one_of(st.none(), st.text()), kind=st.sampled_from(["text", "integer", "flag", "moment"]))
def test_any_text_is_read_without_a_float_or_an_error(text: str | None, kind: Kind) -> None:
    assert isinstance(canonical(text, kind), (str, int, bool, type(None)))


@given(
    at=st.datetimes(
        min_value=datetime(1000, 1, 1),  # noqa: DTZ001
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=-7))]),
    )
)
def test_a_moment_survives_the_way_there_and_back(at: datetime) -> None:
    assert instant(moment(at)) == at.replace(microsecond=0)


@given(value=st.integers(min_value=-(10**17), max_value=10**17))
def test_a_number_survives_the_way_there_and_back(value: int) -> None:
    assert canonical(property_text(value, defined("number")), "integer") == value


@pytest.mark.parametrize(
    ("value", "definition", "text"),
    [
        (None, defined("number"), ""),
        (None, defined("enumeration", "High", "Low"), ""),
        (81, defined("number"), "81"),
        (81, defined("string"), "81"),
        (True, defined("bool"), "true"),
        (False, None, "false"),
        ("High", defined("enumeration", "High", "Low"), "High"),
        ("high", defined("enumeration", "High", "Low"), "High"),
        ("2026-11-23T09:05:00Z", defined("datetime"), "2026-11-23T09:05:00Z"),
        ("2026-11-23T09:05:00Z", defined("date"), "2026-11-23"),
        ("x" * (LONGEST_TEXT + 1), defined("string"), "x" * LONGEST_TEXT),
        ("x" * (LONGEST_TEXT + 1), None, "x" * LONGEST_TEXT),
    ],
)
def test_values_become_what_the_property_takes(value: str | int | None, definition: Property | None, text: str) -> None:
    assert property_text(value, definition) == text


@pytest.mark.parametrize(
    ("value", "definition"),
    [
        ("Certain", defined("enumeration", "High", "Low")),
        ("high", defined("enumeration", "High", "HIGH")),
        ("lots", defined("number")),
        ("perhaps", defined("bool")),
        ("soon", defined("datetime")),
        ("x", defined("string", read_only=True)),
    ],
)
def test_what_the_property_cannot_hold_is_unfit_and_never_quoted(value: str, definition: Property) -> None:
    with pytest.raises(Unfit) as caught:
        property_text(value, definition)
    assert value not in str(caught.value).split()


def test_a_record_becomes_a_lead_in_canonical_fields() -> None:
    properties = {"email": "ada@acme.example", "numemployees": "300", "hs_email_optout": "true", "hubspot_owner_id": "7"}
    found = lead(
        Record("101", {**STAMPS, **properties, "leadline_fit_score": "81", "hs_merged_object_ids": "55;56"}), MAPPING, REF, NOW
    )
    assert found.values["email"] == "ada@acme.example"
    assert (found.values["employees"], found.values["opted_out"], found.values["phone"]) == (300, True, None)
    assert found.outputs["fit_score"] == 81
    assert (found.owner_id, found.aliases, found.read_at) == ("7", ("55", "56"), NOW)
    assert found.created_at == datetime(2026, 11, 20, 8, 0, 0, 123_000, tzinfo=UTC)
    assert set(found.values) <= set(FIELDS)
    assert set(found.outputs) <= set(OUTPUTS)


def test_an_unowned_record_has_no_owner() -> None:
    assert lead(Record("101", {**STAMPS, "hubspot_owner_id": ""}), MAPPING, REF, NOW).owner_id is None


def test_hubspots_own_stamps_stand_in_for_missing_properties() -> None:
    record = Record("101", {}, created="2026-11-20T08:00:00Z", modified="2026-11-21T08:00:00Z")
    assert lead(record, MAPPING, REF, NOW).modified_at == datetime(2026, 11, 21, 8, tzinfo=UTC)


def test_a_record_without_any_stamp_is_malformed() -> None:
    with pytest.raises(Malformed):
        lead(Record("101", {}), MAPPING, REF, NOW)


def test_exactly_the_mapped_properties_are_read_each_once() -> None:
    names = properties_to_read(MAPPING)
    own = {"hubspot_owner_id", "createdate", "lastmodifieddate", "hs_object_id", "hs_merged_object_ids", "hs_object_source"}
    assert set(names) == {*MAPPING.inputs.values(), *MAPPING.outputs.values(), *own}
    assert len(names) == len(set(names))


def test_a_record_is_not_its_own_former_self() -> None:
    assert former_ids(Record("3", {"hs_merged_object_ids": "1; 2;3;"})) == ("1", "2")


@pytest.mark.parametrize(("text", "yes"), [("101", True), ("", False), ("00Q5", False), ("-1", False), ("１", False)])
def test_hubspots_ids_are_digits(text: str, *, yes: bool) -> None:
    assert is_id(text) is yes
