"""An org's first day: its profiles with what they allow, and the lead statuses."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.sandbox.ids import salesforce_id
from adapters.sandbox.record import Actor
from adapters.sandbox.salesforce_access import GUARDED_OBJECTS
from adapters.sandbox.salesforce_objects import LEAD_STATUSES, TASK_STATUSES
from adapters.sandbox.salesforce_read import CRM
from adapters.sandbox.salesforce_setup_objects import OBJECT_RIGHTS, SYSTEM_RIGHTS
from adapters.sandbox.salesforce_tree import Tree, branch
from adapters.sandbox.store import Store

ADMINISTRATOR: Final = "System Administrator"
STANDARD: Final = "Standard User"
MINIMUM: Final = "Minimum Access - API Only Integrations"

_RECORD_RIGHTS: Final = ("Create", "Read", "Edit", "Delete")

_PROFILES: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    ADMINISTRATOR: (OBJECT_RIGHTS, tuple(right for right in SYSTEM_RIGHTS if right != "ApiUserOnly")),
    STANDARD: (_RECORD_RIGHTS, ("ApiEnabled", "RunReports", "ConvertLeads", "EditTask", "EditEvent")),
    MINIMUM: ((), ("ApiEnabled", "ApiUserOnly")),
}
"""Rights on the guarded objects, and system rights."""


def conversion() -> Tree:
    """How leads are converted as long as nobody says otherwise: settings that every org has, and that cannot be deleted."""
    return branch(allowOwnerChange=True, opportunityCreationOptions="VisibleOptional")


def profiles(store: Store, actor: Actor) -> dict[str, str]:
    """Makes the profiles, each with its own permission set; their ids by name. Doing it again changes nothing."""
    found = {row.values["Name"]: row.id for row in store.all(CRM, "Profile")}
    with store.transaction():
        for name in _PROFILES.keys() - found.keys():
            found[name] = _profile(store, name, actor)
    return found


def statuses(store: Store, actor: Actor) -> None:
    """Of leads and of tasks; doing it again changes nothing."""
    with store.transaction():
        _statuses(store, "LeadStatus", "01J", LEAD_STATUSES, ("IsConverted", "Closed - Converted"), actor)
        _statuses(store, "TaskStatus", "01T", TASK_STATUSES, ("IsClosed", "Completed"), actor)


def _statuses(store: Store, table: str, prefix: str, words: Sequence[str], final: tuple[str, str], actor: Actor) -> None:
    for order, word in enumerate(words if not store.all(CRM, table) else (), start=1):
        flags = {"IsDefault": order == 1, final[0]: word == final[1]}
        _create(store, table, prefix, {"MasterLabel": word, "ApiName": word, "SortOrder": order, **flags}, actor)


def _profile(store: Store, name: str, actor: Actor) -> str:
    objects, system = _PROFILES[name]
    profile = _create(store, "Profile", "00e", {"Name": name, "UserType": "Standard"}, actor)
    values = {
        "Name": f"X{profile[:15]}",
        "Label": profile[:15],
        "Type": "Profile",
        "IsOwnedByProfile": True,
        "ProfileId": profile,
        **{f"Permissions{right}": right in system for right in SYSTEM_RIGHTS},
    }
    parent = _create(store, "PermissionSet", "0PS", values, actor)
    for object_ in GUARDED_OBJECTS if objects else ():
        held = {f"Permissions{right}": right in objects for right in OBJECT_RIGHTS}
        _create(store, "ObjectPermissions", "110", {"ParentId": parent, "SobjectType": object_, **held}, actor)
    return profile


def _create(store: Store, table: str, prefix: str, values: Mapping[str, Any], actor: Actor) -> str:
    id_ = salesforce_id(prefix, store.next_number(f"salesforce {prefix}"))
    return store.create(CRM, table, id_, values, actor).id
