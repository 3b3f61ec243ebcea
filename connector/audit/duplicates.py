"""Second records of one person, by the very keys by which Leadline would know them: inside the CRM, and across to the others."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from adapters.records import Lead, RecordRef
from connector.audit.figures import Figure, Part
from connector.audit.rates import rate
from connector.audit.reading import Material
from connector.enrichment import Provenance, enrich
from connector.matching import Candidate, Match, keys_of, match

_SAID: Final = {"email": "same e-mail address", "phone": "same phone and family name"}


@dataclass(frozen=True, slots=True)
class Matched:
    """Every record with what could be worked out about it, and whom it would be taken for."""

    derived: Mapping[RecordRef, Provenance]
    matches: Mapping[RecordRef, Match]
    older: frozenset[str]
    """Ids of persons who were there before the window."""


def matched(material: Material) -> Matched:
    """Matches everything in the order of creation, as if each had come to Leadline on its day; nothing is kept."""
    leads = sorted([*material.older, *(one.lead for one in material.created)], key=lambda lead: (lead.created_at, lead.ref.id))
    derived = {lead.ref: enrich(lead.values) for lead in leads}
    matches = match([_candidate(lead, derived[lead.ref]) for lead in leads], {}, {})
    before = frozenset(matches[lead.ref].person.id for lead in material.older if lead.created_at < material.since)
    return Matched(derived, matches, before)


def inside(material: Material, found: Matched, thing: str) -> Figure:
    title = "Duplicates inside this CRM"
    definition = (
        f"{thing} that share an exact key (e-mail address; phone number and family name; a role address only together with the "
        "family name) with an earlier record, of all created in the window."
    )
    copies = [one for one in material.created if found.matches[one.ref].verdict == "same"]
    kinds = Counter(kind for one in copies for kind in dict.fromkeys(found.matches[one.ref].evidence))
    parts = tuple(Part(_SAID[kind], count, len(material.created)) for kind, count in kinds.most_common())
    values = {
        "of_older_records": sum(found.matches[one.ref].person.id in found.older for one in copies),
        "torn_between_two": sum(found.matches[one.ref].torn for one in material.created),
    }
    rated = rate(len(copies), len(material.created))
    return Figure("duplicates_inside", title, definition, rated, values, parts, _notes(material))


def _notes(material: Material) -> tuple[str, ...]:
    if why := material.unread.get("older"):
        return (f"Records from before the window could not be looked up: {why}",)
    return ("Records from before the window were looked up by e-mail address only.",)


def across(material: Material, found: Matched, others: Mapping[str, Sequence[Lead] | str] | None, thing: str) -> Figure:
    """
    Args:
        others: name of each other connection to its records, or to the reason why they could not be read; None: not asked for.
    """
    title = "Also in the other CRM"
    definition = (
        f"{thing} that share an exact key with a record of another connected CRM (created in the same window, or with the same "
        "e-mail address at any time), of all created in the window."
    )
    if not others:
        why = "It was not asked for (--alone)." if others is None else "No other CRM is connected."
        return Figure("duplicates_across", title, definition, unread=why)
    read = {name: leads for name, leads in others.items() if not isinstance(leads, str)}
    notes = tuple(f"{name} could not be read: {why}" for name, why in others.items() if isinstance(why, str))
    if not read:
        return Figure("duplicates_across", title, definition, unread=" ".join(notes))
    mine = {one.ref: frozenset(keys_of(one.lead.values, country(found.derived[one.ref]))) for one in material.created}
    theirs = {
        name: {key for lead in leads for key in keys_of(lead.values, country(enrich(lead.values)))}
        for name, leads in read.items()
    }
    shared = {name: sum(not keys.isdisjoint(there) for keys in mine.values()) for name, there in theirs.items()}
    anywhere = sum(any(not keys.isdisjoint(there) for there in theirs.values()) for keys in mine.values())
    parts = tuple(Part(name, count, len(mine)) for name, count in shared.items())
    return Figure("duplicates_across", title, definition, rate(anywhere, len(mine)), parts=parts, notes=notes)


def country(derived: Provenance) -> str | None:
    found = derived.get("country_code")
    return str(found["value"]) if found and found["value"] else None


def _candidate(lead: Lead, derived: Provenance) -> Candidate:
    return Candidate(lead.ref, lead.values, country(derived), None)
