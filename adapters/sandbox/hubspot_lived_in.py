"""A portal that people have worked in: properties in all states, automation, ninety days of leads. All of it from one seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from adapters.sandbox.hubspot_associations import Associations
from adapters.sandbox.hubspot_lived_in_assets import flows, forms, lists
from adapters.sandbox.hubspot_lived_in_records import Owned, Past
from adapters.sandbox.hubspot_lived_in_schema import CALCULATED, FORMULA, GROUPS, NAMED, properties
from adapters.sandbox.hubspot_owners import Owners
from adapters.sandbox.hubspot_portal import Property
from adapters.sandbox.hubspot_records import Records
from adapters.sandbox.hubspot_schema import PropertySchema
from adapters.sandbox.hubspot_tools import Tools
from adapters.sandbox.world import Person, World

_MARK: Final = "hubspot:lived-in"
_PEOPLE: Final = "ann ben cem dora eva finn gus hugo ines jan kofi lena".split()
_LEFT: Final = "mats nina otto pia".split()
_COMPANY_PROPERTIES: Final = 60
_DEAL_PROPERTIES: Final = 40


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much of it."""

    seed: int = 1
    contacts: int = 900
    days: int = 90
    properties: int = 400
    """Custom ones, over all objects."""


class LivedIn:
    """Makes a portal look lived in, once."""

    def __init__(
        self,
        world: World,
        schema: PropertySchema,
        records: Records,
        *,
        links: Associations,
        owners: Owners,
        tools: Tools,
    ) -> None:
        self._store = world.store
        self._schema = schema
        self._records = records
        self._links = links
        self._owners = owners
        self._tools = tools

    def make(self, wanted: Wanted) -> dict[str, Any]:
        """What was made, counted as it was made.

        Raises:
            ValueError: it was done before, or so many properties cannot be had.
        """
        if self._store.document(_MARK, "made") is not None:
            raise ValueError("This portal is lived in already; start another sandbox for a second one.")
        random = Random(wanted.seed)  # noqa: S311 - reproducible data, not secrets
        made_up = _made_up(wanted.properties, random)
        owned = self._people()
        self._define(made_up)
        rotation = self._automate()
        now = self._store.clock()
        past = Past(self._records, self._links, owned, random, now=now, days=wanted.days, rotation=rotation)
        with self._store.transaction():
            past.write(wanted.contacts)
        self._fill_lists(past, random)
        told = {"properties": wanted.properties, "people": len(owned.here), "people who left": len(owned.left), **past.counts}
        self._store.put(_MARK, "made", told)
        return told

    def _people(self) -> Owned:
        here = [self._owners.add(Person(f"{name}@lived-in.test", name.capitalize(), "Sales")) for name in _PEOPLE]
        left = [self._owners.add(Person(f"{name}@lived-in.test", name.capitalize(), "Sales", active=False)) for name in _LEFT]
        for place, team in enumerate(("Inbound", "Key accounts")):
            self._owners.add_team(team, [f"{name}@lived-in.test" for name in _PEOPLE[place * 6 : place * 6 + 6]])
        return Owned(here, left)

    def _define(self, made_up: Mapping[str, Sequence[tuple[str, Property]]]) -> None:
        """Named ones, made-up ones, and one that is worked out from another."""
        for kind, groups in GROUPS.items():
            for name, label in groups.items():
                self._schema.put_group(kind, {"name": name, "label": label, "displayOrder": -1, "archived": False})
        self._schema.add("contacts", NAMED.values(), "sales_process")
        for kind, drawn in made_up.items():
            for group, one in drawn:
                self._schema.add(kind, [one], group)
        self._calculate()

    def _calculate(self) -> None:
        self._schema.add(
            "contacts", [Property(CALCULATED, "Score in percent", "number", "calculation_equation")], "sales_process"
        )
        definition: dict[str, Any] = self._schema.definitions("contacts")[CALCULATED]
        metadata = {**definition["modificationMetadata"], "readOnlyValue": True}
        formula = {"calculated": True, "calculationFormula": FORMULA, "modificationMetadata": metadata}
        self._schema.put("contacts", {**definition, **formula})

    def _automate(self) -> str:
        """Id of the workflow that rotates."""
        people = [owner for owner in self._owners.all() if owner["type"] == "PERSON" and not owner["archived"]]
        made = [self._tools.flows.create(flow) for flow in flows([str(owner["userId"]) for owner in people])]
        for form in forms():
            self._tools.forms.create(form)
        for one in lists():
            self._tools.lists.create(one)
        return str(made[0]["id"])

    def _fill_lists(self, past: Past, random: Random) -> None:
        ids = [record.id for record in past.made]
        for name in ("Spring conference", "Do not call"):
            self._tools.lists.fill(name, sorted(random.sample(ids, len(ids) // 10)))


def _made_up(total: int, random: Random) -> Mapping[str, Sequence[tuple[str, Property]]]:
    counts = {
        "contacts": total - _COMPANY_PROPERTIES - _DEAL_PROPERTIES - len(NAMED) - 1,
        "companies": _COMPANY_PROPERTIES,
        "deals": _DEAL_PROPERTIES,
    }
    return {kind: list(properties(kind, count, random)) for kind, count in counts.items()}


def wanted_of(body: Mapping[str, Any]) -> Wanted:
    """Raises: ValueError, a number is none or too small."""
    known = {name: body[name] for name in ("seed", "contacts", "days", "properties") if name in body}
    least = {"contacts": 1, "days": 2, "properties": _COMPANY_PROPERTIES + _DEAL_PROPERTIES + len(NAMED) + 1}
    for name, value in known.items():
        if type(value) is not int or value < least.get(name, 0):
            raise ValueError(f"{name} of a lived-in portal must be a whole number of at least {least.get(name, 0)}.")
    if extra := sorted(body.keys() - known.keys()):
        raise ValueError(f"A lived-in portal has no {extra[0]}; there are seed, contacts, days and properties.")
    return Wanted(**known)
