"""HubSpot's properties: definitions, and what a value must look like."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from adapters.sandbox.hubspot_errors import Invalid
from adapters.sandbox.hubspot_portal import KINDS, LEADLINE, MAPPED, STANDARD, Property
from adapters.sandbox.limits import DAY_MS
from adapters.sandbox.moments import iso, parse_date, parse_moment
from adapters.sandbox.store import Store

_EMAIL: Final = re.compile(r"[^@\s,;<>()]+@[^@\s,;<>()]+\.[^@\s,;<>().]{2,}")
_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")

CRM: Final = "hubspot"
PURGED_AFTER_DAYS: Final = 90


class PropertySchema:
    """The definitions of one portal, by object. Definitions are plain documents in the API's own shape."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._moments: dict[str, dict[str, str]] = {}
        for kind in KINDS:
            if not store.documents(f"hubspot:property:{kind}"):
                self._seed(kind)
            for name, definition in self.definitions(kind).items():
                self._learn(kind, name, definition)

    def install(self) -> None:
        """Adds the custom properties of the default mapping and Leadline's own; those that exist are left as they are."""
        self.put_group("contacts", {"name": "leadline", "label": "Leadline", "displayOrder": -1, "archived": False})
        self.add("contacts", MAPPED, "contactinformation")
        self.add("contacts", LEADLINE, "leadline")

    def definitions(self, kind: str) -> dict[str, dict[str, Any]]:
        """Every definition of an object by name, archived ones too."""
        return self._store.documents(f"hubspot:property:{kind}")

    def definition(self, kind: str, name: str) -> dict[str, Any] | None:
        """One definition that is not archived."""
        found: dict[str, Any] | None = self._store.document(f"hubspot:property:{kind}", name)
        return None if found is None or found["archived"] else found

    def put(self, kind: str, definition: dict[str, Any]) -> None:
        self._store.put(f"hubspot:property:{kind}", definition["name"], definition)
        self._learn(kind, definition["name"], definition)

    def purge(self, kind: str) -> None:
        """Forgets what has been archived for 90 days, values on records included."""
        long_ago = self._store.clock() - PURGED_AFTER_DAYS * DAY_MS
        for name, definition in self.definitions(kind).items():
            if definition["archived"] and parse_moment(definition["archivedAt"]) <= long_ago:
                self._store.drop(f"hubspot:property:{kind}", name)
                self._moments.get(kind, {}).pop(name, None)
                self._store.strip(CRM, kind, name)

    def groups(self, kind: str) -> dict[str, dict[str, Any]]:
        return self._store.documents(f"hubspot:group:{kind}")

    def put_group(self, kind: str, group: dict[str, Any]) -> None:
        self._store.put(f"hubspot:group:{kind}", group["name"], group)

    def moments(self, kind: str) -> Mapping[str, str]:
        """Date and datetime properties, name to type: their values are stored in milliseconds and shown as ISO 8601."""
        return self._moments.get(kind, {})

    def unique(self, kind: str, name: str) -> bool:
        definition = self.definition(kind, name)
        return definition is not None and bool(definition["hasUniqueValue"])

    def check(
        self, kind: str, values: Mapping[str, object], old: Mapping[str, str]
    ) -> tuple[dict[str, str | None], list[Invalid]]:
        """Values as they are stored (None clears), and those that are refused."""
        kept: dict[str, str | None] = {}
        problems = []
        for name, value in values.items():
            definition = self.definition(kind, name)
            problem = _refuse_name(definition, name)
            if problem is None and definition is not None:
                try:
                    kept[name] = _stored(definition, _wire_text(value), old.get(name))
                except _ValueRefusedError as refused:
                    problem = Invalid(name, refused.code, str(refused))
            if problem:
                problems.append(problem)
        return kept, problems

    def keep(self, kind: str, values: Mapping[str, object]) -> dict[str, str | None]:
        """Values as they are stored, for writers who may set anything: a person, an import, HubSpot itself.

        Raises:
            ValueError: a number is none, or a moment is none.
        """
        definitions = self._store.documents(f"hubspot:property:{kind}")
        return {name: _kept(_wire_text(value), definitions.get(name, {}).get("type", "")) for name, value in values.items()}

    def _seed(self, kind: str) -> None:
        group = "contactinformation" if kind == "contacts" else f"{kind}information"
        self.put_group(kind, {"name": group, "label": group, "displayOrder": 0, "archived": False})
        self.add(kind, STANDARD[kind], group, custom=False)

    def add(self, kind: str, properties: Iterable[Property], group: str, *, custom: bool = True) -> None:
        """Defines properties; those that exist are left as they are."""
        now = iso(self._store.clock())
        missing = [one for one in properties if self.definition(kind, one.name) is None]
        made = {one.name: _document(one, group, now, custom=custom) for one in missing}
        self._store.put_all(f"hubspot:property:{kind}", made)
        for name, definition in made.items():
            self._learn(kind, name, definition)

    def _learn(self, kind: str, name: str, definition: Mapping[str, Any]) -> None:
        if definition["type"] in {"date", "datetime"}:
            self._moments.setdefault(kind, {})[name] = definition["type"]
        if definition["hasUniqueValue"]:
            self._store.index(CRM, kind, name, unique=True)


class _ValueRefusedError(ValueError):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def _document(property_: Property, group: str, now: str, *, custom: bool) -> dict[str, Any]:
    options = [
        {"label": value, "value": value, "displayOrder": place, "hidden": False} for place, value in enumerate(property_.options)
    ]
    return {
        "updatedAt": now,
        "createdAt": now,
        "name": property_.name,
        "label": property_.label,
        "type": property_.type,
        "fieldType": property_.field_type,
        "description": "",
        "groupName": group,
        "options": options,
        "displayOrder": -1,
        "calculated": False,
        "externalOptions": property_.external,
        "archived": False,
        "hasUniqueValue": property_.unique,
        "hidden": False,
        "hubspotDefined": not custom,
        "dataSensitivity": "non_sensitive",
        "modificationMetadata": {
            "archivable": custom,
            "readOnlyDefinition": not custom,
            "readOnlyOptions": False,
            "readOnlyValue": property_.read_only,
        },
        "formField": True,
    }


def _refuse_name(definition: Mapping[str, Any] | None, name: str) -> Invalid | None:
    if definition is None:
        return Invalid(name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist')
    if definition["modificationMetadata"]["readOnlyValue"]:
        return Invalid(name, "READ_ONLY_VALUE", f'"{name}" is a read only property; its value cannot be set.')
    return None


def _wire_text(value: object) -> str | None:
    """HubSpot takes numbers and booleans and makes strings of them; an empty string clears."""
    if value is None or value == "":
        return None
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _kept(value: str | None, type_: str) -> str | None:
    if value is None:
        return None
    match type_:
        case "number":
            return _number(value)
        case "date" | "datetime":
            return _moment(value, type_)
    return value


def _stored(definition: Mapping[str, Any], value: str | None, old: str | None) -> str | None:
    if value is None:
        return None
    if definition["type"] in {"enumeration", "bool"}:
        return value if definition["externalOptions"] else _option(definition, value, old)
    return _email(value) if definition["name"] == "email" else _kept(value, definition["type"])


def _number(value: str) -> str:
    if not _NUMBER.fullmatch(value):
        raise _ValueRefusedError("INVALID_LONG", f"{value} was not a valid long.")
    return value


def _moment(value: str, type_: str) -> str:
    try:
        return str(parse_moment(value) if type_ == "datetime" else parse_date(value))
    except ValueError:
        raise _ValueRefusedError("INVALID_DATE", f"{value} was not a valid date.") from None


def _email(value: str) -> str:
    if not _EMAIL.fullmatch(value.strip()):
        raise _ValueRefusedError("INVALID_EMAIL", f"Email address {value} is invalid")
    return value.strip().lower()


def _option(definition: Mapping[str, Any], value: str, old: str | None) -> str:
    """Options are compared exactly, case included. Several are joined by `;`; a leading one appends."""
    several = definition["fieldType"] == "checkbox"
    chosen = [part for part in value.split(";") if part] if several else [value]
    allowed = [option["value"] for option in definition["options"]]
    for part in chosen:
        if part not in allowed:
            raise _ValueRefusedError("INVALID_OPTION", f"{part} was not one of the allowed options: {allowed}")
    appended = [part for part in (old or "").split(";") if part] if several and value.startswith(";") else []
    return ";".join(dict.fromkeys([*appended, *chosen]))
