"""Whom and what an org has, as far as an installation has to know: users, queues, and which fields can be granted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from xml.etree.ElementTree import Element

from adapters.errors import CallOperator
from adapters.salesforce.calls import chunks
from adapters.salesforce.client import Client, soql
from adapters.salesforce.failures import PROVIDER
from adapters.salesforce.mapping import is_id
from adapters.salesforce.package.tree import text_of

_UNSEEN: Final = frozenset({"encryptedstring", "multipicklist", "base64", "address", "location"})
"""Types that an entry condition cannot compare with their earlier value."""

_SHORT_TEXT: Final = 255


@dataclass(frozen=True, slots=True)
class DescribedField:
    name: str
    type: str
    length: int
    grantable: bool
    """Field-level security can say who sees it; a required field is seen by all."""
    compound: str
    """The address or name that it is a part of; visibility is granted for the whole."""
    required: bool
    """A save without it fails."""
    label: str


@dataclass(frozen=True, slots=True)
class Describe:
    """One object to the integration user. Names in any letter case."""

    name: str
    fields: Mapping[str, DescribedField]

    def field(self, name: str) -> DescribedField | None:
        return self.fields.get(name.lower())

    def with_hidden(self, hidden: Mapping[str, Element]) -> "Describe":
        """With custom fields that exist and that the user cannot see yet, from their metadata by name."""
        return replace(self, fields={**{name.lower(): _hidden(name, one) for name, one in hidden.items()}, **self.fields})

    def grantable(self, name: str) -> str | None:
        """What to grant so that `name` is seen: itself, the compound field around it, or nothing."""
        found = self.field(name)
        if found is None or found.grantable:
            return found.name if found else None
        whole = self.field(found.compound) if found.compound else None
        return whole.name if whole and whole.grantable else None

    def formula_name(self, name: str) -> str | None:
        """How a formula calls the field, None where it cannot."""
        found = self.field(name)
        if found is None or found.type in _UNSEEN or (found.type == "textarea" and found.length > _SHORT_TEXT):
            return None
        return found.name


def parse_describe_for_install(document: Mapping[str, Any]) -> Describe:
    entries = [entry for entry in document["fields"] if isinstance(entry, dict) and isinstance(entry.get("name"), str)]
    return Describe(str(document.get("name", "")), {entry["name"].lower(): _field(entry) for entry in entries})


def _field(entry: Mapping[str, Any]) -> DescribedField:
    needed = entry.get("nillable") is False and entry.get("defaultedOnCreate") is not True and entry.get("createable") is True
    return DescribedField(
        name=entry["name"],
        type=str(entry.get("type", "string")),
        length=int(entry.get("length") or 0),
        grantable=entry.get("permissionable") is True,
        compound=str(entry.get("compoundFieldName") or ""),
        required=needed and entry.get("type") != "boolean",
        label=str(entry.get("label") or entry["name"]),
    )


def _hidden(name: str, metadata: Element) -> DescribedField:
    long = text_of(metadata, "type") in {"LongTextArea", "Html"}
    required = text_of(metadata, "required") == "true"
    length = int(text_of(metadata, "length") or 0)
    return DescribedField(name, "textarea" if long else "string", length, not required, "", required, text_of(metadata, "label"))


@dataclass(frozen=True, slots=True)
class User:
    id: str
    user_name: str
    email: str
    active: bool


@dataclass(frozen=True, slots=True)
class Queue:
    id: str
    developer_name: str
    label: str
    objects: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    """User names of those who watch it."""


class Org:
    """Reads, and remembers nothing."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def describe(self, object_: str) -> Describe:
        return parse_describe_for_install(self._client.describe(object_))

    def user(self, who: str) -> User:
        """The integration user, by user name, by id, or as whoever the token belongs to.

        Raises:
            adapters.errors.CallOperator: there is no such active user.
        """
        who = who or self._client.whoami()
        one = "Id = {}" if is_id(who) else "Username = {}"
        rows = self._client.query(soql(f"SELECT Id, Username, Email, IsActive FROM User WHERE {one}", who))  # noqa: S608
        if not rows or rows[0].get("IsActive") is not True:
            sentence = f"The integration user {who} is not an active user of this org; connect as one that is."
            raise CallOperator(sentence, provider=PROVIDER, operation="install")
        return _user(rows[0])

    def users(self, emails: Iterable[str]) -> Mapping[str, User]:
        """Active users by lower-case e-mail; of several with one address, the first made."""
        found: dict[str, User] = {}
        for part in chunks(sorted({email.lower() for email in emails}), 100):
            query = "SELECT Id, Username, Email, IsActive FROM User WHERE Email IN {} AND IsActive = true ORDER BY Id"
            for row in self._client.query(soql(query, list(part))):
                found.setdefault(str(row["Email"]).lower(), _user(row))
        return found

    def queues(self, labels: Sequence[str]) -> Mapping[str, Queue]:
        """Queues by label, those of `labels` that exist."""
        query = "SELECT Id, Name, DeveloperName FROM Group WHERE Type = 'Queue' AND Name IN {} ORDER BY Id"
        rows = self._client.query(soql(query, list(labels))) if labels else []
        return {str(row["Name"]): Queue(row["Id"], row["DeveloperName"], row["Name"]) for row in reversed(rows)}

    def assigned(self, permission_set: str) -> Mapping[str, str]:
        """By user id, the id of the assignment of this permission set."""
        query = "SELECT Id, AssigneeId FROM PermissionSetAssignment WHERE PermissionSet.Name = {} ORDER BY Id"
        return {row["AssigneeId"]: row["Id"] for row in self._client.query(soql(query, permission_set))}

    def permission_set(self, name: str) -> str | None:
        """Its id."""
        rows = self._client.query(soql("SELECT Id FROM PermissionSet WHERE Name = {}", name))
        return rows[0]["Id"] if rows else None


def _user(row: Mapping[str, Any]) -> User:
    return User(row["Id"], str(row["Username"]), str(row.get("Email") or "").lower(), row.get("IsActive") is True)
