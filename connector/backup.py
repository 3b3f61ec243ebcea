"""Backups: the whole store in one file, of one moment, and back again.

A file is a ZIP archive: `manifest.json`, `database.dump` (pg_dump's custom format) and, if the operator chose so, `keys.json`
with the secret keys, sealed under a passphrase. An archive has its directory at its end, so that half a file is none; it gets its
name only when it is whole, on disk, and was read again.
"""

import json
import os
import zipfile
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate

from connector.editions import edition
from connector.exports import chain_lines
from connector.keyring import key_uses
from connector.moments import moment_text
from connector.store.dumping import (
    ASIDE,
    DumpError,
    Snapshot,
    dump,
    has_tables,
    load,
    others_connected,
    put_aside,
    put_back,
    rows_of,
    snapshot,
)
from connector.store.engine import Engine, transact
from connector.store.migrate import knows, migrate
from connector.store.restored import put_restored
from connector.vault import Vault
from connector.verifier import verify

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
DUMP: Final = "database.dump"
KEYS: Final = "keys.json"

_SCRYPT: Final = {"length": 32, "n": 2**15, "r": 8, "p": 1}
"""OWASP's second choice: 32 MB and a tenth of a second for each guess."""


class BackupError(ValueError):
    """A backup cannot be made, read or put back; the sentence says why and what to do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself."""

    format: int
    at: datetime
    edition: str
    revision: str
    """Of the schema."""
    heads: Mapping[str, tuple[int, str]]
    """Connection to the number and the hash of its chain's last document."""
    rows: Mapping[str, int]
    key_ids: tuple[str, ...]
    """The keys without which nothing sealed in it opens."""
    keys: str
    """none, or sealed: whether those keys are in it."""


class _ManifestSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    format = fields.Integer(required=True, validate=validate.Equal(FORMAT))
    at = fields.AwareDateTime(required=True)
    edition = fields.String(required=True)
    revision = fields.String(required=True)
    heads = fields.Dict(keys=fields.String(), values=fields.Tuple((fields.Integer(), fields.String())), required=True)
    rows = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    key_ids = fields.List(fields.String(), required=True)
    keys = fields.String(required=True, validate=validate.OneOf(["none", "sealed"]))

    @post_load
    def _build(self, data: dict[str, Any], **_: Any) -> Manifest:
        return Manifest(**{**data, "key_ids": tuple(data["key_ids"])})


# --- making one


def make(engine: Engine, vault: Vault, path: Path, *, secret_keys: Sequence[str] = (), passphrase: str = "") -> Manifest:
    """Writes a backup; nobody's work is held up.

    Args:
        secret_keys: kept in it, sealed under `passphrase`; none where the operator keeps them apart.

    Raises:
        BackupError: there is such a file already, or it could not be written.
    """
    if path.exists():
        raise BackupError(f"{path} is there already; a backup never takes the place of another file.")
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with snapshot(engine) as moment:
            manifest = _manifest(engine, vault, moment, "sealed" if secret_keys else "none")
            _write(engine, moment, manifest, part, secret_keys, passphrase)
        _check_whole(part)
        path.hardlink_to(part)  # unlike a rename, it never replaces anything
    except FileExistsError:
        raise BackupError(f"{path} was made by somebody else meanwhile; nothing was written over.") from None
    except (OSError, DumpError) as error:
        said = error.strerror if isinstance(error, OSError) else str(error)
        raise BackupError(f"{path} could not be written: {said}") from error
    finally:
        part.unlink(missing_ok=True)
    _to_disk(path.parent)
    return manifest


def _manifest(engine: Engine, vault: Vault, moment: Snapshot, keys: str) -> Manifest:
    ids = tuple(use.id for use in key_uses(engine, vault) if use.used)
    return Manifest(FORMAT, moment.at, edition(), moment.revision, moment.heads, moment.rows, ids, keys)


def _write(engine: Engine, moment: Snapshot, manifest: Manifest, part: Path, secret_keys: Sequence[str], passphrase: str) -> None:
    with open(part, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr(MANIFEST, json.dumps({**asdict(manifest), "at": manifest.at.isoformat()}, indent=1))
            if secret_keys:
                archive.writestr(KEYS, json.dumps(_sealed_keys(secret_keys, passphrase)))
            with archive.open(DUMP, "w", force_zip64=True) as target:
                dump(engine, moment, target, part.with_suffix(".log"))
        file.flush()
        os.fsync(file.fileno())


def _to_disk(folder: Path) -> None:
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_DIRECTORY)
        os.fsync(handle)
        os.close(handle)


def _sealed_keys(secret_keys: Sequence[str], passphrase: str) -> Mapping[str, str]:
    salt = os.urandom(16)
    return {"salt": b64encode(salt).decode(), "sealed": _lock(passphrase, salt).encrypt("\n".join(secret_keys).encode()).decode()}


def _lock(passphrase: str, salt: bytes) -> Fernet:
    return Fernet(urlsafe_b64encode(Scrypt(salt=salt, **_SCRYPT).derive(passphrase.encode())))


# --- reading one


@contextmanager
def opened(path: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """A backup that is whole, and what it says of itself.

    Raises:
        BackupError: it is not whole, not a backup, or of a later version.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            manifest: Manifest = _ManifestSchema().load(json.loads(archive.read(MANIFEST)))
            if not knows(manifest.revision):
                raise BackupError(f"{path} is of a later version (schema {manifest.revision}); restore it with that one.")
            yield archive, manifest
    except (zipfile.BadZipFile, EOFError, KeyError, json.JSONDecodeError, ValidationError) as error:
        raise BackupError(f"{path} is no whole backup of Leadline: cut off, altered, or something else.") from error
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror}.") from error


def _check_whole(path: Path) -> None:
    """Reads it again from end to end."""
    with opened(path) as (archive, _):
        if damaged := archive.testzip():
            raise BackupError(f"{path} is damaged: {damaged} is not as it was written.")


def keys_in(path: Path, passphrase: str) -> tuple[str, ...]:
    """The secret keys that are kept in a backup, newest first.

    Raises:
        BackupError: there are none in it, or the passphrase is another one.
    """
    with opened(path) as (archive, manifest):
        if manifest.keys == "none":
            raise BackupError(f"There are no keys in {path}: they were kept apart. It needs {_listed(manifest.key_ids)}.")
        document = json.loads(archive.read(KEYS))
    try:
        opened_ = _lock(passphrase, b64decode(document["salt"])).decrypt(document["sealed"])
    except InvalidToken:
        raise BackupError("This passphrase does not open the keys of the backup.") from None
    return tuple(opened_.decode().split())


# --- putting it back


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found in a store that was put back."""

    documents: int
    packets: int
    faults: tuple[str, ...]
    keys_missing: tuple[str, ...]
    """Keys that are not at hand, and without which something in it stays sealed."""


def put_in(engine: Engine, path: Path, words: Path) -> Manifest:
    """Fills a database without tables, and brings it to this version's schema.

    Raises:
        BackupError: it could not be done; the database is as it was.
    """
    _check_whole(path)
    with opened(path) as (archive, manifest), archive.open(DUMP) as source:
        try:
            load(engine, source, words)
        except DumpError as error:
            raise BackupError(f"{path} could not be put in: {error}") from error
    migrate(engine)
    return manifest


def verified(engine: Engine, vault: Vault, manifest: Manifest) -> Verified:
    """Every chain is walked to the head that the manifest names, every table counted."""
    faults: list[str] = []
    documents = packets = 0
    for name, (seq, head) in sorted(manifest.heads.items()):
        report = verify(chain_lines(engine, name), head if seq else None)
        documents, packets = documents + report.entries, packets + report.packets
        faults += [f"{name}: {finding}" for finding in report.findings]
    present = rows_of(engine)
    faults += [
        f"table {table} has {present.get(table, 0)} rows, {rows} were backed up"
        for table, rows in sorted(manifest.rows.items())
        if present.get(table) != rows
    ]
    missing = tuple(use.id for use in key_uses(engine, vault) if use.used and not use.listed)
    return Verified(documents, packets, tuple(faults), missing)


@dataclass(frozen=True, slots=True)
class Back:
    """A store that was put back."""

    manifest: Manifest
    found: Verified
    aside: str
    """The schema in which what was there before is kept; empty where there was nothing."""
    writes: int
    """What was not in the CRM at the backup's moment: it is read again before it is written."""
    tasks: int
    """Tasks that are looked for before they are made."""


def put_back_from(engine: Engine, vault: Vault, path: Path, words: Path) -> Back:
    """Puts a backup in the place of what is there, which is kept beside it.

    Raises:
        BackupError: other processes are connected, or the backup does not verify; everything is as it was.
    """
    if others := others_connected(engine):
        raise BackupError(f"This database is in use ({others} open): stop every web, worker and clock process first.")
    with opened(path) as (_, manifest):
        aside = f"{ASIDE}{moment_text(datetime.now(tz=manifest.at.tzinfo)).replace(':', '').replace('-', '').lower()}"
    there = has_tables(engine)
    if there:
        put_aside(engine, aside)
    try:
        manifest, found = _put_in_whole(engine, vault, path, words)
        counts = transact(engine, lambda session: put_restored(session, manifest.at))
    except BaseException:
        if there:
            put_back(engine, aside)
        raise
    return Back(manifest, found, aside if there else "", counts["writes"], counts["tasks"])


def _put_in_whole(engine: Engine, vault: Vault, path: Path, words: Path) -> tuple[Manifest, Verified]:
    manifest = put_in(engine, path, words)
    found = verified(engine, vault, manifest)
    if found.faults:
        raise BackupError(f"The backup does not verify: {found.faults[0]}. Everything is as it was before.")
    return manifest, found


def _listed(ids: Sequence[str]) -> str:
    return f"the key{'s' if len(ids) > 1 else ''} {', '.join(ids)}" if ids else "no key"
