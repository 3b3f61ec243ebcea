"""HubSpot's property endpoints."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from adapters.sandbox.hubspot_errors import RefusalError, bad_request, not_found
from adapters.sandbox.hubspot_input import document, items, nowhere, wants, word
from adapters.sandbox.hubspot_portal import Kind
from adapters.sandbox.hubspot_schema import PropertySchema
from adapters.sandbox.hubspot_usage import Usage
from adapters.sandbox.moments import iso
from adapters.sandbox.store import Store
from adapters.sandbox.wire import Answer, Call, empty_answer, json_answer

_FIELD_TYPES: Final[Mapping[str, frozenset[str]]] = {
    "string": frozenset({"text", "textarea", "html", "phonenumber", "file", "calculation_equation"}),
    "number": frozenset({"number", "calculation_equation"}),
    "date": frozenset({"date"}),
    "datetime": frozenset({"date"}),
    "enumeration": frozenset({"select", "radio", "checkbox", "booleancheckbox", "calculation_equation"}),
    "bool": frozenset({"booleancheckbox", "calculation_equation"}),
    "phone_number": frozenset({"phonenumber"}),
}
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,99}")
_CHANGEABLE: Final = (
    *("label", "description", "groupName", "options", "displayOrder", "hidden", "formField"),
    *("type", "fieldType", "calculationFormula"),
)
_MOST_UNIQUE: Final = 10


class PropertiesApi:
    """`/properties/{kind}`, `/{name}` and `/batch/…`."""

    def __init__(self, store: Store, schema: PropertySchema, usage: Usage) -> None:
        self._store = store
        self._schema = schema
        self._usage = usage

    def answer(self, call: Call, kind: Kind, rest: Sequence[str]) -> Answer:
        """Answers what comes after the kind.

        Raises:
            RefusalError: HubSpot's refusal.
        """
        self._schema.purge(kind.name)
        match call.method, *rest:
            case "POST", "batch", verb:
                return self._batch(call, kind, verb)
            case ("GET",):
                return self._list(call, kind)
            case ("POST",):
                made = self._create(kind, document(call))
                return json_answer(201, made, {"Location": f"{call.path.rstrip('/')}/{made['name']}"})
            case "DELETE", name:
                self._archive(kind, self._existing(kind, name))
                return empty_answer()
            case (("GET" | "PATCH"), name):
                return json_answer(200, self._one(call, kind, name))
        raise nowhere(call)

    def _list(self, call: Call, kind: Kind) -> Answer:
        archived = wants(call, "archived")
        return json_answer(
            200, {"results": [one for one in self._schema.definitions(kind.name).values() if one["archived"] == archived]}
        )

    def _batch(self, call: Call, kind: Kind, verb: str) -> Answer:
        match verb:
            case "create":
                return self._each(201, items(document(call)), lambda item: self._create(kind, item))
            case "read":
                body = document(call)
                archived = body.get("archived") is True
                return self._each(200, items(body), lambda item: self._existing(kind, word(item, "name"), archived=archived))
            case "archive":
                return self._archive_all(kind, [word(item, "name") for item in items(document(call))])
        raise nowhere(call)

    def _each(
        self, status: int, inputs: Sequence[Mapping[str, Any]], one: Callable[[Mapping[str, Any]], dict[str, Any]]
    ) -> Answer:
        """Every input by itself; those that are refused are the errors of a 207."""
        results: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        for item in inputs:
            try:
                results.append(one(item))
            except RefusalError as refusal:
                errors.append({**refusal.document(), "context": {"name": [word(item, "name")]}})
        failed = {"numErrors": len(errors), "errors": errors} if errors else {}
        now = iso(self._store.clock())
        body = {"status": "COMPLETE", "results": results, **failed, "startedAt": now, "completedAt": now}
        return json_answer(207 if errors else status, body)

    def _archive_all(self, kind: Kind, names: Sequence[str]) -> Answer:
        """204 whatever the state of each was: gone, or never there."""
        definitions = [found for name in names if (found := self._schema.definition(kind.name, name))]
        for definition in definitions:
            self._refuse_kept(kind, definition)
        for definition in definitions:
            self._archive(kind, definition)
        return empty_answer()

    def _one(self, call: Call, kind: Kind, name: str) -> dict[str, Any]:
        if call.method == "PATCH":
            return self._change(kind, name, document(call))
        return self._existing(kind, name, archived=wants(call, "archived"))

    def _create(self, kind: Kind, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """A new property, or an archived one back under its name."""
        name = word(wanted, "name")
        old = self._schema.definitions(kind.name).get(name)
        if old is not None and not old["archived"]:
            raise exists(f"A property named '{name}' already exists.", "Properties.PROPERTY_WITH_NAME_EXISTS")
        self._check(kind, wanted)
        now = iso(self._store.clock())
        formula = {"calculationFormula": word(wanted, "calculationFormula")} if _calculated(wanted) else {}
        made = {
            "updatedAt": now,
            "createdAt": old["createdAt"] if old else now,
            **{member: wanted.get(member, default) for member, default in _DEFAULTS.items()},
            "options": _options(wanted),
            "name": name,
            "calculated": bool(formula),
            **formula,
            "externalOptions": wanted.get("externalOptions") is True,
            "archived": False,
            "hubspotDefined": False,
            "dataSensitivity": "non_sensitive",
            "modificationMetadata": {**_OURS, "readOnlyValue": bool(formula)},
        }
        self._schema.put(kind.name, made)
        return made

    def _check(self, kind: Kind, wanted: Mapping[str, Any]) -> None:
        missing = [member for member in ("groupName", "name", "label", "type", "fieldType") if not word(wanted, member)]
        if missing:
            raise bad_request(f"Invalid input JSON: required members are missing: {', '.join(missing)}.")
        if not _NAME.fullmatch(word(wanted, "name")):
            raise bad_request("A property name has lower-case letters, digits and underscores, and begins with a letter.")
        _check_type(wanted)
        group = self._schema.groups(kind.name).get(word(wanted, "groupName"))
        if group is None or group["archived"]:
            raise bad_request(f"Property group {wanted['groupName']} does not exist; create it first.")
        unique = [one for one in self._schema.definitions(kind.name).values() if one["hasUniqueValue"] and not one["archived"]]
        if wanted.get("hasUniqueValue") and len(unique) >= _MOST_UNIQUE:
            raise bad_request(f"An object has at most {_MOST_UNIQUE} unique properties.")

    def _change(self, kind: Kind, name: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
        old = self._existing(kind, name)
        if old["hubspotDefined"]:
            raise bad_request(f"Property {name} is HubSpot's own; its definition cannot be changed.")
        changed = {**old, **{member: wanted[member] for member in _CHANGEABLE if member in wanted}}
        _check_type(changed)
        made = {**changed, "options": _options(changed), "updatedAt": iso(self._store.clock())}
        self._schema.put(kind.name, made)
        return made

    def _archive(self, kind: Kind, old: Mapping[str, Any]) -> None:
        """Into the recycling bin for 90 days; the values stay on the records meanwhile."""
        self._refuse_kept(kind, old)
        self._schema.put(kind.name, {**old, "archived": True, "archivedAt": iso(self._store.clock())})

    def _refuse_kept(self, kind: Kind, definition: Mapping[str, Any]) -> None:
        if not definition["modificationMetadata"]["archivable"]:
            message = f"Property {definition['name']} is HubSpot's own and cannot be deleted."
            raise bad_request(message, subCategory="PropertyValidationError.CANNOT_DELETE_PROPERTY_IN_USE")
        self._usage.refuse_used(kind, definition["name"])

    def _existing(self, kind: Kind, name: str, *, archived: bool = False) -> dict[str, Any]:
        found = self._schema.definitions(kind.name).get(name)
        if found is None or found["archived"] != archived:
            raise not_found(f"Property {name} does not exist.", subCategory="Properties.PROPERTY_NOT_FOUND")
        return found


_DEFAULTS: Final[Mapping[str, Any]] = {
    "label": "",
    "type": "",
    "fieldType": "",
    "description": "",
    "groupName": "",
    "displayOrder": -1,
    "hasUniqueValue": False,
    "hidden": False,
    "formField": False,
}
_OURS: Final = {"archivable": True, "readOnlyDefinition": False, "readOnlyOptions": False, "readOnlyValue": False}


def exists(message: str, sub_category: str) -> RefusalError:
    """409 for a name that is taken."""
    return RefusalError(409, "OBJECT_ALREADY_EXISTS", message, subCategory=sub_category)


def _calculated(wanted: Mapping[str, Any]) -> bool:
    return word(wanted, "fieldType") == "calculation_equation"


def _check_type(wanted: Mapping[str, Any]) -> None:
    type_, field_type = word(wanted, "type"), word(wanted, "fieldType")
    if field_type not in _FIELD_TYPES.get(type_, frozenset()):
        raise bad_request(f"Property type {type_} does not go with field type {field_type}.")
    if _calculated(wanted) != bool(word(wanted, "calculationFormula")):
        raise bad_request("A calculation_equation property needs a calculationFormula, and no other property has one.")


def _options(wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    options = wanted.get("options") or []
    if not isinstance(options, list) or not all(isinstance(one, dict) and word(one, "value") for one in options):
        raise bad_request("'options' must be a list of {label, value, hidden, displayOrder}.")
    if wanted["type"] == "bool" and sorted(option["value"] for option in options) != ["false", "true"]:
        raise bad_request("A bool property needs exactly the options true and false.")
    return [{"hidden": False, "displayOrder": place, "label": one["value"], **one} for place, one in enumerate(options)]
