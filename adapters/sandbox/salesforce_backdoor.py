"""What people and imports do in the org, past the checks of the API: any field may be set, read-only ones too."""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.sandbox.record import Actor, Record
from adapters.sandbox.salesforce_errors import SalesforceError
from adapters.sandbox.salesforce_org import Org
from adapters.sandbox.salesforce_read import CRM
from adapters.sandbox.salesforce_schema import SYSTEM, ObjectSpec
from adapters.sandbox.salesforce_values import kept, milliseconds, stamp


class BackDoor:
    def __init__(self, org: Org) -> None:
        self._org = org

    def create(self, table: str, rows: Sequence[Mapping[str, Any]], actor: Actor) -> list[str]:
        """
        Raises:
            LookupError: no such object.
            ValueError: no such field, or a value that does not fit it.
            UniqueValueError: a unique value is taken.
        """
        spec = self._org.spec(table)
        with self._org.store.transaction():
            return [self._create(spec, row, actor).id for row in rows]

    def update(self, table: str, id_: str, values: Mapping[str, Any], actor: Actor, *, at: int | None = None) -> None:
        """
        Raises:
            LookupError: no such record.
            ValueError: no such field, or a value that does not fit it.
            UniqueValueError: a unique value is taken.
        """
        with self._org.store.transaction():
            record = self._org.find(table, id_)
            self._org.store.update(record, _kept(self._org.spec(table), values), actor, at=at)

    def delete(self, table: str, id_: str, actor: Actor) -> None:
        """
        Raises:
            LookupError: no such record.
        """
        with self._org.store.transaction():
            self._org.store.archive(self._org.find(table, id_), actor)

    def merge(self, table: str, primary: str, other: str, actor: Actor) -> str:
        """The loser is deleted and names the winner; its tasks move over; the winner keeps its own values.

        Raises:
            LookupError: no such record.
        """
        with self._org.store.transaction():
            winner, loser = self._org.find(table, primary), self._org.find(table, other)
            self._org.store.archive(loser, actor, merged_into=winner.id, kind="merged")
            for task in self._org.store.lookup(CRM, "Task", "WhoId", loser.id):
                self._org.store.update(task, {"WhoId": winner.id}, actor)
            return self._org.store.update(winner, {}, actor).id

    def show(self, record: Record) -> dict[str, Any]:
        shown = self._org.reader.whole(self._org.spec(record.object), record, "")
        del shown["attributes"]
        return {
            "id": record.id,
            "properties": shown,
            "createdAt": stamp(record.created_at),
            "updatedAt": stamp(record.modified_at),
            "archived": record.archived,
            "mergedInto": record.merged_into,
        }

    def _create(self, spec: ObjectSpec, row: Mapping[str, Any], actor: Actor) -> Record:
        values = {**_defaults(spec), **_kept(spec, row)}
        if "ownerid" in spec.fields:
            values.setdefault("OwnerId", self._org.reader.user(actor))
        created = next((value for name, value in row.items() if name.lower() == "createddate"), None)
        at = milliseconds(created) if created else None
        return self._org.store.create(CRM, spec.name, self._org.writer.new_id(spec), values, actor, at=at)


def _kept(spec: ObjectSpec, values: Mapping[str, Any]) -> dict[str, Any]:
    try:
        named = {spec.field(name): value for name, value in values.items()}
        return {field.name: kept(field, value) for field, value in named.items() if field.name not in SYSTEM}
    except SalesforceError as error:
        raise ValueError(error.message) from error


def _defaults(spec: ObjectSpec) -> dict[str, Any]:
    return {field.name: field.default for field in spec.fields.values() if field.default is not None and field.name not in SYSTEM}
