"""Secrets at rest, the keys of single records, and raw deliveries.

Three kinds of things are kept under LEADLINE_SECRET_KEYS: texts such as tokens (Fernet), the 32-byte key of each CRM record under
which a packet's facts are sealed, and the bodies of deliveries. The last two are sealed in AES-GCM, since thousands a second are
needed.
"""

import hmac
import os
import re
import zlib
from base64 import urlsafe_b64decode
from collections.abc import Callable, Sequence
from typing import Final, NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from isal import isal_zlib

from adapters.records import RecordRef

MASK: Final = "[masked]"
RECORD_KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
"""96 bits, the length NIST SP 800-38D recommends. Random ones allow 2^32 wraps under one secret."""
KEY_ID_BYTES: Final = 8
BODY_MARK: Final = b"LLb1"
"""Begins a sealed body; no JSON and no XML does. What was stored before bodies were sealed has none."""
WRAPPED_BYTES: Final = KEY_ID_BYTES + NONCE_BYTES + RECORD_KEY_BYTES + 16
"""Key id, nonce, sealed key, 16 bytes of tag."""


class VaultError(ValueError):
    """A secret cannot be kept or opened; the sentence says what to do."""


class Secret:
    """A text that shows itself only when asked. Not a `str`, so that no join, format or JSON encoder lets it out."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        """Takes the same time wherever the two differ."""
        return isinstance(other, Secret) and hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> NoReturn:
        raise TypeError("A Secret is not pickled: it would leave the process in the clear.")


def new_key() -> str:
    """A fresh key for LEADLINE_SECRET_KEYS: 32 random bytes as 44 characters of URL-safe base64."""
    return Fernet.generate_key().decode()


def key_id(key: str) -> str:
    """What a key is called where it must not be shown: 8 bytes derived from it, in hexadecimal."""
    return _derived(key, b"key id", KEY_ID_BYTES).hex()


def new_record_key(entropy: Callable[[int], bytes] = os.urandom) -> bytes:
    """A fresh 32-byte key for one CRM record."""
    return entropy(RECORD_KEY_BYTES)


class _Ring:
    """Keys made ready for use, newest first."""

    __slots__ = ("bodies", "given", "newest", "texts", "together", "wrappers")

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise VaultError("LEADLINE_SECRET_KEYS is empty: give it at least one key, the newest first, separated by commas.")
        self.given = tuple(keys)
        fernets = [_fernet(key, place) for place, key in enumerate(keys, start=1)]
        ids = [_derived(key, b"key id", KEY_ID_BYTES) for key in keys]
        self.newest = ids[0]
        self.texts = dict(zip(ids, fernets, strict=True))
        self.together = MultiFernet(fernets)
        self.wrappers = {id_: AESGCM(_derived(key, b"record keys", 32)) for id_, key in zip(ids, keys, strict=True)}
        self.bodies = {id_: AESGCM(_derived(key, b"deliveries", 32)) for id_, key in zip(ids, keys, strict=True)}


class Vault:
    """Seals under the first of `keys`, opens under any of them.

    Args:
        keys: Fernet keys, newest first.
        entropy: gives n random bytes.
        reread: the keys as they stand now, asked when none opens something: a process that runs on learns of a new key.

    Raises:
        VaultError: no key, or something that is not a key.
    """

    def __init__(
        self,
        keys: Sequence[str],
        entropy: Callable[[int], bytes] = os.urandom,
        reread: Callable[[], Sequence[str]] | None = None,
    ) -> None:
        self._ring = _Ring(keys)
        self._entropy = entropy
        self._reread = reread

    @property
    def key_ids(self) -> tuple[str, ...]:
        """What each key is called where it must not be shown; newest first."""
        return tuple(id_.hex() for id_ in self._ring.texts)

    def key_of(self, token: bytes) -> str | None:
        """The id of the key under which a text was sealed; None if that is not listed."""
        for id_, fernet in self._ring.texts.items():
            try:
                fernet.decrypt(token)
            except InvalidToken:
                continue
            return id_.hex()
        return None

    def seal(self, text: str) -> bytes:
        return self._ring.together.encrypt(text.encode())

    def _learned(self) -> bool:
        """Whether there are keys that were not there before; they are taken."""
        keys = tuple(self._reread()) if self._reread else self._ring.given
        if not keys or keys == self._ring.given:
            return False
        self._ring = _Ring(keys)
        return True

    def open(self, token: bytes | str) -> str:
        """
        Raises:
            VaultError: sealed under a key that is not listed, or altered since.
        """
        try:
            return self._ring.together.decrypt(token).decode()
        except InvalidToken:
            pass
        if self._learned():
            return self.open(token)
        raise VaultError(_NO_KEY_OPENS.format("secret"))

    def rotate(self, token: bytes | str) -> bytes:
        """The same text, sealed anew under the newest key.

        Raises:
            VaultError: as `open`.
        """
        try:
            return self._ring.together.rotate(token)
        except InvalidToken:
            raise VaultError(_NO_KEY_OPENS.format("secret")) from None

    def wrap(self, record_key: bytes, record: RecordRef) -> bytes:
        """The record's key, fit to be stored: 68 bytes that open only for this record.

        Raises:
            VaultError: `record_key` is not 32 bytes long.
        """
        if len(record_key) != RECORD_KEY_BYTES:
            raise VaultError(f"A record key has {RECORD_KEY_BYTES} bytes, this one has {len(record_key)}.")
        ring, nonce = self._ring, self._entropy(NONCE_BYTES)
        return ring.newest + nonce + ring.wrappers[ring.newest].encrypt(nonce, record_key, _identity(record))

    def unwrap(self, wrapped: bytes, record: RecordRef) -> bytes:
        """
        Raises:
            VaultError: wrapped under a key that is not listed, wrapped for another record, or altered since.
        """
        wrapper = self._ring.wrappers.get(wrapped[:KEY_ID_BYTES])
        if wrapper is None and self._learned():
            return self.unwrap(wrapped, record)
        if wrapper is None:
            raise VaultError(_NO_KEY_OPENS.format("record key"))
        if len(wrapped) != WRAPPED_BYTES:
            raise VaultError(
                f"A wrapped record key has {WRAPPED_BYTES} bytes, this one has {len(wrapped)}: restore it from a backup."
            )
        nonce = wrapped[KEY_ID_BYTES : KEY_ID_BYTES + NONCE_BYTES]
        try:
            return wrapper.decrypt(nonce, wrapped[KEY_ID_BYTES + NONCE_BYTES :], _identity(record))
        except InvalidTag:
            raise VaultError(
                "This record key was wrapped for another record, or altered since: restore it from a backup "
                "(its key is in LEADLINE_SECRET_KEYS, so that is not the reason)."
            ) from None

    def rewrap(self, wrapped: bytes, record: RecordRef) -> bytes:
        """The same record key under the newest secret; `wrapped` itself if it is there already.

        Raises:
            VaultError: as `unwrap`.
        """
        record_key = self.unwrap(wrapped, record)
        return wrapped if wrapped.startswith(self._ring.newest) else self.wrap(record_key, record)

    def seal_body(self, body: bytes, connection: str) -> bytes:
        """A delivery's body, compressed and sealed: it opens only as a delivery of this connection.

        Compressed first, since what is sealed can no longer be; the database has a tenth of it to write, and not to compress.
        Plain zlib bytes, which ISA-L makes several times as fast as zlib itself.
        """
        ring, nonce = self._ring, self._entropy(NONCE_BYTES)
        sealed = ring.bodies[ring.newest].encrypt(nonce, isal_zlib.compress(body, 1), connection.encode())
        return BODY_MARK + ring.newest + nonce + sealed

    def open_body(self, kept: bytes, connection: str) -> bytes:
        """The body that was sealed; one that never was is given back as it is.

        Raises:
            VaultError: sealed under a key that is not listed, for another connection, or altered since.
        """
        if not kept.startswith(BODY_MARK):
            return kept
        start = len(BODY_MARK) + KEY_ID_BYTES
        opener = self._ring.bodies.get(kept[len(BODY_MARK) : start])
        if opener is None and self._learned():
            return self.open_body(kept, connection)
        if opener is None:
            raise VaultError(_NO_KEY_OPENS.format("delivery"))
        nonce, sealed = kept[start : start + NONCE_BYTES], kept[start + NONCE_BYTES :]
        try:
            return zlib.decompress(opener.decrypt(nonce, sealed, connection.encode()))
        except InvalidTag:
            sentence = "This delivery was sealed for another connection, or altered since: restore it from a backup."
            raise VaultError(sentence) from None

    def reseal_body(self, kept: bytes, connection: str) -> bytes:
        """The same body under the newest secret; `kept` itself if it is there already.

        Raises:
            VaultError: as `open_body`.
        """
        body = self.open_body(kept, connection)
        return kept if kept.startswith(BODY_MARK + self._ring.newest) else self.seal_body(body, connection)


_NO_KEY_OPENS = (
    "No key in LEADLINE_SECRET_KEYS opens this {}: put the key it was sealed under back at the end of the list, "
    "or, if that key is lost, store it anew."
)


_KEY_LENGTH = 44


def _fernet(key: str, place: int) -> Fernet:
    try:
        # Fernet reads two keys without a comma between them as the first alone.
        return Fernet(key if len(key) == _KEY_LENGTH else "")
    except ValueError:
        raise VaultError(
            f"Key {place} of LEADLINE_SECRET_KEYS is not a key: "
            f"each has {_KEY_LENGTH} characters of URL-safe base64, as Fernet makes them."
        ) from None


def _derived(key: str, purpose: bytes, length: int) -> bytes:
    """RFC 5869. No salt: the input is 32 random bytes already; `info` keeps the purposes apart."""
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=b"leadline " + purpose).derive(urlsafe_b64decode(key))


def _identity(record: RecordRef) -> bytes:
    """NUL stands in no name or id, so no two records share an identity."""
    return "\0".join((record.connection, record.object, record.id)).encode()


_OPEN_ENDS = frozenset({"", "outbound-message", "event", "workflow-action"})
_LONGEST_OPEN_SEGMENT = 31
"""Our path secrets are 32 random bytes, so 43 characters and more; nothing open in our paths is as long."""


def masked(text: str) -> str:
    """A URL or path fit for a log line: without path secrets, addresses, query, fragment, user name and password."""
    # A password may hold `/`, `?` and `#` unescaped, so it goes first, up to the last `@` there is.
    without_user = re.sub(r"(?s)(?<=://).*@", f"{MASK}@", text)
    path, *rest = re.split(r"[?#]", without_user, maxsplit=1)
    origin = re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^/]*", path)
    start = origin.end() if origin else 0
    return path[:start] + "/".join(_open_segments(path[start:].split("/"))) + (f"?{MASK}" if rest else "")


def _open_segments(segments: Sequence[str]) -> list[str]:
    """After `webhooks/<vendor>/<connection>` only the known ends are shown: what else stands there may be a secret."""
    shown, since_webhooks = [], -1
    for segment in segments:
        if since_webhooks >= 0 and segment:
            since_webhooks += 1
        elif segment.lower() == "webhooks":
            since_webhooks = 0
        hidden = since_webhooks > 2 and segment not in _OPEN_ENDS
        shown.append(MASK if hidden or _looks_private(segment) else segment)
    return shown


def _looks_private(segment: str) -> bool:
    return len(segment) > _LONGEST_OPEN_SEGMENT or "@" in segment or "%40" in segment
