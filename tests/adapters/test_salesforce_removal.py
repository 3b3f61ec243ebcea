"""Taking Leadline out of an org: what stays, who inherits, what is exported, and who stands in the way."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.errors import AdapterError, CallOperator
from adapters.kit import Step
from tests.adapters.salesforce_kit import Installer, build, conversion_of_theirs, installer, wanted
from tests.adapters.sandbox.salesforce_sandbox import SELLER, running

HELP = "Kept by Leadline's removal on 2026-11-22; no longer updated."


@pytest.fixture
def org(tmp_path: Path) -> Iterator[Installer]:
    with running(tmp_path, install=False) as sandbox:
        made = installer(sandbox)
        yield made
        made.kit.close()


@pytest.fixture
def lived_in(org: Installer) -> Installer:
    """Installed beside an own conversion mapping; one lead has a route and waits in our queue."""
    conversion_of_theirs(org.sandbox)
    org.theirs = org.components()
    org.apply()
    lead = org.sandbox.lead(Email="zoe@acme.example")
    values = {"OwnerId": org.queue("Leadline Nurture"), "Leadline_Route__c": "nurture"}
    org.sandbox.side.update("Lead", lead, values, SELLER)
    return org


def _ours(org: Installer) -> set[tuple[str, str]]:
    return org.components() - org.theirs


def _named(steps: list[Step] | tuple[Step, ...], action: str) -> set[str]:
    return {f"{step.kind} {step.name}" for step in steps if step.action == action}


def test_only_fields_with_values_are_left(lived_in: Installer) -> None:
    lived_in.remove()
    assert _ours(lived_in) == {("CustomField", "Lead.Leadline_Route__c")}


def test_what_is_left_says_since_when(lived_in: Installer) -> None:
    lived_in.remove()
    field = lived_in.sandbox.side._org.catalogue.get("CustomField", "Lead.Leadline_Route__c")
    assert field is not None
    assert field.tree["inlineHelpText"] == [HELP]
    assert field.tree["label"] == ["Route"]


def test_the_plan_of_a_removal_says_what_it_does(lived_in: Installer) -> None:
    plan = lived_in.kit.plan_removal(wanted(), purge=False)
    done = lived_in.remove()
    assert _named(plan.steps, "remove") <= _named(done, "remove")
    assert "custom field Lead.Leadline_Route__c" in _named(plan.steps, "change") & _named(done, "change")


def test_planning_a_removal_writes_nothing(lived_in: Installer) -> None:
    before = lived_in.components()
    lived_in.sandbox.writes.clear()
    lived_in.kit.plan_removal(wanted(), purge=True)
    assert lived_in.components() == before
    assert lived_in.sandbox.writes == []


def test_leads_in_our_queues_go_to_the_heir(lived_in: Installer) -> None:
    waiting = lived_in.leads_of(lived_in.queue("Leadline Nurture"))
    assert waiting
    lived_in.remove()
    assert lived_in.leads_of(lived_in.ada) == waiting


def test_a_queue_that_was_there_before_stays(org: Installer) -> None:
    org.sandbox.side.add_queues(["Inbound"])
    goal = replace(wanted(), queues=(*wanted().queues, "Inbound", "Other"))
    org.apply(goal)
    made = frozenset((step.kind, step.name) for step in org.told if step.action == "create")
    org.remove(goal=replace(goal, made=made))
    assert {name for kind, name in org.components() if kind == "Queue"} == {"Inbound"}


def test_their_conversion_mapping_is_as_it_was(lived_in: Installer) -> None:
    lived_in.remove()
    settings = lived_in.sandbox.side._org.catalogue.get("LeadConvertSettings", "LeadConvertSettings")
    assert settings is not None
    assert "Origin__c" in str(settings.tree)
    assert "Leadline" not in str(settings.tree)


def test_a_removal_that_was_interrupted_is_gone_on_with(lived_in: Installer) -> None:
    """Killed after our rights were taken: the full field is invisible then, and is not taken for an empty one."""

    class Killed(BaseException):
        pass

    def die(step: Step) -> None:
        if step.kind == "permission set assignment":
            raise Killed

    with pytest.raises(Killed):
        lived_in.kit.remove(wanted(), die, heir=lived_in.ada, purge=False)
    lived_in.remove()
    assert _ours(lived_in) == {("CustomField", "Lead.Leadline_Route__c")}


def test_removed_twice_the_date_is_the_first_ones(lived_in: Installer) -> None:
    lived_in.remove()
    lived_in.sandbox.tick(86_400 * 3)
    lived_in.remove()
    field = lived_in.sandbox.side._org.catalogue.get("CustomField", "Lead.Leadline_Route__c")
    assert field is not None
    assert field.tree["inlineHelpText"] == [HELP]


def test_a_purge_restores_the_schema(lived_in: Installer) -> None:
    lived_in.remove(purge=True)
    assert lived_in.components() == lived_in.theirs


def test_an_org_that_was_lived_in_gets_back_all_it_had(org: Installer) -> None:
    """Three record types, rules, flows, reports and 400 fields: each component as it was, to the word."""

    def trees() -> dict[tuple[str, str], object]:
        return {(one.type, one.name): one.tree for one in org.sandbox.side._org.catalogue.every()}

    org.sandbox.side.command("POST", ["lived_in"], {"seed": 3, "leads": 60})
    before = trees()
    org.apply()
    assert org.plan().empty
    org.remove(purge=True)
    assert trees() == before


def test_installed_again_it_is_whole_again(lived_in: Installer) -> None:
    lived_in.remove()
    lived_in.apply()
    assert lived_in.plan().empty


# --- values and users


def test_values_are_exported_even_after_a_removal_took_our_sight(lived_in: Installer) -> None:
    (row,) = lived_in.kit.values(wanted())
    lived_in.remove()
    assert [*lived_in.kit.values(wanted())] == [row]
    assert row["object"] == "Lead"
    assert row["Leadline_Route__c"] == "nurture"
    lived_in.remove(purge=True)
    assert lived_in.components() == lived_in.theirs


def test_our_own_parts_are_no_users(lived_in: Installer) -> None:
    assert lived_in.kit.usages(wanted()) == []


def test_a_purge_is_refused_while_a_report_uses_a_field(lived_in: Installer) -> None:
    columns = "<columns><field>Lead.Leadline_Route__c</field></columns>"
    report = f"{columns}<format>Tabular</format><name>By route</name><reportType>LeadList</reportType>"
    build(lived_in.sandbox, {"Report": ["Sales/By_route"]}, {"reports/Sales/By_route.report": ("Report", report)})
    before = lived_in.components()
    (usage,) = lived_in.kit.usages(wanted())
    assert (usage.field, usage.kind) == ("Lead.Leadline_Route__c", "report")
    assert "By_route" in usage.name
    with pytest.raises(CallOperator, match="still used"):
        lived_in.remove(purge=True)
    assert lived_in.components() == before


# --- tasks


def test_our_open_tasks_are_closed_and_closed_ones_left(lived_in: Installer) -> None:
    ids = lived_in.sandbox.side.create("Task", [{"Subject": "Call"}, {"Subject": "Done", "Status": "Completed"}], SELLER)
    assert lived_in.kit.close_tasks(ids) == 1
    rows = lived_in.sandbox.query("SELECT Status FROM Task WHERE Id IN {}", ids)
    assert {row["Status"] for row in rows} == {"Completed"}
    assert lived_in.kit.close_tasks(ids) == 0


def test_an_heir_who_cannot_own_is_refused_before_anything_is_removed(lived_in: Installer) -> None:
    before = {one for one in lived_in.components() if one[0] != "Flow"}
    with pytest.raises(AdapterError, match="refused a part of this"):
        lived_in.kit.remove(wanted(), lived_in.told.append, heir="005000000000ZZZAAA", purge=False)
    assert {one for one in lived_in.components() if one[0] != "Flow"} == before
