"""Key rotation over a real database: everything moves, in batches, however often it is interrupted."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from adapters.base import Grant
from adapters.records import RecordRef
from config.mapping import shipped_mapping
from config.settings import Settings
from connector import keyring
from connector.cli import leadline
from connector.keyfile import key_file, present_secret_keys, secret_keys, write_keys
from connector.keyring import key_uses, reseal
from connector.store.connections import CrmConnection, all_connections, put_connection
from connector.store.engine import Session, reading, transact
from connector.store.sealed import WrappedKey, replace_wrapped, wrapped_page
from connector.store.singleton import only_one
from connector.store.tokens import put_token, read_token
from connector.vault import Vault, new_key, new_record_key
from connector.wiring import Services
from tests.connector.crm_leads import execute, rows

OLD, NEW = new_key(), new_key()
RECORDS = {RecordRef("acme", "lead", f"00Q{number:012}AAA"): new_record_key() for number in range(25)}


def fill(services: Services, vault: Vault) -> None:
    """A connection, its token, and the keys of 25 records, all under the newest key of `vault`."""
    crm = CrmConnection(
        name="acme",
        kind="salesforce",
        account="00D",
        base_url="https://acme.my.salesforce.com",
        api="v67.0",
        mapping=shipped_mapping("salesforce"),
        credentials={"client_secret": "s3cret"},
    )

    def work(session: Session) -> None:
        put_connection(session, vault, crm)
        put_token(session, vault, "acme", Grant("access", "refresh", None))
        for ref, key in RECORDS.items():
            values = {"object": ref.object, "id": ref.id, "wrapped": vault.wrap(key, ref)}
            session.execute(text("INSERT INTO record_key VALUES ('acme', :object, :id, :wrapped)"), values)

    transact(services.engine, work)


def opens(services: Services, vault: Vault) -> None:
    """Everything opens, and is what it was."""
    assert all_connections(services.engine, vault)["acme"].credentials == {"client_secret": "s3cret"}
    token = read_token(services.engine, vault, "acme")
    assert token
    assert (token.access_token, token.refresh_token) == ("access", "refresh")
    assert {ref: vault.unwrap(wrapped, ref) for ref, wrapped in wrapped_keys(services).items()} == RECORDS


def wrapped_keys(services: Services) -> dict[RecordRef, bytes]:
    with reading(services.engine) as session:
        rows = session.execute(text("SELECT connection, object, record_id, wrapped FROM record_key")).all()
    return {RecordRef(*row[:3]): bytes(row.wrapped) for row in rows}


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring, "BATCH", 10)


def test_everything_moves_and_the_old_key_can_go(services: Services) -> None:
    fill(services, Vault([OLD]))
    heard: list[int] = []
    done = reseal(services.engine, Vault([NEW, OLD]), heard.append)
    assert (done.texts, done.record_keys, done.lost, heard) == (2, 25, 0, [10, 20, 25])
    newest, old = key_uses(services.engine, Vault([NEW, OLD]))
    assert (newest.connections, newest.tokens, newest.record_keys, old.used) == (1, 1, 25, False)
    opens(services, Vault([NEW]))


def test_deliveries_move_and_those_from_before_they_were_sealed_are_sealed(services: Services) -> None:
    before, now = Vault([OLD]), Vault([NEW, OLD])
    insert = "INSERT INTO delivery (connection, channel, fingerprint, body) VALUES ('acme', 'hubspot', :print, :body)"
    bodies = {bytes([1]): before.seal_body(b"[1]", "acme"), bytes([2]): b"[2]", bytes([3]): now.seal_body(b"[3]", "acme")}
    for fingerprint, body in bodies.items():
        execute(services, insert, print=fingerprint, body=body)
    assert [use.deliveries for use in key_uses(services.engine, now)] == [1, 1]
    assert reseal(services.engine, now).deliveries == 2
    assert [use.used for use in key_uses(services.engine, now)] == [True, False]
    kept = [bytes(row[0]) for row in rows(services, "SELECT body FROM delivery ORDER BY fingerprint")]
    assert [Vault([NEW]).open_body(body, "acme") for body in kept] == [b"[1]", b"[2]", b"[3]"]
    assert kept[2] == bodies[bytes([3])]


def test_interrupted_it_goes_on_where_it_was(services: Services) -> None:
    fill(services, Vault([OLD]))
    vault = Vault([NEW, OLD])

    def killed(done: int) -> None:
        if done == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reseal(services.engine, vault, killed)
    opens(services, vault)
    assert [use.record_keys for use in key_uses(services.engine, vault)] == [20, 5]
    assert reseal(services.engine, vault).record_keys == 5
    opens(services, Vault([NEW]))


def test_a_key_destroyed_meanwhile_stays_destroyed(services: Services) -> None:
    """Somebody is forgotten between the reading of a batch and its writing."""
    fill(services, Vault([OLD]))
    vault = Vault([NEW, OLD])
    page = wrapped_page(services.engine, None, vault.key_ids[0], 10)
    forgotten = page[3].ref
    transact(
        services.engine,
        lambda session: session.execute(text("DELETE FROM record_key WHERE record_id = :id"), {"id": forgotten.id}),
    )
    moved = [(one, vault.rewrap(one.wrapped, one.ref)) for one in page]
    assert transact(services.engine, lambda session: replace_wrapped(session, moved)) == 9
    assert forgotten not in wrapped_keys(services)


def test_what_was_written_meanwhile_is_not_overwritten(services: Services) -> None:
    vault = Vault([NEW, OLD])
    fill(services, vault)
    ref = next(iter(RECORDS))
    stale = WrappedKey(ref, Vault([OLD]).wrap(new_record_key(), ref))
    assert transact(services.engine, lambda session: replace_wrapped(session, [(stale, b"never")])) == 0
    opens(services, vault)


def test_what_no_key_opens_is_counted_and_the_rest_goes_on(services: Services) -> None:
    fill(services, Vault([OLD]))
    ref = RecordRef("acme", "lead", "00QLOST")
    values = {"wrapped": Vault([new_key()]).wrap(new_record_key(), ref)}
    transact(
        services.engine,
        lambda session: session.execute(text("INSERT INTO record_key VALUES ('acme', 'lead', '00QLOST', :wrapped)"), values),
    )
    done = reseal(services.engine, Vault([NEW, OLD]))
    assert (done.record_keys, done.lost) == (25, 1)
    assert [use.listed for use in key_uses(services.engine, Vault([NEW, OLD]))] == [True, True, False]


def test_a_process_that_runs_on_learns_of_the_new_key(services: Services, settings: Settings) -> None:
    at_home = replace(settings, secret_keys=())
    running = Vault(secret_keys(at_home), reread=lambda: present_secret_keys(at_home))
    fill(services, running)
    write_keys(at_home, [NEW, *present_secret_keys(at_home)])
    reseal(services.engine, Vault(present_secret_keys(at_home)))
    opens(services, running)
    assert Vault([NEW]).open(running.seal("from now on")) == "from now on"


def test_the_file_is_ours_alone(settings: Settings) -> None:
    at_home = replace(settings, secret_keys=())
    secret_keys(at_home)
    write_keys(at_home, [NEW, OLD])
    assert key_file(at_home).stat().st_mode & 0o777 == 0o600
    assert present_secret_keys(at_home) == (NEW, OLD)
    assert [path.name for path in key_file(at_home).parent.glob("secret*")] == ["secret.key"]


# --- the command

Run = Callable[..., Result]


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    given = {
        "LEADLINE_HOME": str(settings.home),
        "LEADLINE_DATABASE_URL": settings.database_url,
        "LEADLINE_REDIS_URL": settings.redis_url,
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value or "")
    monkeypatch.delenv("LEADLINE_SECRET_KEYS", raising=False)
    return lambda *arguments, **env: CliRunner().invoke(leadline, ["keys", *arguments], env=env)


def keys_of(result: Result) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(result.stdout)["keys"]
    return found


def test_rotate_and_drop_with_a_key_file(run: Run, services: Services, settings: Settings) -> None:
    at_home = replace(settings, secret_keys=())
    fill(services, Vault(secret_keys(at_home)))
    (old,) = keys_of(run("list", "--json"))
    assert run("rotate").exit_code == 0
    newest, before = keys_of(run("list", "--json"))
    assert (before["id"], before["record_keys"], newest["record_keys"]) == (old["id"], 0, 25)
    assert "newest" in str(run("drop", newest["id"]).exception)
    assert run("drop", old["id"]).exit_code == 0
    opens(services, Vault(present_secret_keys(at_home)))
    assert len(present_secret_keys(at_home)) == 1


def test_an_interrupted_rotation_makes_no_third_key(run: Run, services: Services, settings: Settings) -> None:
    at_home = replace(settings, secret_keys=())
    fill(services, Vault(secret_keys(at_home)))
    write_keys(at_home, [NEW, *present_secret_keys(at_home)])  # as far as it had come
    assert "still needed" in str(run("drop", keys_of(run("list", "--json"))[1]["id"]).exception)
    assert run("rotate").exit_code == 0
    assert len(present_secret_keys(at_home)) == 2
    opens(services, Vault([NEW]))


def test_two_do_not_change_the_keys_at_once(run: Run, services: Services, settings: Settings) -> None:
    at_home = replace(settings, secret_keys=())
    fill(services, Vault(secret_keys(at_home)))
    with only_one(services.engine, "keys") as mine:
        assert mine
        assert "by another command" in str(run("rotate").exception)
    assert len(present_secret_keys(at_home)) == 1


def test_rotate_with_keys_from_the_environment(run: Run, services: Services) -> None:
    fill(services, Vault([OLD]))
    refused = run("rotate", LEADLINE_SECRET_KEYS=OLD)
    assert "leadline keys new" in str(refused.exception)
    done = run("rotate", LEADLINE_SECRET_KEYS=f"{NEW},{OLD}")
    assert done.exit_code == 0
    assert "take it out of LEADLINE_SECRET_KEYS" in done.stdout
    assert not [key for key in (NEW, OLD) if key in done.output + refused.output]
    opens(services, Vault([NEW]))


def test_a_key_that_is_missing_is_seen(run: Run, services: Services) -> None:
    fill(services, Vault([OLD]))
    result = run("list", LEADLINE_SECRET_KEYS=NEW)
    assert result.exit_code == 1
    assert "put that key back" in result.stdout


def test_a_new_key_is_a_key(run: Run) -> None:
    assert Vault([run("new").stdout.strip()]).key_ids
