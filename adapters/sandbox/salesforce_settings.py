"""What an administrator would set up in the org, here by the control call `configure`."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from marshmallow import Schema, ValidationError, fields, post_load, validate

from adapters.sandbox.store import Store

OPERATIONS: Final = (
    "equals", "notEqual", "lessThan", "greaterThan", "lessOrEqual", "greaterOrEqual", "contains", "startsWith",
)  # fmt: skip
"""Of a rule entry, named as in the metadata of assignment rules."""


@dataclass(frozen=True, slots=True)
class RuleEntry:
    field: str
    op: str
    value: Any
    owner: str
    """User or queue id."""


@dataclass(frozen=True, slots=True)
class AssignmentRule:
    """Entries are tried in order; the first that fits names the owner."""

    name: str
    object: str
    active: bool
    entries: tuple[RuleEntry, ...]


@dataclass(frozen=True, slots=True)
class DuplicateRule:
    """Finds records of the same object with the same value in one of `fields`."""

    name: str
    object: str
    fields: tuple[str, ...]
    block: bool
    """A rule that blocks cannot be passed; one that alerts can, with allowSave=true."""


@dataclass(frozen=True, slots=True)
class Settings:
    daily_limit: int = 100_000
    """API calls in 24 hours; 0 is no limit."""
    rotate_refresh_tokens: bool = False
    public_key: str = ""
    """PEM. When set, the signature of a JWT bearer assertion is checked."""
    consumer_key: str = ""
    """When set, no other is accepted; likewise the secret."""
    consumer_secret: str = ""
    silent_users: tuple[str, ...] = ()
    """Ids of users without the permission "Send Outbound Messages": what they change, no target hears of."""
    hidden_fields: tuple[str, ...] = ()
    """`Lead.Leadline_Grade__c`: fields that our user may not see. To the API they do not exist."""
    assignment_rules: tuple[AssignmentRule, ...] = ()
    duplicate_rules: tuple[DuplicateRule, ...] = ()
    api_enabled: bool = True
    """Whether the org's edition has an API, and our user may use it."""
    oldest_version: str = "v31.0"
    """API versions before this one were retired; for an adapter that speaks one of them, it is gone."""
    held_rows: tuple[str, ...] = ()
    """Ids of records that another transaction, such as somebody's nightly load, holds: until it ends they, and what hangs on
    them, cannot be written."""
    broken_triggers: tuple[str, ...] = ()
    """Objects with an Apex trigger that throws on every update."""
    deploy_ms: int = 0
    """How long a deployment is Pending; until then it can be cancelled."""
    bulk_ms: int = 0
    """How long a Bulk job, query or ingest, runs before it has results."""


class _RuleEntrySchema(Schema):
    field = fields.String(required=True)
    op = fields.String(required=True, validate=validate.OneOf(OPERATIONS))
    value = fields.Raw(required=True, allow_none=True)
    owner = fields.String(required=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> RuleEntry:
        return RuleEntry(**data)


class _AssignmentRuleSchema(Schema):
    name = fields.String(load_default="Standard")
    object = fields.String(load_default="Lead", validate=validate.OneOf(["Lead"]))
    active = fields.Boolean(load_default=True)
    entries = fields.List(fields.Nested(_RuleEntrySchema), required=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> AssignmentRule:
        return AssignmentRule(**{**data, "entries": tuple(data["entries"])})


class _DuplicateRuleSchema(Schema):
    name = fields.String(load_default="Standard_Lead_Duplicate_Rule")
    object = fields.String(load_default="Lead", validate=validate.OneOf(["Lead", "Contact"]))
    fields_ = fields.List(fields.String(), load_default=lambda: ["Email"], data_key="fields", attribute="fields")
    block = fields.Boolean(load_default=False)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> DuplicateRule:
        return DuplicateRule(**{**data, "fields": tuple(data["fields"])})


class _SettingsSchema(Schema):
    daily_limit = fields.Integer(validate=validate.Range(min=0))
    rotate_refresh_tokens = fields.Boolean()
    public_key = fields.String()
    consumer_key = fields.String()
    consumer_secret = fields.String()
    silent_users = fields.List(fields.String())
    hidden_fields = fields.List(fields.String(validate=validate.Regexp(r"\w+\.\w+$")))
    assignment_rules = fields.List(fields.Nested(_AssignmentRuleSchema))
    duplicate_rules = fields.List(fields.Nested(_DuplicateRuleSchema))
    api_enabled = fields.Boolean()
    oldest_version = fields.String(validate=validate.Regexp(r"v(3[1-9]|[45]\d|6[0-8])\.0$"))
    held_rows = fields.List(fields.String())
    broken_triggers = fields.List(fields.String())
    deploy_ms = fields.Integer(validate=validate.Range(min=0))
    bulk_ms = fields.Integer(validate=validate.Range(min=0))


def load(store: Store) -> Settings:
    """The settings as they were left."""
    return changed(Settings(), store.document("salesforce_settings", "settings") or {})


def save(store: Store, settings: Settings) -> None:
    store.put("salesforce_settings", "settings", asdict(settings))


def changed(settings: Settings, document: Mapping[str, Any]) -> Settings:
    """
    Raises:
        ValueError: one sentence about what is wrong with the document.
    """
    try:
        data = _SettingsSchema().load(document)
    except ValidationError as error:
        raise ValueError(f"The Salesforce settings are wrong: {error.messages}") from error
    data = {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}
    settings = replace(settings, **data)
    active = [rule.object for rule in settings.assignment_rules if rule.active]
    if len(active) != len(set(active)):
        raise ValueError("Only one assignment rule of an object can be active; switch the others off.")
    return settings
