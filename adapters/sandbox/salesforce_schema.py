"""What an org's objects look like: fields and their types, and which of them Leadline's package adds."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Final, Literal

from adapters.sandbox.salesforce_errors import SalesforceError
from adapters.sandbox.store import Store

FieldType = Literal[
    "id", "string", "textarea", "email", "phone", "url", "picklist", "boolean", "int", "double", "currency", "date", "datetime",
    "reference",
]  # fmt: skip

SYSTEM: Final = frozenset(
    {"Id", "IsDeleted", "MasterRecordId", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp"}
)
"""Kept by the platform, never in a record's own values."""


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field, in the words of a describe call."""

    name: str
    type: FieldType
    label: str = ""
    length: int = 0
    precision: int = 0
    scale: int = 0
    picklist: tuple[str, ...] = ()
    restricted: bool = False
    writable: bool = True
    required: bool = False
    """A create without it fails. A field with a `default` is never missing."""
    default: str | bool | None = None
    unique: bool = False
    external_id: bool = False
    refers_to: tuple[str, ...] = ()
    relationship: str = ""
    help: str = ""

    @property
    def custom(self) -> bool:
        return self.name.endswith("__c")

    @property
    def is_text(self) -> bool:
        return self.type in {"string", "textarea", "email", "phone", "url", "picklist"}

    @property
    def filterable(self) -> bool:
        """A long text area cannot stand in WHERE or ORDER BY."""
        return self.type != "textarea" or self.length <= 255


@dataclass(frozen=True, slots=True)
class ObjectSpec:
    name: str
    prefix: str
    """The first three characters of every id."""
    fields: Mapping[str, FieldSpec]
    """By lower-case name: the API does not care about case."""
    writable: bool = True
    """Through the API; people, queues and rules are set up by the control calls."""

    def field(self, name: str) -> FieldSpec:
        """
        Raises:
            SalesforceError: INVALID_FIELD.
        """
        found = self.fields.get(name.lower())
        if found is None:
            raise SalesforceError(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {self.name}", ())
        return found

    def relationship(self, name: str) -> FieldSpec | None:
        """The reference field behind a relationship such as `Owner`."""
        return next((field for field in self.fields.values() if field.relationship.lower() == name.lower() != ""), None)


_INDEXED: Final = (("Lead", "Email"), ("Contact", "Email"), ("User", "Email"), ("User", "Username"), ("Task", "WhoId"))


class Schema:
    """The org's objects: the standard ones, and the custom fields kept in the store."""

    def __init__(self, store: Store, standard: Iterable[ObjectSpec]) -> None:
        self._store = store
        self._objects = {spec.name.lower(): spec for spec in standard}
        self._hidden: frozenset[str] = frozenset()
        self._visible = dict(self._objects)
        self._indexed: dict[str, list[str]] = defaultdict(list)
        for object_, field_name in _INDEXED:
            self._index(object_, field_name)
        for key, document in store.documents("salesforce_field").items():
            self._enter(
                key.partition(".")[0], FieldSpec(**{**document, "picklist": tuple(document["picklist"]), "refers_to": ()})
            )

    def objects(self) -> list[ObjectSpec]:
        return list(self._visible.values())

    def find(self, name: str) -> ObjectSpec | None:
        return self._visible.get(name.lower())

    def by_id(self, id_: str) -> ObjectSpec | None:
        """The object that an id belongs to, by its prefix."""
        return next((spec for spec in self._visible.values() if spec.prefix == id_[:3]), None)

    def indexed(self, spec: ObjectSpec) -> list[str]:
        """Fields by which live records are found without a walk through the table."""
        return self._indexed[spec.name]

    def add(self, object_: str, fields: Iterable[FieldSpec]) -> None:
        """Creates custom fields; one that exists is replaced."""
        new = {f"{object_}.{field.name}": field for field in fields}
        self._store.put_all("salesforce_field", {key: asdict(field) for key, field in new.items()})
        for field in new.values():
            self._enter(object_, field)

    def hide(self, names: Iterable[str]) -> None:
        """Takes these fields, `Object.Field`, and only these, out of sight: as field-level security does."""
        self._hidden = frozenset(name.lower() for name in names)
        for name in self._objects:
            self._show(name)

    def _enter(self, object_: str, field: FieldSpec) -> None:
        spec = self._objects[object_.lower()]
        self._objects[object_.lower()] = replace(spec, fields={**spec.fields, field.name.lower(): field})
        self._show(object_.lower())
        if field.external_id:
            self._index(spec.name, field.name, unique=field.unique)

    def _show(self, object_: str) -> None:
        spec = self._objects[object_]
        seen = {name: field for name, field in spec.fields.items() if f"{object_}.{name}" not in self._hidden}
        self._visible[object_] = replace(spec, fields=seen)

    def _index(self, object_: str, field: str, *, unique: bool = False) -> None:
        self._store.index("salesforce", object_, field, unique=unique)
        if field not in self._indexed[object_]:
            self._indexed[object_].append(field)
