"""Reading a record's fields: its own values, those the platform keeps, and those of related records."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from adapters.sandbox.record import Actor, Record
from adapters.sandbox.salesforce_errors import deleted, not_found
from adapters.sandbox.salesforce_schema import FieldSpec, ObjectSpec
from adapters.sandbox.salesforce_values import stamp

CRM: Final = "salesforce"

Getter = Callable[[Record], Any]


class RecordSource(Protocol):
    """Where records are read: the store, or what stands for it."""

    def exactly(self, crm: str, table: str, id_: str) -> Record | None: ...

    def all(self, crm: str, table: str) -> list[Record]: ...

    def every(self, crm: str, table: str) -> list[Record]: ...

    def lookup(self, crm: str, table: str, field: str, value: object) -> list[Record]: ...


class Objects(Protocol):
    """The objects of one API."""

    def find(self, name: str) -> ObjectSpec | None: ...

    def by_id(self, id_: str) -> ObjectSpec | None: ...

    def indexed(self, spec: ObjectSpec) -> list[str]: ...


class Reader:
    """Turns field names into getters once, so that a page of rows costs no look-ups by name."""

    def __init__(self, store: RecordSource, schema: Objects, system_user: str) -> None:
        self._store = store
        self._schema = schema
        self._system_user = system_user
        self._kept: Final[Mapping[str, Getter]] = {
            "Id": lambda record: record.id,
            "IsDeleted": lambda record: record.archived,
            "MasterRecordId": lambda record: record.merged_into,
            "CreatedDate": lambda record: stamp(record.created_at),
            "LastModifiedDate": lambda record: stamp(record.modified_at),
            "SystemModstamp": lambda record: stamp(record.modified_at),
            "CreatedById": lambda record: self.user(record.created_by),
            "LastModifiedById": lambda record: self.user(record.modified_by),
        }

    def user(self, actor: Actor) -> str:
        """The user behind an actor; what came from elsewhere was done by the system's own."""
        return actor.id if actor.id.startswith("005") else self._system_user

    def getter(self, spec: ObjectSpec, field: FieldSpec) -> Getter:
        if field.name in self._kept:
            return self._kept[field.name]
        if field.name == "Name" and "lastname" in spec.fields:
            return _full_name
        name, absent = field.name, False if field.type == "boolean" else None
        return lambda record: record.values.get(name, absent)

    def related(self, field: FieldSpec) -> Callable[[Record], tuple[ObjectSpec, Record] | None]:
        """What a reference points at, if it exists: found by the id's own prefix, for a reference may have several types."""

        def follow(record: Record) -> tuple[ObjectSpec, Record] | None:
            id_ = self._kept[field.name](record) if field.name in self._kept else record.values.get(field.name)
            spec = self._schema.by_id(id_ or "")
            found = self._store.exactly(CRM, spec.name, str(id_)) if spec else None
            return (spec, found) if spec and found else None

        return follow

    def row(self, spec: ObjectSpec, names: Sequence[str], version: str) -> Callable[[Record], dict[str, Any]]:
        """Renders records with these fields, in the order and under the names of the schema.

        Raises:
            SalesforceError: INVALID_FIELD.
        """
        columns = [(field.name, self.getter(spec, field)) for field in map(spec.field, names)]
        return lambda record: {
            "attributes": attributes(spec, record, version),
            **{name: get(record) for name, get in columns},
        }

    def whole(self, spec: ObjectSpec, record: Record, version: str) -> dict[str, Any]:
        """A record with every field."""
        return self.row(spec, [field.name for field in spec.fields.values()], version)(record)

    def live(self, spec: ObjectSpec, id_: str) -> Record:
        """
        Raises:
            SalesforceError: 404, NOT_FOUND or ENTITY_IS_DELETED.
        """
        record = self._store.exactly(CRM, spec.name, id_)
        if record is None:
            raise not_found()
        if record.archived:
            raise deleted()
        return record


def attributes(spec: ObjectSpec, record: Record, version: str) -> dict[str, str]:
    return {"type": spec.name, "url": f"/services/data/{version}/sobjects/{spec.name}/{record.id}"}


def _full_name(record: Record) -> str:
    return " ".join(filter(None, (record.values.get("FirstName"), record.values.get("LastName"))))
