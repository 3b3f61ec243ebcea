"""Match by exact keys: e-mail, and phone with the family name. Whoever holds one key is one person, in both CRMs.

A role address (info@, sales@) or a bare phone number is shared by colleagues, so neither is a key without the family name.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final
from uuid import uuid4

import phonenumbers

from adapters.records import RecordRef
from config.fields import Values
from connector.store.people import IdentityKey, Person, identity_key_of

_ROLES: Final = frozenset(
    """
    abuse accounts admin all billing booking contact contacto contact-us enquiries finance hello help hi hr info it jobs
    kontakt mail marketing office orders postmaster press purchasing reception sales service support team vendas ventas vertrieb
    webmaster
    """.split()
)


@dataclass(frozen=True, slots=True)
class Match:
    """Whom a lead is, and by what. `person.packet_id` is None for somebody never decided about."""

    person: Person
    verdict: str
    """new: nobody we know · same: a record of somebody we know."""
    keys: tuple[IdentityKey, ...]
    evidence: tuple[str, ...]
    """The kinds of key that agreed."""
    torn: bool = False
    """The keys belong to different persons: the lead is neither, takes no key, and somebody looks."""
    leader: RecordRef | None = None
    """Another record of this batch that is the same person, and is decided first."""


@dataclass(frozen=True, slots=True)
class Candidate:
    ref: RecordRef
    values: Values
    country: str | None
    person_id: str | None
    """The person this record belonged to before, if any."""


def keys_of(values: Values, country: str | None) -> tuple[IdentityKey, ...]:
    """The exact keys of one lead, the strongest first."""
    family = _folded(str(values.get("last_name") or ""))
    keys = []
    if email := _email_key(str(values.get("email") or ""), family):
        keys.append(identity_key_of("email", email))
    if family and (phone := _e164(str(values.get("phone") or ""), country)):
        keys.append(identity_key_of("phone", f"{phone}|{family}"))
    return tuple(keys)


def _email_key(email: str, family: str) -> str:
    address = email.strip().lower()
    local, at, domain = address.rpartition("@")
    if not (local and at and "." in domain):
        return ""
    if local.partition("+")[0] in _ROLES:
        return f"{address}|{family}" if family else ""
    return address


@lru_cache(maxsize=20_000)
def _e164(phone: str, country: str | None) -> str:
    try:
        number = phonenumbers.parse(phone, country)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _folded(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in plain if letter.isalnum())


def match(
    candidates: Sequence[Candidate], holders: Mapping[IdentityKey, Person], people: Mapping[str, Person]
) -> dict[RecordRef, Match]:
    """Matches a batch against who is known and against itself.

    Args:
        holders: who holds which key, for the keys of the batch.
        people: the persons that records of the batch belonged to before, by id.
    """
    matches: dict[RecordRef, Match] = {}
    known = dict(holders)
    leaders: dict[str, RecordRef] = {}
    for candidate in candidates:
        keys = keys_of(candidate.values, candidate.country)
        found = _person_of(candidate, keys, known, people)
        matches[candidate.ref] = replace(found, leader=leaders.get(found.person.id))
        leaders.setdefault(found.person.id, candidate.ref)
        for key in found.keys:
            known.setdefault(key, found.person)
    return matches


def _person_of(
    candidate: Candidate, keys: tuple[IdentityKey, ...], known: Mapping[IdentityKey, Person], people: Mapping[str, Person]
) -> Match:
    evidence = tuple(key.kind for key in keys if key in known)
    held = [known[key] for key in keys if key in known]
    before = people.get(candidate.person_id or "")
    holders = {person.id for person in held}
    torn = len(holders) > 1 and (before is None or before.id not in holders)
    if before:
        return Match(before, "same", keys, evidence, torn)
    if torn:
        return Match(Person(id=str(uuid4())), "new", (), evidence, torn)
    if held:
        return Match(held[0], "same", keys, evidence)
    return Match(Person(id=str(uuid4())), "new", keys, evidence)
