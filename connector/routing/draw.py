"""A stable draw: the same key always draws the same lot, in any process, on any day."""

from hashlib import sha256


def drawn(salt: str, key: str, percent: int) -> bool:
    """Whether `key` is among `percent` of 100. Different salts draw independently; a higher percent keeps those drawn before."""
    digest = sha256(f"{salt}\0{key}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") % 100 < percent
