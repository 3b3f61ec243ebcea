"""Leads as hypothesis draws them: canonical and derived values, each often missing."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from config.fields import Value
from config.profile_schema import COUNTED

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


def moment(days: float = 0, hours: float = 0) -> str:
    """RFC 3339, so long before NOW."""
    return (NOW - timedelta(days=days, hours=hours)).isoformat().replace("+00:00", "Z")


moments = st.integers(-2, 400).map(lambda days: moment(days=days))
counts = st.integers(0, 300)

GOOD: dict[str, Value] = {
    "company": "Acme",
    "title": "VP Sales",
    "country": "Germany",
    "employees": 300,
    "industry": "SaaS",
    "source": "Referral",
    "seniority": "vp",
    "function": "sales",
    "size_band": "201-1000",
    "region": "Europe",
    "free_mail": False,
}

engagement_fields: dict[str, st.SearchStrategy[Value]] = {
    **dict.fromkeys(COUNTED, counts),
    "last_visit_at": moments,
    "last_email_at": moments,
    "last_form_at": moments,
    "last_activity_at": moments,
    "hand_raised_at": moments,
    "hand_raise": st.sampled_from(["demo", "contact", "pricing", "trial", "Request a demo", "webinar"]),
    "last_activity": st.sampled_from(
        ["Email Opened", "Email Bounced", "Page Visited on Website", "Had a Phone Conversation", "x"]
    ),
}

fit_fields: dict[str, st.SearchStrategy[Value]] = {
    "seniority": st.sampled_from(
        ["owner", "c_level", "vp", "head", "director", "manager", "senior", "entry", "intern", "unknown"]
    ),
    "function": st.sampled_from(["executive", "sales", "it", "hr", "other", "unknown", "astrology"]),
    "size_band": st.sampled_from(["1-10", "11-50", "51-200", "201-1000", "1001-5000", "5001+"]),
    "employees": st.integers(1, 10**6),
    "industry": st.sampled_from(["SaaS", "COMPUTER_SOFTWARE", "Farming", "Select", "Government"]),
    "region": st.sampled_from(["Europe", "North America", "Asia Pacific", "Atlantis"]),
    "free_mail": st.booleans(),
    "source": st.sampled_from(["Google", "Referral", "PAID_SEARCH", "Moon"]),
    "company": st.text(max_size=60),
    "title": st.text(max_size=60),
    "country": st.sampled_from(["Germany", "IN", "Brasil"]),
    "relationship": st.sampled_from(["customer", "partner", "competitor", "test"]),
    "target_account": st.booleans(),
    "open_opportunity": st.booleans(),
    "account_owner": st.just("005000000000001AAA"),
}

leads = st.fixed_dictionaries(
    {}, optional={name: st.none() | strategy for name, strategy in {**fit_fields, **engagement_fields}.items()}
)
