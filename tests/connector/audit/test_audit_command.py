"""`leadline audit` as a person calls it: the page, the words, what is kept, and that nobody can change it."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.exc import IntegrityError

from config.settings import Settings
from connector.audit.figures import audit_of
from connector.audit.page import page
from connector.cli import leadline
from connector.demo.portals import SALESFORCE, Portals
from connector.store.audits import audit_numbered
from connector.wiring import Services
from tests.connector.audit.town import TOWN, Made, seed
from tests.connector.crm_leads import execute

Run = Callable[..., Result]


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    environment = {
        "LEADLINE_HOME": str(settings.home),
        "LEADLINE_DATABASE_URL": settings.database_url or "",
        "LEADLINE_REDIS_URL": settings.redis_url or "",
        "LEADLINE_SECRET_KEYS": ",".join(settings.secret_keys),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return lambda *arguments: CliRunner().invoke(leadline, [str(one) for one in arguments])


@pytest.fixture
def lived_in(town: Portals) -> Portals:
    seed(town, "salesforce", TOWN)
    return town


def test_a_page_that_needs_nothing_else_and_names_nobody_but_reps(run: Run, lived_in: Portals, tmp_path: Path) -> None:
    out = tmp_path / "audit.html"
    said = run("audit", SALESFORCE, "--days", 120, "--out", out, "--alone")
    assert said.exit_code == 0, said.output
    assert "never touched" in said.output
    assert "Kept as audit 1." in said.output
    text = out.read_text(encoding="utf-8")
    assert re.findall(r"(?:src|href)\s*=|url\(|@import|<script|https?://", text) == []
    assert text.count("<li><strong>") == 3
    assert not [one.last for one in TOWN if re.search(rf"\b{one.last}\b", text)]
    assert "@acme.example" not in text
    assert "Ada Leadline" in text


def test_names_can_be_hidden_everywhere(run: Run, lived_in: Portals, tmp_path: Path, services: Services) -> None:
    out = tmp_path / "audit.html"
    assert run("audit", SALESFORCE, "--days", 120, "--out", out, "--alone", "--hide-names").exit_code == 0
    kept = audit_numbered(services.engine, SALESFORCE, 1)
    assert kept
    for text in (out.read_text(encoding="utf-8"), json.dumps(kept.figures)):
        assert not re.search(r"\b(Ada|Ben|Gus|ada|ben|gus)\b", text)
        assert "Rep 1" in text


def test_a_program_reads_the_same_figures_as_were_kept(run: Run, lived_in: Portals, services: Services) -> None:
    document = json.loads(run("audit", SALESFORCE, "--days", 120, "--json", "--alone").output)
    kept = audit_numbered(services.engine, SALESFORCE, document.pop("number"))
    assert kept
    assert kept.intact
    assert kept.figures == document
    assert audit_of(document).document() == audit_of(kept.figures).document()
    assert document["figures"][0]["values"]["records"] == len(TOWN)


def test_frozen_means_frozen(run: Run, town: Portals, services: Services, tmp_path: Path) -> None:
    ago = (datetime.now(UTC) - datetime(2026, 11, 20, 18, 0, tzinfo=UTC)) / timedelta(days=1)
    seed(town, "salesforce", [Made("Berg", 2 - ago, email="berg@acme.example")])
    first, again = tmp_path / "first.html", tmp_path / "again.html"
    assert run("audit", SALESFORCE, "--out", first, "--alone").exit_code == 0
    seed(town, "salesforce", [Made("Holm", 3 - ago, email="holm@acme.example")])
    assert run("audit", SALESFORCE, "--alone").exit_code == 0
    assert run("audit", SALESFORCE, "--show", 1, "--out", again).exit_code == 0
    assert again.read_bytes() == first.read_bytes()
    for statement in ("UPDATE audit SET until = now()", "DELETE FROM audit"):
        with pytest.raises(IntegrityError, match="never changed"):
            execute(services, statement)
    listed = run("audit", SALESFORCE, "--list").output.splitlines()
    assert [line.split(":")[0] for line in listed] == ["2", "1"]


def test_one_that_was_changed_past_the_trigger_is_found(run: Run, town: Portals, services: Services) -> None:
    assert run("audit", SALESFORCE, "--alone").exit_code == 0
    execute(services, "ALTER TABLE audit DISABLE TRIGGER audit_is_frozen")
    execute(services, "UPDATE audit SET figures = jsonb_set(figures, '{days}', '30')")
    said = run("audit", SALESFORCE, "--show", 1)
    assert said.exit_code == 1
    assert "somebody changed it" in said.output
    assert "CHANGED" in run("audit", SALESFORCE, "--list").output


WRONG = (
    (["nobody"], "There is no connection 'nobody'"),
    ([SALESFORCE, "--show", 7], "has no audit 7"),
    ([SALESFORCE, "--out", "/nowhere/at/all.html"], "There is no folder /nowhere/at"),
    ([SALESFORCE, "--list", "--show", 1], "ask one"),
    ([SALESFORCE, "--show", 1, "--hide-names"], "shown as it was"),
)


def test_what_cannot_be_is_one_sentence(run: Run, town: Portals) -> None:
    for arguments, sentence in WRONG:
        said = run("audit", *arguments)
        assert said.exit_code == 2
        assert sentence in said.output
        assert "Traceback" not in said.output


def test_text_out_of_a_crm_is_text(run: Run, town: Portals, services: Services, tmp_path: Path) -> None:
    """A source that is markup, one that holds an address, and a name with a NUL in it."""
    rows = [
        {"LastName": "Berg\0", "Company": "A", "LeadSource": "<script>alert(1)</script>"},
        {"LastName": "Holm", "Company": "A", "LeadSource": "from nora@acme.example\0"},
    ]
    town.sandbox.create("salesforce", "Lead", rows)
    out = tmp_path / "audit.html"
    said = run("audit", SALESFORCE, "--out", out, "--alone")
    assert said.exit_code == 0, said.output
    text = out.read_text(encoding="utf-8")
    assert "<script" not in text
    assert "nora@" not in text
    kept = audit_numbered(services.engine, SALESFORCE, 1)
    assert kept
    assert page(audit_of(kept.figures)) == text
