"""The one kind of workflow that the sandbox runs: whatever rotates new contacts among owners, at once instead of in a minute.

`overwrite_current_owner` is heeded; delays, branches and every other action are not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from adapters.sandbox.record import Actor
from adapters.sandbox.store import Store

FLOWS: Final = "hubspot:flow"
ROTATE: Final = "0-11"
CREATED: Final = "4-1463224"
"""The event `object created`, as workflows on real portals name it."""

_OWNERS: Final = "hubspot:owner"
_CONTACTS: Final = "0-1"


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is, by which workflow."""

    owner_id: str
    actor: Actor


class Rotation:
    """Reads the portal's workflows as they stand, so that switching one off counts at once."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def next(self, values: Mapping[str, Any]) -> Turn | None:
        """Who gets a contact that was made just now; None where no workflow asks for it."""
        for flow in self._store.documents(FLOWS).values():
            for action in flow["actions"] if _enrols(flow) else ():
                if turn := self._turn(flow, action, values):
                    return turn
        return None

    def _turn(self, flow: Mapping[str, Any], action: Mapping[str, Any], values: Mapping[str, Any]) -> Turn | None:
        fields = action.get("fields", {})
        owned = bool(values.get("hubspot_owner_id")) and fields.get("overwrite_current_owner") != "true"
        ids = self._owners(fields.get("user_ids", ()))
        if action.get("actionTypeId") != ROTATE or owned or not ids:
            return None
        place = self._store.next_number(f"hubspot:rotation:{flow['id']}")
        return Turn(ids[place % len(ids)], Actor("AUTOMATION_PLATFORM", f"workflowId:{flow['id']}"))

    def _owners(self, user_ids: Sequence[str]) -> list[str]:
        """By the ids of users, which are not those of owners."""
        known = {str(one.get("userId")): one for one in self._store.documents(_OWNERS).values()}
        return [str(known[id_]["id"]) for id_ in map(str, user_ids) if id_ in known and not known[id_]["archived"]]


def _enrols(flow: Mapping[str, Any]) -> bool:
    """Whether it is on and takes every contact that is made."""
    branches = flow["enrollmentCriteria"].get("eventFilterBranches", ())
    return bool(
        flow["isEnabled"] and flow["objectTypeId"] == _CONTACTS and any(one.get("eventTypeId") == CREATED for one in branches)
    )
