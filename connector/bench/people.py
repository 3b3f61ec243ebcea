"""Made-up people of a B2B company's CRM, some of whom stand in it again, each time in one way that is named."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

HEADER: Final = ("id", "first_name", "last_name", "email", "phone", "company", "city", "cluster")
_AGAIN: Final = 0.15
_NICKNAMES: Final = {
    "william": "bill", "robert": "bob", "elizabeth": "liz", "margaret": "peggy", "richard": "dick", "katherine": "kate",
    "michael": "mike", "thomas": "tom", "jennifer": "jen", "christopher": "chris", "daniel": "dan", "patricia": "pat",
    "james": "jim", "susan": "sue", "andrew": "andy", "matthew": "matt", "joseph": "joe", "rebecca": "becky",
}  # fmt: skip
_FIRST: Final = (*_NICKNAMES, *"ingrid rajesh sofia pierre lotte jonas carlos priya erik fatima marta bram yusuf akiko".split())
_SYLLABLES: Final = "ka lo mer ti ban sol vic dor hal ren gus pel war nim tos ber lin dal mo sch".split()
_ENDS: Final = ("son", "mann", "ski", "berg", "ez", "er", "i", "sen", "ton", "ow")
_TRADES: Final = "Logistics Foods Robotics Energy Textiles Clinics Software Capital".split()
_CITIES: Final = "Delft Turin Aarhus Austin Krakow Lyon Pune Porto Leeds Bergen Ghent Malmo".split()

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class People:
    rows: Sequence[Row]
    """In no order that says anything; columns `HEADER`, `cluster` the person."""
    kinds: Mapping[str, str]
    """Of each further record, by its id, in what it differs from the first one."""


def people(seed: int, records: int) -> People:
    rng = Random(seed)  # noqa: S311 - a benchmark's data
    again = int(records * _AGAIN)
    firms = [_word(rng).title() + " " + rng.choice(_TRADES) for _ in range(max(records // 12, 1))]
    originals = [_person(rng, number, firms) for number in range(records - again)]
    kinds: dict[str, str] = {}
    further = [_further(rng, rng.choice(originals), f"D{number}", firms, kinds) for number in range(again)]
    rows = [*originals, *further]
    rng.shuffle(rows)
    return People(rows, kinds)


def _further(rng: Random, row: Row, id_: str, firms: Sequence[str], kinds: dict[str, str]) -> Row:
    kinds[id_] = rng.choice(tuple(KINDS))
    return {**row, **KINDS[kinds[id_]](rng, row, firms), "id": id_}


def _word(rng: Random) -> str:
    return "".join(rng.choices(_SYLLABLES, k=rng.choice((2, 2, 3))))


def _person(rng: Random, number: int, firms: Sequence[str]) -> Row:
    first, last, firm = rng.choice(_FIRST), _word(rng) + rng.choice(_ENDS), rng.choice(firms)
    return {
        "id": f"P{number}",
        "first_name": first.title(),
        "last_name": last.title(),
        "email": _mail(rng, first, last, firm) if rng.random() < 0.85 else "",
        "phone": _phone(rng) if rng.random() < 0.6 else "",
        "company": firm,
        "city": rng.choice(_CITIES) if rng.random() < 0.7 else "",
        "cluster": str(number),
    }


def _mail(rng: Random, first: str, last: str, firm: str) -> str:
    local = rng.choice((f"{first}.{last}", f"{first[0]}{last}", f"{first}{rng.randrange(10, 99)}"))
    return f"{local}@{firm.replace(' ', '')}-demo.com".lower()


def _phone(rng: Random) -> str:
    return f"+1 512 {rng.randrange(200, 999)} {rng.randrange(1000, 9999)}"


def _typo(rng: Random, row: Row, _: Sequence[str]) -> Row:
    last = row["last_name"]
    at = rng.randrange(1, len(last) - 1)
    return {"last_name": last[:at] + last[at + 1 :], "phone": ""}


def _swapped(_: Random, row: Row, __: Sequence[str]) -> Row:
    return {"first_name": row["last_name"], "last_name": row["first_name"], "phone": ""}


def _nickname(_: Random, row: Row, __: Sequence[str]) -> Row:
    first = row["first_name"].lower()
    return {"first_name": _NICKNAMES.get(first, first).title(), "phone": ""}


def _married(rng: Random, _: Row, __: Sequence[str]) -> Row:
    return {"last_name": (_word(rng) + rng.choice(_ENDS)).title()}


def _changed_job(rng: Random, row: Row, firms: Sequence[str]) -> Row:
    firm = rng.choice(firms)
    return {"company": firm, "email": _mail(rng, row["first_name"].lower(), row["last_name"].lower(), firm)}


def _private_mail(rng: Random, row: Row, _: Sequence[str]) -> Row:
    return {"email": f"{row['first_name'][0]}{row['last_name']}{rng.randrange(10, 99)}@gmail.com".lower()}


KINDS: Final[Mapping[str, Callable[[Random, Row, Sequence[str]], Row]]] = {
    "typo": _typo,
    "swapped names": _swapped,
    "nickname": _nickname,
    "married name": _married,
    "changed job": _changed_job,
    "private mail": _private_mail,
}
