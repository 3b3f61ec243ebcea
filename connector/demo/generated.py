"""Leads as a B2B company gets them, where no file is given: most ordinary, some hot, some for somebody else, some junk."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from config.fields import Value
from connector.demo import identity, words
from connector.demo.draws import chosen, drawn, in_a_hundred
from connector.demo.lead import CRMS, CRMName, DemoLead
from connector.demo.portals import POOLS
from connector.demo.typos import again
from connector.moments import moment_text

Draft = dict[str, Value]

_REPEATED: Final = 8
"""Percent of the leads who come a second time, a third of them in the same CRM."""


def generated(count: int, now: datetime, first: int = 1) -> Iterator[DemoLead]:
    """`count` leads from number `first` on: the same numbers at the same moment give the same leads.

    Somebody who comes twice comes again up to ten leads later.
    """
    waiting: list[tuple[int, DemoLead]] = []
    number, made = first, 0
    while made < count:
        if waiting and waiting[0][0] <= number:
            lead = waiting.pop(0)[1]
        else:
            lead = one(number, now)
            if in_a_hundred(_REPEATED, number, "comes again"):
                waiting.append((number + 1 + drawn(10, number, "later"), again(lead, _second_crm(lead))))
                waiting.sort(key=lambda pair: pair[0])
            number += 1
        made += 1
        yield lead


def _second_crm(lead: DemoLead) -> CRMName:
    same = in_a_hundred(33, lead.number, "same CRM")
    return lead.crm if same else CRMS[1 - CRMS.index(lead.crm)]


def one(number: int, now: datetime) -> DemoLead:
    """The lead of that number."""
    draft: Draft = {field: make(number) for field, make in identity.MADE_UP.items()}
    draft["country"] = identity.weighted(words.COUNTRIES, number, "country")
    draft["source"] = identity.weighted(words.SOURCES, number, "source")
    draft["email"] = identity.email(number, str(draft["company"]), str(draft["first_name"]), str(draft["last_name"]))
    _watched(draft, number, now)
    identity.weighted(_STORIES, number, "story")(draft, number, now)
    return DemoLead(number, chosen(CRMS, number, "crm"), {field: value for field, value in draft.items() if value is not None})


def _watched(draft: Draft, number: int, now: datetime) -> None:
    """What the web site and the mailings saw, from nothing to a lot."""
    interest = drawn(100, number, "interest")
    visits = drawn(1 + interest // 12, number, "visits")
    draft["visits"] = visits
    draft["page_views"] = visits * (1 + drawn(4, number, "pages"))
    draft["seconds_on_site"] = visits * drawn(400, number, "seconds")
    draft["pricing_views"] = drawn(3, number, "pricing") if interest > 70 else 0
    draft["email_opens"] = drawn(6, number, "opens")
    draft["email_clicks"] = drawn(3, number, "clicks") if interest > 50 else 0
    if visits:
        draft["last_visit_at"] = _ago(now, drawn(20 * 24 * 60, number, "last visit"))


def _ago(now: datetime, minutes: int) -> str:
    return moment_text((now - timedelta(minutes=minutes)).replace(microsecond=0))


# ── their stories ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _ordinary(_draft: Draft, _number: int, _now: datetime) -> None:
    """As drawn."""


def _asks(draft: Draft, number: int, now: datetime) -> None:
    draft["hand_raise"] = chosen(("demo", "contact sales", "pricing", "free trial"), number, "asks for")
    draft["hand_raised_at"] = _ago(now, drawn(90, number, "asked"))
    draft["comment"] = chosen(_COMMENTS, number, "comment")


_COMMENTS: Final = (
    "Please call me back, we decide this quarter.",
    "How long does it take to get started with 20 users?",
    "We want to replace our present tool before the summer.",
)


def _unwatched(draft: Draft, _number: int, _now: datetime) -> None:
    """From an event list: nothing watches them, which is not the same as seeing nothing."""
    for field in ("visits", "page_views", "seconds_on_site", "pricing_views", "email_opens", "email_clicks", "last_visit_at"):
        draft.pop(field, None)
    draft["source"] = "Trade Show"


def _free_mail(draft: Draft, number: int, _now: datetime) -> None:
    """Gmail gives out no address with a hyphen, so this is nobody's."""
    names = identity.plain_words(f"{draft['first_name']} {draft['last_name']}")
    draft |= {"email": f"{'-'.join(names)}-{number}@gmail.com", "company": None, "employees": None}


def _half_empty(draft: Draft, number: int, _now: datetime) -> None:
    for field in ("title", "employees", "industry", "country", "company", "source"):
        if in_a_hundred(55, number, field, "empty"):
            draft[field] = None


def _junk(draft: Draft, number: int, _now: datetime) -> None:
    keys = chosen(("asdf", "qwerty", "xxx", "aaa"), number, "keys")
    draft |= {"first_name": keys, "last_name": f"{keys}{number}", "company": keys, "title": keys, "employees": 1}
    draft |= {"email": f"{keys}{number}@{keys}.example", "industry": None, "relationship": chosen(("test", None), number, "test")}


def _not_for_sales(draft: Draft, number: int, _now: datetime) -> None:
    draft["relationship"] = chosen(("competitor", "competitor", "vendor", "job_seeker"), number, "relationship")


def _customer(draft: Draft, number: int, _now: datetime) -> None:
    draft |= {"relationship": "customer", "account_owner": _rep(number)}


def _in_a_deal(draft: Draft, number: int, _now: datetime) -> None:
    draft |= {"open_opportunity": True, "account_owner": _rep(number)}


def _target_account(draft: Draft, number: int, _now: datetime) -> None:
    draft |= {"target_account": True, "account_owner": _rep(number)}


def _rep(number: int) -> str:
    return chosen([rep for pool in ("closers", "sdrs") for rep in POOLS[pool]], number, "account owner")


Story = Callable[[Draft, int, datetime], None]

_STORIES: Final[tuple[tuple[Story, int], ...]] = (
    (_ordinary, 48),
    (_asks, 13),
    (_unwatched, 8),
    (_free_mail, 7),
    (_half_empty, 7),
    (_junk, 4),
    (_not_for_sales, 4),
    (_customer, 3),
    (_in_a_deal, 3),
    (_target_account, 3),
)
"""What a lead is besides what was drawn for all, and in how many of a hundred."""
