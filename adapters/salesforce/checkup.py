"""What our user may do in an org, and how the org stands. Fulfils `adapters.checkup.Checkup`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from adapters.base import Budget, Endpoint, Tokens
from adapters.checkup import Right, Rule, Served
from adapters.errors import CallOperator
from adapters.salesforce.client import Client, Record, soql

_SET: Final = "Setup ► Permission Sets ► Leadline integration ► Manage Assignments: assign it to the integration user"
_LESS: Final = "Setup ► Users ► the integration user ► Profile: one without it, such as Minimum Access - API Only Integrations"

_LEADS: Final[Mapping[str, str]] = {
    "ApiEnabled": "make calls at all",
    "EditTask": "make tasks for owners",
    "TransferAnyLead": "move a lead from one owner to another",
}
_SETUP: Final[Mapping[str, str]] = {
    "CustomizeApplication": "make fields and the flow",
    "ModifyMetadata": "deploy the package",
    "AssignPermissionSets": "give the permission sets",
}
"""Of the user who installs; who only works needs none of them."""
_TOO_MANY: Final[Mapping[str, str]] = {
    "ModifyAllData": "change and delete every record of the org",
    "ManageUsers": "make users and give them rights",
    "BulkApiHardDelete": "delete past the recycle bin",
}
_OBJECTS: Final = ("Lead", "Contact", "Account")

_USER: Final = "SELECT ProfileId FROM User WHERE Id = {}"
_HELD: Final = "SELECT PermissionSetId FROM PermissionSetAssignment WHERE AssigneeId = {}"
_WATCHED: Final = "SELECT Id, Name FROM Group WHERE Type = 'Queue'"
_RULES: Final = "SELECT Id, Name, Active FROM AssignmentRule WHERE SobjectType = 'Lead'"
_MEMBERS: Final = "SELECT GroupId, UserOrGroupId FROM GroupMember"


class SalesforceCheckup:
    def __init__(self, endpoint: Endpoint, tokens: Tokens, budget: Budget) -> None:
        self._endpoint = endpoint
        self._client = Client(endpoint, tokens, budget)

    def served(self) -> Served:
        versions = self._client.versions()
        return Served(self._endpoint.api, self._endpoint.api in versions, versions[-1] if versions else "")

    def skew(self) -> float | None:
        return self._client.skew

    def rights(self) -> Sequence[Right]:
        """A handful of calls."""
        return [*self._system_rights(), *self._object_rights()]

    def watchers(self) -> Mapping[str, int]:
        """Only people who watch a queue themselves count; a role or group inside of it is taken for one person."""
        active = {row["Id"] for row in self._client.query("SELECT Id FROM User WHERE IsActive = true")}
        queues = {row["Id"]: str(row["Name"]) for row in self._client.query(_WATCHED)}
        found = dict.fromkeys(queues.values(), 0)
        for row in self._client.query(_MEMBERS):
            member = str(row["UserOrGroupId"])
            if row["GroupId"] in queues and (member in active or not member.startswith("005")):
                found[queues[row["GroupId"]]] += 1
        return found

    def rules(self) -> Sequence[Rule]:
        return [Rule(str(row["Id"]), str(row["Name"]), row["Active"] is True) for row in self._client.query(_RULES)]

    def close(self) -> None:
        self._client.close()

    def _system_rights(self) -> Iterator[Right]:
        """Of all permission sets that the user holds, and of the one behind the profile."""
        there = {field["name"] for field in self._client.describe("PermissionSet")["fields"]}
        names = [name for name in (*_LEADS, *_SETUP, *_TOO_MANY) if f"Permissions{name}" in there]
        held = {name for row in self._sets(names) for name in names if row.get(f"Permissions{name}") is True}
        everything = "ModifyAllData" in held
        for name in names:
            if name in _TOO_MANY:
                yield Right(name, name in held, "none", _TOO_MANY[name], _LESS)
            elif name in _SETUP:
                yield Right(name, name in held, "setup", _SETUP[name], "Only needed by the user who runs the installation.")
            else:
                yield Right(name, name in held or (everything and name != "ApiEnabled"), "leads", _LEADS[name], _SET)

    def _sets(self, names: Sequence[str]) -> Sequence[Record]:
        me = self._client.whoami()
        profile = [row["ProfileId"] for row in self._client.query(soql(_USER, me))]
        ids = [row["PermissionSetId"] for row in self._client.query(soql(_HELD, me))]
        columns = ", ".join(f"Permissions{name}" for name in names)
        query = f"SELECT Id, {columns} FROM PermissionSet WHERE "  # noqa: S608 - names of our own
        found = self._client.query(query + soql("ProfileId IN {}", profile)) if profile else []
        return [*found, *(self._client.query(query + soql("Id IN {}", ids)) if ids else ())]

    def _object_rights(self) -> Iterator[Right]:
        mapped = self._endpoint.mapping.object
        for name in _OBJECTS:
            try:
                found = self._client.describe(name)
            except CallOperator:  # to whoever may not read it, an object is not there
                yield Right(f"{name} read", False, "leads" if name == mapped else "setup", f"read {name.lower()}s", _SET)
                continue
            if name == mapped:
                yield Right(f"{name} edit", found.get("updateable") is True, "leads", "write scores and owners", _SET)
            yield Right(f"{name} delete", found.get("deletable") is True, "none", f"delete {name.lower()}s", _LESS)
