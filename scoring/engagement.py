"""Engagement: what they did, how much and how recently. Not measured is None; measured and nothing seen is 0."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from config.profile import EngagementRules, HandRaise, Kind
from scoring.decay import decayed
from scoring.features import Features
from scoring.scores import Reason, Score
from scoring.seen import Seen, seen, seen_raised, told_kind
from scoring.words import ago, plain

_NOT_MEASURED: Final = Score(value=None, reasons=(Reason("engagement", 0, "engagement not measured", known=False),))
_NOTHING_SEEN: Final = Reason("engagement", 0, "no activity seen", known=True)


def engagement(features: Features, rules: EngagementRules, as_of: datetime) -> Score:
    """0-100, or None where nothing watches this person."""
    if not features.measured:
        return _NOT_MEASURED
    events = list(seen(features, rules, as_of))
    raised = seen_raised(features, rules, as_of)
    reasons = [*_counted(events, rules.kinds), *_raised(raised, rules.hand_raise), *_without_points(features, rules, raised)]
    reasons += _held(reasons, rules.hand_raise, recent=raised is not None and is_recent(raised, rules.hand_raise))
    reasons += _assumed([*events, raised] if raised else events)
    return Score(value=sum(reason.points for reason in reasons), reasons=tuple(reasons) or (_NOTHING_SEEN,))


def hand_raised(features: Features, rules: EngagementRules, as_of: datetime) -> bool:
    """Asked to talk to sales, and recently enough for the floor to hold."""
    raised = seen_raised(features, rules, as_of)
    return raised is not None and is_recent(raised, rules.hand_raise)


def is_recent(raised: Seen, rules: HandRaise) -> bool:
    return raised.age <= rules.floor_hours * 3600


def _counted(events: Iterable[Seen], kinds: Iterable[Kind]) -> Iterator[Reason]:
    kind_by_name = {kind.name: kind for kind in kinds}
    for event in events:
        kind = kind_by_name[event.kind]
        says = _count_in_words(event) + (f" (last {ago(event.age)})" if event.dated else "")
        yield Reason(event.kind, decayed(_worth(kind, event.count), event.age, kind.half_life_days), says, known=True)


def _worth(kind: Kind, count: int) -> int:
    events = count // kind.per
    return min(kind.cap, kind.each * min(events, kind.full) + kind.then * max(events - kind.full, 0))


def _raised(raised: Seen | None, rules: HandRaise) -> Iterator[Reason]:
    if raised is not None:
        says = _ASKED_FOR[raised.kind] + (f" {ago(raised.age)}" if raised.dated else "")
        yield Reason("hand_raise", decayed(rules.points, raised.age, rules.half_life_days), says, known=True)


def _without_points(features: Features, rules: EngagementRules, raised: Seen | None) -> Iterator[Reason]:
    """What is known and counts nothing is still said: a bounce, an SMS of ours, a download that is no request to talk."""
    if features.last_activity and told_kind(features, rules) is None:
        yield Reason("last_activity", 0, f'last activity "{plain(features.last_activity)}"', known=True)
    if features.hand_raise and raised is None:
        yield Reason("hand_raise", 0, f"asked for {plain(features.hand_raise)}, not for a talk", known=True)


def _held(reasons: Iterable[Reason], rules: HandRaise, *, recent: bool) -> Iterator[Reason]:
    total = sum(reason.points for reason in reasons)
    if total > 100:
        yield Reason("ceiling", 100 - total, "no score is above 100", known=True)
    elif recent and total < rules.floor:
        says = f"at least {rules.floor} for {rules.floor_hours} hours after asking"
        yield Reason("hand_raise_floor", rules.floor - total, says, known=True)


def _assumed(events: Iterable[Seen]) -> Iterator[Reason]:
    undated = [event for event in events if not event.dated]
    if undated:
        yield Reason("undated", 0, f"what has no date counts as of {ago(undated[0].age)}", known=False)


_ASKED_FOR: Final[Mapping[str, str]] = {
    "demo": "asked for a demo",
    "contact": "asked to be contacted",
    "pricing": "asked for prices",
    "trial": "asked for a trial",
}

_IN_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "visits": ("1 visit", "{} visits"),
    "page_views": ("1 page viewed", "{} pages viewed"),
    "pricing_views": ("pricing page 1x", "pricing page {}x"),
    "email_opens": ("1 mail opened", "{} mails opened"),
    "email_clicks": ("1 mail link clicked", "{} mail links clicked"),
    "email_replies": ("1 mail answered", "{} mails answered"),
    "forms_sent": ("1 form sent", "{} forms sent"),
    "meetings": ("1 meeting booked", "{} meetings booked"),
    "conversations": ("talked with us", "talked with us"),
    "attendances": ("came to an event", "came to an event"),
}


def _count_in_words(event: Seen) -> str:
    if event.kind == "seconds_on_site":
        return f"{event.count // 60} min on site" if event.count >= 60 else f"{event.count} s on site"
    one, many = _IN_WORDS[event.kind]
    return one if event.count == 1 else many.format(event.count)
