"""The decision packet and what follows it, as bytes, hashes and lines of an export. Nothing here reads, writes or waits.

Every document has one canonical form (RFC 8785). Its SHA-256 is the *body hash*, the name by which later documents call a
packet. The documents of a connection form a chain: `link` of the previous link and the body hash. The personal part of a
packet is sealed with its record's key before any hash is taken, so the key can be destroyed and the chain still holds.
"""

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters.records import RecordRef
from connector.canonical import PacketError as PacketError  # noqa: PLC0414  both names belong to a packet's words
from connector.canonical import canonical as canonical  # noqa: PLC0414

NONCE_BYTES: Final = 12
"""96 bits, NIST SP 800-38D. Drawn at random: one key seals the few packets of one record."""


# ── the sealed part ───────────────────────────────────────────────────────────────────────────────────────────────────


def seal(facts: Mapping[str, Any], key: bytes, packet_id: str, entropy: Callable[[int], bytes] = os.urandom) -> str:
    """`facts`, canonical, under AES-256-GCM with the record's 32-byte key; opens only as part of `packet_id`.

    Returns:
        Base64 of nonce (12 bytes), ciphertext and tag (16 bytes).

    Raises:
        PacketError: `facts` have no canonical form.
    """
    nonce = entropy(NONCE_BYTES)
    return b64encode(nonce + AESGCM(key).encrypt(nonce, canonical(facts), packet_id.encode())).decode("ascii")


def open_sealed(sealed: str, key: bytes, packet_id: str) -> dict[str, Any]:
    """
    Raises:
        PacketError: sealed with another key or for another packet, or altered since.
    """
    try:
        token = b64decode(sealed, validate=True)
        facts = AESGCM(key).decrypt(token[:NONCE_BYTES], token[NONCE_BYTES:], packet_id.encode())
    except (InvalidTag, ValueError):
        raise PacketError(
            f"The sealed part of {packet_id} does not open: it was sealed with another key or for another document, "
            "or altered since; `leadline packet verify` tells which."
        ) from None
    opened: dict[str, Any] = json.loads(facts)
    return opened


# ── the documents ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Versions:
    """What decided, so that it can decide the same again."""

    policy: str
    profile: str
    code: str


@dataclass(frozen=True, slots=True)
class Packet:
    """One decision about one record."""

    id: str
    record: RecordRef
    decided_at: str
    """RFC 3339 in UTC, whole seconds, as all moments here."""
    sealed: str
    """The facts, as `seal` gave them."""
    decision: Mapping[str, Any]
    versions: Versions
    trace: str = ""
    """Of the delivery that brought it about: the same in log lines and receipts. Empty where nobody told us, as after a sweep."""

    def document(self) -> dict[str, Any]:
        versions = {"policy": self.versions.policy, "profile": self.versions.profile, "code": self.versions.code}
        return _about(self.record) | {
            "kind": "packet",
            "id": self.id,
            "decided_at": self.decided_at,
            "sealed": self.sealed,
            "decision": dict(self.decision),
            "versions": versions,
            **({"trace": self.trace} if self.trace else {}),
        }


@dataclass(frozen=True, slots=True)
class Named:
    """A packet, as later documents call it."""

    hash: str
    """Its body hash, 64 hexadecimal digits."""
    connection: str
    """The connection in whose chain it, or a reference to it, stands. From another chain than its own a document says where to
    look; there it is not checked."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One decision about two records: its packet stands in the chain of the connection that woke it, this in the other's."""

    packet: Named
    record: RecordRef
    at: str

    def document(self) -> dict[str, Any]:
        return _about(self.record) | _of(self.packet) | {"kind": "reference", "at": self.at}


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one attempt to write a decision to the CRM did."""

    packet: Named
    record: RecordRef
    at: str
    attempt: int
    """From 1."""
    calls: int
    """CRM calls that carried this record, batches counted whole."""
    outcome: str
    """As `adapters.records.Outcome.state`."""
    sealed: str
    """`{"before": {…}, "after": {…}}`: our output fields, sealed with `seal(…, packet_id=receipt_identity(…))`."""
    owner_before: str | None = None
    owner_after: str | None = None
    """Vendor ids; they stay open, since undo must work for a person who was forgotten."""
    task_ids: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    """The CRM's names of the fields that were written, and `owner`; what was written into them is sealed."""
    trace: str = ""
    """As the packet's."""

    def document(self) -> dict[str, Any]:
        return _about(self.record) | _of(self.packet) | {
            "kind": "receipt",
            "at": self.at,
            "attempt": self.attempt,
            "calls": self.calls,
            "outcome": self.outcome,
            "sealed": self.sealed,
            "owner": {"before": self.owner_before, "after": self.owner_after},
            "task_ids": list(self.task_ids),
            "fields": list(self.fields),
            **({"trace": self.trace} if self.trace else {}),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """What happened to a decision afterwards: its clock moved on, a person reviewed it, it was undone."""

    kind: Literal["clock", "review", "undo"]
    packet: Named
    record: RecordRef
    at: str
    by: str
    """Account id of who did it, or `clock`."""
    what: Mapping[str, Any]
    """States, codes and vendor ids. Not sealed: no personal value belongs here."""

    def document(self) -> dict[str, Any]:
        what = {"kind": self.kind, "at": self.at, "by": self.by, "what": dict(self.what)}
        return _about(self.record) | _of(self.packet) | what


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A person's record keys were destroyed."""

    connection: str
    keys: tuple[str, ...]
    """`fingerprint` of each destroyed key."""
    at: str
    by: str

    def document(self) -> dict[str, Any]:
        return {"kind": "forget", "connection": self.connection, "keys": list(self.keys), "at": self.at, "by": self.by}


Document = Packet | Reference | Receipt | Step | Forgotten


def body_of(document: Document) -> bytes:
    """The document's canonical JSON: what is hashed, stored and exported.

    Raises:
        PacketError: the decision, or what a step says, has no canonical form.
    """
    return canonical(document.document())


def receipt_identity(packet_id: str, record: RecordRef, attempt: int) -> str:
    """What a receipt's sealed part is bound to, so that it opens in no other receipt."""
    return f"receipt {attempt} of {packet_id} for {record.connection} {record.object} {record.id}"


def fingerprint(record_key: bytes) -> str:
    """Tells whether two keys are the same, and nothing else: 64 hexadecimal digits."""
    return sha256(b"leadline record key\n" + record_key).hexdigest()


def _about(record: RecordRef) -> dict[str, Any]:
    return {"connection": record.connection, "record": {"object": record.object, "id": record.id}}


def _of(packet: Named) -> dict[str, Any]:
    return {"packet": packet.hash, "chain": packet.connection}


# ── the chain ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def genesis(connection: str) -> bytes:
    """What the first document of a chain is linked to: 32 bytes that name the connection, so that the chain of one
    connection, or its beginning, cannot be shown as another's."""
    return sha256(b"leadline genesis\n" + bytes(32) + connection.encode()).digest()


def link(previous: bytes, body_hash: bytes) -> bytes:
    """The next 32 bytes of the chain. The prefix keeps a link from ever being the hash of a document."""
    return sha256(b"leadline link\n" + previous + body_hash).digest()


def body_hash(body: bytes) -> bytes:
    """32 bytes; plain SHA-256, so that any tool can check it."""
    return sha256(body).digest()


def export_line(seq: int, previous: bytes, body: bytes) -> bytes:
    """One line of an export, itself canonical: `seq` from 1, `previous` and `hash` links in hexadecimal, `body` as text."""
    this = link(previous, body_hash(body))
    return canonical({"seq": seq, "previous": previous.hex(), "hash": this.hex(), "body": body.decode()}) + b"\n"
