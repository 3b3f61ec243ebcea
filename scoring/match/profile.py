"""One record, cleaned once: what is compared of it, small enough to lie in an index."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import phonenumbers

from scoring.match.folding import meaning
from scoring.match.mailboxes import Mailbox, named_after, own_mailbox, real_mailbox
from scoring.match.names import Name, read_name
from scoring.match.organisations import Organisation, read_organisation
from scoring.match.phones import SUBSCRIBER, read_phone
from scoring.match.places import Place, read_country, read_place
from scoring.match.plain import POSTCODE

LONGEST: Final = 200
"""Characters of a value that are looked at: nobody's name is longer, and nobody waits for a cell of 5 MB."""

FORM: Final = "1"
"""Of a packed profile; another one is read anew from the CRM."""

_BETWEEN: Final = "\x1f"
_PARTS: Final = 15


@dataclass(frozen=True, slots=True)
class Profile:
    """What a record says about who it is. Empty where it says nothing, or only what people type to get past a form."""

    name: Name
    mailbox: Mailbox | None
    """Their own: no role's, nobody's."""
    phones: tuple[str, ...]
    """E.164 where the number is one of the record's country, else its last digits."""
    organisation: Organisation
    place: Place
    postcode: str
    title: str

    @property
    def subscribers(self) -> tuple[str, ...]:
        """The phones' last eight digits, by which they are compared: how a country code was typed is nobody's difference."""
        return tuple(dict.fromkeys(number[-SUBSCRIBER:] for number in self.phones))

    @property
    def says_something(self) -> bool:
        """Whether there is anything to find somebody by."""
        return bool(self.name.last or self.name.first or self.mailbox or self.phones)


def profile_of(values: Mapping[str, object], country: str | None = None) -> Profile:
    """Reads a record.

    Args:
        values: canonical fields; also `mobile`, where a source has two numbers.
        country: ISO 3166-1 alpha-2 code in which its phone numbers are meant; worked out of `country` if None.
    """
    text = {name: str(value)[:LONGEST] for name, value in values.items() if isinstance(value, str)}
    box = real_mailbox(text.get("email", ""))
    own = own_mailbox(box)
    name = read_name(text.get("first_name", ""), text.get("last_name", ""))
    place = read_place(text.get("city", ""), text.get("state", ""), text.get("country", ""))
    code = (country or read_country(text.get("country", ""))).upper()
    return Profile(
        name=named_after(own, name) if own else name,
        mailbox=own,
        phones=tuple(dict.fromkeys(_phones(text, code))),
        organisation=read_organisation(text.get("company", ""), text.get("website", ""), box),
        place=place,
        postcode=POSTCODE.clean(text.get("postal_code", "")),
        title=meaning(text.get("title", "")),
    )


def _phones(text: Mapping[str, str], country: str) -> Iterator[str]:
    for name in ("phone", "mobile"):
        if read_phone(text.get(name, "")):
            yield international(text[name], country)


@lru_cache(maxsize=50_000)
def international(text: str, country: str) -> str:
    """E.164; where it is no number of that country, its last digits. Args: country: alpha-2 code; empty: not known."""
    try:
        number = phonenumbers.parse(text, country if len(country) == 2 else None)
    except phonenumbers.NumberParseException:
        return read_phone(text)
    if not phonenumbers.is_possible_number(number):
        return read_phone(text)
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def pack(profile: Profile) -> bytes:
    """A compact row; `unpack` gives the same profile back."""
    box = profile.mailbox or Mailbox("", "")
    name, organisation, place = profile.name, profile.organisation, profile.place
    parts = (
        *(FORM, name.first, name.last, name.generation, box.local, box.domain, " ".join(profile.phones)),
        *(organisation.name, organisation.mail_domain, organisation.web_domain),
        *(place.city, place.state, place.country, profile.postcode, profile.title),
    )
    return _BETWEEN.join(parts).encode("utf-8", "replace")


def unpack(packed: bytes) -> Profile | None:
    """None if it was packed by a version of another form."""
    parts = packed.decode().split(_BETWEEN)
    if parts[0] != FORM or len(parts) != _PARTS:
        return None
    _, first, last, generation, local, domain, phones, company, mail, web, city, state, country, postcode, title = parts
    return Profile(
        Name(first, last, generation),
        Mailbox(local, domain) if local else None,
        tuple(phones.split()),
        Organisation(company, mail, web),
        Place(city, state, country),
        postcode,
        title,
    )
