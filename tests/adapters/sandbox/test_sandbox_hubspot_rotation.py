"""Workflows that rotate new contacts: the one kind that the sandbox runs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from adapters.sandbox.client import SandboxClient
from adapters.sandbox.sandbox import RunningSandbox, start

ROTATE = {"actionId": "1", "type": "SINGLE_CONNECTION", "actionTypeId": "0-11"}
CREATED = {"type": "EVENT_BASED", "shouldReEnroll": False, "eventFilterBranches": [{"eventTypeId": "4-1463224"}]}


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[SandboxClient]:
    running: RunningSandbox = start(tmp_path)
    with SandboxClient(running.url) as client:
        yield client
    running.stop()


def rotating(portal: SandboxClient, emails: tuple[str, ...], *, overwrite: str = "false", **more: Any) -> list[str]:
    """Makes the people and their workflow; the ids of the owners in turn."""
    ids = portal.add_people([{"email": one} for one in emails])["hubspot"]["people"]
    users = {str(one["id"]): str(one["userId"]) for one in portal.people("hubspot")}
    fields = {"user_ids": [users[ids[one]] for one in emails], "overwrite_current_owner": overwrite}
    flow = {"name": "Rotate", "objectTypeId": "0-1", "isEnabled": True, "enrollmentCriteria": CREATED, **more}
    made = requests.post(
        f"{portal.url}/automation/v4/flows",
        json={**flow, "actions": [{**ROTATE, "fields": {**fields, "target_property": "hubspot_owner_id"}}]},
        headers={"Authorization": "Bearer pat-na1-test"},
        timeout=10,
    )
    assert made.status_code in {200, 201}, made.text
    return [ids[one] for one in emails]


def owners(portal: SandboxClient, *contacts: dict[str, str]) -> list[str | None]:
    made = portal.create("hubspot", "contacts", contacts)
    return [one["properties"].get("hubspot_owner_id") if one else None for one in portal.read("hubspot", "contacts", made)]


def test_new_contacts_take_turns_and_the_workflow_signs_for_it(portal: SandboxClient) -> None:
    ada, ben = rotating(portal, ("ada@acme.example", "ben@acme.example"))
    found = owners(portal, *({"email": f"lead{n}@acme.example"} for n in range(4)))
    assert sorted(str(one) for one in found) == sorted([ada, ada, ben, ben])
    [*_, last] = portal.journal()
    assert (last["source"], last["actor"].partition(":")[0]) == ("AUTOMATION_PLATFORM", "workflowId")


def test_a_set_owner_stays_unless_it_overwrites(portal: SandboxClient) -> None:
    ada, _ = rotating(portal, ("ada@acme.example", "ben@acme.example"))
    assert owners(portal, {"email": "x@acme.example", "hubspot_owner_id": ada}) == [ada]


@pytest.mark.parametrize("more", [{"isEnabled": False}, {"objectTypeId": "0-2"}, {"enrollmentCriteria": {"type": "MANUAL"}}])
def test_what_is_off_or_about_something_else_rotates_nothing(portal: SandboxClient, more: dict[str, Any]) -> None:
    rotating(portal, ("ada@acme.example",), **more)
    assert owners(portal, {"email": "x@acme.example"}) == [None]
