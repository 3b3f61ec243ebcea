"""Fit, confidence, rank and grade of leads one can picture."""

import pytest

from config.fields import Value
from config.profile import shipped_profile
from scoring.score import score
from scoring.scores import RankParts, Scores
from tests.scoring.lead_values import GOOD, NOW, moment

PROFILE = shipped_profile()
ACTIVE: dict[str, Value] = {"visits": 6, "pricing_views": 3, "last_visit_at": moment(hours=2)}
POOR: dict[str, Value] = {
    **GOOD,
    "seniority": "intern",
    "function": "hr",
    "size_band": "1-10",
    "industry": "Government",
    "free_mail": True,
}


def scored(**values: Value) -> Scores:
    return score(values, PROFILE, NOW)


def test_the_picture_of_a_customer_fits() -> None:
    scores = scored(**GOOD)
    assert scores.fit.value == 99
    assert (scores.confidence, scores.confidence_label) == (100, "High")


def test_nothing_known_fits_badly_and_nobody_is_sure() -> None:
    scores = scored()
    assert (scores.fit.value, scores.grade, scores.confidence, scores.confidence_label) == (23, "C2", 0, "Low")
    assert all(not reason.known and reason.says.endswith("unknown") for reason in scores.fit.reasons)


def test_a_missing_industry_says_so() -> None:
    reasons = {reason.feature: reason for reason in scored(**{**GOOD, "industry": None}).fit.reasons}
    assert (reasons["industry"].says, reasons["industry"].known) == ("industry unknown", False)


@pytest.mark.parametrize(
    ("typed", "points"),
    [("COMPUTER_SOFTWARE", 14), ("Financial Services", 12), ("Hospital & Health Care", 8), ("Government", 3), ("Beekeeping", 5)],
)
def test_typed_industries_find_their_level(typed: str, points: int) -> None:
    reasons = {reason.feature: reason.points for reason in scored(industry=typed).fit.reasons}
    assert reasons["industry"] == points


@pytest.mark.parametrize(
    ("source", "points"), [("PAID_SEARCH", 4), ("ORGANIC_SEARCH", 6), ("Partner Referral", 8), ("Purchased List", 1)]
)
def test_the_longest_word_decides_a_source(source: str, points: int) -> None:
    assert {reason.feature: reason.points for reason in scored(source=source).fit.reasons}["source"] == points


@pytest.mark.parametrize(
    ("values", "grade"),
    [
        ({**GOOD, **ACTIVE}, "A1"),
        ({**GOOD, "visits": 0}, "A3"),
        (GOOD, "A2"),
        ({**POOR, **ACTIVE}, "C1"),
        ({**POOR, "visits": 0}, "C3"),
        ({**POOR, "hand_raise": "contact", "hand_raised_at": moment(hours=1)}, "C1"),
        ({**POOR, "hand_raise": "contact", "hand_raised_at": moment(days=30)}, "C3"),
    ],
)
def test_grades(values: dict[str, Value], grade: str) -> None:
    assert scored(**values).grade == grade


def test_not_measured_stands_in_column_two_and_is_marked() -> None:
    scores = scored(**GOOD)
    assert (scores.grade, scores.measured, scores.engagement.value) == ("A2", False, None)


def test_rank_counts_a_missing_part_lowest() -> None:
    assert scored().rank_parts == RankParts(firmographic=1, intent=1, relationship=1)
    assert scored(**GOOD, **ACTIVE).rank_parts == RankParts(firmographic=5, intent=5, relationship=1)


@pytest.mark.parametrize(
    ("values", "part"),
    [
        ({"open_opportunity": True}, 5),
        ({"target_account": True}, 4),
        ({"relationship": "competitor"}, 1),
        ({"account_owner": "1"}, 3),
    ],
)
def test_relationship(values: dict[str, Value], part: int) -> None:
    assert scored(**values).rank_parts.relationship == part


def test_thirteen_needs_all_three_parts() -> None:
    assert scored(**GOOD, **ACTIVE, target_account=True).rank == 14
    assert scored(**GOOD, target_account=True).rank < 13
