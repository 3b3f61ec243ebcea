"""Paging through changes while people go on changing things: whatever the order of stamps, every last change is seen."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.base import CRM, Endpoint
from adapters.hubspot.adapter import HubSpotCRM
from adapters.salesforce.adapter import SalesforceCRM
from adapters.salesforce.auth import grant
from adapters.sweeping import Moved, Sweeper
from config.mapping import shipped_mapping
from tests.adapters.crm_contract import RecordingBudget, RecordingTokens
from tests.adapters.sandbox.hubspot_sandbox import Portal, portal

OVERLAP = timedelta(minutes=15)
PAGE = 3
TABLES = {"salesforce": "Lead", "hubspot": "contacts"}
ROWS = {"salesforce": {"LastName": "Berg", "Company": "Acme"}, "hubspot": {"lastname": "Berg"}}
TITLES = {"salesforce": "Title", "hubspot": "jobtitle"}
KINDS = ["salesforce", "hubspot"]

deeds = st.one_of(
    st.tuples(st.just("add"), st.integers(1, 7)),  # at one moment: they share a stamp, and pages end among them
    st.tuples(st.just("edit"), st.integers(0, 40)),
    st.tuples(st.just("delete"), st.integers(0, 40)),
    st.tuples(st.just("tick"), st.sampled_from([0.4, 1.0, 61.0, 1_000.0])),
)
between_pages = st.lists(st.lists(deeds, max_size=4), min_size=4, max_size=14)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with portal(tmp_path_factory.mktemp("sandbox")) as made:
        yield made


@pytest.fixture(scope="module")
def crms(running: Portal) -> Iterator[dict[str, CRM]]:
    form = {"flow": "client_credentials", "client_id": "leadline", "client_secret": "hush"}
    token = grant(form, running.url).access_token
    salesforce = Endpoint("sf", running.url, "v67.0", shipped_mapping("salesforce"))
    hubspot = Endpoint("hs", running.url, "v3", shipped_mapping("hubspot"))
    made: dict[str, CRM] = {
        "salesforce": SalesforceCRM(salesforce, RecordingTokens(token, iter(())), RecordingBudget()),
        "hubspot": HubSpotCRM(hubspot, RecordingTokens(running.token, iter(())), RecordingBudget()),
    }
    yield made
    for crm in made.values():
        crm.close()


class World:
    """What people do in a CRM, and which change of each record was the last."""

    def __init__(self, running: Portal, kind: Any) -> None:
        self.running, self.kind = running, kind
        running.tick(86_400)
        self.start = self.now()
        self.live: list[str] = []
        self.gone: set[str] = set()
        self.last: dict[str, datetime] = {}
        self.edits = 0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.running.clock[0] / 1000, UTC)

    def do(self, deed: tuple[str, Any]) -> None:
        what, number = deed
        if what == "tick":
            self.running.tick(number)
        elif what == "add":
            for id_ in self.running.control.create(self.kind, TABLES[self.kind], [ROWS[self.kind]] * number):
                self.live.append(id_)
                self._changed(id_)
        elif self.live:
            self._touch(what, self.live[number % len(self.live)])

    def _touch(self, what: str, id_: str) -> None:
        if what == "edit":
            self.edits += 1
            self.running.control.update(self.kind, TABLES[self.kind], id_, {TITLES[self.kind]: f"No. {self.edits}"})
        else:
            self.running.control.delete(self.kind, TABLES[self.kind], id_)
            self.live.remove(id_)
            self.gone.add(id_)
        self._changed(id_)

    def _changed(self, id_: str) -> None:
        self.last[id_] = self.now().replace(microsecond=0) if self.kind == "salesforce" else self.now()


def sweep_on(sweeper: Sweeper, world: World, turns: Sequence[Sequence[tuple[str, Any]]] = ()) -> list[Moved]:
    """Sweeps again and again as the connector does, from each mark less the overlap. After each page people do something; once
    they are done, one whole sweep is made.
    """
    seen: list[Moved] = []
    mark, after, waiting, quiet = world.start, "", list(turns), False
    while True:
        quiet = quiet or (not waiting and not after)
        page = sweeper.page(sweeper.streams[0].name, mark - OVERLAP, after)
        seen += page.moved
        after = page.after or ""
        if not after:
            mark = max(mark, page.seen_to or mark)
            if quiet:
                return seen
        for deed in waiting.pop(0) if waiting else ():
            world.do(deed)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=20)
@given(turns=between_pages)
def test_the_last_change_of_every_record_is_seen(
    running: Portal, crms: dict[str, CRM], kind: str, turns: list[list[tuple[str, Any]]]
) -> None:
    world = World(running, kind)
    seen = sweep_on(crms[kind].sweeper(PAGE), world, turns)
    missed = {id_ for id_, at in world.last.items() if not any(one.ref.id == id_ and one.at == at for one in seen)}
    # HubSpot's search shows nothing that was deleted: that has a stream of its own.
    assert missed - (world.gone if kind == "hubspot" else set()) == set()


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=8)
@given(count=st.integers(0, 3 * PAGE + 1), more=st.integers(0, PAGE))
def test_however_many_share_one_stamp_each_is_seen_once_in_order(
    running: Portal, crms: dict[str, CRM], kind: str, count: int, more: int
) -> None:
    """Borders of pages within one stamp. HubSpot's first page shows the newest besides, so that they are seen first."""
    world = World(running, kind)
    for deed in (("add", count), ("tick", 1.0), ("add", more)):
        world.do(deed)
    seen = [one.ref.id for one in sweep_on(crms[kind].sweeper(PAGE), world)]
    assert set(seen) == set(world.last)
    if kind == "salesforce":
        assert len(seen) == len(world.last)


@pytest.mark.parametrize("kind", KINDS)
def test_everything_is_read_once_whatever_the_page(running: Portal, crms: dict[str, CRM], kind: str) -> None:
    world = World(running, kind)
    world.do(("add", 10))
    assert sorted(read_whole(crms[kind], world)) == sorted(world.last)
    assert crms[kind].whole().count(world.start) == 10


def test_all_contacts_are_read_with_a_call_for_each_page(running: Portal, crms: dict[str, CRM]) -> None:
    World(running, "hubspot").do(("add", 7))
    there = {row["id"] for row in running.control.records("hubspot", "contacts") if not row["archived"]}
    before, found, after = running.control.stats()["total"], [], ""
    while after is not None:
        page = crms["hubspot"].whole(PAGE).page(None, after)
        found += [lead.ref.id for lead in page.leads]
        after = page.after
    assert sorted(found) == sorted(there)
    assert running.control.stats()["total"] - before == -(-len(there) // PAGE)


def test_no_query_comes_near_the_end_of_hubspots_window(running: Portal, crms: dict[str, CRM]) -> None:
    running.control.settings("hubspot", search_window=2 * PAGE)
    try:
        world = World(running, "hubspot")
        world.do(("add", 5 * PAGE))
        assert {one.ref.id for one in sweep_on(crms["hubspot"].sweeper(PAGE), world)} == set(world.last)
        assert len(read_whole(crms["hubspot"], world)) == 5 * PAGE
    finally:
        running.control.settings("hubspot", search_window=10_000)


def read_whole(crm: CRM, world: World) -> list[str]:
    found, after = [], ""
    while True:
        page = crm.whole(PAGE).page(world.start, after)
        found += [lead.ref.id for lead in page.leads]
        if page.after is None:
            return found
        after = page.after


def test_archived_contacts_have_a_stream_of_their_own(running: Portal, crms: dict[str, CRM]) -> None:
    world = World(running, "hubspot")
    for deed in (("add", 4), ("delete", 0), ("delete", 1)):
        world.do(deed)
    sweeper = crms["hubspot"].sweeper(PAGE)
    [stream] = [one for one in sweeper.streams if one.kind == "vanished"]
    gone, after = set(), ""
    while True:
        page = sweeper.page(stream.name, world.start, after)
        gone |= {one.ref.id for one in page.moved if one.gone}
        if page.after is None:
            break
        after = page.after
    assert world.gone <= gone
