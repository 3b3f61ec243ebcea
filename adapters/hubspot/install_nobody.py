"""Owners under whom contacts are born: defaults and integrations, which nobody chose and Leadline may replace."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from adapters.hubspot.answers import OwnerRow
from adapters.hubspot.batches import portions
from adapters.hubspot.mapping import CREATED, OWNER
from adapters.hubspot.moments import instant
from adapters.hubspot.reading import HISTORY_LIMIT
from adapters.hubspot.setup import SEARCH_PAGE, Setup
from adapters.hubspot.setup_answers import Past, Version
from adapters.kit import Nobody

DAYS: Final = 90
MOST: Final = 2_000
"""The newest contacts that are looked at: ten searches and forty reads."""

AT_BIRTH: Final = timedelta(seconds=60)
"""An owner set this soon was part of the creation: a form's, an import's or an integration's default."""

SHOWN: Final = 3
"""Sources that are named."""

FEWEST: Final = 10
"""Births under one owner from which anything is concluded."""


@dataclass(frozen=True, slots=True)
class Birth:
    """Whose a contact was at its creation, and whether somebody else has it now."""

    owner_id: str
    """Empty: nobody's."""
    passed_on: bool
    source: str
    """What set the owner, in HubSpot's word: FORM, IMPORT, INTEGRATION; empty where there was none."""
    day: str


def births(setup: Setup, now: datetime) -> Sequence[Birth]:
    """The contacts of the last 90 days, the newest 2,000 of them."""
    ids = list(_newest(setup, now - timedelta(days=DAYS)))
    return [birth for some in portions(ids, HISTORY_LIMIT) for past in setup.pasts(some, OWNER) if (birth := _birth(past))]


def proposal(found: Sequence[Birth], owners: Mapping[str, OwnerRow]) -> Iterator[Nobody]:
    """Who might be nobody, the most frequent first."""
    born, passed = Counter(birth.owner_id for birth in found), Counter(birth.owner_id for birth in found if birth.passed_on)
    for owner_id, leads in born.most_common():
        if why := _why(owner_id, leads, passed[owner_id], owners.get(owner_id)):
            owner = owners.get(owner_id)
            name = (owner.name or owner.email) if owner else "no owner" if not owner_id else f"owner {owner_id}"
            mine = [birth for birth in found if birth.owner_id == owner_id]
            made = Counter(birth.source for birth in mine if birth.source)
            since = min(birth.day for birth in mine)
            yield Nobody(owner_id, name, leads, why, len(found), passed[owner_id], since, tuple(made.most_common(SHOWN)))


def _why(owner_id: str, leads: int, passed: int, owner: OwnerRow | None) -> str:
    if not owner_id:
        return f"born without an owner; {passed} have one now"
    if owner is None or owner.archived:
        return "who has left"
    if owner.type == "QUEUE":
        return f"a queue; {passed} were handed on"
    if leads >= FEWEST and passed * 2 >= leads:
        return f"and {passed} of them were handed on to somebody else since: a default, it seems"
    return ""


def _newest(setup: Setup, since: datetime) -> Iterator[str]:
    """Newest first, each page beginning where the last one ended: search gives no more than 10,000 in one question."""
    before, seen = "", 0
    while seen < MOST:
        filters = [{"propertyName": CREATED, "operator": "GTE", "value": str(int(since.timestamp() * 1000))}]
        if before:
            filters.append({"propertyName": "hs_object_id", "operator": "LT", "value": before})
        page = setup.search(filters, ["hs_object_id"], limit=min(SEARCH_PAGE, MOST - seen), sort="-hs_object_id")
        yield from page.ids
        seen += len(page.ids)
        if len(page.ids) == page.total or not page.ids:
            return
        before = page.ids[-1]


def _birth(past: Past) -> Birth | None:
    created = instant(past.created)
    if created is None:
        return None
    first = next((one for one in past.versions if _soon(one, created)), None)
    last = past.versions[-1].value if past.versions else ""
    owner_id = first.value if first else ""
    source = first.source.lower().replace("_", " ") if first else ""
    return Birth(owner_id, passed_on=last != owner_id, source=source, day=f"{created:%Y-%m-%d}")


def _soon(version: Version, created: datetime) -> bool:
    at = instant(version.at)
    return at is not None and at - created <= AT_BIRTH
