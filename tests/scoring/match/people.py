"""Made-up people, some of whom stand in a table twice, as forms and imports leave them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

_FIRST = (
    "William Ana Tomasz Ingrid Rajesh Sofia Pierre Lotte Maria Jonas Helen Carlos Priya Erik Fatima Oliver Marta Bram".split()
)
_LAST = "Garcia Kowalski Lindqvist Sharma Dubois Bakker Hoffmann Silva Jansen Moreau Carter Nowak Berg Iyer Santos Keller".split()
_FIRMS = "Acme Nordwind Bluepeak Harbor Quanta Silvertree Redwood Kestrel Maplewood Ironbridge Sunfield Larkspur".split()
_TRADES = "Logistics Foods Robotics Energy Textiles Clinics".split()
_CITIES = "Delft Turin Aarhus Austin Krakow Lyon Pune Porto".split()
COLUMNS = ("first_name", "last_name", "email", "phone", "company", "city")


@dataclass(frozen=True, slots=True)
class Crowd:
    columns: Mapping[str, Sequence[str]]
    people: Sequence[int]
    """Of each record, whose it is."""


def crowd(seed: int, people: int = 300, twice: int = 90) -> Crowd:
    """`people` records of different people, and then a second record of each of the first `twice`."""
    rng = Random(seed)
    originals = [_person(rng, number) for number in range(people)]
    rows = [*originals, *(_again(rng, originals[number]) for number in range(twice))]
    return Crowd({name: [row[name] for row in rows] for name in COLUMNS}, [*range(people), *range(twice)])


def _person(rng: Random, number: int) -> dict[str, str]:
    first, last = rng.choice(_FIRST), rng.choice(_LAST) + rng.choice(("", "son", "mann", "sky"))
    firm = f"{rng.choice(_FIRMS)} {rng.choice(_TRADES)}"
    return {
        "first_name": first,
        "last_name": last,
        "email": f"{first}.{last}{number}@{firm.replace(' ', '')}-demo.com".lower(),
        "phone": f"+1 512 {rng.randrange(200, 999)} {rng.randrange(1000, 9999)}",
        "company": firm,
        "city": rng.choice(_CITIES),
    }


def _again(rng: Random, row: Mapping[str, str]) -> dict[str, str]:
    """With one or two things different or missing."""
    again = dict(row)
    for change in rng.sample((_slip, _no_phone, _private_mail, _shouted, _legal_form), 2):
        change(rng, again)
    return again


def _slip(rng: Random, row: dict[str, str]) -> None:
    at = rng.randrange(1, len(row["last_name"]) - 1)
    row["last_name"] = row["last_name"][:at] + row["last_name"][at + 1] + row["last_name"][at] + row["last_name"][at + 2 :]


def _no_phone(rng: Random, row: dict[str, str]) -> None:
    row["phone"] = rng.choice(("", "n/a", "0000000000"))


def _private_mail(_: Random, row: dict[str, str]) -> None:
    row["email"] = row["email"].partition("@")[0] + "@gmail.com"


def _shouted(_: Random, row: dict[str, str]) -> None:
    row.update({name: row[name].upper() for name in ("first_name", "last_name", "company")})


def _legal_form(rng: Random, row: dict[str, str]) -> None:
    row["company"] += rng.choice((" Inc.", " GmbH & Co. KG", " B.V.", " Ltd"))
