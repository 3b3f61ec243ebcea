"""Leads in the sandbox CRMs, and what Leadline made of them: the words in which the tests of the heart are written."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from adapters.records import RecordRef
from config.mapping import shipped_mapping
from connector.bench.senders import Target
from connector.cli.connections import go_live
from connector.demo.portals import HUBSPOT, SALESFORCE, Portals
from connector.jobs import scene_of
from connector.packet import open_sealed
from connector.pipeline import Drain, Progress
from connector.replay import replay_with
from connector.store.articles import article_text
from connector.store.connections import CrmConnection, put_connection
from connector.store.engine import Session, reading, transact
from connector.store.keys import sealed_packets
from connector.store.records import record_key_of
from connector.vault import Vault
from connector.wiring import Services
from connector.writeback import Deliverer

NAMES = {"salesforce": SALESFORCE, "hubspot": HUBSPOT}
TABLES = {"salesforce": "Lead", "hubspot": "contacts"}
OBJECTS = {"salesforce": "lead", "hubspot": "contact"}
OWNER = {"salesforce": "OwnerId", "hubspot": "hubspot_owner_id"}
TASKS = {"salesforce": "Task", "hubspot": "tasks"}

_GOOD = {
    "salesforce": {
        "FirstName": "Nora", "LastName": "Berg", "Company": "Acme GmbH", "Title": "VP Sales", "NumberOfEmployees": 300,
        "Industry": "Software", "Country": "Germany",
    },
    "hubspot": {
        "firstname": "Nora", "lastname": "Berg", "company": "Acme GmbH", "jobtitle": "VP Sales", "numemployees": "300",
        "industry": "Software", "country": "Germany",
    },
}  # fmt: skip
_EMAIL = {"salesforce": "Email", "hubspot": "email"}
ASKED = {"salesforce": {"Hand_Raise__c": "demo"}, "hubspot": {"hand_raise": "demo"}}
"""What makes a good lead one for a closer, with a task and a turn."""


def just_now() -> str:
    """A moment that counts as recent on whatever day the tests run."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def add_lead(portals: Portals, crm: Any, email: str, **fields: Any) -> str:
    """A good lead of the default owner; its id."""
    row = {**_GOOD[crm], OWNER[crm]: portals.intake[crm], _EMAIL[crm]: email, **fields}
    return portals.sandbox.create(crm, TABLES[crm], [row])[0]


def edit(portals: Portals, crm: Any, id_: str, **fields: Any) -> None:
    """A person edits the record in the CRM."""
    portals.sandbox.update(crm, TABLES[crm], id_, fields)


def shown(portals: Portals, crm: Any, id_: str) -> Mapping[str, Any]:
    """The record's fields as they stand."""
    found = portals.sandbox.read(crm, TABLES[crm], [id_])[0]
    assert found
    return found["properties"]


def output(portals: Portals, crm: Any, id_: str, name: str) -> Any:
    return shown(portals, crm, id_).get(portals.mappings[crm].outputs[name])


def owner_of(portals: Portals, crm: Any, id_: str) -> Any:
    return shown(portals, crm, id_)[OWNER[crm]]


def people(portals: Portals, crm: Any) -> Mapping[str, str]:
    """E-mail to owner id."""
    return {str(one.get("email") or one.get("Email")): str(one.get("id") or one.get("Id")) for one in portals.sandbox.people(crm)}


def our_writes(portals: Portals, crm: Any, id_: str) -> list[Mapping[str, Any]]:
    """What Leadline changed on a record, oldest first: field to [old, new]."""
    history = portals.sandbox.history(crm, TABLES[crm], id_)
    return [entry["changed"] for entry in history if entry["source"] == "API"]


def owners_we_set(portals: Portals, crm: Any, id_: str) -> list[str]:
    return [changed[OWNER[crm]][1] for changed in our_writes(portals, crm, id_) if OWNER[crm] in changed]


def tasks(portals: Portals, crm: Any) -> list[Mapping[str, Any]]:
    """Tasks that were made, as created."""
    return [e["changed"] for e in portals.sandbox.journal() if (e["crm"], e["object"], e["kind"]) == (crm, TASKS[crm], "created")]


def go(services: Services) -> None:
    """Both CRMs leave shadow."""
    for name in NAMES.values():
        go_live(services, name, "", "full")


def arrive(portals: Portals) -> None:
    """Every webhook under way is taken in."""
    assert portals.sandbox.pending(wait=20.0) == 0, "webhooks are not taken"


def crm_of(services: Services, crm: str) -> CrmConnection:
    connection = services.crm(NAMES[crm])
    assert connection
    return connection


def drain(services: Services, crm: str) -> Progress:
    return Drain(services, crm_of(services, crm)).run()


def deliver(services: Services, crm: str) -> int:
    return Deliverer(services, crm_of(services, crm), scene_of(services)).run()


def reconnect(services: Services, crm: str, **options: Any) -> None:
    """Changes options of a connection."""
    connection = crm_of(services, crm)
    changed = replace(connection, options={**connection.options, **options})
    transact(services.engine, lambda session: put_connection(session, services.vault, changed))
    services.refresh()


def let_settle(services: Services) -> None:
    """As if an hour had gone by since every unanswered call, and every wait were over."""
    execute(services, "UPDATE outbox SET not_before = clock_timestamp(), sent_at = sent_at - interval '1 hour'")
    execute(services, "UPDATE effect SET sent_at = sent_at - interval '1 hour'")
    execute(services, "UPDATE due SET not_before = clock_timestamp()")
    execute(services, "UPDATE throttle SET until = clock_timestamp(), trying = NULL")


def execute(services: Services, statement: str, **values: Any) -> None:
    with services.engine.begin() as session:
        session.execute(text(statement), values)


def rows(services: Services, query: str, **values: Any) -> list[Any]:
    with reading(services.engine) as session:
        return list(session.execute(text(query), values).all())


def count(services: Services, table: str) -> int:
    return int(rows(services, f"SELECT count(*) FROM {table}")[0][0])  # noqa: S608 - a table's name


def documents(services: Services, kind: str, name: str = "") -> list[dict[str, Any]]:
    """Chained documents of one kind, in order."""
    query = "SELECT body::bytea FROM document WHERE kind = :kind AND (:name = '' OR connection = :name) ORDER BY connection, seq"
    return [loads(row[0]) for row in rows(services, query, kind=kind, name=name)]


def replayed(services: Services) -> set[str]:
    """What becomes of every packet when it is decided again."""
    again = replay_with(services.vault, lambda kind, version: article_text(services.engine, kind, version))
    kept = [one for name in NAMES.values() for one in sealed_packets(services.engine, name)]
    return {str(one.outcome) for one in again.run(kept)}


def loads(body: bytes) -> dict[str, Any]:
    return dict(json.loads(body))


def opened(services: Services, document: Mapping[str, Any], identity: str) -> dict[str, Any]:
    """The sealed part of a packet or receipt."""
    ref = RecordRef(document["connection"], document["record"]["object"], document["record"]["id"])
    wrapped = record_key_of(services.engine, ref)
    assert wrapped
    return open_sealed(document["sealed"], services.vault.unwrap(wrapped, ref), identity)


def forged_connections(session: Session, vault: Vault, target: Target) -> None:
    """The two connections that honest and forged requests are made for."""
    for crm in (
        CrmConnection(
            name=target.hubspot,
            kind="hubspot",
            account=str(target.portal),
            app_id=str(target.app),
            base_url="http://127.0.0.1:9",
            api="v3",
            mapping=shipped_mapping("hubspot"),
            inbound_secrets=(target.hubspot_key,),
        ),
        CrmConnection(
            name=target.salesforce,
            kind="salesforce",
            account=target.organization,
            base_url="http://127.0.0.1:9",
            api="v67.0",
            mapping=shipped_mapping("salesforce"),
            inbound_secrets=(target.salesforce_key,),
        ),
    ):
        put_connection(session, vault, crm)
