"""What an installation listed is what is written: nothing before it, no field beside it, and a new one only once it is listed."""

from collections.abc import Callable

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from click.testing import CliRunner, Result
from sqlalchemy import text

from config.settings import Settings
from connector import jobs
from connector.cli import leadline
from connector.demo.portals import Portals
from connector.doctor.installed import ask_installation
from connector.doctor.visit import Visit
from connector.handover import ProofError, prove
from connector.installing import InstallError, accept, unlisted_fields
from connector.store.engine import reading, transact, writing
from connector.store.migrate import alembic_config
from connector.wiring import Services
from tests.connector.conftest import Work
from tests.connector.crm_leads import NAMES, add_lead, arrive, crm_of, drain, go, our_writes, shown

BOTH = pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
GRADE = {"salesforce": "Leadline_Grade__c", "hubspot": "leadline_grade"}
ROUTE = {"salesforce": "Leadline_Route__c", "hubspot": "leadline_route"}
LISTS = "0007"
"""The migration that brought the list."""
MAIN = {"salesforce": "Lead", "hubspot": "contacts"}


def sql(services: Services, statement: str, **values: object) -> None:
    transact(services.engine, lambda session: session.execute(text(statement), values))
    services.refresh()


def unlist(services: Services, crm: str, field: str) -> None:
    """As if the mapping had got this field after the installation."""
    change = (
        "UPDATE installation SET listed = jsonb_set(listed, CAST(:path AS text[]), (listed #> CAST(:path AS text[])) - :field)"
    )
    sql(services, f"{change} WHERE connection = :name", path=[MAIN[crm].lower()], field=field.lower(), name=NAMES[crm])


def open_writes(services: Services) -> int:
    with reading(services.engine) as session:
        return int(session.execute(text("SELECT count(*) FROM outbox")).scalar_one())


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    environment = {
        "LEADLINE_HOME": str(settings.home),
        "LEADLINE_DATABASE_URL": settings.database_url or "",
        "LEADLINE_REDIS_URL": settings.redis_url or "",
        "LEADLINE_SECRET_KEYS": ",".join(settings.secret_keys),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return lambda *arguments: CliRunner().invoke(leadline, [str(one) for one in arguments])


@BOTH
def test_before_an_installation_leads_are_decided_and_nothing_at_all_is_written(
    portals: Portals, services: Services, work: Work, crm: str
) -> None:
    """Also where somebody said golive: what was decided waits, and goes out once something is listed."""
    sql(services, "DELETE FROM installation WHERE connection = :name", name=NAMES[crm])
    go(services)
    lead = add_lead(portals, crm, "nora@acme.example")
    arrive(portals)
    assert drain(services, crm).decided == 1
    jobs.start(services)
    jobs.deliver(NAMES[crm])
    assert (our_writes(portals, crm, lead), open_writes(services)) == ([], 1)
    (found,) = ask_installation(Visit(services, crm_of(services, crm)))
    assert (found.state, found.waits) == ("failed", True)
    assert "nothing is written" in found.sentence

    assert GRADE[crm] in {name.partition(".")[2] for name in accept(services, crm_of(services, crm))}
    work()
    assert shown(portals, crm, lead)[GRADE[crm]]
    assert open_writes(services) == 0


@BOTH
def test_a_field_that_was_mapped_since_waits_for_the_installation_and_the_others_do_not(
    portals: Portals, services: Services, work: Work, run: Callable[..., Result], crm: str
) -> None:
    name = NAMES[crm]
    unlist(services, crm, GRADE[crm])
    assert [f"{MAIN[crm]}.{GRADE[crm]}"] == list(unlisted_fields(crm_of(services, crm)))
    lead = add_lead(portals, crm, "nora@acme.example")
    work()
    assert shown(portals, crm, lead)[ROUTE[crm]]
    assert not shown(portals, crm, lead).get(GRADE[crm])
    (found,) = ask_installation(Visit(services, crm_of(services, crm)))
    assert (found.state, found.waits) == ("amber", False)
    assert GRADE[crm] in found.sentence
    assert "--accept" in found.fix

    told = run("map", name, "set", "priority_rank", "off").output
    assert f"{MAIN[crm]}.{GRADE[crm]} is not written before an installation lists it" in told
    done = run("install", name, "--accept")
    assert (done.exit_code, done.output) == (0, f"{name}: {MAIN[crm]}.{GRADE[crm]} is listed, and written from now on.\n")
    assert "listed already" in run("install", name, "--accept").output
    services.refresh()
    second = add_lead(portals, crm, "nils@acme.example")
    work()
    assert shown(portals, crm, second)[GRADE[crm]]


@BOTH
def test_a_field_that_is_not_there_cannot_be_accepted(portals: Portals, services: Services, crm: str) -> None:
    sql(services, "DELETE FROM installation WHERE connection = :name", name=NAMES[crm])
    if crm == "salesforce":
        portals.sandbox.settings("salesforce", hidden_fields=["Lead.Leadline_Fit_Score__c"])
    else:
        change = (
            "UPDATE connection SET mapping = jsonb_set(mapping, '{outputs,fit_score}', '\"acme_nothing\"') WHERE name = :name"
        )
        sql(services, change, name=NAMES[crm])
    with pytest.raises(InstallError, match="Nothing was listed"):
        accept(services, crm_of(services, crm))
    assert crm_of(services, crm).installed is False


def test_what_was_written_to_before_there_was_a_list_goes_on(portals: Portals, services: Services, work: Work) -> None:
    """The migration lists the mapping of a connection that was installed or written to, and of no other."""
    add_lead(portals, "hubspot", "nora@acme.example")
    work()
    listed = crm_of(services, "hubspot").listed
    with writing(services.engine) as connection:
        connection.execute(text("DELETE FROM installation"))
        config = alembic_config(connection)
        command.downgrade(config, str(ScriptDirectory.from_config(config).get_revision(LISTS).down_revision))
        command.upgrade(config, "head")
    services.refresh()
    assert crm_of(services, "hubspot").listed == listed
    assert crm_of(services, "salesforce").listed == {}


@pytest.mark.parametrize(("moves", "proven"), [(True, True), (False, False)])
def test_a_rule_is_proven_on_a_lead_that_it_gives_to_somebody_else(
    portals: Portals, services: Services, work: Work, moves: bool, proven: bool
) -> None:
    lead = add_lead(portals, "salesforce", "nora@acme.example")
    work()
    (queue,) = [one["Id"] for one in portals.sandbox.queues("salesforce") if one["Name"] == "Leadline Nurture"]
    entry = {"field": "LastName", "op": "notEqual" if moves else "equals", "value": "Nobody", "owner": queue}
    portals.sandbox.settings("salesforce", assignment_rules=[{"name": "Theirs", "entries": [entry]}])
    before = shown(portals, "salesforce", lead)
    proof = prove(services, crm_of(services, "salesforce"), lead)
    after = shown(portals, "salesforce", lead)
    assert (proof.rule, proof.proven, after["OwnerId"] == queue) == ("Theirs", proven, moves)
    changed = {name for name in before if before[name] != after.get(name)} - {"SystemModstamp", "LastModifiedDate", "OwnerId"}
    assert changed <= {"LastModifiedById"}
    assert ("assignment_rule_proof" in crm_of(services, "salesforce").options) is proven


def test_a_rule_is_tried_only_where_it_can_be(portals: Portals, services: Services) -> None:
    with pytest.raises(ProofError, match="no assignment rule"):
        prove(services, crm_of(services, "hubspot"), "1")
    with pytest.raises(ProofError, match="no such rule"):
        prove(services, crm_of(services, "salesforce"), "00Q5e0000000001AAA")
