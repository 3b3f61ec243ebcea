"""Writing records the way the API does: with every check, default and rule of the platform."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from adapters.sandbox.ids import salesforce_id
from adapters.sandbox.index import UniqueValueError
from adapters.sandbox.record import Actor, Record
from adapters.sandbox.salesforce_automation import Automation, Save, forbidden
from adapters.sandbox.salesforce_errors import SalesforceError, not_found, refused
from adapters.sandbox.salesforce_read import CRM, Reader
from adapters.sandbox.salesforce_rules import assigned_owner, duplicates, duplicates_detected
from adapters.sandbox.salesforce_schema import FieldSpec, ObjectSpec, Schema
from adapters.sandbox.salesforce_settings import AssignmentRule, Settings
from adapters.sandbox.salesforce_values import kept, whole_id
from adapters.sandbox.store import Store

_OWNER: Final = "OwnerId"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who writes, and how they asked for it to be done."""

    actor: Actor
    version: str
    assign: bool | str
    """Sforce-Auto-Assign: run the active rule, run none, or run the rule with this id. Through REST, absent means True."""
    allow_save: bool
    """Sforce-Duplicate-Rule-Header: save in spite of rules that only alert."""
    unmodified_since: int | None
    """If-Unmodified-Since in seconds since 1970."""
    locked: Callable[[], bool]
    """Asked once per record: does it meet a row lock?"""
    struck: Callable[[], str]
    """Asked once per record: the code of a failure that only the vendor's machines have, or nothing."""


class Writer:
    def __init__(
        self, store: Store, schema: Schema, reader: Reader, settings: Callable[[], Settings], automation: Automation
    ) -> None:
        self._store = store
        self._schema = schema
        self._reader = reader
        self._settings = settings
        self._automation = automation

    def create(self, spec: ObjectSpec, body: Mapping[str, Any], caller: Caller) -> Record:
        """
        Raises:
            SalesforceError: any refusal of the platform.
        """
        if "create" in spec.denied:
            raise forbidden(spec, "create")
        values = {**_defaults(spec), **self._checked(spec, body)}
        missing = [field.name for field in spec.fields.values() if field.required and values.get(field.name) is None]
        if missing:
            raise refused("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", *missing)
        if _OWNER.lower() in spec.fields:
            values.setdefault(_OWNER, self._reader.user(caller.actor))
        self._lock(spec, caller, "", values)
        values = self._ruled(spec, values, values, caller, None)
        self._check_pair(spec, values)
        with _unique():
            return self._after(spec, self._store.create(CRM, spec.name, self.new_id(spec), values, caller.actor), None, caller)

    def update(self, spec: ObjectSpec, id_: str, body: Mapping[str, Any], caller: Caller) -> Record:
        """Every update moves the stamps, even one that changes nothing.

        Raises:
            SalesforceError: any refusal of the platform.
        """
        record = self.find(spec, id_)
        if "edit" in spec.denied:
            raise forbidden(spec, "edit")
        if caller.unmodified_since is not None and record.modified_at // 1000 > caller.unmodified_since:
            raise SalesforceError(412, "PRECONDITION_FAILED", "The record was modified since the time in If-Unmodified-Since")
        if record.values.get("IsConverted"):
            raise refused("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
        changes = self._checked(spec, body)
        self._lock(spec, caller, record.id, {**record.values, **changes})
        self._run_triggers(spec)
        changes = self._ruled(spec, changes, {**record.values, **changes}, caller, record)
        with _unique():
            return self._after(spec, self._store.update(record, changes, caller.actor), record, caller)

    def upsert(
        self, spec: ObjectSpec, key: FieldSpec, value: str, body: Mapping[str, Any], caller: Caller, *, update_only: bool = False
    ) -> tuple[Record, bool]:
        """By external id. The second part of the answer: was it created?

        Raises:
            SalesforceError: any refusal of the platform; 300 when several records have the value.
        """
        if any(name.lower() in {"id", key.name.lower()} for name in body):
            raise refused("INVALID_FIELD", f"The {key.name} field should not be specified in the sobject data.", key.name)
        found = self.by_external_id(spec, key, value)
        if found:
            return self.update(spec, found.id, body, caller), False
        if update_only:
            raise not_found()
        return self.create(spec, {**body, key.name: value}, caller), True

    def by_external_id(self, spec: ObjectSpec, key: FieldSpec, value: str) -> Record | None:
        """
        Raises:
            SalesforceError: 300 when several records have the value: the answer lists them and nothing is written.
        """
        found = self._store.lookup(CRM, spec.name, key.name, value)
        if len(found) > 1:
            raise AmbiguousError(spec, found)
        return found[0] if found else None

    def delete(self, spec: ObjectSpec, id_: str, caller: Caller) -> None:
        """
        Raises:
            SalesforceError: any refusal of the platform.
        """
        if not spec.writable:
            raise _unsupported(spec, "delete")
        record = self.find(spec, id_)
        if "delete" in spec.denied:
            raise forbidden(spec, "delete")
        self._lock(spec, caller, record.id, record.values)
        self._store.archive(record, caller.actor)

    def find(self, spec: ObjectSpec, id_: str) -> Record:
        """
        Raises:
            SalesforceError: MALFORMED_ID, NOT_FOUND or ENTITY_IS_DELETED.
        """
        full = whole_id(id_)
        if full is None or not full.startswith(spec.prefix):
            raise refused("MALFORMED_ID", f"{spec.name} ID: id value of incorrect type: {id_}", "Id")
        return self._reader.live(spec, full)

    def new_id(self, spec: ObjectSpec) -> str:
        return salesforce_id(spec.prefix, self._store.next_number(f"salesforce {spec.prefix}"))

    # checks

    def _checked(self, spec: ObjectSpec, body: Mapping[str, Any]) -> dict[str, Any]:
        """The body's values as they are kept, under the schema's names."""
        if not spec.writable:
            raise _unsupported(spec, "insert or update")
        named = {spec.field(name): value for name, value in body.items() if name != "attributes"}
        readonly = [field.name for field in named if not field.writable]
        if readonly:
            message = f"Unable to create/update fields: {', '.join(readonly)}. Please check the security settings of this field."
            raise refused("INVALID_FIELD_FOR_INSERT_UPDATE", message, *readonly)
        values = {field.name: kept(field, value) for field, value in named.items()}
        for field in named:
            if field.type == "reference" and values[field.name] is not None:
                self._check_reference(spec, field, values[field.name])
        return {**values, **_derived(spec, values)}

    def _check_reference(self, spec: ObjectSpec, field: FieldSpec, id_: str) -> None:
        target = self._schema.by_id(id_)
        if target is None or target.name not in field.refers_to:
            raise refused("MALFORMED_ID", f"{field.name}: id value of incorrect type: {id_}", field.name)
        record = self._store.exactly(CRM, target.name, id_)
        if record is None or record.archived or (field.name == _OWNER and not self._can_own(spec, record)):
            raise refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", field.name)

    def _can_own(self, spec: ObjectSpec, record: Record) -> bool:
        """An active user, or a queue that was opened for the object."""
        if record.object == "User":
            return bool(record.values.get("IsActive"))
        opened = self._store.all(CRM, "QueueSobject")
        return any((row.values["QueueId"], row.values["SobjectType"]) == (record.id, spec.name) for row in opened)

    def _lock(self, spec: ObjectSpec, caller: Caller, id_: str, values: Mapping[str, Any]) -> None:
        """A write locks the record and its parents, and fails where another transaction holds one of them."""
        if code := caller.struck():
            raise refused(code, f"{code}: as the sandbox was told.")
        held = self._settings().held_rows
        if caller.locked() or (held and not {id_, *_parents(values)}.isdisjoint(held)):
            message = f"unable to obtain exclusive access to this record or 1 records: {id_ or spec.name}"
            raise refused("UNABLE_TO_LOCK_ROW", message)

    def _run_triggers(self, spec: ObjectSpec) -> None:
        """Apex of the customer's that throws: nothing of it is run here but the end."""
        if spec.name in self._settings().broken_triggers:
            message = f"{spec.name}Trigger: execution of AfterUpdate caused by: System.NullPointerException"
            raise refused("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message)

    # rules

    def _ruled(
        self, spec: ObjectSpec, changes: dict[str, Any], values: Mapping[str, Any], caller: Caller, record: Record | None
    ) -> dict[str, Any]:
        """The changes after the org's rules had their say, in the platform's order: flows before the save, validation rules,
        duplicates, then assignment, whose owner beats the caller's."""
        before, automated = record.values if record else None, self._automation.acts_on(spec.name)
        if automated:
            set_by_flows = self._automation.before_save(Save(spec, values, before, caller.actor.id))
            changes, values = {**changes, **set_by_flows}, {**values, **set_by_flows}
            self._automation.validate(Save(spec, values, before, caller.actor.id))
        self._check_duplicates(spec, changes, values, caller, record.id if record else None)
        owner = self._owner(Save(spec, values, before, caller.actor.id), caller.assign)
        return {**changes, _OWNER: owner} if owner else changes

    def _check_duplicates(
        self, spec: ObjectSpec, changes: Mapping[str, Any], values: Mapping[str, Any], caller: Caller, id_: str | None
    ) -> None:
        for rule in self._settings().duplicate_rules:
            watched = rule.object == spec.name and not (caller.allow_save and not rule.block)
            if watched and not changes.keys().isdisjoint(rule.fields):
                found = duplicates(self._store, rule, values, id_)
                if found:
                    raise duplicates_detected(rule, found)

    def _owner(self, save: Save, assign: bool | str) -> str | None:
        """By the rules of the control API, else by the deployed ones."""
        if assign is False:
            return None
        rule = self._assignment(save.spec, assign)
        return assigned_owner(save.spec, rule, save.values) if rule else self._automation.owner(save, assign)

    def _assignment(self, spec: ObjectSpec, assign: bool | str) -> AssignmentRule | None:
        rules = [rule for rule in self._settings().assignment_rules if rule.object == spec.name]
        if assign is True:
            return next((rule for rule in rules if rule.active), None)
        named = self._store.exactly(CRM, "AssignmentRule", str(assign))
        return next((rule for rule in rules if named and rule.name == named.values["Name"]), None)

    def _after(self, spec: ObjectSpec, record: Record, before: Record | None, caller: Caller) -> Record:
        """Flows and workflow rules once more, now that the record is saved."""
        if not self._automation.acts_on(spec.name):
            return record
        save = Save(spec, record.values, before.values if before else None, caller.actor.id)
        changes = self._automation.after_save(save)
        return self._store.update(record, changes, caller.actor) if changes else record

    def _check_pair(self, spec: ObjectSpec, values: Mapping[str, Any]) -> None:
        """Rights and memberships are there once."""
        names = _PAIRS.get(spec.name)
        if names is None:
            return
        wanted = {name: values.get(name) for name in names}
        for other in self._store.all(CRM, spec.name):
            if all(other.values.get(name) == value for name, value in wanted.items()):
                message = f"duplicate value found: {spec.name} duplicates value on record with id: {other.id}"
                raise refused("DUPLICATE_VALUE", message, *names)


_PAIRS: Final[Mapping[str, tuple[str, ...]]] = {
    "PermissionSetAssignment": ("AssigneeId", "PermissionSetId"),
    "FieldPermissions": ("ParentId", "Field"),
    "ObjectPermissions": ("ParentId", "SobjectType"),
    "GroupMember": ("GroupId", "UserOrGroupId"),
    "QueueSobject": ("QueueId", "SobjectType"),
}


class AmbiguousError(Exception):
    """300 Multiple Choices: an external id that several records share."""

    def __init__(self, spec: ObjectSpec, found: list[Record]) -> None:
        super().__init__(f"{len(found)} records")
        self.spec = spec
        self.found = found


@contextmanager
def _unique() -> Iterator[None]:
    try:
        yield
    except UniqueValueError as error:
        message = f"duplicate value found: {error.field} duplicates value on record with id: {error.existing}"
        raise refused("DUPLICATE_VALUE", message) from None


def _defaults(spec: ObjectSpec) -> dict[str, Any]:
    return {field.name: field.default for field in spec.fields.values() if field.writable and field.default is not None}


def _parents(values: Mapping[str, Any]) -> list[Any]:
    """Whom a write locks beside the record: a contact's account, a task's person."""
    return [values.get(name) for name in ("AccountId", "WhoId", "WhatId")]


def _derived(spec: ObjectSpec, values: Mapping[str, Any]) -> dict[str, Any]:
    """Read-only fields that follow from a status."""
    if spec.name == "PermissionSetAssignment":
        return {"IsActive": True}
    if spec.name == "Task" and "Status" in values:
        return {"IsClosed": values["Status"] == "Completed"}
    if spec.name == "Opportunity" and "StageName" in values:
        stage = values["StageName"]
        return {"IsWon": stage == "Closed Won", "IsClosed": stage in {"Closed Won", "Closed Lost"}}
    return {}


def _unsupported(spec: ObjectSpec, verb: str) -> SalesforceError:
    return SalesforceError(400, "INVALID_TYPE_FOR_OPERATION", f"entity type {spec.name} does not support {verb}", ())
