"""Number of employees to size band."""

from typing import Final

_BANDS: Final = ((10, "1-10"), (50, "11-50"), (200, "51-200"), (1000, "201-1000"), (5000, "1001-5000"))


def size_band(employees: int) -> str | None:
    """The band, or None for a number that no company has: CRMs hold 0 where nobody knew."""
    if employees < 1:
        return None
    return next((band for most, band in _BANDS if employees <= most), "5001+")
