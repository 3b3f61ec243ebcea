"""Accounts by what a lead may share with them, and which of them are one group."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from scoring.match.accounts.hosts import label
from scoring.match.accounts.names import Name
from scoring.match.accounts.places import Place, abroad, other_city, same_city
from scoring.match.accounts.records import Account, Lead, natural
from scoring.match.accounts.words import TRADE

MANY: Final = 400
"""More accounts than this under one key: the key says nothing."""
_UNLIKE: Final = 4
"""A host on so many companies that have nothing else in common is a provider's."""
GROUP: Final = 2_000


class Accounts:
    """Looked up by number, 0 to count - 1."""

    def __init__(self, accounts: Sequence[Account]) -> None:
        self.all = accounts
        self._number = {account.id: number for number, account in enumerate(accounts)}
        self._children: defaultdict[int, list[int]] = defaultdict(list)
        self._keys: defaultdict[str, list[int]] = defaultdict(list)
        for number, account in enumerate(accounts):
            if (parent := self._parent(account)) is not None:
                self._children[parent].append(number)
            for key in keys_of_account(account):
                self._keys[key].append(number)
        self._providers = {key for key, held in self._keys.items() if key.startswith("host:") and self._anybodys(held)}
        self._groups: dict[int, frozenset[int]] = {}

    def _parent(self, account: Account) -> int | None:
        return self._number.get(account.parent) if account.parent else None

    def _anybodys(self, held: Sequence[int]) -> bool:
        """Whether companies stand on a host that have no word in common, no parent, and nothing of the host's name."""
        if len(held) < _UNLIKE:
            return False
        words = {one: {word for name in self.all[one].names for word in name.words} - TRADE for one in held}
        often = Counter(word for said in words.values() for word in said)
        lonely = [one for one in held if not any(2 * often[word] > len(held) for word in words[one])]
        lonely = [one for one in lonely if not self._tied(one)]
        return len(lonely) >= _UNLIKE and len(lonely) > len(held) / 2

    def _tied(self, number: int) -> bool:
        account = self.all[number]
        named = any(one.startswith(name.words[0]) or name.core in one for name in account.names for one in account.labels)
        return bool(account.parent or self._children.get(number) or named)

    def at(self, key: str) -> Sequence[int]:
        held = self._keys.get(key, ())
        return () if key in self._providers or (len(held) > MANY and not key.startswith("host:")) else held

    def parent(self, number: int) -> int | None:
        return self._parent(self.all[number])

    def above(self, number: int) -> list[int]:
        """Parents, the nearest first."""
        found: list[int] = []
        parent = self.parent(number)
        while parent is not None and parent not in found:
            found.append(parent)
            parent = self.parent(parent)
        return found

    def children(self, number: int) -> Sequence[int]:
        return self._children.get(number, ())

    def on_host(self, host: str) -> Sequence[int]:
        return self.at(f"host:{host}")

    def by_name(self, lead: Lead) -> set[int]:
        """Who may be meant by the company field, its place not yet looked at."""
        return {one for key in _called_keys(lead) for one in self.at(key)}

    def by_slip(self, lead: Lead) -> set[int]:
        """Who may be meant by it if it is misspelled, in the lead's city, or land where an account names no city."""
        return {one for key in _slip_keys(lead) for one in self.at(key)}

    def companies(self, core: str, country: str) -> int:
        """How many companies, linked ones once, are called so in a country; in any, if it is empty."""
        held = [one for one in self._keys.get(f"core:{core}", ()) if not country or self.all[one].place.country in ("", country)]
        seen: set[int] = set()
        count = 0
        for one in held[:MANY]:
            if one not in seen:
                seen |= self.group([one])
                count += 1
        return count

    def group(self, seeds: Iterable[int]) -> frozenset[int]:
        """All that are linked: by parent, by host, or as two entries of one company in one place."""
        seeds = list(seeds)
        known = self._groups.get(seeds[0]) if seeds else frozenset()
        if known is not None and known.issuperset(seeds):
            return known
        found, open_ = set(seeds), list(seeds)
        while open_ and len(found) < GROUP:
            new = [one for one in self._linked(open_.pop()) if one not in found]
            found.update(new)
            open_ += new
        group = frozenset(found)
        if len(seeds) == 1:
            self._groups.update(dict.fromkeys(group, group))
        return group

    def _linked(self, number: int) -> Iterable[int]:
        account = self.all[number]
        if (parent := self._parent(account)) is not None:
            yield parent
        yield from self.children(number)
        for host in account.hosts:
            yield from self.on_host(host)
        yield from self.twins(number)

    def twins(self, number: int) -> list[int]:
        """Further entries of the same company in the same place."""
        account = self.all[number]
        if not account.names:
            return []
        core = f"core:{account.names[0].core}"
        held = self.at(core) or self.at(f"{core}@{account.place.city}")
        return [one for one in held if one != number and _twins(account, self.all[one])]

    def hostless(self, number: int) -> list[int]:
        """Accounts of the same name in the same land that have no host of their own: branches, as far as one can see."""
        account = self.all[number]
        held = [one for called in sorted(account.called) for one in self.at(f"hostless:{called}")]
        if account.authority:
            held = [*held, *self.at(f"hostless authority:{account.place.city}")]
        return [one for one in held if not abroad(account.place, self.all[one].place)]

    def best(self, numbers: Iterable[int]) -> int:
        """Open opportunity, customer, most recent activity, smallest id."""
        ordered = sorted(numbers, key=lambda one: natural(self.all[one].id))
        return max(ordered, key=lambda one: self.all[one].rank)


def _twins(one: Account, other: Account) -> bool:
    if abroad(one.place, other.place) or other_city(one.place, other.place):
        return False
    if one.parent and other.parent and one.parent != other.parent:
        return False
    if one.parent == other.id or other.parent == one.id:
        return False
    tied = bool(set(one.hosts) & set(other.hosts) or one.labels & other.labels)
    tied = tied or bool(one.phone and one.phone == other.phone)
    lacking = not one.hosts or not other.hosts
    return tied or (lacking and same_city(one.place, other.place))


def keys_of_account(account: Account) -> set[str]:
    """What it is looked up by."""
    keys = {f"host:{host}" for host in account.hosts} | {f"label:{one}" for one in account.labels}
    place = account.place
    for name in account.names:
        keys |= {f"core:{name.core}", f"core:{''.join(sorted(name.words))}", f"label:{name.core}", f"label:{name.own_core}"}
        keys |= {f"first:{name.words[0]}:{place.country}", f"initials:{name.initials}", f"core:{name.core}@{place.city}"}
        keys |= {f"slip:{_where(place)}:{part}" for part in _pieces(name)}
    if not account.hosts:
        keys |= {f"hostless:{called}" for called in account.called}
    if not account.hosts and account.authority:
        keys.add(f"hostless authority:{place.city}")
    if account.phone:
        keys.add(f"phone:{account.phone}")
    return keys


def keys_of_lead(lead: Lead) -> set[str]:
    """What accounts may share with it."""
    return {f"host:{host}" for host in lead.hosts} | _called_keys(lead) | _slip_keys(lead)


def _called_keys(lead: Lead) -> set[str]:
    keys = {f"label:{said}" for host in lead.hosts if (said := label(host))}
    for name in lead.names:
        keys |= {f"core:{name.core}", f"core:{''.join(sorted(name.words))}", f"core:{name.core}@{lead.place.city}"}
        keys |= {f"label:{name.core}", f"label:{name.brand}", f"first:{name.words[0]}:{lead.place.country}"}
        keys |= {f"initials:{name.core}"} if len(name.words) == 1 else set()
    return keys


def _slip_keys(lead: Lead) -> set[str]:
    wheres = {_where(lead.place), _where(Place("", lead.place.country))}
    return {f"slip:{where}:{part}" for name in lead.names for part in _pieces(name) for where in wheres}


def _where(place: Place) -> str:
    """The city's first word, since a district may stand behind it; without a city the country."""
    return place.city.partition(" ")[0] or f"in {place.country}"


def _pieces(name: Name) -> set[str]:
    """What a slip leaves standing: the beginning, the end, or a whole word."""
    core = name.core
    pieces = {f"<{core[:4]}", f"{core[-4:]}>", f"<{''.join(sorted(core[:3]))}"}
    if len(name.words) > 1:
        pieces |= {word for word in name.words if len(word) > 3}
    elif len(core) < 16:
        size = 3 if len(core) < 9 else 4
        pieces |= {core[at : at + size] for at in range(len(core) - size + 1)}
    return pieces if len(core) > 4 else set()
