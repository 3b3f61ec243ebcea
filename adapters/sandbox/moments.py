"""Moments as HubSpot writes them."""

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from adapters.sandbox.limits import DAY_MS

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


@lru_cache(maxsize=65_536)
def iso(at: int) -> str:
    """Milliseconds to ISO 8601 in UTC; the fraction is left out when it is zero."""
    moment = _EPOCH + timedelta(milliseconds=at)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + (f".{at % 1000:03d}Z" if at % 1000 else "Z")


def iso_date(at: int) -> str:
    """Milliseconds to YYYY-MM-DD in UTC."""
    return (_EPOCH + timedelta(milliseconds=at)).strftime("%Y-%m-%d")


def parse_moment(text: str) -> int:
    """ISO 8601 or milliseconds, to milliseconds.

    Raises:
        ValueError: neither.
    """
    if text.lstrip("-").isdigit():
        return int(text)
    moment = datetime.fromisoformat(text)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round((aware - _EPOCH) / timedelta(milliseconds=1))


def parse_date(text: str) -> int:
    """YYYY-MM-DD or milliseconds at midnight UTC, to milliseconds.

    Raises:
        ValueError: neither, or not midnight.
    """
    if _DATE.fullmatch(text):
        return (date.fromisoformat(text) - date(1970, 1, 1)).days * DAY_MS
    at = parse_moment(text)
    if at % DAY_MS:
        raise ValueError("not midnight UTC")
    return at


def offset_ms(zone: str, at: int) -> int:
    """How far the clock of an IANA zone is ahead of UTC at a moment."""
    if zone == "UTC":
        return 0
    moment = datetime.fromtimestamp(at / 1000, UTC).astimezone(ZoneInfo(zone))
    return round((moment.utcoffset() or timedelta()) / timedelta(milliseconds=1))
