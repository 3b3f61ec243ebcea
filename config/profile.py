"""The ideal-customer profile as data: who fits, what counts as interest, where the bands lie."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from marshmallow import ValidationError

from config.profile_lines import ProfileError, doubled_keys, locate, read
from config.profile_schema import ProfileSchema

__all__ = ["Profile", "ProfileError", "load_profile", "shipped_profile", "shipped_profile_text"]


@dataclass(frozen=True, slots=True)
class Bands:
    """Scores from `high` are high, from `medium` medium, the rest low."""

    high: int
    medium: int


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """Finds a level in typed text. Longest word first, then alphabetical: the order in the document does not matter.

    Equal only to itself, so that answers can be cached by it without hashing every word.
    """

    levels: tuple[tuple[str, str], ...]
    """(` word `, level), the word lower-case, between blanks."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One line of the fit rubric."""

    feature: str
    called: str
    points: int
    missing: int
    """For a missing answer; less than `points`."""
    other: int
    """For an answer in no level."""
    levels: Mapping[str, int]
    words: Words | None
    """None: the answer is itself the level."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of event and what it is worth."""

    name: str
    each: int
    full: int
    """So many count `each`; every further one counts `then`."""
    then: int
    cap: int
    half_life_days: int
    per: int
    """So many units make one event."""


@dataclass(frozen=True, slots=True)
class HandRaise:
    """Asked to talk to sales."""

    points: int
    half_life_days: int
    floor: int
    floor_hours: int
    words: Words


@dataclass(frozen=True, slots=True)
class EngagementRules:
    spike: int
    """Points gained between two decisions."""
    undated_days: int
    """Age of what has no date, for a person of whom nothing has one."""
    kinds: tuple[Kind, ...]
    last_activity: Words
    hand_raise: HandRaise


@dataclass(frozen=True, slots=True)
class RankRules:
    """Steps: four rising limits; the part is 1 plus the number of limits reached."""

    firmographic_features: tuple[str, ...]
    firmographic_steps: tuple[int, ...]
    intent_steps: tuple[int, ...]
    relationship: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Profile:
    version: str
    """First 16 hex digits of the SHA-256 of the document as compact JSON in its own order: comments and layout do not count."""
    name: str
    confirmed: bool
    bands: Bands
    confidence: Bands
    fit: tuple[Criterion, ...]
    engagement: EngagementRules
    rank: RankRules


@lru_cache(maxsize=8)
def load_profile(text: str) -> Profile:
    """Reads a profile document. Cached by its text: reading one takes as long as scoring a thousand leads.

    Raises:
        ProfileError: with every mistake and its line number.
    """
    root, document = read(text)
    doubled = set(doubled_keys(root))
    try:
        data: dict[str, Any] = ProfileSchema().load(document)  # type: ignore[arg-type]
    except ValidationError as error:
        raise ProfileError(doubled | set(locate(error.messages, root))) from error
    if doubled:
        raise ProfileError(doubled)
    return _profile(data, _version(document))


def shipped_profile() -> Profile:
    """The default rubric."""
    return load_profile(shipped_profile_text())


def shipped_profile_text() -> str:
    """The default rubric's document."""
    return resources.files("config").joinpath("defaults/icp.yaml").read_text(encoding="utf-8")


def words(levels: Mapping[str, list[str]]) -> Words:
    """Prepares a level-to-words table for searching."""
    pairs = [(f" {word.lower()} ", level) for level, members in levels.items() for word in members]
    return Words(tuple(sorted(pairs, key=lambda pair: (-len(pair[0]), pair))))


def _version(document: object) -> str:
    canonical = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def _profile(data: dict[str, Any], version: str) -> Profile:
    return Profile(
        version=version,
        name=data["name"],
        confirmed=data["confirmed"],
        bands=Bands(**data["bands"]),
        confidence=Bands(**data["confidence"]),
        fit=tuple(_criterion(feature, one) for feature, one in data["fit"].items()),
        engagement=_engagement(data["engagement"]),
        rank=_rank(data["rank"]),
    )


def _criterion(feature: str, data: dict[str, Any]) -> Criterion:
    found_by = words(data["words"]) if "words" in data else None
    return Criterion(feature=feature, **{**data, "words": found_by})


def _engagement(data: dict[str, Any]) -> EngagementRules:
    raised = data["hand_raise"]
    return EngagementRules(
        spike=data["spike"],
        undated_days=data["undated_days"],
        kinds=tuple(Kind(name=name, **kind) for name, kind in data["kinds"].items()),
        last_activity=words(data["last_activity"]),
        hand_raise=HandRaise(**{**raised, "words": words(raised["words"])}),
    )


def _rank(data: dict[str, Any]) -> RankRules:
    return RankRules(
        firmographic_features=tuple(data["firmographic"]["features"]),
        firmographic_steps=tuple(data["firmographic"]["steps"]),
        intent_steps=tuple(data["intent"]["steps"]),
        relationship=data["relationship"],
    )
