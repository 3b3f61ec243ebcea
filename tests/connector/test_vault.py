import json
import pickle
from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from adapters.records import RecordRef
from connector.vault import MASK, WRAPPED_BYTES, Secret, Vault, VaultError, masked, new_key, new_record_key

LEAD = RecordRef(connection="acme", object="lead", id="00QJ500000AbCdEMAV")
OLD, NEW = new_key(), new_key()
PATH_SECRET = "Zq3-_s" * 8


@given(st.text())
def test_what_is_sealed_opens_again(text: str) -> None:
    assert Vault([NEW]).open(Vault([NEW]).seal(text)) == text


def test_a_token_opens_under_an_older_key_and_moves_to_the_newest() -> None:
    token = Vault([OLD]).seal("refresh-token")
    both = Vault([NEW, OLD])
    assert both.open(token) == "refresh-token"
    assert Vault([NEW]).open(both.rotate(token)) == "refresh-token"


@pytest.mark.parametrize("use", [Vault.open, Vault.rotate], ids=["open", "rotate"])
def test_a_token_of_an_unlisted_key_is_refused_with_the_remedy(use: Callable[[Vault, bytes], object]) -> None:
    with pytest.raises(VaultError, match="LEADLINE_SECRET_KEYS"):
        use(Vault([NEW]), Vault([OLD]).seal("refresh-token"))


def test_no_key_at_all_is_refused() -> None:
    with pytest.raises(VaultError, match="LEADLINE_SECRET_KEYS is empty"):
        Vault([])


@pytest.mark.parametrize(
    "bad", ["", "short", "é" * 44, NEW[:-1], NEW + OLD], ids=["empty", "short", "umlauts", "cut", "no comma"]
)
def test_what_is_not_a_key_is_refused_by_its_place_and_not_shown(bad: str) -> None:
    with pytest.raises(VaultError, match="Key 2 of LEADLINE_SECRET_KEYS") as refusal:
        Vault([NEW, bad])
    assert not bad or bad not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_a_record_key_comes_back_for_its_record() -> None:
    key = new_record_key()
    wrapped = Vault([NEW]).wrap(key, LEAD)
    assert len(wrapped) == WRAPPED_BYTES
    assert key not in wrapped
    assert Vault([NEW]).unwrap(wrapped, LEAD) == key


@pytest.mark.parametrize(
    "other",
    [
        RecordRef("acme2", "lead", LEAD.id),
        RecordRef("acme", "contact", LEAD.id),
        RecordRef("acme", "lead", LEAD.id.lower()),
    ],
)
def test_a_record_key_does_not_open_for_another_record(other: RecordRef) -> None:
    wrapped = Vault([NEW]).wrap(new_record_key(), LEAD)
    with pytest.raises(VaultError, match="another record"):
        Vault([NEW]).unwrap(wrapped, other)


def test_names_cannot_be_shifted_between_the_parts_of_an_identity() -> None:
    wrapped = Vault([NEW]).wrap(new_record_key(), RecordRef("a", "lead", "leadb"))
    with pytest.raises(VaultError):
        Vault([NEW]).unwrap(wrapped, RecordRef("alead", "lead", "b"))


@given(place=st.integers(0, WRAPPED_BYTES - 1), bit=st.integers(0, 7))
def test_one_changed_bit_of_a_wrapped_key_is_refused(place: int, bit: int) -> None:
    wrapped = bytearray(Vault([NEW]).wrap(new_record_key(), LEAD))
    wrapped[place] ^= 1 << bit
    with pytest.raises(VaultError):
        Vault([NEW]).unwrap(bytes(wrapped), LEAD)


@pytest.mark.parametrize("length", [0, 7, 8, WRAPPED_BYTES - 1])
def test_a_cut_wrapped_key_is_refused(length: int) -> None:
    with pytest.raises(VaultError):
        Vault([NEW]).unwrap(Vault([NEW]).wrap(new_record_key(), LEAD)[:length], LEAD)


def test_a_record_key_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(VaultError, match="32 bytes"):
        Vault([NEW]).wrap(b"short", LEAD)


def test_record_keys_move_to_the_newest_secret_once() -> None:
    key = new_record_key()
    wrapped = Vault([OLD]).wrap(key, LEAD)
    moved = Vault([NEW, OLD]).rewrap(wrapped, LEAD)
    assert Vault([NEW]).unwrap(moved, LEAD) == key
    assert Vault([NEW, OLD]).rewrap(moved, LEAD) == moved
    with pytest.raises(VaultError, match="LEADLINE_SECRET_KEYS"):
        Vault([NEW]).unwrap(wrapped, LEAD)


def test_two_wraps_of_one_key_differ() -> None:
    key = new_record_key()
    assert Vault([NEW]).wrap(key, LEAD) != Vault([NEW]).wrap(key, LEAD)


def test_a_secret_shows_itself_only_when_asked() -> None:
    secret = Secret("hunter2")
    assert secret.reveal() == "hunter2"
    assert {repr(secret), str(secret), f"{secret}", f"{secret!s:>4}"} == {MASK}
    for leak in (json.dumps, pickle.dumps):
        with pytest.raises(TypeError) as refusal:
            leak(secret)
        assert "hunter2" not in str(refusal.value)


def test_secrets_compare_by_what_they_hold() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            f"/webhooks/salesforce/acme/{PATH_SECRET}/outbound-message",
            "/webhooks/salesforce/acme/[masked]/outbound-message",
        ),
        ("/webhooks/salesforce/acme/short/outbound-message", "/webhooks/salesforce/acme/[masked]/outbound-message"),
        ("//Webhooks//salesforce/acme//short/event", "//Webhooks//salesforce/acme//[masked]/event"),
        (f"/webhooks/salesforce/{PATH_SECRET}/outbound-message", "/webhooks/salesforce/[masked]/outbound-message"),
        ("/webhooks/salesforce/acme/event", "/webhooks/salesforce/acme/event"),
        ("/webhooks/hubspot/acme", "/webhooks/hubspot/acme"),
        ("/console/leads?email=jane@example.com", "/console/leads?[masked]"),
        ("/console/leads/jane%40example.com#top", "/console/leads/[masked]?[masked]"),
        ("https://example.com/leadline/webhooks/salesforce/acme/s/event", "https://example.com/leadline/webhooks/salesforce/acme/[masked]/event"),
        ("postgresql://leadline:pa/s?w#rd@db.internal/leadline", "postgresql://[masked]@db.internal/leadline"),
        ("redis://:pass@localhost:6379/0", "redis://[masked]@localhost:6379/0"),
        ("https://api.hubapi.com", "https://api.hubapi.com"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_path_is_shown_without_what_is_secret_in_it(text: str, shown: str) -> None:
    assert masked(text) == shown


@given(st.text(alphabet=st.characters(exclude_characters="@/?#", min_codepoint=33), min_size=1), st.booleans())
def test_no_path_secret_survives(secret: str, whole: bool) -> None:
    origin = "https://leadline.example" if whole else ""
    text = f"{origin}/webhooks/salesforce/acme/{secret}/outbound-message"
    assume(secret not in {"event", "outbound-message"})
    assert masked(text) == f"{origin}/webhooks/salesforce/acme/{MASK}/outbound-message"
