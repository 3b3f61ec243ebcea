"""Leadline's own properties: what they have to be, what differs, and how they go again."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any, Final

from adapters.errors import CallOperator
from adapters.hubspot.checking import HOLDS
from adapters.hubspot.failures import Rejected
from adapters.hubspot.setup import Setup
from adapters.hubspot.setup_answers import Definition
from adapters.hubspot.work import Work
from adapters.kit import OutputField, Step

GROUP: Final = "leadline"
GROUP_LABEL: Final = "Leadline"
_PLACE: Final = "Settings ► Data Management ► Properties ► Contact properties"
_TYPES: Final[Mapping[str, tuple[str, str]]] = {
    "integer": ("number", "number"),
    "moment": ("datetime", "date"),
    "flag": ("bool", "booleancheckbox"),
}
_LONG: Final = frozenset({"route_reason"})
"""Outputs of several lines."""
_UNIQUE: Final = frozenset({"key"})
_ARCHIVED: Final = "HubSpot keeps archived properties for 90 days, then they are gone for good"
_LEFT: Final = "Leadline was removed on "
"""Beginning of what stands after the help text of a property that stayed behind."""


class Properties:
    """The group `leadline` and our properties in it. Properties that the customer had before are only looked at."""

    def __init__(self, setup: Setup, fields: Sequence[OutputField]) -> None:
        self._setup = setup
        self._fields = fields
        self._ours = [field for field in fields if field.ours]

    def installation(self) -> Iterator[Work]:
        there, archived = self._setup.definitions(), self._setup.definitions(archived=True)
        if self._ours:
            yield self._group()
        for field in self._fields:
            yield self._wanted(field, there.get(field.field), archived.get(field.field))

    def removal(self, today: date, used: Mapping[str, Sequence[str]], *, purge: bool) -> Iterator[Work]:
        """
        Args:
            used: property to those who use it, whom HubSpot will not leave without it.
        """
        there = self._setup.definitions()
        stay, gone = False, False
        for field in self._ours:
            if found := there.get(field.field):
                why = () if purge else tuple(self._ties(found.name, used.get(found.name, ())))
                work = self._leaving(field, found, today, why) if why else self._archiving(found)
                stay, gone = stay or work.step.action != "remove", gone or work.step.action == "remove"
                yield work
        others = any(one.group == GROUP and one.name not in {field.field for field in self._ours} for one in there.values())
        if GROUP in self._setup.groups():
            lines = (_ARCHIVED,) if gone else ()
            yield self._group_left(lines, stays=stay or others)

    def _ties(self, name: str, users: Sequence[str]) -> Iterator[str]:
        """Why a property has to stay."""
        found = self._setup.search([{"propertyName": name, "operator": "HAS_PROPERTY"}], ["hs_object_id"], limit=1)
        if found.total:
            yield f"{found.total} records hold a value, so it stays"
        if users:
            yield f"used by {', '.join(users)}, so it stays"

    # --- putting in

    def _group(self) -> Work:
        found = self._setup.groups().get(GROUP)
        if found is None:
            return Work(Step("property group", GROUP, "create"), partial(self._setup.create_group, GROUP, GROUP_LABEL))
        if found.label == GROUP_LABEL:
            return Work(Step("property group", GROUP, "keep"))
        line = f"label {found.label} ► {GROUP_LABEL}"
        return Work(Step("property group", GROUP, "change", (line,)), partial(self._setup.change_group, GROUP, GROUP_LABEL))

    def _wanted(self, field: OutputField, found: Definition | None, archived: Definition | None) -> Work:
        if not field.ours:
            return _customers(field, found)
        if found is None:
            back = ("a property of this name was archived; HubSpot brings it back, with its values",) if archived else ()
            return Work(Step("property", field.field, "create", (_kind_line(field), *back)), partial(self._create, field))
        if obstacles := _obstacles(field, found):
            return Work(Step("property", field.field, "by_hand", obstacles))
        lines, body = difference(field, found)
        if not body:
            return Work(Step("property", field.field, "keep", lines))
        return Work(Step("property", field.field, "change", lines), partial(self._change, field.field, body))

    def _create(self, field: OutputField) -> None:
        """What comes back may be an archived property as it was, which is then made as it should be."""
        made = self._setup.create_property(body_of(field))
        _, body = difference(field, made)
        if body and not _obstacles(field, made):
            self._setup.change_property(field.field, body)

    def _change(self, name: str, body: Mapping[str, Any]) -> None:
        self._setup.change_property(name, body)

    # --- taking out

    def _archiving(self, found: Definition) -> Work:
        return Work(Step("property", found.name, "remove"), partial(self._archive, found.name))

    def _leaving(self, field: OutputField, found: Definition, today: date, why: tuple[str, ...]) -> Work:
        """Whoever finds it later reads when it was last written."""
        if _LEFT in found.description:
            return Work(Step("property", found.name, "keep", (*why, "its description says that Leadline left")))
        text = f"{field.help} {_LEFT}{today.isoformat()}; nothing writes this any more."
        step = Step("property", found.name, "change", (*why, f"description ► {text}"))
        return Work(step, partial(self._change, found.name, {"description": text}))

    def _archive(self, name: str) -> None:
        try:
            self._setup.archive_property(name)
        except Rejected as refusal:
            if refusal.status == 404:
                return  # somebody was quicker
            users = ", ".join(refusal.complaint.users) or "something that this connection may not see"
            sentence = (
                f"HubSpot does not let {name} go, which {users} still uses: {_PLACE} ► {name} ► Used in. Take it out there, and "
                "remove again; what was done before stands."
            )
            raise CallOperator(sentence, provider="hubspot", operation=refusal.operation, code=refusal.code) from None

    def _archive_group(self) -> None:
        self._setup.archive_group(GROUP)

    def _group_left(self, lines: tuple[str, ...], *, stays: bool) -> Work:
        if stays:
            return Work(Step("property group", GROUP, "keep", ("it still has properties", *lines)))
        return Work(Step("property group", GROUP, "remove", lines), self._archive_group)


def body_of(field: OutputField) -> dict[str, Any]:
    """The property as HubSpot is asked to make it."""
    type_, field_type = _type(field)
    body: dict[str, Any] = {
        "groupName": GROUP,
        "name": field.field,
        "label": field.label,
        "description": field.help,
        "type": type_,
        "fieldType": field_type,
        "hasUniqueValue": field.output in _UNIQUE,
        "formField": False,
    }
    return body | ({"options": _options(field.choices)} if field.choices else {})


def difference(field: OutputField, found: Definition) -> tuple[tuple[str, ...], dict[str, Any]]:
    """What is not as it should be, in words and as a change. Options that somebody added stay: a PATCH replaces them all."""
    wanted = {"label": (found.label, field.label), "description": (found.description, field.help)}
    body: dict[str, Any] = {name: new for name, (old, new) in wanted.items() if old != new}
    lines = [f"{name} {old or '(empty)'} ► {new}" for name, (old, new) in wanted.items() if old != new]
    if found.group != GROUP:
        body["groupName"] = GROUP
        lines.append(f"group {found.group} ► {GROUP}")
    theirs = [(one.label, one.value) for one in found.options]
    missing = [choice for choice in field.choices if choice not in {value for _, value in theirs}]
    if missing and found.type == "enumeration":
        order = [*((choice, choice) for choice in field.choices), *(one for one in theirs if one[1] not in field.choices)]
        body["options"] = [_option(label, value, place) for place, (label, value) in enumerate(order)]
        lines.append(f"options + {', '.join(missing)}")
    return tuple(lines), body


def _obstacles(field: OutputField, found: Definition) -> tuple[str, ...]:
    """Why only a person can put it right: HubSpot will not change these once there are values."""
    lines = []
    if found.type not in HOLDS[field.kind]:
        lines.append(
            f"It is of type {found.type} and has to be {_type(field)[0]}: {_PLACE} ► {found.label or found.name} ► Archive, "
            f"then install again; or map {field.output} to another property."
        )
    if field.output in _UNIQUE and not found.unique:
        lines.append(
            f"It was made without unique values, which can be said only once: {_PLACE} ► {found.label or found.name} ► Archive, "
            "Archived properties ► Delete, then install again."
        )
    if found.read_only:
        lines.append(f"Its value is read-only, so nothing could be written: map {field.output} to another property.")
    return tuple(lines)


def _customers(field: OutputField, found: Definition | None) -> Work:
    """A property that was there before us: never changed, but it has to take what will be written."""
    if found is None:
        line = f"{field.output} is mapped to it, and there is no such property: make it under {_PLACE}, or map another."
        return Work(Step("your property", field.field, "by_hand", (line,)))
    if found.type not in HOLDS[field.kind]:
        line = f"It is of type {found.type}, which does not hold {field.output} ({field.kind}): map another property."
        return Work(Step("your property", field.field, "by_hand", (line,)))
    if found.read_only or found.calculated:
        line = f"HubSpot works out its value, so {field.output} cannot be written there: map another property."
        return Work(Step("your property", field.field, "by_hand", (line,)))
    lacking = [choice for choice in field.choices if found.type == "enumeration" and choice not in _values(found)]
    if lacking:
        line = f"It lacks the options {', '.join(lacking)}: {_PLACE} ► {found.label or found.name} ► Field type ► Add an option."
        return Work(Step("your property", field.field, "by_hand", (line,)))
    return Work(Step("your property", field.field, "keep", (f"{field.output} goes into it; it is not changed",)))


def _type(field: OutputField) -> tuple[str, str]:
    if field.kind != "text":
        return _TYPES[field.kind]
    if field.choices:
        return "enumeration", "select"
    return "string", "textarea" if field.output in _LONG else "text"


def _kind_line(field: OutputField) -> str:
    type_, _ = _type(field)
    extra = ", unique" if field.output in _UNIQUE else f": {', '.join(field.choices)}" if field.choices else ""
    return f"{field.label} ({type_}{extra})"


def _values(found: Definition) -> frozenset[str]:
    return frozenset(option.value for option in found.options)


def _options(choices: Sequence[str]) -> list[dict[str, Any]]:
    return [_option(choice, choice, place) for place, choice in enumerate(choices)]


def _option(label: str, value: str, place: int) -> dict[str, Any]:
    return {"label": label, "value": value, "displayOrder": place, "hidden": False}
