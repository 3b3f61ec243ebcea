"""How far Leadline may act: per connection and lead source, in shadow until somebody says otherwise."""

from typing import Final, Literal

from connector.routing.draw import drawn

Mode = Literal["shadow", "suggest", "partial", "full"]
"""shadow: our own fields only · suggest: the suggested owner too · partial: acts on a stable share · full: acts."""

DEFAULT_MODE: Final[Mode] = "shadow"
PARTIAL_PERCENT: Final = 25
_SALT: Final = "rollout"


def acts(mode: Mode, record_key: str, percent: int = PARTIAL_PERCENT) -> bool:
    """Whether owner, task and messages may follow this decision. Raising `percent` keeps those already acted on."""
    return mode == "full" or (mode == "partial" and drawn(_SALT, record_key, percent))
