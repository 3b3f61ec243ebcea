"""Sudden interest: what wakes a lead that was left to nurture."""

from config.profile import Profile
from scoring.scores import Score


def spiked(before: Score, now: Score, profile: Profile) -> bool:
    """Engagement rose by the profile's `spike` or more, and is medium at least. A first measurement is no rise."""
    if before.value is None or now.value is None:
        return False
    return now.value - before.value >= profile.engagement.spike and now.value >= profile.bands.medium
