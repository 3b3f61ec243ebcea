"""Forgetting, over a real database and both sandbox CRMs: nothing of the forgotten is left in any table, all else stands."""

import base64
import json
from collections.abc import Callable, Iterator, Sequence

import pytest
import requests
from sqlalchemy import inspect, text

from connector import forgetting
from connector.cli.connections import go_live
from connector.demo.portals import HUBSPOT, SALESFORCE, Portals
from connector.exports import chain_lines
from connector.forgetting import Erasure, forget_people
from connector.lookup import find_records
from connector.matching import keys_of
from connector.mentions import address_keys_in, ids_in
from connector.replay import replay_with
from connector.store.articles import article_text
from connector.store.deliveries import bury
from connector.store.engine import Session, reading, transact
from connector.store.keys import sealed_packets
from connector.store.people import lock_people
from connector.store.sealed import BODIES
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
        "first": f"Elsewherian{number}",
        "last": "Meyerhofstedt",
        "phone": f"+49 30 1234567{number}",
        "company": f"Elsewhere {number} AG",
        "title": "Head of IT",
        "comment": f"Greetings from elsewhere {number}",
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
    """Every row of every table, as text and with bytes in the clear, and every delivery opened."""
    engine = services.engine
    for table in inspect(engine).get_table_names():
        with reading(engine) as session:
            rows = session.execute(text(f'SELECT * FROM "{table}"')).all()  # noqa: S608 - a name out of the catalogue
        yield from ((table, _bytes(value)) for row in rows for value in row)
        yield from ((table, services.vault.open_body(row.body, row.connection)) for row in rows if table in BODIES and row.body)


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value, default=str, ensure_ascii=False).encode()


def forms(value: str) -> Iterator[bytes]:
    """A value as it may lie in a table, in lower case: as it is, in JSON's and XML's escapes, in hexadecimal."""
    yield value.lower().encode()
    yield json.dumps(value.lower())[1:-1].encode()
    yield value.lower().replace("+", "&#43;").encode()
    yield value.lower().replace(" ", "").encode()
    yield value.encode().hex().encode()


def base64_forms(value: str) -> Iterator[bytes]:
    """In base64, which knows no lower case, wherever in a longer text the value stands."""
    for offset in range(3):
        whole = base64.b64encode(b"\0" * offset + value.encode())
        yield whole[(8 * offset + 5) // 6 : -4]


def traces(services: Services, values: dict[str, str]) -> set[tuple[str, str]]:
    """(table, name of the value) wherever one is found."""
    found = set()
    for table, content in everything(services):
        lowered = content.lower()
        for name, value in values.items():
            if any(form in lowered for form in forms(value)) or any(form in content for form in base64_forms(value)):
                found.add((table, name))
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
    assert {"delivery", "record", "match_record"} <= tables
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
    assert services.inbox.put(connection=HUBSPOT, channel="hubspot", fingerprint=b"f" * 16, body=body)
    forget(services)
    assert traces(services, VALUES) == set()
    assert not services.inbox.put(connection=HUBSPOT, channel="hubspot", fingerprint=b"f" * 16, body=body)


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


# --- while others are at work


@pytest.mark.parametrize("verb", ["fetch", "write"])
def test_who_is_forgotten_while_a_call_is_under_way_is_forgotten(
    peopled: Portals, services: Services, work: Work, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    """The drain has read the record, or the deliverer has written it, and wants to put down what it knows."""
    (record,) = [one for one in find_records(services.engine, VALUES["email"]) if one.ref.connection == SALESFORCE]
    crm = services.crm(SALESFORCE)
    assert crm
    adapter = services.adapter(crm)
    real = getattr(adapter, verb)
    done: list[Erasure] = []

    def meanwhile(items: Sequence[object]) -> object:
        answer = real(items)
        if not done:
            done.append(forget(services))
        return answer

    peopled.sandbox.update("salesforce", "Lead", record.ref.id, {"Hand_Raise__c": "pricing", "Title": "CEO of Weirs"})
    monkeypatch.setattr(adapter, verb, meanwhile)
    work()
    assert [one.people for one in done] == [1]
    assert traces(services, {**VALUES, "new title": "CEO of Weirs"}) == set()
    assert [one.state for one in find_records(services.engine, record.ref.id)] == ["forgotten"]
    assert set(outcomes(services)[SALESFORCE]) == {"reproduced", "erased"}
    for name in (SALESFORCE, HUBSPOT):
        assert verify(list(chain_lines(services.engine, name))).findings == []


def test_a_record_linked_in_the_last_moment_is_forgotten_with_the_others(
    peopled: Portals, services: Services, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another lead of the person is decided while the stored bodies are searched."""
    real = lock_people
    created: list[str] = []

    def meanwhile(session: Session, people: Sequence[str]) -> object:
        if not created:
            created.extend(peopled.sandbox.create("salesforce", "Lead", [lead(peopled.intake["salesforce"], VALUES)]))
            work()
        return real(session, people)

    monkeypatch.setattr(forgetting, "lock_people", meanwhile)
    erasure = forget(services)
    assert {one.id for one in erasure.records} > set(created)
    assert len(erasure.records) == 3
    assert traces(services, VALUES) == set()


def test_many_are_forgotten_at_once(peopled: Portals, services: Services) -> None:
    given = [other(number)["email"] for number in range(6)]
    people = {one.person_id for email in given for one in find_records(services.engine, email) if one.person_id}
    erasure = forget_people(services, people, by="somebody")
    assert (erasure.people, len(erasure.records)) == (6, 6)
    assert set().union(*(traces(services, other(number)) for number in range(6))) == set()
    assert {table for table, _ in traces(services, VALUES)} >= {"record"}


@pytest.mark.parametrize(
    ("kind", "body", "ids"),
    [
        ("hubspot", b'[{"objectId":51,"eventId":101}', {"51"}),
        ("hubspot", b'[{"mergedObjectIds": [7, 81],"primaryObjectId" : 7,"newObjectId":90', {"7", "81", "90"}),
        ("salesforce", b"<sf:Id>00Q5e0000000001</sf:Id>", {"00Q5e0000000001EAA"}),
        ("salesforce", b'{"recordId":"00Q5e0000000001EAA","id":"1234567890123456"}', {"00Q5e0000000001EAA"}),
    ],
)
def test_ids_are_found_in_whatever_came(kind: str, body: bytes, ids: set[str]) -> None:
    assert ids_in(kind, body) == ids


def test_addresses_are_found_in_whatever_came() -> None:
    body = b'"propertyValue":"Ann@Acme.example"}, mailto:ann@acme.example <bob@x.example>, not@one'
    wanted = [keys_of({"email": email}, None) for email in ("ann@acme.example", "bob@x.example")]
    assert address_keys_in(body) == {key for keys in wanted for key in keys}
