"""What the sandbox remembers: records, who touched them, and what each write changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

Kind = Literal["created", "updated", "deleted", "restored", "merged", "erased"]

OWNER_FIELDS: Final = frozenset({"hubspot_owner_id", "OwnerId"})
TASK_OBJECTS: Final = frozenset({"tasks", "Task"})


@dataclass(frozen=True, slots=True)
class Actor:
    """Who wrote. `source` is HubSpot's word for both CRMs: API, CRM_UI, IMPORT, INTEGRATION, CRM."""

    source: str
    id: str
    """`userId:5` for a person, the app id or user id behind the token for the API."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record of one CRM as it stands. Never changed in place: a write makes a new one."""

    crm: str
    object: str
    id: str
    values: Mapping[str, Any]
    created_at: int
    """Milliseconds since 1970, like every moment in the sandbox."""
    modified_at: int
    created_by: Actor
    modified_by: Actor
    archived: bool = False
    archived_at: int | None = None
    merged_into: str | None = None


@dataclass(frozen=True, slots=True)
class Write:
    """One write to one record, committed."""

    kind: Kind
    before: Record | None
    record: Record
    """The record after the write."""
    changed: Mapping[str, tuple[Any, Any]]
    """Field to (old, new), only those that differ."""
    actor: Actor
    at: int
    merged: tuple[str, ...] = ()
    """Ids that now resolve to `record`; the first was the primary one."""
