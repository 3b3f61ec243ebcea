"""Who gets whom: leads of the sync user, of a rep, and of a flow; and the ways in which an owner is set, each once."""

from typing import Any
from xml.etree.ElementTree import tostring

import pytest
import requests
from click.testing import CliRunner

from config.policy import shipped_policy_text
from config.settings import Settings
from connector import installing
from connector.cli import leadline
from connector.demo.portals import HUBSPOT, SALESFORCE, Portals
from connector.doctor.overruled import ask_overruled
from connector.doctor.rule import ask_rule
from connector.doctor.visit import Visit
from connector.policies import activate_policy
from connector.wiring import Services
from tests.adapters.sandbox import salesforce_packages as packages
from tests.adapters.sandbox.salesforce_sandbox import Client
from tests.connector.conftest import Work
from tests.connector.crm_leads import (
    ASKED,
    NAMES,
    OWNER,
    TABLES,
    add_lead,
    crm_of,
    documents,
    edit,
    execute,
    go,
    output,
    owner_of,
    owners_we_set,
    people,
    reconnect,
    rows,
    tasks,
)

BOTH = pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
TITLE = {"salesforce": "Title", "hubspot": "jobtitle"}


def owners_in_turn(portals: Portals, crm: Any, id_: str) -> list[str]:
    """Every owner that the record came to have, by whomever, the first one included."""
    history = portals.sandbox.history(crm, TABLES[crm], id_)
    return [entry["changed"][OWNER[crm]][1] for entry in history if OWNER[crm] in entry["changed"]]


def expected(portals: Portals, crm: Any, id_: str) -> str:
    """The owner whose turn it was, by the record's own field."""
    return people(portals, crm)[str(output(portals, crm, id_, "suggested_owner"))]


# by whom a lead is born


@BOTH
def test_leads_born_with_the_sync_user_are_all_routed(portals: Portals, services: Services, work: Work, crm: str) -> None:
    go(services)
    sync = portals.sandbox.add_people([{"email": "sync@leadline.example", "firstName": "Sync", "lastName": "User"}])
    user = sync[crm]["people"]["sync@leadline.example"]
    reconnect(services, crm, nobody=[portals.intake[crm], user])
    leads = [add_lead(portals, crm, f"nora@acme{n}.example", **{OWNER[crm]: user}, **ASKED[crm]) for n in range(6)]
    work()
    for lead in leads:
        assert owners_in_turn(portals, crm, lead) == [user, expected(portals, crm, lead)]
    assert len(tasks(portals, crm)) == len(leads)


@BOTH
def test_leads_born_with_a_rep_stay_all_with_them(portals: Portals, services: Services, work: Work, crm: str) -> None:
    go(services)
    reps = [id_ for email, id_ in sorted(people(portals, crm).items()) if id_ != portals.intake[crm] and "leadline" in email]
    born = {add_lead(portals, crm, f"nora@acme{n}.example", **{OWNER[crm]: rep}, **ASKED[crm]): rep for n, rep in enumerate(reps)}
    work()
    assert {lead: owners_in_turn(portals, crm, lead) for lead in born} == {lead: [rep] for lead, rep in born.items()}
    assert all(output(portals, crm, lead, "route") for lead in born)
    assert rows(services, "SELECT count(*) FROM turn") == [(0,)]


@BOTH
def test_an_owner_changed_by_a_flow_after_us_is_kept_and_reported(
    portals: Portals, services: Services, work: Work, crm: str
) -> None:
    go(services)
    lead, other = (add_lead(portals, crm, f"{name}@acme.example", **ASKED[crm]) for name in ("nora", "nina"))
    work()
    hana = people(portals, crm)["hana@leadline.example"]
    flow = {"source": "AUTOMATION_PLATFORM" if crm == "hubspot" else "CRM_UI", "id": "flow"}
    portals.sandbox.update(crm, TABLES[crm], lead, {OWNER[crm]: hana}, by=flow)
    assert [finding.state for finding in ask_overruled(Visit(services, crm_of(services, crm)))] == ["ok"]
    _look_again(services, crm)  # nothing that we read has changed: for the pipeline the news is an echo
    work()
    assert owner_of(portals, crm, lead) == hana
    (finding,) = ask_overruled(Visit(services, crm_of(services, crm)))
    assert finding.state == "amber"
    assert "1 of 2" in finding.sentence
    assert lead in finding.sentence
    assert other not in finding.sentence
    edit(portals, crm, lead, **{TITLE[crm]: "Intern"})  # and a new decision leaves the flow's owner as well
    work()
    assert owner_of(portals, crm, lead) == hana
    assert documents(services, "packet", NAMES[crm])[-1]["decision"]["owner"]["why"] == "person_set"
    assert len(owners_we_set(portals, crm, lead)) == 1


def _look_again(services: Services, crm: str) -> None:
    """What a sweep does with a record that was touched."""
    execute(
        services,
        "INSERT INTO due (connection, object, record_id, source_at) "
        "SELECT connection, object, record_id, clock_timestamp() FROM record WHERE connection = :name",
        name=NAMES[crm],
    )


# the four ways


@BOTH
def test_way_1_leadline_sets_the_owner(portals: Portals, services: Services, work: Work, crm: str) -> None:
    go(services)
    lead = add_lead(portals, crm, "nora@acme.example", **ASKED[crm])
    work()
    assert owners_in_turn(portals, crm, lead) == [portals.intake[crm], expected(portals, crm, lead)]


def activate_rule(portals: Portals, services: Services) -> None:
    """Setup ► Lead Assignment Rules ► Leadline ► Edit ► Active."""
    with services.kit(crm_of(services, "salesforce")) as kit:
        (element,) = kit._client.read_metadata("AssignmentRule", ["Lead.Leadline"])  # type: ignore[attr-defined]
    body = "".join(tostring(part, encoding="unicode") for part in element if not part.tag.endswith(("fullName", "active")))
    content = f"<assignmentRule><fullName>Leadline</fullName><active>true</active>{body}</assignmentRule>"
    files = {"assignmentRules/Lead.assignmentRules": packages.document("AssignmentRules", content)}
    admin = Client(portals.sandbox.url, requests.Session())
    admin.login()
    packages.deployed(admin, packages.package({"AssignmentRule": ["Lead.Leadline"]}, files))


def test_way_2_the_rule_that_install_made_sets_whom_leadline_chose(
    portals: Portals, services: Services, work: Work, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rep whose turn it was and a lane's queue; each set once, by the rule, and never a rep's own lead."""
    _as_this_leadline(settings, monkeypatch)
    installing.apply(services, crm_of(services, "salesforce"), lambda _: None)
    said = CliRunner().invoke(leadline, ["owner", SALESFORCE, "--by", "rule"])
    assert said.exit_code == 0, said.output
    services.refresh()
    (finding,) = ask_rule(Visit(services, crm_of(services, "salesforce")))
    assert finding.state == "failed"  # nobody made it active yet
    activate_rule(portals, services)
    (finding,) = ask_rule(Visit(services, crm_of(services, "salesforce")))
    assert finding.state == "amber"  # nobody saw it run on an update yet
    go(services)
    portals.sandbox.remove_targets()  # the demo's; what was installed calls by itself
    hana = people(portals, "salesforce")["hana@leadline.example"]
    hot = add_lead(portals, "salesforce", "nora@acme.example", **ASKED["salesforce"])
    lane = add_lead(portals, "salesforce", "carl@rival.example", Relationship__c="competitor")
    kept = add_lead(portals, "salesforce", "ken@acme.example", OwnerId=hana, **ASKED["salesforce"])
    for id_ in (hot, lane, kept):
        execute(
            services,
            "INSERT INTO due (connection, object, record_id, source_at) VALUES (:name, 'lead', :id, clock_timestamp())"
            " ON CONFLICT DO NOTHING",
            name=SALESFORCE,
            id=id_,
        )
    work()
    [queue] = [row["Id"] for row in portals.sandbox.queues("salesforce") if row["Name"] == "Leadline Disqualified"]
    intake, rep = portals.intake["salesforce"], expected(portals, "salesforce", hot)
    assert owners_in_turn(portals, "salesforce", hot) == [intake, rep]
    assert owners_in_turn(portals, "salesforce", lane) == [intake, queue]
    assert owners_in_turn(portals, "salesforce", kept) == [hana]
    after = {one["record"]["id"]: one["owner"]["after"] for one in documents(services, "receipt", SALESFORCE)}
    assert after == {hot: rep, lane: queue, kept: hana}
    assert sorted(task["OwnerId"][1] for task in tasks(portals, "salesforce")) == sorted([rep, hana])


def _as_this_leadline(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {
        "LEADLINE_HOME": str(settings.home),
        "LEADLINE_DATABASE_URL": settings.database_url or "",
        "LEADLINE_REDIS_URL": settings.redis_url or "",
        "LEADLINE_SECRET_KEYS": ",".join(settings.secret_keys),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("to", ["person", "queue"])
def test_way_3_the_orgs_own_active_rule_decides(portals: Portals, services: Services, work: Work, to: str) -> None:
    """No turn is taken; whomever the rule chose is in the receipt, and is paged if it is a person."""
    fast = "destination: closers, reason_code: FAST_TRACK"
    matrix = "A1: {destination: closers"
    document = shipped_policy_text().replace(
        "destinations:\n", "destinations:\n  org_rule: {kind: assignment_rule, clock: same_day}\n"
    )
    assert fast in document
    assert matrix in document
    document = document.replace(fast, fast.replace("closers", "org_rule")).replace(matrix, matrix.replace("closers", "org_rule"))
    activate_policy(services, document)
    gus = people(portals, "salesforce")["gus@leadline.example"]
    (hot,) = portals.sandbox.add_people([], ["Hot"])["salesforce"]["queues"].values()
    owner = {"person": gus, "queue": hot}[to]
    entry = {"field": "Leadline_Route__c", "op": "equals", "value": "org_rule", "owner": owner}
    portals.sandbox.settings("salesforce", assignment_rules=[{"entries": [entry]}])
    installing._read_owners(services, crm_of(services, "salesforce"))
    go(services)
    lead = add_lead(portals, "salesforce", "nora@acme.example", **ASKED["salesforce"])
    work()
    assert output(portals, "salesforce", lead, "route") == "org_rule"
    assert owners_in_turn(portals, "salesforce", lead) == [portals.intake["salesforce"], owner]
    [receipt] = documents(services, "receipt", SALESFORCE)
    assert receipt["owner"] == {"before": portals.intake["salesforce"], "after": owner}
    assert [task["OwnerId"][1] for task in tasks(portals, "salesforce")] == ([gus] if to == "person" else [])
    assert rows(services, "SELECT count(*) FROM turn") == [(0,)]


@pytest.mark.parametrize("by", ["action", "trigger"])
def test_way_4_a_hubspot_workflow_sets_the_owner(portals: Portals, services: Services, work: Work, web_url: str, by: str) -> None:
    """Asked by its action, or enrolled by `leadline_route`: the workflow sets the owner, once, and Leadline keeps it."""
    go(services)
    reconnect(services, "hubspot", owner_by="salesforce_sync")
    if by == "action":
        portals.sandbox.remove_targets()
    contact = add_lead(portals, "hubspot", "nora@acme.example", **ASKED["hubspot"])
    if by == "action":
        body = {"url": f"{web_url}/webhooks/hubspot/{HUBSPOT}/workflow-action", "object": "contacts", "id": contact}
        assert requests.post(f"{portals.sandbox.url}/_sandbox/hubspot/execute", json=body, timeout=30).json()["status"] == 200
    work()
    route = output(portals, "hubspot", contact, "route")
    assert route
    assert owners_in_turn(portals, "hubspot", contact) == [portals.intake["hubspot"]]
    rep = expected(portals, "hubspot", contact)
    workflow = {"source": "AUTOMATION_PLATFORM", "id": "workflow:1"}
    portals.sandbox.update("hubspot", "contacts", contact, {"hubspot_owner_id": rep}, by=workflow)
    edit(portals, "hubspot", contact, jobtitle="Intern")
    work()
    assert owners_in_turn(portals, "hubspot", contact) == [portals.intake["hubspot"], rep]
    assert owners_we_set(portals, "hubspot", contact) == []
