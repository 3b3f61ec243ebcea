"""Making components act: what is deployed becomes fields, rights, queues, rules and flows of the org."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from adapters.sandbox.ids import salesforce_id
from adapters.sandbox.record import Actor, Record
from adapters.sandbox.salesforce_catalogue import Catalogue, Item
from adapters.sandbox.salesforce_checks import field_rights, object_rights, system_rights
from adapters.sandbox.salesforce_components import CONTAINERS, Component
from adapters.sandbox.salesforce_fields import spec
from adapters.sandbox.salesforce_read import CRM
from adapters.sandbox.salesforce_schema import Schema
from adapters.sandbox.salesforce_setup_objects import OBJECT_RIGHTS, SYSTEM_RIGHTS
from adapters.sandbox.salesforce_tree import Tree, child, flag, text, texts, trees
from adapters.sandbox.store import Store
from adapters.sandbox.world import Deliveries

_MESSAGE_TARGET: Final = "salesforce_message_target"


class Builder:
    def __init__(
        self,
        store: Store,
        schema: Schema,
        catalogue: Catalogue,
        *,
        deliveries: Callable[[], Deliveries | None],
        rest_rules: Callable[[str], None],
    ) -> None:
        """
        Args:
            rest_rules: switches off the assignment rules of an object that were set up by the control API.
        """
        self._store = store
        self._rest_rules = rest_rules
        self._schema = schema
        self._catalogue = catalogue
        self._deliveries = deliveries
        self._make: Mapping[str, Callable[[str, Tree, Actor], str]] = {
            "CustomField": self._field,
            "PermissionSet": self._permission_set,
            "Queue": self._queue,
            "AssignmentRule": self._assignment_rule,
            "Flow": self._flow,
            "FlowDefinition": self._flow_definition,
            "RecordType": self._record_type,
            "ListView": self._list_view,
            "Report": self._report,
            "WorkflowOutboundMessage": self._outbound_message,
        }
        self._unmake: Mapping[str, Callable[[str, Actor], None]] = {
            "CustomField": self._drop_field,
            "PermissionSet": self._drop_permission_set,
            "Queue": self._drop_queue,
            "Flow": self._drop_flow,
            "WorkflowOutboundMessage": self._drop_outbound_message,
        }

    def put(self, component: Component, actor: Actor) -> str:
        """Makes or changes a component that has been checked; its id."""
        if component.type in CONTAINERS:
            return ""
        make = self._make.get(component.type)
        return make(component.name, component.tree, actor) if make else self._catalogue.put(*component.key, component.tree).id

    def drop(self, type_: str, name: str, actor: Actor) -> None:
        unmake = self._unmake.get(type_)
        if unmake:
            unmake(name, actor)
            return
        self._gone(type_, name, actor)

    # fields

    def _field(self, name: str, content: Tree, actor: Actor) -> str:
        del actor
        object_, _, field = name.partition(".")
        whole = self._schema.whole(object_)
        old = whole.fields.get(field.lower()) if whole else None
        self._schema.add(object_, [spec(field, content, guarded=old.guarded if old else True)])
        made = self._schema.whole(object_)
        return made.fields[field.lower()].id if made else ""

    def _drop_field(self, name: str, actor: Actor) -> None:
        object_, _, field = name.partition(".")
        for row in self._store.all(CRM, "FieldPermissions"):
            if row.values["Field"] == name:
                self._store.archive(row, actor)
        self._schema.remove(object_, field)

    # rights

    def _permission_set(self, name: str, content: Tree, actor: Actor) -> str:
        held = system_rights(content)
        values = {
            "Name": name,
            "Label": text(content, "label"),
            "Description": text(content, "description") or None,
            "Type": "Regular",
            "IsCustom": True,
            **{f"Permissions{right}": right in held for right in SYSTEM_RIGHTS},
        }
        row = self._named("PermissionSet", "Name", values, actor)
        self._replace("FieldPermissions", row.id, _field_rows(content), actor)
        self._replace("ObjectPermissions", row.id, _object_rows(content), actor)
        return row.id

    def _drop_permission_set(self, name: str, actor: Actor) -> None:
        for row in self._store.all(CRM, "PermissionSet"):
            if row.values["Name"] == name:
                self._replace("FieldPermissions", row.id, [], actor)
                self._replace("ObjectPermissions", row.id, [], actor)
                self._store.archive(row, actor)

    def _replace(self, table: str, parent: str, rows: list[dict[str, Any]], actor: Actor) -> None:
        """The rows below a permission set, made what they are to be; those that stay keep their ids."""
        key = "Field" if table == "FieldPermissions" else "SobjectType"
        old = {row.values[key]: row for row in self._store.all(CRM, table) if row.values["ParentId"] == parent}
        new = {row[key]: {**row, "ParentId": parent} for row in rows}
        for name, values in new.items():
            if name in old:
                self._store.update(old[name], values, actor, touch=False)
            else:
                self._store.create(CRM, table, self._new_id(table), values, actor)
        for name in old.keys() - new.keys():
            self._store.archive(old[name], actor)

    # queues and rules

    def _queue(self, name: str, content: Tree, actor: Actor) -> str:
        values = {"Name": text(content, "name"), "DeveloperName": name, "Type": "Queue", "Email": text(content, "email") or None}
        group = self._named("Group", "DeveloperName", values, actor)
        self._below("QueueSobject", "QueueId", group.id, "SobjectType", _queue_objects(content), actor)
        usernames = texts(child(child(content, "queueMembers"), "users"), "user")
        users = [row.id for name in usernames for row in self._store.lookup(CRM, "User", "Username", name)]
        self._below("GroupMember", "GroupId", group.id, "UserOrGroupId", users, actor)
        return group.id

    def _below(self, table: str, parent_field: str, parent: str, field: str, wanted: list[str], actor: Actor) -> None:
        old = {row.values[field]: row for row in self._store.all(CRM, table) if row.values[parent_field] == parent}
        for value in wanted:
            if value not in old:
                self._store.create(CRM, table, self._new_id(table), {parent_field: parent, field: value}, actor)
        for value in old.keys() - set(wanted):
            self._store.archive(old[value], actor)

    def _drop_queue(self, name: str, actor: Actor) -> None:
        for group in self._store.all(CRM, "Group"):
            if group.values.get("DeveloperName") == name:
                self._below("QueueSobject", "QueueId", group.id, "SobjectType", [], actor)
                self._below("GroupMember", "GroupId", group.id, "UserOrGroupId", [], actor)
                self._store.archive(group, actor)

    def _assignment_rule(self, name: str, content: Tree, actor: Actor) -> str:
        """Only one rule of an object can be active: the one deployed as active takes over."""
        object_, _, own = name.partition(".")
        active = flag(content, "active")
        if active:
            self._rest_rules(object_)
            self.rest(object_, actor, name)
        row = self._named("AssignmentRule", "Name", {"Name": own, "Active": active, "SobjectType": object_}, actor)
        return self._catalogue.put("AssignmentRule", name, content, id_=row.id).id

    def rest(self, object_: str, actor: Actor, name: str = "") -> None:
        """Switches off every active assignment rule of an object but the named one."""
        for other in self._catalogue.deployed("AssignmentRule"):
            if other.name != name and flag(other.tree, "active"):
                self._catalogue.put("AssignmentRule", other.name, {**other.tree, "active": ["false"]})
        for row in self._store.all(CRM, "AssignmentRule"):
            if row.values.get("SobjectType") == object_ and row.values.get("Active"):
                self._store.update(row, {"Active": False}, actor)

    # flows and messages

    def _flow(self, name: str, content: Tree, actor: Actor) -> str:
        """What differs is a new version; it becomes the active one if it says so, else an active one stays as it is."""
        old = self._catalogue.get("Flow", name)
        extra: dict[str, Any] = dict(old.extra) if old else {"version": 0, "ids": {}}
        if old is None or old.tree != content:
            extra["version"] += 1
            number = self._store.next_number("salesforce 301")
            extra["ids"] = {**extra["ids"], str(extra["version"]): salesforce_id("301", number)}
        if text(content, "status") == "Active":
            extra |= {"active": content, "active_version": extra["version"]}
        item = self._catalogue.put("Flow", name, content, extra=extra)
        self._show_flow(name, actor)
        return version_id(item, extra["version"])

    def _flow_definition(self, name: str, content: Tree, actor: Actor) -> str:
        flow = self._catalogue.get("Flow", name)
        if flow is None:
            return ""
        number = int(text(content, "activeVersionNumber") or 0)
        extra = {**flow.extra, "active": flow.tree if number else None, "active_version": number or None}
        self._catalogue.put("Flow", name, flow.tree, extra=extra)
        self._show_flow(name, actor)
        return flow.id

    def _drop_flow(self, name: str, actor: Actor) -> None:
        bare = name.partition("-")[0]
        for row in self._store.all(CRM, "FlowDefinitionView"):
            if row.values["ApiName"] == bare:
                self._store.archive(row, actor)
        self._catalogue.drop("Flow", bare)

    def _show_flow(self, name: str, actor: Actor) -> None:
        flow = self._catalogue.get("Flow", name)
        if flow is None:
            return
        start, active = child(flow.tree, "start"), flow.extra.get("active_version")
        values = {
            "ApiName": name,
            "DurableId": flow.id,
            "Label": text(flow.tree, "label"),
            "Description": text(flow.tree, "description") or None,
            "ProcessType": text(flow.tree, "processType"),
            "TriggerType": text(start, "triggerType") or None,
            "RecordTriggerType": text(start, "recordTriggerType") or None,
            "TriggerObjectOrEventId": text(start, "object") or None,
            "TriggerObjectOrEventLabel": text(start, "object") or None,
            "ActiveVersionId": version_id(flow, active) if active else None,
            "LatestVersionId": version_id(flow, flow.extra["version"]),
            "VersionNumber": flow.extra["version"],
            "IsActive": bool(active),
            "ManageableState": "unmanaged",
        }
        self._named("FlowDefinitionView", "ApiName", values, actor)

    def _outbound_message(self, name: str, content: Tree, actor: Actor) -> str:
        del actor
        item = self._catalogue.put("WorkflowOutboundMessage", name, content)
        deliveries = self._deliveries()
        if deliveries is not None and self._store.document(_MESSAGE_TARGET, name) is None:
            wanted = {"url": text(content, "endpointUrl"), "object": name.partition(".")[0], "message": name, "action": item.id}
            self._store.put(_MESSAGE_TARGET, name, deliveries.add({"crm": CRM, **wanted})["id"])
        return item.id

    def _drop_outbound_message(self, name: str, actor: Actor) -> None:
        target, deliveries = self._store.document(_MESSAGE_TARGET, name), self._deliveries()
        if target and deliveries is not None:
            deliveries.remove(target)
            self._store.drop(_MESSAGE_TARGET, name)
        self._gone("WorkflowOutboundMessage", name, actor)

    # what is shown as records, too

    def _record_type(self, name: str, content: Tree, actor: Actor) -> str:
        object_, _, own = name.partition(".")
        values = {
            "Name": text(content, "label"),
            "DeveloperName": own,
            "SobjectType": object_,
            "IsActive": flag(content, "active"),
            "Description": text(content, "description") or None,
        }
        row = self._named("RecordType", "DeveloperName", values, actor)
        return self._catalogue.put("RecordType", name, content, id_=row.id).id

    def _list_view(self, name: str, content: Tree, actor: Actor) -> str:
        object_, _, own = name.partition(".")
        values = {"Name": text(content, "label"), "DeveloperName": own, "SobjectType": object_, "IsSoqlCompatible": True}
        row = self._named("ListView", "DeveloperName", values, actor)
        return self._catalogue.put("ListView", name, content, id_=row.id).id

    def _report(self, name: str, content: Tree, actor: Actor) -> str:
        folder, _, own = name.rpartition("/")
        values = {
            "Name": text(content, "name"),
            "DeveloperName": own,
            "FolderName": folder,
            "Format": text(content, "format") or None,
        }
        row = self._named("Report", "DeveloperName", values, actor)
        return self._catalogue.put("Report", name, content, id_=row.id).id

    def _gone(self, type_: str, name: str, actor: Actor) -> None:
        """Out of the catalogue, with the record that showed it."""
        item = self._catalogue.get(type_, name)
        row = self._store.exactly(CRM, type_, item.id) if item else None
        if row is not None and not row.archived:
            self._store.archive(row, actor)
        self._catalogue.drop(type_, name)

    def _named(self, table: str, field: str, values: Mapping[str, Any], actor: Actor) -> Record:
        """The record with this name: made, or brought up to date."""
        for row in self._store.all(CRM, table):
            if row.values.get(field) == values[field] and row.values.get("SobjectType") == values.get("SobjectType"):
                return self._store.update(row, values, actor, touch=False)
        return self._store.create(CRM, table, self._new_id(table), values, actor)

    def _new_id(self, table: str) -> str:
        whole = self._schema.whole(table)
        prefix = whole.prefix if whole else "000"
        return salesforce_id(prefix, self._store.next_number(f"salesforce {prefix}"))


def version_id(flow: Item, number: int) -> str:
    """A flow's version has an id of its own."""
    return str(flow.extra["ids"][str(number)])


def _field_rows(content: Tree) -> list[dict[str, Any]]:
    return [
        {"SobjectType": name.partition(".")[0], "Field": name, "PermissionsRead": seen, "PermissionsEdit": edited}
        for name, (seen, edited) in field_rights(content).items()
        if seen or edited
    ]


def _object_rows(content: Tree) -> list[dict[str, Any]]:
    return [
        {"SobjectType": name, **{f"Permissions{right}": right in rights for right in OBJECT_RIGHTS}}
        for name, rights in object_rights(content).items()
    ]


def _queue_objects(content: Tree) -> list[str]:
    return [text(entry, "sobjectType") for entry in trees(content, "queueSobject")]
