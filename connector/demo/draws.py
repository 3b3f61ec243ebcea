"""Chance without a seed to carry around: the same words always draw the same."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


def drawn(below: int, *words: object) -> int:
    """0 to `below` - 1, spread evenly over different words."""
    digest = blake2b("/".join(map(str, words)).encode(), digest_size=8).digest()
    return int.from_bytes(digest) % below


def chosen(options: Sequence[T], *words: object) -> T:
    return options[drawn(len(options), *words)]


def in_a_hundred(share: int, *words: object) -> bool:
    """True for `share` percent of all words."""
    return drawn(100, *words) < share
