"""Duplicates in a file, or between two: which rows are one person or organisation, and what says so."""

import csv
import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from connector.rows import id_column, row_ids
from connector.tables import Table, read_table
from connector.telling import Telling
from scoring.match.columns import Column, recognise
from scoring.match.dedupe import Found, Link, Said, dedupe
from scoring.match.folding import fold
from scoring.match.table import Table as Records

LONGEST: Final = 400
"""Characters of a value that are compared; nobody's name is longer."""
_HEADER: Final = ("id_a", "id_b", "probability", "verdict", "evidence")


class NoSuchColumnError(ValueError):
    """Name another column; the sentence says which there are."""


class NothingToCompareError(ValueError):
    """No column says anything about anybody."""


class UnwrittenError(ValueError):
    """A result did not get to its file; the sentence says which, and what is there now."""


@dataclass(frozen=True, slots=True)
class Wish:
    file: Path
    against: Path | None
    id: str | None
    """The column of ids; None takes one that looks like it, or numbers the rows."""
    exclude: Sequence[str]
    out: Path
    clusters: Path | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Counts for whoever asked."""

    rows: int
    columns: Mapping[str, Column]
    same: int
    possible: int
    groups: int
    remarks: Sequence[str]
    """What was odd about the file, a sentence each."""


@dataclass(frozen=True, slots=True)
class _Rows:
    """All rows of one or two files, column by column."""

    columns: Mapping[str, Sequence[str]]
    ids: Sequence[str]
    first: int
    """How many are of the first file; all, if there is one."""
    remarks: Sequence[str]


def find_duplicates(wish: Wish, telling: Telling) -> Outcome:
    """
    Raises:
        connector.tables.UnreadableTableError: one of the files is no table.
        NoSuchColumnError: an option names a column that is not there.
        NothingToCompareError: nothing in the file can be compared.
        UnwrittenError: a result cannot be written.
    """
    with telling.step(f"Reading {wish.file}" + (f" and {wish.against}" if wish.against else "")):
        rows = _read(wish)
        kinds = recognise(rows.columns)
    _show(kinds, telling)
    with telling.step(f"Comparing {len(rows.ids):,} rows"):
        found = _compared(rows, kinds, two=wish.against is not None)
    with telling.step(f"Writing {wish.out}"):
        links = _write_pairs(wish.out, found.links, rows.ids)
        if wish.clusters:
            _write_clusters(wish.clusters, found.groups, rows.ids)
    same = sum(link.verdict == "same" for link in links)
    return Outcome(len(rows.ids), kinds, same, len(links) - same, len(found.groups), rows.remarks)


def _read(wish: Wish) -> _Rows:
    tables = [read_table(path) for path in (wish.file, wish.against) if path]
    _check(wish, tables)
    ids, remarks = _ids(wish, tables)
    left_out = {fold(name) for name in wish.exclude} | {fold(name) for name in _id_columns(wish, tables) if name}
    headers = dict.fromkeys(name for table in tables for name in table.columns if fold(name) not in left_out)
    columns = {name: [row.get(name, "")[:LONGEST] for table in tables for row in table.rows] for name in headers}
    return _Rows(columns, ids, len(tables[0].rows), remarks)


def _check(wish: Wish, tables: Sequence[Table]) -> None:
    named = [*wish.exclude, *([wish.id] if wish.id else [])]
    for name in named:
        if all(fold(name) not in map(fold, table.columns) for table in tables):
            there = ", ".join(tables[0].columns)
            raise NoSuchColumnError(f"There is no column '{name}' in {wish.file}; it has: {there}.")


def _id_columns(wish: Wish, tables: Sequence[Table]) -> list[str | None]:
    return [id_column(wish.id, table) for table in tables]


def _ids(wish: Wish, tables: Sequence[Table]) -> tuple[list[str], list[str]]:
    ids: list[str] = []
    remarks: list[str] = []
    paths = [path for path in (wish.file, wish.against) if path]
    for path, table, column in zip(paths, tables, _id_columns(wish, tables), strict=True):
        own, odd = row_ids(path, table, column)
        ids += own
        remarks += odd
    return ids, remarks


def _show(kinds: Mapping[str, Column], telling: Telling) -> None:
    taken = [f"{header} as {column}" for header, column in kinds.items() if column != "left out"]
    left = [header for header, column in kinds.items() if column == "left out"]
    telling.say("Columns: " + (", ".join(taken) or "none that says who somebody is") + ".")
    if left:
        telling.say("Left out: " + ", ".join(left) + ".")


def _compared(rows: _Rows, kinds: Mapping[str, Column], *, two: bool) -> Found:
    records = Records(rows.columns, kinds)
    if not records.fields():
        there = ", ".join(rows.columns)
        raise NothingToCompareError(f"No column says who or what a row is about; the file has: {there}. Give them telling names.")
    return dedupe(records, first=rows.first if two else None)


def _write_pairs(path: Path, links: Sequence[Link], ids: Sequence[str]) -> Sequence[Link]:
    ordered = sorted(links, key=lambda link: (-link.weight, link.left, link.right))
    rows = ((ids[link.left], ids[link.right], f"{link.probability:.4f}", link.verdict, evidence(link)) for link in ordered)
    _write(path, _HEADER, rows)
    return ordered


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A file appears whole or not at all; a pipe or a device, which cannot, is told of as it is."""
    whole = path.is_file() or not path.exists()
    draft = path.with_name(f".{path.name}.{os.getpid()}.part") if whole else path
    try:
        with draft.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows((header, *rows))
        if whole:
            draft.replace(path)
    except OSError as error:
        if whole:
            draft.unlink(missing_ok=True)
        left = "nothing of it was written" if whole else "what came through before is not whole"
        raise UnwrittenError(f"{path} cannot be written: {error.strerror}; {left}. Name another file, or make room.") from error


def evidence(link: Link) -> str:
    """The waterfall in bits: what each comparison adds, and their sum."""
    if not link.evidence:
        return "tied together by records between them"
    told = [f"{said.comparison} {said.level} {_bits(said.weight)}" for said in _by_weight(link.evidence)]
    return "; ".join([f"before looking {_bits(link.prior)}", *told, f"sum {_bits(link.weight)}"])


def _by_weight(said: Sequence[Said]) -> Iterator[Said]:
    return iter(sorted(said, key=lambda one: -abs(one.weight)))


def _bits(natural: float) -> str:
    return f"{natural / math.log(2):+.2f}"


def _write_clusters(path: Path, groups: Sequence[Sequence[int]], ids: Sequence[str]) -> None:
    rows = ((number, ids[record]) for number, group in enumerate(groups, start=1) for record in sorted(group))
    _write(path, ("cluster", "id"), rows)
