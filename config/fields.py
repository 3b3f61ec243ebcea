"""The canonical fields: the only words in which Leadline talks about a lead.

A CRM's own field names end in the mapping (`config/mapping.py`); everything after it uses these.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Value = str | int | bool | None
"""What a canonical field holds. Moments are text, RFC 3339 in UTC with whole seconds: `2026-11-22T09:30:00Z`. No floats:
a value must have exactly one canonical JSON form."""

Values = Mapping[str, Value]

Kind = Literal["text", "integer", "flag", "moment"]


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    kind: Kind
    meaning: str
    personal: bool = False
    """Says something about one person: it is sealed in the packet, and forgotten with the person."""
    influences: bool = False
    """On the allow-list: may influence a score or a route. Everything else cannot, whatever a policy says."""


def _table(*fields: Field) -> Mapping[str, Field]:
    return {field.name: field for field in fields}


FIELDS: Final[Mapping[str, Field]] = _table(
    # who
    Field("email", "text", "E-mail address", personal=True),
    Field("phone", "text", "Phone number", personal=True),
    Field("first_name", "text", "First name", personal=True),
    Field("last_name", "text", "Last name", personal=True),
    Field("title", "text", "Job title, as typed", personal=True, influences=True),
    Field("comment", "text", "What they wrote", personal=True),
    Field("street", "text", "Street", personal=True),
    Field("postal_code", "text", "Postal code", personal=True),
    Field("city", "text", "City", personal=True, influences=True),
    Field("state", "text", "State or region", personal=True, influences=True),
    Field("country", "text", "Country, as typed", personal=True, influences=True),
    # where they work
    Field("company", "text", "Company name", personal=True, influences=True),
    Field("website", "text", "Company web site", personal=True, influences=True),
    Field("industry", "text", "Industry", influences=True),
    Field("employees", "integer", "Number of employees", influences=True),
    Field("annual_revenue", "integer", "Annual revenue, whole units of the CRM's currency", influences=True),
    # how they came
    Field("source", "text", "Lead source", influences=True),
    Field("campaign", "text", "Campaign", influences=True),
    Field("form", "text", "Form or landing page", influences=True),
    Field("interest", "text", "Product or subject they asked about", influences=True),
    Field("hand_raise", "text", "What they asked for: demo, contact, pricing, trial; empty if nothing", influences=True),
    Field("hand_raised_at", "moment", "When they asked", influences=True),
    Field("status", "text", "Lead status in the CRM", influences=True),
    Field("opted_out", "flag", "Asked not to be contacted", influences=True),
    Field("consent", "text", "Consent or lawful basis, as recorded"),
    # what they did
    Field("visits", "integer", "Web-site visits", influences=True),
    Field("page_views", "integer", "Pages viewed", influences=True),
    Field("pricing_views", "integer", "Views of a pricing page", influences=True),
    Field("seconds_on_site", "integer", "Time on the web site, seconds", influences=True),
    Field("last_visit_at", "moment", "Last visit", influences=True),
    Field("email_opens", "integer", "E-mails opened", influences=True),
    Field("email_clicks", "integer", "E-mail links clicked", influences=True),
    Field("email_replies", "integer", "E-mails answered", influences=True),
    Field("last_email_at", "moment", "Last open, click or reply", influences=True),
    Field("forms_sent", "integer", "Forms sent", influences=True),
    Field("last_form_at", "moment", "Last form sent", influences=True),
    Field("meetings", "integer", "Meetings booked", influences=True),
    Field("last_activity", "text", "Last thing they did, in words", influences=True),
    Field("last_activity_at", "moment", "When they did it", influences=True),
    # what the CRM already knows about the relationship
    Field("relationship", "text", "customer, partner, competitor, vendor, job_seeker, test; empty if none", influences=True),
    Field("target_account", "flag", "On the target account list", influences=True),
    Field("open_opportunity", "flag", "Contact on an open opportunity", influences=True),
    Field("account_owner", "text", "CRM owner id of the account", influences=True),
)
"""Read from a CRM through its mapping."""

DERIVED: Final[Mapping[str, Field]] = _table(
    Field("company_domain", "text", "Registrable domain of the company", personal=True, influences=True),
    Field("free_mail", "flag", "The address is at a free-mail provider", influences=True),
    Field("seniority", "text", "owner, c_level, vp, head, director, manager, senior, entry, intern, unknown", influences=True),
    Field("function", "text", "Function read from the title", influences=True),
    Field("country_code", "text", "ISO 3166-1 alpha-2, from the country, the phone or the domain", influences=True),
    Field("region", "text", "Sales region of the country", influences=True),
    Field("size_band", "text", "1-10, 11-50, 51-200, 201-1000, 1001-5000, 5001+", influences=True),
)
"""Worked out locally from the fields above (`adapters/enrichers/`)."""

OUTPUTS: Final[Mapping[str, Field]] = _table(
    Field("fit_score", "integer", "Fit, 0-100"),
    Field("engagement_score", "integer", "Engagement, 0-100; empty = not measured"),
    Field("grade", "text", "Letter = fit, number = engagement"),
    Field("confidence", "text", "High, Medium, Low"),
    Field("priority_rank", "integer", "3-15, orders a queue"),
    Field("route", "text", "Where Leadline sends this lead"),
    Field("route_reason", "text", "One sentence, at most 255 characters", personal=True),
    Field("reason_code", "text", "For reports"),
    Field("sla_due", "moment", "First touch by"),
    Field("sla_state", "text", "On track, At risk, Breached, Met, Measuring only"),
    Field("review_state", "text", "Needs a person, Approved, Changed, Disqualified, Disputed, Answered"),
    Field("duplicate_of", "text", "Same person as; linked, not merged"),
    Field("suggested_owner", "text", "Whom Leadline chose"),
    Field("seller_response", "text", "Accepted, Not mine, Already working, Not a fit, Bad data, Score is wrong"),
    Field("send_back_reason", "text", "Because"),
    Field("packet_url", "text", "The whole story of this decision"),
    Field("decided_at", "moment", "When this was decided"),
    Field("key", "text", "Leadline's key of this record, unique"),
)
"""What Leadline writes, each as one custom field. `seller_response` and `send_back_reason` are a person's, never written."""

QUIET_OUTPUTS: Final = frozenset({"decided_at", "packet_url"})
"""Never a difference by themselves: they change with every decision."""

PERSONS_OUTPUTS: Final = frozenset({"seller_response", "send_back_reason"})

LEADS_OUTPUTS: Final = frozenset({"key", "duplicate_of", "sla_due", "sla_state", "review_state"})
"""What a conversion leaves on the lead: its key, which is unique, its clock and its review. The rest goes on to the contact."""

ALLOWED: Final = frozenset(name for name, field in {**FIELDS, **DERIVED}.items() if field.influences)
"""The allow-list: every field that may influence a score or a route."""

CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "grade": tuple(letter + number for letter in "ABC" for number in "123"),
    "confidence": ("High", "Medium", "Low"),
    "sla_state": ("On track", "At risk", "Breached", "Met", "Measuring only"),
    "review_state": ("Needs a person", "Approved", "Changed", "Disqualified", "Disputed", "Answered"),
}
"""Outputs that hold one of a few words. The words of a route are the policy's."""

LONGEST: Final[Mapping[str, int]] = {"route_reason": 255, "packet_url": 255, "key": 23}
"""Characters that an output may have, where that is many; of the rest, fifty are enough."""

HIGHEST: Final[Mapping[str, int]] = {"fit_score": 100, "engagement_score": 100, "priority_rank": 15}
