"""Deploying metadata over REST: what is refused, what is kept, and what then acts."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.sandbox import salesforce_packages as packages
from tests.adapters.sandbox.salesforce_packages import deploy, deployed, problems, successes
from tests.adapters.sandbox.salesforce_sandbox import SELLER, Sandbox, running


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with running(tmp_path, install=False) as made:
        yield made


FIT = packages.fields_package(packages.FIT_FIELD, names=["Fit__c"], permissions={"Lead.Fit__c": True})


def described(sandbox: Sandbox, object_: str = "Lead") -> dict[str, dict[str, object]]:
    fields = sandbox.call("GET", f"sobjects/{object_}/describe").json()["fields"]
    return {field["name"]: field for field in fields}


def test_a_field_is_seen_and_written_once_a_permission_set_is_assigned(sandbox: Sandbox) -> None:
    deployed(sandbox, FIT)
    assert "Fit__c" not in described(sandbox)
    lead = sandbox.lead()
    refused = sandbox.call("PATCH", f"sobjects/Lead/{lead}", json={"Fit__c": 80})
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (400, "INVALID_FIELD")

    packages.assign(sandbox, "Scoring")
    field = described(sandbox)["Fit__c"]
    assert (field["type"], field["precision"], field["label"]) == ("double", 3, "Fit")
    assert field["inlineHelpText"] == "How well it fits."
    assert field["updateable"] is True
    assert sandbox.call("PATCH", f"sobjects/Lead/{lead}", json={"Fit__c": 80}).status_code == 204
    assert sandbox.query("SELECT Fit__c FROM Lead WHERE Fit__c = 80")[0]["Fit__c"] == 80.0


def test_a_field_that_may_only_be_read_is_not_written(sandbox: Sandbox) -> None:
    deployed(sandbox, packages.fields_package(packages.FIT_FIELD, names=["Fit__c"], permissions={"Lead.Fit__c": False}))
    packages.assign(sandbox, "Scoring")
    assert described(sandbox)["Fit__c"]["updateable"] is False
    answer = sandbox.call("PATCH", f"sobjects/Lead/{sandbox.lead()}", json={"Fit__c": 80})
    assert answer.json()[0]["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"


def test_taking_the_assignment_away_hides_the_field_again(sandbox: Sandbox) -> None:
    deployed(sandbox, FIT)
    assignment = packages.assign(sandbox, "Scoring")
    assert "Fit__c" in described(sandbox)
    assert sandbox.call("DELETE", f"sobjects/PermissionSetAssignment/{assignment}").status_code == 204
    assert "Fit__c" not in described(sandbox)


def test_the_result_says_what_was_created_changed_and_left(sandbox: Sandbox) -> None:
    first = successes(deployed(sandbox, FIT))
    assert first["Lead.Fit__c"]["created"] is True
    assert first["Lead.Fit__c"]["id"].startswith("00N")
    assert first["Lead.Fit__c"]["componentType"] == "CustomField"
    assert first["Lead.Fit__c"]["fileName"] == "objects/Lead.object"
    again = successes(deployed(sandbox, FIT))
    for name in ("Lead.Fit__c", "Scoring"):
        assert (again[name]["created"], again[name]["changed"], again[name]["id"]) == (False, False, first[name]["id"])

    longer = packages.FIT_FIELD.replace("<label>Fit</label>", "<label>Fit score</label>")
    third = successes(deployed(sandbox, packages.fields_package(longer, names=["Fit__c"])))
    assert (third["Lead.Fit__c"]["created"], third["Lead.Fit__c"]["changed"]) == (False, True)


def test_a_check_changes_nothing_and_says_the_same(sandbox: Sandbox) -> None:
    result = deployed(sandbox, FIT, checkOnly=True)
    assert result["checkOnly"] is True
    assert successes(result)["Lead.Fit__c"]["created"] is True
    assert sandbox.query("SELECT Id FROM PermissionSet WHERE Name = 'Scoring'") == []
    assert successes(deployed(sandbox, FIT))["Lead.Fit__c"]["created"] is True


def test_what_was_validated_can_be_deployed_by_its_id(sandbox: Sandbox) -> None:
    id_ = packages.start(sandbox, FIT, checkOnly=True)
    assert sandbox.call("GET", f"metadata/deployRequest/{id_}").json()["deployResult"]["success"] is True
    quick = sandbox.call("POST", "metadata/deployRequest", json={"validatedDeployRequestId": id_})
    assert quick.status_code == 201
    assert quick.json()["validatedDeployRequestId"] == id_
    done = sandbox.call("GET", f"metadata/deployRequest/{quick.json()['id']}").json()["deployResult"]
    assert (done["status"], done["checkOnly"]) == ("Succeeded", False)
    assert sandbox.query("SELECT Name FROM PermissionSet WHERE Name = 'Scoring'")


def test_one_bad_component_rolls_all_back(sandbox: Sandbox) -> None:
    bad = packages.FIT_FIELD.replace("<precision>3</precision>", "").replace("Fit__c", "Bad__c")
    result = deploy(sandbox, packages.fields_package(packages.FIT_FIELD, bad, names=["Fit__c", "Bad__c"]))
    assert (result["status"], result["success"], result["numberComponentErrors"]) == ("Failed", False, 1)
    assert problems(result) == {"Lead.Bad__c": "Must specify 'precision' for a CustomField of type Number"}
    assert sandbox.world.store.documents("salesforce_field") == {}


def test_without_roll_back_the_good_ones_stay(sandbox: Sandbox) -> None:
    bad = packages.FIT_FIELD.replace("<label>Fit</label>", "").replace("Fit__c", "Bad__c")
    archive = packages.fields_package(packages.FIT_FIELD, bad, names=["Fit__c", "Bad__c"])
    result = deploy(sandbox, archive, rollbackOnError=False)
    assert result["status"] == "SucceededPartial"
    assert list(sandbox.world.store.documents("salesforce_field")) == ["Lead.Fit__c"]


def test_a_permission_on_a_field_that_is_not_there_is_refused(sandbox: Sandbox) -> None:
    archive = packages.package(
        {"PermissionSet": ["Scoring"]}, {"permissionsets/Scoring.permissionset": packages.permission_set({"Lead.Nope__c": True})}
    )
    assert problems(deploy(sandbox, archive)) == {"Scoring": "In field: field - no CustomField named Lead.Nope__c found"}


@pytest.mark.parametrize(
    ("archive", "said"),
    [
        (packages.zipped({"objects/Lead.object": "<x/>"}), "No package.xml found"),
        (b"PK not a zip", "The zip file cannot be read"),
        (packages.package({"Wizardry": ["X"]}, {}), "Unknown type name 'Wizardry' specified in package.xml"),
        (packages.zipped({"package.xml": "<Package>"}), "package.xml: Error parsing file"),
    ],
)
def test_a_package_that_cannot_be_read_says_why(sandbox: Sandbox, archive: bytes, said: str) -> None:
    result = deploy(sandbox, archive)
    assert result["status"] == "Failed"
    assert problems(result)["package.xml"].startswith(said)


def test_files_and_manifest_must_agree(sandbox: Sandbox) -> None:
    archive = packages.package(
        {"Queue": ["Tier_9"]}, {"objects/Lead.object": packages.document("CustomObject", packages.FIT_FIELD)}
    )
    found = problems(deploy(sandbox, archive))
    assert found["Lead.Fit__c"] == "Not in package.xml"
    assert found["Tier_9"].startswith("An object 'Tier_9' of type Queue was named in package.xml")


def test_a_waiting_deployment_can_be_cancelled(sandbox: Sandbox) -> None:
    sandbox.side.configure({"deploy_ms": 60_000})
    id_ = packages.start(sandbox, FIT)
    assert sandbox.call("GET", f"metadata/deployRequest/{id_}").json()["deployResult"]["done"] is False
    asked = sandbox.call("PATCH", f"metadata/deployRequest/{id_}", json={"deployResult": {"status": "Canceling"}})
    assert (asked.status_code, asked.json()["deployResult"]["status"]) == (202, "Canceling")
    result = sandbox.call("GET", f"metadata/deployRequest/{id_}").json()["deployResult"]
    assert (result["status"], result["done"], result["success"]) == ("Canceled", True, False)
    late = sandbox.call("PATCH", f"metadata/deployRequest/{id_}", json={"deployResult": {"status": "Canceling"}})
    assert late.status_code == 400
    sandbox.tick(61)
    assert sandbox.world.store.documents("salesforce_field") == {}


def test_a_waiting_deployment_runs_when_its_time_has_come(sandbox: Sandbox) -> None:
    sandbox.side.configure({"deploy_ms": 60_000})
    id_ = packages.start(sandbox, FIT)
    sandbox.tick(61)
    assert sandbox.call("GET", f"metadata/deployRequest/{id_}").json()["deployResult"]["status"] == "Succeeded"


def test_an_unknown_deployment_is_not_found(sandbox: Sandbox) -> None:
    assert sandbox.call("GET", "metadata/deployRequest/0Af5e0000000009CAA").status_code == 404


def test_bad_requests_are_refused_in_words(sandbox: Sandbox) -> None:
    wrong = sandbox.call("POST", "metadata/deployRequest", data="x", headers={"Content-Type": "text/plain"})
    assert (wrong.status_code, wrong.json()[0]["errorCode"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
    half = sandbox.call("POST", "metadata/deployRequest", files={"json": (None, json.dumps({"deployOptions": {}}))})
    assert (half.status_code, half.json()[0]["errorCode"]) == (400, "INVALID_MULTIPART_REQUEST")


def test_who_may_not_change_metadata_is_refused(sandbox: Sandbox) -> None:
    (minimum,) = sandbox.query("SELECT Id FROM Profile WHERE Name LIKE 'Minimum Access%'")
    (me,) = sandbox.query("SELECT Id FROM User WHERE Username = 'integration@sandbox.example'")
    sandbox.side.update("User", me["Id"], {"ProfileId": minimum["Id"]}, SELLER)
    answer = sandbox.call("POST", "metadata/deployRequest", json={"validatedDeployRequestId": "x"})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (403, "INSUFFICIENT_ACCESS")
    assert sandbox.call("GET", "sobjects/Lead/describe").status_code == 404


def test_queues_are_groups_and_own_leads(sandbox: Sandbox) -> None:
    deployed(sandbox, packages.queue_package("Tier_1", "Tier 1"))
    (queue,) = sandbox.query("SELECT Id, Name FROM Group WHERE Type = 'Queue' AND DeveloperName = 'Tier_1'")
    (row,) = sandbox.query("SELECT SobjectType FROM QueueSobject WHERE QueueId = {}", queue["Id"])
    assert (queue["Name"], row["SobjectType"]) == ("Tier 1", "Lead")
    lead = sandbox.lead()
    assert sandbox.call("PATCH", f"sobjects/Lead/{lead}", json={"OwnerId": queue["Id"]}).status_code == 204
    gone = deploy(sandbox, packages.removal({"Queue": ["Tier_1"]}))
    assert "it owns 1 records" in problems(gone)["Tier_1"]
    sandbox.side.delete("Lead", lead, SELLER)
    deployed(sandbox, packages.removal({"Queue": ["Tier_1"]}))
    assert sandbox.query("SELECT Id FROM Group WHERE DeveloperName = 'Tier_1'") == []


def test_deleting_what_is_not_there_is_a_warning(sandbox: Sandbox) -> None:
    result = deployed(sandbox, packages.removal({"CustomField": ["Lead.Nope__c"]}))
    row = successes(result)["Lead.Nope__c"]
    assert (row["problemType"], row["problem"]) == ("Warning", "No CustomField named: Lead.Nope__c found")


def test_a_deleted_field_takes_its_values_along(sandbox: Sandbox) -> None:
    deployed(sandbox, FIT)
    packages.assign(sandbox, "Scoring")
    lead = sandbox.lead(Fit__c=80)
    deployed(sandbox, packages.removal({"CustomField": ["Lead.Fit__c"]}))
    assert "Fit__c" not in described(sandbox)
    assert sandbox.query("SELECT Id FROM FieldPermissions WHERE Field = 'Lead.Fit__c'") == []
    deployed(sandbox, FIT)
    assert sandbox.call("GET", f"sobjects/Lead/{lead}", params={"fields": "Fit__c"}).json()["Fit__c"] is None


def test_all_is_there_after_a_restart(tmp_path: Path) -> None:
    with running(tmp_path, install=False) as first:
        deployed(first, FIT)
        packages.assign(first, "Scoring")
    with running(tmp_path, install=False) as second:
        assert described(second)["Fit__c"]["updateable"] is True
        assert successes(deployed(second, FIT))["Lead.Fit__c"]["changed"] is False
