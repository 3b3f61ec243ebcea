"""Tasks for owners. Salesforce has no idempotency key, so ours is the last line of the task's description."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Final

from adapters.records import Outcome, TaskDraft
from adapters.salesforce.answers import Item
from adapters.salesforce.calls import chunks, in_turn, outcome
from adapters.salesforce.client import COLLECTION, Client, Record
from adapters.salesforce.mapping import cut, is_id, to18

SUBJECT: Final = 255
BODY: Final = 31_000
"""Characters. A task's Description takes 32,000, and the key must still fit behind it."""

_KEY = re.compile(r"^Leadline ref: (.+?)\s*$", re.MULTILINE)


class Tasks:
    """`status` and `priority` are API values of the org's own lists, which may be renamed."""

    def __init__(self, client: Client, *, status: str, priority: str) -> None:
        self._client = client
        self._status = status
        self._priority = priority

    def create(self, drafts: Sequence[TaskDraft]) -> Sequence[Outcome]:
        calls = ((part, self._send) for part in chunks(drafts, COLLECTION))
        return [outcome(draft.ref, verdict) for draft, verdict in in_turn(calls)]

    def _send(self, drafts: Sequence[TaskDraft]) -> Sequence[Item]:
        return self._client.create([self._row(draft) for draft in drafts])

    def _row(self, draft: TaskDraft) -> Record:
        return {
            "attributes": {"type": "Task"},
            "WhoId": to18(draft.ref.id),
            "OwnerId": to18(draft.owner_id),
            "Subject": cut(draft.subject, SUBJECT),
            "Description": f"{cut(draft.body, BODY)}\n\nLeadline ref: {draft.key}",
            "ActivityDate": draft.due_at.astimezone(UTC).date().isoformat(),  # a task's due date has no time and no zone
            "Priority": self._priority,
            "Status": self._status,
        }

    def find(self, drafts: Sequence[TaskDraft]) -> Mapping[str, str]:
        """Our key to the task's id. `queryAll`, since a task that a person deleted or that was archived was created all the
        same; the description is read here, since SOQL cannot filter by long text.
        """
        wanted = {draft.key for draft in drafts}
        people = sorted({to18(draft.ref.id) for draft in drafts if is_id(draft.ref.id)})
        found: dict[str, str] = {}
        for part in chunks(people, COLLECTION):
            ids = ",".join(f"'{id_}'" for id_ in part)
            soql = f"SELECT Id, Description FROM Task WHERE WhoId IN ({ids}) ORDER BY CreatedDate, Id"  # noqa: S608
            for row in self._client.query(soql, deleted=True):
                found.setdefault(_key(row), row["Id"])
        return {key: id_ for key, id_ in found.items() if key in wanted}


def _key(row: Record) -> str:
    """The last such line: what a person typed, and a lead's own words in the body, may hold another one."""
    keys: list[str] = _KEY.findall(row.get("Description") or "")
    return keys[-1] if keys else ""
