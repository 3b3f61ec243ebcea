"""A CSV file as it comes: any of the usual encodings and separators, in plain rows."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LARGEST: Final = 256 * 1024 * 1024
"""Bytes. What comes of it stays in memory, several times over."""

_SEPARATORS: Final = ",;\t|"


class UnreadableTableError(ValueError):
    """The file is no table; the sentence says what it is and what to do."""


@dataclass(frozen=True, slots=True)
class Table:
    columns: Sequence[str]
    """Each name once."""
    rows: Sequence[Mapping[str, str]]
    """Without blanks around the values; a value that a row lacks is empty."""


def read_table(path: Path) -> Table:
    """
    Raises:
        UnreadableTableError: no such file, too large, binary, no table, or no rows.
    """
    text = _decoded(path, _read(path))
    csv.field_size_limit(LARGEST)  # its own limit is 128 KB, and a pasted mail is larger
    separator = _separator(path, text)
    try:
        lines = [line for line in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if any(map(str.strip, line))]
    except csv.Error as error:
        raise UnreadableTableError(f"{path} cannot be read as CSV: {error}. Save it again as CSV.") from error
    columns = _columns(lines[0])
    if len(lines) == 1:
        raise UnreadableTableError(f"{path} has a line of column names and no rows below it; add at least one lead.")
    return Table(columns, [_row(columns, line) for line in lines[1:]])


def _read(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > LARGEST:
            most = f"{LARGEST // 1024**2} MB"
            raise UnreadableTableError(
                f"{path} has {size / 1024**2:.0f} MB; Leadline reads up to {most} at once, so cut it down."
            )
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableTableError(f"{path} cannot be read: {error.strerror}. Name a CSV file.") from error
    if not content.strip():
        raise UnreadableTableError(f"{path} is empty; name a CSV file with a line of column names and one row for each lead.")
    return content


def _decoded(path: Path, content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    if b"\0" in content or any(byte < 9 or 13 < byte < 27 for byte in content[:65_536]):
        raise UnreadableTableError(f"{path} is no text file; save the table as CSV in UTF-8.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "".join(map(_line, content.splitlines(keepends=True)))


def _line(content: bytes) -> str:
    """Tables grow by pasting: one line may be in UTF-8 and the next in what Windows writes."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _separator(path: Path, text: str) -> str:
    """The one that gives the first line the most columns."""
    header = next(line for line in text.splitlines() if line.strip())
    best = max(_SEPARATORS, key=lambda separator: len(next(csv.reader([header], delimiter=separator))))
    if best not in header:
        raise UnreadableTableError(f"{path} is no CSV: its first line holds no comma, semicolon, tab or bar. Save it as CSV.")
    return best


def _columns(names: Sequence[str]) -> Sequence[str]:
    """Nameless columns get a number, and so does a name's second bearer."""
    columns: list[str] = []
    for place, name in enumerate(map(str.strip, names), start=1):
        named = name or f"column {place}"
        columns.append(named if named not in columns else f"{named} ({place})")
    return columns


def _row(columns: Sequence[str], line: Sequence[str]) -> dict[str, str]:
    values = [*map(str.strip, line), *[""] * len(columns)]
    return dict(zip(columns, values, strict=False))
