"""Match weights out of records that nobody labelled, and corrected by those that somebody looked at."""

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final

import numpy as np

from scoring.match.profile import Profile
from scoring.match.values import MISSING, Compared
from scoring.match.weighing import COMPARISONS, Level, MatchWeights, Thresholds, levels, value_number
from scoring.match.weights import ROUNDS, Floats, Weight, Weights, count_out, estimate

Pair = tuple[Profile, Profile]

LEAST_PAIRS: Final = 500
"""With fewer candidates, what is usual says more than they do."""
_MANY: Final = 5
"""Records that must have a value before it is called common; below it, keeping its share would say something about a person."""
_MOST: Final = 3_000
"""Common values that are kept for each comparison."""
_DIGITS: Final = 6


class TooFewError(ValueError):
    """There is too little to learn from; the sentence says how much there is."""


class AstrayError(ValueError):
    """The two kinds of pairs that were found are not 'the same' and 'different'; the sentence says what speaks against it."""


def learn(profiles: Sequence[Profile], pairs: Sequence[Pair], start: MatchWeights) -> MatchWeights:
    """Estimates weights by EM on candidate pairs, as keys bring them together.

    Args:
        profiles: the records they are of, for what is common among them.
        start: where to begin, so that what is found is who is the same, and not, say, who works together. The thresholds stay.

    Raises:
        TooFewError: fewer than `LEAST_PAIRS` pairs.
        AstrayError: what came out is no identity.
    """
    if len(pairs) < LEAST_PAIRS:
        raise TooFewError(f"Only {len(pairs)} pairs of records share anything; weights are estimated from {LEAST_PAIRS} on.")
    draft = _draft(profiles, start.thresholds)
    columns, before = _columns(pairs, draft), start.weights.score(_columns(pairs, start))
    for begin, rounds in ((start.weights, ROUNDS), (None, ROUNDS), (start.weights, _STEPS)):
        weights = estimate(columns, begin, rounds)
        if _is_identity(weights.score(columns), before, start.thresholds):
            return sealed(replace(draft, weights=_rounded(weights)))
    raise AstrayError(
        "What these records have in common is not who they are, but where they work, say: too many pairs that are surely two "
        "people would become one. The weights in force stay."
    )


_STEPS: Final = 2
"""Where going on to the end leads astray, the first steps from the weights in force still learn what is usual here."""
_NEW_AT_MOST, _LOST_AT_MOST = 0.02, 0.10


def _is_identity(after: Floats, before: Floats, thresholds: Thresholds) -> bool:
    """Whether hardly anybody becomes the same who was surely another, and few who were the same are so no longer."""
    same, was = after >= thresholds.same, before >= thresholds.same
    new, lost = same & (before < -thresholds.same / 2), was & (after < thresholds.possible)
    return bool(same.any() and new.sum() <= _NEW_AT_MOST * same.sum() and lost.sum() <= _LOST_AT_MOST * was.sum())


def learn_from(profiles: Sequence[Profile], pairs: Sequence[Pair], same: Sequence[bool], thresholds: Thresholds) -> MatchWeights:
    """Weights from pairs of which it is known whether they are the same."""
    draft = _draft(profiles, thresholds)
    return sealed(replace(draft, weights=_rounded(count_out(_columns(pairs, draft), same))))


def _draft(profiles: Sequence[Profile], thresholds: Thresholds) -> MatchWeights:
    return MatchWeights(Weights(0.0, ()), _common(profiles), 1 / max(len(profiles), 1), thresholds, len(profiles))


def _columns(pairs: Sequence[Pair], draft: MatchWeights) -> list[Compared]:
    return list(_compared([levels(*pair) for pair in pairs], draft))


def _common(profiles: Iterable[Profile]) -> dict[int, float]:
    counts: dict[str, Counter[str]] = {comparison.name: Counter() for comparison in COMPARISONS if comparison.rarity}
    for profile in profiles:
        for name, value in values_of(profile):
            counts[name][value] += 1
    return dict(sorted(_shares(counts)))


def values_of(profile: Profile) -> Iterator[tuple[str, str]]:
    organisation = profile.organisation
    yield "first name", profile.name.first
    yield "last name", profile.name.last
    yield "organisation", organisation.mail_domain or organisation.web_domain
    yield "place", profile.place.city
    yield "postcode", profile.postcode
    yield "title", profile.title
    for number in profile.subscribers:
        yield "phone", number


def _shares(counts: Mapping[str, Counter[str]]) -> Iterator[tuple[int, float]]:
    for name, counter in counts.items():
        counter.pop("", None)
        total = counter.total()
        for value, count in counter.most_common(_MOST):
            if count >= _MANY:
                yield value_number(name, value), round(count / total, _DIGITS)


def _compared(rows: Sequence[tuple[Level, ...]], draft: MatchWeights) -> Iterator[Compared]:
    for place, comparison in enumerate(COMPARISONS):
        column = [row[place] for row in rows]
        shares = [draft.share(comparison.name, value) if not level else 0.0 for level, value in column]
        yield Compared(comparison, np.array([level for level, _ in column], np.int8), np.array(shares, np.float32))


def _rounded(weights: Weights) -> Weights:
    """The same to a millionth on every machine, so that one set has one version."""
    each = (
        replace(one, by_level=tuple(round(w, _DIGITS) for w in one.by_level), usual_share=float(f"{one.usual_share:.6g}"))
        for one in weights.each
    )
    return Weights(round(weights.prior, _DIGITS), tuple(each))


# --- verdicts of people


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One pair that a person decided."""

    one: Profile
    other: Profile
    same: bool


_FAITH: Final = 200.0
"""Reviews that count as much as what was estimated."""


def corrected(weights: MatchWeights, verdicts: Sequence[Reviewed]) -> MatchWeights:
    """The prior and the weights drawn towards what reviewers said; the more they said, the further.

    Reviewers see what is in doubt, not a sample of everything: the shares of a level among their same and their different pairs
    are mixed with those that the weights stand for, never put in their place.
    """
    if not verdicts:
        return weights
    rows = [(levels(one.one, one.other), one.same) for one in verdicts]
    each = tuple(_corrected(weight, place, rows) for place, weight in enumerate(weights.weights.each))
    return sealed(replace(weights, weights=_rounded(replace(weights.weights, each=each))))


def _corrected(weight: Weight, place: int, rows: Sequence[tuple[tuple[Level, ...], bool]]) -> Weight:
    seen = {same: Counter(row[place][0] for row, said in rows if said == same) for same in (True, False)}
    for counter in seen.values():
        counter.pop(MISSING, None)
    if not seen[True] or not seen[False]:
        return weight
    faith = sum(map(Counter.total, seen.values()))
    share = faith / (faith + _FAITH)
    said = [_log_ratio(seen, level, len(weight.by_level)) for level in range(len(weight.by_level))]
    mixed = [(1 - share) * before + share * now for before, now in zip(weight.by_level, said, strict=True)]
    settled = weight.comparison.settled
    return replace(weight, by_level=tuple(settled.get(level, one) for level, one in enumerate(mixed)))


def _log_ratio(seen: Mapping[bool, Counter[int]], level: int, count: int) -> float:
    same, different = ((seen[which][level] + 1.0) / (seen[which].total() + count) for which in (True, False))
    return math.log(same / different)


# --- as a document


def document_of(weights: MatchWeights) -> dict[str, Any]:
    """JSON-ready; the version is the hash of all the rest."""
    return {
        "prior": weights.weights.prior,
        "comparisons": {
            one.comparison.name: {"by_level": list(one.by_level), "usual_share": one.usual_share} for one in weights.weights.each
        },
        "rarest": weights.rarest,
        "same": weights.thresholds.same,
        "possible": weights.thresholds.possible,
        "precision": weights.thresholds.precision,
        "records": weights.records,
        "common": {f"{number:016x}": share for number, share in sorted(weights.common.items())},
    }


class UnknownWeightsError(ValueError):
    """They were estimated for other comparisons than this version of Leadline makes."""


def weights_of(document: Mapping[str, Any]) -> MatchWeights:
    """
    Raises:
        UnknownWeightsError: see there.
    """
    each = tuple(_weight(place, document["comparisons"]) for place in range(len(COMPARISONS)))
    common = {int(number, 16): float(share) for number, share in document["common"].items()}
    thresholds = Thresholds(float(document["same"]), float(document["possible"]), float(document["precision"]))
    weights = Weights(float(document["prior"]), each)
    return sealed(MatchWeights(weights, common, float(document["rarest"]), thresholds, int(document["records"])))


def _weight(place: int, given: Mapping[str, Any]) -> Weight:
    comparison = COMPARISONS[place]
    found = given.get(comparison.name)
    if found is None or len(found["by_level"]) != len(comparison.levels):
        raise UnknownWeightsError(
            f"These match weights say nothing about '{comparison.name}' as it is compared now: estimate anew."
        )
    return Weight(comparison, tuple(map(float, found["by_level"])), float(found["usual_share"]))


def sealed(weights: MatchWeights) -> MatchWeights:
    """With its version: 16 hexadecimal digits of the document's hash."""
    text = json.dumps(document_of(weights), sort_keys=True, separators=(",", ":"))
    return replace(weights, version=sha256(text.encode()).hexdigest()[:16])
