"""HubSpot's limits: a rolling burst per app, a daily sum, and search by itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters.sandbox.hubspot_settings import HubSpotSettings
from adapters.sandbox.limits import DailyLimit, RollingLimit
from adapters.sandbox.moments import offset_ms
from adapters.sandbox.world import World


@dataclass(frozen=True, slots=True)
class Allowance:
    """Whether a call may go on. `refused` names the policy that says no."""

    refused: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class HubSpotLimits:
    """Counts every call of the portal's one app."""

    def __init__(self, world: World, settings: HubSpotSettings) -> None:
        self._settings = settings
        self._burst = RollingLimit(settings.burst, 10_000, world.clock)
        self._search = RollingLimit(settings.search_per_second, 1_000, world.clock)
        self._daily = DailyLimit(settings.daily, lambda: world.clock() + offset_ms(settings.time_zone, world.clock()))

    def used_today(self) -> int:
        """Calls counted against the daily limit since midnight in the portal's time zone."""
        return self._daily.used

    def take(self, *, searching: bool, static: bool) -> Allowance:
        """Counts a call. Answers to searches carry no limit headers; OAuth apps are not told the day's sum."""
        if not self._settings.limits:
            return Allowance()
        self._burst.limit, self._search.limit = self._settings.burst, self._settings.search_per_second
        self._daily.limit = self._settings.daily
        room = (self._search if searching else self._burst).take()
        if not room.allowed:
            return Allowance("SECONDLY" if searching else "TEN_SECONDLY_ROLLING")
        day = self._daily.take()
        if not day.allowed:
            return Allowance("DAILY")
        if searching:
            return Allowance()
        headers = {
            "X-HubSpot-RateLimit-Max": str(room.limit),
            "X-HubSpot-RateLimit-Remaining": str(room.remaining),
            "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
        }
        daily = {"X-HubSpot-RateLimit-Daily": str(day.limit), "X-HubSpot-RateLimit-Daily-Remaining": str(day.remaining)}
        return Allowance(headers=headers | daily if static else headers)
