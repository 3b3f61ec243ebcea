"""What the sources bring, and how much the records say of what routing needs."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from adapters.history import Created
from config.conditions import words_of
from config.fields import FIELDS
from config.policy import Policy
from connector.audit.figures import Figure, Part, Rate
from connector.audit.rates import rate
from connector.audit.reading import Material
from connector.audit.speed import FirstTouches
from connector.audit.words import clean
from scoring.features import LINEAGE, text_in

_NONE: Final = "(no source)"
_MOST_SOURCES: Final = 40
_REST: Final = "(all other sources)"

_BEHIND: Final[Mapping[str, tuple[str, ...]]] = {
    "company_domain": ("website", "email"),
    "free_mail": ("email",),
    "seniority": ("title",),
    "function": ("title",),
    "country_code": ("country",),
    "region": ("country",),
    "size_band": ("employees",),
}
"""Derived field to what it is worked out from."""

_KEYS: Final = ("email", "phone", "last_name")


def sources(found: FirstTouches, thing: str) -> Figure:
    title = "Lead sources"
    definition = (
        f"{thing} by lead source; of each source's: touched by a person, converted, with an opportunity, won. Each rate has the "
        "range in which the true one lies in 95 of 100 cases."
    )
    material = found.material
    by_source: dict[str, list[Created]] = defaultdict(list)
    for one in material.created:
        by_source[_source(one)].append(one)
    ranked = sorted(by_source, key=lambda name: (-len(by_source[name]), name))
    groups = {name: by_source[name] for name in ranked[:_MOST_SOURCES]}
    if rest := [one for name in ranked[_MOST_SOURCES:] for one in by_source[name]]:
        groups[_REST] = rest
    parts = tuple(Part(name, len(group), len(material.created), _rates(found, group)) for name, group in groups.items())
    notes = [f"Outcomes could not be read: {why}"] if (why := material.unread.get("results")) else []
    if not material.touches_known:
        notes.append("Touches could not be read.")
    none = len(by_source.get(_NONE, ()))
    rated = rate(none, len(material.created))
    return Figure("sources", title, definition, rated, {"without_source": none}, parts, tuple(notes))


def _source(one: Created) -> str:
    text = text_in(one.lead.values, "source")
    return clean(text) if text else _NONE


def _rates(found: FirstTouches, group: list[Created]) -> dict[str, Rate]:
    counts = {}
    if found.material.touches_known:
        counts["touched"] = sum(map(found.touched, group))
    if any(one.converted is not None for one in group):
        counts["converted"] = sum(one.converted is True for one in group)
    if (results := found.material.results) is not None:
        counts["opportunity"] = sum(results[one.ref].opportunity for one in group)
        counts["won"] = sum(results[one.ref].won for one in group)
    return {name: rate(count, len(group)) for name, count in counts.items()}


def fill(material: Material, policy: Policy, thing: str, mapped: Mapping[str, str]) -> Figure:
    """How often each field is filled that a rule, a score or a key asks for.

    Args:
        mapped: canonical field to the CRM's.
    """
    title = "Fields that routing needs"
    definition = f"{thing} in which the field says something, of all created; a placeholder such as N/A says nothing."
    needed, total = needs(policy), len(material.created)
    absent = {name for name in needed if name in material.absent or name not in mapped}
    parts = [
        Part(name, sum(_says(one, name) for one in material.created), total, about=_about(name, why, mapped, material.absent))
        for name, why in needed.items()
    ]
    parts.sort(key=lambda part: (part.label in absent, part.count, part.label))
    notes = [f"Which fields exist could not be read: {material.unread['absent']}"] if "absent" in material.unread else []
    values = {"fields": len(needed), "absent": len(absent)}
    return Figure("fill", title, definition, values=values, parts=tuple(parts), notes=(*notes, _CHECKBOXES))


_CHECKBOXES: Final = "A checkbox is never empty in Salesforce, so it always seems to say something."


def _about(name: str, why: str, mapped: Mapping[str, str], absent: frozenset[str]) -> str:
    if name not in mapped:
        return f"not mapped; for {why}"
    return f"{mapped[name]}{', which this CRM does not have' if name in absent else ''}; for {why}"


def _says(one: Created, name: str) -> bool:
    value = one.lead.values.get(name)
    return text_in(one.lead.values, name) is not None if isinstance(value, str) else value is not None


def needs(policy: Policy) -> Mapping[str, str]:
    """Canonical field to who asks for it, of rules, fit and engagement, and the keys of a match."""
    asked: dict[str, list[str]] = {}
    conditions = [rule.when for rule in policy.rules]
    conditions += [area.when for place in policy.destinations.values() for area in place.areas]
    words = {word.name for condition in conditions for word in words_of(condition)}
    scored = {field for lineage in LINEAGE.values() for field in lineage}
    for user, fields in (("the rules", words), ("the score", scored), ("matching", set(_KEYS))):
        for name in sorted({behind for field in fields for behind in _BEHIND.get(field, (field,))} & FIELDS.keys()):
            asked.setdefault(name, []).append(user)
    return {name: " and ".join(users) for name, users in asked.items()}
