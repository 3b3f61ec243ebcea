"""The people at work in both CRMs while everything breaks: they create leads, edit, reassign, merge and delete them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final, Literal

from adapters.sandbox.client import CRMName
from config.fields import Value
from connector.demo.portals import POOLS, Portals

Kind = Literal["hubspot", "salesforce"]

TABLES: Final[Mapping[Kind, str]] = {"hubspot": "contacts", "salesforce": "Lead"}
OWNERS: Final[Mapping[Kind, str]] = {"hubspot": "hubspot_owner_id", "salesforce": "OwnerId"}

_TITLES: Final = ("VP Sales", "Head of Marketing", "CEO", "Sales Manager", "Intern", "Director Revenue Operations", "Developer")
_INDUSTRIES: Final = ("Software", "Insurance", "Manufacturing", "Retail", "Government")
_COUNTRIES: Final = ("Germany", "United States", "France", "Brazil")
_ASKS: Final = ("demo", "contact", "pricing", "trial")
_FAMILIES: Final = ("Berg", "Okafor", "Silva", "Novak", "Tanaka", "Moreau", "Olsen")


@dataclass(frozen=True, slots=True)
class Crowd:
    """Everything it does follows from `rng`; what it did is what the CRMs' own history says."""

    portals: Portals
    rng: Random
    alive: dict[Kind, list[str]] = field(default_factory=lambda: {"hubspot": [], "salesforce": []})
    """Ids of records that were neither deleted nor merged away."""
    met: list[Mapping[str, Value]] = field(default_factory=list)
    """Submissions so far, in canonical fields: who was there may come again."""
    in_hubspot: set[str] = field(default_factory=set)
    """Addresses in use there, where they are unique."""

    def work(self, creations: int, edits: int) -> int:
        """Creates and edits so many records; returns how many things were done."""
        done = sum(self._create(kind, creations) for kind in TABLES)
        for _ in range(edits):
            kind = self.rng.choice(sorted(TABLES))
            if self.alive[kind]:
                self._edit(kind)
                done += 1
        return done

    def _create(self, kind: Kind, count: int) -> int:
        rows = [submission for _ in range(count) if (submission := self._submission(kind))]
        ids = self.portals.sandbox.create(_crm(kind), TABLES[kind], [self._row(kind, row, new=True) for row in rows])
        self.alive[kind] += ids
        return len(ids)

    def _submission(self, kind: Kind) -> Mapping[str, Value] | None:
        """Somebody new, or every fourth time somebody who is known already, from the other CRM or from this one."""
        if self.met and self.rng.random() < 0.25:
            found = self.rng.choice(self.met[-200:])
            if kind == "hubspot" and found["email"] in self.in_hubspot:
                return None
        else:
            found = self._somebody(len(self.met))
            self.met.append(found)
        if kind == "hubspot":
            self.in_hubspot.add(str(found["email"]))
        return found

    def _somebody(self, number: int) -> Mapping[str, Value]:
        rng = self.rng
        company = f"firm{number // 3}"
        return {
            "first_name": f"Kim{number}",
            "last_name": rng.choice(_FAMILIES),
            "company": f"{company.title()} GmbH",
            "email": f"kim{number}@{company}.example",
            "phone": f"+49 30 {2000000 + number}" if rng.random() < 0.6 else None,
            "title": rng.choice(_TITLES),
            "employees": rng.choice((8, 40, 150, 320, 2500, 9000)),
            "industry": rng.choice(_INDUSTRIES),
            "country": rng.choice(_COUNTRIES),
            "visits": rng.randrange(30),
            "hand_raise": rng.choice((*_ASKS, None, None)),
        }

    def _edit(self, kind: Kind) -> None:
        rng, ids = self.rng, self.alive[kind]
        id_ = rng.choice(ids)
        match rng.random():
            case chance if chance < 0.04:
                self._set(kind, id_, {OWNERS[kind]: self._some_rep(kind)})
            case chance if chance < 0.06:
                ids.remove(id_)
                self.portals.sandbox.delete(_crm(kind), TABLES[kind], id_)
            case chance if chance < 0.08:
                self._merge(kind, id_)
            case chance if chance < 0.20:
                self._set_and_set_back(kind, id_)
            case _:
                self._set(kind, id_, self._row(kind, self._change()))

    def _change(self) -> Mapping[str, Value]:
        rng = self.rng
        return rng.choice([
            {"visits": rng.randrange(60)},
            {"title": rng.choice(_TITLES)},
            {"employees": rng.choice((8, 40, 150, 320, 2500, 9000))},
            {"hand_raise": rng.choice(_ASKS), "visits": rng.randrange(60)},
            {"phone": f"+49 30 {3000000 + rng.randrange(4000)}"},
            {"industry": rng.choice(_INDUSTRIES), "country": rng.choice(_COUNTRIES)},
        ])  # fmt: skip

    def _set_and_set_back(self, kind: Kind, id_: str) -> None:
        """Whoever looks in between decides twice, whoever looks later not at all; both are right."""
        name = self.portals.mappings[kind].inputs["title"]
        (record,) = self.portals.sandbox.read(_crm(kind), TABLES[kind], [id_])
        before = record["properties"].get(name) if record else None
        self._set(kind, id_, {name: "Chief Typo Officer"})
        self._set(kind, id_, {name: before})

    def _merge(self, kind: Kind, id_: str) -> None:
        ids = self.alive[kind]
        other = self.rng.choice(ids)
        if other == id_:
            return
        went_on = self.portals.sandbox.merge(_crm(kind), TABLES[kind], id_, other)
        ids.remove(other)
        ids[ids.index(id_)] = went_on

    def _set(self, kind: Kind, id_: str, values: Mapping[str, Value]) -> None:
        self.portals.sandbox.update(_crm(kind), TABLES[kind], id_, values)

    def _some_rep(self, kind: Kind) -> str:
        emails = sorted({email for pool in POOLS.values() for email in pool})
        seats = self.portals.services.seats(f"acme-{kind}")
        return seats.by_email[self.rng.choice(emails)].id

    def _row(self, kind: Kind, values: Mapping[str, Value], *, new: bool = False) -> dict[str, Value]:
        """In the CRM's own field names; a new Salesforce lead belongs to the default lead owner."""
        inputs = self.portals.mappings[kind].inputs
        owner = {"OwnerId": self.portals.intake[kind]} if new and kind == "salesforce" else {}
        return {inputs[name]: _as_kept(kind, value) for name, value in values.items() if value is not None} | owner


def _as_kept(kind: Kind, value: Value) -> Value:
    """HubSpot keeps every value as text."""
    return str(value) if kind == "hubspot" and value is not None else value


def _crm(kind: Kind) -> CRMName:
    return kind


def ids_of(alive: Mapping[Kind, Sequence[str]]) -> int:
    return sum(map(len, alive.values()))
