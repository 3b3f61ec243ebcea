"""Checks an exported chain of decisions. Needs Python 3.10 and nothing else: copy this one file to any machine.

    python verifier.py FILE [--head HASH]

Exit 0: untouched. 1: not untouched, every finding named by its line. 2: the file cannot be read, or the command is wrong.

The file is JSON Lines in RFC 8785 form: `{"body": …, "hash": …, "previous": …, "seq": …}`. `body` is a text, itself JSON in
RFC 8785 form without fractions. With || for joined bytes:

    hash     = SHA-256("leadline link\\n" || previous || SHA-256(body))
    previous = the hash one line up; on line 1: SHA-256("leadline genesis\\n" || 32 zero bytes || name of the connection)

What no verifier can see in the file alone: lines cut off its end, or a chain made anew from some line to the end. `--head`, the
last hash as it was noted elsewhere, shows both. Memory: about 150 bytes per packet, for the hashes that later documents name.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import pairwise
from typing import Any, BinaryIO

LONGEST_LINE = 16 * 1024 * 1024
"""Bytes. A document has a few thousand; more than this is no export of ours."""
MOST_FINDINGS = 1000
"""Findings kept; further ones are only counted."""
FOLLOWS_A_PACKET = frozenset({"reference", "receipt", "clock", "review", "undo"})
"""Kinds of documents that name a packet by the SHA-256 of its body."""
HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass
class Report:
    """What was found. `findings` is empty for an untouched chain; `foreign` counts documents whose packet is in another chain."""

    entries: int = 0
    packets: int = 0
    foreign: int = 0
    head: str = ""
    findings: list[str] = field(default_factory=list)
    more_findings: int = 0

    def find(self, sentence: str) -> None:
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(sentence)
        else:
            self.more_findings += 1


class Wrong(ValueError):
    """One thing wrong with one line."""


@dataclass(frozen=True)
class Entry:
    """One line, read."""

    seq: int
    previous: str
    hash: str
    body: bytes


class Chain:
    """What has to be remembered from line to line."""

    def __init__(self) -> None:
        self.seq = 0
        self.head: str | None = ""
        """Empty before the first line; None after a line that could not be read."""
        self.connection = ""
        self.packets: set[bytes] = set()
        """Body hashes that may be named from here on: of packets above, and of those that a reference brought in."""


def verify(lines: Iterable[bytes], head: str | None = None) -> Report:
    """Reads `lines`, each with its newline, once and in order.

    Args:
        head: the last hash as it was noted elsewhere, 64 hexadecimal digits.
    """
    report, chain = Report(), Chain()
    for number, line in enumerate(lines, start=1):
        report.entries = number
        for sentence in _line_faults(chain, line, report):
            report.find(f"line {number}: {sentence}")
    report.head = chain.head or ""
    if head is not None and head != chain.head:
        last = f"the last hash is {chain.head}" if chain.head else "there is no last hash"
        report.find(f"line {report.entries}: {last}, where {head} was expected: the end was cut off, or the chain made anew")
    return report


def _line_faults(chain: Chain, line: bytes, report: Report) -> Iterator[str]:
    try:
        entry = _entry(line)
    except Wrong as wrong:
        yield f"{wrong}"
        chain.seq, chain.head = chain.seq + 1, None
        return
    try:
        document = _document(entry.body)
    except Wrong as wrong:
        yield f"{wrong}"
    else:
        yield from _document_faults(chain, document, entry, report)
    yield from _chain_faults(chain, entry)
    chain.seq, chain.head = entry.seq, entry.hash


def _chain_faults(chain: Chain, entry: Entry) -> Iterator[str]:
    if entry.seq != chain.seq + 1:
        yield f"seq is {entry.seq} after {chain.seq}: lines were taken out, put in or moved"
    if chain.head == "":
        if entry.previous != _genesis(chain.connection):
            yield f"previous is not the beginning of the chain of connection {chain.connection!a}: lines are missing before it"
    elif entry.previous != (chain.head or entry.previous):
        yield "previous is not the hash of the line before: a line was changed, taken out, put in or moved"
    if entry.hash != _link(entry):
        yield "hash does not fit previous and body: one of the three was changed"


def _genesis(connection: str) -> str:
    return sha256(b"leadline genesis\n" + bytes(32) + connection.encode()).hexdigest()


def _link(entry: Entry) -> str:
    return sha256(b"leadline link\n" + bytes.fromhex(entry.previous) + sha256(entry.body).digest()).hexdigest()


def _document_faults(chain: Chain, document: dict[str, Any], entry: Entry, report: Report) -> Iterator[str]:
    kind, connection = document["kind"], document["connection"]
    chain.connection = chain.connection or connection
    if connection != chain.connection:
        yield f"the document is of connection {connection!a}, the chain of {chain.connection!a}"
    if kind == "packet":
        report.packets += 1
        chain.packets.add(sha256(entry.body).digest())
    elif kind in FOLLOWS_A_PACKET:
        yield from _packet_faults(chain, document, report)


def _packet_faults(chain: Chain, document: dict[str, Any], report: Report) -> Iterator[str]:
    kind, named, home = document["kind"], document.get("packet"), document.get("chain")
    if not (isinstance(named, str) and HASH.fullmatch(named) and isinstance(home, str)):
        yield f"the {kind} names no packet, or no chain in which it stands"
    elif home != chain.connection:
        report.foreign += 1
        if kind == "reference":
            chain.packets.add(bytes.fromhex(named))
    elif bytes.fromhex(named) not in chain.packets:
        yield f"the {kind} names packet {named}, which neither stands above it in this chain nor is referred to there"


def _entry(line: bytes) -> Entry:
    if len(line) > LONGEST_LINE:
        raise Wrong(f"is longer than {LONGEST_LINE} bytes")
    if not line.endswith(b"\n"):
        raise Wrong("does not end with a newline: cut off, or changed")
    parts = _strict(line[:-1], "the line")
    if parts.keys() != {"body", "hash", "previous", "seq"}:
        raise Wrong("has other parts than body, hash, previous and seq")
    body, this, previous, seq = parts["body"], parts["hash"], parts["previous"], parts["seq"]
    if not (isinstance(body, str) and isinstance(this, str) and isinstance(previous, str) and type(seq) is int):
        raise Wrong("body, hash and previous are not all texts, or seq is no integer")
    if not (HASH.fullmatch(this) and HASH.fullmatch(previous)):
        raise Wrong("hash and previous are not both 64 lower-case hexadecimal digits")
    return Entry(seq=seq, previous=previous, hash=this, body=body.encode())


def _document(body: bytes) -> dict[str, Any]:
    document = _strict(body, "the document")
    if not (isinstance(document.get("kind"), str) and isinstance(document.get("connection"), str)):
        raise Wrong("the document names no kind or no connection")
    return document


def _strict(text: bytes, what: str) -> dict[str, Any]:
    """JSON in the one form of RFC 8785, which is all that is accepted: order and numbers are checked while it is read, spaces
    and escapes by writing it again."""
    try:
        value = READ(text.decode())
        again = WRITE(value).encode()
    except Wrong as wrong:
        raise Wrong(f"{what} {wrong}") from None
    except (ValueError, RecursionError):
        raise Wrong(f"{what} is not JSON") from None
    if again != text or not isinstance(value, dict):
        raise Wrong(f"{what} is not an object in canonical form (RFC 8785)")
    return value


def _ordered(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key.encode("utf-16-be", "surrogatepass") for key, _ in pairs]
    if any(one >= other for one, other in pairwise(keys)):
        raise Wrong("has keys twice, or not in the order of RFC 8785")
    return dict(pairs)


def _exact(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) >= 2**53:
        raise Wrong("has an integer beyond 2^53 - 1")
    return int(digits)


def _fraction(_: str) -> float:
    raise Wrong("has a number that is not an integer")


READ = json.JSONDecoder(object_pairs_hook=_ordered, parse_int=_exact, parse_float=_fraction, parse_constant=_fraction).decode
WRITE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """A line that is too long comes in pieces, each a finding, so that no file fills the memory."""
    return iter(lambda: file.readline(LONGEST_LINE + 1), b"")


def _said(report: Report, head: str | None) -> Iterator[str]:
    yield from report.findings
    if report.more_findings:
        yield f"and {report.more_findings} more"
    counts = f"{report.entries} documents, {report.packets} packets, {report.foreign} naming a packet of another chain"
    verdict = "NOT untouched" if report.findings else "untouched"
    yield f"{verdict}: {counts}; head {report.head or 'none'}"
    if head is None:
        yield "No --head was given: lines cut off the end, or a chain made anew, cannot be seen without it."


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 0 untouched, 1 not, 2 the file cannot be read; a wrong command line exits with 2."""
    parser = argparse.ArgumentParser(prog="verifier.py", description="Checks that an exported chain of decisions is untouched.")
    parser.add_argument("file", help="the export, JSON Lines")
    parser.add_argument("--head", help="the last hash as it was noted elsewhere, 64 hexadecimal digits")
    options = parser.parse_args(arguments)
    if options.head is not None and not HASH.fullmatch(options.head):
        parser.error("--head takes 64 lower-case hexadecimal digits")
    try:
        with open(options.file, "rb") as file:
            report = verify(_lines(file), options.head)
    except OSError as error:
        sys.stderr.write(f"{options.file} cannot be read: {error.strerror}\n")
        return 2
    sys.stdout.writelines(f"{sentence}\n" for sentence in _said(report, options.head))
    return 1 if report.findings else 0


if __name__ == "__main__":
    raise SystemExit(main())
