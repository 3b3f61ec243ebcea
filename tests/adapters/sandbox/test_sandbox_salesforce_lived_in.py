"""A lived-in org: what it says it made is what its API counts, and its rules act."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.sandbox.client import SandboxClient
from adapters.sandbox.sandbox import start
from tests.adapters.sandbox import salesforce_packages as packages
from tests.adapters.sandbox.salesforce_packages import deploy, problems
from tests.adapters.sandbox.salesforce_sandbox import Sandbox, connected, running

LEADS = 240


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sandbox, dict[str, Any]]]:
    with running(tmp_path_factory.mktemp("lived-in"), install=False) as sandbox:
        told = sandbox.side.command("POST", ["lived_in"], {"seed": 7, "leads": LEADS})
        assert isinstance(told, dict)
        yield sandbox, told


@pytest.fixture
def sandbox(made: tuple[Sandbox, dict[str, Any]]) -> Sandbox:
    return made[0]


@pytest.fixture
def told(made: tuple[Sandbox, dict[str, Any]]) -> dict[str, Any]:
    return made[1]


def every(sandbox: Sandbox, statement: str) -> list[dict[str, Any]]:
    answer = sandbox.call("GET", "query", params={"q": statement}).json()
    rows: list[dict[str, Any]] = answer["records"]
    while not answer["done"]:
        answer = sandbox.session.get(f"{sandbox.url}{answer['nextRecordsUrl']}").json()
        rows += answer["records"]
    return rows


def test_four_hundred_fields_are_described_to_the_integration(sandbox: Sandbox, told: dict[str, Any]) -> None:
    custom = [
        field
        for object_ in ("Lead", "Contact", "Account", "Opportunity")
        for field in sandbox.call("GET", f"sobjects/{object_}/describe").json()["fields"]
        if field["custom"]
    ]
    assert len(custom) == told["fields"] == 400
    assert {"Score__c", "Lead_Rating__c"} <= {field["name"] for field in custom}
    assert len({field["type"] for field in custom}) > 8


def test_what_it_tells_is_what_the_api_counts(sandbox: Sandbox, told: dict[str, Any]) -> None:
    leads = every(sandbox, "SELECT Id, Email, OwnerId, IsConverted, Status, CreatedDate FROM Lead")
    assert len(leads) == told["leads"] == LEADS
    assert sum(lead["IsConverted"] for lead in leads) == told["converted"]
    assert sum(lead["Status"] == "Closed - Not Converted" for lead in leads) == told["disqualified"]
    emails = Counter(lead["Email"] for lead in leads)
    assert sum(count - 1 for count in emails.values()) == told["duplicates by e-mail"] > 0
    inactive = {row["Id"] for row in every(sandbox, "SELECT Id FROM User WHERE IsActive = false")}
    assert len(inactive) == told["people who left"]
    assert sum(lead["OwnerId"] in inactive for lead in leads) == told["owned by people who left"] > 0
    tasks = every(sandbox, "SELECT Id, IsClosed, WhoId FROM Task")
    assert sum(task["IsClosed"] for task in tasks) == told["tasks done"]
    assert sum(not task["IsClosed"] for task in tasks) == told["open tasks"]
    assert len(every(sandbox, "SELECT Id FROM Event")) == told["events done"]
    won = every(sandbox, "SELECT Id FROM Opportunity WHERE IsWon = true")
    assert len(won) == told["won"]


def test_the_history_tells_who_got_a_lead_and_when(sandbox: Sandbox, told: dict[str, Any]) -> None:
    rows = every(sandbox, "SELECT LeadId, NewValue, CreatedDate FROM LeadHistory WHERE Field = 'Owner' AND DataType = 'EntityId'")
    assert len(rows) == told["handed over"]
    born = {lead["Id"]: lead["CreatedDate"] for lead in every(sandbox, "SELECT Id, CreatedDate FROM Lead")}
    assert all(row["CreatedDate"] > born[row["LeadId"]] for row in rows)


def test_ninety_days_and_no_future(sandbox: Sandbox) -> None:
    stamps = [row["CreatedDate"] for row in every(sandbox, "SELECT CreatedDate FROM Lead")]
    assert min(stamps) > "2026-08-24"
    assert max(stamps) < "2026-11-22T12:00:01"


def test_rules_reports_and_views_are_there(sandbox: Sandbox, told: dict[str, Any]) -> None:
    assert len(every(sandbox, "SELECT Id FROM RecordType WHERE SobjectType = 'Lead'")) == told["RecordType"] == 3
    assert len(every(sandbox, "SELECT Id FROM Report")) == told["Report"]
    assert len(every(sandbox, "SELECT Id FROM ListView")) == told["ListView"]
    assert len(every(sandbox, "SELECT Id FROM FlowDefinitionView")) == told["Flow"]
    active = every(sandbox, "SELECT Name FROM AssignmentRule WHERE Active = true")
    assert [row["Name"] for row in active] == ["Standard_Routing"]
    assert len(every(sandbox, "SELECT Id FROM DuplicateRule WHERE IsActive = true")) == 2


def created(sandbox: Sandbox, **values: Any) -> Any:
    return sandbox.call("POST", "sobjects/Lead", json={"LastName": "Byron", "Company": "Acme", **values})


def owner_name(sandbox: Sandbox, **values: Any) -> str:
    id_ = created(sandbox, **values).json()["id"]
    found: str = sandbox.query("SELECT Owner.Name FROM Lead WHERE Id = {}", id_)[0]["Owner"]["Name"]
    return found


def test_the_active_rule_acts_on_creation(sandbox: Sandbox) -> None:
    assert owner_name(sandbox, LeadSource="Partner Referral", Country="Canada") == "Partner Leads"
    assert owner_name(sandbox, LeadSource="Web", Country="Canada") == "Ann Sales"
    assert owner_name(sandbox, LeadSource="Web") == "Inbound Leads"
    assert owner_name(sandbox) == "Unassigned"


def test_validation_and_duplicate_rules_act(sandbox: Sandbox) -> None:
    hot = created(sandbox, Rating="Hot").json()[0]
    assert (hot["errorCode"], hot["fields"]) == ("FIELD_CUSTOM_VALIDATION_EXCEPTION", ["Phone"])
    assert created(sandbox, Score__c=101).json()[0]["message"] == "A score lies between 0 and 100."
    (known,) = sandbox.query("SELECT Email FROM Lead WHERE Imported_Id__c = 'I-00000'")
    twin = created(sandbox, Email=known["Email"]).json()[0]
    assert (twin["errorCode"], twin["duplicateResult"]["allowSave"]) == ("DUPLICATES_DETECTED", True)


def test_flows_react_to_scores_and_ratings(sandbox: Sandbox) -> None:
    id_ = created(sandbox, Score__c=80).json()["id"]
    read = "SELECT Score_Band__c, Follow_Up__c FROM Lead WHERE Id = {}"
    assert sandbox.query(read, id_)[0]["Score_Band__c"] == "High"
    sandbox.call("PATCH", f"sobjects/Lead/{id_}", json={"Score__c": 20, "Lead_Rating__c": "A"})
    (lead,) = sandbox.query(read, id_)
    assert (lead["Score_Band__c"], lead["Follow_Up__c"]) == ("Low", True)


def test_a_field_in_use_says_by_whom(sandbox: Sandbox) -> None:
    found = problems(deploy(sandbox, packages.removal({"CustomField": ["Lead.Score__c"]})))["Lead.Score__c"]
    for user in ("Flow - Lead_Score_To_Band", "List View - Lead.Rated_leads", "Report - Sales/Hot_leads", "Validation Rule - "):
        assert user in found


def test_the_same_seed_makes_the_same_org_and_another_does_not(tmp_path: Path, told: dict[str, Any]) -> None:
    for place, (seed, same) in enumerate(((7, True), (8, False))):
        with running(tmp_path / str(place), install=False) as other:
            again = other.side.command("POST", ["lived_in"], {"seed": seed, "leads": LEADS})
            assert (again == told) is same


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"leads": 0}, "leads of a lived-in org must be a whole number of at least 1."),
        ({"cows": 1}, "A lived-in org has no cows;"),
    ],
)
def test_bad_wishes_are_refused(tmp_path: Path, body: dict[str, Any], said: str) -> None:
    with running(tmp_path, install=False) as sandbox, pytest.raises(ValueError, match=said):
        sandbox.side.command("POST", ["lived_in"], body)


def test_it_is_had_by_a_control_call_once_and_survives_a_restart(tmp_path: Path) -> None:
    first = start(tmp_path)
    with SandboxClient(first.url) as client:
        told = client.command("salesforce", "lived_in", leads=20)
        assert told["leads"] == 20
        with pytest.raises(Exception, match="lived in already"):
            client.command("salesforce", "lived_in")
    first.stop()
    second = start(tmp_path)
    with connected(second.url) as client:
        assert len(client.query("SELECT Id FROM Lead")) == 20
        assert client.query("SELECT Score__c FROM Lead WHERE Score__c > 100") == []
    second.stop()
