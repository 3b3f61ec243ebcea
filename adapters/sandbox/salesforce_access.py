"""Who may do what: rights of the profile and of the permission sets, worked out once for each user until something changes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from adapters.sandbox.record import Record, Write
from adapters.sandbox.salesforce_errors import SalesforceError
from adapters.sandbox.salesforce_read import CRM
from adapters.sandbox.salesforce_schema import Grants
from adapters.sandbox.store import Store

GUARDED_OBJECTS: Final = ("Lead", "Contact", "Account", "Opportunity")
"""Objects for which a right is needed; the others are open to every user."""

_RIGHTS: Final = {
    "PermissionsCreate": "create",
    "PermissionsRead": "read",
    "PermissionsEdit": "edit",
    "PermissionsDelete": "delete",
}

_TABLES: Final = frozenset(
    {"PermissionSet", "PermissionSetAssignment", "FieldPermissions", "ObjectPermissions", "User", "Profile"}
)


class Access:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._grants: dict[str, Grants] = {}
        store.listen(self._written)

    def grants(self, user: str) -> Grants:
        found = self._grants.get(user)
        if found is None:
            found = self._grants[user] = self._worked_out(user)
        return found

    def may(self, user: str, *rights: str) -> bool:
        """Whether the user has one of these rights of `SYSTEM_RIGHTS`."""
        return any(row.values.get(f"Permissions{right}") for row in self._sets(user) for right in rights)

    def require(self, user: str, *rights: str) -> None:
        """
        Raises:
            SalesforceError: 403, none of these rights.
        """
        if not self.may(user, *rights):
            message = f"You do not have permission to perform this operation. It requires: {' or '.join(rights)}."
            raise SalesforceError(403, "INSUFFICIENT_ACCESS", message)

    def _worked_out(self, user: str) -> Grants:
        sets = {row.id for row in self._sets(user)}
        everything = self.may(user, "ModifyAllData")
        whole = frozenset(_RIGHTS.values())
        objects = {name.lower(): whole if everything else frozenset[str]() for name in GUARDED_OBJECTS}
        for row in self._below("ObjectPermissions", sets):
            held = frozenset(right for field, right in _RIGHTS.items() if row.values.get(field))
            objects[row.values["SobjectType"].lower()] = objects.get(row.values["SobjectType"].lower(), frozenset()) | held
        return Grants(objects, self._fields(sets))

    def _fields(self, sets: set[str]) -> Mapping[str, bool]:
        found: dict[str, bool] = {}
        for row in self._below("FieldPermissions", sets):
            if row.values.get("PermissionsRead"):
                name = row.values["Field"].lower()
                found[name] = found.get(name, False) or bool(row.values.get("PermissionsEdit"))
        return found

    def _sets(self, user: str) -> list[Record]:
        """Permission sets assigned to the user, and the one behind the profile."""
        record = self._store.exactly(CRM, "User", user)
        profile = record.values.get("ProfileId") if record else None
        assigned = {
            row.values["PermissionSetId"]
            for row in self._store.all(CRM, "PermissionSetAssignment")
            if row.values["AssigneeId"] == user
        }
        rows = self._store.all(CRM, "PermissionSet")
        return [row for row in rows if row.id in assigned or (profile and row.values.get("ProfileId") == profile)]

    def _below(self, table: str, sets: Iterable[str]) -> list[Record]:
        return [row for row in self._store.all(CRM, table) if row.values["ParentId"] in sets]

    def _written(self, writes: Sequence[Write]) -> None:
        if any(write.record.object in _TABLES for write in writes):
            self._grants = {}
