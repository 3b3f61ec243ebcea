"""The sentence on the record."""

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from config.fields import DERIVED, FIELDS, Value
from config.profile import Profile, shipped_profile
from scoring.explain import sentence
from scoring.score import score
from tests.scoring.lead_values import GOOD, NOW, leads, moment

DEFAULT = shipped_profile()
CONFIRMED = replace(DEFAULT, confirmed=True)
OPENING = "Call by 10:05 - Acme's account owner is you."


def told(values: dict[str, Value], profile: Profile = CONFIRMED, opening: str = OPENING) -> str:
    return sentence(opening, score(values, profile, NOW), values, profile, NOW)


def test_the_shape() -> None:
    values = {**GOOD, "pricing_views": 3, "last_visit_at": moment(hours=2), "industry": None}
    assert told(values) == (
        "Call by 10:05 - Acme's account owner is you. Fit 89: VP Sales, 300 staff, Germany, business mail. "
        "Engagement 44: pricing page 3x (last today). Unknown: industry."
    )


def test_until_confirmed_it_begins_with_the_profiles_name() -> None:
    assert told(GOOD, DEFAULT).startswith("Default profile. Call by 10:05")


def test_not_measured_is_said() -> None:
    assert "Engagement not measured." in told(GOOD)


def test_a_bad_fit_names_what_speaks_against_it() -> None:
    values: dict[str, Value] = {"title": "Student", "free_mail": True, "seniority": "intern", "size_band": "1-10", "employees": 2}
    assert "Fit 16: Student, 2 staff, free mail." in told(values)


def test_a_company_that_the_opening_does_not_name_comes_first() -> None:
    assert "Fit 99: Acme, VP Sales," in told(GOOD, opening="Call by 10:05.")


def test_vendor_codes_become_words() -> None:
    text = told({"industry": "COMPUTER_SOFTWARE", "source": "PAID_SEARCH"})
    assert "computer software" in text
    assert "paid search" in text


def test_someone_seen_but_not_counted_is_dated() -> None:
    assert "Engagement 0: last seen 3 days ago." in told({**GOOD, "last_visit_at": moment(days=3)})


@given(leads, st.text(max_size=400), st.sampled_from([DEFAULT, CONFIRMED]))
def test_it_is_short_one_line_and_free_of_field_names(values: dict[str, Value], opening: str, profile: Profile) -> None:
    free_text = dict.fromkeys(("company", "title"))
    text = sentence(opening, score(values, profile, NOW), {**values, **free_text}, profile, NOW)
    assert len(text) <= 255
    assert "\n" not in text
    ours = text.replace(opening, "")
    assert not re.search(r"\bmodel\b|_", ours) or "_" in opening or "model" in opening
    assert not {name for name in (*FIELDS, *DERIVED) if "_" in name and name in ours and name not in opening}


@given(leads)
def test_it_names_a_fact_whenever_one_is_known(values: dict[str, Value]) -> None:
    scores = score(values, DEFAULT, NOW)
    known = [r for r in (*scores.fit.reasons, *scores.engagement.reasons) if r.known and r.feature != "engagement"]
    text = sentence("Call.", scores, values, CONFIRMED, NOW)
    assert not known or re.search(r"(Fit|Engagement) \d+: \S", text)


@given(st.integers(60, 255))
def test_facts_go_before_the_opening_is_cut(limit: int) -> None:
    values = {**GOOD, "pricing_views": 3, "visits": 9, "last_visit_at": moment(hours=2), "industry": None}
    text = sentence(OPENING, score(values, CONFIRMED, NOW), values, CONFIRMED, NOW, limit=limit)
    assert len(text) <= limit
    assert text.startswith(OPENING)


def test_a_long_opening_is_cut_at_a_word() -> None:
    text = told(GOOD, opening="word " * 80)
    assert len(text) <= 255
    assert text.endswith("word…")
