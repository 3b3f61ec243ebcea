"""Engagement in cases one can picture; the general truths are in test_score_properties.py."""

from config.fields import Value
from config.profile import shipped_profile
from scoring.score import score
from scoring.scores import Score
from tests.scoring.lead_values import NOW, moment

PROFILE = shipped_profile()


def engagement(**values: Value) -> Score:
    return score(values, PROFILE, NOW).engagement


def says(found: Score) -> dict[str, str]:
    return {reason.feature: reason.says for reason in found.reasons}


def points(found: Score) -> dict[str, int]:
    return {reason.feature: reason.points for reason in found.reasons}


def test_not_measured_says_so() -> None:
    found = engagement(company="Acme")
    assert found.value is None
    assert says(found) == {"engagement": "engagement not measured"}


def test_measured_and_nothing_is_zero() -> None:
    found = engagement(visits=0)
    assert found.value == 0
    assert says(found) == {"engagement": "no activity seen"}


def test_a_burst_counts_less_than_it_shouts() -> None:
    quiet, burst = (engagement(visits=count, last_visit_at=moment()).value or 0 for count in (3, 300))
    assert burst < 2 * quiet


def test_each_kind_halves_by_its_own_half_life() -> None:
    assert points(engagement(pricing_views=2, last_visit_at=moment(days=7)))["pricing_views"] == 18
    assert points(engagement(visits=2, last_visit_at=moment(days=14)))["visits"] == 7


def test_what_has_no_date_is_as_old_as_the_freshest_thing_known() -> None:
    found = engagement(forms_sent=1, visits=1, last_visit_at=moment(days=21))
    assert points(found)["forms_sent"] == 7
    assert says(found)["undated"] == "what has no date counts as of 21 days ago"


def test_with_no_date_at_all_the_profile_says_how_old() -> None:
    found = engagement(email_replies=1)
    assert says(found)["undated"] == "what has no date counts as of yesterday"
    assert not next(reason for reason in found.reasons if reason.feature == "undated").known


def test_the_last_activity_is_one_event_where_nothing_counts_it() -> None:
    assert points(engagement(last_activity="Email Opened", last_activity_at=moment())) == {"email_opens": 2}
    counted = engagement(last_activity="Email Opened", email_opens=3, last_email_at=moment())
    assert points(counted) == {"email_opens": 6}


def test_what_failed_or_what_we_did_is_no_engagement() -> None:
    for text in ("Email Bounced", "SMS Sent", "Unsubscribed"):
        found = engagement(last_activity=text)
        assert found.value == 0
        assert says(found)["last_activity"] == f'last activity "{text}"'


def test_a_floor_is_a_reason_of_its_own() -> None:
    found = engagement(hand_raise="demo", hand_raised_at=moment(hours=47))
    assert found.value == 70
    assert points(found)["hand_raise"] + points(found)["hand_raise_floor"] == 70


def test_after_48_hours_a_hand_raise_only_decays() -> None:
    found = engagement(hand_raise="demo", hand_raised_at=moment(hours=49))
    assert found.value == points(found)["hand_raise"] < 70


def test_a_webinar_is_no_hand_raise() -> None:
    found = engagement(hand_raise="Webinar seat", hand_raised_at=moment())
    assert found.value == 0
    assert says(found)["hand_raise"] == "asked for Webinar seat, not for a talk"


def test_the_ceiling_is_a_reason_of_its_own() -> None:
    found = engagement(meetings=3, email_replies=3, last_email_at=moment(), last_activity_at=moment(), visits=20)
    assert found.value == 100
    assert points(found)["ceiling"] < 0
