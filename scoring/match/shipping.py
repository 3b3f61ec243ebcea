"""How the shipped weights come about: counted out on made-up people, with thresholds set on other made-up people.

`python -m scoring.match.shipping > config/defaults/match.json` makes the same bytes again.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

import numpy as np

from scoring.match.keys import keys_of, pairs_by_keys
from scoring.match.learning import document_of, learn_from, sealed, values_of
from scoring.match.made_up import Row, World
from scoring.match.profile import Profile, profile_of
from scoring.match.weighing import MatchWeights, Thresholds, compare, value_number

PEOPLE: Final = 20_000
SEED: Final = 20_261_125
PRECISION: Final = 0.998
"""Of `same`."""
STRANGERS: Final = 0.002
"""Share of people who are not there at all of whom it may be said that they possibly are."""
_KEPT: Final = frozenset({"first name", "last name", "place"})
"""What made-up people have in common with real ones; their companies and numbers are nobody's."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Somebody who is looked for."""

    profile: Profile
    there: int | None
    """The number of their record in the index; None for a stranger."""


def shipped(seed: int = SEED, people: int = PEOPLE) -> MatchWeights:
    """Deterministic."""
    records = list(_records(seed, people))
    profiles = [profile_of(row) for _, row in records]
    found = pairs_by_keys([keys_of(one) for one in profiles])
    same = [records[a][0] == records[b][0] for a, b in found]
    weights = learn_from(profiles, [(profiles[a], profiles[b]) for a, b in found], same, Thresholds(0.0, 0.0, 0.0))
    kept = _worth_keeping(profiles)
    common = {number: share for number, share in weights.common.items() if number in kept}
    draft = replace(weights, common=common)
    return sealed(replace(draft, thresholds=thresholds(draft, *trials(seed + 1, people))))


def _records(seed: int, people: int) -> Iterator[tuple[int, Row]]:
    """With whose each is. Of every six people, one stands there twice."""
    world, rng = World(seed), Random(seed)  # noqa: S311 - repeatable is what is wanted here
    for number, one in enumerate(world.people(people)):
        yield number, world.row(one)
        if rng.random() < 1 / 6:
            yield number, world.again(one)


def _worth_keeping(profiles: Sequence[Profile]) -> frozenset[int]:
    return frozenset(value_number(name, value) for one in profiles for name, value in values_of(one) if name in _KEPT)


def trials(seed: int, people: int) -> tuple[list[Profile], list[Trial]]:
    """An index of `people` records, and a fifth as many who are looked for: half of them there, half strangers."""
    world = World(seed)
    beings = list(world.people(people + people // 10))
    index = [profile_of(world.row(one)) for one in beings[:people]]
    known = [Trial(profile_of(world.again(beings[number])), number) for number in range(0, people, 10)]
    strangers = [Trial(profile_of(world.row(one)), None) for one in beings[people:]]
    return index, known + strangers


def thresholds(weights: MatchWeights, index: Sequence[Profile], looked_for: Sequence[Trial]) -> Thresholds:
    """The lowest ones that hold what is promised, each on a tenth of a log-odd."""
    scored = scores(weights, index, looked_for)
    strangers = sorted(
        (max((w for w, _ in found), default=-99.0) for trial, found in scored if trial.there is None), reverse=True
    )
    possible = _above(strangers[int(STRANGERS * len(strangers))])
    ranked = sorted(((w, other == trial.there) for trial, found in scored for w, other in found), reverse=True)
    right = np.cumsum([same for _, same in ranked]) / np.arange(1, len(ranked) + 1)
    enough = np.flatnonzero(right >= PRECISION)
    same = max(_above(ranked[int(enough[-1])][0]), possible)
    return Thresholds(same, possible, PRECISION)


def _above(weight: float) -> float:
    return round(float(np.floor(weight * 10) / 10 + 0.1), 1)


def scores(
    weights: MatchWeights, index: Sequence[Profile], looked_for: Sequence[Trial]
) -> list[tuple[Trial, list[tuple[float, int]]]]:
    """For each trial the weights of all records that keys bring together with it, and their numbers."""
    everybody = [*index, *(trial.profile for trial in looked_for)]
    found: dict[int, list[tuple[float, int]]] = {number: [] for number in range(len(looked_for))}
    for left, right in pairs_by_keys([keys_of(one) for one in everybody]):
        if left < len(index) <= right:
            weight = compare(everybody[left], everybody[right], weights).weight
            found[right - len(index)].append((weight, left))
    return [(trial, found[number]) for number, trial in enumerate(looked_for)]


if __name__ == "__main__":
    json.dump(document_of(shipped()), sys.stdout, indent=1, sort_keys=True)
    sys.stdout.write("\n")
