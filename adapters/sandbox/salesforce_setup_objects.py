"""What an administrator sets up, as far as the platform shows it as records: rights, queues, rules, reports, flows."""

from typing import Final

from adapters.sandbox.salesforce_objects import flag, moment, reference, sobject, text
from adapters.sandbox.salesforce_schema import FieldSpec

OBJECT_RIGHTS: Final = ("Create", "Read", "Edit", "Delete", "ViewAllRecords", "ModifyAllRecords")

SYSTEM_RIGHTS: Final = (
    "ApiEnabled", "ModifyAllData", "ViewAllData", "ViewSetup", "CustomizeApplication", "ModifyMetadata", "ManageUsers",
    "AssignPermissionSets", "TransferAnyLead", "TransferAnyEntity", "ConvertLeads", "RunReports", "ViewAllUsers", "EditTask",
    "EditEvent", "ActivitiesAccess", "ApiUserOnly", "PasswordNeverExpires", "BulkApiHardDelete",
)  # fmt: skip
"""Of `PermissionSet.Permissions…`: those that a connector needs, and those that would be too many."""

PERMISSION_SET: Final = sobject(
    "PermissionSet",
    "0PS",
    text("Name", 80, required=True),
    text("Label", 80, required=True),
    text("Description", 255),
    text("Type", 40, writable=False),
    text("NamespacePrefix", 15, writable=False),
    flag("IsOwnedByProfile", writable=False),
    flag("IsCustom", writable=False),
    reference("ProfileId", "Profile", writable=False),
    *(flag(f"Permissions{right}") for right in SYSTEM_RIGHTS),
)

PERMISSION_SET_ASSIGNMENT: Final = sobject(
    "PermissionSetAssignment",
    "0Pa",
    reference("PermissionSetId", "PermissionSet", required=True),
    reference("AssigneeId", "User", required=True),
    flag("IsActive", writable=False),
)

FIELD_PERMISSIONS: Final = sobject(
    "FieldPermissions",
    "01k",
    FieldSpec("ParentId", "reference", length=18, refers_to=("PermissionSet",), relationship="Parent", required=True),
    text("SobjectType", 40, required=True),
    text("Field", 255, required=True),
    flag("PermissionsEdit"),
    flag("PermissionsRead"),
)

OBJECT_PERMISSIONS: Final = sobject(
    "ObjectPermissions",
    "110",
    FieldSpec("ParentId", "reference", length=18, refers_to=("PermissionSet",), relationship="Parent", required=True),
    text("SobjectType", 40, required=True),
    *(flag(f"Permissions{right}") for right in OBJECT_RIGHTS),
)

PROFILE: Final = sobject("Profile", "00e", text("Name", 80), text("UserType", 40), text("Description", 255), writable=False)

USER_ROLE: Final = sobject(
    "UserRole",
    "00E",
    text("Name", 80),
    text("DeveloperName", 80),
    reference("ParentRoleId", "UserRole"),
    writable=False,
)

GROUP_MEMBER: Final = sobject(
    "GroupMember", "011", reference("GroupId", "Group", required=True), reference("UserOrGroupId", "User", "Group", required=True)
)

QUEUE_SOBJECT: Final = sobject(
    "QueueSobject",
    "03g",
    FieldSpec("QueueId", "reference", length=18, refers_to=("Group",), relationship="Queue", required=True),
    text("SobjectType", 40, required=True),
)

RECORD_TYPE: Final = sobject(
    "RecordType",
    "012",
    text("Name", 80),
    text("DeveloperName", 80),
    text("Description", 255),
    text("SobjectType", 40),
    flag("IsActive"),
    text("NamespacePrefix", 15),
    writable=False,
)

REPORT: Final = sobject(
    "Report",
    "00O",
    text("Name", 40),
    text("DeveloperName", 80),
    text("FolderName", 256),
    text("Format", 40),
    text("Description", 255),
    moment("LastRunDate"),
    writable=False,
)

LIST_VIEW: Final = sobject(
    "ListView",
    "00B",
    text("Name", 40),
    text("DeveloperName", 80),
    text("SobjectType", 40),
    flag("IsSoqlCompatible"),
    writable=False,
)

DUPLICATE_RULE: Final = sobject(
    "DuplicateRule",
    "0Bm",
    text("MasterLabel", 80),
    text("DeveloperName", 80),
    text("SobjectType", 40),
    flag("IsActive"),
    writable=False,
)

FLOW_DEFINITION_VIEW: Final = sobject(
    "FlowDefinitionView",
    "3dd",
    text("DurableId", 255),
    text("ApiName", 255),
    text("Label", 255),
    text("Description", 255),
    text("ProcessType", 40),
    text("TriggerType", 40),
    text("RecordTriggerType", 40),
    text("TriggerObjectOrEventId", 255),
    text("TriggerObjectOrEventLabel", 255),
    text("ActiveVersionId", 18),
    text("LatestVersionId", 18),
    FieldSpec("VersionNumber", "int", precision=8),
    flag("IsActive"),
    flag("IsTemplate"),
    text("ManageableState", 40),
    text("NamespacePrefix", 15),
    writable=False,
)

LEAD_STATUS: Final = sobject(
    "LeadStatus",
    "01J",
    text("MasterLabel", 255),
    text("ApiName", 255),
    FieldSpec("SortOrder", "int", precision=8),
    flag("IsDefault"),
    flag("IsConverted"),
    writable=False,
)

TASK_STATUS: Final = sobject(
    "TaskStatus",
    "01T",
    text("MasterLabel", 255),
    text("ApiName", 255),
    FieldSpec("SortOrder", "int", precision=8),
    flag("IsDefault"),
    flag("IsClosed"),
    writable=False,
)

LEAD_HISTORY: Final = sobject(
    "LeadHistory",
    "017",
    reference("LeadId", "Lead"),
    text("Field", 255),
    text("DataType", 40),
    text("OldValue", 255),
    text("NewValue", 255),
    writable=False,
)

SETUP: Final = (
    PERMISSION_SET, PERMISSION_SET_ASSIGNMENT, FIELD_PERMISSIONS, OBJECT_PERMISSIONS, PROFILE, USER_ROLE, GROUP_MEMBER,
    QUEUE_SOBJECT, RECORD_TYPE, REPORT, LIST_VIEW, DUPLICATE_RULE, FLOW_DEFINITION_VIEW, LEAD_STATUS,
    TASK_STATUS, LEAD_HISTORY,
)  # fmt: skip
