"""Job title to seniority and function, each by the first rule that fits, and how sure that is.

A title in English, German, French, Spanish or Portuguese, as typed: brackets, emoji, case, a company's name and one slip
per word do not change it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from adapters.enrichers import title_words as known
from adapters.enrichers.phrases import Hit, Phrases, bare, fold
from adapters.enrichers.spelling import Spelling


@dataclass(frozen=True, slots=True)
class Title:
    seniority: str
    """owner, c_level, vp, head, director, manager, senior, entry, intern, unknown."""
    function: str
    """executive, sales, marketing, product, engineering, it, finance, hr, legal, operations, procurement, support, other,
    unknown."""
    confidence: int
    """0-100; under 80 two answers can be defended."""


@dataclass(frozen=True, slots=True)
class _Rank:
    order: int
    level: str
    """Empty: gives no rank."""
    sure: int


@dataclass(frozen=True, slots=True)
class _Function:
    name: str
    sure: int


_RANKS: Final = Phrases(
    [(_Rank(99, "", 95), known.NO_RANKS), (_Rank(98, "", 50), known.DOUBTFUL)]
    + [(_Rank(order, level, sure), words) for order, (level, sure, words) in enumerate(known.RANKS)]
)
_FUNCTIONS: Final = Phrases([(_Function(name, sure), words) for name, sure, words in known.FUNCTIONS])
_SERVES: Final = Phrases([(True, known.SERVES)])
_DEPARTMENTS: Final = _FUNCTIONS.words
_EVERY_WORD: Final = _RANKS.words | _DEPARTMENTS | known.JOBS | known.DEPARTMENT_OPERATIONS | known.NO_JOB
_SPELLING: Final = Spelling(_EVERY_WORD)

_GENDERED: Final = re.compile(r"(?<=\w\w\w)(?:[/*:_·]-?|\(-?)(?:innen|in|euse|rice|trice|ère|a|e|o)\)?(?!\w)")
_GENDERS: Final = re.compile(r"(?<!\w)[mwfhdvx](?:\s*[/|]\s*[mwfhdvx])+(?!\w)")
_BRACKETS: Final = re.compile(r"[(\[{<][^)\]}>]*[)\]}>]")
_COMPANY: Final = re.compile(r"\s(?:at|bei|chez|na|@)\s.*|\s*@.*")
_SEGMENT: Final = re.compile(r"\s+[-–—|•·]+\s+|[,;|•]")
_WORD: Final = re.compile(r"[a-z0-9]+")


@lru_cache(maxsize=8192)
def read_title(text: str) -> Title:
    """What one title says. Nothing readable is unknown."""
    words = _words(text)
    own, serves = _own_words(words)
    function = _function(own, words)
    rank = _rank(own, function, serves=serves)
    if function.name == "unknown" and rank.level in known.COMPANY_RANKS:
        function = _Function("executive", rank.sure)
    two_hats = rank.level == "owner" and function.name != "executive"
    return Title(rank.level, function.name, min(rank.sure, function.sure, 60 if two_hats else 100))


def _words(text: str) -> list[str]:
    plain = _GENDERS.sub(" ", _GENDERED.sub("", text.replace("&", " and ")))
    outside = _BRACKETS.sub(" ", plain)
    segments = [_split(segment) for segment in _SEGMENT.split(_COMPANY.sub("", outside))]
    of_the_title = [word for segment in segments if _says_something(segment) for word in segment]
    return of_the_title or _split(re.sub(r"[^\w\s]", " ", plain))


def _split(segment: str) -> list[str]:
    """Folded words, put right, German compounds taken apart."""
    dotted = re.sub(r"(?<!\w)((?:\w\.){2,}\w?)", lambda letters: letters[0].replace(".", ""), segment)
    return [part for word in _WORD.findall(bare(dotted)) for part in _parts(fold(word), word)]


def _parts(word: str, typed: str) -> list[str]:
    if word in _EVERY_WORD:
        return [word]
    for end in known.COMPOUND_ENDS:
        if word.endswith(end) and len(word) > len(end) + 1:
            return [word.removesuffix(end), end]
    if _FUNCTIONS.knows(word) or _RANKS.knows(word):
        return [word]
    righted = _SPELLING.right(word)
    return [righted if righted in _EVERY_WORD else _SPELLING.right(typed)]


def _says_something(words: Sequence[str]) -> bool:
    if any(word in known.LEGAL_FORMS for word in words):
        return False
    return any(word in _EVERY_WORD or _FUNCTIONS.knows(word) or word.endswith(known.JOB_ENDINGS) for word in words)


def _own_words(words: list[str]) -> tuple[list[str], bool]:
    """Without those whom the person assists."""
    first = next(_SERVES.hits(words), None)
    return (words[: first.at + first.words], True) if first else (words, False)


def _rank(words: list[str], function: _Function, *, serves: bool) -> _Rank:
    # `Chief Happiness Officer`: whatever stands between.
    officer = ["chief", "officer"] if "chief" in words and "officer" in words and "staff" not in words else []
    hits = [hit.meaning for hit in _RANKS.hits([*words, *officer])]
    doubt = min((rank.sure for rank in hits if not rank.level), default=100)
    best = min((rank for rank in hits if rank.level), key=lambda rank: rank.order, default=None)
    if best is None:
        return _without_rank(words, function, doubt, serves=serves)
    return _Rank(best.order, best.level, min(best.sure, doubt))


def _without_rank(words: Sequence[str], function: _Function, doubt: int, *, serves: bool) -> _Rank:
    """Any named job is entry; only a department, or nothing, is unknown."""
    if all(word in known.NO_JOB for word in words):
        return _Rank(99, "unknown", 60)
    if serves or doubt < 100 or any(word in known.JOBS for word in words):
        return _Rank(99, "entry", min(90, doubt))
    if function.name == "other" or any(_looks_like_a_job(word) for word in words):
        return _Rank(99, "entry", 60 if function.name == "unknown" else 85)
    return _Rank(99, "unknown", 85 if function.name != "unknown" else 40)


def _looks_like_a_job(word: str) -> bool:
    return word.endswith(known.JOB_ENDINGS) and word not in _DEPARTMENTS


def _function(own: Sequence[str], words: Sequence[str]) -> _Function:
    hits: list[Hit[_Function]] = list(_FUNCTIONS.hits(own)) or list(_FUNCTIONS.hits(words))
    if not hits:
        alone = any(word in known.DEPARTMENT_OPERATIONS for word in words)
        return _Function("operations", 90) if alone else _Function("unknown", 90)
    surest = max(hit.meaning.sure for hit in hits)
    names = list(dict.fromkeys(hit.meaning.name for hit in hits if hit.meaning.sure == surest))
    return _Function(names[0], surest if len(names) == 1 else 70)
