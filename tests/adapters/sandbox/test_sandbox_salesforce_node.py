"""jsforce, which no one here wrote, on the sandbox."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.sandbox import node
from tests.adapters.sandbox import salesforce_packages as packages
from tests.adapters.sandbox.salesforce_packages import deployed
from tests.adapters.sandbox.salesforce_sandbox import SELLER, Sandbox, running

Ask = Callable[..., Any]


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """With two fields that the caller may see."""
    with running(tmp_path, install=False) as made:
        definitions = (packages.FIT_FIELD, packages.KEY_FIELD)
        rights = {"Lead.Fit__c": True, "Lead.Key__c": True}
        deployed(made, packages.fields_package(*definitions, names=["Fit__c", "Key__c"], permissions=rights))
        packages.assign(made, "Scoring")
        yield made


@pytest.fixture
def ask(sandbox: Sandbox) -> Ask:
    """Has jsforce do one task."""
    modules = node.needed("jsforce", "3.10.16")
    script = Path(__file__).with_name("salesforce_client.js")
    token = str(sandbox.session.headers["Authorization"]).removeprefix("Bearer ")
    return lambda task, **more: node.run(script, modules, {"task": task, "url": sandbox.url, "token": token, **more})


def test_it_describes_the_org_and_itself(ask: Ask) -> None:
    told = ask("describe")
    assert {"Lead", "Contact", "PermissionSet"} <= set(told.pop("objects"))
    assert told == {"type": "double", "help": "How well it fits.", "user": "integration@sandbox.example"}


def test_records_from_birth_to_deletion(sandbox: Sandbox, ask: Ask) -> None:
    done = ask("records")
    assert (done["changed"], done["upserted"], done["many"]) == (True, True, [True, False])
    assert (done["Title"], done["fit"], done["owner"]) == ("Countess", 88, "Leadline Integration")
    assert (done["missing"], done["unknown"], done["gone"]) == ("REQUIRED_FIELD_MISSING", "INVALID_FIELD", "ENTITY_IS_DELETED")
    assert sandbox.query("SELECT LastName FROM Lead WHERE Key__c = 'k/1'")[0]["LastName"] == "Babbage"


def test_it_follows_pages_to_the_end(sandbox: Sandbox, ask: Ask) -> None:
    sandbox.side.create("Lead", [{"LastName": str(number), "Company": "Many"} for number in range(2_345)], SELLER)
    assert ask("pages") == {"fetched": 2_345}


def test_it_asks_for_one_page_more(sandbox: Sandbox, ask: Ask) -> None:
    sandbox.side.create("Lead", [{"LastName": str(number), "Company": "Many"} for number in range(2_345)], SELLER)
    assert ask("more") == {"pages": [2_000, 345], "done": [False, True], "total": 2_345}


def test_many_records_in_one_call(ask: Ask) -> None:
    assert ask("collections") == {
        "changed": True,
        "created": [False, True],
        "titles": ["CEO", "CTO", "CTO"],
        "gone": True,
        "nothing": [[False, "ALL_OR_NONE_OPERATION_ROLLED_BACK"], [False, "REQUIRED_FIELD_MISSING"]],
    }


def test_it_groups_and_asks_for_those_below(sandbox: Sandbox, ask: Ask) -> None:
    for company in ("Acme", "Acme", "Other"):
        sandbox.lead(Company=company)
    assert ask("groups") == {"rows": [["Acme", 2], ["Other", 1]], "below": ["Ada"], "since": 1}


def test_jobs_of_the_bulk_api(sandbox: Sandbox, ask: Ask) -> None:
    sandbox.lead(LastName="Known", Key__c="known")
    assert ask("bulk", key="known") == {
        "made": 2,
        "failed": ["REQUIRED_FIELD_MISSING"],
        "created": ["true", "false"],
        "done": [1, 1],
        "names": ["Ada", "Known", "New"],
        "state": "Aborted",
    }


def test_graphs_and_trees(ask: Ask) -> None:
    assert ask("together") == {"graph": True, "tree": False, "people": [["Ada", "Acme"], ["Bob", "Other"]]}


def test_it_searches_counts_and_asks_in_batches(sandbox: Sandbox, ask: Ask) -> None:
    for company in ("Acme", "Other"):
        sandbox.lead(FirstName="Ada", LastName="Byron", Company=company)
    sandbox.lead(LastName="Byronson", Company="Acme")
    told = ask("looking")
    assert (told["found"], told["wrong"]) == (["Byron"], "MALFORMED_SEARCH")
    assert (told["counts"], told["max"]) == ([{"count": 3, "name": "Lead"}], 100_000)
    assert (told["batch"], told["errors"], told["composite"]) == ([200, 404], True, [200])


def test_it_reads_and_deploys_metadata(ask: Ask) -> None:
    archive = packages.fields_package(packages.GRADE_FIELD, names=["Grade__c"])
    told = ask("metadata", package=base64.b64encode(archive).decode())
    assert {"CustomObject", "PermissionSet", "Flow"} <= set(told.pop("types"))
    assert told == {
        "label": "Fit",
        "listed": ["Lead.Fit__c", "Lead.Key__c"],
        "status": "Succeeded",
        "fields": ["Fit", "Grade", "Key"],
    }


def test_it_converts_a_lead(sandbox: Sandbox, ask: Ask) -> None:
    lead = sandbox.lead(OwnerId=sandbox.user("Ada"))
    assert ask("convert", lead=lead) == {"success": True, "same": True}
