"""Which records are set aside: matched and scored here, and neither routed, tasked, paged or clocked, nor written to.

old   made before Leadline listened there
late  found more than a day after it was made, by whatever way
list  one of many that one user made within minutes, or that the CRM says was imported; not in shadow, where nobody would be
      paged anyway, and a list is scored like any other leads

Whoever asks for something now is none of these, however old the record: a known person who raises a hand is news.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

from adapters.records import Lead, RecordRef
from connector.case import raised_digest
from connector.hydration import Hydrated
from connector.moments import moment_of
from connector.scene import Scene
from connector.store.connections import CrmConnection

Why = Literal["old", "late", "list"]

RELEASED: Final = "released"
"""Said of a record of a list that RevOps let go."""

LATE: Final = timedelta(hours=24)
SKEW: Final = timedelta(minutes=10)
"""A record made that little before the connection is not old: the CRM's clock need not be ours."""

LIST: Final = 50
"""More than so many records, made by one user within `LIST_SECONDS`, are a list."""
LIST_SECONDS: Final = 600.0


def why_aside(crm: CrmConnection, lead: Lead, found_at: datetime, before: tuple[str, str] | None, crowd: int = 0) -> Why | None:
    """Why a record that nobody decided about is set aside; None: it is a lead like any other.

    Args:
        found_at: when we came to hear of it.
        before: why it is indexed already, and the digest of what they had asked for by then.
        crowd: how many records its maker made within minutes of it.
    """
    if _asks_now(lead, found_at, before):
        return None
    if before:
        return None if before[0] == RELEASED else before[0]  # type: ignore[return-value]  # as this function named it
    if crm.connected_at and lead.created_at < crm.connected_at - SKEW:
        return "old"
    if found_at - lead.created_at > LATE:
        return "late"
    return "list" if _may_act(crm, lead) and (lead.imported or crowd > LIST) else None


def _may_act(crm: CrmConnection, lead: Lead) -> bool:
    return crm.mode_of(str(lead.values.get("source") or "")) in ("partial", "full")


def _asks_now(lead: Lead, found_at: datetime, before: tuple[str, str] | None) -> bool:
    """Whether they ask for something that they had not asked for when they were indexed, or ask within a day of our hearing."""
    raised = raised_digest(lead.values)
    if not raised:
        return False
    if before:
        return raised != before[1]
    asked_at = lead.values.get("hand_raised_at")
    return isinstance(asked_at, str) and found_at - moment_of(asked_at) <= LATE


def found_at(hydrated: Hydrated) -> datetime:
    return hydrated.due.found_at or hydrated.due.source_at


def made_by_person(scene: Scene, crm: CrmConnection, lead: Lead) -> bool:
    """Whether a person made it, where the CRM tells who. Sync and web users, on the *nobody* list, make leads all day."""
    if not lead.created_by or scene.is_nobody(crm.name, lead.created_by):
        return False
    return scene.seats[crm.name].rep_of(lead.created_by) is not None


def born(scene: Scene, crm: CrmConnection, leads: Sequence[Lead]) -> Mapping[RecordRef, tuple[str, datetime]]:
    """Records that a person made: by whom, and when."""
    return {lead.ref: (lead.created_by, lead.created_at) for lead in leads if made_by_person(scene, crm, lead)}
