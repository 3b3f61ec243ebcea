"""Tasks as HubSpot keeps them. Our key stands in the last line of the body: HubSpot has no idempotency key."""

import html
import re
from collections.abc import Iterable, Sequence
from typing import Final

from adapters.hubspot.answers import Record
from adapters.hubspot.batches import Item
from adapters.hubspot.mapping import LONGEST_TEXT, OWNER, moment
from adapters.records import TaskDraft

OBJECT: Final = "tasks"
BODY: Final = "hs_task_body"

_REFERENCE: Final = "Leadline ref: "
_REFERENCES: Final = re.compile(rf"{_REFERENCE.strip()}\s*([^\s<>]+)")
_TO_CONTACT: Final = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 204}
"""Task to contact. The type depends on the direction: contact to task is 203."""


def item(draft: TaskDraft) -> Item:
    """The input that creates `draft`'s task, hung on its contact in the same call."""
    line = f"\n\n{_REFERENCE}{draft.key}"
    properties = {
        "hs_timestamp": moment(draft.due_at),
        "hs_task_subject": draft.subject,
        BODY: draft.body[: LONGEST_TEXT - len(line)] + line,
        "hs_task_status": "NOT_STARTED",
        "hs_task_priority": "HIGH",
        "hs_task_type": "TODO",
        OWNER: draft.owner_id,
    }
    return Item(
        ref=draft.ref,
        trace=draft.key,
        properties=properties,
        names={OWNER: "owner_id"},
        associations=({"to": {"id": draft.ref.id}, "types": [_TO_CONTACT]},),
    )


def keys(task: Record) -> frozenset[str]:
    """The keys that a task's body names; the body comes back as HTML once somebody has edited it."""
    return frozenset(map(html.unescape, _REFERENCES.findall(task.properties.get(BODY) or "")))


def found(drafts: Sequence[TaskDraft], tasks: Iterable[Record]) -> dict[str, str]:
    """Key to task id, for those of `drafts` whose key stands in one of `tasks`."""
    known = {key: task.id for task in tasks for key in keys(task)}
    return {draft.key: known[draft.key] for draft in drafts if draft.key in known}
