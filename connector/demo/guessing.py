"""The guess about a file's columns, told before it is used."""

from collections.abc import Iterator, Sequence

from config.mapping import shipped_mapping
from connector.demo.columns import Column, Guess
from connector.demo.filling import Filling
from connector.fieldmap.synonyms import FULL_NAME


def told(guess: Guess, filling: Filling) -> Iterator[str]:
    """Line by line: what becomes of each column, and what is made up."""
    names = {kind: shipped_mapping(kind).inputs for kind in ("salesforce", "hubspot")}
    for column in guess.with_fate("mapped"):
        if column.field == FULL_NAME:
            yield f"  {column.name} -> first_name and last_name"
        elif column.name != filling.weak_title:
            yield f"  {column.name} -> {column.field} ({names['salesforce'][column.field]} / {names['hubspot'][column.field]})"
    for column in guess.with_fate("outcome"):
        yield f"  outcome, never used: {column.name}"
    yield from _listed("left out", guess.with_fate("left out"))
    yield from _listed("unmapped", guess.with_fate("unmapped"))
    if filling.weak_title:
        yield f"  {filling.weak_title} holds few job titles, so the title is made up"
    if filling.made_up:
        yield f"  made up: {', '.join(filling.made_up)}"


def _listed(said: str, columns: Sequence[Column]) -> Iterator[str]:
    """One line for each reason."""
    for why in dict.fromkeys(column.why for column in columns):
        yield f"  {said}, {why}: {', '.join(column.name for column in columns if column.why == why)}"
