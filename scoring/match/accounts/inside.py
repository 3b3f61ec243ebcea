"""Which of a company's accounts: by department, subsidiary, branch or land, and else the one at the top."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from scoring.match.accounts.agreement import SAID, Level, agree
from scoring.match.accounts.certainty import Ground
from scoring.match.accounts.hosts import label
from scoring.match.accounts.index import Accounts
from scoring.match.accounts.names import Name
from scoring.match.accounts.places import Place, abroad, land_named, same_city
from scoring.match.accounts.records import Lead
from scoring.match.accounts.words import AUTHORITY, GROUP

Numbers = Sequence[int]


@dataclass(frozen=True, slots=True)
class Chosen:
    number: int | None
    """Of an account; None where the group has none for this lead."""
    ground: Ground
    said: tuple[str, ...]


def in_group(lead: Lead, accounts: Accounts, seeds: Numbers, why: str, ground: Ground, host: str) -> Chosen:
    members = sorted({*accounts.group(seeds), *(one for seed in seeds for one in accounts.hostless(seed))})
    if any(accounts.all[one].authority for one in seeds):
        return _of_authority(lead, accounts, seeds, members, why, ground)
    top = _top(accounts, seeds, host)
    over = {one for seed in seeds for one in accounts.above(seed)} - set(seeds) - {top}
    named, level = _named(lead, accounts, [one for one in members if one not in over])
    if level > Level.GROUP_ASIDE and any(agree(lead, accounts.all[one]) <= Level.GROUP_ASIDE for one in over):
        named, level = [], Level.ANOTHER
    if named and not _brand(named, top, accounts):
        return _placed(lead, accounts, named, None, (why, SAID[level]), ground, level)
    same = [one for one in members if accounts.all[one].called & accounts.all[top].called]
    said = (why, SAID[level]) if named else ((why, SAID[Level.ANOTHER]) if lead.names else (why,))
    return _placed(lead, accounts, same or [top], top, said, ground, level)


def _brand(named: Numbers, top: int, accounts: Accounts) -> bool:
    return any(one == top or accounts.all[one].called & accounts.all[top].called for one in named)


def _named(lead: Lead, accounts: Accounts, members: Numbers) -> tuple[list[int], Level]:
    """The members that the company field names best."""
    levels = {one: agree(lead, accounts.all[one]) for one in members} if lead.names else {}
    best = min(levels.values(), default=Level.ANOTHER)
    if best == Level.ANOTHER:
        return [], best
    found = [one for one, level in levels.items() if level == best]
    if best == Level.BEGINNING and not frozenset.intersection(*(accounts.all[one].called for one in found)):
        return [], best
    return found, best


def _top(accounts: Accounts, seeds: Numbers, host: str) -> int:
    """The account at the top of those on a host."""
    said = label(host)
    pool = set(seeds)
    for one in seeds:
        above = accounts.parent(one)
        if above is not None and said and any(said in (name.core, name.brand) for name in accounts.all[above].names):
            pool.add(above)
    roots = [one for one in pool if accounts.parent(one) not in pool] or sorted(pool)
    leading = [one for one in roots if any(child in pool for child in accounts.children(one))] or roots
    called = [one for one in leading if any(said in (name.core, name.own_core) for name in accounts.all[one].names)]
    grouped = [one for one in leading if accounts.all[one].names and GROUP & set(accounts.all[one].names[0].words)]
    return accounts.best(called if len(called) == 1 else grouped if len(grouped) == 1 else leading)


def _placed(
    lead: Lead, accounts: Accounts, among: Numbers, top: int | None, said: tuple[str, ...], ground: Ground, level: Level
) -> Chosen:
    """One of several accounts of one name: branches by city, countries by country, else the one at the top."""
    if len(among) == 1 and not accounts.all[among[0]].branch:
        return Chosen(among[0], _finer(ground, level, alone=True), said)
    place = _place_said(lead, accounts, among)
    if _branches(accounts, among):
        return _branch(accounts, among, place, top, said, ground)
    here = [one for one in among if same_city(place, accounts.all[one].place)]
    if here:
        return Chosen(accounts.best(here), ground, (*said, "the city is the same"))
    inland = [one for one in among if place.country and accounts.all[one].place.country == place.country]
    if inland:
        best = top if top in inland and top is not None else accounts.best(inland)
        return Chosen(best, ground, (*said, "the country is the same"))
    top = top if top is not None and top in among else _above(accounts, among)
    return Chosen(top, _finer(ground, level, alone=False), (*said, "the account at the top"))


def _above(accounts: Accounts, among: Numbers) -> int:
    roots = [one for one in among if accounts.parent(one) not in among]
    leading = [one for one in roots if accounts.children(one)]
    return accounts.best(leading or roots or among)


def _finer(ground: Ground, level: Level, *, alone: bool) -> Ground:
    if ground == Ground.HOST and level == Level.ANOTHER and not alone:
        return Ground.HOST_TOP
    return ground


def _place_said(lead: Lead, accounts: Accounts, among: Numbers) -> Place:
    """A place in the company field counts before the lead's own."""
    words = " ".join(word for name in lead.names for word in name.words)
    for one in among:
        city = accounts.all[one].place.city
        own = accounts.all[one].names[0].words if accounts.all[one].names else ()
        if city and f" {city}" in f" {words}" and not words.startswith(city) and (not own or own[0] in words):
            return Place(city, accounts.all[one].place.country)
    for name in lead.names:
        land = land_named(name.words[-1]) if len(name.words) > 1 else ""
        part = any(name.words[-1] in accounts.all[one].whole for one in among)
        if land and not part and not abroad(lead.place, Place("", land)):
            return Place(lead.place.city, land)
    return lead.place


def _branches(accounts: Accounts, among: Numbers) -> bool:
    """Whether accounts of one name stand in several cities of one land, or call themselves after theirs."""
    cities: dict[str, set[str]] = {}
    for one in among:
        place = accounts.all[one].place
        if accounts.all[one].branch:
            return True
        if place.city and not accounts.children(one):
            cities.setdefault(place.country, set()).add(place.city)
    return any(len(found) > 1 for found in cities.values())


def _branch(accounts: Accounts, among: Numbers, place: Place, top: int | None, said: tuple[str, ...], ground: Ground) -> Chosen:
    whole = [one for one in among if _whole(accounts, one, among)]
    here = [one for one in among if same_city(place, accounts.all[one].place)]
    if branches := [one for one in here if one not in whole] or here:
        return Chosen(accounts.best(branches), ground, (*said, "the branch in the lead's city"))
    if whole:
        return Chosen(accounts.best(whole), ground, (*said, "no branch in the lead's city: the account of the whole"))
    if not place.city and top is not None and len(among) == 1:
        return Chosen(None, ground, (*said, "a branch, and the lead names no city"))
    return Chosen(None, ground, (*said, "no branch in the lead's city, and no account of the whole"))


def _whole(accounts: Accounts, one: int, among: Numbers) -> bool:
    account = accounts.all[one]
    if account.branch:
        return False
    if any(child in among for child in accounts.children(one)):
        return True
    name = account.names[0] if account.names else Name(())
    others = [accounts.all[other] for other in among if other != one]
    special = name.formed or bool(GROUP & set(name.words))
    alike = sum(bool(other.names and (other.names[0].formed or GROUP & set(other.names[0].words))) for other in others)
    return special and accounts.parent(one) not in among and alike * 2 < max(len(others), 1)


def in_found(lead: Lead, accounts: Accounts, pool: Numbers, why: str, ground: Ground) -> Chosen:
    """One of a company's accounts that were found by name."""
    if any(accounts.all[one].authority for one in pool):
        members = sorted(accounts.group(pool))
        return _of_authority(lead, accounts, pool, members, why, ground)
    group = accounts.group(pool)
    level = min(agree(lead, accounts.all[one]) for one in pool)
    same = sorted({one for one in group if accounts.all[one].called & accounts.all[pool[0]].called} | set(pool))
    return replace(_placed(lead, accounts, same, None, (why,), ground, level), ground=ground)


def _of_authority(lead: Lead, accounts: Accounts, seeds: Numbers, members: Numbers, why: str, ground: Ground) -> Chosen:
    towns = frozenset(word for one in members for word in accounts.all[one].place.city.split())
    said = frozenset(lead.names[-1].words if lead.names else ()) - AUTHORITY - towns
    named = [one for one in members if accounts.all[one].department and _same_department(said, accounts.all[one].department)]
    if named:
        return Chosen(accounts.best(named), ground, (why, "the company field is this department"))
    whole = [one for one in members if not accounts.all[one].department]
    if not whole:
        return Chosen(None, ground, (why, "another department, and no account of the authority"))
    at = [one for one in whole if one in seeds] or whole
    return Chosen(
        _above(accounts, at), ground, (why, "no department of it is named" if not said else "its department has no account")
    )


def _same_department(said: frozenset[str], account: frozenset[str]) -> bool:
    if not said:
        return False
    if said == account:
        return True
    left, right = said - account, account - said
    return bool(said & account) and all(_near(word, right) for word in left) and all(_near(word, left) for word in right)


def _near(word: str, others: Iterable[str]) -> bool:
    return any(word[:4] == other[:4] for other in others) or word in ("department", "dept", "office", "division", "service")
