"""How often a lead found on such a ground is given the right account.

Set by hand, below what was counted on made-up companies and on a labelled file; two slips are the least certain of them.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final


class Ground(Enum):
    HOST = "host"
    HOST_TOP = "host, the account at the top"
    OWN_HOST = "a host made of the name"
    NAME = "name and place"
    NAME_COUNTRY = "name and country"
    NAME_PART = "part of a name, and place"
    SLIP = "misspelled name, and place"
    SLIPS = "name misspelled twice, and place"


_RIGHT: Final[Mapping[Ground, float]] = {
    Ground.HOST: 0.99,
    Ground.HOST_TOP: 0.96,
    Ground.OWN_HOST: 0.97,
    Ground.NAME: 0.98,
    Ground.NAME_COUNTRY: 0.96,
    Ground.NAME_PART: 0.95,
    Ground.SLIP: 0.95,
    Ground.SLIPS: 0.90,
}


def probability(ground: Ground) -> float:
    return _RIGHT[ground]
