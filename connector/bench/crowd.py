"""Leads for the pipeline's benchmark: distinct people with the fields that a web form and a tracker fill in."""

import random
from collections.abc import Iterator, Mapping
from typing import Any, Final

_FIRST: Final = (
    "Ada Ben Cleo Dana Emil Fay Gus Hana Ines Jonas Kira Leon Maja Nils Olga Paul Rosa Sven Tara Uwe Vera Wim Yara Zoe".split()
)
_LAST: Final = (
    "Abel Berg Conti Dahl Ekström Fuchs García Horvat Ivanov Jensen Kovács Lind Moreau Novak Olsen Petrov Rossi Silva".split()
)
_TITLES: Final = (
    "VP Sales", "Head of Marketing", "Geschäftsführer", "Sales Manager", "Directeur commercial", "Chief Operating Officer",
    "Account Executive", "Responsable Ventas", "Software Engineer", "Assistant", "Owner", "Intern",
)  # fmt: skip
_COUNTRIES: Final = ("Germany", "United States", "France", "Spain", "United Kingdom", "Brasil", "Österreich", "Sweden")
_INDUSTRIES: Final = ("Software", "Manufacturing", "Retail", "Healthcare", "Logistics")
_WANTS: Final = ("demo", "pricing", "contact", None, None, None)


def people(count: int, *, prefix: str, seed: int) -> Iterator[Mapping[str, Any]]:
    """People in canonical fields, none of them twice: `prefix` is in every address."""
    rng = random.Random(seed)  # noqa: S311 - repeatable is what is wanted here
    for number in range(count):
        yield _person(rng, f"{prefix}{number}")


def _person(rng: random.Random, key: str) -> Mapping[str, Any]:
    first, last = rng.choice(_FIRST), rng.choice(_LAST)
    company = f"{last} {rng.choice(_INDUSTRIES)} {key}"
    return {
        "first_name": first,
        "last_name": last,
        "email": f"{first.lower()}@{key}.example",
        "title": rng.choice(_TITLES),
        "company": company,
        "website": f"https://www.{key}.example",
        "industry": rng.choice(_INDUSTRIES),
        "employees": rng.choice((4, 30, 120, 480, 2_500, 12_000)),
        "country": rng.choice(_COUNTRIES),
        "source": "Web",
        "visits": rng.randrange(40),
        "page_views": rng.randrange(120),
        "pricing_views": rng.randrange(5),
        "email_opens": rng.randrange(12),
        "hand_raise": rng.choice(_WANTS),
    }
