"""Whose value stands in the end: the overwrite rules, and transforms that read back as what was written."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.records import RecordRef
from config.fields import Value
from config.mapping import FieldMapping, Overwrite, Terms
from config.transforms import Transform
from connector.differences import Plan, Standing, plan_write, same, to_be_dated
from connector.scene import Scene
from connector.store.connections import CrmConnection
from connector.store.outbox import Write

REF = RecordRef("acme", "lead", "00Q1")
NEWS = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def scene(rule: Overwrite, field: str = "Score__c", transform: Transform = Transform()) -> Scene:  # noqa: B008 - frozen
    mapping = FieldMapping("Lead", {}, {"fit_score": field}, {"fit_score": Terms(transform, rule)})
    return Scene({"acme": CrmConnection("acme", "salesforce", "1", "", "v67.0", mapping)}, {}, "")


def write(wanted: Value, written: dict[str, Value] | None = None, tried: tuple[Value, ...] = ()) -> Write:
    sent = [{"owner_id": None, "outputs": {"fit_score": value}} for value in tried]
    return Write(
        1, REF, "p", b"h", {"fit_score": wanted}, None, None, None, 1, sent, written or {}, None, None, 0, None, 0.0, NEWS, False
    )  # fmt: skip


def planned(
    rule: Overwrite, wanted: Value, present: Value, *, written: Value = None, changed: datetime | None = None, **more: str
) -> Plan:
    standing = Standing({"fit_score": present}, None, NEWS, NEWS)
    ours = {"fit_score": written} if written is not None else {}
    return plan_write(scene(rule, **more), write(wanted, ours), standing, {"fit_score": changed} if changed else {})


@pytest.mark.parametrize(
    ("rule", "present", "written", "goes"),
    [
        ("fill_blanks", None, None, True),
        ("fill_blanks", "", None, True),
        ("fill_blanks", 60, None, False),
        ("fill_blanks", 60, 60, False),  # not even over our own
        ("ours_wins", None, None, True),
        ("ours_wins", 60, None, True),
        ("ours_wins", 60, 60, True),
        ("never_over_a_persons", None, None, True),
        ("never_over_a_persons", 60, 60, True),
        ("never_over_a_persons", 60, 70, False),
        ("never_over_a_persons", 60, None, False),  # the customer's field was filled before we came
    ],
)
def test_each_rule_lets_go_what_it_says(rule: Overwrite, present: Value, written: Value, goes: bool) -> None:
    plan = planned(rule, 82, present, written=written)
    assert plan.outputs == ({"fit_score": 82} if goes else {})
    assert plan.kept == (() if goes else ("fit_score",))
    assert plan.empty is not goes


@pytest.mark.parametrize("rule", ["fill_blanks", "ours_wins", "newest_wins", "never_over_a_persons"])
def test_what_stands_there_already_is_no_difference(rule: Overwrite) -> None:
    plan = planned(rule, 82, 82)
    assert (plan.empty, plan.kept) == (True, ())


@pytest.mark.parametrize(
    ("changed", "goes"),
    [
        (NEWS - HOUR, True),
        (NEWS, True),
        (NEWS + timedelta(milliseconds=900), True),  # the same second: the save that woke us
        (NEWS + HOUR, False),
        (None, False),  # nobody can tell
    ],
)
def test_the_newer_value_wins(changed: datetime | None, goes: bool) -> None:
    assert bool(planned("newest_wins", 82, 60, changed=changed).outputs) is goes


def test_only_what_somebody_else_set_has_to_be_dated() -> None:
    def asked(rule: Overwrite, present: Value, written: dict[str, Value]) -> tuple[str, ...]:
        return to_be_dated(scene(rule), write(82, written), Standing({"fit_score": present}, None, NEWS, NEWS))

    assert asked("newest_wins", 60, {}) == ("fit_score",)
    assert asked("newest_wins", 60, {"fit_score": 60}) == ()
    assert asked("newest_wins", None, {}) == ()
    assert asked("newest_wins", 82, {}) == ()
    assert asked("never_over_a_persons", 60, {}) == ()
    assert planned("newest_wins", 82, 60, written=60).outputs == {"fit_score": 82}


def test_a_leftover_in_our_own_field_is_nobodys() -> None:
    assert planned("never_over_a_persons", 82, 60, field="Leadline_Fit_Score__c").outputs == {"fit_score": 82}


def test_an_output_that_was_taken_out_since_is_not_written() -> None:
    standing = Standing({}, None, NEWS, NEWS)
    there = scene("ours_wins")
    plan = plan_write(there, write(82), standing)
    gone = Write(**{**{name: getattr(plan.write, name) for name in Write.__slots__}, "outputs": {"grade": "A1"}})
    assert plan_write(there, gone, standing).empty


_SCALES = [Transform("scale", "0-1"), Transform("scale", "1-5"), Transform("letters", "ABCDF"), Transform("letters", "ABC")]


@given(st.sampled_from(_SCALES), st.integers(0, 100))
def test_what_was_written_through_a_scale_is_the_same_when_read_back(transform: Transform, score: int) -> None:
    read_back = transform.back(transform.onward(score))
    there = scene("never_over_a_persons", transform=transform)
    plan = plan_write(there, write(score, {"fit_score": score}), Standing({"fit_score": read_back}, None, NEWS, NEWS))
    assert (plan.empty, plan.kept) == (True, ())


@given(st.sampled_from(_SCALES), st.integers(0, 100), st.integers(0, 100))
def test_another_score_is_written_only_where_the_scale_shows_it(transform: Transform, one: int, other: int) -> None:
    there = scene("never_over_a_persons", transform=transform)
    standing = Standing({"fit_score": transform.through(one)}, None, NEWS, NEWS)
    plan = plan_write(there, write(other, {"fit_score": one}), standing)
    assert plan.kept == ()
    assert plan.empty is (transform.onward(one) == transform.onward(other))


def test_a_value_between_two_steps_is_a_persons() -> None:
    transform = Transform("scale", "1-5")
    standing = Standing({"fit_score": transform.back("4.2")}, None, NEWS, NEWS)
    plan = plan_write(scene("never_over_a_persons", transform=transform), write(82, {"fit_score": 82}), standing)
    assert plan.kept == ("fit_score",)


def test_a_text_that_the_field_cut_is_the_same() -> None:
    assert same("a reason for it", "a reason…")
    assert not same("a reason for it", "a reason")
