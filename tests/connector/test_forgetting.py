"""Forgetting, over a real database and both sandbox CRMs: nothing of the forgotten is left in any table, all else stands."""

import base64
import json
from collections.abc import Callable, Iterator

import pytest
import requests
from sqlalchemy import inspect, text

from connector.cli.connections import go_live
from connector.demo.portals import HUBSPOT, SALESFORCE, Portals
from connector.exports import chain_lines
from connector.forgetting import Erasure, forget_people
from connector.lookup import find_records
from connector.replay import replay_with
from connector.store.articles import article_text
from connector.store.deliveries import accept, bury
from connector.store.engine import reading, transact
from connector.store.keys import sealed_packets
from connector.store.tokens import read_token
from connector.store.turns import ledger
from connector.verifier import verify
from connector.wiring import Services

Work = Callable[[], None]

VALUES = {
    "email": "zoe.quillfeather@braxholm.example",
    "first": "Zoëanne",
    "last": "Quillfeather",
    "phone": "+49 30 90182345",
    "company": "Braxholm Weirworks",
    "title": "Vice President of Weirs",
    "comment": "Please call about the nine sluices",
}


def lead(intake: str, values: dict[str, str]) -> dict[str, object]:
    return {
        "FirstName": values["first"],
        "LastName": values["last"],
        "Email": values["email"],
        "Phone": values["phone"],
        "Company": values["company"],
        "Title": values["title"],
        "Description": values["comment"],
        "NumberOfEmployees": 300,
        "Country": "Germany",
        "Hand_Raise__c": "demo",
        "OwnerId": intake,
    }


def contact(values: dict[str, str]) -> dict[str, object]:
    return {
        "firstname": values["first"],
        "lastname": values["last"],
        "email": values["email"],
        "phone": values["phone"],
        "company": values["company"],
        "jobtitle": values["title"],
        "message": values["comment"],
    }


def other(number: int) -> dict[str, str]:
    return {
        "email": f"else{number}@elsewhere{number}.example",
        "first": f"Else{number}",
        "last": "Meyer",
        "phone": f"+49 30 1234567{number}",
        "company": f"Elsewhere {number} AG",
        "title": "Head of IT",
        "comment": "Hello",
    }


@pytest.fixture
def peopled(portals: Portals, services: Services, work: Work) -> Portals:
    """One person in both CRMs, and six others; everybody decided and written, live."""
    for name in (SALESFORCE, HUBSPOT):
        go_live(services, name, "", "full")
    intake = portals.intake["salesforce"]
    portals.sandbox.create("salesforce", "Lead", [lead(intake, VALUES), *(lead(intake, other(n)) for n in range(3))])
    work()
    portals.sandbox.create("hubspot", "contacts", [contact(VALUES), *(contact(other(n)) for n in range(3, 6))])
    work()
    return portals


def everything(services: Services) -> Iterator[tuple[str, bytes]]:
    """Every row of every table, as text and with bytes in the clear."""
    engine = services.engine
    for table in inspect(engine).get_table_names():
        with reading(engine) as session:
            rows = session.execute(text(f'SELECT * FROM "{table}"')).all()  # noqa: S608 - a name out of the catalogue
        yield from ((table, _bytes(value)) for row in rows for value in row)


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value, default=str, ensure_ascii=False).encode()


def forms(value: str) -> Iterator[bytes]:
    """A value as it may lie in a table: as it is, in JSON's and XML's escapes, in hexadecimal, in base64 at each offset."""
    raw = value.encode()
    yield raw
    yield json.dumps(value)[1:-1].encode()
    yield value.replace("+", "&#43;").encode()
    yield value.replace(" ", "").encode()
    yield raw.hex().encode()
    for offset in range(3):
        whole = base64.b64encode(b"\0" * offset + raw)
        yield whole[(8 * offset + 5) // 6 : -4]


def traces(services: Services, values: dict[str, str]) -> set[tuple[str, str]]:
    found = set()
    wanted = [(name, form) for name, value in values.items() for form in forms(value)]
    for table, content in everything(services):
        lowered = content.lower()
        found |= {(table, name) for name, form in wanted if form.lower() in lowered}
    return found


def forget(services: Services, given: str = VALUES["email"]) -> Erasure:
    people = {one.person_id for one in find_records(services.engine, given) if one.person_id}
    return forget_people(services, people, by="somebody")


def outcomes(services: Services) -> dict[str, list[str]]:
    again = replay_with(services.vault, lambda kind, version: article_text(services.engine, kind, version))
    return {name: [one.outcome for one in again.run(sealed_packets(services.engine, name))] for name in (SALESFORCE, HUBSPOT)}


def test_before_forgetting_the_values_are_found_where_they_are_kept(peopled: Portals, services: Services) -> None:
    """Else the test below could not fail."""
    tables = {table for table, _ in traces(services, VALUES)}
    assert {"delivery", "record"} <= tables
    assert ("delivery", "email") in traces(services, VALUES)


def test_nothing_is_left_in_any_table(peopled: Portals, services: Services) -> None:
    erasure = forget(services)
    assert traces(services, VALUES) == set()
    assert erasure.people == 1
    assert len(erasure.records) == 2
    assert erasure.keys >= 1


def test_everybody_else_is_untouched(peopled: Portals, services: Services) -> None:
    before = traces(services, other(1)), traces(services, other(4))
    forget(services)
    after = traces(services, other(1)), traces(services, other(4))
    # Raw bodies that several people share go as a whole; what was decided stays.
    assert [one - {("delivery", name) for name in VALUES} for one in before] == [
        one - {("delivery", name) for name in VALUES} for one in after
    ]
    assert all(("record", "company") in one for one in after)


def test_the_chains_hold_and_say_what_was_forgotten(peopled: Portals, services: Services) -> None:
    forget(services)
    for name in (SALESFORCE, HUBSPOT):
        lines = list(chain_lines(services.engine, name))
        assert verify(lines).findings == []
        last = json.loads(json.loads(lines[-1])["body"])
        assert last["kind"] == "forget"
        assert last["by"] == "somebody"
        assert all(len(key) == 64 for key in last["keys"])


def test_replay_says_erased_for_them_and_makes_every_other_decision_again(peopled: Portals, services: Services) -> None:
    before = outcomes(services)
    assert set(before[SALESFORCE] + before[HUBSPOT]) == {"reproduced"}
    forget(services)
    after = outcomes(services)
    assert (after[SALESFORCE] + after[HUBSPOT]).count("erased") == 1
    assert {name: len(found) for name, found in after.items()} == {name: len(found) for name, found in before.items()}
    assert set(after[SALESFORCE] + after[HUBSPOT]) == {"reproduced", "erased"}


def test_turns_still_add_up(peopled: Portals, services: Services) -> None:
    before = ledger(services.engine)
    assert before
    forget(services)
    assert ledger(services.engine) == before


def test_a_change_to_a_forgotten_record_is_not_looked_at(peopled: Portals, services: Services, work: Work) -> None:
    (record,) = [one for one in find_records(services.engine, VALUES["email"]) if one.ref.connection == HUBSPOT]
    forget(services)
    peopled.sandbox.reset_stats()
    peopled.sandbox.update("hubspot", "contacts", record.ref.id, {"jobtitle": VALUES["title"] + " and Dams"})
    work()
    assert traces(services, VALUES) == set()
    assert [one.state for one in find_records(services.engine, record.ref.id)] == ["forgotten"]
    assert not [call for call in peopled.sandbox.stats()["calls"] if "batch/read" in call["route"]]


def test_a_new_record_of_a_forgotten_person_is_a_new_person(peopled: Portals, services: Services, work: Work) -> None:
    forget(services)
    peopled.sandbox.create("salesforce", "Lead", [lead(peopled.intake["salesforce"], VALUES)])
    work()
    (found,) = find_records(services.engine, VALUES["email"])
    assert found.state == "live"
    assert found.packet_id


def test_forgetting_twice_changes_nothing(peopled: Portals, services: Services) -> None:
    people = {one.person_id for one in find_records(services.engine, VALUES["email"]) if one.person_id}
    forget_people(services, people, by="somebody")
    length = len(list(chain_lines(services.engine, SALESFORCE)))
    assert forget_people(services, people, by="somebody") == Erasure()
    assert len(list(chain_lines(services.engine, SALESFORCE))) == length


def test_a_delivery_that_nobody_had_opened_is_emptied_too(peopled: Portals, services: Services) -> None:
    (record,) = [one for one in find_records(services.engine, VALUES["email"]) if one.ref.connection == HUBSPOT]
    crm = services.crm(HUBSPOT)
    assert crm
    event = {
        "eventId": 77,
        "subscriptionId": 1,
        "portalId": int(crm.account),
        "appId": int(crm.app_id),
        "occurredAt": 1_795_000_000_000,
        "subscriptionType": "object.propertyChange",
        "objectTypeId": "0-1",
        "objectId": int(record.ref.id),
        "propertyName": "email",
        "propertyValue": VALUES["email"],
    }
    body = json.dumps([event]).encode()
    assert accept(services.inbox, connection=HUBSPOT, channel="hubspot", fingerprint=b"f" * 16, body=body)
    forget(services)
    assert traces(services, VALUES) == set()
    assert not accept(services.inbox, connection=HUBSPOT, channel="hubspot", fingerprint=b"f" * 16, body=body)


def test_dead_letters_that_mention_them_are_emptied_and_settled(peopled: Portals, services: Services) -> None:
    (record,) = [one for one in find_records(services.engine, VALUES["email"]) if one.ref.connection == SALESFORCE]
    cut = f"<Email>{VALUES['email'].upper()}</Email><Company>{VALUES['company']}".encode()
    by_id = f"<sf:Id>{record.ref.id[:15]}</sf:Id><sf:LastName>{VALUES['last']}".encode()
    innocent = b"<sf:Email>else1@elsewhere1.example</sf:Email"

    def write(session: object) -> None:
        for body in (cut, by_id, innocent):
            bury(session, name=SALESFORCE, what="delivery", reference="1", reason="Not XML.", body=body)  # type: ignore[arg-type]
        bury(session, name=SALESFORCE, what="record", reference=f"lead/{record.ref.id}", reason="Failed.")  # type: ignore[arg-type]

    transact(services.engine, write)
    assert forget(services).letters == 3
    assert traces(services, VALUES) == set()
    with reading(services.engine) as session:
        rows = session.execute(text("SELECT body, settled_how FROM dead_letter ORDER BY id")).all()
    assert [tuple(row) for row in rows] == [(None, "forgotten"), (None, "forgotten"), (innocent, None), (None, "forgotten")]


def test_hubspots_privacy_deletion_forgets_the_person_everywhere(peopled: Portals, services: Services, work: Work) -> None:
    found = find_records(services.engine, VALUES["email"])
    (record,) = [one for one in found if one.ref.connection == HUBSPOT]
    crm = services.crm(HUBSPOT)
    assert crm
    peopled.sandbox.add_target(
        "hubspot", f"{services.public_url}/webhooks/hubspot/{HUBSPOT}", subscriptions=[{"type": "contact.privacyDeletion"}]
    )
    token = read_token(services.engine, services.vault, HUBSPOT)
    assert token
    answer = requests.post(
        f"{peopled.sandbox.url}/crm/v3/objects/contacts/gdpr-delete",
        json={"objectId": record.ref.id},
        headers={"Authorization": f"Bearer {token.access_token}"},
        timeout=10,
    )
    assert answer.status_code == 204, answer.text
    work()
    assert traces(services, VALUES) == set()
    assert {one.state for each in found for one in find_records(services.engine, each.ref.id)} == {"forgotten"}
