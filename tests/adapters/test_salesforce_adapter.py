"""What only Salesforce does, over HTTP against the sandbox's org."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.base import CRM
from adapters.errors import UnknownOutcome
from adapters.records import Change, Gone, Lead, Outcome, RecordRef, TaskDraft
from adapters.salesforce.schema import DOUBT_SECONDS
from adapters.sandbox.salesforce_org import INTEGRATION_USER
from config.fields import Value
from config.mapping import shipped_mapping
from tests.adapters.crm_contract import MONDAY
from tests.adapters.salesforce_org import PERSON, SalesforceOrg, salesforce_org


@pytest.fixture
def org(tmp_path: Path) -> Iterator[SalesforceOrg]:
    with salesforce_org(tmp_path) as org:
        yield org


def _lead(crm: CRM, ref: RecordRef) -> Lead:
    found = crm.fetch([ref])[ref]
    assert isinstance(found, Lead)
    return found


def _owning(org: SalesforceOrg, ref: RecordRef, **outputs: Value) -> Change:
    """A change of owner that holds only if the record stays as it is now."""
    return Change(ref, outputs, owner_id=org.reps()[0], unless_modified_since=_lead(org.crm, ref).modified_at)


# owners, under a condition


def test_an_owner_is_not_moved_under_somebodys_hands(org: SalesforceOrg) -> None:
    ref, other = org.create(owner_id=org.reps()[1]), org.create()
    changes = [_owning(org, ref, fit_score=3), _owning(org, other, fit_score=4)]
    org.edit(ref, title="CEO")
    outcomes = org.crm.write(changes)
    assert [outcome.state for outcome in outcomes] == ["conflict", "written"]
    stored = org.stored(ref)
    assert (stored["owner_id"], stored["fit_score"], stored["title"]) == (org.reps()[1], None, "CEO")


def test_our_own_reading_is_never_a_conflict(org: SalesforceOrg) -> None:
    ref = org.create()
    org.crm.write([Change(ref, {"fit_score": 1})])
    (outcome,) = org.crm.write([_owning(org, ref)])
    assert outcome.state == "written"


def test_conditional_owners_are_25_a_call(org: SalesforceOrg) -> None:
    changes = [_owning(org, org.create(), fit_score=n) for n in range(30)]
    before = org.calls()
    outcomes = org.crm.write(changes)
    assert org.calls() - before == 3  # the first of them asks who can own
    assert {outcome.state for outcome in outcomes} == {"written"}


def test_an_unconditional_owner_travels_with_the_others(org: SalesforceOrg) -> None:
    changes = [Change(org.create(), {"fit_score": n}, owner_id=org.reps()[n % 2]) for n in range(30)]
    org.crm.write(changes[:2])
    before = org.calls()
    org.crm.write(changes)
    assert org.calls() - before == 1
    assert [org.stored(change.ref)["owner_id"] for change in changes] == [change.owner_id for change in changes]


def test_a_queue_may_own(org: SalesforceOrg) -> None:
    (queue,) = org.side.add_queues(["Tier 1"])
    ref = org.create()
    (outcome,) = org.crm.write([Change(ref, {}, owner_id=queue)])
    assert (outcome.state, org.stored(ref)["owner_id"]) == ("written", queue)
    assert [(owner.id, owner.name) for owner in org.crm.owners() if owner.kind == "queue"] == [(queue, "Tier 1")]


def test_an_owner_that_cannot_own_is_named(org: SalesforceOrg) -> None:
    ref = org.create()
    (outcome,) = org.crm.write([Change(ref, {"fit_score": 1}, owner_id=org.former_rep())])
    assert (outcome.state, outcome.fields, outcome.code) == ("refused", ("owner_id",), "")  # before the call
    assert {call.method for call in org.heard} == {"GET"}


# the assignment rule


def _with_rule(org: SalesforceOrg) -> str:
    (queue,) = org.side.add_queues(["Hot"])
    entry = {"field": "Leadline_Fit_Score__c", "op": "greaterOrEqual", "value": 80, "owner": queue}
    org.side.configure({"assignment_rules": [{"entries": [entry]}]})
    return queue


def test_an_active_rule_takes_nothing_that_was_not_handed_over(org: SalesforceOrg) -> None:
    queue = _with_rule(org)
    refs = [org.create(owner_id=org.reps()[1]) for _ in range(3)]
    conditional = replace(_owning(org, refs[1], fit_score=90), owner_id=org.reps()[0])
    org.crm.write([Change(refs[0], {"fit_score": 90}), conditional, Change(refs[2], {"fit_score": 90}, hand_over=True)])
    assert [org.stored(ref)["owner_id"] for ref in refs] == [org.reps()[1], org.reps()[0], queue]


def test_the_rule_sees_the_new_scores(org: SalesforceOrg) -> None:
    queue = _with_rule(org)
    hot, cold = org.create(owner_id=org.reps()[1], fit_score=10), org.create(owner_id=org.reps()[1], fit_score=90)
    org.crm.write([Change(hot, {"fit_score": 85}, hand_over=True), Change(cold, {"fit_score": 20}, hand_over=True)])
    assert [org.stored(ref)["owner_id"] for ref in (hot, cold)] == [queue, org.reps()[1]]


def test_a_hand_over_needs_no_new_score(org: SalesforceOrg) -> None:
    queue = _with_rule(org)
    ref = org.create(owner_id=org.reps()[1], fit_score=90)
    (outcome,) = org.crm.write([Change(ref, {}, hand_over=True)])
    assert (outcome.state, org.stored(ref)["owner_id"]) == ("written", queue)


def test_what_was_not_written_is_not_handed_over(org: SalesforceOrg) -> None:
    _with_rule(org)
    ref = org.create(owner_id=org.reps()[1], fit_score=90)
    org.crm.write([Change(org.create(), {"grade": "A1"})])
    org.fail_next("lock")
    (outcome,) = org.crm.write([Change(ref, {"grade": "A1"}, hand_over=True)])
    assert (outcome.state, org.stored(ref)["owner_id"]) == ("retry", org.reps()[1])


def test_an_owner_and_the_rule_cannot_both_decide(org: SalesforceOrg) -> None:
    before = org.calls()
    (outcome,) = org.crm.write([Change(org.create(), {}, owner_id=org.reps()[0], hand_over=True)])
    assert (outcome.state, org.calls()) == ("refused", before)


# several calls, one of which fails


def _states(outcomes: Sequence[Outcome]) -> list[str]:
    return [outcome.state for outcome in outcomes]


def test_a_lost_second_call_costs_no_answer_of_the_first(org: SalesforceOrg) -> None:
    plain, conditional = Change(org.create(), {"fit_score": 1}), _owning(org, org.create(), fit_score=2)
    org.fail({"kind": "drop", "method": "POST", "route": "/services/data/*/composite"})
    assert _states(org.crm.write([conditional, plain])) == ["unknown", "written"]
    assert org.stored(conditional.ref)["fit_score"] == 2


def test_what_was_never_sent_is_for_later(org: SalesforceOrg) -> None:
    plain = Change(org.create(), {"fit_score": 1})
    conditional = [_owning(org, org.create()) for _ in range(26)]
    org.fail({"kind": "drop", "method": "POST", "route": "/services/data/*/composite"})
    assert _states(org.crm.write([plain, *conditional])) == ["written", *["unknown"] * 25, "retry"]


def test_a_lost_hand_over_costs_no_answer_of_what_came_before(org: SalesforceOrg) -> None:
    owned, handed = _owning(org, org.create(), fit_score=1), Change(org.create(), {}, hand_over=True)
    org.fail({"kind": "drop", "method": "PATCH", "route": "/services/data/*/composite/sobjects"})
    assert _states(org.crm.write([owned, handed])) == ["written", "unknown"]


def test_a_lost_hand_over_alone_is_raised(org: SalesforceOrg) -> None:
    handed = Change(org.create(), {}, hand_over=True)
    org.crm.fetch([handed.ref])
    org.fail_next("drop_answer")
    with pytest.raises(UnknownOutcome):
        org.crm.write([handed])


def test_a_look_that_fails_leaves_the_record_for_later(org: SalesforceOrg) -> None:
    here, gone = org.create(), org.create()
    org.crm.write([Change(here, {"fit_score": 1})])
    org.delete(gone)
    org.fail({"kind": "status", "status": 503, "method": "GET", "route": "/services/data/*/queryAll/"})
    assert _states(org.crm.write([Change(here, {"fit_score": 2}), Change(gone, {"fit_score": 2})])) == ["written", "retry"]


# where records went


def _convert(org: SalesforceOrg, ref: RecordRef) -> str:
    (contact,) = org.side.create("Contact", [{"LastName": "Doe"}], PERSON)
    org.clock.tick()
    org.side.update("Lead", ref.id, {"IsConverted": True, "ConvertedContactId": contact}, PERSON)
    return contact


def test_a_converted_lead_is_its_contact_now(org: SalesforceOrg) -> None:
    ref = org.create()
    contact = RecordRef("acme", "contact", _convert(org, ref))
    assert org.crm.fetch([ref])[ref] == Gone(ref, "converted", now=contact)
    (outcome,) = org.crm.write([Change(ref, {"fit_score": 1})])
    assert (outcome.state, outcome.now, outcome.code) == ("gone", contact, "CANNOT_UPDATE_CONVERTED_LEAD")
    assert _lead(org.crm, contact).values["last_name"] == "Doe"


def test_a_merge_into_a_lead_that_was_converted_ends_at_the_contact(org: SalesforceOrg) -> None:
    winner, loser = org.create(), org.create()
    org.merge(winner=winner, loser=loser)
    contact = _convert(org, winner)
    assert org.crm.fetch([loser])[loser] == Gone(loser, "merged", now=RecordRef("acme", "contact", contact))


def test_a_merge_into_a_lead_that_was_deleted_ends_nowhere(org: SalesforceOrg) -> None:
    winner, loser = org.create(), org.create()
    org.merge(winner=winner, loser=loser)
    org.delete(winner)
    assert org.crm.fetch([loser])[loser] == Gone(loser, "merged", now=None)


def test_short_and_broken_ids_disturb_nobody(org: SalesforceOrg) -> None:
    ref = org.create()
    short = replace(ref, id=ref.id[:15])
    broken = replace(ref, id="') OR Name LIKE ('%")
    answers = org.crm.fetch([short, broken, ref])
    assert isinstance(answers[short], Lead)
    assert answers[short].ref == short
    assert answers[broken] == Gone(broken, "not_found")
    (outcome,) = org.crm.write([Change(broken, {"fit_score": 1})])
    assert outcome.state == "refused"


def test_leads_and_contacts_come_in_one_answer(org: SalesforceOrg) -> None:
    lead = org.create(email="a@acme.example")
    (id_,) = org.side.create("Contact", [{"LastName": "Roe", "Email": "r@acme.example"}], PERSON)
    contact = RecordRef("acme", "contact", id_)
    found = [_lead(org.crm, ref).values for ref in (lead, contact)]
    assert [values["email"] for values in found] == ["a@acme.example", "r@acme.example"]
    assert "company" not in found[1]  # a contact has an account instead


# orgs that differ


def test_an_org_without_our_fields_is_read_and_told_what_is_missing(tmp_path: Path) -> None:
    with salesforce_org(tmp_path, installed=False) as bare:
        ref = bare.create(email="ada@acme.example")
        lead = _lead(bare.crm, ref)
        assert (lead.values["email"], dict(lead.outputs)) == ("ada@acme.example", {})
        (outcome,) = bare.crm.write([Change(ref, {"fit_score": 3, "grade": "A1"})])
        assert (outcome.state, outcome.fields) == ("refused", ("fit_score", "grade"))
        missing = [problem for problem in bare.crm.check() if problem.fatal]
        assert len(missing) == len(shipped_mapping("salesforce").outputs)
        assert all(problem.fix for problem in missing)


def test_fields_that_are_installed_later_are_seen_by_a_worker_that_runs(tmp_path: Path) -> None:
    with salesforce_org(tmp_path, installed=False) as org:
        ref = org.create()
        changes = [Change(ref, {"fit_score": 3})]
        assert _states(org.crm.write(changes)) == ["refused"]
        org.side.install()
        assert _states(org.crm.write(changes)) == ["refused"]
        org.seconds += DOUBT_SECONDS + 1
        assert _states(org.crm.write(changes)) == ["written"]
        assert _lead(org.crm, ref).outputs["fit_score"] == 3


def test_a_field_that_an_administrator_took_away_is_done_without(org: SalesforceOrg) -> None:
    ref = org.create(email="ada@acme.example", campaign="Spring")
    assert _lead(org.crm, ref).values["campaign"] == "Spring"
    org.side._org.schema.hide(["Lead.Campaign__c", "Lead.Leadline_Grade__c"])
    lead = _lead(org.crm, ref)
    assert ("campaign" in lead.values, "grade" in lead.outputs, lead.values["email"]) == (False, False, "ada@acme.example")


def test_a_write_to_a_field_taken_away_spoils_nobody_else_and_is_learned(org: SalesforceOrg) -> None:
    one, other = org.create(), org.create()
    org.crm.write([Change(one, {"grade": "A1"})])
    org.side._org.schema.hide(["Lead.Leadline_Grade__c"])
    changes = [Change(one, {"grade": "B1"}), Change(other, {"fit_score": 4})]
    assert _states(org.crm.write(changes)) == ["refused", "written"]
    assert [outcome.fields for outcome in org.crm.write(changes)] == [("grade",), ()]


def test_an_org_that_cannot_be_read_is_a_problem_not_a_crash(org: SalesforceOrg) -> None:
    org.revoke_all_tokens()
    (problem,) = org.crm.check()
    assert problem.fatal
    assert "connect the org again" in problem.fix


def test_a_mapped_relationship_is_followed(tmp_path: Path) -> None:
    shipped = shipped_mapping("salesforce")
    mapping = replace(shipped, inputs={"email": "email", "campaign": "Owner.Name", "form": "Nobody.Name"})
    with salesforce_org(tmp_path, mapping) as org:
        lead = _lead(org.crm, org.create(email="ada@acme.example", owner_id=org.reps()[0]))
    assert dict(lead.values) == {"email": "ada@acme.example", "campaign": "Ada A"}


def test_long_sentences_are_cut_and_identifiers_are_not(org: SalesforceOrg) -> None:
    ref = org.create()
    sentence = "Call them now because they asked for a demo. " * 10
    assert _states(org.crm.write([Change(ref, {"route_reason": sentence})])) == ["written"]
    stored = str(org.stored(ref)["route_reason"])
    assert len(stored) <= 255
    assert sentence.startswith(stored.removesuffix("…"))
    (outcome,) = org.crm.write([Change(ref, {"key": "k" * 65})])
    assert (outcome.state, outcome.fields) == ("refused", ("key",))


def test_a_duplicate_rule_that_only_alerts_does_not_stop_a_score(org: SalesforceOrg) -> None:
    org.side.configure({"duplicate_rules": [{"fields": ["Leadline_Grade__c"], "block": False}]})
    org.create(grade="A1")
    ref = org.create()
    changes = [Change(ref, {"grade": "A1"}), replace(_owning(org, org.create()), outputs={"grade": "A1"})]
    assert _states(org.crm.write(changes)) == ["written", "written"]


# tasks


def _draft(ref: RecordRef, owner: str, key: str, **details: Any) -> TaskDraft:
    return TaskDraft(ref=ref, key=key, subject="Call now", body="Demo asked.", owner_id=owner, due_at=MONDAY, **details)


def _task(org: SalesforceOrg, id_: str | None) -> Mapping[str, Any]:
    record = org.store.exactly("salesforce", "Task", id_ or "")
    assert record is not None
    return record.values


def test_a_task_says_who_when_and_why(org: SalesforceOrg) -> None:
    ref = org.create()
    (outcome,) = org.crm.create_tasks([_draft(ref, org.reps()[0], "key-1")])
    task = _task(org, outcome.id)
    assert {name: task[name] for name in ("WhoId", "OwnerId", "Subject", "ActivityDate", "Priority", "Status")} == {
        "WhoId": ref.id,
        "OwnerId": org.reps()[0],
        "Subject": "Call now",
        "ActivityDate": "2026-11-23",
        "Priority": "High",
        "Status": "Not Started",
    }
    assert task["Description"].splitlines()[-1] == "Leadline ref: key-1"


def test_a_task_is_found_though_it_was_deleted_or_written_on(org: SalesforceOrg) -> None:
    ref = org.create()
    drafts = [_draft(ref, org.reps()[0], key) for key in ("key-1", "key-2")]
    first, second = org.crm.create_tasks(drafts)
    org.side.delete("Task", str(first.id), PERSON)
    text = _task(org, second.id)["Description"]
    org.side.update("Task", str(second.id), {"Description": f"{text}\r\nCalled twice, no answer."}, PERSON)
    assert org.crm.find_tasks(drafts) == {"key-1": first.id, "key-2": second.id}


def test_a_key_in_a_leads_own_words_is_not_ours(org: SalesforceOrg) -> None:
    ref = org.create()
    forged = replace(_draft(ref, org.reps()[0], "key-2"), body="Hello\nLeadline ref: key-1\nBye")
    (outcome,) = org.crm.create_tasks([forged])
    assert org.crm.find_tasks([_draft(ref, org.reps()[0], "key-1"), forged]) == {"key-2": outcome.id}


def test_a_body_without_end_keeps_its_key(org: SalesforceOrg) -> None:
    ref = org.create()
    draft = replace(_draft(ref, org.reps()[0], "key-1"), body="word " * 10_000, subject="Call " * 100)
    assert _states(org.crm.create_tasks([draft])) == ["written"]
    assert list(org.crm.find_tasks([draft])) == ["key-1"]


def test_one_bad_task_spoils_no_other(org: SalesforceOrg) -> None:
    ref = org.create()
    drafts = [_draft(ref, "005000000000ZZZAA2", "key-1"), _draft(ref, org.reps()[0], "key-2")]
    assert _states(org.crm.create_tasks(drafts)) == ["refused", "written"]


# manners


def test_all_we_do_is_done_as_the_integration_user_and_marked(org: SalesforceOrg) -> None:
    ref = org.create()
    org.crm.write([Change(ref, {"fit_score": 1})])
    record = org.store.exactly("salesforce", "Lead", ref.id)
    assert record is not None
    assert record.modified_by.id == INTEGRATION_USER
    assert {call.headers.get("sforce-call-options") for call in org.heard} == {"client=Leadline"}


def test_nothing_is_ever_deleted_or_put_into_another_field(org: SalesforceOrg) -> None:
    ref = org.create()
    org.crm.write([_owning(org, ref, fit_score=1), Change(ref, {"grade": "A1"}, hand_over=True)])
    org.crm.create_tasks([_draft(ref, org.reps()[0], "key-1")])
    sent: set[str] = set()
    for call in org.heard:
        assert call.method in {"GET", "POST", "PATCH"}
        document = call.json() or {}
        records = [*document.get("records", []), *(part["body"] for part in document.get("compositeRequest", []))]
        sent |= {name for record in records for name in record if record.get("attributes", {}).get("type") != "Task"}
    assert sent == {"attributes", "id", "OwnerId", "Leadline_Fit_Score__c", "Leadline_Grade__c"}


def test_a_moment_of_the_past_is_a_conflict_to_the_second(org: SalesforceOrg) -> None:
    ref = org.create()
    change = _owning(org, ref)
    assert change.unless_modified_since is not None
    earlier = replace(change, unless_modified_since=change.unless_modified_since - timedelta(seconds=1))
    assert _states(org.crm.write([earlier])) == ["conflict"]


def test_an_object_that_does_not_exist_is_a_problem_of_the_mapping(tmp_path: Path) -> None:
    mapping = replace(shipped_mapping("salesforce"), object="Prospect__c")
    with salesforce_org(tmp_path, mapping) as org:
        (problem,) = org.crm.check()
    assert problem.fatal
    assert "Prospect__c" in problem.fix
