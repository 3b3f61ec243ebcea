"""What a record says by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.enrichers.company_domain import mail_domain, site_domain
from adapters.enrichers.country import country_code, country_of_domain, region_of
from adapters.enrichers.local import Derived, derive, plain_values
from adapters.enrichers.phone_country import country_of_phone
from adapters.enrichers.size import size_band
from adapters.enrichers.spelling import Spelling
from config.fields import DERIVED, FIELDS, Value


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("Germany", "DE"),
        ("Deutschland", "DE"),
        ("ALLEMAGNE", "DE"),
        ("Alemania", "DE"),
        ("DEU", "DE"),
        ("de", "DE"),
        ("U.S.A.", "US"),
        ("United States of America", "US"),
        ("UK", "GB"),
        ("Reino Unido", "GB"),
        ("Österreich", "AT"),
        ("Côte d’Ivoire", "CI"),
        ("Brasil", "BR"),
        ("Hong Kong", "HK"),
        ("unknown", None),
        ("NA", None),
        ("Asia/Pacific Region", None),
        ("", None),
    ],
)
def test_country_names(typed: str, code: str | None) -> None:
    assert country_code(typed) == code


@pytest.mark.parametrize(
    ("domain", "code"),
    [("acme.de", "DE"), ("acme.co.uk", "GB"), ("acme.com", None), ("acme.io", None), ("acme.ai", None), ("", None)],
)
def test_domains_tell_a_country_only_where_the_suffix_belongs_to_one(domain: str, code: str | None) -> None:
    assert country_of_domain(domain) == code


@pytest.mark.parametrize(
    ("code", "region"),
    [
        ("CA", "North America"),
        ("MX", "Latin America"),
        ("CH", "Europe"),
        ("AE", "Middle East and Africa"),
        ("IN", "Asia Pacific"),
        ("ZZ", None),
    ],
)
def test_regions(code: str, region: str | None) -> None:
    assert region_of(code) == region


@pytest.mark.parametrize(
    ("phone", "code"),
    [
        ("+49 30 123456", "DE"),
        ("0044 20 7946 0958", "GB"),
        ("+1 416 555 0123", "CA"),
        ("030 123456", None),
        ("+800 1234 5678", None),
        ("x", None),
    ],
)
def test_phones_tell_a_country_only_when_international(phone: str, code: str | None) -> None:
    assert country_of_phone(phone) == code


@pytest.mark.parametrize(
    ("website", "domain"),
    [
        ("https://www.acme.co.uk/about?x=1", "acme.co.uk"),
        (" ACME.de ", "acme.de"),
        ("https://www.linkedin.com/company/acme", None),
        ("localhost", None),
        ("192.168.1.1", None),
        ("", None),
    ],
)
def test_a_web_site_gives_its_registrable_domain(website: str, domain: str | None) -> None:
    assert site_domain(website) == domain


@pytest.mark.parametrize(
    ("email", "domain", "free"),
    [
        ("a@mail.acme.com.br", "acme.com.br", False),
        ("a@GMAIL.com", "gmail.com", True),
        ("a@web.de", "web.de", True),
        ("a@orange.fr", "orange.fr", True),
        ('"a@b"@acme.de', "acme.de", False),
    ],
)
def test_a_mail_address_gives_domain_and_whether_it_is_free(email: str, domain: str, free: bool) -> None:
    found = mail_domain(email)
    assert found is not None
    assert (found.domain, found.free) == (domain, free)


@pytest.mark.parametrize("email", ["", "acme.de", "a@localhost", "a@"])
def test_what_is_no_mail_address_gives_nothing(email: str) -> None:
    assert mail_domain(email) is None


@pytest.mark.parametrize(
    ("employees", "band"),
    [(0, None), (-3, None), (1, "1-10"), (10, "1-10"), (11, "11-50"), (1000, "201-1000"), (5000, "1001-5000"), (5001, "5001+")],
)
def test_size_bands(employees: int, band: str | None) -> None:
    assert size_band(employees) == band


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("manger", "manager"),
        ("managre", "manager"),
        ("mannager", "manager"),
        ("mabager", "manager"),
        ("mnagre", "mnagre"),
        ("sale", "sale"),
    ],
)
def test_one_slip_is_put_right_and_two_are_not(typed: str, meant: str) -> None:
    assert Spelling({"manager", "sales"}).right(typed) == meant


def test_a_whole_record() -> None:
    values: dict[str, Value] = {
        "email": "a@acme.de",
        "website": "https://acme.com",
        "title": "VP Sales",
        "phone": "+44 20 7946 0958",
        "employees": 300,
    }
    assert derive(values) == {
        "free_mail": Derived(False, "email", 95),
        "company_domain": Derived("acme.com", "website", 95),
        "country_code": Derived("GB", "phone", 85),
        "region": Derived("Europe", "phone", 85),
        "seniority": Derived("vp", "title", 95),
        "function": Derived("sales", "title", 95),
        "size_band": Derived("201-1000", "employees", 95),
    }


def test_what_was_typed_goes_before_the_phone_and_the_phone_before_the_domain() -> None:
    everything: dict[str, Value] = {"country": "France", "phone": "+44 20 7946 0958", "email": "a@acme.de"}
    answers = []
    for gone in ("", "country", "phone"):
        everything.pop(gone, None)
        answers.append((plain_values(derive(everything))["country_code"], derive(everything)["country_code"].provider))
    assert answers == [("FR", "country"), ("GB", "phone"), ("DE", "domain")]


def test_free_mail_is_nobodys_company_and_no_place() -> None:
    assert plain_values(derive({"email": "a@web.de"})) == {"free_mail": True}


def test_an_empty_record_gives_nothing() -> None:
    assert derive({}) == {}


@given(st.dictionaries(st.sampled_from(sorted(FIELDS)), st.none() | st.text(max_size=40) | st.integers() | st.booleans()))
def test_any_record_gives_derived_fields_only(values: dict[str, Value]) -> None:
    found = derive(values)
    assert found.keys() <= DERIVED.keys()
    assert all(0 <= one.confidence <= 100 and not isinstance(one.value, float) for one in found.values())
