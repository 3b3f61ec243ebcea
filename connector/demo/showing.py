"""Results for a person's eyes, in 80 columns or more."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from textwrap import fill

from rich.cells import set_cell_size
from rich.console import Console
from rich.text import Text

from connector.demo.results import Report, Result, percentile

MOST_SHOWN = 24
"""Leads in the table; of more, a choice that shows every route and grade."""

_CRM = {"salesforce": "Salesforce", "hubspot": "HubSpot"}
_GRADES = {"A": "green", "B": "yellow", "C": "red"}
_WIDTHS = (("CRM", 10), ("Fit", 3), ("Eng", 3), ("Grade", 5), ("Route", 17), ("Owner", 17), ("Time", 7))
_NARROW = {"CRM": 4, "Route": 15, "Owner": 14}
_NUMBERS = {"Fit", "Eng", "Time"}


def show_leads(console: Console, results: Sequence[Result]) -> None:
    """Two lines a lead: the facts, and below them the reason as it stands in the CRM."""
    chosen = spread(results, MOST_SHOWN)
    widths = _widths(console.width)
    heads = _line(widths, {"Lead": "Lead", **{name: name for name, _ in _WIDTHS}})
    console.print(Text(heads, style="bold"))
    for result in chosen:
        show_lead(console, result)
    if len(chosen) < len(results):
        console.print(f"{len(chosen)} of {len(results)} leads, chosen to show every route and grade.", style="dim")


def show_lead(console: Console, result: Result) -> None:
    cells = _cells(result, narrow=console.width < 110)
    line = Text(_line(_widths(console.width), cells))
    line.stylize(_GRADES.get(result.text("grade")[:1], "magenta"), 0, len(line))
    console.print(line)
    reason = result.text("route_reason") or f"No reason: lacks {', '.join(result.missing)}."
    console.print(Text(fill(reason, console.width, initial_indent="  ", subsequent_indent="  "), style="dim"))


def spread(results: Sequence[Result], most: int) -> Sequence[Result]:
    """At most `most`, in their order: first one of each route and grade, then evenly."""
    kinds: dict[tuple[str, str, bool], int] = {}
    for place, result in enumerate(results):
        kinds.setdefault((result.text("route"), result.text("grade"), result.lead.repeats), place)
    step = max(len(results) // most, 1)
    places = [*list(kinds.values())[:most], *range(0, len(results), step)]
    return [results[place] for place in sorted(list(dict.fromkeys(places))[:most])]


def _widths(console_width: int) -> Mapping[str, int]:
    widths = dict(_WIDTHS) if console_width >= 110 else {**dict(_WIDTHS), **_NARROW}
    return {"Lead": max(console_width - sum(widths.values()) - len(widths) - 1, 12), **widths}


def _cells(result: Result, *, narrow: bool) -> Mapping[str, str]:
    crm, company = _CRM[result.lead.crm], result.lead.values.get("company")
    return {
        "Lead": result.lead.name if narrow or not company else f"{result.lead.name}, {company}",
        "CRM": "SF" if narrow and crm == "Salesforce" else "HS" if narrow else crm,
        "Fit": result.text("fit_score") or "-",
        "Eng": result.text("engagement_score") or "n/m",
        "Grade": result.text("grade") or "-",
        "Route": result.text("route") or "LIMBO",
        "Owner": result.owner.removesuffix(" Leadline").removeprefix("Leadline ") or "nobody",
        "Time": duration(result.milliseconds),
    }


def _line(widths: Mapping[str, int], cells: Mapping[str, str]) -> str:
    return " ".join(_cell(cells[name], width, right=name in _NUMBERS) for name, width in widths.items())


def _cell(text: str, width: int, *, right: bool) -> str:
    if right:
        return text.rjust(width)[:width]
    return set_cell_size(text if len(text) <= width else f"{text[: width - 1]}…", width)


def duration(milliseconds: int | None) -> str:
    if milliseconds is None:
        return "never"
    return f"{milliseconds} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


# ── the totals ────────────────────────────────────────────────────────────────────────────────────────────────────────


_NAMES = 14
"""Columns for the names of the totals."""


def show_totals(console: Console, report: Report) -> None:
    for name, said in totals(report):
        text = Text(fill(said, console.width, initial_indent=name.ljust(_NAMES), subsequent_indent=" " * _NAMES))
        text.stylize("bold", 0, len(name))
        console.print(text)


def totals(report: Report) -> Iterator[tuple[str, str]]:
    """Name and value, ready to be shown."""
    document = report.document()
    yield "Leads", f"{document['leads']}, in limbo {document['in_limbo']}"
    yield "Routes", _counted(document["by_route"].items())
    yield "Grades", _counted(document["by_grade"].items())
    speeds = ", ".join(f"p{percent} {duration(percentile(report.speeds, percent))}" for percent in (50, 95, 99))
    yield "Speed", f"{speeds} from the lead's creation to its score in the CRM; {report.leads_per_second} leads/s"
    calls = ", ".join(f"{_CRM[crm]} {count}" for crm, count in report.calls.items())
    yield "CRM calls", f"{report.calls_per_lead:.2f} a lead ({calls})"
    yield "Duplicates", f"{report.duplicates} found and linked; people sent twice: {document['repeats_sent']}"
    yield "Packets", f"{report.proof.verified} of {report.proof.packets} verified"
    yield from (("Broken chain", finding) for finding in report.proof.findings[:5])
    yield (
        "Reasons",
        f"{document['reasons_naming_a_fact']:.1%} name a fact of the lead; default lane {document['default_lane_share']:.1%}",
    )
    yield from (("In limbo", _limbo(result)) for result in report.in_limbo[:10])


def _limbo(result: Result) -> str:
    return f"{_CRM[result.lead.crm]} {result.id} lacks {', '.join(result.missing)}"


def _counted(counts: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts)
