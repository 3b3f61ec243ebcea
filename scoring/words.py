"""Typed text as words: for finding a level, and for showing it to a person."""

import re
from functools import lru_cache

from config.profile import Words

_NOT_WORD = re.compile(r"[\W_]+")


@lru_cache(maxsize=4096)
def find(words: Words, text: str) -> str | None:
    """The level of the longest word that stands in `text` as a whole word. `COMPUTER_SOFTWARE` holds `software`."""
    searched = f" {_NOT_WORD.sub(' ', text.lower()).strip()} "
    return next((level for word, level in words.levels if word in searched), None)


def plain(text: str, limit: int = 40) -> str:
    """One line a person can read: HubSpot's `PAID_SEARCH` becomes `paid search`. Cut at a word after `limit` characters."""
    printable = text if text.isprintable() else "".join(letter if letter.isprintable() else " " for letter in text)
    spaced = " ".join(printable.replace("_", " ").split())
    if "_" in text and text.isupper():
        spaced = spaced.lower()
    return cut(spaced, limit)


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, cut at a blank where there is one, marked with an ellipsis."""
    if len(text) <= limit:
        return text
    head, blank, _ = text[:limit].rpartition(" ")
    return (head if blank else text[: limit - 1]).rstrip(" ,;:-–.") + "…"


def ago(seconds: int) -> str:
    """`today` is the last 24 hours: a lead has no time zone of its own."""
    days = seconds // 86_400
    return "today" if days == 0 else "yesterday" if days == 1 else f"{days} days ago"
