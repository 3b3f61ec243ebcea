"""A connection's chain as files that stand by themselves: `chain.jsonl`, `keys.jsonl` and `articles/` in one folder.

The chain alone can be verified anywhere. With the keys (wrapped as they are stored, so of use only to who has
LEADLINE_SECRET_KEYS) and the policies and profiles that it names, it can be replayed anywhere, without a database.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from adapters.records import RecordRef
from connector.packet import export_line
from connector.store.articles import article_text
from connector.store.chain import chain_of
from connector.store.engine import Engine
from connector.store.keys import SealedPacket, wrapped_keys

CHAIN: Final = "chain.jsonl"
KEYS: Final = "keys.jsonl"
ARTICLES: Final = "articles"


class ExportError(ValueError):
    """A folder is no export, or cannot be written as one; the sentence says what is wrong where."""


def chain_lines(engine: Engine, name: str) -> Iterator[bytes]:
    """A connection's chain, line by line, as `connector/verifier.py` reads it."""
    return (export_line(one.seq, one.previous, one.body) for one in chain_of(engine, name))


def export_folder(engine: Engine, name: str, folder: Path) -> int:
    """Writes the whole folder; returns how many documents the chain has. Keys come last, so that none is missing.

    Raises:
        ExportError: the folder has something in it.
    """
    if folder.exists() and any(folder.iterdir()):
        raise ExportError(f"{folder} is not empty; name a new folder for the export.")
    (folder / ARTICLES).mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    versions: set[tuple[str, str]] = set()
    count = 0
    with (folder / CHAIN).open("wb") as file:
        for one in chain_of(engine, name):
            file.write(export_line(one.seq, one.previous, one.body))
            versions |= _versions(one.body) if one.kind == "packet" else set()
            count += 1
    for kind, version in sorted(versions):
        text = article_text(engine, kind, version)
        if text is not None:
            _article(folder, kind, version).write_text(text, encoding="utf-8", newline="")
    _write_keys(engine, name, folder / KEYS)
    return count


def _versions(body: bytes) -> set[tuple[str, str]]:
    versions = json.loads(body)["versions"]
    return {("policy", versions["policy"]), ("profile", versions["profile"])}


def _article(folder: Path, kind: str, version: str) -> Path:
    return folder / ARTICLES / f"{kind}-{version}.yaml"


def _write_keys(engine: Engine, name: str, path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        for object_, record_id, wrapped in wrapped_keys(engine, name):
            line = {"connection": name, "object": object_, "id": record_id, "wrapped": b64encode(wrapped).decode()}
            file.write(json.dumps(line) + "\n")


# --- reading it back


@dataclass(frozen=True, slots=True)
class ExportFolder:
    """An export as it lies on disk."""

    path: Path

    def chain(self) -> IO[bytes]:
        """
        Raises:
            ExportError: it has none.
        """
        return self._open(CHAIN)

    def article(self, kind: str, version: str) -> str | None:
        path = _article(self.path, kind, version)
        return path.read_bytes().decode() if path.is_file() else None

    def packets(self) -> Iterator[SealedPacket]:
        """Every packet of the chain with its key, in order.

        Raises:
            ExportError: a line is not as it was written.
        """
        keys = self._keys()
        for number, line in self._lines(CHAIN):
            try:
                document = json.loads(line["body"])
                if document["kind"] == "packet":
                    yield SealedPacket(
                        line["seq"], line["body"].encode(), keys.get(_ref(document["connection"], document["record"]))
                    )
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise _wrong(self.path / CHAIN, number) from error

    def _keys(self) -> Mapping[RecordRef, bytes]:
        keys = {}
        for number, line in self._lines(KEYS):
            try:
                keys[_ref(line["connection"], line)] = b64decode(line["wrapped"], validate=True)
            except (KeyError, TypeError, ValueError) as error:
                raise _wrong(self.path / KEYS, number) from error
        return keys

    def _lines(self, name: str) -> Iterator[tuple[int, Any]]:
        with self._open(name) as file:
            for number, line in enumerate(file, start=1):
                try:
                    yield number, json.loads(line)
                except ValueError as error:
                    raise _wrong(self.path / name, number) from error

    def _open(self, name: str) -> IO[bytes]:
        path = self.path / name
        if not path.is_file():
            raise ExportError(f"{self.path} has no {name}; name a folder written by `leadline packet export NAME --folder`.")
        return path.open("rb")


def _ref(connection: str, record: Mapping[str, Any]) -> RecordRef:
    return RecordRef(connection, record["object"], record["id"])


def _wrong(path: Path, number: int) -> ExportError:
    return ExportError(f"{path}, line {number}: this is not as an export writes it; `leadline packet verify` tells more.")
