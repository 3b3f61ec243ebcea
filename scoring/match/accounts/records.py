"""A lead and an account as they are compared: parsed once."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from scoring.match.accounts.hosts import label, read_host
from scoring.match.accounts.names import Name, Words, read_names
from scoring.match.accounts.places import Place, land_named, read_place
from scoring.match.accounts.words import AUTHORITY, TRADE, UNIVERSITY
from scoring.match.phones import read_phone

_PARTS_OF_NUMBERS = re.compile(r"(\d+)")


@dataclass(frozen=True)
class Lead:
    mail: str
    """Host, empty where it says nothing."""
    web: str
    names: tuple[Name, ...]
    phone: str
    place: Place

    @property
    def hosts(self) -> tuple[str, ...]:
        """The mail's first: an address of a client may stand in a form's website."""
        return tuple(dict.fromkeys(host for host in (self.mail, self.web) if host))


@dataclass(frozen=True)
class Account:
    id: str
    names: tuple[Name, ...]
    hosts: tuple[str, ...]
    phone: str
    place: Place
    parent: str
    rank: tuple[bool, bool, str]
    """Open opportunity, customer, day of the last activity: more is better."""

    @cached_property
    def labels(self) -> frozenset[str]:
        return frozenset(map(label, self.hosts)) - {""}

    @cached_property
    def whole(self) -> Words:
        return self.names[-1].words if self.names else ()

    @cached_property
    def authority(self) -> bool:
        """Of a state or town, itself or a department."""
        return _of_authority(self.whole, self.place)

    @cached_property
    def _town(self) -> frozenset[str]:
        return frozenset(self.place.city.split())

    @cached_property
    def department(self) -> frozenset[str]:
        """What an authority's name says beside the authority; empty for the authority itself and for whoever is none."""
        return frozenset(self.whole) - AUTHORITY - self._town if self.authority else frozenset()

    @cached_property
    def branch(self) -> bool:
        """Named after its city, without a legal form: one of several by its own account."""
        town = tuple(self.place.city.split())
        name = self.names[0] if self.names else Name(())
        several = town and len(name.words) > len(town) and name.words[-len(town) :] == town
        return bool(several and not name.formed and not (AUTHORITY | UNIVERSITY) & set(name.words))

    @cached_property
    def called(self) -> frozenset[str]:
        """Its own words run together; group, holding and the own city aside; with and without the own country."""
        words = self.names[0].own if self.names else ()
        town = tuple(self.place.city.split())
        if town and len(words) > len(town) and words[-len(town) :] == town:
            words = words[: -len(town)]
        ways = {"".join(words)}
        if len(words) > 1 and self.place.country and land_named(words[-1]) == self.place.country:
            ways.add("".join(words[:-1]))
        return frozenset(ways) - {""}

    @cached_property
    def traded_as(self) -> frozenset[str]:
        """Names that only its hosts say: the legal name is another."""
        own = {name.core for name in self.names} | {name.brand for name in self.names}
        own |= {name.initials for name in self.names}
        return frozenset(one for one in self.labels if not any(_alike(one, name) for name in own))


def _alike(one: str, name: str) -> bool:
    return one == name or (len(name) > 3 and one.startswith(name)) or (len(one) > 3 and name.startswith(one))


def read_lead(email: str, company: str, website: str, phone: str, city: str, country: str) -> Lead:
    return Lead(
        read_host(email) if "@" in email else "",
        read_host(website[:300]),
        read_names(company),
        read_phone(phone[:60]),
        read_place(city, country),
    )


def read_account(
    id_: str,
    name: str,
    hosts: Iterable[str],
    phone: str,
    city: str,
    country: str,
    parent: str,
    type_: str,
    open_: str,
    last_activity: str,
) -> Account:
    found = dict.fromkeys(host for text in hosts for part in re.split(r"[;,\s|]+", text[:2_000]) if (host := read_host(part)))
    rank = (_yes(open_), type_.strip().casefold() == "customer", last_activity.strip()[:10])
    place = read_place(city, country)
    names = read_names(name)
    if len(names) > 1 and _of_authority(names[-1].words, place):
        names = names[-1:]  # 'Town, Department' is one name, and no brand of the town's
    return Account(id_, names, tuple(found), read_phone(phone[:60]), place, parent.strip(), rank)


def _of_authority(words: Words, place: Place) -> bool:
    own = set(words)
    return bool(AUTHORITY & own and not UNIVERSITY & own and set(place.city.split()) & own)


def _yes(text: str) -> bool:
    text = text.strip().casefold()
    return text in ("true", "yes", "y", "x", "ja", "oui", "si", "sim", "tak") or (text.isdigit() and int(text[:9]) > 0)


def natural(id_: str) -> tuple[tuple[int, str], ...]:
    """Ids by their numbers: A9 before A10."""
    return tuple((int(part[:18]), "") if part.isdigit() else (-1, part) for part in _PARTS_OF_NUMBERS.split(id_))


def trade_only(words: Words) -> bool:
    return all(word in TRADE for word in words)
