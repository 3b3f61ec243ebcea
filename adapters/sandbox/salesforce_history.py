"""What queries read: the store's records, and the history of leads, which is made from the store's own journal."""

from typing import Any

from adapters.sandbox.ids import salesforce_id
from adapters.sandbox.record import Actor, Record
from adapters.sandbox.salesforce_read import CRM
from adapters.sandbox.store import Store

HISTORY = "LeadHistory"


class OrgRecords:
    def __init__(self, store: Store) -> None:
        self._store = store

    def exactly(self, crm: str, table: str, id_: str) -> Record | None:
        if table == HISTORY:
            return next((row for row in self._history() if row.id == id_), None)
        return self._store.exactly(crm, table, id_)

    def all(self, crm: str, table: str) -> list[Record]:
        return self._history() if table == HISTORY else self._store.all(crm, table)

    def every(self, crm: str, table: str) -> list[Record]:
        return self._history() if table == HISTORY else self._store.every(crm, table)

    def lookup(self, crm: str, table: str, field: str, value: object) -> list[Record]:
        return self._store.lookup(crm, table, field, value)

    def _history(self) -> list[Record]:
        """Of owners only, as if only that field were tracked. A change has two rows: one with ids, one with names."""
        entries = [row for row in self._store.journal() if (row["crm"], row["object"]) == (CRM, "Lead")]
        return [row for entry in entries for row in self._rows(entry)]

    def _rows(self, entry: dict[str, Any]) -> list[Record]:
        if entry["kind"] == "created":
            return [_row(entry, 0, "created", "Text", None, None)]
        if "OwnerId" not in entry["changed"]:
            return []
        old, new = entry["changed"]["OwnerId"]
        by_name = _row(entry, 0, "Owner", "Text", self._name(old), self._name(new))
        return [by_name, _row(entry, 1, "Owner", "EntityId", old, new)]

    def _name(self, id_: str | None) -> str | None:
        record = self._store.exactly(CRM, "Group" if (id_ or "").startswith("00G") else "User", id_ or "")
        if record is None:
            return id_
        names = (record.values.get("Name"), record.values.get("FirstName"), record.values.get("LastName"))
        return " ".join(filter(None, names))


def _row(entry: dict[str, Any], place: int, field: str, type_: str, old: str | None, new: str | None) -> Record:
    values = {"LeadId": entry["id"], "Field": field, "DataType": type_, "OldValue": old, "NewValue": new}
    actor = Actor(entry["source"], entry["actor"])
    return Record(CRM, HISTORY, salesforce_id("017", entry["seq"] * 2 + place), values, entry["at"], entry["at"], actor, actor)
