"""What the CRMs were asked, as they counted it themselves, part by part."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from adapters.sandbox.client import CRMName, SandboxClient
from connector.bench.town import KINDS

_PERSON: Final = "CRM_UI"
_TOKENS: Final = "/oauth"
_SWEPT: Final = ("/search", "/associations/")
"""What HubSpot is asked by nobody but a sweep, save for the list of what was archived."""
_LIST: Final = ("GET", "/crm/v3/objects/contacts")


@dataclass(slots=True)
class Tally:
    sandbox: SandboxClient
    _throttled: dict[CRMName, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))

    def begin(self) -> None:
        """A new part; what was refused before is remembered."""
        self._throttled = self.throttled()
        self.sandbox.reset_stats()

    def calls(self) -> dict[CRMName, int]:
        """In this part, token grants left out."""
        return {kind: sum(row["count"] for row in self._rows(kind)) for kind in KINDS}

    def throttled(self) -> dict[CRMName, int]:
        """Calls that were answered 429, in all parts."""
        refused = {kind: sum(row["count"] for row in self._rows(kind) if row["status"] == 429) for kind in KINDS}
        return {kind: count + refused[kind] for kind, count in self._throttled.items()}

    def swept(self) -> int:
        """Calls of HubSpot's sweep in this part, those of a killed one among them."""
        rows = self._rows("hubspot")
        return sum(row["count"] for row in rows if _swept(row))

    def writes(self) -> int:
        """In this part, in both CRMs, by anybody but persons."""
        return sum(row["count"] for row in self.sandbox.stats()["writes"] if row["source"] != _PERSON)

    def _rows(self, kind: CRMName) -> list[Mapping[str, Any]]:
        return [row for row in self.sandbox.stats()["calls"] if row["crm"] == kind and _TOKENS not in row["route"]]


def _swept(row: Mapping[str, Any]) -> bool:
    return (row["method"], row["route"]) == _LIST or any(part in row["route"] for part in _SWEPT)
