"""What a question is, and what its answer looks like."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from connector.doctor.visit import Visit

State = Literal["ok", "amber", "failed", "unasked"]
"""amber: to be looked at, no lead waits for it · failed: what is asked about is not so · unasked: it could not be found out."""


@dataclass(frozen=True, slots=True)
class Finding:
    question: str
    """What was asked, in two or three words that stay the same: `subscription`, `clock of the CRM`."""
    state: State
    sentence: str
    fix: str = ""
    """A command, or a path of clicks; empty where all is well."""
    waits: bool = False
    """A lead waits for it, now or as soon as one comes."""
    connection: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    name: str
    ask: Callable[[Visit], Iterator[Finding]]
    crm: bool = False
    """The CRM has to be asked, so there is no answer without a grant."""


def ok(question: str, sentence: str) -> Finding:
    return Finding(question, "ok", sentence)


def amber(question: str, sentence: str, fix: str) -> Finding:
    return Finding(question, "amber", sentence, fix)


def failed(question: str, sentence: str, fix: str) -> Finding:
    """Leads wait for it."""
    return Finding(question, "failed", sentence, fix, waits=True)


def unasked(question: str, sentence: str, fix: str = "", *, waits: bool = False) -> Finding:
    return Finding(question, "unasked", sentence, fix, waits)


def some(names: Sequence[str], most: int = 4) -> str:
    """`A, B, C and 12 more`."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
