"""What can be worked out from the record itself: no key, no network, the same answer every time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from adapters.enrichers.company_domain import mail_domain, site_domain
from adapters.enrichers.country import country_code, country_of_domain, region_of
from adapters.enrichers.phone_country import country_of_phone
from adapters.enrichers.size import size_band
from adapters.enrichers.title import read_title
from config.fields import Value, Values


@dataclass(frozen=True, slots=True)
class Derived:
    value: Value
    provider: str
    confidence: int
    """0-100; under 80 a person looks."""


Found = tuple[str, Derived]


def derive(values: Values) -> Mapping[str, Derived]:
    """The derived fields (`config.fields.DERIVED`) that `values` give; a field that they do not give is absent."""
    found = dict(_domain(values))
    domain = str(found["company_domain"].value) if "company_domain" in found else None
    return {**found, **dict(_place(values, domain)), **dict(_title(values)), **dict(_size(values))}


def plain_values(derived: Mapping[str, Derived]) -> Values:
    """Only the values, to be laid beside the canonical ones."""
    return {field: one.value for field, one in derived.items()}


def _domain(values: Values) -> Iterator[Found]:
    site = site_domain(_text(values, "website"))
    mail = mail_domain(_text(values, "email"))
    if mail:
        yield "free_mail", Derived(mail.free, "email", 95)
    if site:
        yield "company_domain", Derived(site, "website", 95)
    elif mail and not mail.free:
        yield "company_domain", Derived(mail.domain, "email", 85)


_PLACES: Final = (("country", 95, country_code), ("phone", 85, country_of_phone), ("domain", 80, country_of_domain))
"""In this order: what was typed, then what the number says, then where the domain is registered."""


def _place(values: Values, domain: str | None) -> Iterator[Found]:
    texts = {"country": _text(values, "country"), "phone": _text(values, "phone"), "domain": domain or ""}
    for source, confidence, look_up in _PLACES:
        code = look_up(texts[source]) if texts[source] else None
        if code:
            yield "country_code", Derived(code, source, confidence)
            if region := region_of(code):
                yield "region", Derived(region, source, confidence)
            return


def _title(values: Values) -> Iterator[Found]:
    if text := _text(values, "title"):
        title = read_title(text)
        yield "seniority", Derived(title.seniority, "title", title.confidence)
        yield "function", Derived(title.function, "title", title.confidence)


def _size(values: Values) -> Iterator[Found]:
    employees = values.get("employees")
    if isinstance(employees, int) and not isinstance(employees, bool) and (band := size_band(employees)):
        yield "size_band", Derived(band, "employees", 95)


def _text(values: Values, field: str) -> str:
    value = values.get(field)
    return value.strip() if isinstance(value, str) else ""
