"""Is it affordable: what of a CRM's calls is used, by whom, how fast, and whether they last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from adapters.errors import AdapterError
from connector.allowance import SpentError
from connector.crms import shares_of
from connector.shares import DAY, SLOT, Shares, left
from connector.store.budgets import Gate, Ledger, Queue, ledger_of, queues_of
from connector.store.connections import CrmConnection
from connector.wiring import Services

FRESH: Final = timedelta(minutes=5)
"""A figure of the CRM's that is older than this is asked for anew, at the price of one call."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Where it leads if everybody goes on as in the last hour."""

    ours_an_hour: int
    others_an_hour: int | None
    """None: not known yet."""
    total: int
    """Calls counted at `at`."""
    at: datetime
    """The end of the day, or of the next 24 hours where the window rolls."""
    spent_at: datetime | None
    """When only hot leads will go; None: not before `at`."""


@dataclass(frozen=True, slots=True)
class Outlook:
    connection: str
    shares: Shares
    limit: int
    told: bool
    """The CRM said what its limit is; otherwise it is assumed."""
    since: datetime
    ours: int
    hot: int
    """Of ours, for hot leads."""
    others: int
    told_at: datetime | None
    """When the CRM said last what is used; None: never."""
    for_all: int
    """Calls that every lead may still use."""
    for_hot: int
    """Calls that hot leads may still use: those, and the reserve."""
    reserve: int
    """Calls kept for hot leads, of the whole window."""
    forecast: Forecast
    gates: Sequence[Gate]
    waiting: Sequence[Queue]
    unasked: str
    """Why the CRM was not asked, where its figure is old; empty otherwise."""
    advice: str
    """The first thing to do where it does not last; empty where it does."""

    @property
    def used(self) -> int:
        return self.ours + self.others

    @property
    def lasts(self) -> bool:
        return not self.advice


def look(services: Services, crm: CrmConnection) -> Outlook:
    """At most one call, which any answer's headers need: the CRM's own figure is told in passing."""
    shares = shares_of(crm)
    ledger, unasked = ledger_of(services.engine, crm.name, shares), ""
    if ledger.counted.vendor_at is None or ledger.counted.now - ledger.counted.vendor_at > FRESH:
        unasked = _ask(services, crm)
        ledger = ledger_of(services.engine, crm.name, shares)
    return outlook(crm, shares, ledger, queues_of(services.engine, crm.name), unasked)


def _ask(services: Services, crm: CrmConnection) -> str:
    try:
        with services.for_leads(crm, hot=True) as adapter:
            adapter.identify()
    except SpentError as error:
        return str(error)
    except AdapterError as error:
        return f"{crm.name} was not asked for its figure: {error}"
    return ""


def outlook(crm: CrmConnection, shares: Shares, ledger: Ledger, waiting: Sequence[Queue], unasked: str = "") -> Outlook:
    """From figures alone."""
    counted = ledger.counted
    ceiling = shares.ceiling(counted.vendor_limit)
    whole = ceiling if shares.own is None else min(ceiling, shares.own)
    forecast = _forecast(shares, ledger)
    return Outlook(
        connection=crm.name,
        shares=shares,
        limit=shares.limit(counted.vendor_limit),
        told=counted.vendor_limit is not None,
        since=counted.since,
        ours=counted.ours,
        hot=ledger.hot,
        others=counted.others,
        told_at=counted.vendor_at,
        for_all=left(shares, counted, hot=False),
        for_hot=left(shares, counted, hot=True),
        reserve=whole - shares.for_all(whole),
        forecast=forecast,
        gates=[gate for gate in ledger.gates if gate.until > counted.now],
        waiting=waiting,
        unasked=unasked,
        advice=_advice(crm, shares, ledger, forecast),
    )


def _forecast(shares: Shares, ledger: Ledger) -> Forecast:
    counted = ledger.counted
    at = counted.now + DAY if shares.rolling else counted.since + DAY
    hours = max((counted.now - ledger.lately_from) / timedelta(hours=1), SLOT / timedelta(hours=1))
    ours, others = ledger.lately / hours, (ledger.others_lately or 0) / hours
    ahead = (at - counted.now) / timedelta(hours=1)
    # After a whole window nothing of the present one is counted any more.
    total = (0 if shares.rolling else counted.total) + (ours + others) * ahead
    room = left(shares, counted, hot=False)
    spent_in = room / (ours + others) if ours + others else None
    lasts = total <= _most(shares, ledger) and room > 0
    spent_at = None if lasts or spent_in is None else counted.now + timedelta(hours=spent_in)
    if room == 0:
        spent_at = counted.now
    known = ledger.others_lately is not None
    return Forecast(round(ours), round(others) if known else None, round(total), at, spent_at)


def _most(shares: Shares, ledger: Ledger) -> int:
    """Everybody's calls together, as long as every lead may go."""
    ceiling = shares.for_all(shares.ceiling(ledger.counted.vendor_limit))
    return ceiling if shares.own is None else min(ceiling, shares.for_all(shares.own) + ledger.counted.others)


_WHERE: Final[Mapping[str, str]] = {
    "salesforce": "Setup ► System Overview",
    "hubspot": "Settings ► Integrations",
}


def _advice(crm: CrmConnection, shares: Shares, ledger: Ledger, forecast: Forecast) -> str:
    counted, name = ledger.counted, crm.name
    others = max(counted.others, round((forecast.others_an_hour or 0) * 24))
    if gate := next((one for one in ledger.gates if one.policy == "daily" and one.until > counted.now), None):
        word = f" ({gate.code})" if gate.code else ""
        return f"The CRM refuses calls{word} until {gate.until:%H:%M} UTC. {_who(crm, counted.others, counted.ours)}"
    if forecast.spent_at is None:
        return ""
    if shares.own is not None and counted.ours + 1 > shares.for_all(shares.own):
        return f"Leadline's own limit is {shares.own} calls: allow it more with `leadline budget {name} --own N`."
    return _who(crm, others, max(counted.ours, forecast.ours_an_hour * 24))


def _who(crm: CrmConnection, others: int, ours: int) -> str:
    if others > ours:
        return f"Other programs use more than Leadline does: see which in {_WHERE[crm.kind]}, and have it call less."
    return "Leadline uses most of it: pause what can wait (backfills), or have the CRM's limit raised."
