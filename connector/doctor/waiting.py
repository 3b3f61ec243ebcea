"""What waits on one connection, and why nothing may go."""

from collections.abc import Iterator
from typing import Final

from connector.crms import shares_of
from connector.doctor.finding import Finding, amber, failed, ok
from connector.doctor.visit import Visit
from connector.shares import left
from connector.store.budgets import ledger_of
from connector.store.connections import breaker_of
from connector.store.overview import access_of_all
from connector.store.standings import last_written, waiting_of
from connector.store.sweeps import sweep_of
from connector.sweeping import FIRST_SECONDS, interval

LATE_SECONDS: Final = 60.0
LOW_PERCENT: Final = 10
LATE_SWEEPS: Final = 3


def ask_inbox(visit: Visit) -> Iterator[Finding]:
    found = waiting_of(visit.services.engine, visit.crm.name)
    yield _late(
        "inbox", found.unopened, found.unopened_age, "Webhooks are taken in and not opened", "See worker, clock and Redis"
    )


def ask_due(visit: Visit) -> Iterator[Finding]:
    found = waiting_of(visit.services.engine, visit.crm.name)
    yield _late(
        "decisions", found.due, found.due_age, "Leads wait to be decided", "See worker and breaker; `leadline deadletters list`"
    )


def ask_writes(visit: Visit) -> Iterator[Finding]:
    found = waiting_of(visit.services.engine, visit.crm.name)
    fix = "See installation, pause, breaker, budget and grant"
    yield _late("writes", found.writes, found.write_age, "Decisions wait to be written", fix)


def ask_letters(visit: Visit) -> Iterator[Finding]:
    count = waiting_of(visit.services.engine, visit.crm.name).letters
    if count:
        sentence = f"What could not be done waits for somebody to look: {count}."
        yield amber("dead letters", sentence, "leadline deadletters list, then retry or drop")
    else:
        yield ok("dead letters", "There are none.")


def ask_breaker(visit: Visit) -> Iterator[Finding]:
    state = breaker_of(visit.services.engine, visit.crm.name)
    if state == "open":
        sentence = "The CRM left calls unanswered, so it is left alone for up to a minute; it is tried again by itself."
        yield failed("breaker", sentence, f"See whether {visit.crm.base_url} is up: trust.salesforce.com, status.hubspot.com")
    else:
        yield ok("breaker", "Closed." if state == "closed" else "The next call shows whether the CRM answers again.")


def ask_pause(visit: Visit) -> Iterator[Finding]:
    if visit.crm.paused:
        yield failed("pause", "Paused: decisions are made and nothing is written.", f"leadline resume {visit.crm.name}")
    else:
        yield ok("pause", "Not paused.")


def ask_mode(visit: Visit) -> Iterator[Finding]:
    modes = ", ".join(f"{source or 'all others'}: {mode}" for source, mode in sorted(visit.crm.modes.items()))
    yield ok("mode", modes or "Shadow for every source: our own fields only.")


def ask_budget(visit: Visit) -> Iterator[Finding]:
    shares = shares_of(visit.crm)
    counted = ledger_of(visit.services.engine, visit.crm.name, shares).counted
    rest, reserve = left(shares, counted, hot=False), left(shares, counted, hot=True)
    most, see = shares.for_all(shares.ceiling(counted.vendor_limit)), f"leadline budget {visit.crm.name}"
    if not reserve:
        yield failed("budget", "All calls of today are used, those for hot leads too.", see)
    elif not rest:
        yield failed("budget", f"Only hot leads go: {reserve} calls are left, and they are kept for those.", see)
    elif rest * 100 < most * LOW_PERCENT:
        yield amber("budget", f"{rest} of {most} calls are left today.", see)
    else:
        yield ok("budget", f"{rest} of {most} calls are left today.")


def ask_last_webhook(visit: Visit) -> Iterator[Finding]:
    last = access_of_all(visit.services.engine)[visit.crm.name].last_webhook
    yield ok("last webhook", f"{last:%Y-%m-%d %H:%M} UTC." if last else "None came yet.")


def ask_last_sweep(visit: Visit) -> Iterator[Finding]:
    """Late is three rounds missed: for a connection without webhooks that is when leads wait."""
    state, every = sweep_of(visit.services.engine, visit.crm.name, FIRST_SECONDS), interval(visit.crm)
    late = -state.due_in > LATE_SWEEPS * every or (state.ended_ago or 0.0) > LATE_SWEEPS * every + LATE_SECONDS
    how = f"every {every:.0f} s" + (", so a lead is seen that late at most" if visit.crm.sweep_only else "")
    last = f"Went through {state.ended_ago:.0f} s ago" if state.ended_ago is not None else "Has not gone through once yet"
    fix = f"leadline sweep {visit.crm.name} --now; see clock and worker"
    if state.problem and late:
        yield (failed if visit.crm.sweep_only else amber)("last sweep", f"{last}; the last one stopped: {state.problem}", fix)
    elif late:
        yield (failed if visit.crm.sweep_only else amber)("last sweep", f"{last}; it is due {how}.", fix)
    else:
        yield ok("last sweep", f"{last}; {how}.")
    for name, one in state.streams.items():
        if one.refused:
            yield amber("last sweep", f"{name} may not be read: {one.refused}", "Grant the right; the sweep then goes on there")


def ask_last_write(visit: Visit) -> Iterator[Finding]:
    last = last_written(visit.services.engine, visit.crm.name)
    yield ok("last write", f"{last:%Y-%m-%d %H:%M} UTC." if last else "Nothing was written yet.")


def _late(question: str, count: int, age: float, what: str, fix: str) -> Finding:
    if count and age > LATE_SECONDS:
        return failed(question, f"{what}: {count}, the oldest for {age / 60:.0f} min.", fix)
    return ok(question, f"{count} wait." if count else "Nothing waits.")
