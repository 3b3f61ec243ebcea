"""What every receiver must do. A test class inherits it and supplies the five things that differ."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from webhooks.base import Inbound, Receiver, Request, UnreadableDeliveryError

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
SECRET = "the-newest-secret-of-thirty-two-b"
PREVIOUS = "the-one-before-still-valid-for-now"
FIXTURES = Path(__file__).parents[1] / "fixtures"

HEADER_VALUES = (
    st.text(max_size=60) | st.text("0123456789", max_size=40) | st.text(st.characters(max_codepoint=0x2FF), max_size=8)
)


INHERITED = settings(suppress_health_check=[HealthCheck.differing_executors])
"""Each subclass runs the property for its own receiver, which is the point."""


def fixture(path: str) -> bytes:
    return (FIXTURES / path).read_bytes()


def milliseconds(moment: datetime) -> str:
    return str(round(moment.timestamp() * 1000))


def with_headers(request: Request, **headers: str) -> Request:
    return replace(request, headers={**request.headers, **{name.replace("_", "-"): value for name, value in headers.items()}})


def without_header(request: Request, name: str) -> Request:
    return replace(request, headers={key: value for key, value in request.headers.items() if key != name})


class ReceiverContract:
    """Subclasses set these and write `receiver` and `signed`."""

    inbound: Inbound
    body: bytes
    """An ordinary delivery."""
    unknown: bytes
    """A delivery in which every event is of a type nobody has heard of."""
    proof: str
    """The header that proves the sender."""
    unproven: int
    """Status for a sender who proves nothing."""

    def receiver(self) -> Receiver:
        raise NotImplementedError

    def signed(self, body: bytes, secret: str) -> Request:
        raise NotImplementedError

    def answers(self, request: Request) -> int:
        reply = self.receiver().check(request, self.inbound)
        assert (reply.refusal == "") == (reply.status == 200)
        assert SECRET.encode() not in reply.body
        return reply.status

    def test_takes_what_is_signed_with_either_secret(self) -> None:
        assert self.answers(self.signed(self.body, SECRET)) == 200
        assert self.answers(self.signed(self.body, PREVIOUS)) == 200

    def test_refuses_a_wrong_or_missing_secret(self) -> None:
        good = self.signed(self.body, SECRET)
        assert self.answers(self.signed(self.body, "a secret nobody gave us")) == self.unproven
        assert self.answers(without_header(good, self.proof)) == self.unproven
        assert self.answers(with_headers(good, **{self.proof: ""})) == self.unproven
        assert self.answers(with_headers(good, **{self.proof: "\u00e9\ud800"})) == self.unproven
        assert (
            self.answers(with_headers(good, **{self.proof: f"{good.headers[self.proof]}, {good.headers[self.proof]}"}))
            == self.unproven
        )

    @pytest.mark.parametrize("secrets", [(), ("",), ("", "")])
    def test_a_connection_without_secrets_takes_nothing(self, secrets: tuple[str, ...]) -> None:
        inbound = replace(self.inbound, secrets=secrets)
        for secret in (SECRET, ""):
            assert self.receiver().check(self.signed(self.body, secret), inbound).status == self.unproven

    def test_refuses_what_is_too_large(self) -> None:
        limit = self.receiver().max_bytes
        assert self.answers(self.signed(self.body.ljust(limit), SECRET)) == 200
        assert self.answers(self.signed(self.body.ljust(limit + 1), SECRET)) == 413

    def test_refuses_another_content_type(self) -> None:
        good = self.signed(self.body, SECRET)
        assert self.answers(with_headers(good, content_type="text/plain")) == 415
        assert self.answers(without_header(good, "content-type")) == 415
        assert (
            self.answers(
                with_headers(good, content_type=good.headers["content-type"].partition(";")[0].upper() + " ; charset=UTF-8")
            )
            == 200
        )

    def test_an_unknown_type_is_ignored_and_no_problem(self) -> None:
        opened = self.receiver().open(self.unknown, self.inbound)
        assert {event.kind for event in opened.events} == {"ignored"}
        assert opened.problems == ()

    @pytest.mark.parametrize("junk", [b"", b"\x00", b"\xff\xfe\x00", b"null", b"7", b'"text"', b"[", b"[" * 50_000, b"<a/>"])
    def test_junk_is_unreadable(self, junk: bytes) -> None:
        with pytest.raises(UnreadableDeliveryError):
            self.receiver().open(junk, replace(self.inbound, account=""))

    def test_a_body_cut_off_anywhere_is_unreadable(self) -> None:
        whole = self.body.rstrip()
        for length in range(0, len(whole), 7):
            with pytest.raises(UnreadableDeliveryError):
                self.receiver().open(whole[:length], self.inbound)

    def test_opening_twice_finds_the_same_events(self) -> None:
        assert self.receiver().open(self.body, self.inbound) == self.receiver().open(self.body, self.inbound)

    @INHERITED
    @given(body=st.binary(max_size=300), proof=HEADER_VALUES, stamp=HEADER_VALUES, kind=HEADER_VALUES)
    def test_check_answers_whatever_comes(self, body: bytes, proof: str, stamp: str, kind: str) -> None:
        headers = {self.proof: proof, "x-hubspot-request-timestamp": stamp, "x-leadline-timestamp": stamp}
        for content_type in (kind, self.signed(b"", SECRET).headers["content-type"]):
            request = replace(self.signed(body, SECRET), headers={**headers, "content-type": content_type})
            assert self.answers(request) in {400, 401, 403, 404, 415}

    @INHERITED
    @given(place=st.integers(min_value=0), byte=st.integers(0, 255))
    def test_open_survives_any_changed_byte(self, place: int, byte: int) -> None:
        body = bytearray(self.body)
        body[place % len(body)] = byte
        try:
            opened = self.receiver().open(bytes(body), self.inbound)
        except UnreadableDeliveryError:
            return
        for event in opened.events:
            assert event.identity.encode()
            assert event.object.isprintable()
            assert event.record_id.isalnum()
            assert event.occurred_at.tzinfo is UTC

    @INHERITED
    @given(body=st.binary(max_size=300))
    def test_open_survives_any_bytes(self, body: bytes) -> None:
        with pytest.raises(UnreadableDeliveryError):
            self.receiver().open(b"\x01" + body, self.inbound)
