"""What a portal is like, as far as a write must know: read at first use, and again when old or in doubt."""

from collections.abc import Callable, Mapping
from typing import Final, Generic, TypeVar

from adapters.errors import AdapterError
from adapters.hubspot.answers import Property
from adapters.hubspot.client import Client
from adapters.records import FieldSpec, FieldType

_T = TypeVar("_T")

SCHEMA_SECONDS: Final = 900.0
"""How long it is believed. Administrators add properties and options at any time."""

LEAVERS_SECONDS: Final = 60.0
"""How long it is believed who has left. Nobody documents that HubSpot refuses them, so it has to be known here."""


_TYPES: Final[Mapping[str, FieldType]] = {
    "string": "text",
    "phone_number": "text",
    "number": "number",
    "bool": "flag",
    "datetime": "moment",
    "date": "date",
    "enumeration": "choice",
}


def field_spec(found: Property) -> FieldSpec:
    """A property in the house's words. HubSpot tells no lengths and no places; a list kept elsewhere takes what it takes."""
    several = found.type == "enumeration" and found.field_type == "checkbox"
    return FieldSpec(
        name=found.name,
        label=found.label or found.name,
        type="choices" if several else _TYPES.get(found.type, "other"),
        vendor_type=found.type,
        choices=found.options,
        restricted=bool(found.options),
        writable=not found.read_only,
        calculated=found.calculated,
        unique=found.unique,
        custom=found.custom,
    )


class Remembered(Generic[_T]):
    """One answer of the portal. Without the right to ask it is `unknown`, and HubSpot alone judges what is written."""

    def __init__(
        self, read: Callable[[], _T], unknown: _T, monotonic: Callable[[], float], *, seconds: float = SCHEMA_SECONDS
    ) -> None:
        self._read = read
        self._unknown = unknown
        self._monotonic = monotonic
        self._seconds = seconds
        self._known: tuple[float, _T] | None = None

    @property
    def believed(self) -> bool:
        """Whether `value` would answer without a call, and so perhaps with something out of date."""
        return self._known is not None and self._monotonic() - self._known[0] <= self._seconds

    def value(self) -> _T:
        if self._known is None or not self.believed:
            self._known = (self._monotonic(), self._asked())
        return self._known[1]

    def forget(self) -> None:
        self._known = None

    def _asked(self) -> _T:
        try:
            return self._read()
        except AdapterError as error:
            if error.status in {403, 404}:
                return self._unknown
            raise


class Portal:
    """`properties` of the mapped object by name, and the ids of `former_owners`."""

    def __init__(self, client: Client, object_type: str, monotonic: Callable[[], float]) -> None:
        self.properties: Remembered[Mapping[str, Property]] = Remembered(
            lambda: {found.name: found for found in client.properties(object_type)}, {}, monotonic
        )
        self.former_owners: Remembered[frozenset[str]] = Remembered(
            lambda: frozenset(owner.id for owner in client.owners(archived=True)),
            frozenset(),
            monotonic,
            seconds=LEAVERS_SECONDS,
        )

    @property
    def believed(self) -> bool:
        return self.properties.believed or self.former_owners.believed

    def forget(self) -> None:
        self.properties.forget()
        self.former_owners.forget()
