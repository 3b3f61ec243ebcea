"""What others call our fields, in header words: lower case, letters and digits only, one blank between."""

from collections.abc import Mapping
from typing import Final

FULL_NAME: Final = "full name"
"""No field of ours: its column is split in two."""

SYNONYMS: Final[Mapping[str, tuple[str, ...]]] = {
    "email": ("email", "e mail", "email address", "e mail address", "mail"),
    "phone": ("phone", "phone number", "telephone", "mobile", "mobile phone", "tel", "telefon"),
    FULL_NAME: ("name", "full name", "contact name", "lead name", "contact"),
    "first_name": ("first name", "firstname", "given name", "vorname", "fname"),
    "last_name": ("last name", "lastname", "surname", "family name", "nachname", "lname"),
    "title": ("title", "job title", "jobtitle", "job", "position", "role", "occupation", "current occupation", "profession"),
    "comment": ("comment", "comments", "message", "notes", "description"),
    "street": ("street", "address", "street address"),
    "postal_code": ("zip", "zip code", "zipcode", "postal code", "postcode", "plz"),
    "city": ("city", "town", "stadt", "ort"),
    "state": ("state", "region", "province"),
    "country": ("country", "nation", "country region", "land"),
    "company": ("company", "company name", "account", "account name", "organization", "organisation", "employer", "firma"),
    "website": ("website", "web site", "domain", "url", "company website", "homepage"),
    "industry": ("industry", "sector", "branche", "business segment", "vertical"),
    "employees": ("employees", "number of employees", "num employees", "numemployees", "company size", "headcount", "staff"),
    "annual_revenue": ("annual revenue", "annualrevenue", "company revenue", "turnover"),
    "source": ("source", "lead source", "leadsource", "origin", "channel", "traffic source", "original source"),
    "campaign": ("campaign", "utm campaign", "campaign name"),
    "form": ("form", "form name", "landing page", "lead origin"),
    "interest": ("interest", "product", "product interest", "interested in", "specialization", "specialisation", "course"),
    "hand_raise": ("hand raise", "request", "requested", "request type", "inquiry type"),
    "hand_raised_at": ("hand raised at", "requested at", "request date"),
    "opted_out": ("opted out", "opt out", "do not email", "unsubscribed", "email opt out", "do not contact"),
    "consent": ("consent", "lawful basis"),
    "visits": ("visits", "total visits", "totalvisits", "web visits", "sessions", "number of sessions", "website visits"),
    "page_views": ("page views", "pageviews", "pages viewed", "total page views"),
    "pricing_views": ("pricing views", "pricing page views"),
    "seconds_on_site": (
        "seconds on site",
        "time on site",
        "time spent on website",
        "total time spent on website",
        "time on website",
    ),
    "last_visit_at": ("last visit", "last visit at", "last session", "last seen"),
    "email_opens": ("email opens", "emails opened", "opens"),
    "email_clicks": ("email clicks", "emails clicked", "clicks"),
    "email_replies": ("email replies", "replies"),
    "last_email_at": ("last email", "last open", "last email opened"),
    "forms_sent": ("forms sent", "form submissions", "submissions", "conversions", "forms submitted", "num conversion events"),
    "last_form_at": ("last form", "last form at", "last submission", "recent conversion date"),
    "meetings": ("meetings", "meetings booked"),
    "last_activity": ("last activity",),
    "last_activity_at": ("last activity at", "last activity date"),
    "relationship": ("relationship", "account type"),
    "target_account": ("target account", "named account"),
}

RATES: Final = frozenset("per rate avg average mean ratio share percent pct".split())
"""A number of this kind is no count of anything."""

OUTCOMES: Final = frozenset(
    {
        "converted",
        "is converted",
        "conversion",
        "outcome",
        "won",
        "is won",
        "closed won",
        "closed",
        "y",
        "target",
        "label",
        "class",
    }
    | {
        "purchased",
        "bought",
        "sold",
        "success",
        "subscribed",
        "deposit",
        "response",
        "responded",
        "deal",
        "deal won",
        "became customer",
    }
)
"""What became of the lead: known only when it no longer matters."""

LEAKY: Final = frozenset(
    "tag tags quality score scores grade rating rank index stage outcome outcomes converted conversion won lost closed deal "
    "deals status opportunity notable prediction predicted probability profile duration owner".split()
)
"""A column with such a word was filled by people or systems that knew more than a new lead shows."""

IDS: Final = frozenset("id ids uuid guid number no nr key index hash".split())

SENSITIVE: Final[Mapping[str, str]] = {
    **dict.fromkeys(("age", "birth", "birthday", "birthdate", "dob", "alter", "geburtsdatum"), "age"),
    **dict.fromkeys(("sex", "gender", "geschlecht", "salutation", "anrede", "pronouns"), "sex"),
    **dict.fromkeys(("marital", "married", "spouse", "children", "pregnant", "familienstand"), "family"),
    **dict.fromkeys(("nationality", "ethnicity", "ethnic", "race", "citizenship"), "origin"),
    **dict.fromkeys(("religion", "religious", "confession", "konfession"), "religion"),
    **dict.fromkeys(("health", "disability", "disabled", "medical", "illness"), "health"),
    **dict.fromkeys(("photo", "picture", "portrait", "avatar"), "a picture"),
    **dict.fromkeys(("union", "politics", "political", "sexual"), "a belief or a way of life"),
}
"""Words that must not matter to say what the field looks like: none of it may influence a score or a route."""
