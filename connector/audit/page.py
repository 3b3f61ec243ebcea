"""The audit as one page that needs nothing else: no script, no font, no picture. A pure function of the frozen figures."""

from collections.abc import Callable, Mapping
from importlib import resources
from typing import Final

from jinja2 import Environment, StrictUndefined

from connector.audit.figures import FEW, Audit, Figure, Rate
from connector.audit.findings import SHOWN, briefly, findings, percent, spoken
from connector.audit.words import thing
from connector.audit.would import CELLS

_VENDORS: Final[Mapping[str, str]] = {"salesforce": "Salesforce", "hubspot": "HubSpot"}


def page(audit: Audit) -> str:
    """The whole HTML document."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"number": number, "share": share, "range": interval, "permille": _permille, "pretty": _pretty}
    template = environment.from_string(resources.files("connector.audit").joinpath("page.html").read_text(encoding="utf-8"))
    things = thing_of(audit)
    return template.render(
        audit=audit,
        thing=things,
        vendor=_VENDORS.get(audit.kind, audit.kind),
        since=audit.since[:10],
        until=f"{audit.until[:10]} {audit.until[11:16]} UTC",
        worst=findings(audit, things)[:SHOWN],
        tiles=tiles(audit),
        figures={figure.name: figure for figure in audit.figures},
        sections=SECTIONS,
        said_of_rates=_SAID_OF_RATES,
        ranged=_RANGED,
        values=shown_values,
        columns=_columns,
        rows=_grades,
        few=FEW,
    )


SECTIONS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("What came in", ("created",)),
    ("How soon somebody acted", ("first_touch", "first_touch_kind", "never_touched", "touch_logged")),
    ("Whose they are", ("owned_by_leavers", "owned_by_unmanned_queues", "owned_by_nobody", "share_per_rep")),
    ("Who is there twice", ("duplicates_inside", "duplicates_across")),
    ("What the sources bring", ("sources",)),
    ("What the records say", ("fill",)),
    ("What Leadline would have done", ("would_routes", "would_unsure", "would_reasons", "would_grades")),
    ("What it costs in calls", ("cost",)),
)


_SAID_OF_RATES: Final[Mapping[str, str]] = {
    "first_touch": "were touched",
    "touch_logged": "show a touch",
    "sources": "came without a source",
    "would_routes": "would go to a person",
}
"""Where the title does not say what is counted."""

_RANGED: Final = frozenset({"first_touch", "never_touched", "touch_logged", "would_routes", "would_unsure"})
"""Rates that say something of records yet to come, and so have a range. Whose the records are today is plain fact."""


def thing_of(audit: Audit) -> str:
    return thing(audit.object)


def number(value: int) -> str:
    return f"{value:,}"


def share(rate: Rate) -> str:
    return percent(rate.count, rate.of).replace("under ", "<").replace("over ", ">")


def interval(rate: Rate) -> str:
    """`31–36 %`."""
    return f"{_whole(rate.low)}–{_whole(rate.high)} %"


def _whole(permille: int) -> str:
    return f"{permille / 10:.0f}"


def _permille(count: int, of: int) -> str:
    """The width of a bar."""
    return f"{100 * count / of:.1f}%" if of else "0%"


def _pretty(name: str) -> str:
    """`last_name` as `Last name`."""
    return name.replace("_", " ").capitalize()


_TILES: Final = (
    ("created", "created in {days} days"),
    ("first_touch", "median wait for a first touch"),
    ("never_touched", "never touched"),
    ("owned_by_leavers", "owned by people who left"),
    ("duplicates_inside", "duplicates"),
    ("would_unsure", "would need a person's look"),
)


def tiles(audit: Audit) -> list[tuple[str, str]]:
    """A number and what it is; a dash where it could not be read."""
    return [(_tile(audit.figure(name)), said.format(days=audit.days)) for name, said in _TILES]


def _tile(figure: Figure) -> str:
    if figure.unread:
        return "–"
    if figure.name == "created":
        return number(figure.values["records"])
    if figure.name == "first_touch":
        return briefly(figure.values["p50_seconds"]) if "p50_seconds" in figure.values else "–"
    return share(figure.rate) if figure.rate and figure.rate.of else "–"


_Show = Callable[[int], str]

_VALUES: Final[Mapping[str, tuple[str, _Show]]] = {
    "records": ("records", number),
    "busiest_day": ("on the busiest day", number),
    "changed_in_the_last_day": ("created or changed in the last 24 hours", number),
    "p50_seconds": ("half are reached within", spoken),
    "p95_seconds": ("95 of 100 within", spoken),
    "p50_working_seconds": ("half within, in working hours", spoken),
    "p95_working_seconds": ("95 of 100 within, in working hours", spoken),
    "younger_than_a_day": ("of them younger than a day", number),
    "of_older_records": ("of a record from before the window", number),
    "torn_between_two": ("whose keys belong to two different people", number),
    "reps": ("people who hold records", number),
    "most_to_fair_percent": ("the largest share, in fair shares", lambda value: f"{value / 100:.2f}"),
    "fields": ("fields asked for", number),
    "absent": ("not in this CRM, or not mapped", number),
    "judged": ("judged", number),
    "linked": ("linked to an earlier record", number),
    "audit_calls": ("calls that this audit made", number),
    "day_calls": ("calls that a day would take, at most", number),
    "daily_limit": ("calls a day allowed", number),
    "used_by_all_today": ("used today by all programs", number),
    "day_permille_of_limit": ("of the daily limit, at most", lambda value: f"{value / 10:.1f} %"),
}
"""Values that are shown, in this order, in words."""


def shown_values(figure: Figure) -> list[tuple[str, str]]:
    return [(said, show(figure.values[name])) for name, (said, show) in _VALUES.items() if name in figure.values]


_COLUMNS: Final = ("touched", "converted", "opportunity", "won")


def _columns(figure: Figure) -> list[str]:
    """The further columns of its breakdown."""
    return [name for name in _COLUMNS if any(name in part.rates for part in figure.parts)]


def _grades(figure: Figure) -> list[tuple[str, list[tuple[str, int, int]]]]:
    """Rows of the matrix: letter, and its cells as (cell, count, of)."""
    parts = {part.label: part for part in figure.parts}
    cells = [(cell, parts[cell].count, parts[cell].of) for cell in CELLS]
    return [(letter, [one for one in cells if one[0][0] == letter]) for letter in "ABC"]
