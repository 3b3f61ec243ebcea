"""When the day's calls run out: hot leads go on, the rest waits and says so, nobody is lost, and the CRM is not asked in vain."""

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Final

import pytest
import requests
from click.testing import CliRunner
from sqlalchemy import text

from adapters.errors import Throttled
from adapters.records import RecordRef
from connector.budgeting import look
from connector.cli import leadline
from connector.crms import StoredTokens, shares_of
from connector.demo.portals import SALESFORCE, Portals
from connector.store.budgets import ledger_of
from connector.store.engine import Session, reading, transact
from connector.store.waits import waits_of
from connector.wiring import Services
from tests.connector.crm_leads import ASKED, add_lead, arrive, crm_of, deliver, drain, go, output, owner_of, reconnect, tasks

BURNT: Final = 120
"""Calls made before the leads come, so that the percents are of something."""


def nearly_spent(services: Services, portals: Portals, *, ordinary: int, reserve: int) -> None:
    """The org's limit is so low that about `ordinary` calls are left for every lead, and `reserve` more for hot ones."""
    crm = crm_of(services, "salesforce")
    while ledger_of(services.engine, crm.name, shares_of(crm)).counted.ours < BURNT:
        services.adapter(crm).identify()
    used = ledger_of(services.engine, crm.name, shares_of(crm)).counted.ours
    ceiling = used + ordinary + reserve
    portals.sandbox.settings("salesforce", daily_limit=round(ceiling / 0.95) + 1)
    reconnect(services, "salesforce", hot_percent=round(100 * reserve / ceiling))
    services.adapter(crm_of(services, "salesforce")).identify()


def refused_calls(portals: Portals) -> int:
    calls = portals.sandbox.stats()["calls"]
    return sum(row["count"] for row in calls if row["crm"] == "salesforce" and row["status"] == 403)


def some_leads(portals: Portals, name: str, count: int, **fields: str) -> list[str]:
    return [add_lead(portals, "salesforce", f"{name}{number}@{name}.example", **fields) for number in range(count)]


def routes(portals: Portals, ids: Sequence[str]) -> list[str | None]:
    return [output(portals, "salesforce", id_, "route") for id_ in ids]


def time_passes(services: Services) -> None:
    """What waits is looked at again."""

    def work(session: Session) -> None:
        session.execute(text("UPDATE due SET not_before = clock_timestamp()"))
        session.execute(text("UPDATE outbox SET not_before = clock_timestamp()"))

    transact(services.engine, work)


@pytest.fixture
def spent(services: Services, portals: Portals) -> Portals:
    go(services)
    nearly_spent(services, portals, ordinary=1, reserve=30)
    return portals


def test_hot_leads_go_on_the_reserve_and_the_rest_waits_and_says_so(services: Services, spent: Portals) -> None:
    cold, hot = some_leads(spent, "cold", 4), some_leads(spent, "hot", 2, **ASKED["salesforce"])
    arrive(spent)
    drain(services, "salesforce")
    deliver(services, "salesforce")
    assert routes(spent, hot) == ["closers", "closers"]
    assert len(tasks(spent, "salesforce")) == 2
    assert routes(spent, cold) == [None] * 4
    with reading(services.engine) as session:
        waiting = session.execute(text("SELECT record_id, waits_for, hot FROM outbox ORDER BY record_id")).all()
    assert [(row.record_id, row.waits_for, row.hot) for row in waiting] == [(id_, "budget", False) for id_ in sorted(cold)]
    assert refused_calls(spent) == 0


def test_what_waited_goes_when_there_is_room_again(services: Services, spent: Portals) -> None:
    cold = some_leads(spent, "cold", 4)
    arrive(spent)
    drain(services, "salesforce")
    assert deliver(services, "salesforce") == 0
    spent.sandbox.settings("salesforce", daily_limit=10_000)
    with services.for_leads(crm_of(services, "salesforce"), hot=True) as adapter:
        adapter.identify()  # any call brings the news
    time_passes(services)
    assert deliver(services, "salesforce") == 4
    assert None not in routes(spent, cold)
    with reading(services.engine) as session:
        assert session.execute(text("SELECT count(*) FROM outbox WHERE waits_for <> ''")).scalar_one() == 0


def test_a_cold_lead_that_changes_waits_unread_and_a_new_one_is_read(services: Services, portals: Portals) -> None:
    """Whoever nobody has looked at yet may be hot."""
    go(services)
    [known] = some_leads(portals, "known", 1)
    arrive(portals)
    drain(services, "salesforce")
    deliver(services, "salesforce")
    arrive(portals)
    drain(services, "salesforce")  # the echo
    nearly_spent(services, portals, ordinary=0, reserve=30)
    portals.sandbox.update("salesforce", "Lead", known, {"Title": "Chief Executive Officer"})
    [hot] = some_leads(portals, "hot", 1, **ASKED["salesforce"])
    arrive(portals)
    drain(services, "salesforce")
    deliver(services, "salesforce")
    assert routes(portals, [hot]) == ["closers"]
    with reading(services.engine) as session:
        due = session.execute(text("SELECT record_id, waits_for FROM due WHERE waits_for <> ''")).all()
    assert [tuple(row) for row in due] == [(known, "budget")]


def test_the_record_says_why_it_waits_and_until_when(services: Services, spent: Portals, monkeypatch: pytest.MonkeyPatch) -> None:
    [cold] = some_leads(spent, "cold", 1)
    arrive(spent)
    drain(services, "salesforce")
    deliver(services, "salesforce")
    environment(services, monkeypatch)
    said = CliRunner().invoke(leadline, ["explain", cold])
    assert "The decision is not in the CRM yet" in said.output.replace("\n    ", " ")
    [tree] = json.loads(CliRunner().invoke(leadline, ["explain", cold, "--json"]).output)
    assert [(one["id"], one["what"], one["reason"]) for one in tree["waits"]] == [(cold, "write", "budget")]
    assert tree["waits"][0]["since"] < tree["waits"][0]["until"]


def test_the_command_says_who_spends_and_what_to_do(services: Services, spent: Portals, monkeypatch: pytest.MonkeyPatch) -> None:
    some_leads(spent, "cold", 3)
    arrive(spent)
    drain(services, "salesforce")
    deliver(services, "salesforce")
    environment(services, monkeypatch)
    asked = CliRunner().invoke(leadline, ["budget", SALESFORCE, "--json"])
    tree = json.loads(asked.output)
    assert asked.exit_code == 1
    assert (tree["lasts"], tree["left_for_all"], tree["others"]) == (False, 0, 0)
    assert tree["used"] == tree["ours"] == sum(row["count"] for row in calls_of(spent))
    assert tree["left_for_hot"] > 20
    assert [(one["reason"], one["records"]) for one in tree["waiting"]] == [("budget", 3)]
    said = CliRunner().invoke(leadline, ["budget", SALESFORCE])
    assert "3 records wait since" in said.output
    assert "► Leadline uses most of it" in said.output


def calls_of(portals: Portals) -> list[dict[str, int]]:
    rows = portals.sandbox.stats()["calls"]
    return [row for row in rows if row["crm"] == "salesforce" and "/services/data" in row["route"]]


def test_an_admin_gives_leadline_a_limit_of_its_own(
    services: Services, portals: Portals, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment(services, monkeypatch)
    tree = json.loads(CliRunner().invoke(leadline, ["budget", SALESFORCE, "--own", "1", "--json"]).output)
    assert (tree["own_limit"], tree["lasts"]) == (1, False)
    assert "--own" in tree["advice"]
    tree = json.loads(CliRunner().invoke(leadline, ["budget", SALESFORCE, "--own", "0", "--json"]).output)
    assert (tree["own_limit"], tree["lasts"]) == (None, True)
    wrong = CliRunner().invoke(leadline, ["budget", SALESFORCE, "--zone", "Atlantis"])
    assert (wrong.exit_code, "There is no time zone Atlantis" in wrong.output) == (2, True)


def test_what_others_spend_is_seen_in_the_vendors_figure(services: Services, portals: Portals) -> None:
    crm = crm_of(services, "salesforce")
    assert look(services, crm).others == 0
    token = StoredTokens(services.engine, services.vault, crm).current()
    url = f"{portals.sandbox.url}/services/data/v67.0/limits/"
    for _ in range(30):  # another integration of the same org
        requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=10).raise_for_status()
    services.adapter(crm).identify()
    portals.sandbox.settings("salesforce", daily_limit=1_000)  # so near that every figure counts
    services.adapter(crm).identify()
    found = look(services, crm)
    assert found.others == 30
    assert found.used == found.ours + 30


def environment(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = services.settings
    for name, value in {
        "HOME": str(settings.home),
        "DATABASE_URL": settings.database_url or "",
        "REDIS_URL": settings.redis_url or "",
        "SECRET_KEYS": ",".join(settings.secret_keys),
    }.items():
        monkeypatch.setenv(f"LEADLINE_{name}", value)


# --- the vendor's refusal


def test_one_refusal_and_no_call_more_until_the_vendors_moment(services: Services, portals: Portals) -> None:
    go(services)
    nearly_spent(services, portals, ordinary=20, reserve=30)
    portals.sandbox.settings("salesforce", daily_limit=1)
    hot = some_leads(portals, "hot", 2, **ASKED["salesforce"])
    arrive(portals)
    for _ in range(3):
        drain(services, "salesforce")
        deliver(services, "salesforce")
        time_passes(services)
    assert refused_calls(portals) == 1
    with pytest.raises(Throttled):
        services.adapter(crm_of(services, "salesforce")).identify()
    assert refused_calls(portals) == 1
    portals.sandbox.settings("salesforce", daily_limit=10_000)
    transact(services.engine, lambda session: session.execute(text("UPDATE throttle SET until = clock_timestamp()")))
    time_passes(services)
    drain(services, "salesforce")
    deliver(services, "salesforce")
    assert routes(portals, hot) == ["closers", "closers"]


_WORKER: Final = """
import sys
from config.settings import load_settings
from connector import jobs
from connector.store.dues import connections_with_work
from connector.wiring import open_services
settings = load_settings()
services = open_services(settings, settings.database_url, settings.redis_url, pool_size=4)
jobs.start(services)
while names := connections_with_work(services.engine):
    for name in names:
        jobs.drain(name)
        jobs.deliver(name)
services.close()
"""


def test_several_processes_never_overdraw_and_hot_leads_get_through(
    services: Services, portals: Portals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both CRMs, limits as tight as they can be, three worker processes at once."""
    go(services)
    reconnect(services, "hubspot", buckets=(("burst", 150, 10.0), ("search", 5, 1.0)))
    portals.sandbox.settings("hubspot", burst=150)
    nearly_spent(services, portals, ordinary=2, reserve=40)
    cold = some_leads(portals, "cold", 12)
    hot = some_leads(portals, "hot", 6, **ASKED["salesforce"])
    there = [add_lead(portals, "hubspot", f"there{number}@there.example") for number in range(12)]
    arrive(portals)
    environment(services, monkeypatch)
    workers = [subprocess.Popen([sys.executable, "-c", _WORKER], stderr=subprocess.DEVNULL) for _ in range(3)]
    assert [worker.wait(60) for worker in workers] == [0, 0, 0]
    assert routes(portals, hot) == ["closers"] * 6
    assert None not in [owner_of(portals, "salesforce", id_) for id_ in hot]
    assert len(tasks(portals, "salesforce")) == 6
    assert None not in [output(portals, "hubspot", id_, "route") for id_ in there]
    waiting = [one for one in waits_of(services.engine, refs_of(services)) if one.reason == "budget"]
    assert {one.ref.id for one in waiting if one.ref.connection == SALESFORCE} <= set(cold)
    assert len(waiting) == routes(portals, cold).count(None)
    crm = crm_of(services, "salesforce")
    counted = ledger_of(services.engine, crm.name, shares_of(crm)).counted
    assert counted.total <= shares_of(crm).ceiling(counted.vendor_limit)
    assert portals.sandbox.stats()["throttled"] == 0
    assert refused_calls(portals) == 0


def refs_of(services: Services) -> list[RecordRef]:
    with reading(services.engine) as session:
        rows = session.execute(text("SELECT connection, object, record_id FROM record")).all()
    return [RecordRef(*row) for row in rows]
