"""What the audit took of the CRM's daily limit, and what a day of Leadline would take."""

from collections import Counter
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from connector.audit.figures import Figure
from connector.audit.meter import Meter
from connector.audit.reading import Material

NEW: Final = 4
"""Calls for one new record that comes alone: read, write the fields, set the owner, make the task. Together they share calls."""

CHANGED: Final = 2
"""Calls for one changed record that comes alone: read, and write if the decision changed."""


@dataclass(frozen=True, slots=True)
class Metered:
    calls: int
    used: int | None
    limit: int | None

    @classmethod
    def of(cls, meter: Meter) -> "Metered":
        return cls(meter.total, meter.used, meter.limit)


def created(material: Material, zone: tzinfo, days: int, thing: str) -> Figure:
    """How many there are, and on how busy a day."""
    values = {"days": days, "busiest_day": busiest_day(material, zone)}
    if material.changed is not None:
        values["changed_in_the_last_day"] = material.changed
    title, definition = f"{thing} created", f"{thing} created in the window that exist today; deleted and merged ones are gone."
    notes = [f"Changes of the last day could not be counted: {why}"] if (why := material.unread.get("changed")) else []
    return Figure(
        "created", title, definition, values={"records": len(material.created), **values}, notes=(*notes, *material.remarks)
    )


def busiest_day(material: Material, zone: tzinfo) -> int:
    """Most records created on one of the company's days."""
    days = Counter(one.lead.created_at.astimezone(zone).date() for one in material.created)
    return max(days.values(), default=0)


def cost(material: Material, metered: Metered, busiest: int) -> Figure:
    title = "API calls"
    definition = (
        f"The most that a day of Leadline would take, by these records: {NEW} calls for each of the busiest day, {CHANGED} for "
        "each other one that changed in the last 24 hours, if every one came alone; in batches it is far less."
    )
    other = max((material.changed or 0) - busiest, 0)
    values = {"audit_calls": metered.calls, "day_calls": NEW * busiest + CHANGED * other}
    notes = []
    if metered.limit:
        values |= {"daily_limit": metered.limit, "used_by_all_today": metered.used or 0}
        values["day_permille_of_limit"] = round(1000 * values["day_calls"] / metered.limit)
    else:
        notes.append("This CRM did not say what its daily limit is (HubSpot does not tell it to an app installed by OAuth).")
    if material.changed is None:
        notes.append("Changes of the last day could not be counted, so they are not in it.")
    return Figure("cost", title, definition, values=values, notes=tuple(notes))
