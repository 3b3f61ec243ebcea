"""HubSpot's published vectors, its own SDK as referee where it is right, and the edges where it is not."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hubspot.utils.signature import Signature
from hypothesis import given
from hypothesis import strategies as st

from tests.webhooks.receiver_contract import NOW, fixture, milliseconds
from webhooks.base import Request
from webhooks.signature import (
    hubspot_refusal,
    hubspot_v1,
    hubspot_v2,
    hubspot_v3,
    leadline_signature,
    secret_matches,
    stamp_refusal,
)

VECTORS: list[dict[str, Any]] = json.loads(fixture("hubspot/signature__vectors.json"))
SENTENCES = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
URLS = st.text("abcxyz0189-._~/?=&+#%", max_size=60).filter(lambda url: "%" not in url).map("https://hooks.example.com/".__add__)


def request_of(vector: dict[str, Any]) -> tuple[Request, datetime]:
    """The vector as HubSpot would have sent it, and the moment it says it was sent."""
    stamp = vector.get("timestamp", milliseconds(NOW))
    names = {"v3": {"x-hubspot-signature-v3": vector["signature"], "x-hubspot-request-timestamp": stamp}}
    old = {"x-hubspot-signature": vector["signature"], "x-hubspot-signature-version": vector["version"]}
    sent = datetime.fromtimestamp(int(stamp) / 1000, UTC)
    method, url = vector.get("method", "POST"), vector.get("url", "https://www.example.com/")
    return Request(method, url, names.get(vector["version"], old), vector["body"].encode(), sent), sent


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
class TestVectors:
    def test_is_accepted(self, vector: dict[str, Any]) -> None:
        request, sent = request_of(vector)
        assert hubspot_refusal(request, [vector["secret"]], sent, old_signatures=True) is None

    def test_a_longer_body_is_refused(self, vector: dict[str, Any]) -> None:
        request, sent = request_of(vector)
        longer = replace(request, body=request.body + b" ")
        refusal = hubspot_refusal(longer, [vector["secret"]], sent, old_signatures=True)
        assert refusal is not None
        assert refusal.code == "signature_wrong"

    def test_old_versions_can_be_forbidden(self, vector: dict[str, Any]) -> None:
        request, sent = request_of(vector)
        refusal = hubspot_refusal(request, [vector["secret"]], sent, old_signatures=False)
        assert (refusal is None) == (vector["version"] == "v3")

    def test_every_flipped_bit_is_refused(self, vector: dict[str, Any]) -> None:
        request, sent = request_of(vector)
        for place in range(len(request.body)):
            for bit in range(8):
                body = bytearray(request.body)
                body[place] ^= 1 << bit
                assert hubspot_refusal(replace(request, body=bytes(body)), [vector["secret"]], sent, old_signatures=True)


@given(secret=SENTENCES, method=st.sampled_from(["GET", "POST"]), url=URLS, body=SENTENCES, stamp=st.integers(0, 10**13).map(str))
def test_agrees_with_the_sdk(secret: str, method: str, url: str, body: str, stamp: str) -> None:
    raw = body.encode()
    assert hubspot_v1(secret, raw) == Signature.get_signature(secret, body, "v1")
    assert hubspot_v2(secret, method, url, raw) == Signature.get_signature(secret, body, "v2", url, method)
    assert hubspot_v3(secret, method, url, raw, stamp) == Signature.get_signature(secret, body, "v3", url, method, stamp)


def test_decodes_twelve_escapes_and_no_others() -> None:
    escaped = "https://a.example/%3a%2F%3F%40%21%24%27%28%29%2A%2C%3B%20%26%3D%2B%25%3"
    plain = "https://a.example/:/?@!$'()*,;%20%26%3D%2B%25%3"
    assert hubspot_v3("s", "POST", escaped, b"", "1") == Signature.get_signature("s", "", "v3", plain, "POST", "1")


def test_an_escape_that_decoding_uncovers_stays() -> None:
    assert hubspot_v3("s", "POST", "https://a.example/%253A", b"", "1") == Signature.get_signature(
        "s", "", "v3", "https://a.example/%253A", "POST", "1"
    )


@pytest.mark.parametrize(
    ("ahead", "code"),
    [
        (timedelta(minutes=-5), None),
        (timedelta(minutes=-5, milliseconds=-1), "timestamp_old"),
        (timedelta(days=-4000), "timestamp_old"),
        (timedelta(seconds=60), None),
        (timedelta(seconds=60, milliseconds=1), "timestamp_ahead"),
        (timedelta(days=4000), "timestamp_ahead"),
    ],
)
def test_the_window_is_exact(ahead: timedelta, code: str | None) -> None:
    refusal = stamp_refusal(milliseconds(NOW + ahead), NOW)
    assert (refusal.code if refusal else None) == code


@pytest.mark.parametrize(
    "stamp", ["", "-1", "+1", " 1", "1.5", "1e3", "0x10", "\u0661\u0662", "\u00b2", "9" * 17, "9" * 5000, "1, 1", "1_0"]
)
def test_a_stamp_that_is_no_number_is_refused(stamp: str) -> None:
    refusal = stamp_refusal(stamp, NOW)
    assert refusal is not None
    assert refusal.code == "timestamp_unreadable"


def test_any_of_several_secrets_matches_and_an_empty_one_never() -> None:
    assert secret_matches("b", ("a", "b"))
    assert not secret_matches("c", ("a", "b"))
    assert not secret_matches("", ("", "a"))
    assert not secret_matches("", ())


@given(one=st.text(), other=st.text())
def test_only_equal_texts_match(one: str, other: str) -> None:
    assert secret_matches(one, [other]) == (one == other != "")
    assert secret_matches(one, [other, one]) == (one != "")


def test_leadlines_own_signature_stands_still() -> None:
    """Worked out with `openssl dgst -sha256 -hmac key`; the Apex class must come to the same."""
    assert (
        leadline_signature("key", "1795339800000", b'{"a":1}')
        == "0921bf1dc9abab189548e1fd3b784cf4742039b3c10b7d129c96d9f0d7b15224"
    )
