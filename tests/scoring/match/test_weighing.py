"""What must hold of every pair of records, whatever is in them."""

import json
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.matching import shipped_match_weights
from scoring.match.keys import Keys, keys_of, pairs_by_keys
from scoring.match.learning import (
    AstrayError,
    Reviewed,
    TooFewError,
    UnknownWeightsError,
    corrected,
    document_of,
    learn,
    weights_of,
)
from scoring.match.made_up import World
from scoring.match.names import Names
from scoring.match.organisations import Organisations
from scoring.match.phones import Phones
from scoring.match.places import Places
from scoring.match.profile import Profile, pack, profile_of, unpack
from scoring.match.shipping import scores, trials
from scoring.match.values import MISSING
from scoring.match.weighing import alike, compare, levels

WEIGHTS = weights_of(json.loads(shipped_match_weights()))

WORDS = (
    *(
        "Ana",
        "Anna",
        "Bob",
        "Robert",
        "García",
        "Garcia",
        "GARCIA LOPEZ",
        "Müller",
        "Mueller",
        "A",
        "Li",
        "Jean-Pierre",
        "jr",
        "",
    ),
    *(
        "Smith",
        "Smyth",
        "ana.garcia@acme.com",
        "agarcia@acme.com",
        "agarcia2@acme.com",
        "ana.garcia@gmail.com",
        "+49 30 90182345",
    ),
    *(
        "030 90182345",
        "Acme",
        "Acme GmbH & Co. KG",
        "acme.com",
        "https://www.acme.com/x",
        "Berlin",
        "Berlim",
        "DE",
        "Germany",
        "US",
    ),
    *("CEO", "Chief Executive", "N/A", "test@test.com", "0000000", "asdf"),
)
FIELDS = ("first_name", "last_name", "email", "phone", "company", "website", "city", "state", "country", "postal_code", "title")
RECORDS = st.dictionaries(st.sampled_from(FIELDS), st.one_of(st.sampled_from(WORDS), st.text(max_size=20)))
NOTHING = ("N/A", "asdf", "-", "xxx", "unknown", "test")
JUNK = st.one_of(
    st.tuples(
        st.sampled_from(("first_name", "last_name", "company", "city", "title", "email", "phone")), st.sampled_from(NOTHING)
    ),
    st.tuples(st.just("email"), st.sampled_from(("test@test.com", "none@none.com", "asdf@asdf.com", "@", "noemail@acme"))),
    st.tuples(st.just("phone"), st.sampled_from(("0000000", "1234567", "111-111-1111", "+1 000 000 0000", "999999999"))),
)


@given(RECORDS, RECORDS)
@settings(deadline=None)
def test_a_pair_weighs_the_same_either_way_round(one: Mapping[str, str], other: Mapping[str, str]) -> None:
    left, right = profile_of(one), profile_of(other)
    assert compare(left, right, WEIGHTS) == compare(right, left, WEIGHTS)


@given(RECORDS, RECORDS)
def test_the_waterfall_sums_to_the_weight(one: Mapping[str, str], other: Mapping[str, str]) -> None:
    weighed = compare(profile_of(one), profile_of(other), WEIGHTS)
    assert alike(profile_of(one), profile_of(other), WEIGHTS) == (None if weighed.verdict == "different" else weighed)
    assert weighed.weight == pytest.approx(weighed.prior + sum(said.weight for said in weighed.evidence), abs=1e-9)
    assert weighed.verdict == (
        "same"
        if weighed.weight >= WEIGHTS.thresholds.same
        else "possible"
        if weighed.weight >= WEIGHTS.thresholds.possible
        else "different"
    )


@given(RECORDS, RECORDS, JUNK)
def test_junk_adds_no_weight_and_makes_no_key(one: Mapping[str, str], other: Mapping[str, str], typed: tuple[str, str]) -> None:
    field, junk = typed
    mine, theirs = ({name: value for name, value in values.items() if name != field} for values in (one, other))
    assert keys_of(profile_of({**mine, field: junk})) == keys_of(profile_of(mine))
    both = compare(profile_of({**mine, field: junk}), profile_of({**theirs, field: junk}), WEIGHTS)
    assert both.weight == compare(profile_of(mine), profile_of(theirs), WEIGHTS).weight


@given(RECORDS)
def test_a_packed_profile_is_the_same_profile(values: Mapping[str, str]) -> None:
    profile = profile_of(values)
    assert unpack(pack(profile)) == profile


@given(RECORDS, RECORDS)
@settings(max_examples=200)
def test_a_pair_is_like_in_a_file(one: Mapping[str, str], other: Mapping[str, str]) -> None:
    """The file tool compares columns, the index one pair at a time: by the same levels."""
    left, right = sorted((profile_of(one), profile_of(other)), key=lambda p: (p.name.last, p.name.first, pack(p)))
    first, last, _, _, phone, organisation, place, _, _ = (level for level, _ in levels(left, right))
    assert [first, last, phone, organisation] == _in_columns(left, right)
    assert place == _place_in_columns(left, right)


def _in_columns(left: Profile, right: Profile) -> list[int]:
    names = Names([left.name, right.name])
    width = max(len(left.subscribers), len(right.subscribers), 1)
    columns = [[one.subscribers[n] if n < len(one.subscribers) else "" for one in (left, right)] for n in range(width)]
    fields = (names, Phones(columns), Organisations([left.organisation, right.organisation]))
    compared = [one for field in fields for one in field.compare(np.array([0]), np.array([1]))]
    return [int(one.levels[0]) for one in compared if one.comparison.name != "junior or senior"]


def _place_in_columns(left: Profile, right: Profile) -> int:
    places = Places(*([getattr(one.place, name) for one in (left, right)] for name in ("city", "state", "country")))
    return next(int(one.levels[0]) for one in places.compare(np.array([0]), np.array([1])))


def test_adding_somebody_else_changes_no_verdict() -> None:
    world = World(5)
    people = [profile_of(world.row(one)) for one in world.people(60)]
    again = [profile_of(world.again(one)) for one in World(5).people(60)]
    before = [compare(*pair, WEIGHTS) for pair in zip(people, again, strict=True)]
    stranger = profile_of({"first_name": "Zoe", "last_name": "Quillfeather", "company": "Braxholm"})
    keys = [keys_of(one) for one in [*people, *again]]
    pairs = set(pairs_by_keys(keys))
    assert pairs == {pair for pair in pairs_by_keys([*keys, keys_of(stranger)]) if len(keys) not in pair}
    assert before == [compare(*pair, WEIGHTS) for pair in zip(people, again, strict=True)]


def test_a_name_that_many_have_is_no_key_by_itself() -> None:
    crowd = [Keys((), (1,))] * 60
    assert pairs_by_keys(crowd) == []
    assert pairs_by_keys(crowd[:2]) == [(0, 1)]


def test_the_same_seed_makes_the_same_people() -> None:
    def rows(seed: int) -> list[Mapping[str, str]]:
        world = World(seed)
        return [world.again(one) for one in world.people(50)]

    assert rows(3) == rows(3)
    assert rows(3) != rows(4)


# --- the weights


def test_the_shipped_weights_are_what_their_version_says() -> None:
    document = json.loads(shipped_match_weights())
    assert weights_of(document).version == weights_of(document_of(WEIGHTS)).version
    assert weights_of({**document, "prior": document["prior"] + 0.1}).version != WEIGHTS.version


def test_most_known_people_are_found_and_hardly_a_stranger() -> None:
    index, looked_for = trials(77, 2_000)
    best = [(trial, *max(hits, default=(-99.0, -1))) for trial, hits in scores(WEIGHTS, index, looked_for)]
    right = [weight for trial, weight, number in best if number == trial.there]
    known = sum(trial.there is not None for trial, _, _ in best)
    strangers = [weight for trial, weight, _ in best if trial.there is None]
    assert sum(weight >= WEIGHTS.thresholds.possible for weight in right) / known > 0.75
    assert sum(weight >= WEIGHTS.thresholds.same for weight in right) / known > 0.5
    assert sum(weight >= WEIGHTS.thresholds.same for weight in strangers) <= 0.005 * len(strangers)


def _learnt_from(seed: int, people: int) -> tuple[list[Profile], list[tuple[Profile, Profile]]]:
    world = World(seed)
    profiles = [profile_of(row) for one in world.people(people) for row in (world.row(one), world.again(one))]
    pairs = [(profiles[a], profiles[b]) for a, b in pairs_by_keys([keys_of(one) for one in profiles])]
    return profiles, pairs


def test_weights_are_learnt_from_records_that_nobody_labelled() -> None:
    profiles, pairs = _learnt_from(8, 1_200)
    one, again = learn(profiles, pairs, WEIGHTS), learn(profiles, pairs, WEIGHTS)
    assert document_of(one) == document_of(again), "the same records give the same bytes"
    assert one.version != WEIGHTS.version
    assert weights_of(json.loads(json.dumps(document_of(one)))) == one
    by_name = {weight.comparison.name: weight.by_level for weight in one.weights.each}
    assert by_name["e-mail"][0] > by_name["organisation"][0] > 0 > by_name["first name"][-1]


def test_with_too_few_pairs_nothing_is_learnt() -> None:
    with pytest.raises(TooFewError, match="Only 0 pairs"):
        learn([], [], WEIGHTS)


def test_what_is_no_identity_is_refused() -> None:
    """Colleagues only: what the records fall into is who works together, and nobody is anybody's duplicate."""
    world = World(8)
    profiles = [profile_of(world.row(one)) for one in world.people(1_500)]
    pairs = [(profiles[a], profiles[b]) for a, b in pairs_by_keys([keys_of(one) for one in profiles])]
    with pytest.raises(AstrayError, match="where they work"):
        learn(profiles, pairs, WEIGHTS)


def test_weights_for_other_comparisons_are_refused() -> None:
    with pytest.raises(UnknownWeightsError, match="e-mail"):
        weights_of(
            {**document_of(WEIGHTS), "comparisons": {**document_of(WEIGHTS)["comparisons"], "e-mail": {"by_level": [1.0]}}}
        )


def test_reviewers_draw_the_weights_towards_what_they_say() -> None:
    same = profile_of({"first_name": "Ana", "last_name": "Silva", "title": "CEO"})
    other = replace(same, title="intern")
    verdicts = [Reviewed(same, same, same=False), Reviewed(same, other, same=True)] * 40
    before, after = (
        {one.comparison.name: one.by_level for one in weights.weights.each} for weights in (WEIGHTS, corrected(WEIGHTS, verdicts))
    )
    assert after["title"][0] < before["title"][0]
    assert after["title"][-1] > before["title"][-1]
    assert after["phone"] == before["phone"], "they said nothing about it"
    assert corrected(WEIGHTS, []) is WEIGHTS
    assert corrected(WEIGHTS, verdicts).version != WEIGHTS.version


def test_a_missing_value_is_no_evidence() -> None:
    nothing = profile_of({})
    assert {level for level, _ in levels(nothing, nothing)} == {MISSING}
    assert compare(nothing, nothing, WEIGHTS).evidence == ()
    assert keys_of(nothing).all == ()
