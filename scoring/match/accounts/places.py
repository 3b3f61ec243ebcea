"""Where a company is: a city under all its names, and a country as its code."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from scoring.match.folding import fold, spelled
from scoring.match.places import read_country

_ALIKE: Final = """
mumbai bombay|kolkata calcutta|chennai madras|bengaluru bangalore|pune poona|gurugram gurgaon|delhi new delhi|kochi cochin
thiruvananthapuram trivandrum|varanasi benares|vadodara baroda|mysuru mysore|mangaluru mangalore|prayagraj allahabad
munchen munich|koln cologne|nurnberg nuremberg|hannover hanover|braunschweig brunswick|frankfurt am main frankfurt ffm
dusseldorf dussldorf|warszawa warsaw|krakow cracow|wroclaw breslau|gdansk danzig|poznan posen|lodz lodsch|szczecin stettin
den haag the hague s gravenhage sgravenhage hague|den bosch s hertogenbosch shertogenbosch|goteborg gothenburg
sevilla seville|zaragoza saragossa|a coruna la coruna coruna corunna|san sebastian donostia
vitoria vitoria gasteiz|bilbao bilbo|mallorca palma palma de mallorca|lyon lyons|marseille marseilles|strasbourg strassburg
sao paulo sp sampa|rio de janeiro rj rio|belo horizonte bh|brasilia bsb|porto alegre poa|new york nyc new york city ny
los angeles la l a|san francisco sf san fran|washington washington dc d c|philadelphia philly|saint louis st louis
saint paul st paul|saint petersburg st petersburg|saint etienne st etienne|fort worth ft worth|las vegas vegas
newcastle upon tyne newcastle|kingston upon hull hull|brighton and hove brighton|wien vienna|zurich zuerich|geneve geneva genf
bruxelles brussels brussel|antwerpen antwerp anvers|gent ghent|lisboa lisbon|praha prague|kobenhavn copenhagen
milano milan|roma rome|torino turin|firenze florence|venezia venice|napoli naples
"""
_MULTI: Final = (
    "new delhi", "frankfurt am main", "den haag", "the hague", "s gravenhage", "den bosch", "s hertogenbosch", "a coruna",
    "la coruna", "san sebastian", "vitoria gasteiz", "palma de mallorca", "sao paulo", "rio de janeiro", "belo horizonte",
    "porto alegre", "new york city", "new york", "los angeles", "l a", "san francisco", "san fran", "washington dc", "d c",
    "saint louis", "st louis", "saint paul", "st paul", "saint petersburg", "st petersburg", "saint etienne", "st etienne",
    "fort worth", "ft worth", "las vegas", "newcastle upon tyne", "kingston upon hull", "brighton and hove",
)  # fmt: skip


def _table() -> dict[str, str]:
    known: dict[str, str] = {}
    for line in "|".join(_ALIKE.strip().splitlines()).split("|"):
        rest, names = f" {line} ", []
        for several in _MULTI:
            if f" {several} " in rest:
                names.append((rest.index(f" {several} "), several))
                rest = rest.replace(f" {several} ", " " * (len(several) + 2), 1)
        names += [(rest.index(f" {word} "), word) for word in rest.split()]
        ordered = [name for _, name in sorted(names)]
        known.update({spelled(name) or name: spelled(ordered[0]) or ordered[0] for name in ordered})
    return known


_KNOWN: Final = _table()
_AROUND: Final = re.compile(
    r"\b(?:metro(?:politan)? area|area|city|capital|region|greater|centre|center|centro|downtown|cedex)\b"
)


_LANDS: Final = {
    "united states of america": "us", "the united states": "us", "ger": "de", "sverige": "se", "polska": "pl", "ned": "nl",
    "northern ireland": "gb", "u k": "gb", "spa": "es", "swe": "se", "bharat": "in", "estados unidos": "us",
    "republic of india": "in",
}  # fmt: skip


@lru_cache(maxsize=10_000)
def read_land(text: str) -> str:
    """The two-letter code, under the names that people type; what is no country stays as it is."""
    return _LANDS.get(fold(text)) or read_country(text)


def land_named(text: str) -> str:
    """The code of a country named in full; empty for any other word."""
    code = read_land(text)
    return code if len(code) == 2 and len(text) > 3 else ""


@lru_cache(maxsize=100_000)
def read_city(text: str) -> str:
    """Folded, under one of its names; without district and state behind it."""
    first = text.split(",", maxsplit=1)[0]
    plain = re.sub(r"\s+", " ", re.sub(r"\b[a-z]{0,3}\d+[a-z]?\b", "", fold(first))).strip()
    for tried in (plain, _AROUND.sub("", plain).strip(), re.sub(r"s? kommun$", "", plain), plain.rpartition(" ")[0]):
        name = spelled(" ".join(tried.split())) or " ".join(tried.split())
        if name in _KNOWN:
            return _KNOWN[name]
    around = re.sub(r"s? kommun$", "", _AROUND.sub("", plain)).strip() or plain
    return spelled(" ".join(around.split())) or around


@dataclass(frozen=True, slots=True)
class Place:
    """Empty where it is not said."""

    city: str
    country: str


def read_place(city: str, country: str) -> Place:
    return Place(read_city(city[:100]), read_land(country[:100]))


def same_city(one: Place, other: Place) -> bool:
    """Also where one says a district behind it."""
    a, b = one.city, other.city
    if not a or not b or abroad(one, other):
        return False
    return a == b or a.startswith(f"{b} ") or b.startswith(f"{a} ")


def other_city(one: Place, other: Place) -> bool:
    return bool(one.city and other.city) and not same_city(one, other)


def abroad(one: Place, other: Place) -> bool:
    return bool(one.country and other.country and one.country != other.country)
