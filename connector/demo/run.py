"""The demo from beginning to end: machine up, leads in, results out; and then, if wanted, a few leads now and then."""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NoReturn

from rich.console import Console

from connector.demo.collecting import collect
from connector.demo.columns import guess
from connector.demo.filling import leads_of, plan_filling
from connector.demo.generated import generated
from connector.demo.generated import one as one_lead
from connector.demo.guessing import told
from connector.demo.lead import DemoLead
from connector.demo.machine import DemoError, Machine, machine
from connector.demo.portals import HUBSPOT, SALESFORCE
from connector.demo.results import Report
from connector.demo.sending import Sent, send
from connector.demo.showing import show_lead, show_leads, show_totals
from connector.demo.watching import Watch
from connector.tables import read_table
from connector.telling import Telling

_BULK: Final = 300
"""Leads in one import call, where they come out of a file."""

_A_FEW: Final = 8
"""Leads that come together where they are generated: as in an ordinary busy minute."""

_NOW_AND_THEN: Final = 6.0
"""Seconds between two leads once the first are done."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for."""

    file: Path | None
    count: int
    """Generated leads, where there is no file."""
    once: bool
    port: int


def run(wish: Wish, telling: Telling, results: Console) -> Report:
    """Runs the demo, and shows the results on `results`.

    Raises:
        connector.tables.UnreadableTableError: the file is no table of leads.
        connector.demo.machine.DemoError: something did not come up.
    """
    leads = _leads(wish, telling)
    with machine(telling, wish.port) as running:
        _say_where(running, telling)
        running.portals.sandbox.reset_stats()
        sent = _let_in(running, leads, telling, bulk=_BULK if wish.file else _A_FEW)
        with telling.step("Reading the CRMs' records and histories, and verifying every packet"):
            report = collect(running.portals, sent)
        show_leads(results, report.results)
        results.print()
        show_totals(results, report)
        if not report.fine and not running.kept:
            telling.say("To look into what is wrong, run it again with LEADLINE_HOME=FOLDER: data and logs stay there.")
        if not wish.once:
            telling.say("\nLeads keep coming in, one every few seconds. Ctrl-C stops everything.")
            with suppress(KeyboardInterrupt):
                _go_on(running, results, first=1 + max(lead.number for lead in leads))
    return report


def _leads(wish: Wish, telling: Telling) -> Sequence[DemoLead]:
    if wish.file is None:
        return list(generated(wish.count, datetime.now(UTC)))
    table = read_table(wish.file)
    guessed = guess(table)
    filling = plan_filling(table, guessed)
    telling.say(f"{wish.file}: {len(table.rows)} rows, {len(table.columns)} columns. This is how they are read:")
    for line in told(guessed, filling):
        telling.say(line)
    leads = list(leads_of(table, filling))
    twice = sum(lead.repeats for lead in leads)
    telling.say(f"They make {len(leads)} leads, {twice} of them sent into the second CRM too, mistyped.")
    return leads


def _say_where(running: Machine, telling: Telling) -> None:
    stays = "stays" if running.kept else "is thrown away at the end"
    telling.say(f"Data and logs: {running.home} ({stays}). Health: {running.web_url}/readyz, figures: {running.web_url}/metrics")
    telling.say(f"Webhooks come in signed at {running.web_url}/webhooks/hubspot/{HUBSPOT}")
    telling.say(f"  and at {running.web_url}/webhooks/salesforce/{SALESFORCE}/(32 secret bytes)/outbound-message")


def _let_in(running: Machine, leads: Sequence[DemoLead], telling: Telling, *, bulk: int) -> Sequence[Sent]:
    """Creates the leads and waits until the CRMs show what became of them.

    Raises:
        DemoError: the CRMs took none of them.
    """
    watch, sent = Watch(running), list[Sent]()
    with telling.progress("Leads scored and routed", len(leads)) as update:
        for some in send(running.portals, leads, bulk=bulk):
            sent += some
            watch.add(some)
            update(watch.look())
        watch.wait(update)
    taken = {(one.lead.number, one.lead.crm, one.lead.repeats) for one in sent}
    refused = [lead for lead in leads if (lead.number, lead.crm, lead.repeats) not in taken]
    if refused:
        rows = ", ".join(str(lead.number) for lead in refused[:10]) + (", …" if len(refused) > 10 else "")
        telling.say(f"Left out, since they hold a value that their CRM does not take: {len(refused)}, numbers {rows}.")
    if not sent:
        raise DemoError("The CRMs took none of these leads; look at the values of the columns named above.")
    return sent


def _go_on(running: Machine, results: Console, *, first: int) -> NoReturn:
    """A lead now and then, until somebody stops it."""
    number = first
    while True:
        time.sleep(_NOW_AND_THEN)
        watch = Watch(running)
        sent = [one for some in send(running.portals, [one_lead(number, datetime.now(UTC))], bulk=1) for one in some]
        watch.add(sent)
        watch.wait(lambda _: None)
        for result in collect(running.portals, sent).results:
            show_lead(results, result)
        number += 1
