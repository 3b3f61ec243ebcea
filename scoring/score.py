"""The one entry: values in, scores with reasons out. Pure: no clock, no I/O, no float in a result."""

from datetime import datetime

from config.fields import Values
from config.profile import Profile
from scoring.engagement import engagement, hand_raised
from scoring.features import read_features
from scoring.fit import fit, known_percent
from scoring.rank import confidence_label, grade, rank_parts
from scoring.scores import Scores


def score(values: Values, profile: Profile, as_of: datetime) -> Scores:
    """Scores one lead as it was known at `as_of` (aware). `values`: canonical fields and those derived from them."""
    features = read_features(values)
    its_fit = fit(features, profile)
    its_engagement = engagement(features, profile.engagement, as_of)
    raised = hand_raised(features, profile.engagement, as_of)
    parts = rank_parts(its_fit, its_engagement, features, profile)
    sure = known_percent(its_fit, profile)
    return Scores(
        fit=its_fit,
        engagement=its_engagement,
        grade=grade(its_fit, its_engagement, profile.bands, hand_raise=raised),
        measured=its_engagement.value is not None,
        confidence=sure,
        confidence_label=confidence_label(sure, profile.confidence),
        rank=parts.firmographic + parts.intent + parts.relationship,
        rank_parts=parts,
        hand_raise=raised,
        profile_version=profile.version,
    )
