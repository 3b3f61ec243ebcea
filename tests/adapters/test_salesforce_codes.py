"""Each error of Salesforce's, by its code: brought about in the sandbox's org by a real cause, and what the adapter makes of it.

Where only the vendor's own machines have the cause, the control API stands in for them (`fail`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from adapters.errors import CallOperator, Refused, Retry, Throttled, UnknownOutcome
from adapters.records import Change, Gone, Lead, Outcome, RecordRef, TaskDraft
from adapters.salesforce.failures import LIMIT_SECONDS
from adapters.salesforce.owners import ABLE_SECONDS, LEFT, UNABLE_SECONDS
from adapters.sandbox.salesforce_org import INTEGRATION_USER
from adapters.sandbox.world import Person
from config.mapping import shipped_mapping
from tests.adapters.crm_contract import MONDAY
from tests.adapters.salesforce_kit import flow, sets
from tests.adapters.salesforce_org import PERSON, SalesforceOrg, salesforce_org
from tests.adapters.sandbox import salesforce_packages as packages
from tests.adapters.sandbox.salesforce_sandbox import Client

NARROW_RECORDS = 5


@pytest.fixture
def org(tmp_path: Path) -> Iterator[SalesforceOrg]:
    with salesforce_org(tmp_path) as org:
        yield org


def states(outcomes: Sequence[Outcome]) -> list[str]:
    return [outcome.state for outcome in outcomes]


def write_one(org: SalesforceOrg, **outputs: Any) -> Outcome:
    (outcome,) = org.crm.write([Change(org.create(), outputs)])
    return outcome


def contact(org: SalesforceOrg, account: str) -> RecordRef:
    (id_,) = org.side.create("Contact", [{"LastName": "Roe", "AccountId": account}], PERSON)
    return RecordRef("acme", "contact", id_)


def admin(org: SalesforceOrg) -> Client:
    """An administrator with a session of their own."""
    caller = Client(org.world.url, requests.Session())
    caller.login()
    return caller


def redefine(org: SalesforceOrg, name: str, **changes: Any) -> None:
    """An administrator changes a field of leads."""
    schema = org.side._org.schema
    field = schema.whole("Lead").field(name)
    schema.add("Lead", [replace(field, **changes)])


# the session


def test_invalid_session_id(org: SalesforceOrg) -> None:
    """A new token once, and the call repeated with its headers: without them the org's rule would take the lead."""
    (queue,) = org.side.add_queues(["Everything"])
    entry = {"field": "Company", "op": "equals", "value": "Acme", "owner": queue}
    ref = org.create(owner_id=org.reps()[0])
    org.side.configure({"assignment_rules": [{"entries": [entry]}]})
    org.expire_token()
    assert states(org.crm.write([Change(ref, {"fit_score": 7})])) == ["written"]
    assert len(org.tokens.renewed) == 1
    assert (org.stored(ref)["fit_score"], org.stored(ref)["owner_id"]) == (7, org.reps()[0])


def test_invalid_session_id_that_no_new_token_cures(org: SalesforceOrg) -> None:
    """ "This session is not valid for use with the REST API" is answered to every token alike."""
    org.fail({"kind": "expired", "count": 9, "route": "/services/data/*"})
    with pytest.raises(CallOperator, match="connect the org again"):
        write_one(org, fit_score=1)
    assert len(org.tokens.renewed) == 1


# limits


def test_request_limit_exceeded(org: SalesforceOrg) -> None:
    ref = org.create()
    assert isinstance(org.crm.fetch([ref])[ref], Lead)
    org.side.configure({"daily_limit": 1})
    for call in (lambda: org.crm.fetch([ref]), lambda: org.crm.write([Change(ref, {"fit_score": 1})])):
        with pytest.raises(Throttled) as caught:
            call()
        assert (caught.value.policy, caught.value.after, caught.value.code) == ("daily", LIMIT_SECONDS, "REQUEST_LIMIT_EXCEEDED")
    assert org.stored(ref)["fit_score"] is None


def test_request_limit_exceeded_for_one_record(org: SalesforceOrg) -> None:
    org.fail({"kind": "item", "code": "REQUEST_LIMIT_EXCEEDED"})
    one, other = org.crm.write([Change(org.create(), {"fit_score": n}) for n in range(2)])
    assert (one.state, one.after, other.state) == ("retry", LIMIT_SECONDS, "written")
    [told] = org.budget.refusals
    assert (told.policy, told.after, told.code) == ("daily", LIMIT_SECONDS, "REQUEST_LIMIT_EXCEEDED")


# locks


def test_unable_to_lock_row(org: SalesforceOrg) -> None:
    """Whoever loads accounts at night holds them and all their contacts. The others are written, and these when it is over."""
    acme, other = org.side.create("Account", [{"Name": "Acme"}, {"Name": "Other"}], PERSON)
    changes = [Change(contact(org, account), {"fit_score": 5}) for account in (acme, other, acme)]
    org.side.configure({"held_rows": [acme]})
    outcomes = org.crm.write(changes)
    assert states(outcomes) == ["retry", "written", "retry"]
    assert {outcome.code for outcome in outcomes if outcome.state == "retry"} == {"UNABLE_TO_LOCK_ROW"}
    org.side.configure({"held_rows": []})
    assert states(org.crm.write([changes[0], changes[2]])) == ["written", "written"]


def test_unable_to_lock_row_never_among_our_own(org: SalesforceOrg) -> None:
    """Contacts of one account go in one call, which is one transaction: they cannot wait for each other."""
    (acme,) = org.side.create("Account", [{"Name": "Acme"}], PERSON)
    changes = [Change(contact(org, acme), {"fit_score": n}) for n in range(40)]
    before = org.calls()
    assert set(states(org.crm.write(changes))) == {"written"}
    assert [call.method for call in org.heard[before:] if call.method != "GET"] == ["PATCH"]


def test_unable_to_lock_row_of_a_task(org: SalesforceOrg) -> None:
    refs = [org.create(), org.create()]
    org.side.configure({"held_rows": [refs[0].id]})
    drafts = [TaskDraft(ref, f"key-{ref.id}", "Call", "Now.", org.reps()[0], MONDAY) for ref in refs]
    assert states(org.crm.create_tasks(drafts)) == ["retry", "written"]


def test_unable_to_lock_row_of_a_whole_call(org: SalesforceOrg) -> None:
    org.fail({"kind": "status", "status": 400, "code": "UNABLE_TO_LOCK_ROW", "route": "*/composite/*"})
    with pytest.raises(Retry):
        write_one(org, fit_score=1)


# duplicates


def test_duplicates_detected_by_a_rule_that_alerts(org: SalesforceOrg) -> None:
    """Only a person at a screen needs the alert: `allowSave` passes it, with and without a condition."""
    org.side.configure({"duplicate_rules": [{"fields": ["Leadline_Grade__c"], "block": False}]})
    org.create(grade="A1")
    assert write_one(org, grade="A1").state == "written"


def test_duplicates_detected_by_a_rule_that_blocks(org: SalesforceOrg) -> None:
    org.side.configure({"duplicate_rules": [{"fields": ["Leadline_Grade__c"], "block": True}]})
    twin = org.create(grade="A1")
    outcome = write_one(org, grade="A1")
    assert (outcome.state, outcome.code) == ("refused", "DUPLICATES_DETECTED")
    assert twin.id in outcome.reason


def test_duplicate_value(org: SalesforceOrg) -> None:
    """The answer's fields are empty, so it is the unique ones that were meant; the others can go without them."""
    org.create(key="k1")
    outcome = write_one(org, key="k1", fit_score=4)
    assert (outcome.state, outcome.code, outcome.fields) == ("refused", "DUPLICATE_VALUE", ("key",))


# records that are gone


def test_entity_is_deleted(org: SalesforceOrg) -> None:
    ref = org.create()
    org.crm.fetch([ref])
    org.delete(ref)
    (outcome,) = org.crm.write([Change(ref, {"fit_score": 1})])
    assert (outcome.state, outcome.code, outcome.now) == ("gone", "ENTITY_IS_DELETED", None)


def test_entity_is_deleted_by_a_merge(org: SalesforceOrg) -> None:
    winner, loser = org.create(), org.create()
    org.merge(winner=winner, loser=loser)
    (outcome,) = org.crm.write([Change(loser, {"fit_score": 1})])
    assert (outcome.state, outcome.code, outcome.now) == ("gone", "ENTITY_IS_DELETED", winner)


def test_not_found(org: SalesforceOrg) -> None:
    """By a URL it is NOT_FOUND, as an item of a list INVALID_CROSS_REFERENCE_KEY; the record is looked for either way."""
    ref = org.never_existed()
    plain = Change(ref, {"fit_score": 1})
    owning = replace(plain, owner_id=org.reps()[0], unless_modified_since=org.clock.now())
    outcomes = [org.crm.write([change])[0] for change in (plain, owning)]
    assert [(outcome.state, outcome.code) for outcome in outcomes] == [
        ("gone", "INVALID_CROSS_REFERENCE_KEY"),
        ("gone", "NOT_FOUND"),
    ]
    assert org.crm.fetch([ref])[ref] == Gone(ref, "not_found")


def test_cannot_update_converted_lead(org: SalesforceOrg) -> None:
    ref = org.create()
    person = org.side.command("POST", ["convert"], {"lead": ref.id})
    assert isinstance(person, dict)
    (outcome,) = org.crm.write([Change(ref, {"fit_score": 1})])
    assert (outcome.state, outcome.code) == ("gone", "CANNOT_UPDATE_CONVERTED_LEAD")
    assert outcome.now == RecordRef("acme", "contact", person["contact"])
    assert states(org.crm.write([Change(outcome.now, {"fit_score": 1})])) == ["written"]


# values


def test_string_too_long(org: SalesforceOrg) -> None:
    """Cut to the length that was described; and when the field was made shorter since, described anew and cut again."""
    sentence = "Call them now, because they asked for a demo twice today and nobody has answered."
    assert write_one(org, route_reason=sentence).state == "written"
    redefine(org, "Leadline_Route_Reason__c", length=40)
    ref = org.create()
    assert states(org.crm.write([Change(ref, {"route_reason": sentence})])) == ["written"]
    assert org.stored(ref)["route_reason"] == "Call them now, because they asked for a…"


def test_invalid_or_null_for_restricted_picklist(org: SalesforceOrg) -> None:
    """Refused before the call; and where the value was taken off the list since it was described, a call later."""
    assert write_one(org, confidence="High").state == "written"
    redefine(org, "Leadline_Confidence__c", picklist=("Medium", "Low"))
    for _ in range(2):
        outcome = write_one(org, confidence="High", fit_score=1)
        assert (outcome.state, outcome.fields) == ("refused", ("confidence",))
        assert "Leadline_Confidence__c is a restricted picklist without this value" in outcome.reason
    assert [call.method for call in org.heard].count("PATCH") == 2


def test_number_outside_valid_range(org: SalesforceOrg) -> None:
    outcome = write_one(org, fit_score=1_000)
    assert (outcome.state, outcome.code, outcome.fields) == ("refused", "NUMBER_OUTSIDE_VALID_RANGE", ("fit_score",))


def test_required_field_missing(tmp_path: Path) -> None:
    """An output that goes into a field of the customer's which must not be empty."""
    shipped = shipped_mapping("salesforce")
    mapping = replace(shipped, outputs={**shipped.outputs, "route_reason": "Company"})
    with salesforce_org(tmp_path, mapping) as org:
        outcome = write_one(org, route_reason=None)
        assert (outcome.state, outcome.code, outcome.fields) == ("refused", "REQUIRED_FIELD_MISSING", ("route_reason",))


def test_field_custom_validation_exception(org: SalesforceOrg) -> None:
    """The rule's own words may quote values, so the sentence is ours; the field beside which it complains is named."""
    rule = (
        "<validationRules><fullName>No_A1</fullName><active>true</active>"
        "<errorConditionFormula>ISPICKVAL(Leadline_Grade__c, &quot;A1&quot;)</errorConditionFormula>"
        "<errorDisplayField>Leadline_Grade__c</errorDisplayField><errorMessage>Not A1.</errorMessage></validationRules>"
    )
    archive = packages.package(
        {"ValidationRule": ["Lead.No_A1"]}, {"objects/Lead.object": packages.document("CustomObject", rule)}
    )
    packages.deployed(admin(org), archive)
    bad, good = org.crm.write([Change(org.create(), {"grade": grade}) for grade in ("A1", "B2")])
    assert (bad.state, bad.code, bad.fields) == ("refused", "FIELD_CUSTOM_VALIDATION_EXCEPTION", ("grade",))
    assert "validation rule" in bad.reason
    assert good.state == "written"


# fields and rights


def test_invalid_field(org: SalesforceOrg) -> None:
    """Hidden from us since it was described: refused with what to do, and nobody else's record with it."""
    assert write_one(org, grade="A1").state == "written"
    org.side.configure({"hidden_fields": ["Lead.Leadline_Grade__c"]})
    one, other = org.crm.write([Change(org.create(), {"grade": "A1"}), Change(org.create(), {"fit_score": 2})])
    assert (one.state, one.fields, other.state) == ("refused", ("grade",), "written")
    assert "missing or read-only for the integration user" in one.reason


def test_invalid_field_of_a_whole_query(org: SalesforceOrg) -> None:
    """A field that is hidden while we read: described anew, and read without it."""
    ref = org.create(campaign="Spring", email="ada@acme.example")
    org.crm.fetch([ref])
    org.side.configure({"hidden_fields": ["Lead.Campaign__c"]})
    lead = org.crm.fetch([ref])[ref]
    assert isinstance(lead, Lead)
    assert ("campaign" in lead.values, lead.values["email"]) == (False, "ada@acme.example")


def test_invalid_field_for_insert_update(org: SalesforceOrg) -> None:
    assert write_one(org, grade="A1").state == "written"
    redefine(org, "Leadline_Grade__c", writable=False)
    outcome = write_one(org, grade="A1", fit_score=3)
    assert (outcome.state, outcome.fields) == ("refused", ("grade",))
    assert "read-only" in outcome.reason


def test_malformed_id(org: SalesforceOrg) -> None:
    """An id of another object is well-formed, and no owner."""
    outcome = org.crm.write([Change(org.create(), {"fit_score": 1}, owner_id=org.create().id)])[0]
    assert (outcome.state, outcome.code, outcome.fields) == ("refused", "MALFORMED_ID", ("owner_id",))


def test_malformed_query(org: SalesforceOrg) -> None:
    with pytest.raises(Refused) as caught:
        org.crm._client.query("SELECT Id FROM Lead WHERE")
    assert (caught.value.status, caught.value.code) == (400, "MALFORMED_QUERY")


def test_json_parser_error(org: SalesforceOrg) -> None:
    row = {"attributes": {"type": "Lead"}, "id": org.create().id, "Leadline_Fit_Score__c": "many"}
    (item,) = org.crm._client.update([row])
    assert (item.success, item.code, item.fields) == (False, "JSON_PARSER_ERROR", ("Leadline_Fit_Score__c",))


def test_insufficient_access_or_readonly(org: SalesforceOrg) -> None:
    """The right to edit was taken from the integration user after the lead was described."""
    reader = admin(org)
    assert write_one(org, fit_score=1).state == "written"
    names = [f"Lead.{field.name}" for field in org.side._org.schema.whole("Lead").fields.values() if field.custom]
    rights = (
        "<allowCreate>false</allowCreate><allowDelete>false</allowDelete><allowEdit>false</allowEdit><allowRead>true</allowRead>"
    )
    objects = f"<objectPermissions>{rights}<object>Lead</object></objectPermissions>"
    content = packages.permission_set(dict.fromkeys(names, True), objects=objects)
    archive = packages.package({"PermissionSet": ["Reader"]}, {"permissionsets/Reader.permissionset": content})
    packages.deployed(reader, archive)
    packages.assign(reader, "Reader")
    (minimum,) = (row for row in org.store.all("salesforce", "Profile") if row.values["Name"].startswith("Minimum"))
    org.side.update("User", INTEGRATION_USER, {"ProfileId": minimum.id}, PERSON)
    outcome = write_one(org, fit_score=2)
    assert (outcome.state, outcome.code) == ("refused", "INSUFFICIENT_ACCESS_OR_READONLY")
    assert "assign Leadline's permission set" in outcome.reason


def test_insufficient_access_on_cross_reference_entity(org: SalesforceOrg) -> None:
    """Sharing hides the owner's record from us, which is the org's own affair: it is the owner who is refused."""
    org.fail({"kind": "item", "code": "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"})
    (outcome,) = org.crm.write([Change(org.create(), {"fit_score": 1}, owner_id=org.reps()[0])])
    assert (outcome.state, outcome.fields) == ("refused", ("owner_id",))
    assert "widen its access" in outcome.reason


def test_insufficient_access_of_a_whole_call(org: SalesforceOrg) -> None:
    org.fail({"kind": "status", "status": 403, "code": "INSUFFICIENT_ACCESS", "route": "/services/data/*"})
    with pytest.raises(CallOperator, match="assign Leadline's permission set"):
        write_one(org, fit_score=1)


def test_api_disabled_for_org(org: SalesforceOrg) -> None:
    ref = org.create()
    org.side.configure({"api_enabled": False})
    with pytest.raises(CallOperator, match="API Enabled") as caught:
        org.crm.fetch([ref])
    assert (caught.value.status, caught.value.code) == (403, "API_DISABLED_FOR_ORG")
    org.side.configure({"api_enabled": True})
    assert isinstance(org.crm.fetch([ref])[ref], Lead)


@pytest.mark.parametrize("status", [404, 410])
def test_unsupported_api_version(org: SalesforceOrg, status: int) -> None:
    ref = org.create()
    if status == 410:
        org.side.configure({"oldest_version": "v68.0"})
    else:
        org.fail({"kind": "status", "status": 404, "code": "UNSUPPORTED_API_VERSION", "route": "/services/data/*"})
    with pytest.raises(CallOperator, match="choose a current one") as caught:
        org.crm.fetch([ref])
    assert (caught.value.status, caught.value.code) == (status, "UNSUPPORTED_API_VERSION")


# owners


def test_invalid_cross_reference_key(org: SalesforceOrg) -> None:
    """Somebody who left is refused before the call; who left since we looked is refused by Salesforce, and then known."""
    ada = org.reps()[0]
    give = [Change(org.create(), {"fit_score": 1}, owner_id=ada)]
    assert states(org.crm.write(give)) == ["written"]
    org.side.add_people([Person("ada@reps.example", "Ada", "A", active=False)])
    late, known = (org.crm.write([Change(org.create(), {"fit_score": 1}, owner_id=ada)])[0] for _ in range(2))
    assert (late.state, late.code, late.fields) == ("refused", "INVALID_CROSS_REFERENCE_KEY", ("owner_id",))
    assert (known.state, known.code, known.fields, known.reason) == ("refused", "", ("owner_id",), LEFT)
    org.side.add_people([Person("ada@reps.example", "Ada", "A")])
    org.seconds += UNABLE_SECONDS + 1
    assert states(org.crm.write(give)) == ["written"]


def test_invalid_cross_reference_key_of_a_queue(org: SalesforceOrg) -> None:
    """A queue for leads owns no contact: told before the call, with the clicks."""
    (queue,) = org.side.add_queues(["Tier 1"])
    (acme,) = org.side.create("Account", [{"Name": "Acme"}], PERSON)
    lead, person = org.create(), contact(org, acme)
    outcomes = org.crm.write([Change(ref, {"fit_score": 1}, owner_id=queue) for ref in (lead, person)])
    assert states(outcomes) == ["written", "refused"]
    assert "cannot own a Contact: add it to the queue's Supported Objects" in outcomes[1].reason


def test_invalid_cross_reference_key_after_a_while(org: SalesforceOrg) -> None:
    """An owner is believed in for a quarter of an hour, and then asked for again."""
    ada = org.reps()[0]
    org.crm.write([Change(org.create(), {}, owner_id=ada)])
    org.side.add_people([Person("ada@reps.example", "Ada", "A", active=False)])
    org.seconds += ABLE_SECONDS + 1
    (outcome,) = org.crm.write([Change(org.create(), {}, owner_id=ada)])
    assert (outcome.state, outcome.reason) == ("refused", LEFT)


def test_inactive_owner_or_user(org: SalesforceOrg) -> None:
    org.fail({"kind": "item", "code": "INACTIVE_OWNER_OR_USER"})
    (outcome,) = org.crm.write([Change(org.create(), {"fit_score": 1}, owner_id=org.reps()[0])])
    assert (outcome.state, outcome.fields, outcome.reason) == ("refused", ("owner_id",), "The owner is no longer active.")


# the customer's own automation


def test_cannot_execute_flow_trigger(org: SalesforceOrg) -> None:
    """It may have met a lock, which only its text would tell, so it gets its tries."""
    content = flow("Fails", sets("Leadline_Confidence__c", "Sky-high"))
    files = {"flows/Fails.flow": packages.document(*content)}
    packages.deployed(admin(org), packages.package({"Flow": ["Fails"]}, files))
    outcome = write_one(org, fit_score=1)
    assert (outcome.state, outcome.code, outcome.after) == ("retry", "CANNOT_EXECUTE_FLOW_TRIGGER", 0.0)


def test_cannot_insert_update_activate_entity(org: SalesforceOrg) -> None:
    org.side.configure({"broken_triggers": ["Lead"]})
    outcome = write_one(org, fit_score=1)
    assert (outcome.state, outcome.code, outcome.after) == ("retry", "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", 0.0)
    assert "Apex trigger" in outcome.reason
    org.side.configure({"broken_triggers": []})
    assert write_one(org, fit_score=1).state == "written"


# queries


def test_query_timeout(org: SalesforceOrg) -> None:
    """Too much for one query is asked for in halves."""
    refs = [org.create() for _ in range(NARROW_RECORDS)]
    org.crm.fetch(refs[:1])
    org.fail({"kind": "status", "status": 400, "code": "QUERY_TIMEOUT", "route": "*/queryAll*", "count": 2})
    before = org.calls()
    assert all(isinstance(lead, Lead) for lead in org.crm.fetch(refs).values())
    assert org.calls() - before == 5  # all, half, a quarter of them; then the other two parts


def test_query_timeout_for_one_record(org: SalesforceOrg) -> None:
    ref = org.create()
    org.fail({"kind": "status", "status": 400, "code": "QUERY_TIMEOUT", "route": "*/queryAll*"})
    with pytest.raises(Retry):
        org.crm.fetch([ref])


def test_query_too_complicated(org: SalesforceOrg) -> None:
    """Where halves do not help it is the mapping that asks for too much."""
    refs = [org.create() for _ in range(2)]
    org.fail({"kind": "status", "status": 400, "code": "QUERY_TOO_COMPLICATED", "route": "*/queryAll*", "count": 9})
    with pytest.raises(CallOperator, match="map fewer of them"):
        org.crm.fetch(refs)


# the vendor's own machines


@pytest.mark.parametrize(("status", "code"), [(503, "SERVER_UNAVAILABLE"), (500, "UNKNOWN_EXCEPTION")])
def test_server_unavailable_and_unknown_exception(org: SalesforceOrg, status: int, code: str) -> None:
    """A read is repeated. Of a write nobody knows whether it was carried out: it is read back before it is repeated."""
    ref = org.create()
    assert states(org.crm.write([Change(ref, {"fit_score": 1})])) == ["written"]
    org.fail({"kind": "status", "status": status, "code": code, "route": "/services/data/*", "count": 2})
    with pytest.raises(Retry) as read:
        org.crm.fetch([ref])
    with pytest.raises(UnknownOutcome) as written:
        org.crm.write([Change(ref, {"fit_score": 2})])
    assert read.value.code == written.value.code == code


@pytest.mark.parametrize("code", ["SERVER_UNAVAILABLE", "UNKNOWN_EXCEPTION"])
def test_server_unavailable_and_unknown_exception_for_one_record(org: SalesforceOrg, code: str) -> None:
    org.fail({"kind": "item", "code": code})
    one, other = org.crm.write([Change(org.create(), {"fit_score": n}) for n in range(2)])
    assert (one.state, one.after, other.state) == ("retry", 0.0, "written")


def test_precondition_failed(org: SalesforceOrg) -> None:
    """412: somebody changed the record since it was read, and their owner stays."""
    ref = org.create(owner_id=org.reps()[1])
    lead = org.crm.fetch([ref])[ref]
    assert isinstance(lead, Lead)
    org.edit(ref, title="CEO")
    (outcome,) = org.crm.write([Change(ref, {}, owner_id=org.reps()[0], unless_modified_since=lead.modified_at)])
    assert (outcome.state, org.stored(ref)["owner_id"]) == ("conflict", org.reps()[1])


_STATUSES = {
    300: CallOperator,
    304: CallOperator,
    400: Refused,
    403: CallOperator,
    404: Refused,
    405: Refused,
    409: Refused,
    410: CallOperator,
    412: Refused,
    414: Refused,
    415: Refused,
    420: Refused,
    428: Refused,
    431: Refused,
    500: UnknownOutcome,
    502: UnknownOutcome,
    503: UnknownOutcome,
    504: UnknownOutcome,
}
"""What a write comes to that is answered with this status and no code that we know."""


@pytest.mark.parametrize(("status", "error"), _STATUSES.items())
def test_http_status(org: SalesforceOrg, status: int, error: type[Exception]) -> None:
    ref = org.create()
    org.crm.write([Change(ref, {"fit_score": 1})])
    org.fail({"kind": "status", "status": status, "code": "SOMETHING_NEW", "route": "*/composite/*"})
    with pytest.raises(error) as caught:
        org.crm.write([Change(ref, {"fit_score": 2})])
    assert type(caught.value) is error
    assert org.stored(ref)["fit_score"] == 1
