"""The commands about decided leads, called as a person calls them, over a real database and both sandbox CRMs."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from config.policy import shipped_policy_text
from config.settings import Settings
from connector.cli import leadline
from connector.demo.portals import HUBSPOT, SALESFORCE, Portals
from connector.store.articles import active_article
from connector.store.deliveries import bury
from connector.store.engine import transact
from connector.wiring import Services

Work = Callable[[], None]
Run = Callable[..., Result]

EMAIL = "zoe@acme1.example"


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `leadline …` with this test's database, in a terminal of 80 columns."""
    environment = {
        "LEADLINE_HOME": str(settings.home),
        "LEADLINE_DATABASE_URL": settings.database_url or "",
        "LEADLINE_REDIS_URL": settings.redis_url or "",
        "LEADLINE_SECRET_KEYS": ",".join(settings.secret_keys),
        "COLUMNS": "80",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return lambda *arguments, **more: CliRunner().invoke(leadline, [str(one) for one in arguments], **more)


@pytest.fixture
def zoe(portals: Portals, work: Work) -> str:
    """One person in both CRMs; the id of the Salesforce lead."""
    values = {"FirstName": "Zoë", "LastName": "Testdottir", "Company": "Acme GmbH", "Email": EMAIL, "Title": "VP Sales"}
    more = {"NumberOfEmployees": 300, "Industry": "Software", "Hand_Raise__c": "demo", "OwnerId": portals.intake["salesforce"]}
    (id_,) = portals.sandbox.create("salesforce", "Lead", [{**values, **more}])
    work()
    portals.sandbox.create("hubspot", "contacts", [{"firstname": "Zoë", "lastname": "Testdottir", "email": EMAIL}])
    work()
    return id_


# --- explain


def test_a_lead_is_explained_by_id_short_id_key_and_address(zoe: str, portals: Portals, run: Run) -> None:
    (record,) = portals.sandbox.records("salesforce", "Lead")
    told = [run("explain", given).output for given in (zoe, zoe[:15], record["properties"]["Leadline_Key__c"], EMAIL)]
    assert len(set(told)) == 1
    assert "Zoë" in told[0]
    assert "Attempt 1 at" in told[0]
    assert "It stands for contact" in told[0]
    assert max(map(len, told[0].splitlines())) <= 80


def test_five_lines_say_who_why_where_by_whom_and_how_sure(zoe: str, run: Run) -> None:
    lines = run("explain", EMAIL, "--plain").output.splitlines()
    starts = [line.split(":")[0] for line in lines if not line.startswith(" ")]
    assert starts == ["Who", "Why", "Where", "By whom and when", "How sure"]


def test_a_program_gets_everything(zoe: str, run: Run) -> None:
    (told,) = json.loads(run("explain", EMAIL, "--json").output)
    assert {record["connection"] for record in told["records"]} == {SALESFORCE, HUBSPOT}
    assert told["facts"]["values"]["last_name"] == "Testdottir"
    assert {receipt["outcome"] for receipt in told["receipts"]} == {"written"}
    assert told["erased"] is False


@pytest.mark.parametrize("given", ["nobody@acme1.example", "00Q5e0000000099EAA", "LL-00000000000000000000", "info@acme1.example"])
def test_who_is_not_known_is_said_in_one_sentence(services: Services, run: Run, given: str) -> None:
    result = run("explain", given)
    assert result.exit_code == 1
    assert type(result.exception).__name__ == "NotFoundError"
    assert given not in str(result.exception)


# --- packet and replay


def test_a_chain_is_exported_verified_and_replayed(zoe: str, run: Run, tmp_path: Path) -> None:
    file, folder = tmp_path / "chain.jsonl", tmp_path / "export"
    head = run("packet", "head", SALESFORCE).output.strip()
    assert run("packet", "export", SALESFORCE, "--out", file).exit_code == 0
    assert run("packet", "verify", file, "--head", head).exit_code == 0
    assert run("packet", "export", SALESFORCE, "--folder", folder).exit_code == 0
    assert (folder / "chain.jsonl").read_bytes() == file.read_bytes()
    replayed = run("replay", "--from", folder, "--json", env={"LEADLINE_DATABASE_URL": "postgresql://127.0.0.1:1/none"})
    assert replayed.exit_code == 0
    assert json.loads(replayed.output)["reproduced"] == 1


def test_one_changed_byte_is_found(zoe: str, run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    run("packet", "export", SALESFORCE, "--folder", folder)
    chain = folder / "chain.jsonl"
    chain.write_bytes(chain.read_bytes().replace(b"closers", b"closerz", 1))
    assert run("packet", "verify", chain).exit_code == 1
    refused = run("replay", "--from", folder)
    assert refused.exit_code == 1
    assert type(refused.exception).__name__ == "ExportError"
    assert run("packet", "verify", tmp_path / "none.jsonl").exit_code == 2
    assert run("packet", "verify", chain, "--head", "short").exit_code == 2


def test_replay_counts_and_finds(zoe: str, run: Run) -> None:
    everything = run("replay", "--all")
    assert everything.exit_code == 0
    assert everything.output == "1 reproduced, 0 erased, 0 different, 0 unreadable\n"
    (told,) = json.loads(run("explain", zoe, "--json").output)
    assert run("replay", "--packet", told["packet_id"]).output == everything.output
    assert run("replay", "--connection", HUBSPOT, "--json").output.startswith('{"packets": 0')
    assert run("replay", "--packet", "00000000-0000-0000-0000-000000000000").exit_code == 1
    assert run("replay").exit_code == 2
    assert run("replay", "--connection", "nowhere").exit_code == 2


# --- forget


def test_a_person_is_forgotten_after_a_question(zoe: str, run: Run) -> None:
    asked = run("forget", EMAIL, input="n\n")
    assert asked.exit_code == 1
    assert f"lead {zoe} of {SALESFORCE}" in asked.output
    assert run("explain", EMAIL).exit_code == 0
    assert run("forget", EMAIL, input="y\n").exit_code == 0
    assert run("explain", EMAIL).exit_code == 1
    explained = run("explain", zoe).output
    assert "was forgotten" in " ".join(explained.split())
    assert "Testdottir" not in explained
    assert run("replay", "--all").output.startswith("0 reproduced, 1 erased")
    again = run("forget", zoe, "--yes")
    assert "forgotten before" in str(again.exception)


def test_forgetting_says_what_it_did(zoe: str, run: Run) -> None:
    assert run("forget", zoe, "--json").exit_code == 2
    done = json.loads(run("forget", zoe, "--json", "--yes").output)
    assert (done["people"], len(done["records"]), done["letters"]) == (1, 2, 0)
    assert done["keys"] >= 1
    assert done["deliveries"] >= 2


# --- deadletters


def test_dead_letters_are_listed_retried_and_dropped(zoe: str, run: Run, services: Services) -> None:
    def work(session: object) -> None:
        for reference in (f"lead/{zoe}", "lead/00Q5e0000000099EAA"):
            bury(session, name=SALESFORCE, what="record", reference=reference, reason="It failed six times.")  # type: ignore[arg-type]

    assert run("deadletters", "list").output == "There are none.\n"
    transact(services.engine, work)
    first, second = json.loads(run("deadletters", "list", "--json").output)
    assert first["reference"] == f"lead/{zoe}"
    assert run("deadletters", "list", "--connection", HUBSPOT, "--json").output == "[]\n"
    assert run("deadletters", "retry", first["id"]).exit_code == 0
    assert run("deadletters", "drop", second["id"]).exit_code == 2
    assert run("deadletters", "drop", second["id"], "--why", "test data").exit_code == 0
    assert run("deadletters", "list").output == "There are none.\n"
    assert run("deadletters", "retry", first["id"]).exit_code == 1


# --- policy


def test_the_shipped_policy_has_no_mistakes(run: Run) -> None:
    result = run("policy", "lint")
    assert result.exit_code == 0
    assert "no mistakes" in result.output
    assert "closers" in result.output  # whom only the company can name


def test_every_mistake_is_named_with_its_line(run: Run, tmp_path: Path) -> None:
    text = shipped_policy_text().replace("clock: five_minutes, fallback: sdrs", "clock: noon, fallback: nowhere", 1)
    text = text.replace("open: 09:00", "open: 25:00")
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    result = run("policy", "lint", file)
    assert result.exit_code == 1
    lines = {line: number for number, line in enumerate(text.splitlines(), start=1)}
    wanted = {number for line, number in lines.items() if "noon" in line or "25:00" in line}
    found = {int(line.removeprefix(f"{file}:").split(":")[0]) for line in result.stdout.splitlines()}
    assert found == wanted
    assert run("policy", "activate", file).exit_code == 1


def test_a_policy_is_put_in_force_once_its_pools_have_members(run: Run, services: Services, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(shipped_policy_text())
    refused = run("policy", "activate", file)
    assert type(refused.exception).__name__ == "VacantPoolsError"
    text = shipped_policy_text().replace("name: Leadline default", "name: Ours")
    for pool in ("closers", "sdrs", "reviewers"):
        text = text.replace(f"  {pool}: []", f"  {pool}: [{{email: Ada@leadline.example, weight: 2}}]")
    file.write_text(text)
    result = run("policy", "activate", file)
    assert result.exit_code == 0, result.exception
    article = active_article(services.engine, "policy")
    assert article
    assert article[0] in result.output
    services.refresh()
    assert services.policy.name == "Ours"
    assert [member.rep for member in services.policy.pools["closers"]] == ["ada@leadline.example"]
    assert run("policy", "show").stdout == text


def test_members_in_the_store_fill_a_policys_empty_pools(portals: Portals, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(shipped_policy_text() + "\n# ours\n")
    assert run("policy", "activate", file).exit_code == 0
    assert [member.rep for member in portals.services.policy.pools["reviewers"]] == ["hana@leadline.example"]
