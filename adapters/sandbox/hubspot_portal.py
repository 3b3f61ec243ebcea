"""What a portal has on its first day, and what an installation of Leadline adds: tables, no logic.

Names, types and read-only flags of standard properties as in a dump of a real portal.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Kind:
    """An object type."""

    name: str
    type_id: str
    scope: str
    """The word in its scopes: crm.objects.<scope>.read. Tasks and notes go by the contacts scopes."""
    shown: tuple[str, ...]
    """Properties returned when none are asked for."""
    one_of: tuple[str, ...] = ()
    """At least one of these is needed on creation."""
    required: tuple[str, ...] = ()
    stamps: tuple[str, str] = ("createdate", "hs_lastmodifieddate")
    """Names under which creation and modification are returned."""


KINDS: Final[dict[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind(
            *("contacts", "0-1", "contacts", ("email", "firstname", "lastname")),
            one_of=("email", "firstname", "lastname"),
            stamps=("createdate", "lastmodifieddate"),
        ),
        Kind("companies", "0-2", "companies", ("name", "domain"), one_of=("name", "domain")),
        Kind("deals", "0-3", "deals", ("dealname", "amount", "closedate", "dealstage", "pipeline")),
        Kind("leads", "0-136", "leads", (), required=("hs_lead_name",), stamps=("hs_createdate", "hs_lastmodifieddate")),
        Kind("tasks", "0-27", "contacts", (), required=("hs_timestamp",), stamps=("hs_createdate", "hs_lastmodifieddate")),
        *(
            Kind(name, type_id, "contacts", (), required=("hs_timestamp",), stamps=("hs_createdate", "hs_lastmodifieddate"))
            for name, type_id in (("calls", "0-48"), ("emails", "0-49"), ("meetings", "0-47"))
        ),
        Kind("notes", "0-46", "contacts", (), required=("hs_timestamp",), stamps=("hs_createdate", "hs_lastmodifieddate")),
    )
}

KIND_NAMES: Final[dict[str, str]] = {
    alias: kind.name
    for kind in KINDS.values()
    for alias in (kind.name, kind.type_id, "company" if kind.name == "companies" else kind.name[:-1])
}
"""`contacts`, `contact` and `0-1` all mean contacts in a path."""

NEVER_HERE: Final = frozenset({"tickets", "ticket", "0-5", "products", "0-7", "line_items", "0-8", "quotes", "0-14"})
"""HubSpot's objects of which this portal has no record: they may be asked for as associations, and there are none."""


@dataclass(frozen=True, slots=True)
class Property:
    name: str
    label: str
    type: str
    field_type: str
    group: str = ""
    options: Sequence[str] = field(default=())
    read_only: bool = False
    unique: bool = False
    external: bool = False
    """The options are kept elsewhere (owners, stages) and never listed."""


def text(name: str, label: str) -> Property:
    return Property(name, label, "string", "text")


def _area(name: str, label: str) -> Property:
    return Property(name, label, "string", "textarea")


def number(name: str, label: str, *, read_only: bool = False) -> Property:
    return Property(name, label, "number", "number", read_only=read_only)


def moment(name: str, label: str, *, read_only: bool = False) -> Property:
    return Property(name, label, "datetime", "date", read_only=read_only)


def flag(name: str, label: str, *, read_only: bool = False) -> Property:
    return Property(name, label, "bool", "booleancheckbox", options=("true", "false"), read_only=read_only)


def choice(name: str, label: str, *options: str, external: bool = False, read_only: bool = False) -> Property:
    return Property(name, label, "enumeration", "select", options=options, external=external, read_only=read_only)


_SOURCES: Final = [
    "ORGANIC_SEARCH",
    "PAID_SEARCH",
    "EMAIL_MARKETING",
    "SOCIAL_MEDIA",
    "REFERRALS",
    "OTHER_CAMPAIGNS",
    "DIRECT_TRAFFIC",
    "OFFLINE",
    "PAID_SOCIAL",
]
_LEAD_STATUSES: Final = [
    "NEW",
    "OPEN",
    "IN_PROGRESS",
    "OPEN_DEAL",
    "UNQUALIFIED",
    "ATTEMPTED_TO_CONTACT",
    "CONNECTED",
    "BAD_TIMING",
]
LIFECYCLE: Final = [
    "subscriber",
    "lead",
    "marketingqualifiedlead",
    "salesqualifiedlead",
    "opportunity",
    "customer",
    "evangelist",
    "other",
]

_EVERYWHERE: Final = (
    number("hs_object_id", "Record ID", read_only=True),
    moment("hs_lastmodifieddate", "Object last modified date/time", read_only=True),
    Property("hs_merged_object_ids", "Merged record IDs", "string", "text", read_only=True),
    choice("hubspot_owner_id", "Owner", external=True),
    Property("hubspot_team_id", "HubSpot Team", "enumeration", "select", read_only=True, external=True),
    moment("hubspot_owner_assigneddate", "Owner Assigned Date", read_only=True),
    Property("hs_object_source", "Record Creation Source", "string", "text", read_only=True),
)

STANDARD: Final[dict[str, tuple[Property, ...]]] = {
    "contacts": (
        text("email", "Email"),
        text("phone", "Phone Number"),
        text("mobilephone", "Mobile Phone Number"),
        text("firstname", "First Name"),
        text("lastname", "Last Name"),
        text("jobtitle", "Job Title"),
        _area("message", "Message"),
        text("address", "Street Address"),
        text("zip", "Postal Code"),
        text("city", "City"),
        text("state", "State/Region"),
        text("country", "Country/Region"),
        text("company", "Company Name"),
        text("website", "Website URL"),
        text("industry", "Industry"),
        choice("numemployees", "Number of Employees", *["1-5", "5-25", "25-50", "50-100", "100-500", "500-1000", "1000+"]),
        text("annualrevenue", "Annual Revenue"),
        choice("hs_analytics_source", "Original Source", *_SOURCES),
        choice("hs_latest_source", "Latest Source", *_SOURCES),
        choice("hs_lead_status", "Lead Status", *_LEAD_STATUSES),
        choice("lifecyclestage", "Lifecycle Stage", *LIFECYCLE),
        flag("hs_email_optout", "Unsubscribed from all email", read_only=True),
        number("hs_analytics_num_visits", "Number of Sessions", read_only=True),
        number("hs_analytics_num_page_views", "Number of Pageviews", read_only=True),
        moment("hs_analytics_last_visit_timestamp", "Time of Last Session", read_only=True),
        number("hs_email_delivered", "Marketing emails delivered", read_only=True),
        number("hs_email_open", "Marketing emails opened", read_only=True),
        number("hs_email_click", "Marketing emails clicked", read_only=True),
        number("hs_email_replied", "Marketing emails replied", read_only=True),
        number("hs_email_bounce", "Marketing emails bounced", read_only=True),
        moment("hs_email_last_open_date", "Last marketing email open date", read_only=True),
        moment("hs_email_last_click_date", "Last marketing email click date", read_only=True),
        number("num_conversion_events", "Number of Form Submissions", read_only=True),
        moment("first_conversion_date", "First Conversion Date", read_only=True),
        moment("recent_conversion_date", "Recent Conversion Date", read_only=True),
        moment("notes_last_contacted", "Last Contacted", read_only=True),
        number("num_contacted_notes", "Number of times contacted", read_only=True),
        flag("hs_sequences_is_enrolled", "Currently in Sequence", read_only=True),
        Property("hs_additional_emails", "Additional email addresses", "string", "text", read_only=True),
        Property("hs_calculated_merged_vids", "Merged vids with timestamps", "string", "text", read_only=True),
        moment("createdate", "Create Date", read_only=True),
        moment("lastmodifieddate", "Last Modified Date", read_only=True),
        *_EVERYWHERE,
    ),
    "companies": (
        text("name", "Company name"),
        text("domain", "Company Domain Name"),
        text("website", "Website URL"),
        text("phone", "Phone Number"),
        text("city", "City"),
        text("state", "State/Region"),
        text("country", "Country/Region"),
        choice("industry", "Industry", "ACCOUNTING", "BANKING", "COMPUTER_SOFTWARE", "CONSTRUCTION", "HOSPITAL_HEALTH_CARE"),
        number("numberofemployees", "Number of Employees"),
        number("annualrevenue", "Annual Revenue"),
        choice("lifecyclestage", "Lifecycle Stage", *LIFECYCLE),
        flag("hs_is_target_account", "Target Account"),
        moment("createdate", "Create Date", read_only=True),
        *_EVERYWHERE,
    ),
    "deals": (
        text("dealname", "Deal Name"),
        number("amount", "Amount"),
        moment("closedate", "Close Date"),
        choice("dealstage", "Deal Stage", external=True),
        choice("pipeline", "Pipeline", external=True),
        flag("hs_is_closed", "Is Deal Closed?", read_only=True),
        flag("hs_is_closed_won", "Is Closed Won", read_only=True),
        moment("createdate", "Create Date", read_only=True),
        *_EVERYWHERE,
    ),
    "leads": (
        text("hs_lead_name", "Lead Name"),
        choice("hs_lead_type", "Lead Type", external=True),
        choice("hs_lead_label", "Lead Label", "HOT", "WARM", "COLD"),
        choice("hs_pipeline", "Pipeline", external=True),
        choice("hs_pipeline_stage", "Lead Stage", external=True),
        moment("hs_createdate", "Create Date", read_only=True),
        *_EVERYWHERE,
    ),
    "tasks": (
        moment("hs_timestamp", "Due date"),
        text("hs_task_subject", "Task Title"),
        _area("hs_task_body", "Task Notes"),
        choice("hs_task_status", "Task Status", *["NOT_STARTED", "IN_PROGRESS", "WAITING", "DEFERRED", "COMPLETED"]),
        choice("hs_task_priority", "Priority", *["NONE", "LOW", "MEDIUM", "HIGH"]),
        choice("hs_task_type", "Task Type", *["EMAIL", "CALL", "TODO"]),
        text("hs_task_reminders", "Reminders"),
        moment("hs_task_completion_date", "Completed at", read_only=True),
        moment("hs_createdate", "Create Date", read_only=True),
        *_EVERYWHERE,
    ),
    "calls": (
        moment("hs_timestamp", "Activity date"),
        text("hs_call_title", "Call Title"),
        choice("hs_call_direction", "Call Direction", "INBOUND", "OUTBOUND"),
        moment("hs_createdate", "Create Date", read_only=True),
        *_EVERYWHERE,
    ),
    "emails": (
        moment("hs_timestamp", "Activity date"),
        text("hs_email_subject", "Email Subject"),
        choice("hs_email_direction", "Email Direction", "EMAIL", "INCOMING_EMAIL", "FORWARDED_EMAIL"),
        moment("hs_createdate", "Create Date", read_only=True),
        *_EVERYWHERE,
    ),
    "meetings": (
        moment("hs_timestamp", "Activity date"),
        text("hs_meeting_title", "Meeting Title"),
        moment("hs_meeting_start_time", "Meeting Start Time"),
        choice("hs_meeting_outcome", "Meeting Outcome", "SCHEDULED", "COMPLETED", "RESCHEDULED", "NO_SHOW", "CANCELED"),
        moment("hs_createdate", "Create Date", read_only=True),
        *_EVERYWHERE,
    ),
    "notes": (
        moment("hs_timestamp", "Activity date"),
        _area("hs_note_body", "Note body"),
        moment("hs_createdate", "Create Date", read_only=True),
        *_EVERYWHERE,
    ),
}

MAPPED: Final = (
    text("campaign", "Campaign"),
    text("form", "Form"),
    text("product_interest", "Product interest"),
    text("hand_raise", "Hand raise"),
    moment("hand_raised_at", "Hand raised at"),
    number("pricing_page_views", "Pricing page views"),
    number("seconds_on_site", "Seconds on site"),
    number("meetings_booked", "Meetings booked"),
    text("last_activity", "Last activity"),
    moment("last_activity_at", "Last activity at"),
    text("relationship", "Relationship"),
    flag("target_account", "Target account"),
    flag("open_opportunity", "Open opportunity"),
    text("account_owner", "Account owner"),
)
"""Custom contact properties that the default mapping reads."""

LEADLINE: Final = (
    number("leadline_fit_score", "Leadline fit score"),
    number("leadline_engagement_score", "Leadline engagement score"),
    text("leadline_grade", "Leadline grade"),
    choice("leadline_confidence", "Leadline confidence", "High", "Medium", "Low"),
    number("leadline_priority_rank", "Leadline priority rank"),
    text("leadline_route", "Leadline route"),
    _area("leadline_route_reason", "Leadline route reason"),
    text("leadline_reason_code", "Leadline reason code"),
    moment("leadline_sla_due", "Leadline SLA due"),
    choice("leadline_sla_state", "Leadline SLA state", "On track", "At risk", "Breached", "Met", "Measuring only"),
    choice(
        "leadline_review_state",
        "Leadline review state",
        *("Needs a person", "Approved", "Changed", "Disqualified", "Disputed", "Answered"),
    ),
    text("leadline_duplicate_of", "Leadline duplicate of"),
    text("leadline_suggested_owner", "Leadline suggested owner"),
    choice(
        "leadline_seller_response",
        "Leadline seller response",
        *("Accepted", "Not mine", "Already working", "Not a fit", "Bad data", "Score is wrong"),
    ),
    text("leadline_send_back_reason", "Leadline send-back reason"),
    text("leadline_packet_url", "Leadline packet URL"),
    moment("leadline_decided_at", "Leadline decided at"),
    Property("leadline_key", "Leadline key", "string", "text", unique=True),
)
"""Leadline's own contact properties, in the group `leadline`."""
