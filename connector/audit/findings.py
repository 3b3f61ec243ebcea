"""The worst that an audit found, as sentences: a number, and what follows. No money: nobody has said what a lead is worth."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from connector.audit.figures import Audit, Figure, Rate
from connector.audit.speed import MORE_THAN_A_DAY

SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Finding:
    figure: str
    headline: str
    """The number, with what it counts."""
    follows: str
    """What comes of it."""
    weight: float
    """Records concerned, each counted by how much it is hurt: a lost one fully, an ill-described one by a tenth."""


def findings(audit: Audit, thing: str) -> Sequence[Finding]:
    """What went wrong, the worst first; empty where nothing did, or nothing could be read."""
    figures = {figure.name: figure for figure in audit.figures if not figure.unread}
    found = (finding for name, find in _FINDERS if name in figures for finding in find(figures[name], thing.lower()))
    return sorted((one for one in found if one.weight >= 1), key=lambda one: -one.weight)


def percent(count: int, of: int) -> str:
    """`33 %`; `under 1 %` rather than a zero that is none."""
    if not of:
        return "0 %"
    share = 100 * count / of
    if 0 < share < 1:
        return "under 1 %"
    return "over 99 %" if 99 < share < 100 else f"{share:.0f} %"


def spoken(seconds: int) -> str:
    """`4 min`, `3 h 20 min`, `6 days 4 h`."""
    minutes, hours, days = round(seconds / 60), seconds // 3600, seconds // 86_400
    if seconds < 60:
        return f"{seconds} s"
    if minutes < 60:
        return f"{minutes} min"
    if days < 2:
        rest = round(seconds % 3600 / 60) % 60
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    rest = (seconds % 86_400) // 3600
    return f"{days} days {rest} h" if rest else f"{days} days"


def briefly(seconds: int) -> str:
    """The largest unit alone: `4 min`, `6 h`, `3 days`."""
    for unit, size in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= (2 * size if unit == "days" else size):
            return f"{round(seconds / size)} {unit}"
    return f"{seconds} s"


def _of(rate: Rate, thing: str) -> str:
    """`412 of 1,240 leads (33 %)`."""
    return f"{rate.count:,} of {rate.of:,} {thing} ({percent(rate.count, rate.of)})"


def _never(figure: Figure, thing: str) -> Iterator[Finding]:
    if figure.rate is None:
        return
    least = "At most " if figure.notes else ""
    headline = f"{least}{_of(figure.rate, thing)} were never touched"
    follows = "Nobody called them, wrote to them or met them, as far as the CRM shows."
    yield Finding(figure.name, headline, follows, figure.rate.count)


def _slow(figure: Figure, thing: str) -> Iterator[Finding]:
    if figure.rate is None or not figure.rate.count:
        return
    late = sum(part.count for part in figure.parts if part.label in MORE_THAN_A_DAY)
    headline = f"Half of the touched {thing} waited {spoken(figure.values['p50_seconds'])} or longer for the first touch"
    follows = (
        f"{late:,} waited more than a day, one in twenty {spoken(figure.values['p95_seconds'])} or longer; whoever asks several "
        "sellers has time to hear from another one first."
    )
    yield Finding(figure.name, headline, follows, 0.6 * late)


def _counted(said: str, follows: str, weight: float) -> Callable[[Figure, str], Iterator[Finding]]:
    def find(figure: Figure, thing: str) -> Iterator[Finding]:
        if figure.rate is not None:
            yield Finding(figure.name, f"{_of(figure.rate, thing)} {said}", follows, weight * figure.rate.count)

    return find


def _uneven(figure: Figure, thing: str) -> Iterator[Finding]:
    if figure.values.get("most_to_fair_percent", 0) < 150:
        return
    most = figure.parts[0]
    times = f"{figure.values['most_to_fair_percent'] / 100:.1f}"
    headline = f"{most.label} holds {most.count:,} of the {most.of:,} {thing} that belong to a rep, {times} times a fair share"
    follows = f"That is {figure.values['beyond_fair']:,} more than an equal share, all waiting for one person."
    yield Finding(figure.name, headline, follows, 0.4 * figure.values["beyond_fair"])


_FINDERS: Final[Sequence[tuple[str, Callable[[Figure, str], Iterator[Finding]]]]] = (
    ("never_touched", _never),
    ("first_touch", _slow),
    ("owned_by_leavers", _counted("belong to people who left", "Nobody is told when one of them asks again.", 1.1)),
    ("owned_by_unmanned_queues", _counted("lie in queues without a member", "Nobody sees them there.", 1.1)),
    ("owned_by_nobody", _counted("belong to nobody", "No one is expected to act on them, and nobody is asked why not.", 0.8)),
    (
        "duplicates_inside",
        _counted("are second records of somebody already there", "Two reps can work the same person without knowing.", 0.7),
    ),
    (
        "duplicates_across",
        _counted("are in the other CRM too", "Two teams can work the same person without knowing.", 0.3),
    ),
    ("share_per_rep", _uneven),
    (
        "would_unsure",
        _counted(
            "say too little about themselves to be judged", "A person would have to look at each before it can go anywhere.", 0.3
        ),
    ),
    ("sources", _counted("came without a source", "What brought them cannot be told, so nor can what works.", 0.2)),
)
