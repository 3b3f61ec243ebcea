"""The ids of a file's rows."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from connector.tables import Table
from scoring.match.folding import fold

_IDS: Final = ("id", "unique id", "record id", "rec id", "contact id", "lead id", "account id", "key")


def id_column(wished: str | None, table: Table) -> str | None:
    """The one asked for, if the table has it; else one that looks like it."""
    names = (fold(wished),) if wished else _IDS
    return next((column for column in table.columns if fold(column) in names), None)


def row_ids(path: Path, table: Table, column: str | None) -> tuple[list[str], list[str]]:
    """One id for each row, no two alike, and what was odd about them, a sentence each."""
    if column is None:
        remark = f"{path} has no column of ids that was recognised: its rows are numbered from 1; --id COLUMN names one."
        return [str(number) for number in range(1, len(table.rows) + 1)], [remark]
    own = [row[column] for row in table.rows]
    remarks = []
    if repeated := len(own) - len(set(own)):
        remarks.append(
            f"{repeated} ids in column '{column}' of {path} stand in more than one row; there, the row is said as well."
        )
    return _told_apart(own), remarks


def _told_apart(ids: Sequence[str]) -> list[str]:
    """An id's second bearer gets its row beside it."""
    seen: set[str] = set()
    told = []
    for row, id_ in enumerate(ids, start=1):
        told.append(id_ if id_ and id_ not in seen else f"{id_}#{row}")
        seen.add(id_)
    return told
