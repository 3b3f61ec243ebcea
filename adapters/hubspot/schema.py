"""What a portal's properties look like, read at first use and again when old."""

from collections.abc import Callable, Mapping
from typing import Final

from adapters.errors import AdapterError
from adapters.hubspot.answers import Property
from adapters.hubspot.client import Client

SCHEMA_SECONDS: Final = 900.0
"""How long it is believed. Administrators add properties and options at any time."""


class Schema:
    """One object's properties by name. `monotonic` is in seconds."""

    def __init__(self, client: Client, object_type: str, monotonic: Callable[[], float]) -> None:
        self._client = client
        self._object_type = object_type
        self._monotonic = monotonic
        self._known: tuple[float, Mapping[str, Property]] | None = None

    @property
    def remembered(self) -> bool:
        """Whether `properties` would answer without a call, and so perhaps with something out of date."""
        return self._known is not None and self._monotonic() - self._known[0] <= SCHEMA_SECONDS

    def properties(self) -> Mapping[str, Property]:
        """Empty without the right to read them (`crm.schemas.….read`): then HubSpot alone judges values."""
        if self._known is None or not self.remembered:
            self._known = (self._monotonic(), self._read())
        return self._known[1]

    def forget(self) -> None:
        self._known = None

    def _read(self) -> Mapping[str, Property]:
        try:
            return {found.name: found for found in self._client.properties(self._object_type)}
        except AdapterError as error:
            if error.status in {403, 404}:
                return {}
            raise
