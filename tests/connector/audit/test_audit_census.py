"""Every figure of an audit against a census of the same CRM: empty, lived-in, and crowded with awkward leads."""

from datetime import UTC, datetime
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from connector.audit.figures import Audit
from connector.demo.portals import Portals
from connector.moments import moment_of
from connector.policies import activate_policy
from connector.wiring import Services
from tests.connector.audit.census import Census, differing, hours_in, hubspot, salesforce, wilson
from tests.connector.audit.conftest import Taken
from tests.connector.audit.crowd import Crowd

CRMS = pytest.mark.parametrize("crm", ["salesforce", "hubspot"])


@pytest.fixture
def in_new_york(services: Services) -> None:
    """Where a day and an opening hour are not those of UTC."""
    policy = resources.files("config").joinpath("defaults/policy.yaml").read_text(encoding="utf-8")
    activate_policy(services, policy.replace("zone: UTC", "zone: America/New_York"))


def census(portals: Portals, crm: str, audit: Audit) -> Census:
    document = yaml.safe_load(resources.files("config").joinpath(f"defaults/mapping_{crm}.yaml").read_text(encoding="utf-8"))
    mapping = {name: row["field"] if isinstance(row, dict) else row for name, row in document["inputs"].items()}
    days, opens, closes = hours_in(audit.hours)
    world = salesforce(portals.sandbox) if crm == "salesforce" else hubspot(portals.sandbox)
    nobody = frozenset({portals.intake[crm]})  # type: ignore[index]
    window = (moment_of(audit.since), moment_of(audit.until))
    return Census(world, *window, ZoneInfo(audit.zone), days, opens, closes, nobody, mapping)


def agrees(portals: Portals, crm: str, audit: Audit) -> Census:
    counted = census(portals, crm, audit)
    lines = list(differing(audit, counted.figures()))
    lines += [
        f"fill {part.label}: {part.count}, counted {counted.filled(part.label)}"
        for part in audit.figure("fill").parts
        if "which this CRM does not have" not in part.about and part.count != counted.filled(part.label)
    ]
    lines += _would(audit)
    assert lines == []
    return counted


def _would(audit: Audit) -> list[str]:
    """Nobody is judged twice or left out: the lines add up to what came in."""
    routes = audit.figure("would_routes")
    judged = routes.values["judged"]
    sums = {
        name: sum(part.count for part in audit.figure(name).parts) for name in ("would_routes", "would_reasons", "would_grades")
    }
    wrong = [f"{name} adds up to {total} of {judged}" for name, total in sums.items() if total != judged]
    whole = judged + routes.values["linked"] + routes.values["failed"]
    if whole != audit.figure("created").values["records"]:
        wrong.append(f"{whole} were judged or linked, of {audit.figure('created').values['records']}")
    unsure = audit.figure("would_unsure")
    assert unsure.rate
    if unsure.rate.count != sum(part.count for part in unsure.parts):
        wrong.append("the unsure do not add up")
    return wrong


def reads_alone(portals: Portals, audit: Audit) -> None:
    stats = portals.sandbox.stats()
    assert stats["writes"] == []
    odd = [one for one in stats["calls"] if one["method"] not in {"GET", "POST"} or not _reads(one)]
    assert odd == []
    calls = sum(one["count"] for one in stats["calls"] if not one["route"].endswith("/token"))
    assert audit.figure("cost").values["audit_calls"] == calls


def _reads(call: Any) -> bool:
    """What a right to read allows: a POST only to search, to read a batch, to get a token, or to carry a long query."""
    allowed = ("/search", "/batch/read", "/token", "/composite")
    return call["method"] == "GET" or call["route"].endswith(allowed)


@CRMS
def test_a_crowd_with_awkward_leads(crm: Any, town: Portals, taken: Taken, in_new_york: None) -> None:
    Crowd(town, crm).fill()
    audit = taken(crm)
    reads_alone(town, audit)
    counted = agrees(town, crm, audit)
    assert audit.zone == "America/New_York"
    assert 180 < len(counted.inside) < 300, "the window cuts some off"
    assert audit.figure("duplicates_inside").rate.count > (10 if crm == "salesforce" else 2)  # type: ignore[union-attr]
    assert audit.figure("first_touch").values["before_creation"] > 3
    low, high = wilson(7, 230)
    assert low < 1000 * 7 / 230 < high


@CRMS
def test_a_lived_in_one(crm: Any, town: Portals, taken: Taken) -> None:
    more = {"leads": 250, "fields": 60} if crm == "salesforce" else {"contacts": 200, "properties": 120}
    town.sandbox.command(crm, "lived_in", **more)
    audit = taken(crm, now=datetime.now(UTC))
    reads_alone(town, audit)
    counted = agrees(town, crm, audit)
    assert len(counted.inside) > 150


@CRMS
def test_an_empty_one(crm: Any, town: Portals, taken: Taken) -> None:
    audit = taken(crm)
    reads_alone(town, audit)
    assert agrees(town, crm, audit).inside == []
    assert audit.figure("created").values["records"] == 0


@CRMS
def test_two_crowds_that_overlap(crm: Any, town: Portals, taken: Taken) -> None:
    other: Any = "hubspot" if crm == "salesforce" else "salesforce"
    Crowd(town, crm).fill(120)
    Crowd(town, other, seed=8).fill(120)
    audit = taken(crm, across=True)
    assert town.sandbox.stats()["writes"] == []
    counted = census(town, crm, audit)
    mine = counted.across(hubspot(town.sandbox) if other == "hubspot" else salesforce(town.sandbox))
    assert list(differing(audit, {"duplicates_across": mine})) == []
    assert mine.rate
    assert mine.rate[0] > 10
