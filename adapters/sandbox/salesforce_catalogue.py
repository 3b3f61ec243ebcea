"""Everything an administrator built in the org, by type and full name: what retrieve, the Tooling API and a deployment look at.

Fields live in the schema and rights and queues in records, where they act; here they are only shown as metadata. The rest is
kept here as it was deployed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from adapters.sandbox.ids import salesforce_id
from adapters.sandbox.record import Record
from adapters.sandbox.salesforce_fields import OBJECTS, definition
from adapters.sandbox.salesforce_read import CRM
from adapters.sandbox.salesforce_schema import Schema
from adapters.sandbox.salesforce_settings import RuleEntry, Settings
from adapters.sandbox.salesforce_setup_objects import OBJECT_RIGHTS, SYSTEM_RIGHTS
from adapters.sandbox.salesforce_tree import Tree, branch
from adapters.sandbox.store import Store

_KIND: Final = "salesforce_metadata"

_PREFIXES: Final[Mapping[str, str]] = {
    "ValidationRule": "03d",
    "RecordType": "012",
    "ListView": "00B",
    "Report": "00O",
    "Flow": "300",
    "WorkflowRule": "01Q",
    "AssignmentRule": "01Q",
    "WorkflowOutboundMessage": "04k",
    "WorkflowFieldUpdate": "04Y",
    "WorkflowTask": "01q",
    "WorkflowAlert": "01W",
    "NamedCredential": "0XA",
    "ExternalCredential": "0pj",
    "RemoteSiteSetting": "0rp",
    "Layout": "00h",
    "FlexiPage": "0M0",
    "LightningComponentBundle": "0Rb",
    "BusinessProcess": "019",
    "LeadConvertSettings": "0lc",
    "FlowDefinition": "300",
}


@dataclass(frozen=True, slots=True)
class Item:
    type: str
    name: str
    id: str
    tree: Tree
    created_at: int
    modified_at: int
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Of a flow: `version`, and of its active version `active` (the tree) and `active_version`."""


class Catalogue:
    def __init__(self, store: Store, schema: Schema, settings: Callable[[], Settings]) -> None:
        self._store = store
        self._settings = settings
        self._schema = schema
        self._listeners: list[Callable[[], None]] = []
        self._shown: Mapping[str, Callable[[], Iterator[Item]]] = {
            "CustomField": self._custom_fields,
            "PermissionSet": self._permission_sets,
            "Queue": self._queues,
            "AssignmentRule": self._assignment_rules,
            "DuplicateRule": self._duplicate_rules,
        }

    def on_change(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    def of_type(self, type_: str) -> dict[str, Item]:
        """By full name."""
        return {item.name: item for item in (self._shown[type_]() if type_ in self._shown else self.deployed(type_))}

    def get(self, type_: str, name: str) -> Item | None:
        if type_ == "CustomField":  # an org has hundreds
            object_, _, field_ = name.partition(".")
            return next((item for item in self._custom_fields((object_,), field_) if item.name == name), None)
        if type_ in self._shown:
            return self.of_type(type_).get(name)
        key = f"{type_}:{name}"
        row = self._store.document(_KIND, key)
        return _item(key, row) if row else None

    def deployed(self, type_: str) -> Iterator[Item]:
        """Those that are kept here, not merely shown."""
        for key, row in self._store.documents(_KIND).items():
            if key.startswith(f"{type_}:"):
                yield _item(key, row)

    def every(self) -> Iterator[Item]:
        for shown in self._shown.values():
            yield from shown()
        for key, row in self._store.documents(_KIND).items():
            if key.partition(":")[0] not in self._shown:
                yield _item(key, row)

    def put(self, type_: str, name: str, content: Tree, *, id_: str = "", extra: Mapping[str, Any] | None = None) -> Item:
        """Keeps a component of a type that does not live elsewhere. Without `id_` an old one stays or a new one is made."""
        old, now = self.get(type_, name), self._store.clock()
        prefix = _PREFIXES[type_]
        id_ = id_ or (old.id if old else salesforce_id(prefix, self._store.next_number(f"salesforce {prefix}")))
        row = {
            "id": id_,
            "tree": content,
            "created_at": old.created_at if old else now,
            "modified_at": now,
            "extra": dict(extra if extra is not None else old.extra if old else {}),
        }
        self._store.put(_KIND, f"{type_}:{name}", row)
        self._changed()
        return _item(f"{type_}:{name}", row)

    def drop(self, type_: str, name: str) -> None:
        self._store.drop(_KIND, f"{type_}:{name}")
        self._changed()

    def _changed(self) -> None:
        for listener in self._listeners:
            listener()

    # what lives elsewhere

    def _custom_fields(self, objects: Iterable[str] = OBJECTS, only: str = "") -> Iterator[Item]:
        for object_ in objects:
            spec = self._schema.whole(object_)
            for found in spec.fields.values() if spec else ():
                if found.custom and only in {"", found.name}:
                    name = f"{object_}.{found.name}"
                    yield Item("CustomField", name, found.id, definition(found), found.created_at, found.modified_at)

    def _permission_sets(self) -> Iterator[Item]:
        fields, objects = self._by_parent("FieldPermissions"), self._by_parent("ObjectPermissions")
        for row in self._store.all(CRM, "PermissionSet"):
            if not row.values.get("IsOwnedByProfile"):
                content = _permission_set(row, fields.get(row.id, []), objects.get(row.id, []))
                yield Item("PermissionSet", row.values["Name"], row.id, content, row.created_at, row.modified_at)

    def _by_parent(self, table: str) -> dict[str, list[Record]]:
        found: dict[str, list[Record]] = {}
        for row in self._store.all(CRM, table):
            found.setdefault(row.values["ParentId"], []).append(row)
        return found

    def _queues(self) -> Iterator[Item]:
        objects: dict[str, list[str]] = {}
        for row in self._store.all(CRM, "QueueSobject"):
            objects.setdefault(row.values["QueueId"], []).append(row.values["SobjectType"])
        members = self._members()
        for row in self._store.all(CRM, "Group"):
            if row.values.get("Type") == "Queue":
                content = queue_tree(
                    row.values["Name"], row.values.get("Email", ""), objects.get(row.id, []), members.get(row.id, [])
                )
                yield Item("Queue", row.values["DeveloperName"], row.id, content, row.created_at, row.modified_at)

    def _assignment_rules(self) -> Iterator[Item]:
        """Deployed ones, and those of the control API."""
        deployed = list(self.deployed("AssignmentRule"))
        yield from deployed
        names = {item.name for item in deployed}
        rows = {row.values["Name"]: row for row in self._store.all(CRM, "AssignmentRule")}
        for rule in self._settings().assignment_rules:
            name, row = f"{rule.object}.{rule.name}", rows.get(rule.name)
            if name not in names and row is not None:
                content = branch(active=rule.active, ruleEntry=[self._rule_entry(rule.object, entry) for entry in rule.entries])
                yield Item("AssignmentRule", name, row.id, content, row.created_at, row.modified_at)

    def _rule_entry(self, object_: str, entry: RuleEntry) -> Tree:
        queue = entry.owner.startswith("00G")
        owner = self._store.exactly(CRM, "Group" if queue else "User", entry.owner)
        return branch(
            assignedTo=owner.values["DeveloperName" if queue else "Username"] if owner else entry.owner,
            assignedToType="Queue" if queue else "User",
            criteriaItems=branch(field=f"{object_}.{entry.field}", operation=entry.op, value=entry.value),
        )

    def _duplicate_rules(self) -> Iterator[Item]:
        rows = {row.values["DeveloperName"]: row for row in self._store.all(CRM, "DuplicateRule")}
        for rule in self._settings().duplicate_rules:
            row, action = rows.get(rule.name), "Block" if rule.block else "Allow"
            content = branch(
                actionOnInsert=action,
                actionOnUpdate=action,
                alertText=None if rule.block else "Use one of these records?",
                isActive=True,
                masterLabel=rule.name.replace("_", " "),
                sortOrder=1,
            )
            if row is not None:
                yield Item("DuplicateRule", f"{rule.object}.{rule.name}", row.id, content, row.created_at, row.modified_at)

    def _members(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for row in self._store.all(CRM, "GroupMember"):
            user = self._store.exactly(CRM, "User", row.values["UserOrGroupId"])
            if user:
                found.setdefault(row.values["GroupId"], []).append(user.values["Username"])
        return found


def queue_tree(name: str, email: str, objects: list[str], users: list[str]) -> Tree:
    return branch(
        name=name,
        email=email or None,
        doesSendEmailToMembers=False,
        queueSobject=[branch(sobjectType=object_) for object_ in sorted(objects)],
        queueMembers=branch(users=branch(user=sorted(users))) if users else None,
    )


def permission_set_tree(
    label: str,
    description: str,
    fields: Mapping[str, tuple[bool, bool]],
    objects: Mapping[str, frozenset[str]],
    system: frozenset[str],
) -> Tree:
    """
    Args:
        fields: `Lead.Fit__c` to (readable, editable).
        objects: object to rights of `OBJECT_RIGHTS`.
        system: rights of `SYSTEM_RIGHTS`.
    """
    return branch(
        label=label,
        description=description or None,
        hasActivationRequired=False,
        fieldPermissions=[branch(field=name, readable=seen, editable=edited) for name, (seen, edited) in sorted(fields.items())],
        objectPermissions=[_object_permission(name, rights) for name, rights in sorted(objects.items())],
        userPermissions=[branch(enabled=True, name=name) for name in sorted(system)],
    )


def right_word(right: str) -> str:
    """`Create` in the metadata's words: `allowCreate`, `viewAllRecords`."""
    return right[0].lower() + right[1:] if right.endswith("Records") else f"allow{right}"


def _object_permission(name: str, rights: frozenset[str]) -> Tree:
    return branch(object=name, **{right_word(right): right in rights for right in OBJECT_RIGHTS})


def _permission_set(row: Record, fields: list[Record], objects: list[Record]) -> Tree:
    seen = {
        found.values["Field"]: (bool(found.values.get("PermissionsRead")), bool(found.values.get("PermissionsEdit")))
        for found in fields
    }
    rights = {
        found.values["SobjectType"]: frozenset(right for right in OBJECT_RIGHTS if found.values.get(f"Permissions{right}"))
        for found in objects
    }
    system = frozenset(right for right in SYSTEM_RIGHTS if row.values.get(f"Permissions{right}"))
    return permission_set_tree(row.values["Label"], row.values.get("Description", ""), seen, rights, system)


def _item(key: str, row: Mapping[str, Any]) -> Item:
    type_, _, name = key.partition(":")
    return Item(type_, name, row["id"], row["tree"], row["created_at"], row["modified_at"], row["extra"])
