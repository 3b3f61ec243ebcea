"""What must hold for every lead there is."""

import random
from collections.abc import Iterator, Mapping
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.fields import ALLOWED, DERIVED, FIELDS, Value
from config.profile import shipped_profile
from config.profile_schema import COUNTED
from scoring.features import LINEAGE
from scoring.score import score
from tests.scoring.lead_values import GOOD, NOW, leads, moment

PROFILE = shipped_profile()
SENIORITIES = ["intern", "entry", "senior", "manager", "director", "head", "vp", "c_level", "owner"]


@given(leads)
def test_reasons_add_up_and_scores_stay_in_range(values: dict[str, Value]) -> None:
    scores = score(values, PROFILE, NOW)
    for one in (scores.fit, scores.engagement):
        assert sum(reason.points for reason in one.reasons) == (one.value or 0)
        assert one.value is None or 0 <= one.value <= 100
        assert one.reasons
    assert scores.fit.value is not None
    assert 0 <= scores.confidence <= 100
    assert 3 <= scores.rank <= 15


@given(leads)
def test_not_measured_is_not_zero(values: dict[str, Value]) -> None:
    scores = score(values, PROFILE, NOW)
    nothing_watches = not any(values.get(field) is not None for field in (*COUNTED, *MEASURED_BY))
    assert (scores.engagement.value is None) == nothing_watches
    assert scores.measured != nothing_watches


MEASURED_BY = (
    "last_activity",
    "hand_raise",
    "hand_raised_at",
    "last_visit_at",
    "last_email_at",
    "last_form_at",
    "last_activity_at",
)


@given(leads, st.sampled_from(COUNTED), st.integers(0, 50), st.integers(0, 50))
def test_doing_more_never_lowers(values: dict[str, Value], field: str, one: int, other: int) -> None:
    less, more = (score({**values, field: count}, PROFILE, NOW).engagement.value for count in sorted((one, other)))
    assert less is not None
    assert more is not None
    assert less <= more


@given(leads, st.sampled_from(SENIORITIES), st.sampled_from(SENIORITIES))
def test_more_senior_never_lowers(values: dict[str, Value], one: str, other: str) -> None:
    lower, higher = sorted((one, other), key=SENIORITIES.index)
    fits = [score({**values, "seniority": level}, PROFILE, NOW).fit.value or 0 for level in (lower, higher)]
    assert fits == sorted(fits)


@given(leads, st.integers(0, 400), st.integers(0, 400))
def test_engagement_only_falls_with_time(values: dict[str, Value], one: int, other: int) -> None:
    sooner, later = (score(values, PROFILE, NOW + timedelta(days=days)).engagement.value for days in sorted((one, other)))
    assert (sooner or 0) >= (later or 0)


@given(leads, st.integers(0, 48))
def test_a_hand_raise_holds_70_for_48_hours(values: dict[str, Value], hours: int) -> None:
    raised = {**values, "hand_raise": "demo", "hand_raised_at": moment(hours=hours)}
    scores = score(raised, PROFILE, NOW)
    assert scores.hand_raise
    assert (scores.engagement.value or 0) >= 70
    assert scores.grade.endswith("1")


@given(leads, st.randoms(use_true_random=False))
def test_the_order_of_fields_does_not_matter(values: dict[str, Value], shuffle: random.Random) -> None:
    items = list(values.items())
    shuffle.shuffle(items)
    assert score(dict(items), PROFILE, NOW) == score(values, PROFILE, NOW)


@given(leads)
def test_knowing_less_never_raises_confidence(values: dict[str, Value]) -> None:
    for field in values:
        assert score({**values, field: None}, PROFILE, NOW).confidence <= score(values, PROFILE, NOW).confidence


@given(leads, st.sampled_from(sorted({*FIELDS, *DERIVED} - ALLOWED)), st.text() | st.integers() | st.booleans())
def test_a_field_off_the_list_changes_nothing(values: dict[str, Value], field: str, value: Value) -> None:
    assert score({**values, field: value}, PROFILE, NOW) == score(values, PROFILE, NOW)


class Watched(Mapping[str, Value]):
    def __init__(self, values: dict[str, Value]) -> None:
        self.values_, self.read = values, set[str]()

    def __getitem__(self, field: str) -> Value:
        self.read.add(field)
        return self.values_[field]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_)

    def __len__(self) -> int:
        return len(self.values_)


def test_only_allowed_fields_are_read_and_the_lineage_names_them_all() -> None:
    watched = Watched(GOOD)
    score(watched, PROFILE, NOW)
    assert watched.read <= ALLOWED
    assert watched.read == {field for fields in LINEAGE.values() for field in fields}


@pytest.mark.parametrize("field", ["visits", "employees", "last_visit_at", "seniority", "free_mail"])
@pytest.mark.parametrize("wrong", [True, "12", "", "yesterday", -4, 7])
def test_a_value_of_the_wrong_kind_never_breaks(field: str, wrong: Value) -> None:
    assert score({**GOOD, field: wrong}, PROFILE, NOW).fit.value is not None
