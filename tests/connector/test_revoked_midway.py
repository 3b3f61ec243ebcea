"""A grant that ends in the middle of the work, in both sandbox CRMs: nothing is lost, and connecting again doubles nothing."""

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from adapters.errors import CallOperator
from adapters.records import Gone, Lead, RecordRef
from adapters.sandbox.record import Write
from adapters.sandbox.sandbox import RunningSandbox
from connector.connecting.joining import Choice, Wish, arrive, settle
from connector.demo.portals import Portals
from connector.store.backfills import backfill_of
from connector.store.tokens import refusal_of
from connector.wiring import Services
from tests.connector.conftest import Work
from tests.connector.crm_leads import (
    ASKED,
    NAMES,
    TABLES,
    add_lead,
    count,
    crm_of,
    deliver,
    drain,
    go,
    let_settle,
    output,
    owners_we_set,
    replayed,
    rows,
    tasks,
)
from tests.connector.crm_leads import arrive as arrive_all
from tests.connector.test_backfilling import fill, past

CRMS = pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
TOKENS = ("salesforce_token", "salesforce_refresh", "hubspot:access", "hubspot:refresh")
SECRET = "made-after-the-old-one-was-revoked"


@pytest.fixture
def patient(portals: Portals, services: Services) -> Portals:
    """Whoever has a token can use it; nobody is given a new one by what was agreed before."""
    portals.sandbox.settings("hubspot", search_lag_ms=0, limits=False)
    for crm in NAMES:
        services.adapter(crm_of(services, crm)).owners()
    portals.sandbox.settings("salesforce", consumer_secret=SECRET)
    go(services)
    return portals


def revoke(sandbox: RunningSandbox) -> None:
    for kind in TOKENS:
        for token in sandbox.world.store.documents(kind):
            sandbox.world.store.drop(kind, token)


def connect_again(portals: Portals, services: Services, crm: str) -> None:
    """What `leadline connect` does once an admin has agreed anew."""
    url = portals.sandbox.url
    if crm == "salesforce":
        credentials = {"flow": "client_credentials", "client_id": "leadline-demo", "client_secret": SECRET, "login_url": url}
    else:
        settings = portals.sandbox.settings("hubspot")
        app = {"client_id": settings["client_id"], "redirect_uri": "http://localhost/", "scope": settings["scopes"]}
        sent_back = requests.get(f"{url}/oauth/authorize", app, allow_redirects=False, timeout=10)
        code = parse_qs(urlsplit(sent_back.headers["Location"]).query)["code"][0]
        known = {"client_id": app["client_id"], "client_secret": settings["client_secret"]}
        credentials = {"flow": "authorization_code", "code": code, "redirect_uri": "http://localhost/", **known}
    before = crm_of(services, crm)
    wish = Wish(NAMES[crm], before.kind, "sandbox", credentials, url, before.api, mixed=True)  # type: ignore[arg-type]
    settle(services, arrive(services, wish), Choice())
    assert refusal_of(services.engine, NAMES[crm]) is None


def leads(portals: Portals, crm: str, number: int) -> list[str]:
    """Good ones that ask for something, so that each gets an owner and a task."""
    return [add_lead(portals, crm, f"p{n}@acme{n}.test", **ASKED[crm]) for n in range(number)]


def all_is_done_once(portals: Portals, services: Services, crm: str, ids: Sequence[str]) -> None:
    assert count(services, "due") == count(services, "outbox") == 0
    assert [row.n for row in rows(services, "SELECT count(*) AS n FROM document WHERE kind = 'packet'")] == [len(ids)]
    assert all(output(portals, crm, id_, "route") for id_ in ids)
    assert all(len(owners_we_set(portals, crm, id_)) == 1 for id_ in ids)
    assert len(tasks(portals, crm)) == count(services, "turn") == len(ids)
    assert replayed(services) == {"reproduced"}


@CRMS
def test_in_the_middle_of_a_backfill(patient: Portals, services: Services, sandbox: RunningSandbox, crm: str) -> None:
    ids = past(patient, crm, 45)
    connection = crm_of(services, crm)

    def told(what: str, read: int, total: int) -> None:
        if read >= 20:
            revoke(sandbox)

    with pytest.raises(CallOperator, match="refused"):
        fill(services, crm, page=10, told=told)
    state = backfill_of(services.engine, connection.name)
    assert state
    assert (state.read, state.ended_at) == (20, None)
    assert refusal_of(services.engine, connection.name)
    connect_again(patient, services, crm)
    state = fill(services, crm, page=10)
    assert (state.read, state.indexed, bool(state.ended_at)) == (45, 45, True)
    assert {row.record_id for row in rows(services, "SELECT record_id FROM indexed_record")} == set(ids)
    assert count(services, "person") == 45
    assert count(services, "document") == count(services, "outbox") == 0


@CRMS
def test_in_the_middle_of_a_drain(
    patient: Portals, services: Services, sandbox: RunningSandbox, work: Work, monkeypatch: pytest.MonkeyPatch, crm: str
) -> None:
    adapter = services.adapter(crm_of(services, crm))
    ids = leads(patient, crm, 25)
    monkeypatch.setattr(adapter, "batch", 10)
    fetch, left = adapter.fetch, iter(range(1))

    def dying(refs: Sequence[RecordRef]) -> Mapping[RecordRef, Lead | Gone]:
        if next(left, None) is None:
            revoke(sandbox)
        return fetch(refs)

    monkeypatch.setattr(adapter, "fetch", dying)
    arrive_all(patient)
    assert drain(services, crm).decided == 10
    assert refusal_of(services.engine, NAMES[crm])
    assert (count(services, "due"), deliver(services, crm)) == (15, 0)
    connect_again(patient, services, crm)
    work()
    all_is_done_once(patient, services, crm, ids)


@CRMS
def test_in_the_middle_of_a_delivery(
    patient: Portals, services: Services, sandbox: RunningSandbox, work: Work, monkeypatch: pytest.MonkeyPatch, crm: str
) -> None:
    """It ends with the first batch of records that were written: before their tasks, and before the other batches."""
    ids = leads(patient, crm, 25)
    arrive_all(patient)
    drain(services, crm)
    monkeypatch.setattr(services.adapter(crm_of(services, crm)), "batch", 10)

    def dying(writes: Sequence[Write]) -> None:
        if any(one.record.object == TABLES[crm] and one.actor.source == "API" for one in writes) and not died:
            died.append(True)
            revoke(sandbox)

    died: list[bool] = []
    sandbox.world.store.listen(dying)
    deliver(services, crm)
    assert died
    assert refusal_of(services.engine, NAMES[crm])
    assert 0 < sum(output(patient, crm, id_, "route") is not None for id_ in ids) < 25
    assert tasks(patient, crm) == []
    connect_again(patient, services, crm)
    let_settle(services)
    work()
    all_is_done_once(patient, services, crm, ids)
