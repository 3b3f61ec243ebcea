"""Country: typed text or a domain to ISO 3166-1 alpha-2, and the sales region it belongs to.

Names are those of the Unicode CLDR in seven languages, out of Babel; regions follow the United Nations' M49, with Mexico,
Central America and the Caribbean as Latin America, and Western Asia and Africa as one.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from babel import Locale
from babel.core import get_global

_LANGUAGES: Final = ("en", "de", "fr", "es", "pt", "it", "nl")

_ALSO: Final[Mapping[str, str]] = {
    "usa": "US",
    "us of a": "US",
    "united states of america": "US",
    "the united states": "US",
    "america": "US",
    "eeuu": "US",
    "ee uu": "US",
    "uk": "GB",
    "great britain": "GB",
    "britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "uae": "AE",
    "emirates": "AE",
    "holland": "NL",
    "the netherlands": "NL",
    "korea": "KR",
    "republic of korea": "KR",
    "czech republic": "CZ",
    "turkey": "TR",
    "russian federation": "RU",
    "viet nam": "VN",
    "hong kong": "HK",
    "hongkong": "HK",
    "macau": "MO",
    "ivory coast": "CI",
    "deutschland brd": "DE",
    "burma": "MM",
    "macedonia": "MK",
    "swaziland": "SZ",
    "bosnia": "BA",
    "mainland china": "CN",
    "pr china": "CN",
    "peoples republic of china": "CN",
    "taiwan": "TW",
}

_GENERIC_SUFFIXES: Final = frozenset(
    {
        "io",
        "ai",
        "co",
        "me",
        "tv",
        "cc",
        "ly",
        "gg",
        "to",
        "fm",
        "sh",
        "ws",
        "la",
        "vc",
        "ag",
        "im",
        "so",
        "st",
        "su",
        "eu",
        "nu",
        "is",
        "tk",
        "ml",
        "ga",
        "cf",
        "gq",
    }
)
"""Country codes that are sold to everybody."""


def country_code(typed: str) -> str | None:
    """`Deutschland`, `U.S.A.`, `IN` or `DEU` to alpha-2; None where no country is meant."""
    return _codes().get(_plain(typed))


def country_of_domain(domain: str) -> str | None:
    """`acme.co.uk` to `GB`; None under a suffix that says nothing about a place."""
    suffix = domain.rpartition(".")[2].lower()
    if len(suffix) != 2 or suffix in _GENERIC_SUFFIXES:
        return None
    code = "GB" if suffix == "uk" else suffix.upper()
    return code if code in _REGIONS else None


def region_of(code: str) -> str | None:
    """The sales region of an alpha-2 code."""
    return _REGIONS.get(code)


def _plain(text: str) -> str:
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(letter))
    return re.sub(r"[\W_]+", " ", bare.replace(".", "").replace("'", "").replace("’", "")).strip()


@lru_cache(maxsize=1)
def _codes() -> Mapping[str, str]:
    return {**dict(_names()), **_ALSO}


def _names() -> Iterator[tuple[str, str]]:
    for long_code, codes in get_global("territory_aliases").items():  # CLDR keeps the alpha-3 codes here: DEU is DE
        if len(codes) == 1 and codes[0] in _REGIONS and len(long_code) == 3 and long_code.isalpha():
            yield long_code.lower(), codes[0]
    for language in reversed(_LANGUAGES):  # where two languages disagree, English wins
        for code, name in Locale(language).territories.items():
            if code in _REGIONS:
                yield _plain(name), code
    yield from ((code.lower(), code) for code in _REGIONS if code != "NA")  # who types `NA` means no answer, not Namibia


def _in_region(region: str, codes: str) -> Mapping[str, str]:
    return dict.fromkeys(codes.split(), region)


_REGIONS: Final[Mapping[str, str]] = {
    **_in_region("North America", "US CA BM GL PM UM"),
    **_in_region(
        "Latin America",
        "MX GT BZ SV HN NI CR PA AR BO BR CL CO EC FK GF GY PY PE SR UY VE AG AI AW BB BL BQ BS CU CW DM DO GD GP HT JM KN KY LC "
        "MF MQ MS PR SX TC TT VC VG VI GS BV",
    ),
    **_in_region(
        "Europe",
        "AD AL AT AX BA BE BG BY CH CZ DE DK EE ES FI FO FR GB GG GI GR HR HU IE IM IS IT JE LI LT LU LV MC MD ME MK MT NL NO PL "
        "PT RO RS RU SE SI SJ SK SM UA VA XK CY",
    ),
    **_in_region(
        "Middle East and Africa",
        "AE AM AZ BH GE IL IQ IR JO KW LB OM PS QA SA SY TR YE "
        "AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW IO KE KM LR LS LY MA MG ML MR MU MW MZ NA NE NG RE "
        "RW SC SD SH SL SN SO SS ST SZ TD TF TG TN TZ UG YT ZA ZM ZW",
    ),
    **_in_region(
        "Asia Pacific",
        "AF AS AU BD BN BT CC CK CN CX FJ FM GU HK HM ID IN JP KG KH KI KP KR KZ LA LK MH MM MN MO MP MV MY NC NF NR NU NP NZ PF "
        "PG PH PK PN PW SB SG TH TJ TK TL TM TO TV TW UZ VN VU WF WS",
    ),
}
