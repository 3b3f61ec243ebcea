"""HubSpot's answers as frozen dataclasses. Whatever is not as HubSpot documents it is `Malformed`, with the place named."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import available_timezones

from adapters.hubspot.failures import Complaint, complaint
from adapters.hubspot.moments import instant

_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


class Malformed(ValueError):
    """An answer that is not in HubSpot's documented shape."""


@dataclass(frozen=True, slots=True)
class Record:
    """One CRM object. Every property is text, or None where it is empty."""

    id: str
    properties: Mapping[str, str | None]
    created: str = ""
    modified: str = ""
    """HubSpot's own stamps; a portal may have let somebody edit the properties of that meaning."""
    trace: str = ""
    """Our `objectWriteTraceId`, where HubSpot gives it back."""
    history: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Property name to its values, newest first, where history was asked for; empty text where it was cleared."""
    changed: Mapping[str, datetime] = field(default_factory=dict)
    """Property name to the moment of its newest version, where history was asked for."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A 2xx answer to a batch call; a 207 has errors beside its records."""

    records: tuple[Record, ...]
    errors: tuple[Complaint, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The first records that a search found, and how many there are."""

    records: tuple[Record, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a list of records."""

    records: tuple[Record, ...]
    after: str | None
    """Where the next page starts; None on the last one."""


@dataclass(frozen=True, slots=True)
class Property:
    """What a portal says of one property."""

    name: str
    type: str
    """string, number, date, datetime, enumeration, bool, phone_number."""
    options: tuple[str, ...]
    """The values that an enumeration takes, case counts. Empty where any text goes, or HubSpot keeps the list elsewhere."""
    read_only: bool
    label: str = ""
    field_type: str = ""
    """How HubSpot shows it: text, textarea, number, select, radio, checkbox (several of the options), booleancheckbox, …"""
    calculated: bool = False
    unique: bool = False
    custom: bool = False


@dataclass(frozen=True, slots=True)
class OwnerRow:
    """One owner, under the `id` that `hubspot_owner_id` takes (never `userId`)."""

    id: str
    type: str
    """PERSON or QUEUE."""
    email: str
    name: str
    archived: bool


@dataclass(frozen=True, slots=True)
class OwnerPage:
    owners: tuple[OwnerRow, ...]
    after: str | None
    """Where the next page starts; None on the last one."""


@dataclass(frozen=True, slots=True)
class Links:
    """The associations of one record, one page of them."""

    id: str
    to: tuple[str, ...]
    after: str | None


def batch(document: object) -> Batch:
    answer = _dict(document, "the answer")
    errors = answer.get("errors") or []
    return Batch(
        records=tuple(map(_record, _list(answer, "results"))),
        errors=tuple(map(complaint, errors if isinstance(errors, list) else [])),
    )


def found(document: object) -> Found:
    answer = _dict(document, "the answer")
    total = answer.get("total")
    if not isinstance(total, int):
        raise Malformed("total is no number.")
    return Found(tuple(map(_record, _list(answer, "results"))), total)


def listed(document: object) -> Listed:
    answer = _dict(document, "the answer")
    return Listed(tuple(map(_record, _list(answer, "results"))), _after(answer))


def properties(document: object) -> tuple[Property, ...]:
    return tuple(map(_property, _list(_dict(document, "the answer"), "results")))


def owner_page(document: object) -> OwnerPage:
    answer = _dict(document, "the answer")
    return OwnerPage(owners=tuple(map(_owner, _list(answer, "results"))), after=_after(answer))


def links(document: object) -> tuple[Links, ...]:
    return tuple(map(_links, _list(_dict(document, "the answer"), "results")))


def _record(item: object) -> Record:
    found = _dict(item, "results[]")
    return Record(
        id=_id(found, "id"),
        properties={name: _optional_text(value, name) for name, value in _dict(found.get("properties"), "properties").items()},
        created=_optional_text(found.get("createdAt"), "createdAt") or "",
        modified=_optional_text(found.get("updatedAt"), "updatedAt") or "",
        trace=_optional_text(found.get("objectWriteTraceId"), "objectWriteTraceId") or "",
        history={name: _past(entries) for name, entries in _dict(found.get("propertiesWithHistory") or {}, "history").items()},
        changed=_changed(_dict(found.get("propertiesWithHistory") or {}, "history")),
    )


def _past(entries: object) -> tuple[str, ...]:
    if not isinstance(entries, list):
        raise Malformed("propertiesWithHistory holds no list.")
    versions = [_dict(entry, "propertiesWithHistory") for entry in entries]
    versions.sort(key=lambda version: instant(_id(version, "timestamp")) or _LONG_AGO, reverse=True)
    return tuple(_optional_text(version.get("value"), "propertiesWithHistory") or "" for version in versions)


def _changed(history: Mapping[str, Any]) -> Mapping[str, datetime]:
    """The newest stamp of each property that has one; a value that was cleared counts, as clearing is a change."""
    stamps = {
        name: [found for entry in entries if (found := instant(str(_dict(entry, "history").get("timestamp") or "")))]
        for name, entries in history.items()
    }
    return {name: max(known) for name, known in stamps.items() if known}


def _property(item: object) -> Property:
    found = _dict(item, "results[]")
    options = found.get("options") if found.get("type") == "enumeration" and not found.get("externalOptions") else None
    rules = found.get("modificationMetadata")
    return Property(
        name=_id(found, "name"),
        type=_id(found, "type"),
        options=tuple(_id(_dict(option, "options[]"), "value") for option in _list({"options": options or []}, "options")),
        read_only=isinstance(rules, dict) and rules.get("readOnlyValue") is True,
        label=_optional_text(found.get("label"), "label") or "",
        field_type=_optional_text(found.get("fieldType"), "fieldType") or "",
        calculated=found.get("calculated") is True or found.get("fieldType") == "calculation_equation",
        unique=found.get("hasUniqueValue") is True,
        custom=found.get("hubspotDefined") is not True,
    )


def _owner(item: object) -> OwnerRow:
    found = _dict(item, "results[]")
    # An archived owner often has empty names, and its e-mail address may be missing.
    names = [_optional_text(found.get(key), key) or "" for key in ("firstName", "lastName")]
    return OwnerRow(
        id=_id(found, "id"),
        type=_optional_text(found.get("type"), "type") or "PERSON",
        email=_optional_text(found.get("email"), "email") or "",
        name=" ".join(filter(None, names)),
        archived=found.get("archived") is True,
    )


def _links(item: object) -> Links:
    found = _dict(item, "results[]")
    return Links(
        id=_id(_dict(found.get("from"), "from"), "id"),
        to=tuple(_id(_dict(target, "to[]"), "toObjectId") for target in _list(found, "to")),
        after=_after(found),
    )


@dataclass(frozen=True, slots=True)
class AccountDetails:
    """What a portal says of itself."""

    portal_id: str
    account_type: str
    """STANDARD, SANDBOX, DEVELOPER_TEST, APP_DEVELOPER."""
    time_zone: str
    """An IANA name, such as US/Eastern; empty where HubSpot does not say. The day of the daily limit ends at its midnight."""


def account_details(answer: object) -> AccountDetails:
    document = _dict(answer, "the answer")
    return AccountDetails(_id(document, "portalId"), _id(document, "accountType"), _zone(document))


def _zone(document: dict[str, Any]) -> str:
    name = document.get("timeZone")
    return name if isinstance(name, str) and name in available_timezones() else ""


def _after(answer: dict[str, Any]) -> str | None:
    following = _dict(_dict(answer.get("paging") or {}, "paging").get("next") or {}, "paging.next")
    return _optional_text(following.get("after"), "paging.next.after")


def _dict(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Malformed(f"{where} is no object.")
    return value


def _list(answer: dict[str, Any], key: str) -> list[Any]:
    value = answer.get(key)
    if not isinstance(value, list):
        raise Malformed(f"{key} is no list.")
    return value


def _id(answer: dict[str, Any], key: str) -> str:
    """Text that must be there; associations spell record ids as numbers."""
    value = answer.get(key)
    if isinstance(value, bool) or not isinstance(value, (str, int)) or value == "":
        raise Malformed(f"{key} is missing.")
    return str(value)


def _optional_text(value: object, where: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise Malformed(f"{where} is no text.")
    return value
