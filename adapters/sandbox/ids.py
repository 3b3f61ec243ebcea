"""Record ids in each vendor's shape."""

from typing import Final

_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECK: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def hubspot_id(number: int) -> str:
    """A decimal id beyond 32 bits, as portals have them: nobody may count on small numbers."""
    return str(37_000_000_000 + number)


def salesforce_id(prefix: str, number: int) -> str:
    """18 characters: three-character key prefix, twelve of base 62, three that make the case checkable."""
    digits = ""
    for _ in range(7):
        number, rest = divmod(number, 62)
        digits = _BASE62[rest] + digits
    return to_18(f"{prefix}5e000{digits}")


def to_18(id_15: str) -> str:
    """The 18-character form: each check character tells which of five characters are capitals. 18 stay as they are."""
    if len(id_15) != 15:
        return id_15
    blocks = (id_15[start : start + 5] for start in (0, 5, 10))
    return id_15 + "".join(_CHECK[sum(1 << place for place, letter in enumerate(block) if letter.isupper())] for block in blocks)
