"""Sweep against both sandbox CRMs: what no webhook told is found, what was told dies as an echo, and nothing is lost."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from adapters.records import RecordRef
from adapters.sweeping import Page
from connector.clock import Clock
from connector.demo.portals import Portals
from connector.doctor.visit import Visit
from connector.doctor.waiting import ask_last_sweep
from connector.lists import release
from connector.store.connections import put_connection
from connector.store.engine import transact
from connector.store.indexed import indexed_counts, lists_of
from connector.store.sweeps import sweep_of
from connector.store.touches import first_touch
from connector.sweeping import FIRST_SECONDS, Swept, interval, sweep_now
from connector.wiring import Services
from tests.connector.conftest import Work
from tests.connector.crm_leads import (
    NAMES,
    TABLES,
    add_lead,
    arrive,
    count,
    crm_of,
    documents,
    drain,
    edit,
    execute,
    go,
    output,
    replayed,
    rows,
    tasks,
)

CRMS = pytest.mark.parametrize("crm", ["salesforce", "hubspot"])


TITLE = {"salesforce": {"Title": "Intern"}, "hubspot": {"jobtitle": "Intern"}}


@pytest.fixture
def deaf(portals: Portals) -> Portals:
    """No webhook reaches us, and search shows everything at once."""
    portals.sandbox.remove_targets()
    portals.sandbox.settings("hubspot", search_lag_ms=0, limits=False)
    return portals


def sweep(services: Services, crm: str) -> Swept:
    connection = crm_of(services, crm)
    return sweep_now(services, connection, services.adapter(connection))


@CRMS
def test_a_lead_that_no_webhook_told_of_is_decided(deaf: Portals, services: Services, work: Work, crm: str) -> None:
    id_ = add_lead(deaf, crm, "nora@acme.test")
    assert sweep(services, crm).through
    work()
    assert output(deaf, crm, id_, "route")


@CRMS
def test_what_was_seen_is_not_news_and_our_own_writes_die_as_echoes(
    deaf: Portals, services: Services, work: Work, crm: str
) -> None:
    add_lead(deaf, crm, "nora@acme.test")
    sweep(services, crm)
    work()
    decided = count(services, "document")
    sweep(services, crm)
    progress = drain(services, crm)
    assert (progress.decided, progress.echoes) == (0, 1)  # our own write moved the stamp
    assert count(services, "document") == decided


@CRMS
def test_a_change_is_decided_anew(deaf: Portals, services: Services, work: Work, crm: str) -> None:
    id_ = add_lead(deaf, crm, "nora@acme.test")
    sweep(services, crm)
    work()
    before = count(services, "document")
    edit(deaf, crm, id_, **TITLE[crm])
    sweep(services, crm)
    assert drain(services, crm).decided == 1
    assert count(services, "document") == before + 1


@CRMS
def test_deleted_and_merged_records_are_closed(deaf: Portals, services: Services, work: Work, crm: str) -> None:
    gone, winner, loser = (add_lead(deaf, crm, f"{name}@acme.test") for name in ("gone", "winner", "loser"))
    sweep(services, crm)
    work()
    deaf.sandbox.delete(crm, TABLES[crm], gone)
    survivor = deaf.sandbox.merge(crm, TABLES[crm], winner, loser)
    execute(services, "UPDATE sweep_stream SET ended_at = ended_at - interval '2 hours'")  # the bin is looked through hourly
    sweep(services, crm)
    work()
    states = {row.record_id: (row.state, row.now_id) for row in rows(services, "SELECT record_id, state, now_id FROM record")}
    assert states[gone] == ("gone", None)
    assert states[loser] == ("gone", survivor)
    assert states[survivor][0] == "live"


def test_deleted_records_that_nobody_knew_are_passed_over(deaf: Portals, services: Services) -> None:
    deaf.sandbox.delete("salesforce", "Lead", add_lead(deaf, "salesforce", "gone@acme.test"))
    sweep(services, "salesforce")
    assert drain(services, "salesforce").opened == 0
    assert count(services, "due") == 0


@CRMS
def test_old_records_are_indexed_and_not_routed(deaf: Portals, services: Services, work: Work, crm: str) -> None:
    go(services)
    created = {"salesforce": "CreatedDate", "hubspot": "createdate"}[crm]
    long_ago = datetime.now(UTC) - timedelta(days=400)
    id_ = add_lead(deaf, crm, "old@acme.test", **{created: _moment(crm, long_ago)})
    edit(deaf, crm, id_, **TITLE[crm])
    sweep(services, crm)
    work()
    assert output(deaf, crm, id_, "route") is None
    [row] = rows(services, "SELECT why, fit, grade FROM indexed_record")
    assert (row.why, row.fit is not None, bool(row.grade)) == ("old", True, True)
    assert count(services, "document") == count(services, "turn") == count(services, "outbox") == 0


def _moment(crm: str, at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if crm == "salesforce" else str(int(at.timestamp() * 1000))


@CRMS
def test_an_old_record_that_raises_a_hand_is_news(deaf: Portals, services: Services, work: Work, crm: str) -> None:
    created = {"salesforce": "CreatedDate", "hubspot": "createdate"}[crm]
    long_ago = datetime.now(UTC) - timedelta(days=400)
    id_ = add_lead(deaf, crm, "old@acme.test", **{created: _moment(crm, long_ago)})
    edit(deaf, crm, id_, **TITLE[crm])
    sweep(services, crm)
    work()
    assert (output(deaf, crm, id_, "route"), count(services, "indexed_record")) == (None, 1)
    edit(deaf, crm, id_, **{"salesforce": {"Hand_Raise__c": "demo"}, "hubspot": {"hand_raise": "demo"}}[crm])
    sweep(services, crm)
    work()
    assert output(deaf, crm, id_, "route")
    assert count(services, "indexed_record") == 0


def test_more_than_fifty_by_one_person_within_minutes_are_a_list(deaf: Portals, services: Services, work: Work) -> None:
    go(services)
    by = {"source": "CRM_UI", "id": _rep(services, "salesforce")}
    leads = [{"LastName": f"L{n}", "Company": "Acme", "Email": f"l{n}@acme.test"} for n in range(60)]
    deaf.sandbox.create("salesforce", "Lead", leads, by=by)
    sweep(services, "salesforce")
    work()
    assert indexed_counts(services.engine, NAMES["salesforce"]) == {"list": 60}
    assert count(services, "outbox") == count(services, "document") == 0


def test_a_released_list_is_decided_without_a_page_on_the_days_clock(deaf: Portals, services: Services, work: Work) -> None:
    go(services)
    by = {"source": "CRM_UI", "id": _rep(services, "salesforce")}
    lead = {"Company": "Acme GmbH", "Title": "VP Sales", "Industry": "Software", "Country": "Germany", "NumberOfEmployees": 300}
    rows_ = [{**lead, "LastName": f"L{n}", "Email": f"l{n}@acme.test", "OwnerId": deaf.intake["salesforce"]} for n in range(51)]
    ids = deaf.sandbox.create("salesforce", "Lead", rows_, by=by)
    sweep(services, "salesforce")
    work()
    assert [one.count for one in lists_of(services.engine, NAMES["salesforce"])] == [51]
    assert len(release(services, crm_of(services, "salesforce"))) == 51
    work()
    assert all(output(deaf, "salesforce", id_, "route") for id_ in ids)
    assert tasks(deaf, "salesforce") == []
    clocks = {one["decision"]["clock"] for one in documents(services, "packet")}
    assert clocks <= {"same_day", "no_touch"}
    assert count(services, "indexed_record") == 0
    assert replayed(services) == {"reproduced"}


def test_in_shadow_a_list_is_scored_like_any_other_leads(deaf: Portals, services: Services, work: Work) -> None:
    by = {"source": "CRM_UI", "id": _rep(services, "salesforce")}
    leads = [{"LastName": f"L{n}", "Company": "Acme", "Email": f"l{n}@acme.test"} for n in range(60)]
    ids = deaf.sandbox.create("salesforce", "Lead", leads, by=by)
    deaf.sandbox.create("hubspot", "contacts", [{"email": "one@acme.test"}], by={"source": "IMPORT", "id": "userId:1"})
    for crm in ("salesforce", "hubspot"):
        sweep(services, crm)
    work()
    assert count(services, "indexed_record") == 0
    assert all(output(deaf, "salesforce", id_, "fit_score") is not None for id_ in ids)
    assert count(services, "document") > 60


def test_what_hubspot_calls_an_import_is_a_list(deaf: Portals, services: Services, work: Work) -> None:
    go(services)
    deaf.sandbox.create("hubspot", "contacts", [{"email": "one@acme.test"}], by={"source": "IMPORT", "id": "userId:1"})
    sweep(services, "hubspot")
    work()
    assert [row.why for row in rows(services, "SELECT why FROM indexed_record")] == ["list"]


def test_first_touches_in_salesforce(deaf: Portals, services: Services, work: Work) -> None:
    id_ = add_lead(deaf, "salesforce", "nora@acme.test")
    rep = _rep(services, "salesforce")
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=3)
    done = {"WhoId": id_, "OwnerId": rep, "Subject": "Called", "Status": "Completed", "IsClosed": True, "TaskSubtype": "Call"}
    deaf.sandbox.create("salesforce", "Task", [{**done, "CompletedDateTime": at.isoformat()}])
    deaf.sandbox.create("salesforce", "Task", [{"WhoId": id_, "OwnerId": rep, "Subject": "Plan", "Status": "Not Started"}])
    sweep(services, "salesforce")
    work()
    found = first_touch(services.engine, RecordRef(NAMES["salesforce"], "lead", id_), at - timedelta(days=1))
    assert found
    assert (found.kind, found.at, found.by_owner) == ("call", at, rep)


@pytest.mark.parametrize(("kind", "table"), [("call", "calls"), ("note", "notes"), ("email", "emails"), ("meeting", "meetings")])
def test_first_touches_in_hubspot(deaf: Portals, services: Services, work: Work, kind: str, table: str) -> None:
    id_ = add_lead(deaf, "hubspot", "nora@acme.test")
    rep = _rep(services, "hubspot")
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=3)
    stamp = str(int(at.timestamp() * 1000))
    moments = {"hs_timestamp": stamp, **({"hs_meeting_start_time": stamp} if table == "meetings" else {})}
    deaf.sandbox.create("hubspot", table, [{**moments, "hubspot_owner_id": rep, "contact": id_}])
    sweep(services, "hubspot")
    work()
    found = first_touch(services.engine, RecordRef(NAMES["hubspot"], "contact", id_), at - timedelta(days=1))
    assert found
    assert (found.kind, found.at, found.by_owner) == (kind, at, rep)


def _rep(services: Services, crm: str) -> str:
    return next(one.id for one in services.seats(NAMES[crm]).by_email.values())


def test_a_stream_without_the_right_is_named_and_the_others_go_on(deaf: Portals, services: Services) -> None:
    deaf.sandbox.add_fault("status", crm="hubspot", route="/crm/v3/objects/notes/search", status=403)
    found = sweep(services, "hubspot")
    assert found.through
    assert found.refused == ("notes",)
    assert sweep_of(services.engine, NAMES["hubspot"], FIRST_SECONDS).streams["notes"].refused


@CRMS
def test_a_crm_that_is_away_moves_no_mark(deaf: Portals, services: Services, work: Work, crm: str) -> None:
    sweep(services, crm)
    add_lead(deaf, crm, "nora@acme.test")
    deaf.sandbox.add_fault("status", crm=crm, status=503)
    found = sweep(services, crm)
    assert not found.through
    assert found.problem
    assert sweep_of(services.engine, NAMES[crm], FIRST_SECONDS).problem
    deaf.sandbox.clear_faults()
    assert sweep(services, crm).through
    work()
    assert count(services, "document") >= 1


def test_the_clock_rings_for_it(portals: Portals, services: Services) -> None:
    clock = Clock(services)
    clock.tick()
    before = services.bell.waiting()
    execute(services, "UPDATE connection SET created_at = created_at - interval '1 hour'")
    clock.tick()
    assert services.bell.waiting() == before + 2


def test_a_lost_webhook_is_made_good_and_a_told_one_is_an_echo(portals: Portals, services: Services, work: Work) -> None:
    portals.sandbox.settings("hubspot", search_lag_ms=0, limits=False)
    add_lead(portals, "hubspot", "told@acme.test")
    arrive(portals)
    work()
    decided = count(services, "document")
    portals.sandbox.remove_targets()
    add_lead(portals, "hubspot", "lost@acme.test")
    sweep(services, "hubspot")
    progress = drain(services, "hubspot")
    assert (progress.decided, progress.echoes) == (1, 1)
    assert count(services, "document") == decided + 1


def test_a_connection_without_webhooks_lives_by_its_sweep(deaf: Portals, services: Services, work: Work) -> None:
    """A static token and no app: each minute, and `doctor` says how late a lead is seen."""
    deaf.sandbox.command("hubspot", "tokens", token="pat-static", scopes=deaf.sandbox.settings("hubspot")["scopes"])
    alone = replace(
        crm_of(services, "hubspot"),
        inbound_secrets=(),
        app_id="",
        credentials={"flow": "static", "access_token": "pat-static"},
    )
    transact(services.engine, lambda session: put_connection(session, services.vault, alone))
    execute(services, "DELETE FROM token")
    services.refresh()
    assert interval(crm_of(services, "hubspot")) == 60.0
    id_ = add_lead(deaf, "hubspot", "nora@acme.test")
    sweep(services, "hubspot")
    work()
    assert output(deaf, "hubspot", id_, "route")
    [finding] = ask_last_sweep(Visit(services, crm_of(services, "hubspot")))
    assert finding.state == "ok"
    assert "every 60 s, so a lead is seen that late at most" in finding.sentence


def test_doctor_tells_a_sweep_that_stands_still(portals: Portals, services: Services) -> None:
    visit = Visit(services, crm_of(services, "salesforce"))
    assert [one.state for one in ask_last_sweep(visit)] == ["ok"]
    execute(services, "UPDATE connection SET created_at = created_at - interval '1 hour'")
    [finding] = ask_last_sweep(visit)
    assert (finding.state, finding.fix) == ("amber", "leadline sweep acme-salesforce --now; see clock and worker")
    portals.sandbox.add_fault("status", crm="salesforce", status=503)
    sweep(services, "salesforce")
    execute(services, "UPDATE sweep SET not_before = not_before - interval '1 hour'")
    assert "the last one stopped: Salesforce gave no usable answer" in next(iter(ask_last_sweep(visit))).sentence


def test_a_killed_sweep_goes_on_from_its_page(deaf: Portals, services: Services) -> None:
    """Killed between two pages: what was committed stays, and the rest is read once."""
    deaf.sandbox.create("salesforce", "Lead", [{"LastName": f"L{n}", "Company": "Acme"} for n in range(7)])
    connection = crm_of(services, "salesforce")
    adapter = services.adapter(connection)
    small = adapter.sweeper(3)
    adapter.sweeper = lambda _=0: small  # type: ignore[method-assign,assignment,misc]
    whole, pages = small.page, iter(["first"])

    def dying(stream: str, since: datetime, after: str = "") -> Page:
        if not next(pages, ""):
            raise KeyboardInterrupt
        return whole(stream, since, after)

    small.page = dying  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        sweep_now(services, connection, adapter)
    assert count(services, "due") == 3
    small.page = whole  # type: ignore[method-assign]
    assert sweep_now(services, connection, adapter).through
    assert count(services, "due") == 7
    assert rows(services, "SELECT max(version) FROM due")[0][0] == 1
