"""Conditions: reading a sentence, and whether it holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.conditions import OPERATORS, Comparison, Group, compile_condition, words_of
from config.sentences import read_sentence
from config.vocabulary import WORDS


def holds(sentence: str, **facts: object) -> bool:
    return compile_condition(read_sentence(sentence))(facts) == ""  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sentence", "value", "expected"),
    [
        ("employees = 200", 200, True),
        ("employees != 200", 200, False),
        ("employees != 200", 201, True),
        ("employees < 200", 199, True),
        ("employees < 200", 200, False),
        ("employees <= 200", 200, True),
        ("employees > 200", 200, False),
        ("employees >= 200", 200, True),
        ("employees>=200", 200, True),
        ("employees between 50 and 200", 50, True),
        ("employees between 50 and 200", 200, True),
        ("employees between 50 and 200", 201, False),
        ("employees in [1, 2, 3]", 2, True),
        ("employees not in [1, 2, 3]", 2, False),
        ("employees not in [1, 2, 3]", 4, True),
        ("employees = -1", -1, True),
        ("country_code = NO", "NO", True),
        ("country_code in [no, se]", "NO", True),
        ("country_code = NO", " no ", True),
        ('source = "Trade show, spring"', "trade show, SPRING", True),
        ("source in ['List, bought', web]", "List, bought", True),
        ("source in ['List, bought', web]", "List", False),
        ("company_domain is under ac.uk", "ox.ac.uk", True),
        ("company_domain is under .ac.uk", "ac.uk", True),
        ("company_domain is under ac.uk", "notac.uk", False),
        ("opted_out = yes", True, True),
        ("opted_out = no", False, True),
        ("opted_out != no", True, True),
        ("review_reasons includes HIGH_VALUE", "LOW_CONFIDENCE HIGH_VALUE", True),
        ("review_reasons includes HIGH", "LOW_CONFIDENCE HIGH_VALUE", False),
        ("hand_raised_at >= 2026-11-22T09:30:00Z", "2026-11-22T09:30:00Z", True),
        ("hand_raised_at < 2026-11-22T09:30:00Z", "2026-11-22T09:29:59Z", True),
        ("title is missing", "", True),
        ("title is missing", "  ", True),
        ("title is missing", None, True),
        ("title is missing", "CEO", False),
        ("title is present", "CEO", True),
    ],
)
def test_a_sentence_holds_or_not(sentence: str, value: object, expected: bool) -> None:
    assert holds(sentence, **{sentence.replace(">", " ").split()[0]: value}) is expected


SENTENCES = {
    "text": ("source = a", "source != a", "source in [a]", "source not in [a]", "source is under a", "source is present"),
    "integer": ("visits = 1", "visits != 1", "visits < 1", "visits <= 1", "visits > 1", "visits >= 1", "visits between 1 and 2"),
    "moment": ("last_visit_at = 2026-11-22T09:30:00Z", "last_visit_at < 2026-11-22T09:30:00Z", "last_visit_at is present"),
    "flag": ("free_mail = yes", "free_mail != yes", "free_mail = no", "free_mail is present"),
    "codes": ("review_reasons includes A", "review_reasons is present"),
}
WRONG_TYPE = {"text": 7, "integer": "7", "moment": "2026", "flag": 1, "codes": True}


@pytest.mark.parametrize(("kind", "sentence"), [(kind, s) for kind, group in SENTENCES.items() for s in group])
def test_missing_compared_with_anything_is_false(kind: str, sentence: str) -> None:
    word = sentence.split(maxsplit=1)[0]
    assert WORDS[word].kind == kind
    assert not holds(sentence)
    assert not holds(sentence, **{word: None})
    assert not holds(sentence, **{word: WRONG_TYPE[kind]})
    assert holds(f"{word} is missing", **{word: WRONG_TYPE[kind]})


def test_a_flag_is_no_number() -> None:
    assert not holds("visits = 1", visits=True)


def test_groups() -> None:
    a, b = read_sentence("visits > 1"), read_sentence("source = web")
    for facts, every, some, none in (
        ({"visits": 2, "source": "web"}, True, True, False),
        ({"visits": 2, "source": "ads"}, False, True, False),
        ({"visits": 0, "source": "ads"}, False, False, True),
        ({}, False, False, True),
    ):
        answers = [compile_condition(Group(sense, (a, b), 2))(facts) == "" for sense in ("all", "any", "not")]
        assert answers == [every, some, none]


def test_why_not_names_the_first_thing_that_failed_and_no_value() -> None:
    check = compile_condition(Group("all", (read_sentence("visits > 1"), read_sentence("source = web")), 2))
    assert check({"visits": 2, "source": "Ann's secret list"}) == "not source = web"
    assert check({"visits": 2}) == "source is missing"


def test_words_of_a_condition() -> None:
    group = Group("all", (read_sentence("fit > 1"), Group("not", (read_sentence("source = web"),), 1)), 2)
    assert {word.name for word in words_of(group)} == {"fit", "source"}
    assert {word.name for word in words_of(group) if word.judged} == {"fit"}


@given(st.text(max_size=80))
def test_no_sentence_raises_anything_but_value_error(text: str) -> None:
    for sentence in (text, f"source {text}", f"visits between {text}", f"source in [{text}]"):
        try:
            comparison = read_sentence(sentence)
        except ValueError as error:
            assert str(error)[-1] in ".?)"  # noqa: PT017  # a sentence, whatever was refused
        else:
            assert comparison.operator in OPERATORS[comparison.word.kind]


@given(st.sampled_from(["<", "<=", ">", ">=", "=", "!="]), st.integers(-(10**12), 10**12), st.integers(-(10**12), 10**12))
def test_numbers_compare_like_numbers(operator: str, constant: int, value: int) -> None:
    expected = {
        "<": value < constant,
        "<=": value <= constant,
        ">": value > constant,
        ">=": value >= constant,
        "=": value == constant,
        "!=": value != constant,
    }
    assert holds(f"visits {operator} {constant}", visits=value) is expected[operator]


@given(st.sampled_from(["source = web", "visits between 1 and 5", "source in [a, b]", "title is missing", "free_mail = no"]))
def test_a_comparison_reads_back_as_it_is_said(sentence: str) -> None:
    comparison = read_sentence(sentence)
    assert isinstance(comparison, Comparison)
    assert str(comparison) == sentence
