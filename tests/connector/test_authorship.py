"""Whose hand it was: what outbox and tasks keep, so that no failure makes us mistake our own work for a person's."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from adapters.errors import Throttled
from adapters.records import RecordRef
from config.mapping import shipped_mapping
from connector.allowance import Allowance
from connector.differences import Standing, plan_write
from connector.restoring import owner_just_set
from connector.scene import Scene
from connector.store.budgets import Taken
from connector.store.connections import CrmConnection
from connector.store.effects import begin_making, effects_by_key, give_up_making, mark_made, unmark_making
from connector.store.engine import Engine, open_engine, transact
from connector.store.outbox import Draft, Sending, Write, hold, mark_sent, next_writes, postpone, put_drafts, settle
from connector.store.records import Decided, put_records

REF = RecordRef("acme", "contact", "101")
THERE = RecordRef("other", "lead", "00Q1")
PACKET = "6b0f3d0e-6f7c-4c7e-9a43-0d7a3a1f1c11"
MOMENT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
ACME = CrmConnection("acme", "hubspot", "1", "https://api.hubapi.com", "v3", shipped_mapping("hubspot"))
NOBODY = Scene({"acme": ACME}, {}, "https://leadline.example.com")


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = open_engine(database_url)
    yield made
    made.dispose()


def draft(route: str, owner_id: str | None = None) -> Draft:
    return Draft(REF, PACKET, b"hash", {"route": route}, owner_id, None, None, MOMENT)


def open_row(engine: Engine, one: Draft) -> Write:
    """The row as the deliverer sees it."""
    transact(engine, lambda session: put_drafts(session, [one]))
    return the_row(engine)


def the_row(engine: Engine) -> Write:
    transact(engine, lambda session: postpone(session, next_writes(engine, REF.connection, 1), 0.0))
    (row,) = next_writes(engine, REF.connection, 1)
    return row


def send(engine: Engine, *sendings: Sending) -> frozenset[int]:
    return transact(engine, lambda session: mark_sent(session, sendings, 0.0))


@pytest.fixture
def known(engine: Engine) -> None:
    """The record has been decided about; nobody has written to it yet."""
    decided = Decided(REF, None, None, PACKET, b"hash", "{}", "", MOMENT)  # type: ignore[arg-type]  # no person is needed here
    transact(engine, lambda session: put_records(session, [decided]))


@pytest.mark.usefixtures("known")
def test_what_was_sent_stays_ours_when_a_newer_decision_takes_its_place(engine: Engine) -> None:
    send(engine, Sending(open_row(engine, draft("closers")), owner_id="7"))
    row = open_row(engine, draft("sdrs"))

    plan = plan_write(NOBODY, row, Standing({"route": "closers"}, "7", MOMENT, MOMENT))

    assert plan.outputs == {"route": "sdrs"}
    assert plan.kept == ()


@pytest.mark.usefixtures("known")
def test_what_a_failed_first_write_was_to_replace_is_nobodys_choice(engine: Engine) -> None:
    send(engine, Sending(open_row(engine, draft("sdrs")), over={"route": "from a merged record"}))

    standing = Standing({"route": "from a merged record"}, None, MOMENT, MOMENT)
    assert plan_write(NOBODY, the_row(engine), standing).outputs == {"route": "sdrs"}

    by_hand = Standing({"route": "typed by somebody"}, None, MOMENT, MOMENT)
    assert plan_write(NOBODY, the_row(engine), by_hand).kept == ("route",)


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(("sent", "ours"), [("7", "7"), (None, None)])
def test_an_owner_who_stood_there_anyway_was_not_set_by_us(engine: Engine, sent: str | None, ours: str | None) -> None:
    send(engine, Sending(open_row(engine, draft("sdrs", owner_id="7")), owner_id=sent))

    plan = plan_write(NOBODY, the_row(engine), Standing({"route": "sdrs"}, "7", MOMENT, MOMENT))

    assert owner_just_set(plan, "same") == ours


@pytest.mark.usefixtures("known")
def test_a_crm_that_cannot_be_asked_forgets_no_call_under_way(engine: Engine) -> None:
    send(engine, Sending(open_row(engine, draft("sdrs"))))
    (row,) = next_writes(engine, REF.connection, 1)
    transact(engine, lambda session: hold(session, [row], 0.0))

    (held,) = next_writes(engine, REF.connection, 1)
    assert held.unanswered_for is not None


@pytest.mark.usefixtures("known")
def test_a_row_is_settled_once_even_if_the_commits_answer_was_lost(engine: Engine) -> None:
    row = open_row(engine, draft("sdrs"))

    assert transact(engine, lambda session: settle(session, [row])) == {row.id}
    assert transact(engine, lambda session: settle(session, [row])) == frozenset()


def test_one_record_of_a_person_begins_a_task(engine: Engine) -> None:
    assert transact(engine, lambda session: begin_making(session, [("LT-1", REF)])) == {"LT-1"}
    assert transact(engine, lambda session: begin_making(session, [("LT-1", THERE)])) == frozenset()
    assert effects_by_key(engine, ["LT-1"])["LT-1"].ref == REF


def test_giving_up_a_task_leaves_alone_whoever_began_anew(engine: Engine) -> None:
    transact(engine, lambda session: begin_making(session, [("LT-1", REF)]))
    before = effects_by_key(engine, ["LT-1"])["LT-1"]
    transact(engine, lambda session: unmark_making(session, ["LT-1"]))
    transact(engine, lambda session: begin_making(session, [("LT-1", THERE)]))

    transact(engine, lambda session: give_up_making(session, [before]))

    assert effects_by_key(engine, ["LT-1"])["LT-1"].ref == THERE


def test_a_task_that_was_made_is_never_unmade(engine: Engine) -> None:
    transact(engine, lambda session: begin_making(session, [("LT-1", REF)]))
    transact(engine, lambda session: mark_made(session, {"LT-1": "00T1"}))
    transact(engine, lambda session: unmark_making(session, ["LT-1"]))

    assert effects_by_key(engine, ["LT-1"])["LT-1"].vendor_id == "00T1"


@dataclass
class _Endless:
    """A day without a limit, whose database may need its time to say so."""

    counting: Callable[[], None] = lambda: None

    def take(self, policy: str, calls: int, *, hot: bool) -> Taken:
        self.counting()
        return Taken()

    def learn(self, *, used: int, limit: int) -> None:
        raise AssertionError("nothing was learnt")

    def refused(self, policy: str, seconds: float, code: str) -> None:
        raise AssertionError("nothing was refused")

    def answered(self, policy: str) -> None:
        raise AssertionError("nothing was refused before")

    def spent(self) -> tuple[int, int]:
        return 0, 1


def test_no_call_begins_once_its_mark_may_have_settled() -> None:
    now = [100.0]
    allowance = Allowance("acme", _Endless(), {}, monotonic=lambda: now[0])
    with allowance.until(120.0):
        now[0] = 119.0
        allowance.take("burst")
        now[0] = 121.0
        with pytest.raises(Throttled):
            allowance.take("burst")
    allowance.take("burst")  # reads wait for nobody


def test_no_call_begins_after_a_long_wait_for_the_days_budget() -> None:
    now = [100.0]

    def late() -> None:
        now[0] = 121.0

    allowance = Allowance("acme", _Endless(late), {}, monotonic=lambda: now[0])
    with allowance.until(120.0), pytest.raises(Throttled):
        allowance.take("burst")
