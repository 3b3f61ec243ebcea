"""What a portal says of itself: its kind, its clock, its API usage of the day."""

from collections.abc import Sequence
from typing import Any

from adapters.sandbox.hubspot_input import nowhere
from adapters.sandbox.hubspot_limits import HubSpotLimits
from adapters.sandbox.hubspot_settings import HubSpotSettings
from adapters.sandbox.limits import DAY_MS
from adapters.sandbox.moments import iso, offset_ms
from adapters.sandbox.wire import Answer, Call, json_answer
from adapters.sandbox.world import World


class AccountApi:
    """`/account-info/…/details` and `/api-usage/daily/private-apps`."""

    def __init__(self, world: World, settings: HubSpotSettings, limits: HubSpotLimits) -> None:
        self._world = world
        self._settings = settings
        self._limits = limits

    def answer(self, call: Call, rest: Sequence[str]) -> Answer:
        """Answers what comes after the version.

        Raises:
            RefusalError: no such endpoint.
        """
        match call.method, *rest:
            case "GET", "details":
                return json_answer(200, self._details())
            case "GET", "api-usage", "daily", *apps if apps in ([], ["private-apps"]):
                return json_answer(200, {"results": [self._usage()]})
        raise nowhere(call)

    def _details(self) -> dict[str, Any]:
        settings = self._settings
        offset = offset_ms(settings.time_zone, self._world.clock())
        hours, minutes = divmod(abs(offset) // 60_000, 60)
        return {
            "portalId": settings.portal_id,
            "accountType": settings.account_type,
            "timeZone": settings.time_zone,
            "companyCurrency": "USD",
            "additionalCurrencies": [],
            "utcOffset": f"{'-' if offset < 0 else '+'}{hours:02}:{minutes:02}",
            "utcOffsetMilliseconds": offset,
            "uiDomain": "app.hubspot.com",
            "dataHostingLocation": "na1",
        }

    def _usage(self) -> dict[str, Any]:
        """Only calls with static tokens count; calls of OAuth apps have no daily limit."""
        now = self._world.clock()
        local = now + offset_ms(self._settings.time_zone, now)
        return {
            "name": "private-apps-api-calls-daily",
            "usageLimit": self._settings.daily,
            "currentUsage": self._limits.used_today(),
            "collectedAt": iso(now),
            "fetchStatus": "SUCCESS",
            "resetsAt": iso(now + DAY_MS - local % DAY_MS),
        }
