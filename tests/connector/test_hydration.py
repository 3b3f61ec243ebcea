"""What is read: made made, and hashed so that only a change of an input is news."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from adapters.records import Lead, RecordRef
from connector.hydration import input_hash, sound

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
values = st.dictionaries(
    st.sampled_from(["email", "company", "visits", "opted_out"]),
    st.none() | st.booleans() | st.integers(-(2**50), 2**50) | st.text(st.characters() | st.sampled_from("\0\ud83d\ude00")),
)


def read(given_values: dict[str, object]) -> Lead:
    return Lead(RecordRef("acme", "lead", "1"), given_values, {}, None, AT, AT, AT)  # type: ignore[arg-type]


@given(values)
def test_any_value_can_be_kept_and_hashed(drawn: dict[str, object]) -> None:
    made = sound(read(drawn)).values
    for value in made.values():
        text = str(value)
        assert text.encode().decode() == text.replace("\0", "")
    assert len(input_hash(made)) == 16
    assert sound(read(dict(made))).values == made


def test_a_cut_emoji_is_replaced_and_a_whole_one_stays() -> None:
    made = sound(read({"company": "A\0cme \ud83d", "email": "\ud83d\ude00@acme.example"})).values
    assert made == {"company": "Acme \ufffd", "email": "\U0001f600@acme.example"}


@given(values)
def test_what_is_empty_makes_no_difference_and_order_neither(drawn: dict[str, object]) -> None:
    made = sound(read(drawn)).values
    fuller = {**dict.fromkeys(("title", "phone")), **dict(reversed(list(made.items())))}
    assert input_hash(fuller) == input_hash(made)
    assert input_hash({**made, "title": "CEO"}) != input_hash(made)
