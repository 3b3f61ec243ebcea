"""Moments as vendors write them, inside the only years in which a CRM event can have happened."""

from datetime import UTC, datetime, timedelta
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
FIRST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LAST: Final = datetime(2100, 1, 1, tzinfo=UTC)

FIRST_MS: Final = (FIRST - EPOCH) // timedelta(milliseconds=1)
LAST_MS: Final = (LAST - EPOCH) // timedelta(milliseconds=1)


def from_milliseconds(count: int) -> datetime:
    """`count` is between FIRST_MS and LAST_MS."""
    return EPOCH + timedelta(milliseconds=count)


def from_text(text: str) -> datetime | None:
    """An ISO 8601 moment with its offset (`Z`, `+0000`); None if it is anything else or outside the years."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo and FIRST <= moment < LAST else None
