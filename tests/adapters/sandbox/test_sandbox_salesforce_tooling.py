"""Reading what an administrator built: the Tooling API, setup objects, and what depends on what."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from simple_salesforce import format_soql

from adapters.sandbox.world import Person
from tests.adapters.sandbox import salesforce_packages as packages
from tests.adapters.sandbox.salesforce_packages import deploy, deployed, document, package, problems
from tests.adapters.sandbox.salesforce_sandbox import SELLER, Sandbox, running

FLOW = (
    "<assignments><name>Set</name><assignmentItems><assignToReference>$Record.Rating</assignToReference><operator>Assign</operator>"
    "<value><stringValue>Hot</stringValue></value></assignmentItems></assignments><label>Hot flow</label>"
    "<processType>AutoLaunchedFlow</processType><start><connector><targetReference>Set</targetReference></connector>"
    "<filterLogic>and</filterLogic><filters><field>Fit__c</field><operator>GreaterThan</operator><value><numberValue>80</numberValue>"
    "</value></filters><object>Lead</object><recordTriggerType>Create</recordTriggerType><triggerType>RecordBeforeSave</triggerType>"
    "</start><status>Active</status>"
)
RULE = (
    "<validationRules><fullName>Needs_fit</fullName><active>true</active>"
    "<errorConditionFormula>Fit__c &lt; 0</errorConditionFormula>"
    "<errorMessage>Not so.</errorMessage></validationRules>"
)
REPORT = "<columns><field>Lead.Fit__c</field></columns><format>Tabular</format><name>Hot</name><reportType>LeadList</reportType>"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """With a field, and a flow, a validation rule and a report that use it."""
    with running(tmp_path, install=False) as made:
        deployed(made, packages.fields_package(packages.FIT_FIELD, names=["Fit__c"], permissions={"Lead.Fit__c": True}))
        files = {
            "flows/Hot_Flow.flow": document("Flow", FLOW),
            "objects/Lead.object": document("CustomObject", RULE),
            "reports/Sales/Hot.report": document("Report", REPORT),
        }
        deployed(made, package({"Flow": ["Hot_Flow"], "ValidationRule": ["Lead.Needs_fit"], "Report": ["Sales/Hot"]}, files))
        yield made


def tooling(sandbox: Sandbox, statement: str) -> list[dict[str, Any]]:
    answer = sandbox.call("GET", "tooling/query", params={"q": statement})
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["records"]
    return rows


def refused(sandbox: Sandbox, statement: str) -> str:
    answer = sandbox.call("GET", "tooling/query", params={"q": statement})
    assert answer.status_code == 400
    code: str = answer.json()[0]["errorCode"]
    return code


def test_fields_rules_and_flows_are_told(sandbox: Sandbox) -> None:
    (field,) = tooling(sandbox, "SELECT Id, DeveloperName, TableEnumOrId FROM CustomField WHERE DeveloperName = 'Fit'")
    assert (field["Id"][:3], field["TableEnumOrId"]) == ("00N", "Lead")
    (rule,) = tooling(
        sandbox,
        "SELECT ValidationName, Active, ErrorMessage, EntityDefinition.QualifiedApiName FROM ValidationRule "
        "WHERE Active = true AND EntityDefinition.QualifiedApiName = 'Lead'",
    )
    assert (rule["ValidationName"], rule["ErrorMessage"]) == ("Needs_fit", "Not so.")
    assert rule["EntityDefinition"]["QualifiedApiName"] == "Lead"
    (flow,) = tooling(sandbox, "SELECT Id, Status, VersionNumber, Definition.DeveloperName FROM Flow WHERE Status = 'Active'")
    assert (flow["Definition"]["DeveloperName"], flow["VersionNumber"]) == ("Hot_Flow", 1)
    (view,) = sandbox.query("SELECT ApiName, ActiveVersionId FROM FlowDefinitionView WHERE IsActive = true")
    assert (view["ApiName"], view["ActiveVersionId"]) == ("Hot_Flow", flow["Id"])


def test_metadata_is_had_for_one_row_at_a_time(sandbox: Sandbox) -> None:
    (flow,) = tooling(sandbox, "SELECT Metadata FROM Flow WHERE Status = 'Active'")
    start = flow["Metadata"]["start"]
    assert start["filters"] == [{"field": "Fit__c", "operator": "GreaterThan", "value": {"numberValue": "80"}}]
    deployed(sandbox, packages.fields_package(packages.GRADE_FIELD, names=["Grade__c"]))
    assert refused(sandbox, "SELECT Id, FullName FROM CustomField") == "MALFORMED_QUERY"
    (one,) = tooling(sandbox, "SELECT FullName, Metadata FROM CustomField WHERE DeveloperName = 'Grade'")
    assert (one["FullName"], one["Metadata"]["type"]) == ("Lead.Grade__c", "Picklist")


def test_who_uses_a_field_is_told_and_reports_only_by_a_job(sandbox: Sandbox) -> None:
    (field,) = tooling(sandbox, "SELECT Id FROM CustomField WHERE DeveloperName = 'Fit'")
    query = format_soql(
        "SELECT MetadataComponentType, MetadataComponentName, RefMetadataComponentName FROM MetadataComponentDependency "
        "WHERE RefMetadataComponentId IN {}",
        [field["Id"]],
    )
    found = {(row["MetadataComponentType"], row["MetadataComponentName"]) for row in tooling(sandbox, query)}
    assert found == {("Flow", "Hot_Flow"), ("ValidationRule", "Needs_fit")}

    job = sandbox.call("POST", "tooling/jobs/query", json={"operation": "query", "query": query}).json()
    assert job["state"] == "UploadComplete"
    done = sandbox.call("GET", f"tooling/jobs/query/{job['id']}").json()
    assert (done["state"], done["numberRecordsProcessed"]) == ("JobComplete", 3)
    results = sandbox.call("GET", f"tooling/jobs/query/{job['id']}/results")
    assert results.headers["Sforce-Locator"] == "null"
    rows = [*csv.DictReader(io.StringIO(results.text))]
    assert {row["MetadataComponentType"] for row in rows} == {"Flow", "ValidationRule", "Report"}
    assert {row["RefMetadataComponentName"] for row in rows} == {"Fit"}


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("SELECT Id FROM MetadataComponentDependency ORDER BY Id", "MALFORMED_QUERY"),
        ("SELECT Id FROM MetadataComponentDependency WHERE RefMetadataComponentName = 'Fit'", "INVALID_FIELD"),
        ("SELECT Id FROM Wizardry", "INVALID_TYPE"),
        ("SELECT Wand FROM CustomField", "INVALID_FIELD"),
    ],
)
def test_what_the_platform_does_not_answer_is_refused(sandbox: Sandbox, statement: str, code: str) -> None:
    assert refused(sandbox, statement) == code


def test_only_dependencies_can_be_asked_by_a_job(sandbox: Sandbox) -> None:
    answer = sandbox.call("POST", "tooling/jobs/query", json={"operation": "query", "query": "SELECT Id FROM CustomField"})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALIDJOB")


def test_a_flow_is_switched_off_and_deleted_by_the_tooling_api(sandbox: Sandbox) -> None:
    (flow,) = tooling(sandbox, "SELECT Id, DefinitionId FROM Flow WHERE Status = 'Active'")
    assert sandbox.call("DELETE", f"tooling/sobjects/Flow/{flow['Id']}").json()[0]["errorCode"] == "DELETE_FAILED"
    off = sandbox.call(
        "PATCH", f"tooling/sobjects/FlowDefinition/{flow['DefinitionId']}", json={"Metadata": {"activeVersionNumber": 0}}
    )
    assert off.status_code == 204
    assert tooling(sandbox, "SELECT Status FROM Flow")[0]["Status"] == "Obsolete"
    assert sandbox.call("DELETE", f"tooling/sobjects/Flow/{flow['Id']}").status_code == 204
    assert tooling(sandbox, "SELECT Id FROM FlowDefinition") == []


def test_a_field_is_made_changed_and_deleted_by_the_tooling_api(sandbox: Sandbox) -> None:
    metadata = {"label": "Rank", "type": "Number", "precision": 2, "scale": 0}
    made = sandbox.call("POST", "tooling/sobjects/CustomField", json={"FullName": "Lead.Rank__c", "Metadata": metadata})
    assert made.status_code == 201
    id_ = made.json()["id"]
    path = f"tooling/sobjects/CustomField/{id_}"
    assert sandbox.call("PATCH", path, json={"Metadata": {**metadata, "inlineHelpText": "Dated."}}).status_code == 204
    assert sandbox.call("GET", path).json()["Metadata"]["inlineHelpText"] == "Dated."
    bad = sandbox.call("PATCH", path, json={"Metadata": {"label": "Rank", "type": "Wand"}})
    assert bad.json()[0]["errorCode"] == "FIELD_INTEGRITY_EXCEPTION"
    assert sandbox.call("DELETE", path).status_code == 204
    assert sandbox.call("GET", path).status_code == 404


def test_rights_are_records(sandbox: Sandbox) -> None:
    packages.assign(sandbox, "Scoring")
    held = sandbox.query(
        "SELECT Field, PermissionsEdit FROM FieldPermissions WHERE Parent.Name = 'Scoring' AND SobjectType = 'Lead'"
    )
    assert [(row["Field"], row["PermissionsEdit"]) for row in held] == [("Lead.Fit__c", True)]
    (mine,) = sandbox.query("SELECT Assignee.Username FROM PermissionSetAssignment WHERE PermissionSet.Name = 'Scoring'")
    assert mine["Assignee"]["Username"] == "integration@sandbox.example"
    objects = sandbox.query(
        "SELECT SobjectType FROM ObjectPermissions WHERE Parent.IsOwnedByProfile = true AND PermissionsEdit = true"
    )
    assert {row["SobjectType"] for row in objects} == {"Lead", "Contact", "Account", "Opportunity"}
    again = sandbox.query("SELECT AssigneeId, PermissionSetId FROM PermissionSetAssignment")[0]
    twice = {name: again[name] for name in ("AssigneeId", "PermissionSetId")}
    assert sandbox.call("POST", "sobjects/PermissionSetAssignment", json=twice).json()[0]["errorCode"] == "DUPLICATE_VALUE"
    (set_,) = sandbox.query("SELECT Id FROM PermissionSet WHERE Name = 'Scoring'")
    assert "assigned" in problems(deploy(sandbox, packages.removal({"PermissionSet": ["Scoring"]})))["Scoring"]
    assert set_["Id"].startswith("0PS")


def test_queue_members_are_added_and_taken_away(sandbox: Sandbox) -> None:
    queue, ada = sandbox.queue("Tier 1"), sandbox.user("Ada")
    made = sandbox.call("POST", "sobjects/GroupMember", json={"GroupId": queue, "UserOrGroupId": ada})
    assert made.status_code == 201
    (member,) = sandbox.query("SELECT Id, UserOrGroupId FROM GroupMember WHERE GroupId = {}", queue)
    assert member["UserOrGroupId"] == ada
    assert sandbox.call("DELETE", f"sobjects/GroupMember/{member['Id']}").status_code == 204
    assert sandbox.query("SELECT Id FROM GroupMember") == []


def test_the_history_of_owners_has_names_and_ids(sandbox: Sandbox) -> None:
    (ada, ben), tier = (
        sandbox.side.add_people([Person(f"{name}@acme.example", name, "Rep") for name in ("Ada", "Ben")]),
        sandbox.queue("Tier 1"),
    )
    lead = sandbox.lead(OwnerId=tier)
    for owner in (ada, ben):
        sandbox.tick(60)
        sandbox.side.update("Lead", lead, {"OwnerId": owner}, SELLER)
    rows = sandbox.query(
        "SELECT Field, OldValue, NewValue, CreatedDate FROM LeadHistory WHERE LeadId = {} ORDER BY CreatedDate, Id", lead
    )
    assert [(row["Field"], row["OldValue"], row["NewValue"]) for row in rows] == [
        ("created", None, None),
        ("Owner", "Tier 1", "Ada Rep"),
        ("Owner", tier, ada),
        ("Owner", "Ada Rep", "Ben Rep"),
        ("Owner", ada, ben),
    ]


def test_the_org_says_what_it_is(sandbox: Sandbox) -> None:
    (org,) = sandbox.query("SELECT Id, IsSandbox, InstanceName, TrialExpirationDate, OrganizationType FROM Organization")
    assert (org["IsSandbox"], org["TrialExpirationDate"], org["Id"][:3]) == (True, None, "00D")
    me = sandbox.session.get(f"{sandbox.url}/services/oauth2/userinfo").json()
    assert me["organization_id"] == org["Id"]
    assert sandbox.session.get(f"{sandbox.url}/id/{org['Id']}/{me['user_id']}").json()["user_id"] == me["user_id"]
