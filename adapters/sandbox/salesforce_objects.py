"""The standard objects of an org, as far as a connector for leads meets them."""

from typing import Final

from adapters.sandbox.salesforce_schema import FieldSpec, ObjectSpec

_INDUSTRIES: Final = (
    "Agriculture", "Apparel", "Banking", "Biotechnology", "Chemicals", "Communications", "Construction", "Consulting",
    "Education", "Electronics", "Energy", "Engineering", "Entertainment", "Environmental", "Finance", "Food & Beverage",
    "Government", "Healthcare", "Hospitality", "Insurance", "Machinery", "Manufacturing", "Media", "Not For Profit",
    "Recreation", "Retail", "Shipping", "Technology", "Telecommunications", "Transportation", "Utilities", "Other",
)  # fmt: skip
_SOURCES: Final = ("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other")
LEAD_STATUSES: Final = ("Open - Not Contacted", "Working - Contacted", "Closed - Converted", "Closed - Not Converted")
TASK_STATUSES: Final = ("Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred")
_STAGES: Final = ("Prospecting", "Qualification", "Proposal/Price Quote", "Negotiation/Review", "Closed Won", "Closed Lost")


def text(name: str, length: int, *, required: bool = False, writable: bool = True) -> FieldSpec:
    return FieldSpec(name, "string", length=length, required=required, writable=writable)


def area(name: str, length: int) -> FieldSpec:
    return FieldSpec(name, "textarea", length=length)


def pick(name: str, values: tuple[str, ...], default: str | None = None) -> FieldSpec:
    return FieldSpec(name, "picklist", length=255, picklist=values, default=default)


def flag(name: str, *, writable: bool = True) -> FieldSpec:
    return FieldSpec(name, "boolean", default=False, writable=writable)


def moment(name: str, *, writable: bool = True) -> FieldSpec:
    return FieldSpec(name, "datetime", writable=writable)


def reference(name: str, *objects: str, writable: bool = True, required: bool = False) -> FieldSpec:
    relationship = name.removesuffix("Id") if name != "Id" else ""
    return FieldSpec(
        name, "reference", length=18, refers_to=objects, relationship=relationship, writable=writable, required=required
    )


_EVERY: Final = (
    FieldSpec("Id", "id", length=18, writable=False),
    flag("IsDeleted", writable=False),
    moment("CreatedDate", writable=False),
    reference("CreatedById", "User", writable=False),
    moment("LastModifiedDate", writable=False),
    reference("LastModifiedById", "User", writable=False),
    moment("SystemModstamp", writable=False),
)

_PERSON: Final = (
    text("LastName", 80, required=True),
    text("FirstName", 40),
    text("Salutation", 40),
    text("Name", 121, writable=False),
    text("Title", 128),
    FieldSpec("Phone", "phone", length=40),
    FieldSpec("MobilePhone", "phone", length=40),
    FieldSpec("Email", "email", length=80),
    area("Description", 32_000),
    pick("LeadSource", _SOURCES),
    flag("HasOptedOutOfEmail"),
    flag("DoNotCall"),
    FieldSpec("LastActivityDate", "date", writable=False),
)


def _address(prefix: str) -> tuple[FieldSpec, ...]:
    return (
        area(f"{prefix}Street", 255),
        text(f"{prefix}City", 40),
        text(f"{prefix}State", 80),
        text(f"{prefix}PostalCode", 20),
        text(f"{prefix}Country", 80),
    )


_FIRM: Final = (
    FieldSpec("Website", "url", length=255),
    pick("Industry", _INDUSTRIES),
    FieldSpec("AnnualRevenue", "currency", precision=18, scale=0),
    FieldSpec("NumberOfEmployees", "int", precision=8),
)


def sobject(name: str, prefix: str, *fields: FieldSpec, writable: bool = True) -> ObjectSpec:
    return ObjectSpec(name, prefix, {field.name.lower(): field for field in (*_EVERY, *fields)}, writable)


LEAD: Final = sobject(
    "Lead",
    "00Q",
    reference("MasterRecordId", "Lead", writable=False),
    *_PERSON,
    text("Company", 255, required=True),
    *_address(""),
    *_FIRM,
    pick("Status", LEAD_STATUSES, default="Open - Not Contacted"),
    pick("Rating", ("Hot", "Warm", "Cold")),
    reference("OwnerId", "Group", "User"),
    reference("RecordTypeId", "RecordType"),
    flag("IsUnreadByOwner"),
    flag("IsConverted", writable=False),
    FieldSpec("ConvertedDate", "date", writable=False),
    reference("ConvertedAccountId", "Account", writable=False),
    reference("ConvertedContactId", "Contact", writable=False),
    reference("ConvertedOpportunityId", "Opportunity", writable=False),
)

CONTACT: Final = sobject(
    "Contact",
    "003",
    reference("MasterRecordId", "Contact", writable=False),
    *_PERSON,
    reference("AccountId", "Account"),
    text("Department", 80),
    *_address("Mailing"),
    reference("OwnerId", "User"),
)

ACCOUNT: Final = sobject(
    "Account",
    "001",
    reference("MasterRecordId", "Account", writable=False),
    text("Name", 255, required=True),
    text("Type", 255),
    FieldSpec("Phone", "phone", length=40),
    area("Description", 32_000),
    *_address("Billing"),
    *_FIRM,
    reference("OwnerId", "User"),
)

USER: Final = sobject(
    "User",
    "005",
    text("Username", 80, required=True),
    FieldSpec("Email", "email", length=128, required=True),
    text("Name", 121, writable=False),
    text("FirstName", 40),
    text("LastName", 80, required=True),
    text("Alias", 8),
    text("UserType", 40),
    text("TimeZoneSidKey", 40),
    flag("IsActive"),
    reference("ProfileId", "Profile"),
    reference("UserRoleId", "UserRole"),
    reference("ManagerId", "User"),
    moment("LastLoginDate"),
    writable=False,
)

GROUP: Final = sobject(
    "Group",
    "00G",
    text("Name", 40, required=True),
    text("DeveloperName", 80),
    text("Type", 40, required=True),
    FieldSpec("Email", "email", length=255),
    writable=False,
)

TASK: Final = sobject(
    "Task",
    "00T",
    reference("WhoId", "Contact", "Lead"),
    reference("WhatId", "Account", "Opportunity"),
    text("Subject", 255),
    area("Description", 32_000),
    FieldSpec("ActivityDate", "date"),
    pick("TaskSubtype", ("Task", "Email", "ListEmail", "Cadence", "Call"), default="Task"),
    moment("CompletedDateTime", writable=False),
    pick("Status", TASK_STATUSES, default="Not Started"),
    pick("Priority", ("High", "Normal", "Low"), default="Normal"),
    text("Type", 255),
    flag("IsClosed", writable=False),
    flag("IsReminderSet"),
    moment("ReminderDateTime"),
    reference("OwnerId", "Group", "User"),
)

OPPORTUNITY: Final = sobject(
    "Opportunity",
    "006",
    text("Name", 120, required=True),
    reference("AccountId", "Account"),
    pick("StageName", _STAGES),
    FieldSpec("Amount", "currency", precision=18, scale=2),
    FieldSpec("CloseDate", "date", required=True),
    flag("IsWon", writable=False),
    flag("IsClosed", writable=False),
    reference("OwnerId", "User"),
)

CONTACT_ROLE: Final = sobject(
    "OpportunityContactRole",
    "00K",
    reference("OpportunityId", "Opportunity", required=True),
    reference("ContactId", "Contact", required=True),
    text("Role", 255),
    flag("IsPrimary"),
)

ORGANIZATION: Final = sobject(
    "Organization",
    "00D",
    text("Name", 80),
    text("OrganizationType", 40),
    text("InstanceName", 5),
    flag("IsSandbox"),
    text("TimeZoneSidKey", 40),
    text("NamespacePrefix", 15),
    moment("TrialExpirationDate"),
    text("DefaultLocaleSidKey", 40),
    text("LanguageLocaleKey", 40),
    writable=False,
)

ASSIGNMENT_RULE: Final = sobject(
    "AssignmentRule", "01Q", text("Name", 120), flag("Active"), text("SobjectType", 40), writable=False
)

EVENT: Final = sobject(
    "Event",
    "00U",
    reference("WhoId", "Contact", "Lead"),
    reference("WhatId", "Account", "Opportunity"),
    text("Subject", 255),
    area("Description", 32_000),
    FieldSpec("ActivityDate", "date"),
    moment("ActivityDateTime"),
    moment("StartDateTime"),
    moment("EndDateTime"),
    FieldSpec("DurationInMinutes", "int", precision=8),
    text("Type", 255),
    reference("OwnerId", "User"),
)

STANDARD: Final = (
    LEAD, CONTACT, ACCOUNT, USER, GROUP, TASK, EVENT, OPPORTUNITY, CONTACT_ROLE, ORGANIZATION, ASSIGNMENT_RULE,
)  # fmt: skip
