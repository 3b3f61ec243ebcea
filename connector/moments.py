"""Moments as text: RFC 3339 in UTC, whole seconds, the one form in which they stand in values, packets and fields."""

from datetime import UTC, datetime


def moment_text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment_of(text: str) -> datetime:
    """
    Raises:
        ValueError: not such a text.
    """
    return datetime.fromisoformat(text)
