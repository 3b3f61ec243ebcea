"""The answers that connecting needs, each checked as soon as it is given."""

import difflib
import os
import re
from collections.abc import Collection, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Final, Literal
from urllib.parse import SplitResult, urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

Environment = Literal["production", "sandbox"]

ENVIRONMENTS: Final[tuple[Environment, ...]] = ("production", "sandbox")

LOGIN_URLS: Final[Mapping[str, str]] = {
    "production": "https://login.salesforce.com",
    "sandbox": "https://test.salesforce.com",
}


class AnswerError(ValueError):
    """An answer that cannot be right; the sentence says what it should look like."""


def connection_name(text: str) -> str:
    """It stands in the webhooks' addresses."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", text):
        raise AnswerError(
            f"{text!r} cannot be a connection's name: up to 40 small letters, digits and hyphens, such as acme-salesforce."
        )
    return text


def environment(text: str) -> Environment:
    for known in ENVIRONMENTS:
        if text.strip().lower() == known:
            return known
    raise AnswerError(f"{text!r} is neither production nor sandbox.")


def token_like(text: str) -> str:
    """A key, secret or token as a vendor shows it: one word."""
    word = text.strip()
    if not re.fullmatch(r"[!-~]{8,2048}", word):
        raise AnswerError("That is not a whole key: it has no blanks, and at least 8 characters. Copy it again.")
    return word


def optional_secret(text: str) -> str:
    return token_like(text) if text.strip() else ""


def static_token(text: str) -> str:
    """A service key or a private app's token."""
    word = token_like(text)
    if not word.startswith("pat-"):
        raise AnswerError(
            "A service key and a private app's token begin with pat-; this may be a developer's or a personal access key, which "
            "cannot read contacts."
        )
    return word


def user_name(text: str) -> str:
    """Salesforce user names have the form of an address, and are unique over all orgs."""
    name = text.strip()
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", name):
        raise AnswerError(f"{name!r} is no Salesforce user name, which looks like leadline@acme.com.")
    return name


def private_key_file(text: str) -> str:
    """Reads the file; returns the key as PEM."""
    path = Path(os.path.expanduser(text.strip()))  # Path's own raises where there is no such home
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise AnswerError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError:
        raise AnswerError("That is no file's name.") from None
    return private_key(raw.decode("utf-8", "replace"), str(path))


def private_key(text: str, where: str = "The private key") -> str:
    """
    Raises:
        AnswerError: no RSA key in PEM, or one under a pass phrase.
    """
    if "PRIVATE KEY-----" not in text:
        what = "a certificate" if "CERTIFICATE-----" in text else "no private key in PEM form"
        raise AnswerError(f"{where} holds {what}; give the private key, whose certificate the app has.")
    try:
        key = load_pem_private_key(text.encode(), password=None)
    except TypeError:
        raise AnswerError(f"{where} is under a pass phrase; take it off: openssl pkey -in FILE -out FILE.open") from None
    except (ValueError, UnsupportedAlgorithm):
        raise AnswerError(f"{where} cannot be read as a private key; copy it again, whole.") from None
    if not isinstance(key, RSAPrivateKey):
        raise AnswerError(f"{where} is not an RSA key; Salesforce checks RS256 signatures only.")
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def login_url(text: str) -> str:
    """`login`, `test`, a My Domain such as `acme.my` or `acme--uat.sandbox.my`, or a whole URL."""
    given = text.strip().rstrip("/")
    if re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*", given, re.IGNORECASE):
        given = f"https://{given.lower()}" if given.lower().endswith(".com") else f"https://{given.lower()}.salesforce.com"
    return service_url(given)


def service_url(text: str) -> str:
    """Scheme and host. Plain http only to this machine: everything that goes there is a secret."""
    url = text.strip().rstrip("/")
    parts = _parts(url)
    more = parts.username or parts.path or parts.query or parts.fragment
    if parts.scheme not in {"http", "https"} or not parts.hostname or more:
        raise AnswerError(f"{url!r} is no address like https://acme.my.salesforce.com.")
    if parts.scheme == "http" and not _loopback(parts.hostname):
        raise AnswerError(f"{url} is not encrypted; secrets go over https only.")
    return url


def redirect_uri(text: str) -> str:
    """As registered with the app, character by character."""
    parts = _parts(text.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.fragment:
        raise AnswerError(f"{text!r} is no redirect URL like http://localhost:8720/callback.")
    if parts.scheme == "http" and not _loopback(parts.hostname):
        raise AnswerError(f"{text} is neither https nor on this machine; neither CRM sends a code there.")
    return text.strip()


def reviewer(text: str, people: Collection[str]) -> str:
    """The e-mail of somebody who can own records there. `people` are those who can, in lower case."""
    email = text.strip().lower()
    if email in people:
        return email
    near = difflib.get_close_matches(email, people, n=3, cutoff=0.5) or sorted(people)[:3]
    hint = f" Can own: {', '.join(near)}{', …' if len(people) > len(near) else ''}." if near else ""
    raise AnswerError(f"{email or 'Nobody'} is no active user of this CRM, under that e-mail address.{hint}")


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise AnswerError(f"{url!r} is no address.") from None
    return parts


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
