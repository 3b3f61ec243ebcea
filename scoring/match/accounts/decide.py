"""Which account a lead belongs to.

Found by the host of its mail or website, one account of the group is chosen by company field, city and country. Without such a
host, name and place (or phone) together must point to one company.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from scoring.match.accounts.agreement import SAID, Level, agree, beginning_is_label, beginning_only_trade, named_by_host
from scoring.match.accounts.certainty import Ground, probability
from scoring.match.accounts.hosts import label
from scoring.match.accounts.index import Accounts
from scoring.match.accounts.places import Place, abroad, land_named, other_city, same_city
from scoring.match.accounts.records import Account, Lead
from scoring.match.accounts.words import AUTHORITY, GROUP

SAME: Final = 0.95
_BLOCK: Final = 5
"""Digits that extensions of one switchboard share, of the eight kept."""
_SURE_ENOUGH: Final = (Level.SLIP, Level.SHORTENED, Level.TRADED_AS)
"""What in the same land is taken for the company where its account names no city."""
Numbers = Sequence[int]


@dataclass(frozen=True, slots=True)
class Match:
    account: str
    """Id; empty for none."""
    probability: float
    """That this account is right; 0 with none."""
    evidence: tuple[str, ...]

    @property
    def verdict(self) -> Literal["same", "possible", ""]:
        if not self.account:
            return ""
        return "same" if self.probability >= SAME else "possible"


@dataclass(frozen=True, slots=True)
class _Chosen:
    number: int | None
    ground: Ground
    said: tuple[str, ...]


def match_account(lead: Lead, accounts: Accounts) -> Match:
    """One lead against an index of all accounts, or of the few that share a key with it."""
    chosen = _by_host(lead, accounts) or _by_own_host(lead, accounts) or _by_name(lead, accounts)
    if chosen.number is None:
        return Match("", 0.0, chosen.said)
    number, said = _first_of_twins(chosen.number, accounts)
    return Match(accounts.all[number].id, probability(chosen.ground), chosen.said + said)


def _first_of_twins(number: int, accounts: Accounts) -> tuple[int, tuple[str, ...]]:
    """The entry to go by where a company stands there several times in one place."""
    twins = [number, *accounts.twins(number)]
    best = accounts.best(twins)
    if len(twins) == 1:
        return number, ()
    return best, (f"of {len(twins)} entries of one company in one place, the one that is furthest along",)


# By host


def _by_host(lead: Lead, accounts: Accounts) -> _Chosen | None:
    for host in lead.hosts:
        if seeds := accounts.on_host(host):
            where = "mail" if host == lead.mail else "website"
            return _in_group(lead, accounts, seeds, f"the {where}'s domain {host} is on the account", Ground.HOST, host)
    return None


def _in_group(lead: Lead, accounts: Accounts, seeds: Numbers, why: str, ground: Ground, host: str) -> _Chosen:
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
        if above is not None and said and any(said in (name.core, "".join(name.brand)) for name in accounts.all[above].names):
            pool.add(above)
    roots = [one for one in pool if accounts.parent(one) not in pool] or sorted(pool)
    leading = [one for one in roots if any(child in pool for child in accounts.children(one))] or roots
    called = [one for one in leading if any(said in (name.core, "".join(name.own)) for name in accounts.all[one].names)]
    grouped = [one for one in leading if accounts.all[one].names and GROUP & set(accounts.all[one].names[0].words)]
    return accounts.best(called if len(called) == 1 else grouped if len(grouped) == 1 else leading)


def _placed(
    lead: Lead, accounts: Accounts, among: Numbers, top: int | None, said: tuple[str, ...], ground: Ground, level: Level
) -> _Chosen:
    """One of several accounts of one name: branches by city, countries by country, else the one at the top."""
    if len(among) == 1 and not accounts.all[among[0]].branch:
        return _Chosen(among[0], _finer(ground, level, alone=True), said)
    place = _place_said(lead, accounts, among)
    if _branches(accounts, among):
        return _branch(accounts, among, place, top, said, ground)
    here = [one for one in among if same_city(place, accounts.all[one].place)]
    if here:
        return _Chosen(accounts.best(here), ground, (*said, "the city is the same"))
    inland = [one for one in among if place.country and accounts.all[one].place.country == place.country]
    if inland:
        best = top if top in inland and top is not None else accounts.best(inland)
        return _Chosen(best, ground, (*said, "the country is the same"))
    top = top if top is not None and top in among else _above(accounts, among)
    return _Chosen(top, _finer(ground, level, alone=False), (*said, "the account at the top"))


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


def _branch(accounts: Accounts, among: Numbers, place: Place, top: int | None, said: tuple[str, ...], ground: Ground) -> _Chosen:
    whole = [one for one in among if _whole(accounts, one, among)]
    here = [one for one in among if same_city(place, accounts.all[one].place)]
    if branches := [one for one in here if one not in whole] or here:
        return _Chosen(accounts.best(branches), ground, (*said, "the branch in the lead's city"))
    if whole:
        return _Chosen(accounts.best(whole), ground, (*said, "no branch in the lead's city: the account of the whole"))
    if not place.city and top is not None and len(among) == 1:
        return _Chosen(None, ground, (*said, "a branch, and the lead names no city"))
    return _Chosen(None, ground, (*said, "no branch in the lead's city, and no account of the whole"))


def _whole(accounts: Accounts, one: int, among: Numbers) -> bool:
    account = accounts.all[one]
    if account.branch:
        return False
    if any(child in among for child in accounts.children(one)):
        return True
    name = account.names[0]
    others = [accounts.all[other] for other in among if other != one]
    special = name.formed or bool(GROUP & set(name.words))
    alike = sum(bool(other.names and (other.names[0].formed or GROUP & set(other.names[0].words))) for other in others)
    return special and accounts.parent(one) not in among and alike * 2 < max(len(others), 1)


# Authorities


def _of_authority(lead: Lead, accounts: Accounts, seeds: Numbers, members: Numbers, why: str, ground: Ground) -> _Chosen:
    towns = frozenset(word for one in members for word in accounts.all[one].place.city.split())
    said = frozenset(lead.names[-1].words if lead.names else ()) - AUTHORITY - towns
    named = [one for one in members if accounts.all[one].department and _same_department(said, accounts.all[one].department)]
    if named:
        return _Chosen(accounts.best(named), ground, (why, "the company field is this department"))
    whole = [one for one in members if not accounts.all[one].department]
    if not whole:
        return _Chosen(None, ground, (why, "another department, and no account of the authority"))
    at = [one for one in whole if one in seeds] or whole
    return _Chosen(
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


# By name


def _by_own_host(lead: Lead, accounts: Accounts) -> _Chosen | None:
    """A host that is on no account is still the company's, if its name part is and the company field says the same."""
    for host in lead.hosts:
        if not lead.names:
            held = [one for one in accounts.at(f"label:{label(host)}") if same_city(lead.place, accounts.all[one].place)]
            if held and set(held) <= accounts.group([held[0]]):
                why = f"the domain {host} has the name part of its domain; the city is the same"
                return _in_found(lead, accounts, held, why, Ground.NAME_PART)
        elif label(host) and named_by_host(host, lead):
            held = [one for one in accounts.by_name(lead) if _other_host(lead, accounts.all[one], host)]
            if chosen := _one_company(lead, accounts, held, f"the domain {host} is made of its name", Ground.OWN_HOST):
                return chosen
    return None


def _other_host(lead: Lead, account: Account, host: str) -> bool:
    level = agree(lead, account)
    if label(host) in account.labels and level <= Level.TRADED_AS:
        return level < Level.TRADED_AS or same_city(lead.place, account.place)
    return level in (Level.SAME, Level.SHORTENED, Level.PLACE_ASIDE)


def _one_company(lead: Lead, accounts: Accounts, held: Numbers, why: str, ground: Ground) -> _Chosen | None:
    near = [one for one in held if same_city(lead.place, accounts.all[one].place) or _phone(lead, accounts.all[one])]
    inland = [one for one in held if not abroad(lead.place, accounts.all[one].place)]
    labelled = [one for one in held if any(label(host) in accounts.all[one].labels for host in lead.hosts)]
    for pool in (near, [one for one in inland if one in labelled], labelled, inland, held):
        if pool:
            break
    else:
        return None
    if not set(pool) <= accounts.group([pool[0]]):
        return None
    if not near and _common(accounts, pool[0]):
        return None
    return _in_found(lead, accounts, pool, why, ground)


def _common(accounts: Accounts, number: int) -> bool:
    """Whether several companies are called so."""
    return any(accounts.companies(name.core, "") > 1 for name in accounts.all[number].names[:1])


def _by_name(lead: Lead, accounts: Accounts) -> _Chosen:
    if not lead.names:
        return _Chosen(None, Ground.NAME, ("no company, and no domain that is anybody's",))
    found = sorted(accounts.by_name(lead))
    sure = any(named_by_host(host, lead) for host in lead.hosts)  # who owns the spelling as a domain spells it so
    most = Level.BEGINNING if sure else Level.SLIPS
    graded = [(level, one) for one in found if (level := agree(lead, accounts.all[one])) <= most]
    near = [(level, one) for level, one in graded if _near_enough(lead, accounts.all[one], level)]
    if near:
        best = min(level for level, _ in near)
        pool = [one for level, one in near if level == best]
        return _only(lead, accounts, pool, best, _ground(best))
    inland = [one for level, one in graded if level in (Level.SAME, Level.SHORTENED) and _inland(lead, accounts.all[one])]
    if inland and not _common_inland(lead, accounts, inland):
        return _only(lead, accounts, inland, Level.SAME, Ground.NAME_COUNTRY)
    return _Chosen(None, Ground.NAME, ("no account of this name that the lead's place or phone points to",))


def _near_enough(lead: Lead, account: Account, level: Level) -> bool:
    phone = _phone(lead, account)
    if other_city(lead.place, account.place) or abroad(lead.place, account.place):
        return phone and level <= Level.PLACE_ASIDE
    brand = beginning_is_label(lead, account)
    inland = bool(lead.place.country) and lead.place.country == account.place.country
    if not (phone or same_city(lead.place, account.place)):
        return inland and ((level == Level.BEGINNING and brand) or (level in _SURE_ENOUGH and not account.place.city))
    return level != Level.BEGINNING or brand or beginning_only_trade(lead, account)


def _inland(lead: Lead, account: Account) -> bool:
    return bool(lead.place.country) and lead.place.country == account.place.country and not other_city(lead.place, account.place)


def _common_inland(lead: Lead, accounts: Accounts, inland: Numbers) -> bool:
    return any(accounts.companies(accounts.all[one].names[0].core, lead.place.country) > 1 for one in inland)


def _ground(level: Level) -> Ground:
    if level in (Level.SAME, Level.GROUP_ASIDE, Level.PLACE_ASIDE):
        return Ground.NAME
    return {Level.SLIP: Ground.SLIP, Level.SLIPS: Ground.SLIPS}.get(level, Ground.NAME_PART)


def _only(lead: Lead, accounts: Accounts, pool: Numbers, level: Level, ground: Ground) -> _Chosen:
    if not set(pool) <= accounts.group([pool[0]]):
        called = [one for one in pool if _phone(lead, accounts.all[one])]
        if not called or not set(called) <= accounts.group([called[0]]):
            return _Chosen(None, ground, ("several companies fit the name and the place",))
        pool = called
    why = "the city is the same" if same_city(lead.place, accounts.all[pool[0]].place) else "the country is the same"
    if _phone(lead, accounts.all[pool[0]]):
        why = "the phone is of the same switchboard"
    return _in_found(lead, accounts, pool, f"{SAID[level]}; {why}", ground)


def _in_found(lead: Lead, accounts: Accounts, pool: Numbers, why: str, ground: Ground) -> _Chosen:
    """One of a company's accounts that were found by name."""
    if any(accounts.all[one].authority for one in pool):
        members = sorted(accounts.group(pool))
        return _of_authority(lead, accounts, pool, members, why, ground)
    group = accounts.group(pool)
    level = min(agree(lead, accounts.all[one]) for one in pool)
    same = sorted({one for one in group if accounts.all[one].called & accounts.all[pool[0]].called} | set(pool))
    return replace(_placed(lead, accounts, same, None, (why,), ground, level), ground=ground)


def _phone(lead: Lead, account: Account) -> bool:
    """The same number, or extensions of one switchboard."""
    if not lead.phone or not account.phone:
        return False
    return lead.phone == account.phone or (
        len(lead.phone) == len(account.phone) > 7 and lead.phone[:_BLOCK] == account.phone[:_BLOCK]
    )
