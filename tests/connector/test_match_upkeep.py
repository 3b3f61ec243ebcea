"""The match index is kept true by what happens to records, over both sandbox CRMs: made, changed, deleted, merged, backfilled."""

from collections.abc import Callable, Mapping

from adapters.records import RecordRef
from connector.backfilling import Filling
from connector.cli.connections import go_live
from connector.demo.portals import HUBSPOT, SALESFORCE, Portals
from connector.resolving import Likeness, Probe, Resolver
from connector.store.lookup import records_by_id
from connector.wiring import Services

Work = Callable[[], None]
ANA = {"first": "Ana", "last": "Quillfeather", "email": "ana.quillfeather@braxholm-weirs.com", "company": "Braxholm Weirs"}


def lead(portals: Portals, **more: str) -> Mapping[str, str]:
    own = {"FirstName": ANA["first"], "LastName": ANA["last"], "Email": ANA["email"], "Company": ANA["company"]}
    return {**own, "OwnerId": portals.intake["salesforce"], **more}


def contact(**more: str) -> Mapping[str, str]:
    own = {"firstname": ANA["first"], "lastname": ANA["last"], "email": ANA["email"], "company": ANA["company"]}
    return {**own, **more}


def found(services: Services, **values: str) -> list[Likeness]:
    probe = Probe(RecordRef("elsewhere", "lead", "x"), values)
    return list(Resolver(services.engine).resolve([probe])[probe.ref])


def ana(services: Services) -> list[Likeness]:
    return found(services, first_name="Ana", last_name="Quilfeather", email=ANA["email"])


def test_who_was_decided_about_is_found_in_both_crms_as_one_person(portals: Portals, services: Services, work: Work) -> None:
    [id_] = portals.sandbox.create("salesforce", "Lead", [lead(portals)])
    work()
    portals.sandbox.create("hubspot", "contacts", [contact()])
    work()
    likenesses = ana(services)
    assert {(one.ref.connection, one.ref.object) for one in likenesses} == {(SALESFORCE, "lead"), (HUBSPOT, "contact")}
    assert {one.person_id for one in likenesses} == {records_by_id(services.engine, [id_])[0].person_id}


def test_a_changed_record_is_found_by_what_it_says_now(portals: Portals, services: Services, work: Work) -> None:
    [id_] = portals.sandbox.create("salesforce", "Lead", [lead(portals)])
    work()
    portals.sandbox.update("salesforce", "Lead", id_, {"Email": "quill@elsewhere-works.com", "LastName": "Osterloh"})
    work()
    assert [one.ref.id for one in found(services, last_name="Osterloh", email="quill@elsewhere-works.com")] == [id_]
    assert not found(services, email=ANA["email"])


def test_a_deleted_record_is_nobodys_duplicate(portals: Portals, services: Services, work: Work) -> None:
    [id_] = portals.sandbox.create("hubspot", "contacts", [contact()])
    work()
    assert ana(services)
    portals.sandbox.delete("hubspot", "contacts", id_)
    work()
    assert not ana(services)


def test_what_was_merged_is_found_once(portals: Portals, services: Services, work: Work) -> None:
    first, second = portals.sandbox.create("hubspot", "contacts", [contact(), contact(email="a.quillfeather@braxholm-weirs.com")])
    work()
    kept = portals.sandbox.merge("hubspot", "contacts", first, second)
    work()
    assert {one.ref.id for one in ana(services)} == {kept}


def test_a_backfill_puts_in_what_was_there_before(services: Services, portals: Portals, work: Work) -> None:
    go_live(services, SALESFORCE, "", "full")
    portals.sandbox.hold()
    [id_] = portals.sandbox.create("salesforce", "Lead", [lead(portals, CreatedDate="2025-01-07T09:00:00.000+0000")])
    crm = services.crm(SALESFORCE)
    assert crm
    with services.measured(crm) as (adapter, meter):
        Filling(services, crm, adapter, meter, lambda *_: None).run()
    assert [one.ref.id for one in ana(services)] == [id_]
