"""What HubSpot says of a portal's setup, as frozen dataclasses: definitions, lists, workflows, forms, subscriptions."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from adapters.hubspot.answers import Malformed, Record, batch


@dataclass(frozen=True, slots=True)
class Option:
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Definition:
    """One property as it is defined."""

    name: str
    label: str
    description: str
    type: str
    field_type: str
    group: str
    options: tuple[Option, ...]
    unique: bool
    read_only: bool
    """Its value cannot be set by an app."""
    calculated: bool
    words: frozenset[str] = frozenset()
    """Every word of its formula: a property's name among them means that it is worked out from that one."""


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    label: str


@dataclass(frozen=True, slots=True)
class ContactList:
    """A list, which HubSpot's own pages call a segment."""

    id: str
    name: str
    processing: str
    """MANUAL (static), SNAPSHOT or DYNAMIC (active)."""
    words: frozenset[str]
    """Every text in its filters: a property's name among them means that the list looks at it."""
    lists: frozenset[str] = frozenset()
    """Ids of the lists that its filters name."""


@dataclass(frozen=True, slots=True)
class ListPage:
    lists: tuple[ContactList, ...]
    after: int | None
    """Offset of the next page; None on the last one."""


@dataclass(frozen=True, slots=True)
class Flow:
    """A workflow."""

    id: str
    name: str
    enabled: bool
    about: str
    """The type id of the object that it enrols."""
    enrols_on: frozenset[str]
    """Every text in its enrolment criteria."""
    sets: frozenset[str]
    """Properties that it sets."""
    rotates: frozenset[str]
    """Owner properties among which it rotates people."""
    words: frozenset[str]
    """Every text anywhere in it."""
    lists: frozenset[str]
    """Ids of the lists that it names, as members or as exceptions."""


@dataclass(frozen=True, slots=True)
class Form:
    id: str
    name: str
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Subscription:
    id: str
    event: str
    """`contact.creation`"""
    property: str
    """Of a `contact.propertyChange`; empty otherwise."""
    active: bool


@dataclass(frozen=True, slots=True)
class Target:
    """Where an app's events are sent."""

    url: str
    concurrent: int


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a search."""

    total: int
    ids: tuple[str, ...]
    properties: tuple[Mapping[str, str | None], ...]
    after: str | None


@dataclass(frozen=True, slots=True)
class Version:
    """One entry of a property's history."""

    value: str
    at: str
    source: str
    """`INTEGRATION`, `IMPORT`, `CRM_UI`, …"""


@dataclass(frozen=True, slots=True)
class Past:
    """One record's owner history, oldest first."""

    id: str
    created: str
    versions: tuple[Version, ...]


def definitions(document: object) -> tuple[Definition, ...]:
    return tuple(map(definition, _list(_dict(document), "results")))


def definition(document: object) -> Definition:
    found = _dict(document)
    rules = found.get("modificationMetadata")
    return Definition(
        name=_text(found, "name"),
        label=_loose(found, "label"),
        description=_loose(found, "description"),
        type=_text(found, "type"),
        field_type=_loose(found, "fieldType"),
        group=_loose(found, "groupName"),
        options=tuple(Option(_loose(one, "label"), _text(one, "value")) for one in _dicts(found.get("options"))),
        unique=found.get("hasUniqueValue") is True,
        read_only=isinstance(rules, dict) and rules.get("readOnlyValue") is True,
        calculated=found.get("calculated") is True,
        words=frozenset(re.findall(r"\w+", str(found.get("calculationFormula") or ""))),
    )


def groups(document: object) -> tuple[Group, ...]:
    results = map(_dict, _list(_dict(document), "results"))
    return tuple(Group(_text(one, "name"), _loose(one, "label")) for one in results if one.get("archived") is not True)


def one_list(document: object) -> ContactList:
    return _contact_list(_dict(document).get("list"))


def lists(document: object) -> tuple[ContactList, ...]:
    return tuple(map(_contact_list, _list(_dict(document), "lists")))


def list_page(document: object) -> ListPage:
    answer = _dict(document)
    offset = answer.get("offset")
    more = answer.get("hasMore") is True and isinstance(offset, int)
    return ListPage(lists(answer), offset if more and isinstance(offset, int) else None)


def members(document: object) -> tuple[tuple[str, ...], str | None]:
    """Record ids, and where the next page starts."""
    answer = _dict(document)
    return tuple(_text(_dict(one), "recordId") for one in _list(answer, "results")), after(answer)


def flow_ids(document: object) -> tuple[tuple[str, ...], str | None]:
    answer = _dict(document)
    return tuple(_text(_dict(one), "id") for one in _list(answer, "results")), after(answer)


def flows(document: object) -> tuple[Flow, ...]:
    return tuple(map(_flow, _list(_dict(document), "results")))


def forms(document: object) -> tuple[tuple[Form, ...], str | None]:
    answer = _dict(document)
    found = map(_dict, _list(answer, "results"))
    return tuple(Form(_text(one, "id"), _loose(one, "name"), words(one.get("fieldGroups"))) for one in found), after(answer)


def subscriptions(document: object) -> tuple[Subscription, ...]:
    return tuple(map(subscription, _list(_dict(document), "results")))


def subscription(document: object) -> Subscription:
    found = _dict(document)
    name = found.get("propertyName")
    return Subscription(
        _text(found, "id"), _text(found, "eventType"), name if isinstance(name, str) else "", found.get("active") is True
    )


def target(document: object) -> Target:
    found = _dict(document)
    concurrent = _dict(found.get("throttling") or {}).get("maxConcurrentRequests")
    return Target(_loose(found, "targetUrl"), concurrent if isinstance(concurrent, int) else 0)


def required(document: object) -> tuple[str, ...]:
    return tuple(one for one in _list(_dict(document), "requiredProperties") if isinstance(one, str))


def found(document: object) -> Found:
    answer = _dict(document)
    total, rows = answer.get("total"), [_dict(one) for one in _list(answer, "results")]
    if isinstance(total, bool) or not isinstance(total, int):
        raise Malformed("total is missing.")
    properties = tuple(
        {name: value for name, value in _dict(row.get("properties") or {}).items() if value is None or isinstance(value, str)}
        for row in rows
    )
    return Found(total, tuple(_text(row, "id") for row in rows), properties, after(answer))


def records(document: object) -> tuple[tuple[Record, ...], str | None]:
    return batch(document).records, after(_dict(document))


def pasts(name: str, document: object) -> tuple[Past, ...]:
    """Histories of property `name`, one for each record."""
    return tuple(_past(name, _dict(one)) for one in _list(_dict(document), "results"))


def nothing(document: object) -> None:  # noqa: ARG001 - whatever it is, that there was a 2xx is all that counts
    return None


def after(answer: Mapping[str, Any]) -> str | None:
    following = _dict(_dict(answer.get("paging") or {}).get("next") or {}).get("after")
    return following if isinstance(following, str) and following else None


def words(value: object) -> frozenset[str]:
    """Every text in a document, and every name inside `{{ … }}` of a text: how filters and actions refer to properties."""
    return frozenset(_words(value))


def _words(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
        yield from _tokens(value)
    elif isinstance(value, dict):
        for part in value.values():
            yield from _words(part)
    elif isinstance(value, list):
        for part in value:
            yield from _words(part)


def list_ids(value: object) -> frozenset[str]:
    """Every list id in a document. They are short numbers, so only those that stand under a list's name count."""
    return frozenset(_list_ids(value, named=False))


_NAMES_A_LIST: Final = frozenset({"listid", "list_id", "listids", "suppressionlistids"})


def _list_ids(value: object, *, named: bool) -> Iterator[str]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _list_ids(part, named=str(key).lower() in _NAMES_A_LIST)
    elif isinstance(value, list):
        for part in value:
            yield from _list_ids(part, named=named)
    elif named and isinstance(value, str | int):
        yield str(value)


def _tokens(text: str) -> Iterator[str]:
    """`{{ enrolled_object.leadline_route }}` names `leadline_route`."""
    for piece in text.split("{{")[1:]:
        inside = piece.partition("}}")[0].strip()
        yield inside.rpartition(".")[2]


def _contact_list(document: object) -> ContactList:
    one = _dict(document)
    return ContactList(
        id=_text(one, "listId"),
        name=_loose(one, "name"),
        processing=_loose(one, "processingType"),
        words=words(one.get("filterBranch")),
        lists=list_ids(one.get("filterBranch")),
    )


_SET_PROPERTY, _ROTATE = "0-5", "0-11"
"""Action types; that 0-11 rotates owners is in no documentation, only in workflows read from real portals."""


def _flow(document: object) -> Flow:
    one = _dict(document)
    actions = [_dict(action) for action in one.get("actions") or []]
    fields = [(action.get("actionTypeId"), _dict(action.get("fields") or {})) for action in actions]
    return Flow(
        id=_text(one, "id"),
        name=_loose(one, "name") or f"workflow {_text(one, 'id')}",
        enabled=one.get("isEnabled") is True,
        about=_loose(one, "objectTypeId"),
        enrols_on=words(one.get("enrollmentCriteria")),
        sets=frozenset(_loose(given, "property_name") for kind, given in fields if kind == _SET_PROPERTY),
        rotates=frozenset(_loose(given, "target_property") for kind, given in fields if kind == _ROTATE),
        words=words(one),
        lists=list_ids(one),
    )


def _past(name: str, row: Mapping[str, Any]) -> Past:
    entries = [_dict(entry) for entry in _dict(row.get("propertiesWithHistory") or {}).get(name) or []]
    versions = [Version(_loose(one, "value"), _loose(one, "timestamp"), _loose(one, "sourceType")) for one in entries]
    created = _dict(row.get("properties") or {}).get("createdate") or row.get("createdAt")
    stamps = sorted(versions, key=lambda version: version.at)
    return Past(_text(row, "id"), created if isinstance(created, str) else "", tuple(stamps))


def _dict(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Malformed("a part that should be an object is none.")
    return value


def _dicts(value: object) -> list[dict[str, Any]]:
    return [_dict(one) for one in value] if isinstance(value, list) else []


def _list(answer: Mapping[str, Any], key: str) -> list[Any]:
    value = answer.get(key)
    if not isinstance(value, list):
        raise Malformed(f"{key} is no list.")
    return value


def _text(answer: Mapping[str, Any], key: str) -> str:
    value = answer.get(key)
    if isinstance(value, bool) or not isinstance(value, (str, int)) or value == "":
        raise Malformed(f"{key} is missing.")
    return str(value)


def _loose(answer: Mapping[str, Any], key: str) -> str:
    value = answer.get(key)
    return value if isinstance(value, str) else ""
