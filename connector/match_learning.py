"""Match weights out of the customer's own records, through the index: nobody labels anything, and what was in force is kept."""

from collections.abc import Iterator, Sequence
from typing import Final

from adapters.records import RecordRef
from connector.resolving import LIMIT, Resolver
from connector.store.engine import Engine, transact
from connector.store.match_index import IndexProbe, candidates, sample_of
from connector.store.match_weights import put_weights
from scoring.match.keys import FIRM_CAP, LOOSE_CAP, keys_of
from scoring.match.learning import Pair, Reviewed, corrected, document_of, learn
from scoring.match.profile import Profile, unpack
from scoring.match.weighing import MatchWeights

SAMPLE: Final = 20_000
"""Records that are looked at; more make the weights no better."""
_AT_ONCE: Final = 500


def estimate_weights(engine: Engine, *, who: str, sample: int = SAMPLE) -> MatchWeights:
    """Estimates weights from a sample of the index and puts them in force. Begins with those in force; thresholds stay.

    Raises:
        scoring.match.learning.TooFewError: the records share too little to learn from; what was in force stays.
        scoring.match.learning.AstrayError: what came out is no identity; what was in force stays.
    """
    before = Resolver(engine).weights_now()
    probes = [(ref, profile) for ref, packed in sample_of(engine, sample) if (profile := unpack(packed))]
    after = learn([profile for _, profile in probes], list(_pairs(engine, probes)), before)
    _put(engine, after, who, "estimated")
    return after


def correct_weights(engine: Engine, verdicts: Sequence[Reviewed], *, who: str) -> MatchWeights:
    """Draws the weights in force towards what reviewers said, and puts the outcome in force."""
    before = Resolver(engine).weights_now()
    after = corrected(before, verdicts)
    if after.version != before.version:
        _put(engine, after, who, "corrected")
    return after


def _put(engine: Engine, weights: MatchWeights, who: str, what: str) -> None:
    document = document_of(weights)
    transact(
        engine,
        lambda session: put_weights(
            session, version=weights.version, document=document, records=weights.records, who=who, what=what
        ),
    )


def _pairs(engine: Engine, probes: Sequence[tuple[RecordRef, Profile]]) -> Iterator[Pair]:
    """Each pair once, though both of its records may be in the sample."""
    seen = set()
    for begin in range(0, len(probes), _AT_ONCE):
        some = probes[begin : begin + _AT_ONCE]
        wanted = [IndexProbe(ref, keys.firm, keys.loose) for ref, profile in some if (keys := keys_of(profile))]
        found = candidates(engine, wanted, firm_cap=FIRM_CAP, loose_cap=LOOSE_CAP, limit=LIMIT)
        for ref, profile in some:
            for other in found.get(ref, ()):
                pair = frozenset((ref, other.ref))
                if pair not in seen and (theirs := unpack(other.packed)):
                    seen.add(pair)
                    yield profile, theirs
