"""The SOAP APIs, through simple-salesforce's metadata client (a generated WSDL client) and by hand for conversion."""

import base64
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring
from simple_salesforce import Salesforce as SimpleSalesforce

from tests.adapters.sandbox import salesforce_packages as packages
from tests.adapters.sandbox.salesforce_packages import deployed, document, package
from tests.adapters.sandbox.salesforce_sandbox import Sandbox, ToSandbox, library, running

PARTNER = "{urn:partner.soap.sforce.com}"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with running(tmp_path, install=False) as made:
        yield made


@pytest.fixture
def tool(sandbox: Sandbox) -> SimpleSalesforce:
    """The library, its SOAP transport sent to the sandbox too."""
    made = library(sandbox, session_id=sandbox.login(), instance_url=sandbox.url)
    made.mdapi._client.transport.session.mount("https://", ToSandbox(sandbox.url))
    return made


def test_the_library_deploys_and_reads_the_status(tool: SimpleSalesforce, sandbox: Sandbox, tmp_path: Path) -> None:
    archive = tmp_path / "package.zip"
    archive.write_bytes(packages.fields_package(packages.FIT_FIELD, names=["Fit__c"]))
    started = tool.deploy(str(archive), sandbox=False, checkOnly=False, testLevel="NoTestRun", tests="")
    assert started["asyncId"].startswith("0Af")
    done = tool.checkDeployStatus(started["asyncId"])
    assert done["state"] == "Succeeded"
    assert done["deployment_detail"]["deployed_count"] == "1"
    assert "Lead.Fit__c" in sandbox.world.store.documents("salesforce_field")


def test_components_are_read_one_by_one(tool: SimpleSalesforce, sandbox: Sandbox) -> None:
    fields = packages.fields_package(packages.GRADE_FIELD, names=["Grade__c"], permissions={"Lead.Grade__c": True})
    deployed(sandbox, fields)
    deployed(sandbox, packages.queue_package("Tier_1", "Tier 1"))
    field = tool.mdapi.CustomField.read("Lead.Grade__c")
    assert (field["fullName"], field["type"]) == ("Lead.Grade__c", "Picklist")
    assert [value["fullName"] for value in field["valueSet"]["valueSetDefinition"]["value"]] == ["A", "B"]
    rights = tool.mdapi.PermissionSet.read("Scoring")
    assert rights["fieldPermissions"][0]["field"] == "Lead.Grade__c"
    queue = tool.mdapi.Queue.read("Tier_1")
    assert (queue["name"], queue["queueSobject"][0]["sobjectType"]) == ("Tier 1", "Lead")


def test_a_container_is_read_with_its_parts(tool: SimpleSalesforce, sandbox: Sandbox) -> None:
    entry = "<ruleEntry><assignedTo>integration@sandbox.example</assignedTo><assignedToType>User</assignedToType></ruleEntry>"
    content = f"<assignmentRule><fullName>Ours</fullName><active>false</active>{entry}</assignmentRule>"
    deployed(
        sandbox,
        package(
            {"AssignmentRule": ["Lead.Ours"]}, {"assignmentRules/Lead.assignmentRules": document("AssignmentRules", content)}
        ),
    )
    sandbox.side.configure(
        {
            "assignment_rules": [
                {"name": "Theirs", "entries": [{"field": "Company", "op": "equals", "value": "A", "owner": sandbox.user("Ada")}]}
            ]
        }
    )
    rules = tool.mdapi.AssignmentRules.read("Lead")["assignmentRule"]
    assert {rule["fullName"]: rule["active"] for rule in rules} == {"Ours": False, "Theirs": True}
    theirs = next(rule for rule in rules if rule["fullName"] == "Theirs")
    assert theirs["ruleEntry"][0]["assignedTo"] == "ada@acme.example"


def test_everything_is_listed_and_described(tool: SimpleSalesforce, sandbox: Sandbox) -> None:
    deployed(sandbox, packages.queue_package("Tier_1", "Tier 1"))
    (found,) = tool.mdapi.list_metadata([tool.mdapi.ListMetadataQuery(type="Queue")])
    assert (found["fullName"], found["fileName"]) == ("Tier_1", "unpackaged/queues/Tier_1.queue")
    described = tool.mdapi.describe_metadata()
    assert "CustomObject" in {entry["xmlName"] for entry in described["metadataObjects"]}


def test_a_retrieved_package_deploys_without_a_change(tool: SimpleSalesforce, sandbox: Sandbox) -> None:
    deployed(
        sandbox,
        packages.fields_package(
            packages.FIT_FIELD, packages.GRADE_FIELD, names=["Fit__c", "Grade__c"], permissions={"Lead.Fit__c": True}
        ),
    )
    deployed(sandbox, packages.queue_package("Tier_1", "Tier 1"))
    wanted = {"CustomField": ["Lead.Fit__c", "Lead.Grade__c"], "Queue": ["*"], "PermissionSet": ["Scoring"]}
    started, _ = tool.mdapi.retrieve("1", unpackaged=wanted, single_package=True)
    state, error, messages = tool.mdapi.check_retrieve_status(started)
    assert (state, error, messages) == ("Succeeded", None, [])
    _, _, _, archive = tool.mdapi.retrieve_zip(started)
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert {"package.xml", "objects/Lead.object", "queues/Tier_1.queue"} <= set(opened.namelist())
    changed = {name: row["changed"] for name, row in packages.successes(deployed(sandbox, archive)).items()}
    assert changed == {
        "Lead.Fit__c": False,
        "Lead.Grade__c": False,
        "Tier_1": False,
        "Scoring": False,
        "package.xml": False,
    }


# by hand


def soap(sandbox: Sandbox, verb: str, inner: str, *, session: str = "") -> Any:
    token = session or str(sandbox.session.headers["Authorization"]).removeprefix("Bearer ")
    body = (
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:urn="urn:partner.soap.sforce.com">'
        f"<soapenv:Header><urn:SessionHeader><urn:sessionId>{token}</urn:sessionId></urn:SessionHeader></soapenv:Header>"
        f"<soapenv:Body><urn:{verb}>{inner}</urn:{verb}></soapenv:Body></soapenv:Envelope>"
    )
    answer = sandbox.session.post(
        f"{sandbox.url}/services/Soap/u/67.0", data=body, headers={"Content-Type": "text/xml", "SOAPAction": '""'}
    )
    return answer.status_code, fromstring(answer.content)


def test_leads_are_converted_each_with_its_own_result(sandbox: Sandbox) -> None:
    ada = sandbox.user("Ada")
    good, bad = sandbox.lead(OwnerId=ada, Email="a@b.test"), sandbox.lead(OwnerId=sandbox.queue("Tier 1"))
    asked = "".join(
        "<urn:leadConverts><urn:convertedStatus>Closed - Converted</urn:convertedStatus>"
        f"<urn:leadId>{lead}</urn:leadId></urn:leadConverts>"
        for lead in (good, bad)
    )
    status, root = soap(sandbox, "convertLead", asked)
    assert status == 200
    first, second = root.iter(f"{PARTNER}result")
    assert (first.findtext(f"{PARTNER}success"), first.findtext(f"{PARTNER}leadId")) == ("true", good)
    assert sandbox.stored(good)["ConvertedContactId"] == first.findtext(f"{PARTNER}contactId")
    assert second.findtext(f"{PARTNER}success") == "false"
    assert second.findtext(f"{PARTNER}errors/{PARTNER}statusCode") == "INVALID_CROSS_REFERENCE_KEY"
    assert sandbox.stored(bad)["IsConverted"] is False


def test_a_dead_session_and_an_unknown_verb_are_faults(sandbox: Sandbox) -> None:
    status, root = soap(sandbox, "getUserInfo", "", session="dead")
    assert (status, root.find(".//faultcode").text) == (500, "sf:INVALID_SESSION_ID")
    status, root = soap(sandbox, "login", "")
    assert (status, root.find(".//faultcode").text) == (500, "sf:INVALID_OPERATION")


def test_a_body_that_is_no_envelope_is_a_fault(sandbox: Sandbox) -> None:
    for body in (b"not xml", b"<a/>", base64.b64encode(b"x" * 1000)):
        answer = sandbox.session.post(f"{sandbox.url}/services/Soap/m/67.0", data=body)
        assert answer.status_code == 500
        assert fromstring(answer.content).find(".//faultcode").text == "sf:INVALID_REQUEST"
