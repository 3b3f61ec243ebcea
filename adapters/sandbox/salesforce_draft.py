"""The org as it would be: what a deployment has changed so far, over what is there. Checking one writes nothing."""

from collections.abc import Iterator
from typing import Final

from adapters.sandbox.salesforce_catalogue import Catalogue, Item
from adapters.sandbox.salesforce_components import Component
from adapters.sandbox.salesforce_conditions import Known
from adapters.sandbox.salesforce_read import CRM
from adapters.sandbox.salesforce_schema import Schema
from adapters.sandbox.salesforce_tree import Tree
from adapters.sandbox.store import Store

_RELATED: Final = ("Owner", "CreatedBy", "LastModifiedBy", "RecordType")


class Draft:
    def __init__(self, store: Store, schema: Schema, catalogue: Catalogue) -> None:
        self._store = store
        self._schema = schema
        self._catalogue = catalogue
        self._changed: dict[tuple[str, str], Tree | None] = {}
        self._bases: dict[str, dict[str, Item]] = {}

    def get(self, type_: str, name: str) -> Tree | None:
        if (type_, name) in self._changed:
            return self._changed[type_, name]
        item = self.base(type_, name)
        return item.tree if item else None

    def base(self, type_: str, name: str) -> Item | None:
        """As it is in the org now."""
        if type_ not in self._bases:
            self._bases[type_] = self._catalogue.of_type(type_)
        return self._bases[type_].get(name)

    def put(self, type_: str, name: str, content: Tree) -> None:
        self._changed[type_, name] = content

    def drop(self, type_: str, name: str) -> None:
        self._changed[type_, name] = None

    def every(self) -> Iterator[Component]:
        for item in self._catalogue.every():
            if (item.type, item.name) not in self._changed:
                yield Component(item.type, item.name, item.tree)
        for (type_, name), content in self._changed.items():
            if content is not None:
                yield Component(type_, name, content)

    def known(self, object_: str) -> Known:
        """Whether the object has a field: a standard one, or a custom one as the draft has it."""
        spec = self._schema.whole(object_)

        def has(path: str) -> bool:
            first, _, rest = path.partition(".")
            if rest:
                return first in _RELATED or first.endswith("__r")
            if first.lower().endswith("__c"):
                return self.get("CustomField", f"{object_}.{first}") is not None
            return spec is not None and first.lower() in spec.fields

        return has

    def has_object(self, name: str) -> bool:
        return self._schema.whole(name) is not None

    def has_user(self, username: str) -> bool:
        """An active one."""
        return any(row.values.get("IsActive") for row in self._store.lookup(CRM, "User", "Username", username))

    def owned_by(self, queue: str) -> int:
        """Live leads in a queue."""
        item = self.base("Queue", queue)
        return sum(lead.values.get("OwnerId") == item.id for lead in self._store.all(CRM, "Lead")) if item else 0

    def assignees(self, permission_set: str) -> int:
        item = self.base("PermissionSet", permission_set)
        rows = self._store.all(CRM, "PermissionSetAssignment")
        return sum(row.values["PermissionSetId"] == item.id for row in rows) if item else 0

    def flow_is_active(self, name: str) -> bool:
        """As the draft has it: a package may deactivate what it deletes afterwards."""
        if ("FlowDefinition", name) in self._changed:
            content = self._changed["FlowDefinition", name] or {}
            return content.get("activeVersionNumber", ["0"]) != ["0"]
        item = self.base("Flow", name)
        return item is not None and item.extra.get("active") is not None

    def duplicates(self, object_: str, field: str) -> bool:
        """Whether two live records have the same value in a field."""
        found = [str(row.values[field]).lower() for row in self._store.all(CRM, object_) if row.values.get(field) is not None]
        return len(set(found)) < len(found)
