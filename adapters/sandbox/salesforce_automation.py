"""What happens by itself when a record is saved: flows, workflow and validation rules, and deployed assignment rules."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from adapters.sandbox.record import Record, Write
from adapters.sandbox.salesforce_catalogue import Catalogue
from adapters.sandbox.salesforce_conditions import Known, Test, of_rule
from adapters.sandbox.salesforce_errors import SalesforceError, refused
from adapters.sandbox.salesforce_flows import Effect, Send, SetField, Trigger, flow_trigger, is_record_triggered, rule_trigger
from adapters.sandbox.salesforce_formula import Evaluate, FormulaError, formula
from adapters.sandbox.salesforce_read import CRM
from adapters.sandbox.salesforce_schema import ObjectSpec, Schema
from adapters.sandbox.salesforce_tree import Tree, flag, text, trees
from adapters.sandbox.salesforce_values import kept
from adapters.sandbox.store import Store

_KINDS: Final = {"created": "created", "updated": "updated", "deleted": "deleted"}


@dataclass(frozen=True, slots=True)
class Save:
    """One save of one record, as rules and flows look at it."""

    spec: ObjectSpec
    values: Mapping[str, Any]
    before: Mapping[str, Any] | None
    """None for a new record."""
    user: str


@dataclass(frozen=True, slots=True)
class _Validation:
    message: str
    field: str
    """Beside which the message is shown; empty: at the top of the page."""
    broken: Evaluate


@dataclass(frozen=True, slots=True)
class _Rule:
    id: str
    active: bool
    entries: tuple[tuple[Test, str], ...]
    """Test and owner, in order."""


@dataclass(frozen=True, slots=True)
class _Compiled:
    validations: tuple[_Validation, ...]
    triggers: tuple[Trigger, ...]
    rules: tuple[_Rule, ...]


class Automation:
    """Deployed rules are read once, and again after the next change of the catalogue."""

    def __init__(self, store: Store, schema: Schema, catalogue: Catalogue) -> None:
        self._store = store
        self._schema = schema
        self._catalogue = catalogue
        self._compiled: dict[str, _Compiled] = {}
        catalogue.on_change(self._compiled.clear)

    def acts_on(self, object_: str) -> bool:
        """Whether anything at all is deployed for this object: most writes of most orgs need no more than this look."""
        found = self._of(object_)
        return bool(found.validations or found.triggers or found.rules)

    def before_save(self, save: Save) -> dict[str, Any]:
        """What flows set before the record is saved."""
        found: dict[str, Any] = {}
        for effect in self._effects(save, "created" if save.before is None else "updated", before=True):
            if isinstance(effect, SetField):
                found |= self._set(save, effect, found)
        return found

    def validate(self, save: Save) -> None:
        """
        Raises:
            SalesforceError: FIELD_CUSTOM_VALIDATION_EXCEPTION, with the rule's own message.
        """
        scope = self._scope(save)
        for rule in self._of(save.spec.name).validations:
            try:
                broken = rule.broken(scope) is True
            except FormulaError as error:
                raise refused("FIELD_INTEGRITY_EXCEPTION", f"The validation formula failed: {error}") from error
            if broken:
                raise refused("FIELD_CUSTOM_VALIDATION_EXCEPTION", rule.message, *filter(None, [rule.field]))

    def after_save(self, save: Save) -> dict[str, Any]:
        """What flows and workflow rules set once the record is saved: a second save, which sets nothing off by itself here."""
        found: dict[str, Any] = {}
        for effect in self._effects(save, "created" if save.before is None else "updated", before=False):
            if isinstance(effect, SetField):
                found |= self._set(save, effect, found)
        return {name: value for name, value in found.items() if save.values.get(name) != value}

    def owner(self, save: Save, rule: bool | str) -> str | None:
        """Whom a deployed assignment rule gives the record to; `rule` is True for the active one, or an id."""
        scope = self._scope(save)
        for found in self._of(save.spec.name).rules:
            if found.id == rule or (rule is True and found.active):
                return next((owner for test, owner in found.entries if test(scope)), None)
        return None

    def sends(self, message: str, write: Write) -> bool:
        """Whether this write makes some flow or rule send this Outbound Message."""
        spec, kind = self._schema.whole(write.record.object), _KINDS.get(write.kind)
        if spec is None or kind is None:
            return False
        before = write.before.values if write.before is not None else None
        save = Save(spec, write.record.values, before, write.actor.id)
        return any(isinstance(effect, Send) and effect.message == message for effect in self._effects(save, kind, before=False))

    # inside

    def _effects(self, save: Save, kind: str, *, before: bool) -> Iterator[Effect]:
        triggers = [found for found in self._of(save.spec.name).triggers if kind in found.on and found.before is before]
        if not triggers:
            return
        scope = self._scope(save)
        was = self._scope(Save(save.spec, save.before or {}, save.before, save.user))
        for trigger in triggers:
            try:
                yield from trigger.run(scope, was)
            except FormulaError as error:
                message = f"We can't save this record because the “{trigger.name}” process failed. {error}"
                raise refused("CANNOT_EXECUTE_FLOW_TRIGGER", message) from error

    def _set(self, save: Save, effect: SetField, earlier: Mapping[str, Any]) -> dict[str, Any]:
        whole = self._schema.whole(save.spec.name) or save.spec
        field = whole.field(effect.field)
        seen = Save(save.spec, {**save.values, **earlier}, save.before, save.user)
        try:
            return {field.name: kept(field, effect.value(self._scope(seen)))}
        except SalesforceError as error:  # whatever a flow stumbles over, its own failure is what the caller hears of
            message = f"We can't save this record because a process failed. {error.code}: {error.message}"
            raise refused("CANNOT_EXECUTE_FLOW_TRIGGER", message) from error

    def _scope(self, save: Save) -> "_SaveScope":
        return _SaveScope(save, self._store, self._schema.whole(save.spec.name) or save.spec)

    def _of(self, object_: str) -> _Compiled:
        if object_ not in self._compiled:
            self._compiled[object_] = self._read(object_)
        return self._compiled[object_]

    def _read(self, object_: str) -> _Compiled:
        start = f"{object_}."
        validations = (
            _Validation(
                text(item.tree, "errorMessage"),
                text(item.tree, "errorDisplayField"),
                formula(text(item.tree, "errorConditionFormula"), self._known(object_)).evaluate,
            )
            for item in self._catalogue.of_type("ValidationRule").values()
            if item.name.startswith(start) and flag(item.tree, "active")
        )
        return _Compiled(tuple(validations), tuple(self._triggers(object_)), tuple(self._rules(object_)))

    def _triggers(self, object_: str) -> Iterator[Trigger]:
        for item in self._catalogue.of_type("Flow").values():
            active = item.extra.get("active")
            if active and is_record_triggered(active):
                found = flow_trigger(item.name, active, self._known)
                if found.object == object_:
                    yield found
        updates = {item.name: item.tree for item in self._catalogue.of_type("WorkflowFieldUpdate").values()}
        for item in self._catalogue.of_type("WorkflowRule").values():
            if item.name.startswith(f"{object_}.") and flag(item.tree, "active"):
                yield rule_trigger(item.name, item.tree, updates, self._known)

    def _rules(self, object_: str) -> Iterator[_Rule]:
        for item in self._catalogue.deployed("AssignmentRule"):
            if item.name.startswith(f"{object_}."):
                entries = tuple(self._entries(object_, trees(item.tree, "ruleEntry")))
                yield _Rule(item.id, flag(item.tree, "active"), entries)

    def _entries(self, object_: str, entries: Iterable[Tree]) -> Iterator[tuple[Test, str]]:
        for entry in entries:
            owner = self._assignee(text(entry, "assignedTo"), text(entry, "assignedToType"))
            if owner:
                yield of_rule(entry, self._known(object_), object_), owner

    def _assignee(self, name: str, kind: str) -> str:
        if kind == "User":
            return next((row.id for row in self._store.lookup(CRM, "User", "Username", name)), "")
        groups = self._store.all(CRM, "Group")
        return next((row.id for row in groups if row.values.get("DeveloperName") == name), "")

    def _known(self, object_: str) -> Known:
        """Everything is known: it was checked when it was deployed, and a field in use cannot be deleted."""
        del object_
        return lambda _: True


class _SaveScope:
    def __init__(self, save: Save, store: Store, whole: ObjectSpec) -> None:
        self._save = save
        self._store = store
        self._whole = whole

    def value(self, path: str) -> Any:
        return self._get(self._save.values, path)

    def prior(self, path: str) -> Any:
        return self._get(self._save.values if self._save.before is None else self._save.before, path)

    @property
    def is_new(self) -> bool:
        return self._save.before is None

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self._store.clock() / 1000, UTC)

    def _get(self, values: Mapping[str, Any], path: str) -> Any:
        relation, _, name = path.partition(".")
        if relation == "$User":
            return self._save.user if name == "Id" else self._below(self._save.user, name)
        if name:
            reference = self._whole.relationship(relation)
            return self._below(values.get(reference.name) if reference else None, name)
        field = self._whole.fields.get(path.lower())
        if field is None:
            return None
        return values.get(field.name, False if field.type == "boolean" else None)

    def _below(self, id_: Any, name: str) -> Any:
        record = self._related(id_)
        return record.values.get(name) if record else None

    def _related(self, id_: Any) -> Record | None:
        tables = {"005": "User", "00G": "Group", "012": "RecordType", "001": "Account", "00e": "Profile"}
        table = tables.get(str(id_)[:3])
        return self._store.exactly(CRM, table, str(id_)) if table else None


def forbidden(spec: ObjectSpec, right: str) -> SalesforceError:
    """The refusal to one who may not do this to records of this object."""
    if right == "create":
        return refused("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"entity type cannot be inserted: {spec.name}")
    return refused("INSUFFICIENT_ACCESS_OR_READONLY", f"insufficient access rights on object id ({spec.name}: no {right})")
