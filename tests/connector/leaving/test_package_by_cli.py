"""The package that `install --export` writes, in the hands of Salesforce's own command line. Slow: each command takes seconds."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.sandbox.test_sandbox_salesforce_cli import Command, sf  # noqa: F401 - a fixture
from tests.connector.leaving.conftest import House
from tests.connector.leaving.snapshots import differences

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("house", ["salesforce"], indirect=True)]

HERE = ("--target-org", "house")


@pytest.fixture
def project(house: House, sf: Command, tmp_path: Path) -> Path:  # noqa: F811
    """What the plan makes, exported into the folder in which the command line runs, which is logged in."""
    exported, project = tmp_path / "exported", tmp_path / "project"
    done = house.install("--export", exported)
    assert done.exit_code == 0, done.output
    shutil.rmtree(project)
    shutil.copytree(exported, project)
    token = house.headers["Authorization"].removeprefix("Bearer ")
    known = ("--instance-url", house.control.url, "--no-prompt", "--alias", "house")
    assert sf("org", "login", "access-token", *known, SF_ACCESS_TOKEN=token)["status"] == 0
    return project


def deployed(answer: dict[str, Any]) -> tuple[int, str, bool, int]:
    found = answer["result"]
    return answer["status"], found["status"], found["checkOnly"], found["numberComponentErrors"]


def files(folder: Path) -> dict[str, bytes]:
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


def test_the_whole_package_is_converted_both_ways_and_tried_and_nothing_is_changed(
    house: House,
    sf: Command,  # noqa: F811
    project: Path,
    tmp_path: Path,
) -> None:
    before, fine = house.snapshot(), (0, "Succeeded", True, 0)
    mdapi, again = tmp_path / "mdapi", tmp_path / "again"
    assert sf("project", "convert", "source", "--output-dir", str(mdapi))["status"] == 0
    assert {"objects/Lead.object", "workflows/Lead.workflow", "flows/Leadline_Record_Changed.flow"} <= files(mdapi).keys()
    assert sf("project", "convert", "mdapi", "--root-dir", str(mdapi), "--output-dir", "force-app/back")["status"] == 0
    back = {name: content for name, content in files(project / "force-app" / "back").items() if name.endswith("field-meta.xml")}
    assert len(back) == len([*(project / "force-app" / "main").rglob("*.field-meta.xml")]) > 30
    shutil.rmtree(project / "force-app" / "main")
    assert sf("project", "convert", "source", "--output-dir", str(again))["status"] == 0
    assert files(again).keys() == files(mdapi).keys()

    tried = ("project", "deploy", "start", "--dry-run", *HERE)
    assert deployed(sf(*tried)) == fine
    assert deployed(sf(*tried, "--manifest", "manifest/package.xml")) == fine
    assert deployed(sf(*tried, "--metadata-dir", str(mdapi))) == fine
    assert differences(before, house.snapshot()) == {}


def test_what_the_package_lacks_is_told_for_each_part(house: House, sf: Command, project: Path) -> None:  # noqa: F811
    """An unknown queue member, and a field that a permission set names and that is nowhere."""
    main = project / "force-app" / "main" / "default"
    queue = main / "queues" / "Leadline_Review.queue-meta.xml"
    text = queue.read_text()
    assert "<user>hana@acme.example</user>" in text
    queue.write_text(text.replace("<user>hana@acme.example</user>", "<user>zed@nowhere.example</user>"))
    (main / "objects" / "Lead" / "fields" / "Leadline_Grade__c.field-meta.xml").unlink()
    answer = sf("project", "deploy", "start", "--dry-run", "--source-dir", "force-app", *HERE)
    assert deployed(answer)[:3] == (1, "Failed", True)
    told = {row["fullName"]: row["error"] for row in answer["result"]["files"] if row.get("error")}
    assert "zed@nowhere.example" in told["Leadline_Review"]
    assert any("Lead.Leadline_Grade__c" in error for name, error in told.items() if name.startswith("Leadline_"))
    assert house.install("--plan").exit_code == 0


def test_deployed_by_an_admin_the_fields_are_accepted(house: House, sf: Command, project: Path) -> None:  # noqa: F811
    """The other way in: Salesforce's own command line makes everything, and `--accept` lists it."""
    assert deployed(sf("project", "deploy", "start", "--source-dir", "force-app", *HERE)) == (0, "Succeeded", False, 0)
    given = sf("org", "assign", "permset", "--name", "Leadline_Integration", *HERE)
    assert given["status"] == 0, given
    accepted = house.install("--accept")
    assert accepted.exit_code == 0, accepted.output
    assert "are listed, and written from now on" in accepted.output
    retrieved = sf("project", "retrieve", "start", "--manifest", "manifest/package.xml", *HERE)
    assert retrieved["result"]["success"] is True
    assert "Leadline_Record_Changed" in {row["fullName"] for row in retrieved["result"]["files"]}
