"""The house's words for what lives in a CRM. No vendor dict gets past the adapter that read it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from config.fields import Values

LANE: Final = "list:"
"""Beginning of the id of an owner that is a HubSpot list. No record shows it as its owner, so it is never read back."""

ObjectName = Literal["lead", "contact"]
"""What can be routed: a Salesforce Lead or Contact, a HubSpot contact or lead."""


@dataclass(frozen=True, slots=True, order=True)
class RecordRef:
    """One record in one CRM. `id` is the vendor's, never lower-cased; Salesforce ids always in their 18-character form."""

    connection: str
    object: ObjectName
    id: str


@dataclass(frozen=True, slots=True)
class Lead:
    """A record as it stood at `read_at`, in canonical fields."""

    ref: RecordRef
    values: Values
    """Canonical input fields. A field that the record does not have, or that is empty, is None or absent."""
    outputs: Values
    """What stands in Leadline's own fields right now, by output name."""
    owner_id: str | None
    created_at: datetime
    modified_at: datetime
    read_at: datetime
    aliases: tuple[str, ...] = ()
    """Other ids under which this record was known: a merged HubSpot contact answers to its old ids with a new one."""
    created_by: str = ""
    """Id of the user who made it, where that id is also an owner's (Salesforce); empty elsewhere."""
    imported: bool = False
    """The CRM itself says that it came with an import (HubSpot)."""


@dataclass(frozen=True, slots=True)
class Gone:
    """A record that cannot be worked on, and where its history went on."""

    ref: RecordRef
    reason: Literal["deleted", "merged", "converted", "not_found"]
    now: RecordRef | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody or something that can own a record: a Salesforce User or Group id, a HubSpot owner `id` (never `userId`),
    a HubSpot list as `list:<id>`."""

    id: str
    kind: Literal["person", "queue"]
    email: str
    name: str
    active: bool


@dataclass(frozen=True, slots=True)
class Change:
    """What one record should look like: only the difference, never a field that Leadline did not install or map."""

    ref: RecordRef
    outputs: Values
    """Output name to value; None clears the field."""
    owner_id: str | None = None
    """New owner, or None to leave it alone."""
    unless_modified_since: datetime | None = None
    """Salesforce: sent as If-Unmodified-Since when the owner changes. HubSpot has no conditional write; we read back."""
    hand_over: bool = False
    """Salesforce: run the org's assignment rule after the write (the session with Sforce-Auto-Assign on)."""


@dataclass(frozen=True, slots=True)
class TaskDraft:
    """A task for the owner of a record. `key` is ours; it is kept in the task's body so that it can be found again."""

    ref: RecordRef
    key: str
    subject: str
    body: str
    owner_id: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one change or one task, item by item; a batch never has one outcome."""

    ref: RecordRef
    state: Literal["written", "conflict", "retry", "refused", "gone", "unknown"]
    """written: the CRM said so · conflict: the record moved under us, read it again · retry: a lock or the like, later ·
    refused: permanent, see `reason` · gone: deleted, merged or converted, see `now` · unknown: no answer, read it back."""
    reason: str = ""
    """One clear sentence for an operator: no personal data, no secret."""
    code: str = ""
    """The vendor's own error code."""
    id: str | None = None
    """The id of what was created."""
    now: RecordRef | None = None
    fields: tuple[str, ...] = field(default=())
    """Output names that the vendor refused, `owner_id` for the owner."""
    after: float = 0.0
    """Of a retry: seconds, where it is known how long it takes. The record itself did not fail, and no try of it is counted."""


@dataclass(frozen=True, slots=True)
class Account:
    """An org or portal, as it says of itself."""

    id: str
    """Org id in its 18-character form, or portal id."""
    name: str
    environment: Literal["production", "sandbox"]
    zone: str = ""
    """IANA name of the zone at whose midnight the day's limit begins anew; empty where there is no such midnight."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something `doctor` has to say, with the fix in words."""

    what: str
    fix: str
    fatal: bool = True
    object: str = ""
    """The vendor's object that it concerns, if it concerns one row of the mapping."""
    name: str = ""
    """Canonical field or output of that row."""
    absent: bool = False
    """The field is not there, or hidden from us."""


FieldType = Literal["text", "number", "flag", "moment", "date", "choice", "choices", "link", "other"]
"""choice: one of a list · choices: several of one · link: another record's id · other: compound, binary."""


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """What a CRM says of one of its fields."""

    name: str
    label: str
    type: FieldType
    vendor_type: str
    """The vendor's own word."""
    length: int = 0
    """Characters; 0 where it has no meaning or is not told."""
    digits: int = 0
    """Before the point; 0 where it is not told."""
    decimals: int | None = None
    """After the point; None where there is no limit."""
    choices: tuple[str, ...] = ()
    restricted: bool = False
    """Nothing but `choices` is taken."""
    writable: bool = True
    """By our user, through the API."""
    calculated: bool = False
    """By the CRM: a formula, a roll-up, a running number. Nobody can write it."""
    unique: bool = False
    custom: bool = False
