"""HubSpot's endpoints for groups of properties."""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.sandbox.hubspot_errors import bad_request, not_found
from adapters.sandbox.hubspot_input import document, nowhere, word
from adapters.sandbox.hubspot_portal import Kind
from adapters.sandbox.hubspot_properties_api import exists
from adapters.sandbox.hubspot_schema import PropertySchema
from adapters.sandbox.wire import Answer, Call, empty_answer, json_answer


class GroupsApi:
    """`/properties/{kind}/groups` and `/groups/{name}`."""

    def __init__(self, schema: PropertySchema) -> None:
        self._schema = schema

    def answer(self, call: Call, kind: Kind, rest: Sequence[str]) -> Answer:
        """Answers what comes after `groups`.

        Raises:
            RefusalError: HubSpot's refusal.
        """
        match call.method, *rest:
            case ("GET",):
                listed = [group for group in self._schema.groups(kind.name).values() if not group["archived"]]
                return json_answer(200, {"results": listed})
            case ("POST",):
                return json_answer(201, self._create(kind, document(call)))
            case "GET", name:
                return json_answer(200, self._group(kind, name))
            case "PATCH", name:
                return json_answer(200, self._change(kind, name, document(call)))
            case "DELETE", name:
                return self._archive(kind, name)
        raise nowhere(call)

    def _create(self, kind: Kind, wanted: Mapping[str, Any]) -> dict[str, Any]:
        name, label = word(wanted, "name"), word(wanted, "label")
        if not name or not label:
            raise bad_request("A property group needs a name and a label.")
        old = self._schema.groups(kind.name).get(name)
        if old is not None and not old["archived"]:
            raise exists(f"A property group named '{name}' already exists.", "PropertyGroupError.GROUP_EXISTS")
        group = {"name": name, "label": label, "displayOrder": wanted.get("displayOrder", -1), "archived": False}
        self._schema.put_group(kind.name, group)
        return group

    def _change(self, kind: Kind, name: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
        group = self._group(kind, name) | {key: wanted[key] for key in ("label", "displayOrder") if key in wanted}
        self._schema.put_group(kind.name, group)
        return group

    def _archive(self, kind: Kind, name: str) -> Answer:
        group = self._group(kind, name)
        if any(one["groupName"] == name and not one["archived"] for one in self._schema.definitions(kind.name).values()):
            message = "Can't delete or purge a group with active properties"
            raise bad_request(message, subCategory="PropertyGroupError.GROUP_WITH_ACTIVE_PROPERTIES")
        self._schema.put_group(kind.name, {**group, "archived": True})
        return empty_answer()

    def _group(self, kind: Kind, name: str) -> dict[str, Any]:
        group = self._schema.groups(kind.name).get(name)
        if group is None or group["archived"]:
            raise not_found(f"Property group {name} does not exist.")
        return group
