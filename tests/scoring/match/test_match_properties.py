"""What holds of `dedupe` for any table."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.match.columns import recognise
from scoring.match.dedupe import SAME, Link, dedupe
from scoring.match.table import Table
from tests.scoring.match.people import crowd

_NAMES: Final = ("Ana", "Anna", "Bo", "Berg", "Borg", "Garcia", "n/a", "", "X")
_MAILS: Final = ("ana.garcia@acme-demo.com", "a.garcia@acme-demo.com", "bo@quanta-demo.com", "test@test.com", "N/A", "")
_ROW: Final = st.tuples(
    st.sampled_from(_NAMES), st.sampled_from(_NAMES), st.sampled_from(_MAILS), st.sampled_from(("512 345 8876", "0000000", ""))
)
_HEADER: Final = ("first_name", "last_name", "email", "phone")
_TABLES: Final = st.lists(_ROW, min_size=2, max_size=12)
_few: Final = settings(max_examples=40, deadline=None, derandomize=True, database=None)

Columns = Mapping[str, Sequence[str]]
Row = tuple[str, str, str, str]


def columns_of(rows: Sequence[Row]) -> dict[str, list[str]]:
    return {name: [row[at] for row in rows] for at, name in enumerate(_HEADER)}


def links_in(columns: Columns) -> list[Link]:
    kinds = recognise(columns)
    return dedupe(Table(columns, kinds)).links if Table(columns, kinds).fields() else []


def verdicts(columns: Columns, order: Sequence[int] | None = None) -> dict[frozenset[int], tuple[str, float]]:
    """By the rows' numbers before they were turned round; weights to nine digits: the last ones of a sum go by order."""
    of = order or range(len(columns["email"]))
    return {frozenset((of[link.left], of[link.right])): (link.verdict, round(link.weight, 9)) for link in links_in(columns)}


@_few
@given(_TABLES)
def test_the_evidence_sums_to_the_weight(rows: Sequence[Row]) -> None:
    for link in links_in(columns_of(rows)):
        if link.evidence:
            assert link.prior + sum(said.weight for said in link.evidence) == pytest.approx(link.weight)
        assert link.verdict == "possible" or link.weight >= SAME


@_few
@given(_TABLES, st.integers(0, 1000))
def test_the_order_of_columns_does_not_matter(rows: Sequence[Row], seed: int) -> None:
    columns = columns_of(rows)
    names = list(columns)
    Random(seed).shuffle(names)
    assert verdicts({name: columns[name] for name in names}) == verdicts(columns)


@_few
@given(_TABLES)
def test_the_same_table_gives_the_same_bytes(rows: Sequence[Row]) -> None:
    assert repr(links_in(columns_of(rows))) == repr(links_in(columns_of(rows)))


@_few
@given(st.integers(0, 1000))
def test_the_order_of_records_does_not_matter(seed: int) -> None:
    made = crowd(seed, people=60, twice=20)
    order = list(range(len(made.people)))
    Random(seed).shuffle(order)
    turned = {name: [values[at] for at in order] for name, values in made.columns.items()}
    assert verdicts(turned, order) == verdicts(made.columns)
