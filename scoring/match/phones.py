"""Telephone numbers: whatever was typed around them, the last digits are the subscriber's."""

import re
from collections.abc import Iterable, Sequence
from itertools import product
from typing import Final

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

from scoring.match.values import MISSING, Compared, Comparison, Ids, Key, Levels, Shares, Values, each_once

PHONE: Final = Comparison("phone", ("the same", "one digit off", "another"), (0.60, 0.04, 0.36), rarity=0.7, ordered=True)
_SAME, _NEAR, _OTHER = range(3)
SUBSCRIBER: Final = 8
"""Digits."""
_EXTENSION: Final = re.compile(r"(?:x|ext)\.?.*$", re.IGNORECASE)
_DASHED_EXTENSION: Final = re.compile(r"-\d{3}$")


def read_phone(text: str) -> str:
    """The last eight digits, without country, trunk prefix and extension; empty if it is no number, or a made-up one."""
    text = _EXTENSION.sub("", text).strip()
    if _DASHED_EXTENSION.search(text) and sum(sign.isdigit() for sign in text) > 11:
        text = text[:-4]
    digits = "".join(sign for sign in text if "0" <= sign <= "9").lstrip("0")
    if len(digits) < 6 or len(set(digits)) < 3 or digits in "1234567890":
        return ""
    return digits[-SUBSCRIBER:]


class Phones:
    """Every number column of a record against every one of another's: office and mobile stand in either."""

    def __init__(self, columns: Sequence[Sequence[str]]) -> None:
        """Args: cleaned numbers, a sequence for each column."""
        self._all = Values(number for column in columns for number in column)
        self._columns = np.split(self._all.ids, len(columns))

    def blocks(self) -> Iterable[Key]:
        for number, ids in enumerate(self._columns, start=1):
            yield Key(f"phone {number}", ids)
        if len(self._columns) > 1:
            yield Key("any phone", self._all.ids)

    def compare(self, left: Ids, right: Ids) -> Iterable[Compared]:
        levels, shares = np.full(len(left), MISSING, np.int8), np.zeros(len(left), np.float32)
        for one, other in product(self._columns, repeat=2):
            self._take_better(one[left], other[right], levels, shares)
        yield Compared(PHONE, levels, shares)

    def _take_better(self, one: Ids, other: Ids, levels: Levels, shares: Shares) -> None:
        filled = np.nonzero((one >= 0) & (other >= 0) & (levels != _SAME))[0]
        if not len(filled):
            return
        ones, others, place = each_once(one[filled], other[filled])
        texts = self._all.texts
        slips = process.cpdist([texts[i] for i in ones], [texts[i] for i in others], scorer=OSA.distance, dtype=np.int32)
        found = np.minimum(slips, _OTHER).astype(np.int8)[place]
        before = levels[filled]
        levels[filled] = np.where(before == MISSING, found, np.minimum(before, found))
        same = filled[found == _SAME]
        shares[same] = self._all.shares[one[same]]


# --- one pair at a time


def compare_phones(ones: Sequence[str], others: Sequence[str]) -> tuple[int, str]:
    """Level of `PHONE` for the nearest two of cleaned numbers, and the number they share."""
    if shared := min((number for number in ones if number in others), default=""):
        return _SAME, shared
    slips = [OSA.distance(one, other, score_cutoff=1) for one, other in product(ones, others)]
    return min(min(slips, default=MISSING), _OTHER), ""
