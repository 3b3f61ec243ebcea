"""An org that people have worked in: fields in all states, rules that act, ninety days of leads. All of it from one seed."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from random import Random
from typing import Any, Final

from adapters.sandbox.record import Actor
from adapters.sandbox.salesforce_checks import canonical, refusals
from adapters.sandbox.salesforce_components import Component
from adapters.sandbox.salesforce_lived_in_leads import Past, Staff
from adapters.sandbox.salesforce_lived_in_setup import (
    LEFT,
    PEOPLE,
    QUEUES,
    by_hand,
    conversion,
    flows,
    made_up_fields,
    named_fields,
    rules,
    views,
)
from adapters.sandbox.salesforce_org import INTEGRATION_USER, SYSTEM_USER, Org
from adapters.sandbox.salesforce_read import CRM
from adapters.sandbox.world import Person

_MARK: Final = "salesforce_lived_in"
_DOMAIN: Final = "lived-in.test"
"""The same people as in the lived-in HubSpot portal."""

_ADMINISTRATOR: Final = Actor("CRM_UI", SYSTEM_USER)

_DUPLICATE_RULES: Final = (
    {"name": "Leads_by_email", "object": "Lead", "fields": ["Email"], "block": False},
    {"name": "Contacts_by_email", "object": "Contact", "fields": ["Email"], "block": True},
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much of it."""

    seed: int = 1
    leads: int = 900
    days: int = 90
    fields: int = 400
    """Custom ones, over all objects."""


class LivedIn:
    """Makes an org look lived in, once."""

    def __init__(self, org: Org) -> None:
        self._org = org

    def make(self, wanted: Wanted) -> dict[str, Any]:
        """What was made, counted as it was made.

        Raises:
            ValueError: it was done before.
        """
        if self._org.store.document(_MARK, "made") is not None:
            raise ValueError("This org is lived in already; start another sandbox for a second one.")
        random = Random(wanted.seed)  # noqa: S311 - reproducible data, not secrets
        staff = self._people()
        self._fields(wanted.fields, random)
        components = [*rules(_DOMAIN), *flows(), *views(), conversion()]
        self._build(components)
        self._org.configure({"duplicate_rules": [dict(rule) for rule in _DUPLICATE_RULES]})
        past = self._past(staff, random, wanted)
        told = {
            "fields": wanted.fields,
            "people": len(PEOPLE),
            "people who left": len(LEFT),
            **_counted(components),
            **past.counts,
        }
        self._org.store.put(_MARK, "made", told)
        return told

    def _people(self) -> dict[str, list[str]]:
        def person(name: str, *, active: bool) -> Person:
            return Person(f"{name}@{_DOMAIN}", name.capitalize(), "Sales", active)

        here = self._org.add_people([person(name, active=True) for name in PEOPLE])
        left = self._org.add_people([person(name, active=False) for name in LEFT])
        queues = self._org.add_queues(QUEUES)
        self._members(queues, here)
        return {"here": here, "left": left, "queues": queues}

    def _members(self, queues: Iterable[str], here: list[str]) -> None:
        """The first two queues are watched by some; nobody watches the last."""
        spec = self._org.spec("GroupMember")
        with self._org.store.transaction():
            for place, queue in enumerate(list(queues)[:2]):
                for user in here[place * 4 : place * 4 + 4]:
                    values = {"GroupId": queue, "UserOrGroupId": user}
                    self._org.store.create(CRM, "GroupMember", self._org.writer.new_id(spec), values, _ADMINISTRATOR)

    def _fields(self, total: int, random: Random) -> None:
        """Made by hand, so that everybody sees them at once."""
        named = named_fields()
        if total < len(named):
            raise ValueError(f"A lived-in org has at least {len(named)} custom fields.")
        by_object: dict[str, list[Any]] = {}
        for name, content in named.items():
            by_object.setdefault(name.partition(".")[0], []).append(by_hand(name, content))
        for object_, field in made_up_fields(total - len(named), random):
            by_object.setdefault(object_, []).append(field)
        for object_, fields in by_object.items():
            self._org.schema.add(object_, fields)

    def _build(self, components: Iterable[Component]) -> None:
        for component in components:
            found = refusals(component, self._org.draft())
            if found:
                raise ValueError(f"The lived-in org cannot be built: {component.type} {component.name}: {found[0]}")
            own = Component(component.type, component.name, canonical(component))
            with self._org.store.transaction():
                self._org.builder.put(own, _ADMINISTRATOR)

    def _past(self, people: Mapping[str, list[str]], random: Random, wanted: Wanted) -> Past:
        org = self._org
        types = {row.values["DeveloperName"]: row.id for row in org.store.all(CRM, "RecordType")}
        queues = dict(zip(QUEUES, people["queues"], strict=True))
        staff = Staff(people["here"], people["left"], queues, types, INTEGRATION_USER)
        past = Past(org.store, org.schema, org.writer, org.converter, staff, random, wanted.days)
        with org.store.transaction():
            past.write(wanted.leads)
        return past


def wanted_of(body: Mapping[str, Any]) -> Wanted:
    """
    Raises:
        ValueError: a number is none or too small, or one is not known.
    """
    least = {"seed": 0, "leads": 1, "days": 2, "fields": len(named_fields())}
    for name, value in body.items():
        if name not in least:
            raise ValueError(f"A lived-in org has no {name}; there are {', '.join(least)}.")
        if type(value) is not int or value < least[name]:
            raise ValueError(f"{name} of a lived-in org must be a whole number of at least {least[name]}.")
    return Wanted(**{**asdict(Wanted()), **body})


def _counted(components: Iterable[Component]) -> dict[str, int]:
    found: dict[str, int] = {}
    for component in components:
        found[component.type] = found.get(component.type, 0) + 1
    return found
