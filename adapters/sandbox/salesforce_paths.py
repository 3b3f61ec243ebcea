"""Field paths of a query: `Email`, and one step further to `Owner.Name`."""

from collections.abc import Callable, Sequence
from typing import Any

from adapters.sandbox.record import Record
from adapters.sandbox.salesforce_errors import SalesforceError
from adapters.sandbox.salesforce_read import Getter, Objects, Reader, attributes
from adapters.sandbox.salesforce_schema import FieldSpec, ObjectSpec

Render = Callable[[Record], dict[str, Any]]


class Paths:
    def __init__(self, schema: Objects, reader: Reader) -> None:
        self._schema = schema
        self._reader = reader

    def render(self, spec: ObjectSpec, names: Sequence[str], version: str) -> Render:
        """Renders rows: own fields flat, related ones nested under their relationship.

        Raises:
            SalesforceError: INVALID_FIELD.
        """
        row = self._reader.row(spec, [name for name in names if "." not in name], version)
        nested: dict[str, list[str]] = {}
        for name in names:
            relation, _, rest = name.partition(".")
            if rest:
                nested.setdefault(relation.lower(), []).append(rest)
        if not nested:
            return row
        parents = [self._parent(spec, relation, rest, version) for relation, rest in nested.items()]
        return lambda record: {**row(record), **{name: render(record) for name, render in parents}}

    def column(self, spec: ObjectSpec, path: str) -> tuple[FieldSpec, Getter]:
        """A path in WHERE or ORDER BY.

        Raises:
            SalesforceError: INVALID_FIELD.
        """
        relation, _, name = path.partition(".")
        if name:
            return self._parent_column(spec, relation, name)
        field = spec.field(path)
        if not field.filterable:
            raise SalesforceError(400, "INVALID_FIELD", f"field '{field.name}' can not be filtered in a query call")
        return field, self._reader.getter(spec, field)

    def _parent_column(self, spec: ObjectSpec, relation: str, name: str) -> tuple[FieldSpec, Getter]:
        reference = self._reference(spec, relation, [name])
        follow = self._reader.related(reference)

        def get(record: Record) -> Any:
            found = follow(record)
            return self._parent_value(*found, name) if found else None

        return self._parent_field(reference, name), get

    def _parent_field(self, reference: FieldSpec, name: str) -> FieldSpec:
        """How the parent's field compares; `Type` of an owner is made up, and text."""
        for target in map(self._schema.find, reference.refers_to):
            if target is not None and name.lower() in target.fields:
                return target.fields[name.lower()]
        return FieldSpec(name, "string", length=255)

    def _parent(
        self, spec: ObjectSpec, relation: str, names: Sequence[str], version: str
    ) -> tuple[str, Callable[[Record], dict[str, Any] | None]]:
        reference = self._reference(spec, relation, names)
        follow = self._reader.related(reference)

        def render(record: Record) -> dict[str, Any] | None:
            found = follow(record)
            if found is None:
                return None
            values = {name: self._parent_value(*found, name) for name in names}
            return {"attributes": attributes(*found, version), **values}

        return reference.relationship, render

    def _reference(self, spec: ObjectSpec, relation: str, names: Sequence[str]) -> FieldSpec:
        reference = spec.relationship(relation)
        if reference is None:
            raise SalesforceError(400, "INVALID_FIELD", f"Didn't understand relationship '{relation}' in field path.")
        targets = [target for target in map(self._schema.find, reference.refers_to) if target is not None]
        for name in names:
            if name.lower() != "type" and not any(name.lower() in target.fields for target in targets):
                raise SalesforceError(400, "INVALID_FIELD", f"No such column '{name}' on entity '{reference.relationship}'.")
        return reference

    def _parent_value(self, parent: ObjectSpec, row: Record, name: str) -> Any:
        if name.lower() == "type" and parent.name in {"User", "Group"}:
            return "Queue" if parent.name == "Group" else "User"
        field = parent.fields.get(name.lower())
        return self._reader.getter(parent, field)(row) if field else None
