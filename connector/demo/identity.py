"""Who a lead is where nobody says: made up, the same for the same number."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar

from config.fields import Value
from connector.demo import words
from connector.demo.draws import chosen, drawn

T = TypeVar("T")

_NUMBERS: Final = 10_000
"""Telephone numbers to be had."""


def first_name(number: int) -> str:
    return chosen(words.FIRST_NAMES, number, "first name")


def last_name(number: int) -> str:
    """Two leads with the same telephone number have different ones: the two together are a key."""
    place = drawn(len(words.LAST_NAMES), number % _NUMBERS, "last name") + number // _NUMBERS
    return words.LAST_NAMES[place % len(words.LAST_NAMES)]


def company(number: int) -> str:
    """One of about eight thousand firms, so that some leads are colleagues."""
    legal_form = chosen(words.LEGAL_FORMS, number % 4_000, "legal form")
    parts = (chosen(words.FIRM_NAMES, number % 4_000, "firm"), chosen(words.FIRM_KINDS, number % 4_000, "kind"), legal_form)
    return " ".join(part for part in parts if part)


def email(number: int, firm: str, first: str, last: str) -> str:
    """Different for each number; the domain is the firm's, under .example."""
    domain = "-".join(word for word in plain_words(firm)[:2]) or "nowhere"
    return f"{'.'.join(plain_words(first)[:1] + plain_words(last)[-1:]) or 'lead'}.{number}@{domain}.example"


def phone(number: int) -> str:
    """Out of `_NUMBERS` that ring nowhere."""
    area = words.AREA_CODES[number // 100 % (_NUMBERS // 100)]
    return f"+1 {area} 555 01{number % 100:02d}"


def title(number: int) -> str:
    return weighted(words.TITLES, number, "title")


def employees(number: int) -> int:
    size = weighted(words.EMPLOYEES, number, "employees")
    return size + drawn(max(size // 5, 1), number, "more")


def industry(number: int) -> str:
    return weighted(words.INDUSTRIES, number, "industry")


def weighted(options: Sequence[tuple[T, int]], *drawn_by: object) -> T:
    """An option, as often as its weight says."""
    left = drawn(sum(weight for _, weight in options), *drawn_by)
    for option, weight in options:
        if left < weight:
            return option
        left -= weight
    raise ValueError("Options without weight: nothing to choose from.")


def plain_words(text: str) -> list[str]:
    """Lower-case ASCII words."""
    return "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in text.lower()).split()


MADE_UP: Final[Mapping[str, Callable[[int], Value]]] = {
    "first_name": first_name,
    "last_name": last_name,
    "company": company,
    "phone": phone,
    "title": title,
    "employees": employees,
    "industry": industry,
}
"""Field to how it is made up from a number. The e-mail address follows from the others."""
