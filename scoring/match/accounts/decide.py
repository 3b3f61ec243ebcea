"""Which account a lead belongs to.

Found by the host of its mail or website, one account of the group is chosen by company field, city and country. Without such a
host, name and place (or phone) together must point to one company.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from scoring.match.accounts.agreement import SAID, Level, agree, beginning_is_label, beginning_only_trade, named_by_host
from scoring.match.accounts.certainty import Ground, probability
from scoring.match.accounts.hosts import label
from scoring.match.accounts.index import Accounts
from scoring.match.accounts.inside import Chosen, Numbers, in_found, in_group
from scoring.match.accounts.places import abroad, other_city, same_city
from scoring.match.accounts.records import Account, Lead

SAME: Final = 0.95
_BLOCK: Final = 5
"""Digits that extensions of one switchboard share, of the eight kept."""
_SURE_ENOUGH: Final = (Level.SLIP, Level.SHORTENED, Level.TRADED_AS)
"""What in the same land is taken for the company where its account names no city."""


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


def match_account(lead: Lead, accounts: Accounts) -> Match:
    """One lead against an index of all accounts; or of the few that share a key with it, and those that share one with these."""
    chosen = _by_host(lead, accounts) or _by_own_host(lead, accounts) or _by_name(lead, accounts)
    if chosen.number is None:
        return Match("", 0.0, chosen.said)
    number, said = _first_of_twins(chosen.number, accounts)
    return Match(accounts.all[number].id, probability(chosen.ground), tuple(dict.fromkeys(chosen.said + said)))


def _first_of_twins(number: int, accounts: Accounts) -> tuple[int, tuple[str, ...]]:
    """The entry to go by where a company stands there several times in one place."""
    twins = [number, *accounts.twins(number)]
    best = accounts.best(twins)
    if len(twins) == 1:
        return number, ()
    return best, (f"of {len(twins)} entries of one company in one place, the one that is furthest along",)


def _by_host(lead: Lead, accounts: Accounts) -> Chosen | None:
    for host in lead.hosts:
        if seeds := accounts.on_host(host):
            where = "mail" if host == lead.mail else "website"
            return in_group(lead, accounts, seeds, f"the {where}'s domain {host} is on the account", Ground.HOST, host)
    return None


def _by_own_host(lead: Lead, accounts: Accounts) -> Chosen | None:
    """A host that is on no account is still the company's, if its name part is and the company field says the same."""
    for host in lead.hosts:
        if not lead.names:
            held = [one for one in accounts.at(f"label:{label(host)}") if same_city(lead.place, accounts.all[one].place)]
            if held and set(held) <= accounts.group([held[0]]):
                why = f"the domain {host} has the name part of its domain; the city is the same"
                return in_found(lead, accounts, held, why, Ground.NAME_PART)
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


def _one_company(lead: Lead, accounts: Accounts, held: Numbers, why: str, ground: Ground) -> Chosen | None:
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
    return in_found(lead, accounts, pool, why, ground)


def _common(accounts: Accounts, number: int) -> bool:
    """Whether several companies are called so."""
    return any(accounts.companies(name.core, "") > 1 for name in accounts.all[number].names[:1])


def _by_name(lead: Lead, accounts: Accounts) -> Chosen:
    if not lead.names:
        return Chosen(None, Ground.NAME, ("no company, and no domain that is anybody's",))
    called = _graded(lead, accounts, accounts.by_name(lead), Level.BEGINNING)
    if near := _near(lead, accounts, called):
        return near
    inland = [one for level, one in called if level in (Level.SAME, Level.SHORTENED) and _inland(lead, accounts.all[one])]
    if inland and not _common_inland(lead, accounts, inland):
        return _only(lead, accounts, inland, Level.SAME, Ground.NAME_COUNTRY)
    sure = any(named_by_host(host, lead) for host in lead.hosts)  # who owns the spelling as a domain spells it so
    if not sure and (near := _near(lead, accounts, _graded(lead, accounts, accounts.by_slip(lead), Level.SLIPS))):
        return near
    return Chosen(None, Ground.NAME, ("no account of this name that the lead's place or phone points to",))


Graded = Sequence[tuple[Level, int]]


def _graded(lead: Lead, accounts: Accounts, found: Iterable[int], most: Level) -> Graded:
    return [(level, one) for one in sorted(found) if (level := agree(lead, accounts.all[one])) <= most]


def _near(lead: Lead, accounts: Accounts, graded: Graded) -> Chosen | None:
    near = [(level, one) for level, one in graded if _near_enough(lead, accounts.all[one], level)]
    if not near:
        return None
    best = min(level for level, _ in near)
    return _only(lead, accounts, [one for level, one in near if level == best], best, _ground(best))


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


def _only(lead: Lead, accounts: Accounts, pool: Numbers, level: Level, ground: Ground) -> Chosen:
    if not set(pool) <= accounts.group([pool[0]]):
        called = [one for one in pool if _phone(lead, accounts.all[one])]
        if not called or not set(called) <= accounts.group([called[0]]):
            return Chosen(None, ground, ("several companies fit the name and the place",))
        pool = called
    why = "the city is the same" if same_city(lead.place, accounts.all[pool[0]].place) else "the country is the same"
    if _phone(lead, accounts.all[pool[0]]):
        why = "the phone is of the same switchboard"
    return in_found(lead, accounts, pool, f"{SAID[level]}; {why}", ground)


def _phone(lead: Lead, account: Account) -> bool:
    """The same number, or extensions of one switchboard."""
    if not lead.phone or not account.phone:
        return False
    return lead.phone == account.phone or (
        len(lead.phone) == len(account.phone) > 7 and lead.phone[:_BLOCK] == account.phone[:_BLOCK]
    )
