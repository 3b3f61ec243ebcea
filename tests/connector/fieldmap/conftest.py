"""An org and a portal that have scores, ratings and sizes of their own already."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from adapters.sandbox.hubspot_portal import Property, choice, number, text
from adapters.sandbox.hubspot_schema import PropertySchema
from adapters.sandbox.salesforce_objects import STANDARD
from adapters.sandbox.salesforce_schema import FieldSpec, Schema
from adapters.sandbox.sandbox import RunningSandbox, start, wall_clock
from adapters.sandbox.store import Store
from config.settings import Settings
from connector.cli import leadline

Run = Callable[..., Result]

SALESFORCE_FIELDS = (
    FieldSpec("Score__c", "double", label="Score", precision=3, scale=2),
    FieldSpec("Lead_Rating__c", "picklist", label="Lead Rating", picklist=("Hot", "Warm", "Cold"), restricted=True, length=255),
    FieldSpec("Staff_Size__c", "string", label="Number of Employees (text)", length=40),
    FieldSpec("Nationality__c", "string", label="Country of Nationality", length=80),
    FieldSpec("Won__c", "boolean", label="Won", default=False),
    FieldSpec("Stage__c", "picklist", label="Stage", picklist=("New", "Old"), restricted=True, length=255),
    FieldSpec("Short__c", "string", label="Short", length=10),
    FieldSpec("Whole__c", "double", label="Whole", precision=2, scale=0),
    FieldSpec("Once__c", "string", label="Once", length=255, unique=True, external_id=True),
    FieldSpec("Formula__c", "double", label="Formula", precision=18, writable=False),
    FieldSpec("Day__c", "date", label="Day"),
)
HUBSPOT_PROPERTIES = (
    number("acme_score", "Score"),
    choice("lead_rating", "Lead Rating", "hot", "warm", "cold"),
    text("staff_size", "Number of Employees (text)"),
    text("nationality", "Country of Nationality"),
    choice("won", "Won", "yes", "no"),
    choice("stage", "Stage", "New", "Old"),
    number("formula", "Formula", read_only=True),
    Property("day", "Day", "date", "date"),
    Property("once", "Once", "string", "text", unique=True),
)


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[RunningSandbox]:
    """Both CRMs, with what the customer made there before Leadline came."""
    home = tmp_path / "sandbox"
    store = Store(home, wall_clock)
    org = Schema(store, STANDARD)
    for object_ in ("Lead", "Contact"):
        org.add(object_, SALESFORCE_FIELDS if object_ == "Lead" else SALESFORCE_FIELDS[:1])
    portal = PropertySchema(store)
    for one in HUBSPOT_PROPERTIES:
        portal.put("contacts", _definition(one))
    store.close()
    running = start(home)
    yield running
    running.stop()


def _definition(one: Property) -> dict[str, Any]:
    options = [{"label": value, "value": value, "displayOrder": 0, "hidden": False} for value in one.options]
    flags = {"calculated": False, "archived": False, "hidden": False, "hubspotDefined": False, "formField": True}
    rules = {"archivable": True, "readOnlyDefinition": False, "readOnlyOptions": False, "readOnlyValue": one.read_only}
    return {
        **flags,
        "name": one.name,
        "label": one.label,
        "type": one.type,
        "fieldType": one.field_type,
        "groupName": "contactinformation",
        "description": "",
        "displayOrder": -1,
        "options": options,
        "externalOptions": one.external,
        "hasUniqueValue": one.unique,
        "modificationMetadata": rules,
        "createdAt": "2026-01-01T00:00:00Z",
        "updatedAt": "2026-01-01T00:00:00Z",
    }


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `leadline …` with this test's database, in a terminal of a hundred columns."""
    environment: Mapping[str, str] = {
        "LEADLINE_HOME": str(settings.home),
        "LEADLINE_DATABASE_URL": settings.database_url or "",
        "LEADLINE_REDIS_URL": settings.redis_url or "",
        "LEADLINE_SECRET_KEYS": ",".join(settings.secret_keys),
        "COLUMNS": "100",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return lambda *arguments, **more: CliRunner().invoke(leadline, [str(one) for one in arguments], **more)
