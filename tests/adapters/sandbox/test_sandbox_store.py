"""The store by itself: indexes, transactions, history, ids."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sandbox.ids import hubspot_id, salesforce_id, to_18
from adapters.sandbox.index import UniqueValueError
from adapters.sandbox.moments import iso, parse_date, parse_moment
from adapters.sandbox.record import Actor
from adapters.sandbox.store import Store

SELLER = Actor("CRM_UI", "userId:1")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path, lambda: 1_000)
    made.index("hubspot", "contacts", "email", unique=True)
    yield made
    made.close()


def test_a_unique_value_is_free_again_after_archiving(store: Store) -> None:
    first = store.create("hubspot", "contacts", "1", {"email": "A@b.test"}, SELLER)
    with pytest.raises(UniqueValueError) as taken:
        store.create("hubspot", "contacts", "2", {"email": " a@B.test"}, SELLER)
    assert taken.value.existing == "1"
    archived = store.archive(first, SELLER)
    store.create("hubspot", "contacts", "2", {"email": "a@b.test"}, SELLER)
    with pytest.raises(UniqueValueError):
        store.restore(archived, SELLER)


def test_a_transaction_that_raises_leaves_nothing(store: Store, tmp_path: Path) -> None:
    kept = store.create("hubspot", "contacts", "1", {"email": "a@b.test"}, SELLER)

    def half() -> None:
        with store.transaction():
            store.update(kept, {"email": "x@y.test"}, SELLER)
            store.create("hubspot", "contacts", "2", {"email": "a@b.test"}, SELLER)
            raise LookupError

    with pytest.raises(LookupError):
        half()
    assert store.all("hubspot", "contacts") == [kept]
    assert store.lookup("hubspot", "contacts", "email", "a@b.test") == [kept]
    assert store.lookup("hubspot", "contacts", "email", "x@y.test") == []
    again = Store(tmp_path, lambda: 1_000)
    assert again.all("hubspot", "contacts") == [kept]
    assert len(again.history("hubspot", "contacts", "1")) == 1
    again.close()


def test_an_inner_transaction_can_fail_alone(store: Store) -> None:
    def inner() -> None:
        with store.transaction():
            store.create("hubspot", "contacts", "2", {"email": "c@d.test"}, SELLER)
            store.create("hubspot", "contacts", "3", {"email": "a@b.test"}, SELLER)

    with store.transaction():
        store.create("hubspot", "contacts", "1", {"email": "a@b.test"}, SELLER)
        with pytest.raises(UniqueValueError):
            inner()
    assert [record.id for record in store.all("hubspot", "contacts")] == ["1"]


def test_numbers_go_on_after_a_restart(tmp_path: Path) -> None:
    store = Store(tmp_path, lambda: 0)
    assert [store.next_number("x") for _ in range(2)] == [1, 2]
    store.close()
    again = Store(tmp_path, lambda: 0)
    assert again.next_number("x") == 3
    again.close()


@given(st.integers(1, 10**9))
def test_ids_have_their_vendors_shape(number: int) -> None:
    assert hubspot_id(number).isdigit()
    id_ = salesforce_id("00Q", number)
    assert len(id_) == 18
    assert to_18(id_[:15]) == id_ == to_18(id_)


def test_the_check_characters_are_salesforces() -> None:
    assert to_18("0031I0000081tbP") == "0031I0000081tbPQAQ"


@given(st.integers(0, 4_102_444_800_000))
def test_moments_survive_the_round_trip(at: int) -> None:
    assert parse_moment(iso(at)) == at
    assert iso(at).endswith("Z")
    assert ("." in iso(at)) == bool(at % 1000)


def test_a_date_is_midnight() -> None:
    assert parse_date("1970-01-02") == parse_date("86400000") == 86_400_000
    with pytest.raises(ValueError, match="midnight"):
        parse_date("86400001")


def test_what_lies_behind_an_id_follows_every_write(store: Store) -> None:
    for number in (1, 2, 3):
        store.create("hubspot", "contacts", hubspot_id(number), {}, SELLER)
    first, second = store.exactly("hubspot", "contacts", hubspot_id(1)), store.exactly("hubspot", "contacts", hubspot_id(2))
    assert first
    assert second
    fused = store.fuse(hubspot_id(4), {}, first, second, SELLER)

    def twice() -> None:
        with store.transaction():
            for number in (5, 6):
                store.create("hubspot", "contacts", hubspot_id(number), {"email": "a@b.test"}, SELLER)

    with pytest.raises(UniqueValueError):
        twice()
    behind = store.behind("hubspot", "contacts", int(hubspot_id(1)))
    assert [record.id for record in behind] == [hubspot_id(2), hubspot_id(3), fused.id]
    assert behind[0].merged_into == fused.id
