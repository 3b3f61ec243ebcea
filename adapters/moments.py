"""What a vendor's clock says, from the one header that every answer has."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def skew_of(date: str) -> float | None:
    """Seconds by which this machine is ahead of whoever wrote this HTTP date, which has whole seconds; None if it is none."""
    try:
        theirs = parsedate_to_datetime(date)
    except ValueError:
        return None
    return (datetime.now(UTC) - theirs.astimezone(UTC)).total_seconds()
