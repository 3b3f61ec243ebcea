"""What an org's objects look like to our user: a field without field-level security is simply not there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from adapters.errors import CallOperator
from adapters.records import FieldSpec, FieldType

T = TypeVar("T")

SCHEMA_SECONDS: Final = 900.0
"""How long a description is believed. Administrators add fields and picklist values at any time."""

DOUBT_SECONDS: Final = 60.0
"""How long a description is believed that speaks against a write. A description is large, so not less."""


@dataclass(frozen=True, slots=True)
class FieldInfo:
    name: str
    type: str
    """Salesforce's word: string, textarea, picklist, double, int, currency, percent, boolean, datetime, date, url, reference …"""
    length: int = 0
    """Characters; 0 where it has no meaning."""
    updateable: bool = True
    identifies: bool = False
    """External id, unique or a link: half of it would be another value."""
    choices: frozenset[str] | None = None
    """Active API values of a restricted picklist, None when any text is taken."""
    label: str = ""
    precision: int = 0
    """Digits in all; 0 where it has no meaning."""
    scale: int | None = None
    """Digits after the point."""
    values: tuple[str, ...] = ()
    """Active API values of any picklist, in the org's order."""
    calculated: bool = False
    unique: bool = False
    custom: bool = False

    def spec(self) -> FieldSpec:
        """In the house's words."""
        return FieldSpec(
            name=self.name,
            label=self.label or self.name,
            type=_TYPES.get(self.type, "other"),
            vendor_type=self.type,
            length=self.length,
            digits=max(0, self.precision - (self.scale or 0)),
            decimals=self.scale,
            choices=self.values or tuple(sorted(self.choices or ())),
            restricted=self.choices is not None,
            writable=self.updateable,
            calculated=self.calculated,
            unique=self.unique,
            custom=self.custom,
        )


_TYPES: Final[Mapping[str, FieldType]] = {
    **dict.fromkeys(("string", "textarea", "url", "email", "phone", "combobox", "encryptedstring"), "text"),
    **dict.fromkeys(("double", "int", "long", "currency", "percent"), "number"),
    **dict.fromkeys(("reference", "id"), "link"),
    "boolean": "flag",
    "datetime": "moment",
    "date": "date",
    "picklist": "choice",
    "multipicklist": "choices",
}
"""What is missing, such as address, location and base64, is other."""


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    name: str
    fields: Mapping[str, FieldInfo]
    """By lower-case name: Salesforce does not tell letter case apart."""
    relationships: Mapping[str, str]
    """Lower-case relationship name to its own spelling: what may stand before a dot in SOQL."""
    createable: bool = True

    def field(self, name: str) -> FieldInfo | None:
        return self.fields.get(name.lower())

    def path(self, name: str) -> str | None:
        """How SOQL spells the mapped field, None if this org does not have it. `Account.Industry` follows a relationship."""
        first, dot, rest = name.partition(".")
        if dot:
            relationship = self.relationships.get(first.lower())
            return f"{relationship}.{rest}" if relationship and rest.replace(".", "").replace("_", "").isalnum() else None
        info = self.field(name)
        return info.name if info else None


def parse_describe(document: Mapping[str, Any]) -> ObjectInfo:
    """Keeps of a description (`sobjects/<Object>/describe`) what reading, writing and checking need."""
    entries = [entry for entry in document["fields"] if isinstance(entry, dict) and isinstance(entry.get("name"), str)]
    links = [entry["relationshipName"] for entry in entries if isinstance(entry.get("relationshipName"), str)]
    return ObjectInfo(
        name=str(document.get("name", "")),
        fields={entry["name"].lower(): _field(entry) for entry in entries},
        relationships={link.lower(): link for link in links},
        createable=document.get("createable") is not False,
    )


def _field(entry: Mapping[str, Any]) -> FieldInfo:
    return FieldInfo(
        name=entry["name"],
        type=str(entry.get("type", "string")),
        length=int(entry.get("length") or 0),
        updateable=entry.get("updateable") is not False,
        identifies=bool(entry.get("externalId") or entry.get("unique") or entry.get("type") in {"url", "reference", "id"}),
        choices=frozenset(_values(entry)) if entry.get("restrictedPicklist") else None,
        label=str(entry.get("label") or ""),
        precision=int(entry.get("precision") or entry.get("digits") or 0),
        scale=entry["scale"] if isinstance(entry.get("scale"), int) else None,
        values=_values(entry),
        calculated=bool(entry.get("calculated") or entry.get("autoNumber")),
        unique=entry.get("unique") is True,
        custom=entry.get("custom") is True,
    )


def _values(entry: Mapping[str, Any]) -> tuple[str, ...]:
    values = entry.get("picklistValues") or []
    return tuple(value["value"] for value in values if value.get("active", True) and isinstance(value.get("value"), str))


class Schemas:
    """Descriptions by object, read at first use and again when old. `now` is in seconds and need only go forward."""

    def __init__(self, describe: Callable[[str], Mapping[str, Any]], now: Callable[[], float]) -> None:
        self._describe = describe
        self._now = now
        self._known: dict[str, tuple[float, ObjectInfo]] = {}

    def of(self, object_name: str) -> ObjectInfo:
        known = self._known.get(object_name)
        if known is None or self._now() - known[0] > SCHEMA_SECONDS:
            known = self._known[object_name] = (self._now(), parse_describe(self._describe(object_name)))
        return known[1]

    def forget(self) -> None:
        self._known.clear()

    def doubt(self) -> bool:
        """Forgets what is not quite new. True if there was such a thing, so that a second look may see something else."""
        old = [name for name, (read_at, _) in self._known.items() if self._now() - read_at > DOUBT_SECONDS]
        for name in old:
            del self._known[name]
        return bool(old)

    def believed(self, work: Callable[[], T]) -> T:
        """Does `work`, which relies on descriptions. INVALID_FIELD says that one is out of date and that nothing was done:
        the work is done once more, with new ones.
        """
        try:
            return work()
        except CallOperator as error:
            if error.code != "INVALID_FIELD":
                raise
        self.forget()
        return work()
