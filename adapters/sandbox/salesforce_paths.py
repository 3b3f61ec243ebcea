"""Field paths of a query: `Email`, on to `Account.Owner.Name`, and functions of dates."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from adapters.sandbox.record import Record
from adapters.sandbox.salesforce_dates import FUNCTIONS
from adapters.sandbox.salesforce_errors import SalesforceError
from adapters.sandbox.salesforce_read import Getter, Objects, Reader, attributes
from adapters.sandbox.salesforce_schema import FieldSpec, ObjectSpec

MOST_STEPS: Final = 5

Render = Callable[[Any], dict[str, Any]]


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
        parents = self._parents(spec, names, version)
        if not parents:
            return row
        return lambda record: {**row(record), **{name: render(record) for name, render in parents}}

    def column(self, spec: ObjectSpec, path: str) -> tuple[FieldSpec, Getter]:
        """A path in WHERE, GROUP BY or ORDER BY.

        Raises:
            SalesforceError: INVALID_FIELD.
        """
        if path.endswith(")"):
            return self._function(spec, *path.removesuffix(")").split("(", 1))
        relation, _, name = path.partition(".")
        if name:
            return self._parent_column(spec, relation, name)
        field = spec.field(path)
        if not field.filterable:
            raise SalesforceError(400, "INVALID_FIELD", f"field '{field.name}' can not be filtered in a query call")
        return field, self._reader.getter(spec, field)

    def _function(self, spec: ObjectSpec, function: str, path: str) -> tuple[FieldSpec, Getter]:
        known = FUNCTIONS.get(function)
        if known is None:
            raise SalesforceError(400, "MALFORMED_QUERY", f"unexpected function: {function}")
        field, get = self.column(spec, path)
        if field.type not in {"date", "datetime"}:
            raise SalesforceError(400, "INVALID_FIELD", f"field '{field.name}' is no date for {function}")
        type_, calculate = known
        return FieldSpec(
            f"{function}({path})", type_, precision=4
        ), lambda record: calculate(get(record)) if get(record) else None

    def _parent_column(self, spec: ObjectSpec, relation: str, path: str) -> tuple[FieldSpec, Getter]:
        reference = self._reference(spec, relation, [path])
        follow = self._reader.related(reference)
        columns = {target.name: self._target_column(target, path) for target in self._targets(reference)}
        types = [column[0] for column in columns.values() if column]

        def get(record: Record) -> Any:
            found = follow(record)
            column = columns.get(found[0].name) if found else None
            return column[1](found[1]) if found and column else None

        return types[0], get

    def _target_column(self, target: ObjectSpec, path: str) -> tuple[FieldSpec, Getter] | None:
        """One of the objects that a reference may lead to; None where it has no such field."""
        if not self._knows(target, path):
            return None
        made_up = _made_up(target, path)
        return (FieldSpec("Type", "string", length=40), lambda _: made_up) if made_up else self.column(target, path)

    def _parents(self, spec: ObjectSpec, names: Sequence[str], version: str) -> list[tuple[str, Callable[[Record], Any]]]:
        nested: dict[str, list[str]] = {}
        for name in names:
            relation, _, rest = name.partition(".")
            if rest.count(".") >= MOST_STEPS:
                raise SalesforceError(400, "MALFORMED_QUERY", f"A path has at most {MOST_STEPS} relationships: {name}")
            if rest:
                nested.setdefault(relation.lower(), []).append(rest)
        return [self._parent(spec, relation, rest, version) for relation, rest in nested.items()]

    def _parent(
        self, spec: ObjectSpec, relation: str, names: Sequence[str], version: str
    ) -> tuple[str, Callable[[Record], dict[str, Any] | None]]:
        reference = self._reference(spec, relation, names)
        follow = self._reader.related(reference)
        renders = {target.name: self._of_target(target, names, version) for target in self._targets(reference)}

        def render(record: Record) -> dict[str, Any] | None:
            found = follow(record)
            return renders[found[0].name](found[1]) if found else None

        return reference.relationship, render

    def _of_target(self, target: ObjectSpec, names: Sequence[str], version: str) -> Render:
        """What is selected of a related record; null where this kind of it has no such field."""
        flat = [(self._shown_name(target, name), self._target_column_shown(target, name)) for name in names if "." not in name]
        parents = self._parents(target, [name for name in names if "." in name and self._knows(target, name)], version)
        return lambda record: {
            "attributes": attributes(target, record, version),
            **{name: get(record) for name, get in flat},
            **{name: render(record) for name, render in parents},
        }

    def _target_column_shown(self, target: ObjectSpec, name: str) -> Getter:
        made_up, field = _made_up(target, name), target.fields.get(name.lower())
        if made_up or field is None:
            return lambda _: made_up
        return self._reader.getter(target, field)

    def _shown_name(self, target: ObjectSpec, name: str) -> str:
        field = target.fields.get(name.lower())
        return field.name if field else name

    def _targets(self, reference: FieldSpec) -> list[ObjectSpec]:
        return [target for target in map(self._schema.find, reference.refers_to) if target is not None]

    def _reference(self, spec: ObjectSpec, relation: str, names: Sequence[str]) -> FieldSpec:
        reference = spec.relationship(relation)
        if reference is None:
            raise SalesforceError(400, "INVALID_FIELD", f"Didn't understand relationship '{relation}' in field path.")
        for name in names:
            if not any(self._knows(target, name) for target in self._targets(reference)):
                raise SalesforceError(400, "INVALID_FIELD", f"No such column '{name}' on entity '{reference.relationship}'.")
        return reference

    def _knows(self, target: ObjectSpec, path: str) -> bool:
        relation, _, rest = path.partition(".")
        if not rest:
            return path.lower() in target.fields or bool(_made_up(target, path))
        reference = target.relationship(relation)
        return reference is not None and any(self._knows(one, rest) for one in self._targets(reference))


def _made_up(target: ObjectSpec, name: str) -> str | None:
    """`Owner.Type` is no field of users, and of queues another than their own `Type`."""
    return {"User": "User", "Group": "Queue"}.get(target.name) if name.lower() == "type" else None
