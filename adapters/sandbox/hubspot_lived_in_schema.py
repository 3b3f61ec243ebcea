"""The properties of a portal that people have worked in for years: many, in several hands, few of them well named."""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Final

from adapters.sandbox.hubspot_portal import Property, choice, flag, moment, number, text

GROUPS: Final[Mapping[str, Mapping[str, str]]] = {
    "contacts": {
        "sales_process": "Sales process",
        "marketing_ops": "Marketing ops",
        "enrichment": "Enrichment",
        "events": "Events",
        "legacy_import": "Legacy import 2019",
        "customer_success": "Customer success",
    },
    "companies": {"account_planning": "Account planning", "firmographics": "Firmographics"},
    "deals": {"deal_desk": "Deal desk", "forecasting": "Forecasting"},
}

NAMED: Final[Mapping[str, Property]] = {
    "my_score": number("my_score", "My score"),
    "lead_rating": choice("lead_rating", "Lead rating", "Hot", "Warm", "Cold"),
    "lead_score_old": number("lead_score_old", "Lead score (old, do not use)"),
    "fit_grade": choice("fit_grade", "Fit grade", "A", "B", "C", "D"),
    "routing_reason": text("routing_reason", "Routing reason"),
    "sales_territory": choice("sales_territory", "Sales territory", "EMEA", "AMER", "APAC"),
    "sdr_response": choice("sdr_response", "SDR response", "Accepted", "Rejected"),
    "first_response_due": moment("first_response_due", "First response due"),
    "event_interest": text("event_interest", "Event interest"),
    "erp_id": Property("erp_id", "ERP id", "string", "text", unique=True),
}
"""Contact properties that a mapping is likely to be asked about, and that workflows, lists and forms use."""

CALCULATED: Final = "score_in_percent"
FORMULA: Final = "my_score * 100"

_SUBJECTS: Final[Mapping[str, tuple[str, ...]]] = {
    "contacts": (
        *("webinar", "demo", "trial", "newsletter", "survey", "partner", "referral", "campaign", "onboarding", "renewal"),
        *("intent", "persona", "budget", "authority", "need", "timeline", "competitor", "badge", "booth", "playbook"),
        *("consent", "region", "segment", "cadence", "handover", "cs"),
    ),
    "companies": ("parent", "fiscal", "tech_stack", "support_plan", "contract", "headcount", "target"),
    "deals": ("discount", "legal", "approval", "forecast", "security_review"),
}
_ASPECTS: Final = (
    "status",
    "date",
    "count",
    "notes",
    "owner_name",
    "score",
    "source",
    "flag",
    "tier",
    "url",
    "last_change",
    "id",
)


def properties(kind: str, count: int, random: Random) -> Iterator[tuple[str, Property]]:
    """Group and property, `count` of them, no name twice.

    Raises:
        ValueError: there are not so many names.
    """
    names = [f"{subject}_{aspect}" for subject in _SUBJECTS[kind] for aspect in _ASPECTS]
    if count > len(names):
        raise ValueError(f"A lived-in portal has at most {len(names)} made-up properties for {kind}.")
    groups = list(GROUPS[kind])
    for name in sorted(random.sample(names, count)):
        yield random.choice(groups), _shaped(name, random)


def _shaped(name: str, random: Random) -> Property:
    label = name.replace("_", " ").capitalize()
    match name.rsplit("_", 1)[-1]:
        case "status" | "tier" | "source":
            return choice(name, label, *random.sample(("New", "Open", "Won", "Lost", "Gold", "Silver", "Web", "Event"), 4))
        case "date" | "change":
            return moment(name, label)
        case "count" | "score":
            return number(name, label)
        case "flag":
            return flag(name, label)
    return text(name, label)
