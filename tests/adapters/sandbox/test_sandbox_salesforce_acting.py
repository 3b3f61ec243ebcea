"""What was deployed acts: assignment rules, validation rules, flows with their Outbound Messages, lead conversion."""

import queue
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring

from adapters.sandbox.client import SandboxClient
from adapters.sandbox.sandbox import start
from adapters.sandbox.server import Server
from adapters.sandbox.wire import Answer
from tests.adapters.sandbox import salesforce_packages as packages
from tests.adapters.sandbox.salesforce_packages import deploy, deployed, document, package, problems
from tests.adapters.sandbox.salesforce_sandbox import SELLER, Sandbox, connected, running

ACK = (Path(__file__).parents[2] / "fixtures" / "salesforce" / "acknowledgement__true.xml").read_bytes()
FIELDS = {"Lead.Fit__c": True, "Lead.Grade__c": True}


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """With two fields that the caller may see."""
    with running(tmp_path, install=False) as made:
        definitions = (packages.FIT_FIELD, packages.GRADE_FIELD)
        deployed(made, packages.fields_package(*definitions, names=["Fit__c", "Grade__c"], permissions=FIELDS))
        packages.assign(made, "Scoring")
        yield made


def created(sandbox: Sandbox, **values: Any) -> Any:
    """A lead through the API; the answer."""
    return sandbox.call("POST", "sobjects/Lead", json={"LastName": "Byron", "Company": "Acme", **values})


def read(sandbox: Sandbox, id_: str, *fields: str) -> dict[str, Any]:
    found: dict[str, Any] = sandbox.call("GET", f"sobjects/Lead/{id_}", params={"fields": ",".join(fields)}).json()
    return found


# assignment rules


def rule(*entries: str, active: bool, name: str = "Leadline") -> bytes:
    content = (
        f"<assignmentRule><fullName>{name}</fullName><active>{str(active).lower()}</active>{''.join(entries)}</assignmentRule>"
    )
    files = {
        "assignmentRules/Lead.assignmentRules": document("AssignmentRules", content),
        "queues/Hot.queue": packages.queue("Hot"),
    }
    return package({"AssignmentRule": [f"Lead.{name}"], "Queue": ["Hot"]}, files)


def entry(owner: str, kind: str, condition: str) -> str:
    return f"<ruleEntry><assignedTo>{owner}</assignedTo><assignedToType>{kind}</assignedToType>{condition}</ruleEntry>"


def criterion(field: str, operation: str, value: str) -> str:
    return f"<criteriaItems><field>Lead.{field}</field><operation>{operation}</operation><value>{value}</value></criteriaItems>"


HOT = entry("Hot", "Queue", criterion("Fit__c", "greaterOrEqual", "80"))


def test_an_inactive_rule_is_seen_and_waits_to_be_named(sandbox: Sandbox) -> None:
    deployed(sandbox, rule(HOT, active=False))
    (found,) = sandbox.query("SELECT Id, Name, Active FROM AssignmentRule WHERE SobjectType = 'Lead'")
    assert (found["Name"], found["Active"]) == ("Leadline", False)
    lead = created(sandbox, Fit__c=90).json()["id"]
    assert read(sandbox, lead, "OwnerId")["OwnerId"].startswith("005")
    named = sandbox.call("PATCH", f"sobjects/Lead/{lead}", json={"Fit__c": 91}, headers={"Sforce-Auto-Assign": found["Id"]})
    assert named.status_code == 204
    (hot,) = sandbox.query("SELECT Id FROM Group WHERE DeveloperName = 'Hot'")
    assert read(sandbox, lead, "OwnerId")["OwnerId"] == hot["Id"]


def test_an_active_rule_takes_over_and_the_first_entry_that_fits_wins(sandbox: Sandbox) -> None:
    ada = sandbox.user("Ada")
    sandbox.side.configure({"assignment_rules": [{"name": "Old", "entries": []}]})
    both = criterion("Company", "startsWith", "Ac") + criterion("Grade__c", "equals", "A, B")
    formula = "<formula>AND(Fit__c &gt; 10, NOT(ISBLANK(Email)))</formula>"
    entries = (HOT, entry("ada@acme.example", "User", both), entry("Hot", "Queue", formula))
    deployed(sandbox, rule(*entries, active=True))
    rules = {row["Name"]: row["Active"] for row in sandbox.query("SELECT Name, Active FROM AssignmentRule")}
    assert rules == {"Old": False, "Leadline": True}
    (hot,) = sandbox.query("SELECT Id FROM Group WHERE DeveloperName = 'Hot'")

    def owner(**values: Any) -> str:
        return str(read(sandbox, created(sandbox, **values).json()["id"], "OwnerId")["OwnerId"])

    assert owner(Fit__c=80, Grade__c="A") == hot["Id"]
    assert owner(Fit__c=79, Grade__c="B") == ada
    assert owner(Fit__c=79, Email="a@b.test") == hot["Id"]
    assert owner(Fit__c=79) not in {ada, hot["Id"]}


def test_a_rule_that_names_what_is_not_there_is_refused(sandbox: Sandbox) -> None:
    bad = rule(entry("Nobody", "Queue", criterion("Nope__c", "equals", "1")), active=False)
    assert problems(deploy(sandbox, bad)) == {"Lead.Leadline": "Field Nope__c does not exist. Check spelling."}
    bad = rule(entry("gone@acme.example", "User", criterion("Fit__c", "equals", "1")), active=False)
    assert "no User named gone@acme.example found" in problems(deploy(sandbox, bad))["Lead.Leadline"]


# validation rules


def validation(formula: str, name: str = "Phone_needed") -> bytes:
    content = (
        f"<validationRules><fullName>{name}</fullName><active>true</active><errorConditionFormula>{formula}</errorConditionFormula>"
        "<errorDisplayField>Phone</errorDisplayField><errorMessage>A hot lead needs a phone.</errorMessage></validationRules>"
    )
    return package({"ValidationRule": [f"Lead.{name}"]}, {"objects/Lead.object": document("CustomObject", content)})


def test_a_validation_rule_refuses_with_its_own_words(sandbox: Sandbox) -> None:
    deployed(sandbox, validation('AND(ISPICKVAL(Rating, "Hot"), ISBLANK(Phone), OR(ISNEW(), ISCHANGED(Rating)))'))
    answer = created(sandbox, Rating="Hot")
    assert answer.status_code == 400
    assert answer.json() == [
        {"message": "A hot lead needs a phone.", "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "fields": ["Phone"]}
    ]
    assert created(sandbox, Rating="Hot", Phone="1").status_code == 201
    lead = created(sandbox, Rating="Cold").json()["id"]
    many = {"records": [{"attributes": {"type": "Lead"}, "id": lead, "Rating": "Hot"}]}
    (item,) = sandbox.call("PATCH", "composite/sobjects", json=many).json()
    assert item["errors"][0]["statusCode"] == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    deployed(sandbox, packages.removal({"ValidationRule": ["Lead.Phone_needed"]}))
    assert created(sandbox, Rating="Hot").status_code == 201


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("WIZARD(Phone)", "Unknown function WIZARD. Check spelling."),
        ("Nope__c = 1", "Field Nope__c does not exist. Check spelling."),
        ("AND(ISBLANK(Phone)", "Syntax error. Missing ','"),
        ("Phone =", "Syntax error. Found '&lt;end&gt;'"),
    ],
)
def test_a_formula_that_cannot_be_read_is_refused(sandbox: Sandbox, formula: str, said: str) -> None:
    found = problems(deploy(sandbox, validation(formula)))["Lead.Phone_needed"]
    assert found == said.replace("&lt;", "<").replace("&gt;", ">")


# flows


def flow(start_more: str, elements: str, *, trigger: str = "RecordAfterSave", status: str = "Active") -> str:
    begin = (
        f"<start><connector><targetReference>First</targetReference></connector>{start_more}<object>Lead</object>"
        f"<recordTriggerType>CreateAndUpdate</recordTriggerType><triggerType>{trigger}</triggerType></start>"
    )
    content = f"{elements}<label>A flow</label><processType>AutoLaunchedFlow</processType>{begin}<status>{status}</status>"
    return document("Flow", content)


def flow_package(content: str, name: str = "A_Flow") -> bytes:
    return package({"Flow": [name]}, {f"flows/{name}.flow": content})


SET_RATING = (
    "<assignments><name>First</name><assignmentItems><assignToReference>$Record.Rating</assignToReference>"
    "<operator>Assign</operator><value><stringValue>Hot</stringValue></value></assignmentItems></assignments>"
)
FIT_IS_HIGH = (
    "<filterLogic>and</filterLogic><filters><field>Fit__c</field><operator>GreaterThanOrEqualTo</operator>"
    "<value><numberValue>80</numberValue></value></filters>"
)


def test_a_flow_before_the_save_sets_fields(sandbox: Sandbox) -> None:
    deployed(sandbox, flow_package(flow(FIT_IS_HIGH, SET_RATING, trigger="RecordBeforeSave")))
    hot, cold = (created(sandbox, Fit__c=fit).json()["id"] for fit in (80, 79))
    assert read(sandbox, hot, "Rating")["Rating"] == "Hot"
    assert read(sandbox, cold, "Rating")["Rating"] is None
    (shown,) = sandbox.query("SELECT ApiName, IsActive, TriggerType FROM FlowDefinitionView")
    assert (shown["ApiName"], shown["IsActive"], shown["TriggerType"]) == ("A_Flow", True, "RecordBeforeSave")


def test_a_draft_does_nothing_and_a_deactivated_flow_can_be_deleted(sandbox: Sandbox) -> None:
    deployed(sandbox, flow_package(flow("", SET_RATING, trigger="RecordBeforeSave", status="Draft")))
    assert read(sandbox, created(sandbox).json()["id"], "Rating")["Rating"] is None
    deployed(sandbox, flow_package(flow("", SET_RATING, trigger="RecordBeforeSave")))
    assert read(sandbox, created(sandbox).json()["id"], "Rating")["Rating"] == "Hot"
    refused = deploy(sandbox, packages.removal({"Flow": ["A_Flow"]}))
    assert problems(refused) == {"A_Flow": "insufficient access rights on cross-reference id"}
    off = document("FlowDefinition", "<activeVersionNumber>0</activeVersionNumber>")
    files = {"flowDefinitions/A_Flow.flowDefinition": off}
    deployed(sandbox, package({"FlowDefinition": ["A_Flow"]}, files, after={"Flow": ["A_Flow"]}))
    assert sandbox.query("SELECT Id FROM FlowDefinitionView") == []
    assert read(sandbox, created(sandbox).json()["id"], "Rating")["Rating"] is None


def test_a_decision_takes_the_path_of_the_first_outcome_that_fits(sandbox: Sandbox) -> None:
    condition = (
        "<conditions><leftValueReference>$Record.Grade__c</leftValueReference><operator>EqualTo</operator>"
        "<rightValue><stringValue>A</stringValue></rightValue></conditions>"
    )
    choice = (
        "<decisions><name>First</name><defaultConnector><targetReference>Cool</targetReference></defaultConnector>"
        f"<rules><name>Good</name><conditionLogic>and</conditionLogic>{condition}"
        "<connector><targetReference>Heat</targetReference></connector></rules></decisions>"
    )
    heat = SET_RATING.replace("First", "Heat")
    cool = SET_RATING.replace("First", "Cool").replace("Hot", "Cold")
    deployed(sandbox, flow_package(flow("", choice + heat + cool, trigger="RecordBeforeSave")))
    ratings = [read(sandbox, created(sandbox, Grade__c=grade).json()["id"], "Rating")["Rating"] for grade in ("A", "B")]
    assert ratings == ["Hot", "Cold"]


def test_a_flow_after_the_save_makes_a_second_one(sandbox: Sandbox) -> None:
    update = (
        "<recordUpdates><name>First</name><inputAssignments><field>Rating</field><value><stringValue>Hot</stringValue></value>"
        "</inputAssignments><inputReference>$Record</inputReference></recordUpdates>"
    )
    deployed(sandbox, flow_package(flow(FIT_IS_HIGH, update)))
    lead = created(sandbox, Fit__c=90).json()["id"]
    assert [write.kind for write in sandbox.writes if write.record.id == lead] == ["created", "updated"]
    assert read(sandbox, lead, "Rating")["Rating"] == "Hot"


def test_a_flow_that_this_org_cannot_run_is_refused_rather_than_ignored(sandbox: Sandbox) -> None:
    lookup = "<recordLookups><name>First</name></recordLookups>"
    assert "cannot run the flow element recordLookups" in problems(deploy(sandbox, flow_package(flow("", lookup))))["A_Flow"]
    deployed(sandbox, flow_package(flow("", lookup, status="Draft")))


# outbound messages


class Listener:
    """Acknowledges, and keeps what came."""

    def __init__(self) -> None:
        self.came: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.server = Server("127.0.0.1", 0, lambda call, _: self._take(call.path, call.body))
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.server.start()

    def next(self) -> tuple[str, dict[str, str]]:
        """Path and fields of the first notification of the next message."""
        path, body = self.came.get(timeout=20)
        record = fromstring(body).find(".//{http://soap.sforce.com/2005/09/outbound}sObject")
        return path, {child.tag.rpartition("}")[2]: child.text or "" for child in record}

    def _take(self, path: str, body: bytes) -> Answer:
        self.came.put((path, body))
        return Answer(200, {"Content-Type": "text/xml"}, ACK)


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.server.stop()


def message_package(url: str) -> bytes:
    message = (
        f"<outboundMessages><fullName>Tell</fullName><apiVersion>67.0</apiVersion><endpointUrl>{url}</endpointUrl>"
        "<fields>Company</fields><fields>Id</fields><includeSessionId>false</includeSessionId>"
        "<integrationUser>integration@sandbox.example</integrationUser><name>Tell</name><protected>false</protected>"
        "<useDeadLetterQueue>false</useDeadLetterQueue></outboundMessages>"
    )
    call = (
        "<actionCalls><name>First</name><label>Send</label><actionName>Lead.Tell</actionName><actionType>outboundMessage</actionType>"
        "<inputParameters><name>SObjectRowId</name><value><elementReference>$Record.Id</elementReference></value></inputParameters>"
        "</actionCalls>"
    )
    entry_condition = "<filterFormula>OR(ISNEW(), ISCHANGED({!$Record.Company}))</filterFormula>"
    files = {
        "workflows/Lead.workflow": document("Workflow", message),
        "flows/Changed.flow": flow(entry_condition, call),
    }
    return package({"WorkflowOutboundMessage": ["Lead.Tell"], "Flow": ["Changed"]}, files)


def test_a_flow_sends_its_outbound_message_where_and_when_it_says(tmp_path: Path, listener: Listener) -> None:
    made = start(tmp_path)
    with SandboxClient(made.url) as client, connected(made.url) as sandbox:
        deployed(sandbox, message_package(f"{listener.url}/first"))
        (lead,) = client.create("salesforce", "Lead", [{"LastName": "Byron", "Company": "Acme"}])
        assert listener.next() == ("/first", {"Id": lead, "Company": "Acme"})
        # Another title sets nothing off; where the next one goes is decided when it is sent.
        client.update("salesforce", "Lead", lead, {"Title": "Countess"})
        deployed(sandbox, message_package(f"{listener.url}/second"))
        client.update("salesforce", "Lead", lead, {"Company": "Ada & Co"})
        assert listener.next() == ("/second", {"Id": lead, "Company": "Ada & Co"})

        blocked = deploy(sandbox, packages.removal({"WorkflowOutboundMessage": ["Lead.Tell"]}))
        assert problems(blocked) == {"Lead.Tell": "This component is referenced elsewhere in salesforce.com. : Flow - Changed."}
        off = document("FlowDefinition", "<activeVersionNumber>0</activeVersionNumber>")
        gone = {"Flow": ["Changed"], "WorkflowOutboundMessage": ["Lead.Tell"]}
        deployed(sandbox, package({"FlowDefinition": ["Changed"]}, {"flowDefinitions/Changed.flowDefinition": off}, after=gone))
        client.update("salesforce", "Lead", lead, {"Company": "Nobody hears of it"})
        assert client.pending(wait=5) == 0
        assert client.targets() == []
    made.stop()
    assert listener.came.empty()


# who stands in the way of a deletion


REPORT = "<columns><field>Lead.Fit__c</field></columns><format>Tabular</format><name>Hot</name><reportType>LeadList</reportType>"
VIEW = (
    "<listViews><fullName>Hot</fullName><columns>Fit__c</columns><filterScope>Everything</filterScope>"
    "<label>Hot</label></listViews>"
)


@pytest.mark.parametrize(
    ("type_", "name", "file", "content", "said"),
    [
        ("Report", "Sales/Hot", "reports/Sales/Hot.report", document("Report", REPORT), "Report - Sales/Hot"),
        ("ListView", "Lead.Hot", "objects/Lead.object", document("CustomObject", VIEW), "List View - Lead.Hot"),
        ("Flow", "A_Flow", "flows/A_Flow.flow", flow(FIT_IS_HIGH, SET_RATING, trigger="RecordBeforeSave"), "Flow - A_Flow"),
    ],
)
def test_a_field_in_use_is_not_deleted(sandbox: Sandbox, type_: str, name: str, file: str, content: str, said: str) -> None:
    deployed(sandbox, package({type_: [name]}, {file: content}))
    refused = problems(deploy(sandbox, packages.removal({"CustomField": ["Lead.Fit__c"]})))
    assert refused == {"Lead.Fit__c": f"This custom field is referenced elsewhere in salesforce.com. : {said}."}
    deployed(sandbox, packages.removal({"CustomField": ["Lead.Grade__c"]}))


# conversion


def test_a_conversion_carries_mapped_fields_to_the_contact(sandbox: Sandbox) -> None:
    deployed(sandbox, packages.fields_package(packages.FIT_FIELD, names=["Fit__c"], object_="Contact"))
    mapping = (
        "<allowOwnerChange>true</allowOwnerChange><objectMapping><inputObject>Lead</inputObject><mappingFields>"
        "<inputField>Fit__c</inputField><outputField>Fit__c</outputField></mappingFields><outputObject>Contact</outputObject>"
        "</objectMapping><opportunityCreationOptions>VisibleOptional</opportunityCreationOptions>"
    )
    files = {"LeadConvertSettings/LeadConvertSettings.LeadConvertSetting": document("LeadConvertSettings", mapping)}
    deployed(sandbox, package({"LeadConvertSettings": ["LeadConvertSettings"]}, files))
    ada = sandbox.user("Ada")
    lead = sandbox.lead(Fit__c=88, Email="a@b.test", OwnerId=ada)
    done = sandbox.side.command("POST", ["convert"], {"lead": lead})
    assert isinstance(done, dict)
    contact = sandbox.world.store.exactly("salesforce", "Contact", done["contact"])
    assert contact is not None
    assert (contact.values["Fit__c"], contact.values["Email"], contact.values["AccountId"]) == (88.0, "a@b.test", done["account"])
    shown = sandbox.stored(lead)
    assert (shown["IsConverted"], shown["ConvertedContactId"], shown["ConvertedDate"]) == (True, done["contact"], "2026-11-22")
    assert (shown["ConvertedOpportunityId"], shown["Status"]) == (done["opportunity"], "Closed - Converted")
    refused = sandbox.call("PATCH", f"sobjects/Lead/{lead}", json={"Title": "x"})
    assert refused.json()[0]["errorCode"] == "CANNOT_UPDATE_CONVERTED_LEAD"
    with pytest.raises(ValueError, match="CANNOT_UPDATE_CONVERTED_LEAD"):
        sandbox.side.command("POST", ["convert"], {"lead": lead})


def test_a_conversion_into_existing_records_fills_only_what_is_empty(sandbox: Sandbox) -> None:
    ada = sandbox.user("Ada")
    (account,) = sandbox.side.create("Account", [{"Name": "Old name", "OwnerId": ada}], SELLER)
    lead = sandbox.lead(OwnerId=ada, Phone="1")
    done = sandbox.side.command("POST", ["convert"], {"lead": lead, "account": account, "makeOpportunity": False})
    assert isinstance(done, dict)
    assert (done["account"], done["opportunity"]) == (account, "")
    kept = sandbox.world.store.exactly("salesforce", "Account", account)
    assert kept is not None
    assert (kept.values["Name"], kept.values["Phone"]) == ("Old name", "1")


def test_a_lead_in_a_queue_needs_an_owner_to_be_converted(sandbox: Sandbox) -> None:
    lead = sandbox.lead(OwnerId=sandbox.queue("Tier 1"))
    with pytest.raises(ValueError, match="can only be owned by users"):
        sandbox.side.command("POST", ["convert"], {"lead": lead})
