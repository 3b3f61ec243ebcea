"""Text as it is compared: letters without marks or case, look-alikes undone, words that say nothing dropped."""

import unicodedata
from functools import lru_cache
from typing import Final

_LOOK_ALIKE: Final = str.maketrans("аеорсухіјѕԁАВЕКМНОРСТХІ", "aeopcyxijsdABEKMHOPCTXI")
_LETTERS: Final = str.maketrans(
    {"ß": "ss", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "Đ": "d", "æ": "ae", "Æ": "ae", "œ": "oe", "ı": "i", "þ": "th"}
)
_NOTHING: Final = frozenset(
    word.strip()
    for word in """
    n a|na|none|null|nil|nan|unknown|unk|test|tests|testing|xxx|xx|x|tbd|tba|not provided|not available|no name
    noname|name|asdf|asdfgh|qwerty|anonymous|no|yes|self|individual|private|company|student|void|empty|blank
    undefined|keine angabe|sin nombre|aucun
    """.replace("\n", "|").split("|")
)


@lru_cache(maxsize=200_000)
def fold(text: str) -> str:
    """Lower-case words of plain letters and digits, one space between."""
    if not text.isascii():
        text = text.translate(_LOOK_ALIKE).translate(_LETTERS)
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(_kept(sign) for sign in plain).split())


def _kept(sign: str) -> str:
    if sign.isalnum():
        return sign
    return "" if unicodedata.combining(sign) else " "


def says_nothing(folded: str) -> bool:
    """Empty, a word for 'no value', or one sign again and again."""
    squeezed = folded.replace(" ", "")
    return folded in _NOTHING or not squeezed or (len(squeezed) > 2 and len(set(squeezed)) == 1)


def meaning(text: str) -> str:
    """Folded; empty if it says nothing."""
    folded = fold(text)
    return "" if says_nothing(folded) else folded


def spelled(text: str) -> str:
    """For names: ü, ue and u are one letter, since people write all three."""
    return meaning(text).replace("ae", "a").replace("oe", "o").replace("ue", "u")


def skeleton(word: str) -> str:
    """First letter and the consonants after it, those of one sound alike: what most misspellings leave standing."""
    sounds = word.replace("ph", "f").replace("ck", "k").translate(str.maketrans("czqyw", "kskiv", "h "))
    rest = [letter for letter in sounds[1:] if letter not in "aeiou"]
    kept = [letter for letter, before in zip(rest, [sounds[:1], *rest], strict=False) if letter != before]
    return sounds[:1] + "".join(kept)
