"""Installing into a portal and taking it out again, over real HTTP, in both generations of HubSpot's API."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.base import Endpoint
from adapters.errors import AdapterError, CallOperator
from adapters.hubspot.install import HubSpotKit
from adapters.hubspot.install_subscriptions import App
from adapters.kit import Kit, OutputField, Plan, Step, Wanted
from config.fields import OUTPUTS
from config.mapping import shipped_mapping
from config.output_fields import WORDINGS
from tests.adapters.crm_contract import RecordingBudget, RecordingTokens
from tests.adapters.sandbox.hubspot_sandbox import Portal, portal

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MAPPING = shipped_mapping("hubspot")
URL = "https://leads.acme.example/webhooks/hubspot/acme"
LISTS = ("Leadline Nurture", "Leadline Disqualified")
PROJECT = App("project")
PUBLIC = App("legacy_public", "14947001", "sandbox-developer-key")


def fields_of(outputs: Mapping[str, str]) -> tuple[OutputField, ...]:
    made = []
    for name, theirs in outputs.items():
        words = WORDINGS[name]
        ours = theirs == MAPPING.outputs[name]
        made.append(
            OutputField(name, theirs, OUTPUTS[name].kind, words.label, words.help, words.length, words.choices, ours=ours)
        )
    return tuple(made)


def wanted(**outputs: str) -> Wanted:
    """The shipped mapping, with some outputs going to another property or, if empty, nowhere."""
    chosen = {name: theirs for name, theirs in {**MAPPING.outputs, **outputs}.items() if theirs}
    mapping = replace(MAPPING, outputs=chosen)
    return Wanted(mapping, fields_of(chosen), LISTS, (), URL)


@dataclass
class Bench:
    portal: Portal
    api: str
    done: list[Step] = field(default_factory=list)

    def kit(self, app: App = PROJECT, **options: str) -> HubSpotKit:
        endpoint = Endpoint("acme", self.portal.url, self.api, MAPPING, total_seconds=5.0, options=options)
        tokens = RecordingTokens(self.portal.token, iter(()))
        return HubSpotKit(endpoint, tokens, RecordingBudget(), app, now=lambda: NOW)

    def apply(self, goal: Wanted | None = None, app: App = PROJECT) -> Sequence[Step]:
        self.done.clear()
        self.kit(app).apply(goal or wanted(), self.done.append)
        return list(self.done)

    def remove(self, *, app: App = PROJECT, purge: bool = False, heir: str = "") -> Sequence[Step]:
        self.done.clear()
        self.kit(app).remove(wanted(), self.done.append, heir=heir, purge=purge)
        return list(self.done)

    def definitions(self, *, archived: bool = False) -> dict[str, Any]:
        query = {"archived": "true"} if archived else {}
        found = self.portal.call("GET", "/crm/v3/properties/contacts", params=query).json()["results"]
        return {one["name"]: one for one in found}

    def made(self, method: str, path: str, body: object) -> Any:
        answer = self.portal.call(method, path, body)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None


@pytest.fixture(params=["v3", "2026-09"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    with portal(tmp_path, install=False) as running:
        yield Bench(running, request.param)


def of(plan: Plan, action: str) -> dict[str, tuple[str, ...]]:
    return {step.name: step.lines for step in plan.steps if step.action == action}


def test_it_is_a_kit(bench: Bench) -> None:
    kit: Kit = bench.kit()
    kit.close()


def test_a_plan_writes_nothing_and_names_everything(bench: Bench) -> None:
    before = bench.definitions()
    plan = bench.kit(PUBLIC).plan(wanted())
    assert bench.definitions() == before
    created = of(plan, "create")
    assert set(MAPPING.outputs.values()) <= set(created)
    assert {"leadline", *LISTS, URL, "contact.creation", "contact.propertyChange jobtitle"} <= set(created)
    assert created["leadline_confidence"] == ("Sure? (enumeration: High, Medium, Low)",)


def test_apply_makes_what_the_plan_says_and_again_changes_nothing(bench: Bench) -> None:
    plan = bench.kit(PUBLIC).plan(wanted())
    done = bench.apply(app=PUBLIC)
    assert tuple(done) == tuple(step for step in plan.steps if step.action != "keep")
    made = bench.definitions()
    for one in wanted().fields:
        assert (made[one.field]["label"], made[one.field]["description"]) == (one.label, one.help)
    assert made["leadline_key"]["hasUniqueValue"]
    assert [option["value"] for option in made["leadline_sla_state"]["options"]] == list(WORDINGS["sla_state"].choices)
    after = bench.kit(PUBLIC).plan(wanted())
    assert after.empty
    assert bench.apply(app=PUBLIC) == []


def test_killed_half_way_it_completes_when_run_again(bench: Bench) -> None:
    def die_after(count: int) -> Any:
        def told(step: Step) -> None:
            bench.done.append(step)
            if len(bench.done) == count:
                raise KeyboardInterrupt

        return told

    with pytest.raises(KeyboardInterrupt):
        bench.kit(PUBLIC).apply(wanted(), die_after(12))
    first = list(bench.done)
    second = bench.apply(app=PUBLIC)
    assert {step.name for step in first}.isdisjoint(step.name for step in second)
    assert bench.kit(PUBLIC).plan(wanted()).empty


def test_a_call_whose_answer_was_lost_is_found_done(bench: Bench) -> None:
    bench.portal.control.add_fault("drop", crm="hubspot", method="POST", count=1)
    with pytest.raises(AdapterError):
        bench.apply(app=PUBLIC)
    bench.apply(app=PUBLIC)
    assert bench.kit(PUBLIC).plan(wanted()).empty


def test_what_was_changed_by_hand_is_a_line_each_and_added_options_stay(bench: Bench) -> None:
    bench.apply()
    options = [{"label": name, "value": name} for name in ("High", "Low", "No idea")]
    bench.made("PATCH", "/crm/v3/properties/contacts/leadline_confidence", {"label": "Sureness", "options": options})
    changed = of(bench.kit().plan(wanted()), "change")
    assert changed == {"leadline_confidence": ("label Sureness ► Sure?", "options + Medium")}
    bench.apply()
    assert [option["value"] for option in bench.definitions()["leadline_confidence"]["options"]] == [
        *("High", "Medium", "Low", "No idea")
    ]


def test_an_output_that_is_off_or_goes_elsewhere_makes_no_property(bench: Bench) -> None:
    bench.made("POST", "/crm/v3/properties/contacts/groups", {"name": "theirs", "label": "Theirs"})
    theirs = {"groupName": "theirs", "name": "score__c", "label": "Score", "type": "number", "fieldType": "number"}
    bench.made("POST", "/crm/v3/properties/contacts", theirs)
    goal = wanted(fit_score="score__c", grade="")
    before = bench.definitions()["score__c"]
    assert of(bench.kit().plan(goal), "keep")["score__c"] == ("fit_score goes into it; it is not changed",)
    bench.apply(goal)
    assert bench.definitions()["score__c"] == before
    assert {"leadline_fit_score", "leadline_grade"}.isdisjoint(bench.definitions())


@pytest.mark.parametrize(
    ("output", "theirs", "says"),
    [
        ("fit_score", {"type": "datetime", "fieldType": "date"}, "does not hold fit_score"),
        ("confidence", {"type": "enumeration", "fieldType": "select", "options": [{"label": "High", "value": "High"}]}, "Medium"),
        ("grade", None, "no such property"),
    ],
)
def test_a_property_of_the_customers_that_cannot_take_it_is_for_a_person(
    bench: Bench, output: str, theirs: dict[str, Any] | None, says: str
) -> None:
    if theirs:
        body = {"groupName": "contactinformation", "name": "theirs", "label": "Theirs", **theirs}
        bench.made("POST", "/crm/v3/properties/contacts", body)
    by_hand = of(bench.kit().plan(wanted(**{output: "theirs"})), "by_hand")
    assert says in " ".join(by_hand["theirs"])


def test_a_property_of_our_name_and_another_type_is_for_a_person(bench: Bench) -> None:
    body = {"groupName": "contactinformation", "name": "leadline_fit_score", "label": "Old", "type": "date", "fieldType": "date"}
    bench.made("POST", "/crm/v3/properties/contacts", body)
    by_hand = of(bench.kit().plan(wanted()), "by_hand")
    assert "It is of type date and has to be number" in by_hand["leadline_fit_score"][0]
    bench.apply()
    assert bench.definitions()["leadline_fit_score"]["type"] == "date"


def test_an_archived_property_comes_back_as_it_should_be(bench: Bench) -> None:
    bench.apply()
    contact = bench.portal.contact(email="ada@acme.example")
    bench.portal.control.update("hubspot", "contacts", contact, {"leadline_grade": "A1"})
    bench.made("PATCH", "/crm/v3/properties/contacts/leadline_grade", {"label": "Before"})
    bench.made("DELETE", "/crm/v3/properties/contacts/leadline_grade", None)
    created = of(bench.kit().plan(wanted()), "create")
    assert "HubSpot brings it back" in created["leadline_grade"][1]
    bench.apply()
    assert bench.definitions()["leadline_grade"]["label"] == "Grade"
    assert bench.kit().plan(wanted()).empty


# --- lists


def test_an_active_list_in_the_way_is_for_a_person(bench: Bench) -> None:
    branch = {"filterBranchType": "OR", "filterBranches": [], "filters": []}
    body = {"name": LISTS[0], "objectTypeId": "0-1", "processingType": "DYNAMIC", "filterBranch": branch}
    bench.made("POST", "/crm/v3/lists", body)
    by_hand = of(bench.kit().plan(wanted()), "by_hand")
    assert "active list" in by_hand[LISTS[0]][0]


def test_without_the_right_to_lists_the_plan_says_the_scope_and_the_clicks(bench: Bench) -> None:
    scopes = "crm.objects.contacts.read crm.schemas.contacts.read crm.schemas.contacts.write crm.objects.owners.read"
    bench.portal.control.settings("hubspot", scopes=scopes)
    plan = bench.kit().plan(wanted())
    lines = of(plan, "by_hand")[LISTS[0]]
    assert "crm.lists.read" in lines[0]
    assert "Create segment" in lines[1]
    assert {one.kind for one in plan.reactions if one.name == "not looked at"} >= {"workflows", "lists"}


# --- subscriptions


def subscriptions(bench: Bench) -> dict[tuple[str, str], bool]:
    path = "/webhooks/v3/14947001/subscriptions?hapikey=sandbox-developer-key"
    found = bench.portal.call("GET", path).json()["results"]
    return {(one["eventType"], one.get("propertyName", "")): one["active"] for one in found}


def test_a_public_app_subscribes_to_life_and_to_every_input_that_is_there(bench: Bench) -> None:
    bench.apply(app=PUBLIC)
    made = subscriptions(bench)
    there = set(bench.definitions())
    assert all(made.values())
    heard = {name for event, name in made if event == "contact.propertyChange"}
    assert heard == {name for name in MAPPING.inputs.values() if name in there}
    assert {event for event, _ in made} - {"contact.propertyChange"} == {
        *("contact.creation", "contact.deletion", "contact.merge", "contact.restore", "contact.privacyDeletion")
    }
    assert heard.isdisjoint(MAPPING.outputs.values())


def test_a_paused_subscription_and_another_address_are_put_right(bench: Bench) -> None:
    bench.apply(app=PUBLIC)
    path = "/webhooks/v3/14947001/subscriptions"
    key = "?hapikey=sandbox-developer-key"
    first = bench.portal.call("GET", path + key).json()["results"][0]
    bench.made("PATCH", f"{path}/{first['id']}{key}", {"active": False})
    target = {"targetUrl": "https://old.example/hook", "throttling": {"maxConcurrentRequests": 10}}
    bench.made("PUT", f"/webhooks/v3/14947001/settings{key}", target)
    changed = of(bench.kit(PUBLIC).plan(wanted()), "change")
    assert changed[URL] == (f"address https://old.example/hook ► {URL}",)
    assert changed[first["eventType"]] == ("paused ► active",)
    bench.apply(app=PUBLIC)
    assert all(subscriptions(bench).values())
    assert bench.kit(PUBLIC).plan(wanted()).empty


def test_a_wrong_developer_key_is_one_sentence_without_the_key(bench: Bench) -> None:
    with pytest.raises(CallOperator, match="developer key") as refused:
        bench.apply(app=replace(PUBLIC, developer_key="not-the-key"))
    assert "not-the-key" not in str(refused.value)


def test_a_project_app_is_told_its_way(bench: Bench) -> None:
    bench.apply(app=App("project"))
    plan = bench.kit(App("project")).plan(wanted())
    assert plan.empty
    (lines,) = (step.lines for step in plan.steps if step.kind == "webhook subscriptions")
    assert "hs project upload" in " ".join(lines)
    assert subscriptions(bench) == {}


def test_a_service_key_is_told_that_webhooks_are_not_possible_and_what_that_means(bench: Bench) -> None:
    plan = bench.kit(App("none", static=True)).plan(wanted())
    (reaction,) = (one for one in plan.reactions if one.kind == "webhooks")
    assert "sweep" in reaction.sentence
    assert not [step for step in plan.steps if step.kind.startswith("webhook")]


# --- who would notice


def flow(name: str, *actions: dict[str, Any], enrols_on: str = "", enabled: bool = True) -> dict[str, Any]:
    filters = [{"filterType": "PROPERTY", "property": enrols_on, "operation": {"operator": "IS_KNOWN"}}] if enrols_on else []
    branch = {"filterBranchType": "OR", "filterBranches": [{"filterBranchType": "AND", "filters": filters}]}
    return {
        "name": name,
        "objectTypeId": "0-1",
        "isEnabled": enabled,
        "actions": [{"actionId": str(number), "type": "SINGLE_CONNECTION", **one} for number, one in enumerate(actions, 1)],
        "enrollmentCriteria": {"type": "LIST_BASED", "shouldReEnroll": False, "listFilterBranch": branch},
    }


SETS = {"actionTypeId": "0-5", "fields": {"property_name": "leadline_route", "value": {"staticValue": "closers"}}}
ROTATES = {"actionTypeId": "0-11", "fields": {"user_ids": ["1", "2"], "target_property": "hubspot_owner_id"}}
MAILS = {"actionTypeId": "0-8", "fields": {"subject": "{{ enrolled_object.leadline_grade }} for you"}}


def test_the_report_names_workflows_by_what_they_would_do(bench: Bench) -> None:
    for one in (
        flow("Sets our route", SETS),
        flow("Rotates", ROTATES),
        flow("Starts on our score", enrols_on="leadline_fit_score"),
        flow("Tells the grade", MAILS),
        flow("Is off", SETS, ROTATES, enabled=False),
        flow("Is elsewhere", enrols_on="jobtitle"),
        {**flow("Rotates companies", ROTATES), "objectTypeId": "0-2"},
    ):
        bench.made("POST", "/automation/v4/flows", one)
    plan = bench.kit().plan(wanted())
    found = {one.name: one for one in plan.reactions if one.kind == "workflow"}
    assert set(found) == {"Sets our route", "Rotates", "Starts on our score", "Tells the grade"}
    assert {name for name, one in found.items() if one.grave} == {"Sets our route", "Rotates"}
    assert "leadline_route" in found["Sets our route"].sentence
    assert "rotates" in found["Rotates"].sentence
    assert "Automation ► Workflows ► Rotates" in found["Rotates"].sentence
    assert "enrols contacts by leadline_fit_score" in found["Starts on our score"].sentence
    assert "leadline_grade" in found["Tells the grade"].sentence


def test_an_active_list_over_our_fields_is_in_the_report(bench: Bench) -> None:
    bench.made("POST", "/crm/v3/lists", active_list("Hot ones"))
    plan = bench.kit().plan(wanted())
    assert [one.name for one in plan.reactions if one.kind == "list"] == ["Hot ones"]


def active_list(name: str, property_name: str = "leadline_grade") -> dict[str, Any]:
    filters = [{"filterType": "PROPERTY", "property": property_name, "operation": {"operator": "IS_EQUAL_TO", "value": "A1"}}]
    branch = {"filterBranchType": "OR", "filterBranches": [{"filterBranchType": "AND", "filters": filters}], "filters": []}
    return {"name": name, "objectTypeId": "0-1", "processingType": "DYNAMIC", "filterBranch": branch}


def salesforce_syncs(bench: Bench, contacts: int) -> None:
    body = {"groupName": "contactinformation", "name": "salesforcelastsynctime", "label": "Last sync", "type": "datetime"}
    bench.made("POST", "/crm/v3/properties/contacts", {**body, "fieldType": "date"})
    for number in range(contacts):
        bench.portal.contact(email=f"s{number}@acme.example", salesforcelastsynctime="2026-11-20T08:00:00Z")


def test_hubspots_own_salesforce_sync_takes_the_owner_away_from_us(bench: Bench) -> None:
    salesforce_syncs(bench, 3)
    plan = bench.kit().plan(wanted())
    (sync,) = (one for one in plan.reactions if one.kind == "Salesforce sync")
    assert sync.grave
    assert "3 contacts" in sync.sentence
    assert bench.kit().owner_elsewhere() == "salesforce_sync"
    settled = bench.kit(owner_by="salesforce_sync").plan(wanted())
    assert [one.grave for one in settled.reactions if one.kind == "Salesforce sync"] == [False]


def test_a_sync_that_never_ran_is_none(bench: Bench) -> None:
    salesforce_syncs(bench, 0)
    plan = bench.kit().plan(wanted())
    assert [one for one in plan.reactions if one.kind == "Salesforce sync"] == []
    assert bench.kit().owner_elsewhere() == ""


def test_a_portal_that_works_with_leads_is_told_what_is_not_done_to_them(bench: Bench) -> None:
    assert [one for one in bench.kit().plan(wanted()).reactions if one.name == "leads"] == []
    contact = bench.portal.contact(email="ada@acme.example")
    bench.portal.control.create("hubspot", "leads", [{"hs_lead_name": "Ada", "contact": contact}])
    (leads,) = (one for one in bench.kit().plan(wanted()).reactions if one.name == "leads")
    assert "leaves the owner and the label of a lead" in leads.sentence


def test_a_required_property_among_ours_is_grave(bench: Bench) -> None:
    bench.apply()
    required = {"object": "contacts", "names": ["email", "leadline_sla_due"]}
    answer = bench.portal.session.post(f"{bench.portal.url}/_sandbox/hubspot/required", json=required, timeout=10)
    assert answer.status_code == 200, answer.text
    found = [one for one in bench.kit().plan(wanted()).reactions if one.kind == "required property"]
    assert [(one.name, one.grave) for one in found] == [("leadline_sla_due", True)]


def test_the_accounts_limit_of_searches_is_waited_for(bench: Bench) -> None:
    salesforce_syncs(bench, 1)
    waited: list[float] = []
    endpoint = Endpoint("acme", bench.portal.url, bench.api, MAPPING)
    tokens = RecordingTokens(bench.portal.token, iter(()))
    kit = HubSpotKit(endpoint, tokens, RecordingBudget(), PROJECT, now=lambda: NOW, sleep=waited.append)
    bench.portal.control.add_fault("status", crm="hubspot", route="*/search", status=429, policy="SECONDLY", count=2)
    assert kit.owner_elsewhere() == "salesforce_sync"
    assert waited == [1.0, 1.0]


# --- nobody


def test_owners_under_whom_contacts_are_born_are_proposed_with_their_reason(bench: Bench) -> None:
    people = bench.portal.control.add_people(
        [{"email": f"{name}@acme.example", "firstName": name, "active": name != "gone"} for name in ("rep", "sync", "gone")]
    )["hubspot"]["people"]
    rep, sync, gone = (people[f"{name}@acme.example"] for name in ("rep", "sync", "gone"))

    def born(owner: str, count: int, later: str = "") -> None:
        for _ in range(count):
            contact = bench.portal.contact(lastname="Born", **({"hubspot_owner_id": owner} if owner else {}))
            if later:
                bench.portal.tick(300)
                bench.portal.control.update("hubspot", "contacts", contact, {"hubspot_owner_id": later})

    born(rep, 12)
    born(sync, 10, later=rep)
    born(gone, 2)
    born("", 5, later=rep)
    proposed = {one.owner_id: (one.name, one.leads, one.why) for one in bench.kit().plan(wanted()).nobody}
    assert set(proposed) == {sync, gone, ""}
    assert proposed[sync] == ("sync", 10, "and 10 of them were handed on to somebody else since: a default, it seems")
    assert proposed[""] == ("no owner", 5, "born without an owner; 5 have one now")
    assert proposed[gone][1:] == (2, "who has left")


# --- taking it out


def test_remove_leaves_only_properties_that_hold_values_with_a_date_and_an_heir_for_the_lanes(bench: Bench) -> None:
    before = set(bench.definitions())
    bench.apply(app=PUBLIC)
    heir = bench.portal.control.add_people([{"email": "heir@acme.example", "firstName": "Heir", "active": True}])
    heir_id = heir["hubspot"]["people"]["heir@acme.example"]
    owned = bench.portal.contact(email="a@acme.example", hubspot_owner_id="4711", leadline_grade="A1")
    orphan = bench.portal.contact(email="b@acme.example")
    nurture = bench.portal.call("GET", f"/crm/v3/lists/object-type-id/0-1/name/{LISTS[0]}").json()["list"]["listId"]
    bench.made("PUT", f"/crm/v3/lists/{nurture}/memberships/add", [owned, orphan])

    planned = bench.kit(PUBLIC).plan_removal(wanted(), purge=False)
    done = bench.remove(app=PUBLIC, heir=heir_id)
    assert tuple(done) == tuple(step for step in planned.steps if step.action != "keep")
    left = bench.definitions()
    assert set(left) - before == {"leadline_grade"}
    assert left["leadline_grade"]["description"].endswith("Leadline was removed on 2026-11-22; nothing writes this any more.")
    assert bench.portal.values(orphan)["hubspot_owner_id"] == heir_id
    assert bench.portal.values(owned)["hubspot_owner_id"] == "4711"
    assert bench.portal.call("GET", f"/crm/v3/lists/{nurture}").status_code == 404
    assert subscriptions(bench) == {}
    assert bench.remove(app=PUBLIC, heir=heir_id) == []

    bench.apply(app=PUBLIC)
    assert bench.definitions()["leadline_grade"]["description"] == WORDINGS["grade"].help


@pytest.mark.parametrize("purge", [False, True])
def test_a_removal_that_was_killed_is_gone_on_with(bench: Bench, purge: bool) -> None:
    before = set(bench.definitions())
    bench.apply()
    bench.portal.contact(email="a@acme.example", leadline_grade="A1")
    bench.done.clear()

    def die(step: Step) -> None:
        bench.done.append(step)
        if len(bench.done) == 9:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench.kit().remove(wanted(), die, heir="", purge=purge)
    first = {step.name for step in bench.done}
    assert first.isdisjoint(step.name for step in bench.remove(purge=purge))
    assert set(bench.definitions()) - before == (set() if purge else {"leadline_grade"})


def test_without_the_right_to_lists_the_rest_is_removed_all_the_same(bench: Bench) -> None:
    before = set(bench.definitions())
    bench.apply()
    scopes = "crm.objects.contacts.read crm.schemas.contacts.read crm.schemas.contacts.write"
    bench.portal.control.settings("hubspot", scopes=scopes)
    by_hand = of(bench.kit(PROJECT).plan_removal(wanted(), purge=False), "by_hand")
    assert "crm.lists.read" in by_hand[LISTS[0]][0]
    bench.remove()
    assert set(bench.definitions()) == before


def test_a_property_that_something_unseen_uses_is_one_sentence_and_the_rest_can_go_on(bench: Bench) -> None:
    bench.apply()
    bench.made("POST", "/automation/v4/flows", flow("Sets our route", SETS, enabled=False))
    scopes = "crm.objects.contacts.read crm.schemas.contacts.read crm.schemas.contacts.write crm.lists.read crm.lists.write forms"
    bench.portal.control.settings("hubspot", scopes=scopes)
    with pytest.raises(CallOperator, match="does not let leadline_route go"):
        bench.remove()
    assert "leadline_route" in bench.definitions()


def test_a_list_that_a_workflow_uses_is_emptied_and_stays(bench: Bench) -> None:
    bench.apply()
    nurture = bench.portal.call("GET", f"/crm/v3/lists/object-type-id/0-1/name/{LISTS[0]}").json()["list"]["listId"]
    bench.made("PUT", f"/crm/v3/lists/{nurture}/memberships/add", [bench.portal.contact(email="a@acme.example")])
    joins = {"actionTypeId": "0-63809083", "fields": {"listId": nurture}}
    bench.made("POST", "/automation/v4/flows", flow("Newsletter", joins))
    heir = bench.portal.control.add_people([{"email": "heir@acme.example", "firstName": "Heir", "active": True}])
    bench.remove(heir=heir["hubspot"]["people"]["heir@acme.example"])
    members = bench.portal.call("GET", f"/crm/v3/lists/{nurture}/memberships").json()["results"]
    assert members == []
    assert bench.portal.call("GET", f"/crm/v3/lists/object-type-id/0-1/name/{LISTS[1]}").status_code == 404


def test_a_purge_is_refused_with_each_user_named_and_restores_the_schema_once_they_let_go(bench: Bench) -> None:
    schema = {name: one["label"] for name, one in bench.definitions().items()}
    groups = bench.portal.call("GET", "/crm/v3/properties/contacts/groups").json()
    bench.apply()
    bench.portal.contact(email="a@acme.example", leadline_grade="A1", leadline_route="closers")
    made = bench.made("POST", "/automation/v4/flows", flow("Sets our route", SETS, enabled=False))
    listed = bench.made("POST", "/crm/v3/lists", active_list("Hot ones"))["list"]
    fields = [{"objectTypeId": "0-1", "name": "leadline_confidence", "label": "Sure?", "fieldType": "dropdown"}]
    form = {"name": "Ask us", "formType": "hubspot", "fieldGroups": [{"groupType": "default_group", "fields": fields}]}
    form = bench.made("POST", "/marketing/v3/forms", form)
    used = {(one.field, one.kind, one.name) for one in bench.kit().usages(wanted())}
    assert used == {
        ("leadline_route", "workflow", "Sets our route"),
        ("leadline_grade", "list", "Hot ones"),
        ("leadline_confidence", "form", "Ask us"),
    }
    with pytest.raises(CallOperator, match="form Ask us, list Hot ones, workflow Sets our route"):
        bench.remove(purge=True)
    assert set(MAPPING.outputs.values()) <= set(bench.definitions())

    bench.made("DELETE", f"/automation/v4/flows/{made['id']}", None)
    bench.made("DELETE", f"/crm/v3/lists/{listed['listId']}", None)
    bench.made("DELETE", f"/marketing/v3/forms/{form['id']}", None)
    bench.remove(purge=True)
    assert {name: one["label"] for name, one in bench.definitions().items()} == schema
    assert bench.portal.call("GET", "/crm/v3/properties/contacts/groups").json() == groups


def test_a_purge_that_cannot_see_who_uses_our_fields_is_refused(bench: Bench) -> None:
    bench.apply()
    bench.portal.control.settings("hubspot", scopes="crm.objects.contacts.read crm.schemas.contacts.read crm.lists.read forms")
    with pytest.raises(CallOperator, match="scope automation"):
        bench.remove(purge=True)


def test_values_are_every_record_that_holds_one_whatever_search_knows(bench: Bench) -> None:
    bench.apply()
    bench.portal.control.settings("hubspot", search_lag_ms=3_600_000)
    holding = {bench.portal.contact(email=f"v{n}@acme.example", leadline_grade="B2") for n in range(101)}
    bench.portal.contact(email="none@acme.example")
    rows = list(bench.kit().values(wanted()))
    assert {row["id"] for row in rows} == holding
    assert rows[0] == {"object": "contacts", "id": rows[0]["id"], "leadline_grade": "B2"}


def test_open_tasks_are_completed_once(bench: Bench) -> None:
    rows = [
        {"hs_timestamp": "2026-11-22T12:00:00Z", "hs_task_subject": "Call", "hs_task_status": "NOT_STARTED"} for _ in range(3)
    ]
    tasks = bench.portal.control.create("hubspot", "tasks", rows)
    bench.portal.control.update("hubspot", "tasks", tasks[0], {"hs_task_status": "COMPLETED"})
    kit = bench.kit()
    assert kit.close_tasks([*tasks, "999999"]) == 2
    assert {bench.portal.values(task, "tasks")["hs_task_status"] for task in tasks} == {"COMPLETED"}
    assert kit.close_tasks(tasks) == 0
