"""Dead letters, listed, tried again and dropped."""

from collections.abc import Callable
from contextlib import nullcontext

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from connector.cli import leadline
from connector.cli.connections import go_live
from connector.demo.portals import HUBSPOT, SALESFORCE, Portals
from connector.letters import LetterError, drop_letter, retry_letter
from connector.lookup import find_records
from connector.store.deliveries import bury
from connector.store.engine import Session, reading, transact
from connector.store.letters import open_letters
from connector.wiring import Services

Work = Callable[[], None]


def count(services: Services, table: str) -> int:
    with reading(services.engine) as session:
        return int(session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608 - names in this file


def put(services: Services, what: str, reference: str) -> int:
    def work(session: Session) -> int:
        bury(session, name=SALESFORCE, what=what, reference=reference, reason="It failed.")
        return int(session.execute(text("SELECT max(id) FROM dead_letter")).scalar_one())

    return transact(services.engine, work)


def test_a_delivery_that_was_unreadable_is_opened_again(portals: Portals, services: Services, work: Work) -> None:
    assert services.inbox.put(connection=HUBSPOT, channel="hubspot", fingerprint=b"1" * 16, body=b"not JSON")
    work()
    (letter,) = open_letters(services.engine)
    assert (letter.what, letter.connection) == ("delivery", HUBSPOT)
    retry_letter(services.engine, letter.id)
    assert open_letters(services.engine) == []
    work()
    (again,) = open_letters(services.engine, HUBSPOT)  # the cause was not mended
    assert again.id > letter.id
    assert again.reference == letter.reference
    assert open_letters(services.engine, SALESFORCE) == []


@pytest.mark.parametrize("what", ["record", "write", "task"])
def test_a_record_is_decided_again_though_nothing_in_it_changed(
    portals: Portals, services: Services, work: Work, what: str
) -> None:
    go_live(services, SALESFORCE, "", "full")
    (record_id,) = portals.sandbox.create(
        "salesforce", "Lead", [{"LastName": "Berg", "Company": "Acme", "Email": "a@acme1.example", "Hand_Raise__c": "demo"}]
    )
    work()
    (before,) = find_records(services.engine, record_id)
    effects, turns = count(services, "effect"), count(services, "turn")
    retry_letter(services.engine, put(services, what, f"lead/{record_id}"))
    work()
    (after,) = find_records(services.engine, record_id)
    assert after.packet_id != before.packet_id
    assert after.person_id == before.person_id
    assert (count(services, "effect"), count(services, "turn")) == (effects, turns)


def test_what_was_settled_stays_settled(services: Services) -> None:
    number = put(services, "record", "lead/00Q5e0000000001EAA")
    drop_letter(services.engine, number, "test data")
    with pytest.raises(LetterError, match="settled already"):
        retry_letter(services.engine, number)
    with pytest.raises(LetterError, match="settled already"):
        drop_letter(services.engine, number, "again")
    with reading(services.engine) as session:
        assert session.execute(text("SELECT settled_how FROM dead_letter")).scalar_one() == "dropped: test data"


def test_a_letter_whose_delivery_is_gone_can_only_be_dropped(services: Services) -> None:
    number = put(services, "item", "12345")
    with pytest.raises(LetterError, match="no longer kept"):
        retry_letter(services.engine, number)
    assert [one.id for one in open_letters(services.engine)] == [number]


def test_there_is_no_such_letter(services: Services) -> None:
    with pytest.raises(LetterError, match="no dead letter 99"):
        retry_letter(services.engine, 99)


def test_all_of_a_kind_are_retried_at_once(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a bad day there are hundreds."""
    numbers = [put(services, "record", f"lead/{number}") for number in range(3)]
    other = put(services, "task", "lead/9")
    monkeypatch.setattr("connector.cli.letters.services_for", lambda: nullcontext(services))
    asked = CliRunner().invoke(leadline, ["deadletters", "retry", "--all", "--what", "record"])
    assert (asked.exit_code, asked.output.count("is tried again")) == (0, 3)
    assert [one.id for one in open_letters(services.engine)] == [other]
    assert CliRunner().invoke(leadline, ["deadletters", "retry"]).exit_code == 2
    assert CliRunner().invoke(leadline, ["deadletters", "retry", str(numbers[0]), "--all"]).exit_code == 2
