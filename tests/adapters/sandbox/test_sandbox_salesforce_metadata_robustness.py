"""Whatever a package, a Tooling call or a SOAP body holds, the org answers in its own shape, and works on afterwards."""

import json
from collections.abc import Iterator
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from adapters.sandbox.wire import Call
from tests.adapters.sandbox import salesforce_packages as packages
from tests.adapters.sandbox.salesforce_sandbox import Sandbox, running

WORDS = st.sampled_from(
    [
        "", "true", "false", "Lead", "Lead.Email", "Email", "Nope__c", "$Record.Rating", "A", "0", "-1", "80", "1e999", "Text",
        "Number", "Checkbox", "Picklist", "Lookup", "Active", "Queue", "User", "equals", "IsChanged", "and", "1 AND (2 OR 9)",
        "AND(", "IF()",
        "ISCHANGED(1)", "Email = 1 && (", "CONTAINS(Email)", "First", "RecordBeforeSave", "RecordAfterSave", "CreateAndUpdate",
        "outboundMessage", "Lead.Tell", "http://[", "https://x.example/y", "integration@sandbox.example", "OutboundMessage",
    ]
) | st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Z")), max_size=8)  # fmt: skip
NAMES = st.sampled_from(
    [
        "label", "type", "length", "precision", "scale", "defaultValue", "valueSet", "valueSetDefinition", "value", "fullName",
        "referenceTo", "unique", "externalId", "active", "errorConditionFormula", "errorMessage", "ruleEntry", "criteriaItems",
        "field", "operation", "assignedTo", "assignedToType", "booleanFilter", "formula", "start", "object", "triggerType",
        "recordTriggerType", "connector", "targetReference", "filters", "operator", "filterFormula", "decisions", "rules",
        "conditions", "leftValueReference", "rightValue", "assignments", "assignmentItems", "assignToReference", "actionCalls",
        "actionName", "actionType", "recordUpdates", "inputReference", "inputAssignments", "name", "status", "processType",
        "endpointUrl", "apiVersion", "integrationUser", "fields", "fieldPermissions", "objectPermissions", "readable", "editable",
        "queueSobject", "sobjectType", "queueMembers", "users", "user", "objectMapping", "mappingFields", "inputField",
        "outputField", "outputObject", "activeVersionNumber", "numberValue", "stringValue", "booleanValue", "actions",
    ]
)  # fmt: skip
CONTENT = st.recursive(
    WORDS.map(escape),
    lambda inner: st.lists(st.tuples(NAMES, inner), max_size=6).map(lambda rows: "".join(f"<{n}>{v}</{n}>" for n, v in rows)),
    max_leaves=25,
)
SETTINGS = "LeadConvertSettings"
KINDS = {
    "CustomField": ("Lead.X__c", "objects/Lead.object", "CustomObject", "fields", "X__c"),
    "ValidationRule": ("Lead.X", "objects/Lead.object", "CustomObject", "validationRules", "X"),
    "RecordType": ("Lead.X", "objects/Lead.object", "CustomObject", "recordTypes", "X"),
    "AssignmentRule": ("Lead.X", "assignmentRules/Lead.assignmentRules", "AssignmentRules", "assignmentRule", "X"),
    "WorkflowRule": ("Lead.X", "workflows/Lead.workflow", "Workflow", "rules", "X"),
    "WorkflowOutboundMessage": ("Lead.X", "workflows/Lead.workflow", "Workflow", "outboundMessages", "X"),
    "WorkflowFieldUpdate": ("Lead.X", "workflows/Lead.workflow", "Workflow", "fieldUpdates", "X"),
    "Flow": ("X", "flows/X.flow", "Flow", "", ""),
    "FlowDefinition": ("X", "flowDefinitions/X.flowDefinition", "FlowDefinition", "", ""),
    "PermissionSet": ("X", "permissionsets/X.permissionset", "PermissionSet", "", ""),
    "Queue": ("X", "queues/X.queue", "Queue", "", ""),
    "LeadConvertSettings": (SETTINGS, f"{SETTINGS}/{SETTINGS}.LeadConvertSetting", SETTINGS, "", ""),
    "Report": ("F/X", "reports/F/X.report", "Report", "", ""),
}  # fmt: skip
NEARLY = {
    "CustomField": "<label>{0}</label><type>{1}</type><length>20</length><precision>{2}</precision><scale>{3}</scale>",
    "ValidationRule": (
        "<active>true</active><errorConditionFormula>{0} {1} {2}</errorConditionFormula><errorMessage>{3}</errorMessage>"
    ),
    "AssignmentRule": (
        "<active>true</active><ruleEntry><assignedTo>integration@sandbox.example</assignedTo><assignedToType>User</assignedToType>"
        "<booleanFilter>{3}</booleanFilter><criteriaItems><field>Lead.{0}</field><operation>{1}</operation><value>{2}</value>"
        "</criteriaItems></ruleEntry>"
    ),
    "WorkflowRule": "<active>true</active><formula>{0} {1} {2}</formula><triggerType>{3}</triggerType>",
    "Flow": (
        "<assignments><name>First</name><assignmentItems><assignToReference>$Record.{0}</assignToReference><value><stringValue>{3}"
        "</stringValue></value></assignmentItems></assignments><label>x</label><processType>AutoLaunchedFlow</processType><start>"
        "<connector><targetReference>First</targetReference></connector><filters><field>{0}</field><operator>{1}</operator><value>"
        "<stringValue>{2}</stringValue></value></filters><object>Lead</object><recordTriggerType>CreateAndUpdate</recordTriggerType>"
        "<triggerType>RecordBeforeSave</triggerType></start><status>Active</status>"
    ),
    "PermissionSet": (
        "<label>{3}</label><fieldPermissions><editable>{1}</editable><field>Lead.{0}</field><readable>{2}</readable></fieldPermissions>"
    ),
}
"""Definitions that are often good, with four gaps."""
FIELDS = st.sampled_from(["Email", "Rating", "AnnualRevenue", "Status", "HasOptedOutOfEmail", "CreatedDate", "Description"])
SIGNS = st.sampled_from(
    "= <> &lt; &gt; + - * / &amp; equals lessThan contains notEqual EqualTo IsNull LessThan true Text Number".split()
)
GAPS = st.tuples(FIELDS, SIGNS, FIELDS | WORDS.map(escape), WORDS.map(escape) | st.just("onAllChanges"))

QUIET = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running(tmp_path_factory.mktemp("robust")) as made:
        yield made


def package(kind: str, content: str) -> bytes:
    name, file, root, element, own = KINDS[kind]
    inner = f"<{element}><fullName>{own}</fullName>{content}</{element}>" if element else content
    return packages.package({kind: [name]}, {file: packages.document(root, inner)})


def works(sandbox: Sandbox) -> None:
    """A lead can be written, or is refused with a reason."""
    answer = sandbox.call("POST", "sobjects/Lead", json={"LastName": "Byron", "Company": "Acme", "Email": "a@b.test"})
    assert answer.status_code in {201, 400}, answer.text
    for query in ("SELECT Id FROM ValidationRule", "SELECT Id FROM MetadataComponentDependency", "SELECT Id FROM Flow"):
        assert sandbox.call("GET", "tooling/query", params={"q": query}).status_code == 200


@QUIET
@given(kind=st.sampled_from(sorted(KINDS)), content=CONTENT)
def test_any_component(sandbox: Sandbox, kind: str, content: str) -> None:
    result = packages.deploy(sandbox, package(kind, content))
    assert result["status"] in {"Succeeded", "Failed"}
    works(sandbox)


@QUIET
@given(kind=st.sampled_from(sorted(NEARLY)), gaps=GAPS)
def test_any_nearly_good_component(sandbox: Sandbox, kind: str, gaps: tuple[str, ...]) -> None:
    """Many of these are taken and act on the leads written after them."""
    result = packages.deploy(sandbox, package(kind, NEARLY[kind].format(*gaps)))
    assert result["status"] in {"Succeeded", "Failed"}
    event(f"{kind} {result['status']}")
    works(sandbox)


@QUIET
@given(body=st.binary(max_size=60), kind=st.sampled_from(["multipart/form-data; boundary=x", "application/json", "text/plain"]))
def test_any_body_of_a_deployment(sandbox: Sandbox, body: bytes, kind: str) -> None:
    whole = b"--x\r\n" + body if kind.startswith("multipart") else body
    answer = sandbox.call("POST", "metadata/deployRequest", data=whole, headers={"Content-Type": kind})
    assert 400 <= answer.status_code < 500
    assert answer.json()[0]["errorCode"]


@QUIET
@given(archive=st.binary(max_size=80))
def test_any_archive(sandbox: Sandbox, archive: bytes) -> None:
    assert packages.deploy(sandbox, archive)["status"] == "Failed"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=10,
)


@QUIET
@given(
    type_=st.sampled_from(["CustomField", "ValidationRule", "Flow", "FlowDefinition", "WorkflowRule", "EntityDefinition"]),
    name=st.sampled_from(["Lead.Y__c", "Lead.Y", "Y", ""]),
    metadata=JSON,
)  # fmt: skip
def test_any_tooling_call(sandbox: Sandbox, type_: str, name: str, metadata: object) -> None:
    body = json.dumps({"FullName": name, "Metadata": metadata}).encode()
    token = str(sandbox.session.headers["Authorization"])
    call = Call("POST", f"/services/data/v67.0/tooling/sobjects/{type_}", "", {"authorization": token}, body)
    assert sandbox.side.answer(call).status < 500
    works(sandbox)


@QUIET
@given(
    content=CONTENT, verb=st.sampled_from(["deploy", "retrieve", "readMetadata", "listMetadata", "checkDeployStatus", "nonsense"])
)
def test_any_soap_call(sandbox: Sandbox, content: str, verb: str) -> None:
    token = str(sandbox.session.headers["Authorization"]).removeprefix("Bearer ")
    body = (
        f'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Header><sessionId>{token}</sessionId></e:Header>'
        f"<e:Body><{verb}>{content}</{verb}></e:Body></e:Envelope>"
    )
    answer = sandbox.side.answer(Call("POST", "/services/Soap/m/67.0", "", {}, body.encode()))
    assert (answer.status == 200) is (b"Fault>" not in answer.body)
    works(sandbox)
