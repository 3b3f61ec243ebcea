"""Who is who, by exact keys: within a batch, against who is known, and when the keys disagree."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from adapters.records import RecordRef
from config.fields import Value, Values
from connector.matching import Candidate, keys_of, match
from connector.store.people import IdentityKey, Person

NORA: Values = {"email": "nora@acme.example", "last_name": "Berg"}
PHONE = "+49 30 901820"


def lead(number: int, values: Values, person_id: str | None = None) -> Candidate:
    return Candidate(RecordRef("org", "lead", str(number)), values, "DE", person_id)


def kinds(values: Values, country: str | None = "DE") -> list[str]:
    return [key.kind for key in keys_of(values, country)]


def held_by(*people: tuple[Person, Values]) -> Mapping[IdentityKey, Person]:
    return {key: person for person, values in people for key in keys_of(values, "DE")}


def test_an_address_is_a_key_however_it_is_written() -> None:
    assert keys_of(NORA, None) == keys_of({"email": "  Nora@ACME.example ", "last_name": "Other"}, None)
    assert keys_of(NORA, None) != keys_of({"email": "nora+b@acme.example"}, None)


def test_a_role_address_is_shared_and_needs_the_family_name() -> None:
    assert kinds({"email": "info@acme.example"}) == []
    assert kinds({"email": "sales+web@acme.example"}) == []
    berg, holm = ({"email": "info@acme.example", "last_name": name} for name in ("Berg", "Holm"))
    assert keys_of(berg, None) != keys_of(holm, None)
    assert keys_of(berg, None) == keys_of({**berg, "last_name": "BERG "}, None)


def test_a_phone_is_a_key_with_the_family_name_only() -> None:
    assert kinds({"phone": PHONE}) == []
    assert kinds({"phone": PHONE, "last_name": "Berg"}) == ["phone"]
    assert keys_of({"phone": "030 901820", "last_name": "Berg"}, "DE") == keys_of({"phone": PHONE, "last_name": "berg"}, None)
    assert kinds({"phone": "030 901820", "last_name": "Berg"}, None) == []
    assert kinds({"phone": "12", "last_name": "Berg"}, "US") == []


def test_what_is_no_address_is_no_key() -> None:
    for text in ("", "nora", "@acme.example", "nora@", "nora@acme", "nora@@"):
        assert kinds({"email": text, "last_name": "Berg"}) == []


@given(
    st.fixed_dictionaries(
        {},
        optional={
            name: st.one_of(st.none(), st.text(), st.integers(), st.booleans()) for name in ("email", "phone", "last_name")
        },
    ),
    st.one_of(st.none(), st.text(max_size=3)),
)
def test_any_values_have_keys_that_come_out_the_same_twice(values: dict[str, Value], country: str | None) -> None:
    keys = keys_of(values, country)
    assert keys == keys_of(dict(values), country)
    assert all(len(key.digest) == 16 for key in keys)
    assert len({key.kind for key in keys}) == len(keys)


def test_two_of_a_batch_are_one_person_and_the_first_leads() -> None:
    first, second, other = lead(1, NORA), lead(2, NORA), lead(3, {"email": "nina@acme.example"})
    found = match([first, second, other], {}, {})
    assert found[first.ref].person.id == found[second.ref].person.id != found[other.ref].person.id
    assert [found[one.ref].verdict for one in (first, second, other)] == ["new", "same", "new"]
    assert [found[one.ref].leader for one in (first, second, other)] == [None, first.ref, None]


def test_a_chain_of_keys_within_a_batch_is_one_person() -> None:
    """The second brings a phone that the third shows without the address."""
    phone = {"phone": PHONE, "last_name": "Berg"}
    batch = [lead(1, NORA), lead(2, {**NORA, **phone}), lead(3, phone)]
    assert len({one.person.id for one in match(batch, {}, {}).values()}) == 1


def test_whoever_holds_a_key_is_the_person() -> None:
    nora = Person("p1", packet_id="k1")
    found = match([lead(1, NORA)], held_by((nora, NORA)), {})[lead(1, NORA).ref]
    assert (found.person, found.verdict, found.evidence, found.torn) == (nora, "same", ("email",), False)


def test_keys_of_two_persons_make_a_third_who_takes_neither() -> None:
    """Nobody is merged, and neither person's decision is touched."""
    nora, berg = Person("p1", packet_id="k1"), Person("p2", packet_id="k2")
    phone = {"phone": PHONE, "last_name": "Berg"}
    both = {"email": "nora@acme.example", **phone}
    holders = held_by((nora, {"email": "nora@acme.example"}), (berg, phone))
    found = match([lead(1, both), lead(2, both)], holders, {})
    assert all(one.torn and one.keys == () for one in found.values())
    assert len({one.person.id for one in found.values()} | {"p1", "p2"}) == 4


def test_a_torn_record_stays_torn_when_it_comes_again() -> None:
    nora, berg, third = Person("p1"), Person("p2"), Person("p3", packet_id="k3")
    phone = {"phone": PHONE, "last_name": "Berg"}
    holders = held_by((nora, {"email": "nora@acme.example"}), (berg, phone))
    found = match([lead(1, {"email": "nora@acme.example", **phone}, "p3")], holders, {"p3": third})
    [one] = found.values()
    assert (one.person, one.torn) == (third, True)


def test_a_record_stays_with_its_person_when_its_address_changes() -> None:
    nora, nina = Person("p1", packet_id="k1"), Person("p2", packet_id="k2")
    changed = lead(1, {"email": "nina@acme.example"}, "p1")
    found = match([changed], held_by((nina, {"email": "nina@acme.example"})), {"p1": nora})[changed.ref]
    assert (found.person, found.torn) == (nora, False)
