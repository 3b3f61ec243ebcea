"""Who would notice: an org that was lived in, and what the plan says about it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.kit import Reaction
from adapters.sandbox.world import Person
from tests.adapters.salesforce_kit import Installer, build, custom_field, flow, installer, sets
from tests.adapters.sandbox import salesforce_packages as packages
from tests.adapters.sandbox.salesforce_sandbox import SELLER, running


@pytest.fixture
def org(tmp_path: Path) -> Iterator[Installer]:
    with running(tmp_path, install=False) as sandbox:
        made = installer(sandbox)
        yield made
        made.kit.close()


def _reactions(org: Installer) -> dict[str, Reaction]:
    return {f"{one.kind} {one.name}": one for one in org.plan().reactions}


def test_nobody_notices_in_an_empty_org(org: Installer) -> None:
    assert _reactions(org) == {}


def test_our_own_parts_are_no_reaction(org: Installer) -> None:
    org.apply()
    assert _reactions(org) == {}


def test_the_active_rule_is_told_entry_by_entry(org: Installer) -> None:
    (inbound,) = org.sandbox.side.add_queues(["Inbound"])
    assert inbound
    entry = (
        "<ruleEntry><assignedTo>Inbound</assignedTo><assignedToType>Queue</assignedToType><criteriaItems><field>Lead.LeadSource</field>"
        "<operation>equals</operation><value>Web</value></criteriaItems></ruleEntry>"
    )
    rest = "<ruleEntry><assignedTo>ada@reps.example</assignedTo><assignedToType>User</assignedToType></ruleEntry>"
    build(
        org.sandbox,
        {"AssignmentRule": ["Lead.Standard"]},
        {
            "assignmentRules/Lead.assignmentRules": (
                "AssignmentRules",
                f"<assignmentRule><fullName>Standard</fullName><active>true</active>{entry}{rest}</assignmentRule>",
            )
        },
    )
    sentence = _reactions(org)["assignment rule Standard"].sentence
    assert "LeadSource equals Web ► queue Inbound; any lead ► user ada@reps.example" in sentence


def test_flows_are_told_apart_by_what_they_do(org: Installer) -> None:
    _automate(org, "Rewrites", sets("OwnerId", org.ada))
    _automate(org, "Births", sets("OwnerId", org.ada), on="Create")
    _automate(org, "Rates", sets("Rating", "Hot"))
    found = _reactions(org)
    assert found["flow Rewrites"].grave
    assert "sets OwnerId at every save" in found["flow Rewrites"].sentence
    assert not found["flow Births"].grave
    assert "sets OwnerId when a record is new" in found["flow Births"].sentence
    assert "reads nothing that Leadline writes" in found["flow Rates"].sentence


def _automate(org: Installer, name: str, elements: str, *, on: str = "CreateAndUpdate") -> None:
    build(org.sandbox, {"Flow": [name]}, {f"flows/{name}.flow": flow(name, elements, on=on)})


def test_what_reads_our_fields_is_named_with_them(org: Installer) -> None:
    org.apply()
    rule = (
        "<validationRules><fullName>Graded</fullName><active>true</active><errorConditionFormula>ISBLANK(Leadline_Grade__c)"
        "</errorConditionFormula><errorMessage>Grade it.</errorMessage></validationRules>"
        "<validationRules><fullName>Named</fullName><active>true</active><errorConditionFormula>ISBLANK(Company)"
        "</errorConditionFormula><errorMessage>Name it.</errorMessage></validationRules>"
    )
    build(
        org.sandbox,
        {"ValidationRule": ["Lead.Graded", "Lead.Named"]},
        {"objects/Lead.object": ("CustomObject", rule)},
    )
    found = _reactions(org)
    assert found["validation rule Lead.Graded"].grave
    assert "reads Leadline_Grade__c" in found["validation rule Lead.Graded"].sentence
    assert not found["validation rule Lead.Named"].grave


def test_a_workflow_rule_that_sets_what_we_set_is_grave(org: Installer) -> None:
    org.apply()
    update = (
        "<fieldUpdates><fullName>Regrade</fullName><field>Leadline_Grade__c</field><literalValue>Z9</literalValue><name>Regrade</name>"
        "<notifyAssignee>false</notifyAssignee><operation>Literal</operation><protected>false</protected></fieldUpdates>"
    )
    rule = (
        "<rules><fullName>Old</fullName><actions><name>Regrade</name><type>FieldUpdate</type></actions><active>true</active>"
        "<criteriaItems><field>Lead.Status</field><operation>equals</operation><value>Open</value></criteriaItems>"
        "<triggerType>onAllChanges</triggerType></rules>"
    )
    build(
        org.sandbox,
        {"WorkflowFieldUpdate": ["Lead.Regrade"], "WorkflowRule": ["Lead.Old"]},
        {"workflows/Lead.workflow": ("Workflow", update + rule)},
    )
    found = _reactions(org)["workflow rule Old"]
    assert found.grave
    assert "sets Leadline_Grade__c" in found.sentence


@pytest.mark.parametrize("block", [True, False])
def test_a_duplicate_rule_is_grave_only_if_it_blocks(org: Installer, block: bool) -> None:
    org.sandbox.side.configure({"duplicate_rules": [{"name": "Same_mail", "block": block}]})
    assert _reactions(org)["duplicate rule Same mail"].grave is block


def test_a_required_field_that_is_empty_somewhere_is_grave(org: Installer) -> None:
    org.sandbox.lead()
    needed = custom_field("Needed__c", "<length>40</length><required>true</required><type>Text</type>")
    packages.deployed(org.sandbox, packages.fields_package(needed, names=["Needed__c"]))
    assert _reactions(org)["required field Lead.Needed__c"].grave


# --- nobody


def test_leads_are_born_under_queues_and_leavers_and_these_are_proposed(org: Installer) -> None:
    side = org.sandbox.side
    (inbound,) = side.add_queues(["Inbound"])
    gone, bo = side.add_people([Person("gone@reps.example", "Gus", "Gone", False), Person("bo@reps.example", "Bo", "Rep")])
    for owner, count in ((inbound, 3), (gone, 2), (bo, 4), (org.ada, 5)):
        side.create("Lead", [{"LastName": "Doe", "Company": "Acme", "OwnerId": owner}] * count, SELLER)
    assert [(one.name, one.leads, one.why) for one in org.plan().nobody] == [
        ("Inbound", 3, "a queue"),
        ("Gus Gone", 2, "no longer active"),
    ]


def test_who_gives_all_leads_away_is_only_where_they_begin(org: Installer) -> None:
    """As the history of owners has it: a lead's first owner, not its present one."""
    side = org.sandbox.side
    web, bo = side.add_people([Person("web@reps.example", "Web", "Intake"), Person("bo@reps.example", "Bo", "Rep")])
    for giver, count in ((web, 12), (bo, 9)):
        for id_ in side.create("Lead", [{"LastName": "Doe", "Company": "Acme", "OwnerId": giver}] * count, SELLER):
            side.update("Lead", id_, {"OwnerId": org.ada}, SELLER)
    assert [(one.name, one.leads, one.why) for one in org.plan().nobody] == [
        ("Web Intake", 12, "12 of them were given to somebody else later")
    ], "nine are too few to conclude anything from"


def test_old_leads_say_nothing_about_today(org: Installer) -> None:
    (inbound,) = org.sandbox.side.add_queues(["Inbound"])
    org.sandbox.side.create("Lead", [{"LastName": "Doe", "Company": "Acme", "OwnerId": inbound}], SELLER)
    org.sandbox.tick(91 * 86_400)
    assert org.plan().nobody == ()
