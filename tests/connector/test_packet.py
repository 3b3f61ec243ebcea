import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from adapters.records import RecordRef
from connector.canonical import HIGHEST_INTEGER, PacketError, canonical
from connector.packet import (
    Forgotten,
    Named,
    Packet,
    Receipt,
    Reference,
    Step,
    Versions,
    body_hash,
    body_of,
    export_line,
    fingerprint,
    genesis,
    link,
    open_sealed,
    receipt_identity,
    seal,
)

LEAD = RecordRef(connection="acme", object="lead", id="00QJ500000AbCdEMAV")
KEY = bytes(range(32))
FACTS = {"values": {"email": "zoë@example.com", "employees": 300, "comment": None}, "words": "Call by 10:05 – Zoë asked."}
NAMED = Named(hash="ab" * 32, connection="acme")

texts = st.text(st.characters(exclude_categories=["Cs"]))
scalars = st.none() | st.booleans() | st.integers(-HIGHEST_INTEGER, HIGHEST_INTEGER) | texts
nested = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=20)
documents = st.dictionaries(texts | st.text("abc_09"), nested)


def packet(**changes: Any) -> Packet:
    made = Packet(
        id="p1",
        record=LEAD,
        decided_at="2026-11-22T09:30:00Z",
        sealed=seal(FACTS, KEY, "p1"),
        decision={"route": "sales", "scores": {"fit": {"value": 82, "reasons": [["seniority", "12.5"]]}}},
        versions=Versions(policy="policy-3", profile="profile-7", code="0.1.0"),
    )
    return replace(made, **changes)


# ── one form ──


@given(documents)
def test_the_form_is_the_one_of_rfc_8785(document: Mapping[str, Any]) -> None:
    assert canonical(document) == rfc8785.dumps(dict(document))


def test_keys_are_ordered_by_utf_16_not_by_code_point() -> None:
    # RFC 8785, section 3.2.3: its own example of the two orders disagreeing.
    document = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7}
    assert [*json.loads(canonical(document)).values()] == [2, 4, 6, 7, 1, 5, 3]


@given(documents)
def test_the_form_does_not_depend_on_the_order_of_keys(document: dict[str, Any]) -> None:
    assert canonical(dict(reversed(document.items()))) == canonical(document)


@given(st.dictionaries(texts, nested | st.tuples(scalars, scalars)))
def test_the_form_is_read_back_to_itself(document: Mapping[str, Any]) -> None:
    assert canonical(json.loads(canonical(document))) == canonical(document)


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"scores": {"fit": [1, 0.5]}}, r"the document\.scores\.fit\[1\] is a float"),
        ({"amount": Decimal(1)}, r"the document\.amount is a Decimal"),
        ({"tags": {"a"}}, r"the document\.tags is a set"),
        ({"raw": b"x"}, r"the document\.raw is a bytes"),
        ({"n": {1: "x"}}, r"A key of the document\.n is a int"),
        ({"n": HIGHEST_INTEGER + 1}, r"the document\.n is an integer beyond"),
        ({"n": -HIGHEST_INTEGER - 1}, r"the document\.n is an integer beyond"),
        ({"comment": "cut \ud83d"}, r"the document\.comment holds half of a surrogate pair"),
        ({"x": {"\ud83d": 1}}, r"A key of the document\.x holds half"),
        ({"é": {"b": 0.5}}, r"the document\.é\.b is a float"),
    ],
)
def test_what_has_no_single_form_is_refused_by_its_place(document: Mapping[str, Any], place: str) -> None:
    with pytest.raises(PacketError, match=place):
        canonical(document)


def test_a_refusal_does_not_show_the_value() -> None:
    with pytest.raises(PacketError) as refusal:
        canonical({"phone": 4915112345678.0})
    assert "4915112345678" not in str(refusal.value)


# ── the sealed part ──


@given(documents)
def test_facts_open_as_they_were_sealed(facts: Mapping[str, Any]) -> None:
    assert open_sealed(seal(facts, KEY, "p1"), KEY, "p1") == facts


def test_facts_open_only_with_their_key_in_their_packet() -> None:
    sealed = seal(FACTS, KEY, "p1")
    for key, packet_id in ((bytes(32), "p1"), (KEY, "p2")):
        with pytest.raises(PacketError, match="does not open"):
            open_sealed(sealed, key, packet_id)


@pytest.mark.parametrize("sealed", ["", "AAAA", "not base64!", "é"])
def test_what_was_never_sealed_does_not_open(sealed: str) -> None:
    with pytest.raises(PacketError, match="does not open"):
        open_sealed(sealed, KEY, "p1")


@given(st.data())
def test_one_changed_bit_does_not_open(data: st.DataObject) -> None:
    token = bytearray(b64decode(seal(FACTS, KEY, "p1")))
    token[data.draw(st.integers(0, len(token) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(PacketError):
        open_sealed(b64encode(token).decode(), KEY, "p1")


def test_sealing_shows_nothing_and_never_repeats() -> None:
    first, second = seal(FACTS, KEY, "p1"), seal(FACTS, KEY, "p1")
    assert first != second
    assert b"example" not in b64decode(first)


def test_the_nonce_comes_from_the_given_source() -> None:
    assert seal(FACTS, KEY, "p1", lambda n: b"\7" * n) == seal(FACTS, KEY, "p1", lambda n: b"\7" * n)
    assert b64decode(seal(FACTS, KEY, "p1", lambda n: b"\7" * n))[:12] == b"\7" * 12


# ── the documents ──


def test_a_packet_is_its_record_its_seal_its_decision_and_its_versions() -> None:
    made = packet()
    assert json.loads(body_of(made)) == {
        "kind": "packet",
        "connection": "acme",
        "id": "p1",
        "record": {"object": "lead", "id": LEAD.id},
        "decided_at": "2026-11-22T09:30:00Z",
        "sealed": made.sealed,
        "decision": {"route": "sales", "scores": {"fit": {"value": 82, "reasons": [["seniority", "12.5"]]}}},
        "versions": {"policy": "policy-3", "profile": "profile-7", "code": "0.1.0"},
    }


def test_no_personal_value_stands_open_in_a_packet() -> None:
    assert b"example.com" not in body_of(packet())
    assert "Zoë" not in body_of(packet()).decode()


def test_a_float_in_a_decision_is_refused_by_its_place() -> None:
    with pytest.raises(PacketError, match=r"the document\.decision\.rank is a float"):
        body_of(packet(decision={"rank": 13.0}))


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (Reference(packet=NAMED, record=LEAD, at="2026-11-22T09:30:00Z"), "reference"),
        (
            Receipt(
                packet=NAMED,
                record=LEAD,
                at="2026-11-22T09:30:02Z",
                attempt=1,
                calls=1,
                outcome="written",
                sealed=seal({"before": {}, "after": {"route": "sales"}}, KEY, receipt_identity("p1", LEAD, 1)),
                owner_before=None,
                owner_after="005J5000000AbCdIAK",
                task_ids=("00TJ5000000AbCdMAK",),
            ),
            "receipt",
        ),
        (Step("clock", NAMED, LEAD, "2026-11-22T09:35:00Z", "clock", {"state": "breached"}), "clock"),
        (Step("review", NAMED, LEAD, "2026-11-22T09:35:00Z", "account-4", {"verdict": "approved"}), "review"),
        (Step("undo", NAMED, LEAD, "2026-11-22T09:35:00Z", "account-4", {"reason_code": "wrong_pool"}), "undo"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_follows_names_its_packet_and_the_chain_it_stands_in(document: Reference | Receipt | Step, kind: str) -> None:
    body = json.loads(body_of(document))
    assert body["kind"] == kind
    assert (body["packet"], body["chain"], body["connection"]) == (NAMED.hash, "acme", "acme")
    assert body["record"] == {"object": "lead", "id": LEAD.id}


def test_a_receipt_keeps_owners_and_tasks_open_and_values_sealed() -> None:
    identity = receipt_identity("p1", LEAD, 2)
    sealed = seal({"before": {"route_reason": None}, "after": {"route_reason": "Call Zoë"}}, KEY, identity)
    receipt = Receipt(NAMED, LEAD, "2026-11-22T09:30:02Z", 2, 1, "written", sealed, "005A", "005B", ("00T1",))
    body = json.loads(body_of(receipt))
    assert body["owner"] == {"before": "005A", "after": "005B"}
    assert body["task_ids"] == ["00T1"]
    assert open_sealed(body["sealed"], KEY, identity)["after"] == {"route_reason": "Call Zoë"}
    with pytest.raises(PacketError):
        open_sealed(body["sealed"], KEY, receipt_identity("p1", LEAD, 1))


def test_forgetting_names_the_destroyed_keys_but_not_the_person() -> None:
    body = json.loads(body_of(Forgotten("acme", (fingerprint(KEY),), "2026-11-22T09:30:00Z", "account-1")))
    assert body == {
        "kind": "forget",
        "connection": "acme",
        "keys": [fingerprint(KEY)],
        "at": "2026-11-22T09:30:00Z",
        "by": "account-1",
    }
    assert fingerprint(KEY) != fingerprint(bytes(32))
    assert fingerprint(KEY) != sha256(KEY).hexdigest()


# ── the chain ──


def test_the_body_hash_is_plain_sha_256() -> None:
    assert body_hash(b"{}") == sha256(b"{}").digest()


def test_every_chain_begins_with_its_own_connection() -> None:
    assert len(genesis("acme")) == 32
    assert genesis("acme") != genesis("acme2")


def test_a_link_depends_on_both_parts_and_is_never_a_body_hash() -> None:
    one, two = body_hash(b"1"), body_hash(b"2")
    assert len({link(one, two), link(two, one), link(one, one), link(two, two), body_hash(one + two)}) == 5


def test_an_export_line_is_itself_canonical() -> None:
    body = body_of(packet(decision={"city": "Zürich\n"}))
    line = export_line(1, genesis("acme"), body)
    parsed = json.loads(line)
    assert line == rfc8785.dumps(parsed) + b"\n"
    assert parsed["body"].encode() == body
    assert parsed["previous"] == genesis("acme").hex()
    assert parsed["hash"] == link(genesis("acme"), body_hash(body)).hex()
    assert line.count(b"\n") == 1
