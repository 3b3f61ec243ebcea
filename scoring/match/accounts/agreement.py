"""How a company field and an account's name agree."""

from enum import IntEnum
from typing import Final

from scoring.match.accounts.hosts import label
from scoring.match.accounts.names import Name, shortened, slips
from scoring.match.accounts.places import land_named
from scoring.match.accounts.records import Account, Lead, trade_only
from scoring.match.accounts.words import GROUP


class Level(IntEnum):
    """The most alike first."""

    SAME = 0
    GROUP_ASIDE = 1
    SHORTENED = 2
    PLACE_ASIDE = 3
    INITIALS = 4
    TRADED_AS = 5
    BEGINNING = 6
    SLIP = 7
    SLIPS = 8
    ANOTHER = 9


SAID: Final = {
    Level.SAME: "the company field is its name",
    Level.GROUP_ASIDE: "the company field is its name, 'group' or 'holding' aside",
    Level.SHORTENED: "the company field is its name with words cut short",
    Level.PLACE_ASIDE: "the company field is its name and the place",
    Level.INITIALS: "the company field is its initials",
    Level.TRADED_AS: "the company field is the name part of its domain",
    Level.BEGINNING: "the company field is the beginning of its name",
    Level.SLIP: "the company field is its name, misspelled",
    Level.SLIPS: "the company field is its name, misspelled twice",
    Level.ANOTHER: "the company field names somebody else",
}


_LEVELS: Final = (Level.ANOTHER, Level.SLIP, Level.SLIPS)


def agree(lead: Lead, account: Account) -> Level:
    best = min((_level(one, other, account, lead) for one in lead.names for other in account.names), default=Level.ANOTHER)
    if best <= Level.PLACE_ASIDE:
        return best
    return min([best, *(_by_label(one, account) for one in lead.names)], default=Level.ANOTHER)


def _level(one: Name, other: Name, account: Account, lead: Lead) -> Level:
    if one.core == other.core or (account.authority and sorted(one.words) == sorted(other.words)):
        return Level.SAME  # 'Town, Department' and 'Department, Town' are one; 'A & B' and 'B & A' are two companies
    if one.words[0] == other.words[0]:
        return _begun_alike(one, other, account, lead)
    if len(one.words) == 1 < min(len(one.core), len(other.words)) and one.core == other.initials:
        return Level.INITIALS
    return _LEVELS[slips(one, other)]


def _begun_alike(one: Name, other: Name, account: Account, lead: Lead) -> Level:
    if one.own_core == other.own_core:
        return Level.GROUP_ASIDE
    if shortened(one.words, other.words) or shortened(one.own, other.own):
        return Level.SHORTENED
    if _place_aside(one, other, account, lead):
        return Level.PLACE_ASIDE
    if len(one.words) < len(other.own) and other.own[: len(one.words)] == one.words:
        return Level.BEGINNING
    return _LEVELS[slips(one, other)]


def _place_aside(one: Name, other: Name, account: Account, lead: Lead) -> bool:
    """'Brand Town' for the branch 'Brand', 'Brand Land' for the land's account, and the other way round."""
    long, short = (one.words, other.words) if len(one.words) > len(other.words) else (other.words, one.words)
    rest = " ".join(long[len(short) :])
    if not rest or long[: len(short)] != short:
        return False
    towns = {account.place.city, *((lead.place.city,) if long is other.words else ())} - {""}
    return rest in towns or land_named(rest) in ({account.place.country, lead.place.country or land_named(rest)} - {""})


def _by_label(one: Name, account: Account) -> Level:
    """By a name that only its domain says, its legal name being another."""
    labels = account.labels
    if len(one.core) > 1 and len(one.words) == 1 and len(one.core) < 6 and one.core in labels:
        return Level.INITIALS
    if account.traded_as & {one.core, one.brand, one.initials if len(one.words) > 2 else one.core}:
        return Level.TRADED_AS
    return Level.ANOTHER


def beginning_only_trade(lead: Lead, account: Account) -> bool:
    """Whether what the company field leaves out says no more than a trade or a group."""
    for one in lead.names:
        for other in account.names:
            rest = other.own[len(one.words) :]
            if rest and other.own[: len(one.words)] == one.words and (trade_only(rest) or set(rest) <= GROUP):
                return True
    return False


def beginning_is_label(lead: Lead, account: Account) -> bool:
    """Whether the company field, the beginning of a name, is the name part of its domain."""
    return any(name.core in account.labels for name in lead.names)


def named_by_host(host: str, lead: Lead) -> bool:
    """Whether a lead's own host is made of the name in its company field."""
    said = label(host)
    ways = {way for name in lead.names for way in (name.core, name.own_core, name.brand)}
    ways |= {way for name in lead.names for way in _without_land(name)}
    return said in ways or any(len(name.words) > 1 and said == name.initials for name in lead.names)


def _without_land(name: Name) -> list[str]:
    for size in (1, 2):
        rest = name.words[:-size]
        if rest and land_named(" ".join(name.words[-size:])):
            own = Name(rest)
            return [own.core, own.own_core, own.brand]
    return []
