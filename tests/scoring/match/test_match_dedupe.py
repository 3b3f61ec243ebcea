"""Who stands in a table twice: found, told apart, and explained; whatever the order, and the same every time."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from random import Random

import numpy as np
import pytest

from scoring.match.columns import recognise
from scoring.match.dedupe import Found, dedupe
from scoring.match.table import Table
from scoring.match.values import Compared, Comparison
from scoring.match.weights import estimate
from tests.scoring.match.people import COLUMNS, Crowd, crowd


def found_in(columns: Mapping[str, Sequence[str]], first: int | None = None) -> Found:
    return dedupe(Table(columns, recognise(columns)), first=first)


def pairs_of(found: Found) -> set[tuple[int, int]]:
    return {(link.left, link.right) for link in found.links}


def true_pairs(made: Crowd) -> set[tuple[int, int]]:
    return {(a, b) for a, b in combinations(range(len(made.people)), 2) if made.people[a] == made.people[b]}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_duplicates_are_found_and_strangers_left_alone(seed: int) -> None:
    made = crowd(seed)
    found, true = pairs_of(found_in(made.columns)), true_pairs(made)
    assert len(found & true) >= 0.95 * len(true)
    assert len(found & true) >= 0.97 * len(found)


def test_what_is_called_the_same_is_the_same() -> None:
    made = crowd(4)
    same = [link for link in found_in(made.columns).links if link.verdict == "same"]
    assert len(same) > 60
    assert sum(made.people[link.left] == made.people[link.right] for link in same) >= 0.99 * len(same)


def test_the_waterfall_sums_to_the_weight() -> None:
    links = [link for link in found_in(crowd(5).columns).links if link.evidence]
    assert links
    for link in links:
        assert link.prior + sum(said.weight for said in link.evidence) == pytest.approx(link.weight)


def test_the_order_of_records_does_not_matter() -> None:
    made = crowd(6)
    order = list(range(len(made.people)))
    Random(1).shuffle(order)
    turned = found_in({name: [values[at] for at in order] for name, values in made.columns.items()})
    assert {tuple(sorted((order[a], order[b]))) for a, b in pairs_of(turned)} == pairs_of(found_in(made.columns))


def test_the_order_of_columns_does_not_matter() -> None:
    made = crowd(7)
    turned = {name: made.columns[name] for name in reversed(COLUMNS)}
    assert pairs_of(found_in(turned)) == pairs_of(found_in(made.columns))


def test_the_same_table_gives_the_same_bytes() -> None:
    made = crowd(8)
    assert repr(found_in(made.columns)) == repr(found_in(made.columns))


def test_a_stranger_more_changes_nobodys_verdict() -> None:
    made = crowd(9)
    more = {name: [*values, "Zbigniew Ostrowski"] for name, values in made.columns.items()}
    before = {(link.left, link.right): link.verdict for link in found_in(made.columns).links}
    assert {(link.left, link.right): link.verdict for link in found_in(more).links} == before


@pytest.mark.parametrize("junk", ["test@test.com", "N/A", "0000000", "noemail@noemail.com"])
@pytest.mark.parametrize("column", ["email", "phone", "company"])
def test_junk_links_nobody(junk: str, column: str) -> None:
    made = crowd(10, twice=0)
    rng = Random(2)
    dirty = {**made.columns, column: [junk if rng.random() < 0.4 else value for value in made.columns[column]]}
    assert len(pairs_of(found_in(dirty))) <= 2


def test_of_two_tables_only_pairs_across_are_found() -> None:
    made = crowd(11)
    found = found_in(made.columns, first=300)
    assert found.links
    assert all(link.left < 300 <= link.right for link in found.links)


def test_nothing_to_compare_is_no_field() -> None:
    assert Table({"a": ["1", "1"]}, {"a": "left out"}).fields() == []


@pytest.mark.parametrize("rows", [1, 2])
def test_hardly_any_rows_are_no_trouble(rows: int) -> None:
    found = found_in({"first_name": ["Ana", "Ana"][:rows], "email": ["ana@acme.example"] * rows})
    assert all(link.left == 0 for link in found.links)


def test_a_more_exact_level_never_weighs_less() -> None:
    comparison = Comparison("street", ("same", "near", "far", "another"), (0.4, 0.3, 0.2, 0.1), ordered=True)
    levels = np.repeat(np.array([0, 1, 2, 3], np.int8), [30, 2, 40, 300])
    strong = np.repeat(np.array([1, 0, 0, 1], np.int8), [30, 2, 40, 300])
    compared = [
        Compared(comparison, levels, np.zeros(len(levels), np.float32)),
        Compared(Comparison("number", ("same", "another"), (0.9, 0.1)), strong, np.zeros(len(levels), np.float32)),
    ]
    ordered = estimate(compared).each[0].by_level
    loose = estimate([replace(compared[0], comparison=replace(comparison, ordered=False)), compared[1]]).each[0].by_level
    assert list(loose) != sorted(loose, reverse=True), "or there is nothing to put in order"
    assert list(ordered) == sorted(ordered, reverse=True)


def test_an_organisation_at_two_addresses_is_at_most_possible() -> None:
    made = crowd(12, people=60, twice=20)
    names = [f"{first} {last} School" for first, last in zip(made.columns["first_name"], made.columns["last_name"], strict=True)]
    phones = [*made.columns["phone"][:60], *made.columns["phone"][:20]]
    addresses = [f"{person * 37 + 5} {last} Street" for person, last in enumerate(made.columns["last_name"][:60])]
    moved = [addresses[person] if person % 2 else f"{person}1 Harbour Avenue" for person in range(20)]
    sites = {"name": [*names[:60], *names[:20]], "address": [*addresses, *moved], "phone": phones}
    verdicts = {(link.left, link.right): link.verdict for link in found_in(sites).links}
    assert [verdicts.get((person, 60 + person)) for person in range(1, 20, 2)] == ["same"] * 10
    assert "same" not in [verdicts.get((person, 60 + person)) for person in range(0, 20, 2)]


def test_two_names_behind_one_switchboard_are_at_most_possible() -> None:
    made = crowd(13, people=60, twice=20)
    names = [f"{first} {last} Grill" for first, last in zip(made.columns["first_name"], made.columns["last_name"], strict=True)]
    addresses = [f"{person * 37 + 5} Mill Road" for person in made.people]
    phones = [*made.columns["phone"][:60], *made.columns["phone"][:20]]
    house = {"name": [*names[:60], *["Golden Buffet", "Ocean Bar"] * 5, *names[10:20]], "address": addresses, "phone": phones}
    verdicts = {(link.left, link.right): link.verdict for link in found_in(house).links}
    assert "same" not in [verdicts.get((person, 60 + person)) for person in range(10)]
    assert [verdicts.get((person, 60 + person)) for person in range(10, 20)] == ["same"] * 10
