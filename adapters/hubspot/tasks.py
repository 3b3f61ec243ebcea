"""Tasks for owners. HubSpot has no idempotency key, so ours is the last line of the task's body."""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from adapters.errors import CallOperator
from adapters.hubspot.answers import Batch, Record
from adapters.hubspot.batches import LIMIT, Item, portions, settle
from adapters.hubspot.client import Client
from adapters.hubspot.mapping import LONGEST_TEXT, OWNER, is_id
from adapters.hubspot.moments import moment
from adapters.records import Outcome, RecordRef, TaskDraft

_TASKS: Final = "tasks"
_CONTACTS: Final = "contacts"
_BODY: Final = "hs_task_body"
_STATUS: Final = "hs_task_status"
_KEY: Final = re.compile(r"Leadline ref: ([^\s<]+)")
_TO_CONTACT: Final = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 204}
"""Task to contact. The type depends on the direction: contact to task is 203."""


class Tasks:
    """Tasks hang on contacts; a lead's would need another association type."""

    def __init__(self, client: Client, *, priority: str) -> None:
        self._client = client
        self._priority = priority

    def create(self, drafts: Sequence[TaskDraft]) -> Sequence[Outcome]:
        """Each task with its association in the same call: a task that hangs on nobody would never be seen."""
        outcomes = settle((self._item(str(number), draft) for number, draft in enumerate(drafts)), self._send)
        return [outcomes[str(number)] for number in range(len(drafts))]

    def find(self, drafts: Sequence[TaskDraft]) -> Mapping[str, str]:
        """Our key to the task's id, by way of the contacts' associations. A task that somebody deleted hangs nowhere any more."""
        contacts = list(dict.fromkeys(draft.ref.id for draft in drafts if is_id(draft.ref.id)))
        tasks = list(dict.fromkeys(self._linked(contacts)))
        found: dict[str, str] = {}
        for some in portions(tasks, LIMIT):
            for record in self._client.read(_TASKS, some, (_BODY,)).records:
                found |= dict.fromkeys(keys(record), record.id)
        return {draft.key: found[draft.key] for draft in drafts if draft.key in found}

    def complete(self, ids: Sequence[str]) -> int:
        """Completes those of the tasks that are there and still open; returns how many.

        Raises:
            CallOperator: HubSpot refused one of them.
        """
        open_ = [task for some in portions(ids, LIMIT) for task in self._open(some)]
        items = (_completed(id_) for id_ in open_)
        outcomes = settle(items, partial(self._client.update, _TASKS)).values()
        if failed := [one for one in outcomes if one.state not in {"written", "gone"}]:
            sentence = f"{len(failed)} of our tasks could not be completed: {failed[0].reason}"
            raise CallOperator(sentence, provider="hubspot", operation="complete tasks", code=failed[0].code)
        return sum(one.state == "written" for one in outcomes)

    def _open(self, ids: Sequence[str]) -> Iterator[str]:
        for record in self._client.read(_TASKS, list(ids), (_STATUS,)).records:
            if record.properties.get(_STATUS) != "COMPLETED":
                yield record.id

    def _linked(self, contacts: Sequence[str]) -> Iterator[str]:
        waiting: dict[str, str | None] = dict.fromkeys(contacts)
        while waiting:
            pages = {contact: waiting.pop(contact) for contact in list(waiting)[:LIMIT]}
            for links in self._client.linked(_CONTACTS, _TASKS, pages):
                yield from links.to
                if links.after:
                    waiting[links.id] = links.after

    def _item(self, trace: str, draft: TaskDraft) -> Item:
        line = f"\n\nLeadline ref: {draft.key}"
        properties = {
            "hs_timestamp": moment(draft.due_at),
            "hs_task_subject": draft.subject,
            _BODY: draft.body[: LONGEST_TEXT - len(line)] + line,
            "hs_task_status": "NOT_STARTED",
            "hs_task_priority": self._priority,
            "hs_task_type": "TODO",
            OWNER: draft.owner_id,
        }
        hung_on = {"to": {"id": draft.ref.id}, "types": [_TO_CONTACT]}
        return Item(draft.ref, trace, properties, {OWNER: "owner_id"}, associations=(hung_on,))

    def _send(self, inputs: Sequence[Mapping[str, Any]]) -> Batch:
        return self._client.create(_TASKS, inputs)


def _completed(id_: str) -> Item:
    """A task is no record of ours: the ref only carries its id."""
    return Item(RecordRef(_TASKS, "contact", id_), id_, {_STATUS: "COMPLETED"}, {}, id=id_)


def keys(task: Record) -> frozenset[str]:
    """The keys that a task's body names. It comes back as HTML once somebody has edited it."""
    return frozenset(map(html.unescape, _KEY.findall(task.properties.get(_BODY) or "")))
