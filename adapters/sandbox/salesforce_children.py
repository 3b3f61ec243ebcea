"""Relationships from a record to those that refer to it, under the names that the platform gave them."""

from collections.abc import Callable, Iterator
from typing import Final

from adapters.sandbox.salesforce_schema import FieldSpec, ObjectSpec

_NAMES: Final = {
    ("Contact", "AccountId"): "Contacts",
    ("Opportunity", "AccountId"): "Opportunities",
    ("OpportunityContactRole", "ContactId"): "OpportunityContactRoles",
    ("OpportunityContactRole", "OpportunityId"): "OpportunityContactRoles",
    ("Task", "WhoId"): "Tasks",
    ("Task", "WhatId"): "Tasks",
    ("Event", "WhoId"): "Events",
    ("Event", "WhatId"): "Events",
    ("LeadHistory", "LeadId"): "Histories",
    ("GroupMember", "GroupId"): "GroupMembers",
    ("QueueSobject", "QueueId"): "QueueSobjects",
    ("User", "ProfileId"): "Users",
    ("User", "UserRoleId"): "Users",
    ("PermissionSetAssignment", "PermissionSetId"): "Assignments",
    ("FieldPermissions", "ParentId"): "FieldPerms",
    ("ObjectPermissions", "ParentId"): "ObjectPerms",
}
"""By child object and reference field."""


def children(parent: ObjectSpec, find: Callable[[str], ObjectSpec | None]) -> Iterator[tuple[str, ObjectSpec, FieldSpec]]:
    """Name of the relationship, child object and its reference field, of all that the one who looks may see."""
    for (child, reference), name in _NAMES.items():
        spec = find(child)
        field = spec.fields.get(reference.lower()) if spec else None
        if spec and field and parent.name in field.refers_to:
            yield name, spec, field
