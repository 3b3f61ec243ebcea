"""One slip of the finger, put right: a letter too many, too few, wrong, or two swapped."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

_SHORTEST = 5
"""Shorter words have too many neighbours that are words too."""


class Spelling:
    """Knows a set of words. Candidates come from an index of words with one letter left out (the idea of SymSpell)."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(words)
        self._without: dict[str, set[str]] = defaultdict(set)
        for word in self._words:
            if len(word) >= _SHORTEST:
                for shorter in (word, *_one_left_out(word)):
                    self._without[shorter].add(word)

    def right(self, word: str) -> str:
        """The word, or the known one that it is one slip away from; of several the first in the alphabet."""
        if len(word) < _SHORTEST or word in self._words:
            return word
        near = {known for shorter in (word, *_one_left_out(word)) for known in self._without.get(shorter, ())}
        return min((known for known in near if _one_slip(word, known)), default=word)


def _one_left_out(word: str) -> Iterator[str]:
    return (word[:at] + word[at + 1 :] for at in range(len(word)))


def _one_slip(typed: str, meant: str) -> bool:
    start = next((at for at, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b), min(len(typed), len(meant)))
    left, right = typed[start:], meant[start:]
    swapped = left[1::-1] + left[2:] == right
    return swapped or left[1:] == right[1:] or left[1:] == right or left == right[1:]
