"""Phrases in a row of words: the longest first, and no word twice."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

Meaning = TypeVar("Meaning")

_ALIKE: Final = str.maketrans({"ß": "ss", "œ": "oe", "æ": "ae", "ø": "o"})


def bare(text: str) -> str:
    """Lower case, no accents."""
    apart = unicodedata.normalize("NFKD", text.lower().translate(_ALIKE))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def fold(text: str) -> str:
    """Bare, and ä, ae, ö, oe, ü, ue alike as a, o, u, since people type all three."""
    return bare(text).replace("ae", "a").replace("oe", "o").replace("ue", "u")


@dataclass(frozen=True, slots=True)
class Hit(Generic[Meaning]):
    at: int
    """Index of its first word."""
    words: int
    meaning: Meaning


class Phrases(Generic[Meaning]):
    """Written as `one|two words|stem*`, folded."""

    def __init__(self, rows: Iterable[tuple[Meaning, str]]) -> None:
        pairs = [(fold(phrase), meaning) for meaning, phrases in rows for phrase in phrases.split("|")]
        # The first row that has a phrase keeps it.
        self._exact: Mapping[str, Meaning] = {phrase: meaning for phrase, meaning in reversed(pairs) if phrase[-1] != "*"}
        stems = {phrase[:-1]: meaning for phrase, meaning in reversed(pairs) if phrase[-1] == "*"}
        self._stems: Mapping[str, Meaning] = dict(sorted(stems.items(), key=lambda stem: -len(stem[0])))
        self._any_stem = tuple(self._stems)
        self._longest = max(len(phrase.split()) for phrase in self._exact)

    @property
    def words(self) -> frozenset[str]:
        """Every whole word of every phrase."""
        return frozenset(word for phrase in self._exact for word in phrase.split())

    def knows(self, word: str) -> bool:
        return word in self._exact or word.startswith(self._any_stem)

    def hits(self, words: Sequence[str]) -> Iterator[Hit[Meaning]]:
        at = 0
        while at < len(words):
            hit = self._hit(words, at)
            if hit:
                yield hit
            at += hit.words if hit else 1

    def _hit(self, words: Sequence[str], at: int) -> Hit[Meaning] | None:
        for length in range(min(self._longest, len(words) - at), 0, -1):
            meaning = self._exact.get(" ".join(words[at : at + length]))
            if meaning is not None:
                return Hit(at, length, meaning)
        if words[at].startswith(self._any_stem):
            return Hit(at, 1, next(meaning for stem, meaning in self._stems.items() if words[at].startswith(stem)))
        return None
