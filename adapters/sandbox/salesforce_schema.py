"""What an org's objects look like: fields and their types, and which of them Leadline's package adds."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, replace
from typing import Final, Literal

from adapters.sandbox.ids import salesforce_id
from adapters.sandbox.salesforce_errors import SalesforceError
from adapters.sandbox.store import Store

FieldType = Literal[
    "id", "string", "textarea", "email", "phone", "url", "picklist", "multipicklist", "boolean", "int", "double", "currency",
    "percent", "date", "datetime", "reference", "complexvalue",
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
    kind: str = ""
    """The metadata's word for the type, where the describe call's does not tell: `LongTextArea`, `Html`."""
    description: str = ""
    case_sensitive: bool = False
    guarded: bool = False
    """Deployed: nobody sees it until a permission set says so. What an administrator made by hand was shown to all at once."""
    id: str = ""
    created_at: int = 0
    modified_at: int = 0

    @property
    def custom(self) -> bool:
        return self.name.endswith("__c")

    @property
    def is_text(self) -> bool:
        return self.type in {"string", "textarea", "email", "phone", "url", "picklist", "multipicklist"}

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
    denied: frozenset[str] = frozenset()
    """`create`, `edit`, `delete`: what the one who looks may not do here."""

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


@dataclass(frozen=True, slots=True)
class Grants:
    """What one user may do, from the profile and the permission sets together."""

    objects: Mapping[str, frozenset[str]]
    """Lower-case object to `create`, `read`, `edit`, `delete`. An object that is not named is open to everyone."""
    fields: Mapping[str, bool]
    """`lead.fit_score__c` in lower case to: may it be edited? Only of guarded fields; absent: not even seen."""


_viewer: ContextVar[str] = ContextVar("salesforce_viewer", default="")


class Schema:
    """The org's objects: the standard ones, and the custom fields kept in the store."""

    def __init__(self, store: Store, standard: Iterable[ObjectSpec]) -> None:
        self._store = store
        self._objects = {spec.name.lower(): spec for spec in standard}
        self._by_prefix = {spec.prefix: name for name, spec in self._objects.items()}
        self._hidden: frozenset[str] = frozenset()
        self._visible = dict(self._objects)
        self._seen: dict[tuple[str, str], tuple[ObjectSpec, Grants, ObjectSpec | None]] = {}
        self.grants: Callable[[str], Grants] = lambda _: Grants({}, {})
        self._indexed: dict[str, list[str]] = defaultdict(list)
        for object_, field_name in _INDEXED:
            self._index(object_, field_name)
        for key, document in store.documents("salesforce_field").items():
            lists = {name: tuple(document[name]) for name in ("picklist", "refers_to")}
            self._enter(key.partition(".")[0], FieldSpec(**{**document, **lists}))

    @contextmanager
    def seen_by(self, user: str) -> Iterator[None]:
        """Inside, only what this user may see is there. Outside, the org sees itself."""
        token = _viewer.set(user)
        try:
            yield
        finally:
            _viewer.reset(token)

    def objects(self) -> list[ObjectSpec]:
        found = (self.find(name) for name in self._visible)
        return [spec for spec in found if spec is not None]

    def find(self, name: str) -> ObjectSpec | None:
        spec, user = self._visible.get(name.lower()), _viewer.get()
        return self._as_seen(spec, user) if spec and user else spec

    def by_id(self, id_: str) -> ObjectSpec | None:
        """The object that an id belongs to, by its prefix."""
        name = self._by_prefix.get(id_[:3])
        return self.find(name) if name else None

    def whole(self, name: str) -> ObjectSpec | None:
        """The object with every field, whoever looks."""
        return self._objects.get(name.lower())

    def indexed(self, spec: ObjectSpec) -> list[str]:
        """Fields by which live records are found without a walk through the table."""
        return self._indexed[spec.name]

    def add(self, object_: str, fields: Iterable[FieldSpec]) -> None:
        """Creates custom fields; one that exists is replaced."""
        new = {f"{object_}.{field.name}": self._identified(object_, field) for field in fields}
        self._store.put_all("salesforce_field", {key: asdict(field) for key, field in new.items()})
        for field in new.values():
            self._enter(object_, field)

    def remove(self, object_: str, name: str) -> None:
        """Deletes a custom field, with every value in it."""
        spec = self._objects[object_.lower()]
        field = spec.fields[name.lower()]
        kept = {key: other for key, other in spec.fields.items() if key != name.lower()}
        self._objects[object_.lower()] = replace(spec, fields=kept)
        self._show(object_.lower())
        if field.name in self._indexed[spec.name]:
            self._indexed[spec.name].remove(field.name)
        self._store.strip("salesforce", spec.name, field.name)
        self._store.drop("salesforce_field", f"{spec.name}.{field.name}")

    def hide(self, names: Iterable[str]) -> None:
        """Takes these fields, `Object.Field`, and only these, out of sight: as field-level security does."""
        self._hidden = frozenset(name.lower() for name in names)
        for name in self._objects:
            self._show(name)

    def _identified(self, object_: str, field: FieldSpec) -> FieldSpec:
        old, now = self._objects[object_.lower()].fields.get(field.name.lower()), self._store.clock()
        id_ = old.id if old and old.id else salesforce_id("00N", self._store.next_number("salesforce 00N"))
        return replace(field, id=id_, created_at=old.created_at if old else now, modified_at=now)

    def _enter(self, object_: str, field: FieldSpec) -> None:
        spec = self._objects[object_.lower()]
        self._objects[object_.lower()] = replace(spec, fields={**spec.fields, field.name.lower(): field})
        self._show(object_.lower())
        if field.external_id or field.unique:
            self._index(spec.name, field.name, unique=field.unique)

    def _show(self, object_: str) -> None:
        spec = self._objects[object_]
        seen = {name: field for name, field in spec.fields.items() if f"{object_}.{name}" not in self._hidden}
        self._visible[object_] = replace(spec, fields=seen)

    def _as_seen(self, spec: ObjectSpec, user: str) -> ObjectSpec | None:
        """Worked out once for each user and object, and again when either the object or the rights are others."""
        grants = self.grants(user)
        known = self._seen.get((user, spec.name))
        if known is None or known[0] is not spec or known[1] is not grants:
            known = self._seen[user, spec.name] = (spec, grants, _granted(spec, grants))
        return known[2]

    def _index(self, object_: str, field: str, *, unique: bool = False) -> None:
        self._store.index("salesforce", object_, field, unique=unique)
        if field not in self._indexed[object_]:
            self._indexed[object_].append(field)


def _granted(spec: ObjectSpec, grants: Grants) -> ObjectSpec | None:
    allowed = grants.objects.get(spec.name.lower())
    if allowed is not None and "read" not in allowed:
        return None
    denied = frozenset({"create", "edit", "delete"}) - allowed if allowed is not None else frozenset()
    fields = {}
    for name, field in spec.fields.items():
        editable = grants.fields.get(f"{spec.name.lower()}.{name}") if field.guarded and not field.required else True
        if editable is not None:
            fields[name] = field if editable else replace(field, writable=False)
    return replace(spec, fields=fields, denied=denied)
