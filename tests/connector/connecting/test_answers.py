from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import example, given
from hypothesis import strategies as st

from connector.connecting import answers
from connector.connecting.answers import AnswerError

CHECKS = [
    answers.connection_name,
    answers.environment,
    answers.token_like,
    answers.static_token,
    answers.user_name,
    answers.private_key_file,
    answers.private_key,
    answers.login_url,
    answers.service_url,
    answers.redirect_uri,
    lambda text: answers.reviewer(text, {"hana@acme.example"}),
]


@given(st.text(max_size=40))
@example("~0")
@example("\0")
@example("https://[")
@example("https://a:99999")
@pytest.mark.parametrize("check", CHECKS)
def test_any_text_is_taken_or_refused_in_a_sentence(check: Callable[[str], str], text: str) -> None:
    with suppress(AnswerError):
        check(text)


@pytest.mark.parametrize("name", ["Acme", "a/b", "acme salesforce", "", "x" * 41, "-a", "ä"])
def test_a_name_that_cannot_stand_in_an_address_is_refused(name: str) -> None:
    with pytest.raises(AnswerError, match="cannot be a connection's name"):
        answers.connection_name(name)


@pytest.mark.parametrize(
    ("given_text", "url"),
    [
        ("test", "https://test.salesforce.com"),
        ("acme.my", "https://acme.my.salesforce.com"),
        ("acme--uat.sandbox.my", "https://acme--uat.sandbox.my.salesforce.com"),
        ("ACME.my.salesforce.com", "https://acme.my.salesforce.com"),
        ("https://acme.my.salesforce.com/", "https://acme.my.salesforce.com"),
        ("http://127.0.0.1:8710", "http://127.0.0.1:8710"),
    ],
)
def test_login_hosts(given_text: str, url: str) -> None:
    assert answers.login_url(given_text) == url


@pytest.mark.parametrize("text", ["http://acme.my.salesforce.com", "http://10.0.0.7:8710"])
def test_secrets_go_unencrypted_to_this_machine_only(text: str) -> None:
    with pytest.raises(AnswerError, match="https"):
        answers.login_url(text)
    with pytest.raises(AnswerError, match="https"):
        answers.redirect_uri(f"{text}/callback")


def _pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, password: bytes = b"") -> bytes:
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, encryption)


RSA = rsa.generate_private_key(public_exponent=65_537, key_size=2048)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (_pem(RSA, b"secret"), "pass phrase"),
        (_pem(ec.generate_private_key(ec.SECP256R1())), "not an RSA key"),
        (b"-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n", "holds a certificate"),
        (_pem(RSA)[:400], "copy it again"),
        (b"\xff\xfe\x00", "no private key in PEM form"),
    ],
    ids=["locked", "elliptic", "certificate", "cut", "binary"],
)
def test_what_is_no_open_rsa_key_is_refused_with_the_remedy(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "server.key"
    path.write_bytes(content)
    with pytest.raises(AnswerError, match=sentence):
        answers.private_key_file(str(path))


def test_a_key_is_kept_in_one_form(tmp_path: Path) -> None:
    path = tmp_path / "server.key"
    path.write_bytes(_pem(RSA))
    assert answers.private_key_file(f" {path} ").startswith("-----BEGIN PRIVATE KEY-----")


def test_a_reviewer_who_is_not_there_is_met_with_those_who_are_alike() -> None:
    with pytest.raises(AnswerError, match=r"hanna@acme\.example is no active user.*hana@acme\.example"):
        answers.reviewer("Hanna@acme.example", {"hana@acme.example", "zoe@other.example"})
