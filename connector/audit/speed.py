"""How soon somebody did something about a record, and about which ones nobody ever did."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from adapters.history import Created, Touch
from adapters.records import RecordRef
from config.policy import Hours
from connector.audit.figures import Figure, Part
from connector.audit.ownership import Ownership
from connector.audit.rates import rate
from connector.audit.reading import Material
from connector.bench.arithmetic import percentile
from connector.routing.sla import worked

MORE_THAN_A_DAY: Final = ("1 to 7 days", "more than 7 days")
"""Labels of the slowest touches."""

_STEPS: Final = (
    ("up to 5 minutes", timedelta(minutes=5)),
    ("5 minutes to 1 hour", timedelta(hours=1)),
    ("1 to 8 hours", timedelta(hours=8)),
    ("8 to 24 hours", timedelta(hours=24)),
    (MORE_THAN_A_DAY[0], timedelta(days=7)),
)
_LATER: Final = MORE_THAN_A_DAY[1]
_NEVER: Final = "never"

FULL_DAY: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class FirstTouches:
    """The first touch by a person of each record that has one."""

    material: Material
    first: Mapping[RecordRef, Touch]
    unnamed: int
    """Touches that no person is named for: automatic ones, and those of integrations."""
    before: int
    """Records whose first touch is older than they are: somebody was in contact and then made the record."""

    def touched(self, one: Created) -> bool:
        return one.ref in self.first

    def wait(self, one: Created) -> timedelta:
        return max(self.first[one.ref].at - one.lead.created_at, timedelta())


def first_touches(material: Material, ownership: Ownership) -> FirstTouches:
    """A touch that lies ahead (a meeting that was booked) has not happened."""
    happened = {ref: [touch for touch in found if touch.at <= material.until] for ref, found in material.touches.items()}
    by_people = {ref: [touch for touch in found if ownership.is_persons(touch)] for ref, found in happened.items()}
    first = {ref: min(found, key=lambda touch: (touch.at, touch.kind)) for ref, found in by_people.items() if found}
    unnamed = sum(map(len, happened.values())) - sum(map(len, by_people.values()))
    before = sum(one.ref in first and first[one.ref].at < one.lead.created_at for one in material.created)
    return FirstTouches(material, first, unnamed, before)


def speed(found: FirstTouches, thing: str, hours: Hours) -> Sequence[Figure]:
    """First touch, never touched, and whether work leaves a trace."""
    return [_speed(found, thing, hours), _kinds(found, thing), _never(found, thing), _logged(found, thing)]


def _speed(found: FirstTouches, thing: str, hours: Hours) -> Figure:
    title = "Speed to first touch"
    definition = (
        f"Time from the creation of the {thing.lower()} to the first call, e-mail, meeting or completed task of a person, "
        "for those that have one; in working hours only the company's opening times count."
    )
    created = found.material.created
    if not found.material.touches_known:
        return Figure("first_touch", title, definition, unread=_why(found.material))
    touched = [one for one in created if found.touched(one)]
    waits = [int(found.wait(one).total_seconds()) for one in touched]
    working = [int(worked(one.lead.created_at, one.lead.created_at + found.wait(one), hours).total_seconds()) for one in touched]
    values = {**_percentiles("seconds", waits), **_percentiles("working_seconds", working), "before_creation": found.before}
    reached = Counter(_step(timedelta(seconds=wait)) for wait in waits)
    reached[_NEVER] = len(created) - len(touched)
    parts = tuple(Part(label, reached[label], len(created)) for label in (*(step for step, _ in _STEPS), _LATER, _NEVER))
    return Figure("first_touch", title, definition, rate(len(touched), len(created)), values, parts, _notes(found))


def _percentiles(unit: str, values: Sequence[int]) -> dict[str, int]:
    shown = {f"p{percent}_{unit}": percentile(values, percent) for percent in (50, 95)}
    return {name: int(value) for name, value in shown.items() if value is not None}


def _step(wait: timedelta) -> str:
    return next((label for label, most in _STEPS if wait <= most), _LATER)


def _kinds(found: FirstTouches, thing: str) -> Figure:
    title, definition = "How the first touch was made", f"{thing} by the kind of their first touch, of all that were touched."
    if not found.material.touches_known:
        return Figure("first_touch_kind", title, definition, unread=_why(found.material))
    kinds = Counter(touch.kind for touch in found.first.values())
    parts = tuple(Part(_SAID[kind], count, kinds.total()) for kind, count in kinds.most_common())
    return Figure("first_touch_kind", title, definition, parts=parts)


_SAID: Final = {"call": "call", "email": "e-mail", "meeting": "meeting", "task": "completed task"}


def _never(found: FirstTouches, thing: str) -> Figure:
    title = "Never touched"
    definition = (
        f"{thing} without a call, e-mail, meeting or completed task of a person to this day, of all created in the window."
    )
    created = found.material.created
    if not found.material.touches_known:
        return Figure("never_touched", title, definition, unread=_why(found.material))
    never = [one for one in created if not found.touched(one)]
    young = sum(found.material.until - one.lead.created_at < FULL_DAY for one in never)
    values = {"younger_than_a_day": young}
    return Figure("never_touched", title, definition, rate(len(never), len(created)), values, notes=_untold(found.material))


def _logged(found: FirstTouches, thing: str) -> Figure:
    """Under 80 % the CRM does not show the work that was done, and clocks may only measure."""
    title = "Work that left a trace"
    definition = (
        f"{thing} with a logged touch, of those that somebody must have worked: converted, or with an opportunity; under 80 % "
        "Leadline's clocks only measure."
    )
    material = found.material
    if not material.touches_known or material.results is None:
        why = _why(material) if not material.touches_known else material.unread["results"]
        return Figure("touch_logged", title, definition, unread=why)
    results = material.results
    worked_on = [one for one in material.created if one.converted or results[one.ref].opportunity]
    traced = sum(map(found.touched, worked_on))
    return Figure("touch_logged", title, definition, rate(traced, len(worked_on)), notes=_untold(material))


def _why(material: Material) -> str:
    return " ".join(dict.fromkeys(material.unread[name] for name in material.untold))


def _untold(material: Material) -> tuple[str, ...]:
    return tuple(f"{name} could not be read, so touches are missing here: {material.unread[name]}" for name in material.untold)


def _notes(found: FirstTouches) -> tuple[str, ...]:
    read = [name for name in found.material.sources if name not in found.material.unread]
    notes = [f"Read from {', '.join(read)}.", *_untold(found.material)]
    if found.unnamed:
        notes.append(f"{found.unnamed:,} activities name no person (automatic ones, integrations) and count as no touch.")
    if found.before:
        notes.append(f"{found.before:,} were touched before they were created, by whoever then made the record: that is no wait.")
    if "owners" in found.material.unread:
        notes.append("Users could not be read, so whoever an activity names was taken for a person.")
    return tuple(notes)
