"""Customers' own things that use our fields, made as an administrator makes them, and what letting go of them is."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import requests

from tests.adapters.sandbox import salesforce_packages as packages

USERS: Final[Mapping[str, tuple[str, ...]]] = {
    "salesforce": (
        "Lead.Leadline_Route__c: report ",
        "Lead.Leadline_Fit_Score__c: list view ",
        "Lead.Leadline_Route__c: flow Their_Flow",
    ),
    "hubspot": (
        "leadline_route: workflow Their workflow",
        "leadline_fit_score: list Their list",
        "leadline_grade: form Their form",
        "leadline_fit_score: calculated property their_sum",
    ),
}
"""As the refusal names them."""

Call = Callable[..., Any]

_FLOW: Final = (
    "<apiVersion>67.0</apiVersion><assignments><name>Mark</name><label>Mark</label><locationX>0</locationX>"
    "<locationY>0</locationY><assignmentItems><assignToReference>$Record.Description</assignToReference>"
    "<operator>Assign</operator><value><elementReference>$Record.Leadline_Route__c</elementReference></value></assignmentItems>"
    "</assignments><label>Their flow</label><processType>AutoLaunchedFlow</processType><start><locationX>0</locationX>"
    "<locationY>0</locationY><connector><targetReference>Mark</targetReference></connector><object>Lead</object>"
    "<recordTriggerType>Create</recordTriggerType><triggerType>RecordBeforeSave</triggerType></start><status>Active</status>"
)
_REPORT: Final = (
    "<columns><field>Lead.Leadline_Route__c</field></columns><format>Tabular</format><name>By route</name>"
    "<reportType>LeadList</reportType>"
)
_VIEW: Final = (
    "<listViews><fullName>Routed</fullName><columns>Leadline_Fit_Score__c</columns><filterScope>Everything</filterScope>"
    "<label>Routed</label></listViews>"
)


def in_salesforce(url: str, headers: Mapping[str, str]) -> Callable[[], None]:
    """A report, a list view and an active flow."""
    members = {"Report": ["Sales/By_route"], "ListView": ["Lead.Routed"], "Flow": ["Their_Flow"]}
    files = {
        "reports/Sales/By_route.report": packages.document("Report", _REPORT),
        "objects/Lead.object": packages.document("CustomObject", _VIEW),
        "flows/Their_Flow.flow": packages.document("Flow", _FLOW),
    }
    _deploy(url, headers, packages.package(members, files))

    def let_go() -> None:
        off = packages.document("FlowDefinition", "<activeVersionNumber>0</activeVersionNumber>")
        away = packages.package(
            {"FlowDefinition": ["Their_Flow"]}, {"flowDefinitions/Their_Flow.flowDefinition": off}, after=members
        )
        _deploy(url, headers, away)

    return let_go


def _deploy(url: str, headers: Mapping[str, str], archive: bytes) -> None:
    begun = f"{url}/services/data/v67.0/metadata/deployRequest"
    options = json.dumps({"deployOptions": {"singlePackage": True, "rollbackOnError": True}})
    parts = {"json": (None, options, "application/json"), "file": ("package.zip", archive, "application/zip")}
    answer = requests.post(begun, files=parts, headers=headers, timeout=30)  # type: ignore[arg-type]
    assert answer.status_code == 201, answer.text
    ended = requests.get(f"{begun}/{answer.json()['id']}?includeDetails=true", headers=headers, timeout=30).json()
    assert ended["deployResult"]["success"] is True, ended


def in_hubspot(call: Call) -> Callable[[], None]:
    """A workflow that is off, an active list, a form with a hidden field, and a calculated property."""
    sets = {"property_name": "leadline_route", "value": {"staticValue": "closers"}}
    action = {"actionId": "1", "type": "SINGLE_CONNECTION", "actionTypeId": "0-5", "fields": sets}
    flow = call("POST", "/automation/v4/flows", {"name": "Their workflow", "objectTypeId": "0-1", "actions": [action]})["id"]
    operation = {"operator": "IS_KNOWN", "operationType": "ALL_PROPERTY"}
    looks = {"property": "leadline_fit_score", "operation": operation, "filterType": "PROPERTY"}
    branch = {"filterBranchType": "OR", "filterBranches": [{"filterBranchType": "AND", "filterBranches": [], "filters": [looks]}]}
    about = {"name": "Their list", "objectTypeId": "0-1", "processingType": "DYNAMIC", "filterBranch": branch}
    list_ = call("POST", "/crm/v3/lists", about)["list"]["listId"]
    field = {"objectTypeId": "0-1", "name": "leadline_grade", "label": "Grade", "required": False, "fieldType": "dropdown"}
    form = call("POST", "/marketing/v3/forms", {"name": "Their form", "fieldGroups": [{"fields": [{**field, "hidden": True}]}]})
    call("POST", "/crm/v3/properties/contacts", _CALCULATED)

    def let_go() -> None:
        for path in (
            f"/automation/v4/flows/{flow}",
            f"/crm/v3/lists/{list_}",
            f"/marketing/v3/forms/{form['id']}",
            "/crm/v3/properties/contacts/their_sum",
        ):
            call("DELETE", path)

    return let_go


_CALCULATED: Final = {
    "groupName": "contactinformation",
    "name": "their_sum",
    "label": "Sum",
    "type": "number",
    "fieldType": "calculation_equation",
    "calculationFormula": "leadline_fit_score * 2",
}
