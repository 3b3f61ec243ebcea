"""The Salesforce kit over HTTP: plan, apply, and an org that was lived in."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.errors import CallOperator, Retry
from adapters.kit import Step
from adapters.salesforce.install import unreachable
from adapters.sandbox.world import Person
from tests.adapters.salesforce_kit import MAPPING, Installer, build, conversion_of_theirs, custom_field, installer, wanted
from tests.adapters.sandbox import salesforce_packages as packages
from tests.adapters.sandbox.salesforce_sandbox import running


@pytest.fixture
def org(tmp_path: Path) -> Iterator[Installer]:
    """An org on its first day."""
    with running(tmp_path, install=False) as sandbox:
        made = installer(sandbox)
        yield made
        made.kit.close()


@pytest.fixture
def installed(org: Installer) -> Installer:
    org.apply()
    org.sandbox.writes.clear()
    return org


def _named(steps: tuple[Step, ...] | list[Step], action: str) -> set[str]:
    return {f"{step.kind} {step.name}" for step in steps if step.action == action}


# --- plan and apply


def test_a_plan_names_everything_and_writes_nothing(org: Installer) -> None:
    before = org.components()
    plan = org.plan()
    created = _named(plan.steps, "create")
    assert not plan.empty
    assert {
        "custom field Lead.Leadline_Fit_Score__c",
        "custom field Contact.Leadline_Key__c",
        "permission set Leadline_Integration",
        "permission set Leadline_Reps",
        "queue Leadline_Nurture",
        "outbound message Lead.Leadline_Record_Changed",
        "flow Leadline_Record_Changed",
        "assignment rule Lead.Leadline",
        "permission set assignment Leadline_Integration ► integration@sandbox.example",
        "permission set assignment Leadline_Reps ► ada@reps.example",
    } <= created
    assert _named(plan.steps, "change") == {"lead conversion mapping LeadConvertSettings"}
    assert org.components() == before
    assert org.sandbox.writes == []


def test_every_click_has_its_path(org: Installer) -> None:
    clicks = [step for step in org.plan().steps if step.action == "by_hand"]
    assert clicks
    assert all(line.startswith("Setup ►") for step in clicks for line in step.lines)


def test_after_apply_nothing_is_left_to_do(org: Installer) -> None:
    planned = _named(org.plan().steps, "create")
    assert _named(org.apply(), "create") == planned
    assert org.plan().empty
    assert org.apply() == []


def test_a_second_apply_deploys_nothing(installed: Installer) -> None:
    installed.apply()
    assert installed.sandbox.writes == []


def test_what_was_made_is_what_it_should_be(installed: Installer) -> None:
    fields = {one["name"]: one for one in installed.sandbox.call("GET", "sobjects/Lead/describe").json()["fields"]}
    key, grade, answer = (fields[f"Leadline_{name}__c"] for name in ("Key", "Grade", "Seller_Response"))
    assert (key["unique"], key["externalId"], key["length"]) == (True, True, 64)
    assert grade["inlineHelpText"] == "Letter = fit (A best), number = engagement (1 best)."
    assert (answer["restrictedPicklist"], answer["updateable"]) == (True, False), "an answer is a person's"
    assert [one["value"] for one in answer["picklistValues"]][:2] == ["Accepted", "Not mine"]
    (rule,) = installed.sandbox.query("SELECT Name, Active FROM AssignmentRule")
    assert (rule["Name"], rule["Active"]) == ("Leadline", False), "shipped inactive"


def test_leads_can_be_written_and_no_save_is_in_the_way(installed: Installer) -> None:
    lead = installed.sandbox.lead(Email="zoe@acme.example")
    answer = installed.sandbox.call(
        "PATCH", f"sobjects/Lead/{lead}", json={"Leadline_Fit_Score__c": 80, "Leadline_Grade__c": "A1"}
    )
    assert answer.status_code == 204


def test_somebodys_change_is_seen_and_undone(installed: Installer) -> None:
    other = custom_field("Leadline_Grade__c", "<length>80</length><type>Text</type>", label="Note")
    packages.deployed(installed.sandbox, packages.fields_package(other, names=["Leadline_Grade__c"]))
    (step,) = [step for step in installed.plan().steps if step.action == "change"]
    assert step.name == "Lead.Leadline_Grade__c"
    assert "label Note ► Grade" in step.lines
    assert "length 80 ► 255" in step.lines
    assert [one.name for one in installed.apply()] == ["Lead.Leadline_Grade__c"]
    assert installed.plan().empty


def test_a_field_that_has_more_room_keeps_it(org: Installer) -> None:
    roomy = custom_field("Leadline_Key__c", "<length>200</length><type>Text</type>")
    packages.deployed(org.sandbox, packages.fields_package(roomy, names=["Leadline_Key__c"]))
    org.apply()
    assert org.plan().empty
    key = org.sandbox.side._org.catalogue.get("CustomField", "Lead.Leadline_Key__c")
    assert key is not None
    assert (key.tree["length"], key.tree["unique"]) == (["200"], ["true"])


def test_an_apply_that_was_killed_half_way_is_gone_on_with(org: Installer) -> None:
    """The first stage is in the org; whoever was told of it died."""

    class Killed(BaseException):
        pass

    def die(_: Step) -> None:
        raise Killed

    with pytest.raises(Killed):
        org.kit.apply(wanted(), die)
    left = _named(org.plan().steps, "create")
    assert "flow Leadline_Record_Changed" in left
    assert "custom field Lead.Leadline_Route__c" not in left
    assert _named(org.apply(), "create") == left
    assert org.plan().empty


def test_the_secret_of_the_address_is_never_shown(installed: Installer) -> None:
    moved = replace(wanted(), webhook_url="https://leadline.example/webhooks/salesforce/acme/0ther/outbound-message")
    plan = installed.plan(moved)
    (step,) = [step for step in plan.steps if step.action == "change"]
    assert step.kind == "outbound message"
    assert step.lines
    assert not [line for line in step.lines if "s3cret" in line or "0ther" in line]


def test_a_field_that_the_customer_has_is_granted_and_not_touched(org: Installer) -> None:
    score = custom_field("Score__c", "<precision>3</precision><scale>0</scale><type>Number</type>")
    packages.deployed(org.sandbox, packages.fields_package(score, names=["Score__c"]))
    goal = wanted(replace(MAPPING, outputs={**MAPPING.outputs, "fit_score": "Score__c"}))
    org.apply(goal)
    assert org.plan(goal).empty
    assert not [name for _, name in org.components() if name.endswith("Leadline_Fit_Score__c")]
    lead = org.sandbox.lead()
    assert org.sandbox.call("PATCH", f"sobjects/Lead/{lead}", json={"Score__c": 80}).status_code == 204


def test_the_orgs_own_conversion_mapping_stays(org: Installer) -> None:
    conversion_of_theirs(org.sandbox)
    step = next(step for step in org.plan().steps if step.kind == "lead conversion mapping")
    assert step.action == "change"
    assert not [line for line in step.lines if " - " in line]
    org.apply()
    (contact,) = org.sandbox.side._org.catalogue.of_type("LeadConvertSettings").values()
    assert "Origin__c" in str(contact.tree)
    assert org.plan().empty


def test_after_a_conversion_scores_and_reason_stand_on_the_contact(installed: Installer) -> None:
    values = {"Leadline_Fit_Score__c": 80, "Leadline_Grade__c": "A1", "Leadline_Route__c": "closers", "Leadline_Key__c": "mine"}
    lead = installed.sandbox.lead(Email="zoe@acme.example", OwnerId=installed.ada, **values)
    done = installed.sandbox.side.command("POST", ["convert"], {"lead": lead})
    assert isinstance(done, dict)
    contact = installed.sandbox.world.store.exactly("salesforce", "Contact", done["contact"])
    assert contact is not None
    assert {name: contact.values.get(name) for name in values} == {**values, "Leadline_Key__c": None}, "the key stays the lead's"


def test_an_address_that_salesforce_cannot_reach_is_said() -> None:
    real, here = "https://acme.my.salesforce.com", "http://127.0.0.1:8800"
    local = replace(wanted(), webhook_url="http://127.0.0.1:8700/webhooks/salesforce/acme/s3cret/outbound-message")
    assert unreachable(local, real)
    assert unreachable(replace(local, webhook_url="https://localhost/x"), real)
    assert not unreachable(local, here), "a sandbox on this machine reaches it"
    assert not unreachable(wanted(), real)


def test_a_queue_of_the_customers_keeps_its_members(org: Installer) -> None:
    org.sandbox.side.add_people([Person("zoe@reps.example", "Zoe", "Rep")])
    watching = "<queueMembers><users><user>zoe@reps.example</user></users></queueMembers>"
    body = f"<doesSendEmailToMembers>false</doesSendEmailToMembers><name>Leadline Nurture</name>{watching}"
    build(
        org.sandbox,
        {"Queue": ["Their_Name"]},
        {"queues/Their_Name.queue": ("Queue", f"{body}<queueSobject><sobjectType>Lead</sobjectType></queueSobject>")},
    )
    org.apply()
    members = org.sandbox.side._org.catalogue.get("Queue", "Their_Name")
    assert members is not None
    assert "zoe@reps.example" in str(members.tree)
    assert "ada@reps.example" in str(members.tree)
    assert ("Queue", "Leadline_Nurture") not in org.components()


def test_a_rule_that_an_admin_made_active_stays_active(installed: Installer) -> None:
    rule = installed.sandbox.side._org.catalogue.get("AssignmentRule", "Lead.Leadline")
    assert rule is not None
    installed.sandbox.side._org.catalogue.put("AssignmentRule", "Lead.Leadline", {**rule.tree, "active": ["true"]})
    assert installed.plan().empty


# --- what is refused


def test_a_deployment_that_takes_its_time_is_waited_for(org: Installer) -> None:
    org.sandbox.side.configure({"deploy_ms": 20_000})
    org.apply()
    assert org.plan().empty


def test_a_deployment_that_never_ends_is_given_up(org: Installer) -> None:
    org.sandbox.side.configure({"deploy_ms": 86_400_000})
    with pytest.raises(Retry, match="has not ended after 600 seconds"):
        org.apply()


def test_a_refused_package_changes_nothing_and_says_what_it_minds(org: Installer) -> None:
    key = custom_field("Leadline_Key__c", "<length>64</length><type>Text</type>")
    packages.deployed(org.sandbox, packages.fields_package(key, names=["Leadline_Key__c"]))
    for _ in range(2):
        org.sandbox.lead(Leadline_Key__c="the same")
    before = org.components()
    with pytest.raises(CallOperator, match=r"nothing was changed: custom field Lead\.Leadline_Key__c: "):
        org.apply()
    assert org.components() == before
