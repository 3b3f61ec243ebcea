"""The profile document: what is shipped holds, and every mistake is found with its line."""

from importlib import resources

import pytest

from config.profile import Profile, ProfileError, load_profile, shipped_profile

SHIPPED = resources.files("config").joinpath("defaults/icp.yaml").read_text(encoding="utf-8")


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def mistakes(text: str) -> list[tuple[int, str]]:
    with pytest.raises(ProfileError) as raised:
        load_profile(text)
    return [(mistake.line, mistake.says) for mistake in raised.value.mistakes]


def test_the_shipped_profile_adds_up_and_is_not_confirmed() -> None:
    profile = shipped_profile()
    assert sum(criterion.points for criterion in profile.fit) == 100
    assert (profile.name, profile.confirmed) == ("Default profile", False)
    assert (profile.bands.high, profile.bands.medium) == (70, 40)
    assert (profile.engagement.hand_raise.floor, profile.engagement.hand_raise.floor_hours) == (70, 48)


def test_a_missing_answer_never_counts_as_full() -> None:
    assert all(criterion.missing < criterion.points for criterion in shipped_profile().fit)


def test_layout_and_comments_do_not_change_the_version_but_a_point_does() -> None:
    version = load_profile(SHIPPED).version
    assert len(version) == 16
    assert load_profile(f"# ours\n\n{SHIPPED}").version == version
    assert load_profile(SHIPPED.replace("intern: 0", "intern: 1")).version != version


@pytest.mark.parametrize(
    ("part", "instead", "says", "on"),
    [
        ("confirmed: false", "confirmed: perhaps", "Not a valid boolean", "confirmed: perhaps"),
        ("points: 22", "points: 22.5", "Not a valid integer", "points: 22.5"),
        ("points: 22", "points: 21", "exactly the criterion's points", "levels: {owner"),
        ("missing: 5", "missing: 22", "less than the full points", "missing: 22"),
        ("steps: [15, 40", "steps: [41, 40", "four rising numbers", "steps: [41, 40"),
        ("demo: [demo,", "demonstrate: [demo,", "Must be one of", "demonstrate: [demo,"),
        ("demo: [demo,", "demo: [de-mo,", "words with single blanks", "demo: [de-mo,"),
        ("bands: {high: 70", "bands: {high: 30", "medium must be less than high", "bands: {high: 30"),
        ("name: Default profile", "nam: Default profile", "Unknown field", "nam: Default profile"),
        ("then: 4", "then: 99", "further events cannot count more", "then: 99"),
        ("customer: 5", "cousin: 5", "Must be one of", "cousin: 5"),
        ("features: [size_band", "features: [campaign", "no fit criterion", "rank:\n"),
    ],
)
def test_a_mistake_is_found_on_its_line(part: str, instead: str, says: str, on: str) -> None:
    text = SHIPPED.replace(part, instead, 1)
    assert line_of(text, on) in [line for line, sentence in mistakes(text) if says in sentence]


def test_every_mistake_is_told_at_once() -> None:
    text = (
        SHIPPED.replace("confirmed: false", "confirmed: perhaps")
        .replace("intern: 0", "intern: none")
        .replace("customer: 5", "x: 5")
    )
    assert [line for line, _ in mistakes(text)] == sorted(line_of(text, part) for part in ("perhaps", "intern: none", "x: 5"))


def test_criteria_that_do_not_add_up_are_refused() -> None:
    text = SHIPPED.replace(
        "points: 8\n    missing: 1\n    other: 1\n    levels: {business: 8",
        "points: 9\n    missing: 1\n    other: 1\n    levels: {business: 9",
    )
    assert any("add up to 101" in says for _, says in mistakes(text))


def test_a_key_written_twice_is_a_mistake() -> None:
    assert mistakes(SHIPPED.replace("confirmed: false", "confirmed: true\nconfirmed: false"))[0][1].startswith(
        "confirmed stands here"
    )


@pytest.mark.parametrize("text", ["", "- 1", "a: [", "\x00", "just words", "a: !!python/none x"])
def test_what_is_no_profile_at_all_is_one_clear_error(text: str) -> None:
    assert mistakes(text)


def test_word_order_in_the_document_does_not_matter() -> None:
    turned = SHIPPED.replace("[search, organic, organic search, google, bing]", "[bing, google, organic search, organic, search]")
    assert turned != SHIPPED
    assert found_words(load_profile(turned)) == found_words(load_profile(SHIPPED))


def found_words(profile: Profile) -> list[tuple[tuple[str, str], ...]]:
    return [criterion.words.levels for criterion in profile.fit if criterion.words]
