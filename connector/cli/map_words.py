"""The field mapping in lines for a person, a hundred columns wide."""

import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from adapters.records import Problem
from config.fields import Value
from config.mapping import Row
from config.transforms import Transform
from connector.fieldmap.previewing import Preview, PreviewLine
from connector.fieldmap.suggesting import Suggestion, Suggestions
from connector.fieldmap.table import Line, MappingTable, masked

WIDTH: Final = 100
_COLUMNS: Final = (30, 16, 6, 15, 4, 6, 17)
_HEADINGS: Final = ("CRM field", "Leadline's", "way", "overwrites", "need", "filled", "newest value")
_RULES: Final = {
    "fill_blanks": "only blanks",
    "ours_wins": "always",
    "newest_wins": "if newer",
    "never_over_a_persons": "not a person's",
}


def table_lines(table: MappingTable, *, show_values: bool) -> Iterator[str]:
    """One line for each row, and below it what it does to the value and what is wrong. Of other objects, what is different."""
    for number, (object_, group) in enumerate(groupby(table.lines, key=lambda line: line.row.object)):
        lines = list(group)
        shown = list(table.telling(object_)) if number else lines
        yield f"{object_}, filled on {_records(lines[0].seen)}"
        yield _cells(_HEADINGS)
        for line in shown:
            yield from _table_line(line, show_values=show_values)
        yield from _absent_lines(shown)
        if len(shown) < len(lines):
            yield f"and {len(lines) - len(shown)} rows as above"
        yield ""
    if table.off:
        yield from _hanging(f"Written nowhere: {', '.join(table.off)}.", "")


def _records(count: int) -> str:
    return "no records: none were found" if not count else "the last record" if count == 1 else f"the last {count} records"


def _table_line(line: Line, *, show_values: bool) -> Iterator[str]:
    row, transform = line.row, line.row.terms.transform
    filled = f"{100 * line.filled // line.seen} %" if line.seen and line.there else "-"
    rule = _RULES[row.terms.overwrite] if row.direction == "write" else ""
    example = line.example if show_values else masked(line.example)
    yield _cells((row.field, row.name, row.direction, rule, "yes" if line.required else "", filled, " ".join(example.split())))
    if not transform.plain:
        yield from _hanging(f"with {_said(transform)}", "    ")
    if not line.there and row.own:
        yield "    not there yet: the installation makes it"
    if line.error and not _merely_absent(line):
        yield from _hanging(line.error, "    ! ")


def _merely_absent(line: Line) -> bool:
    """What would be read and is not there: an org that never heard of us has many of these, and no lead waits for them."""
    return not line.there and line.row.direction == "read" and not line.row.own and not line.required


def _absent_lines(lines: Sequence[Line]) -> Iterator[str]:
    if absent := [line.row.field for line in lines if _merely_absent(line)]:
        said = f"{len(absent)} of these are not there, or our user may not see them, and Leadline goes without"
        yield from _hanging(f"{said}: {', '.join(absent)}. Grant read access, map another field, or take the row out.", "    ! ")


def _cells(cells: tuple[str, ...]) -> str:
    return " ".join(_cut(cell, width).ljust(width) for cell, width in zip(cells, _COLUMNS, strict=True)).rstrip()


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _said(transform: Transform) -> str:
    if transform.name != "table":
        return str(transform)
    return "table " + ", ".join(f"{here}={there}" for here, there in transform.table)


def _hanging(text: str, lead: str) -> list[str]:
    indent = " " * len(lead)
    return textwrap.wrap(text, WIDTH, initial_indent=lead, subsequent_indent=indent, break_long_words=False)


def problem_lines(problem: Problem, place: str) -> Iterator[str]:
    """What is wrong, and below it what to do."""
    mark = "" if problem.fatal else "to know: "
    yield from _hanging(f"{place}{mark}{problem.what}", "")
    yield from _hanging(problem.fix, "    ")


def suggestion_lines(found: Suggestions, name: str) -> Iterator[str]:
    for one in found.rows:
        yield from _suggestion(one, name)
    if not found.rows:
        yield "Nothing in this CRM looks like something that is not mapped yet."
    for field, why in found.left_out:
        yield from _hanging(f"left out: {field} {why}.", "")


def _suggestion(one: Suggestion, name: str) -> Iterator[str]:
    row = one.row
    arrow = f"{row.name} into {row.field}" if row.direction == "write" else f"{row.field} as {row.name}"
    instead = f", instead of {one.instead_of}" if one.instead_of else ""
    yield f"{one.confidence:>3}  {arrow}{instead}"
    yield from _hanging(f"{'; '.join(one.evidence)}.", "     ")
    yield f"     {one.command(name)}"
    yield ""


def preview_lines(found: Preview) -> Iterator[str]:
    """What is read, then what is written, before and after."""
    yield f"{found.ref.object} {found.ref.id}, as it stands now. Nothing is written by this."
    yield ""
    yield "Read"
    for line in found.lines:
        if line.verdict == "read" and line.after is not None:
            yield from _pair(line.row, f"{line.row.name} = {_value(line.after)}")
    empty = [line.row.name for line in found.lines if line.verdict == "read" and line.after is None]
    if empty:
        yield from _hanging(f"empty: {', '.join(empty)}", "  ")
    yield ""
    yield "Written"
    for line in found.lines:
        if line.verdict != "read":
            yield from _pair(line.row, _change(line))
    yield ""
    yield f"{len(found.to_write())} fields would be written. This lead's source is in mode {found.mode}."


def _pair(row: Row, text: str) -> list[str]:
    return _hanging(text, f"  {_cut(row.field, 30).ljust(30)}  ")


def _change(line: PreviewLine) -> str:
    if line.verdict == "same":
        return f"{_value(line.before)}, as it is"
    if line.verdict == "kept":
        return f"{_value(line.before)} stays: {line.why}"
    change = f"{_value(line.before)} becomes {_value(line.after)}"
    if line.verdict == "waits":
        return f"{change}, once it may: {line.why}"
    return f"{change}, once {line.why}" if line.why else change


def _value(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "empty" if value is None or value == "" else str(value)
