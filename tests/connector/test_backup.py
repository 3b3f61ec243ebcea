"""The whole store in one file and back: whole or not at all, keys only by choice, and nothing written twice afterwards."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from connector.backup import DUMP, KEYS, MANIFEST, BackupError, keys_in, make, opened, put_back_from, verified
from connector.cli import leadline
from connector.demo.portals import HUBSPOT, SALESFORCE, Portals
from connector.store.dues import make_due
from connector.store.dumping import rows_of
from connector.store.engine import Engine, Session, open_engine, reading, transact
from connector.vault import new_key
from connector.wiring import Services, open_services
from tests.connector.crm_leads import (
    ASKED,
    add_lead,
    arrive,
    deliver,
    drain,
    edit,
    go,
    our_writes,
    output,
    owners_we_set,
    tasks,
)

PASSPHRASE = "correct horse battery"
Work = Callable[[], None]


@pytest.fixture
def decided(services: Services, portals: Portals, work: Work) -> list[str]:
    """Three leads in Salesforce, decided and written."""
    go(services)
    ids = [add_lead(portals, "salesforce", f"lead{number}@acme{number}.example", **ASKED["salesforce"]) for number in range(3)]
    work()
    return ids


def test_a_backup_is_whole_and_says_what_is_in_it(services: Services, decided: list[str], tmp_path: Path) -> None:
    file = tmp_path / "store.backup"
    made = make(services.engine, services.vault, file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.glob("store.backup*")] == ["store.backup"]
    with opened(file) as (archive, manifest):
        assert set(archive.namelist()) == {MANIFEST, DUMP}
        assert manifest == made
    assert manifest.rows["record"] == len(decided)
    assert manifest.heads[SALESFORCE][0] == 6
    assert manifest.key_ids == services.vault.key_ids


def test_half_a_file_is_no_backup(services: Services, decided: list[str], tmp_path: Path) -> None:
    file = tmp_path / "store.backup"
    make(services.engine, services.vault, file)
    whole = file.read_bytes()
    for size in (0, 10, len(whole) // 3, len(whole) - 30):
        (tmp_path / "half").write_bytes(whole[:size])
        with pytest.raises(BackupError, match="no whole backup"), opened(tmp_path / "half"):
            pass
    middle = len(whole) // 2
    (tmp_path / "altered").write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    rows = rows_of(services.engine)
    with pytest.raises(BackupError, match=r"damaged|no whole backup"):
        _put_back(services, tmp_path / "altered", tmp_path)
    assert rows_of(services.engine) == rows


def test_an_interrupted_backup_leaves_nothing_behind(
    services: Services, decided: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever stops it: here the operator, between the manifest and the dump's end."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("connector.store.dumping.shutil.copyfileobj", stop)
    with pytest.raises(KeyboardInterrupt):
        make(services.engine, services.vault, tmp_path / "store.backup")
    assert list(tmp_path.glob("store.backup*")) == []


def test_a_backup_never_takes_another_files_place(services: Services, tmp_path: Path) -> None:
    file = tmp_path / "store.backup"
    file.write_text("something dear")
    with pytest.raises(BackupError, match="is there already"):
        make(services.engine, services.vault, file)
    assert file.read_text() == "something dear"


def test_keys_are_in_it_only_as_the_operator_chooses(services: Services, decided: list[str], tmp_path: Path) -> None:
    apart, within = tmp_path / "apart", tmp_path / "within"
    make(services.engine, services.vault, apart)
    make(services.engine, services.vault, within, secret_keys=services.settings.secret_keys, passphrase=PASSPHRASE)
    [key] = services.settings.secret_keys
    assert key.encode() not in apart.read_bytes()
    assert key.encode() not in within.read_bytes()
    assert keys_in(within, PASSPHRASE) == (key,)
    with pytest.raises(BackupError, match="does not open"):
        keys_in(within, PASSPHRASE + "!")
    with pytest.raises(BackupError, match="kept apart"):
        keys_in(apart, PASSPHRASE)
    with zipfile.ZipFile(within) as archive:
        assert set(json.loads(archive.read(KEYS))) == {"salt", "sealed"}


def test_a_drill_verifies_and_touches_nothing(
    services: Services, decided: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _environment(services, monkeypatch)
    file = tmp_path / "store.backup"
    made = CliRunner().invoke(leadline, ["backup", str(file), "--json"])
    assert (made.exit_code, json.loads(made.output)["keys"]) == (0, "none")
    drill = CliRunner().invoke(leadline, ["restore", str(file), "--drill", "--json"])
    found = json.loads(drill.output)
    assert (drill.exit_code, found["verified"], found["faults"], found["keys_missing"]) == (0, True, [], [])
    assert found["documents"] == sum(one["documents"] for one in found["chains"].values()) > 0
    monkeypatch.setenv("LEADLINE_SECRET_KEYS", new_key())
    without = CliRunner().invoke(leadline, ["restore", str(file), "--drill"])
    assert (without.exit_code, "MISSING: the keys" in without.output) == (1, True)


def test_a_document_that_was_changed_in_the_store_is_found(services: Services, decided: list[str], tmp_path: Path) -> None:
    """The drill finds what no checksum of the file can."""
    file = tmp_path / "store.backup"
    transact(services.engine, lambda session: session.execute(text("UPDATE document SET body = body || ' ' WHERE seq = 2")))
    manifest = make(services.engine, services.vault, file)
    assert verified(services.engine, services.vault, manifest).faults
    with pytest.raises(BackupError, match="does not verify"):
        _put_back(services, file, tmp_path)
    assert rows_of(services.engine)["record"] == len(decided)


def test_who_is_connected_stops_a_restore(services: Services, decided: list[str], tmp_path: Path) -> None:
    file = tmp_path / "store.backup"
    make(services.engine, services.vault, file)
    with reading(services.engine) as session:
        session.execute(text("SELECT 1"))
        engine = open_engine(str(services.settings.database_url), size=1)
        with pytest.raises(BackupError, match="stop every"):
            put_back_from(engine, services.vault, file, tmp_path / "words")
        engine.dispose()


def test_restored_to_an_hour_ago_nothing_is_written_twice(
    services: Services, portals: Portals, work: Work, decided: list[str], tmp_path: Path
) -> None:
    """At the backup's moment one lead is decided and not written. In the hour after, it is written, others come and change."""
    waiting = add_lead(portals, "salesforce", "waiting@waiting.example", **ASKED["salesforce"])
    arrive(portals)
    drain(services, "salesforce")
    file = tmp_path / "store.backup"
    make(services.engine, services.vault, file)

    deliver(services, "salesforce")
    lost = [add_lead(portals, "salesforce", f"lost{number}@lost{number}.example", **ASKED["salesforce"]) for number in range(3)]
    there = add_lead(portals, "hubspot", "there@there.example", **ASKED["hubspot"])
    edit(portals, "salesforce", decided[0], Hand_Raise__c="pricing")  # and is paged again
    work()
    everything = [("salesforce", id_) for id_ in (*decided, waiting, *lost)] + [("hubspot", there)]
    before = _state(portals, everything)
    assert len(before["tasks"]) == 3 + 1 + 3 + 1 + 1

    later = _put_back(services, file, tmp_path)
    try:
        assert not [id_ for id_ in lost if _known(later.engine, id_)]
        deliver(later, "salesforce")
        deliver(later, "hubspot")
        assert _state(portals, everything) == before  # what was on its way had arrived
        _sweep(later, everything)
        for _ in range(3):
            for crm in ("salesforce", "hubspot"):
                drain(later, crm)
                deliver(later, crm)
        after = _state(portals, everything)
        assert after["owners"] == before["owners"]
        assert after["tasks"] == before["tasks"]
        assert after["outputs"] == before["outputs"]
        assert all(_known(later.engine, id_) for _, id_ in everything)
    finally:
        later.close()


def _state(portals: Portals, everything: list[tuple[str, str]]) -> dict[str, Any]:
    names = ("fit_score", "engagement_score", "grade", "route", "sla_due", "key")
    return {
        "owners": {id_: owners_we_set(portals, crm, id_) for crm, id_ in everything},
        "tasks": [*tasks(portals, "salesforce"), *tasks(portals, "hubspot")],
        "outputs": {id_: [output(portals, crm, id_, name) for name in names] for crm, id_ in everything},
        "writes": {id_: len(our_writes(portals, crm, id_)) for crm, id_ in everything},
    }


def _sweep(services: Services, everything: list[tuple[str, str]]) -> None:
    """What a sweep does: everything that was changed since is due."""

    def work(session: Session) -> None:
        now = session.execute(text("SELECT clock_timestamp()")).scalar_one()
        for crm, id_ in everything:
            name, object_ = (SALESFORCE, "lead") if crm == "salesforce" else (HUBSPOT, "contact")
            make_due(session, name, [(object_, id_, now)])

    transact(services.engine, work)


def _known(engine: Engine, id_: str) -> bool:
    with reading(engine) as session:
        query = text("SELECT count(*) FROM record WHERE record_id = :id AND packet_id IS NOT NULL")
        return bool(session.execute(query, {"id": id_}).scalar_one())


def _put_back(services: Services, file: Path, folder: Path) -> Services:
    """As `leadline restore` does, once every process has ended; and a process that starts after it."""
    services.inbox.close()
    services.engine.dispose()
    url = str(services.settings.database_url)
    engine = open_engine(url, size=1)
    try:
        put_back_from(engine, services.vault, file, folder / "words")
    finally:
        engine.dispose()
    return open_services(services.settings, url, str(services.settings.redis_url), pool_size=4)


def _environment(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = services.settings
    for name, value in {
        "HOME": str(settings.home),
        "DATABASE_URL": settings.database_url or "",
        "REDIS_URL": settings.redis_url or "",
        "SECRET_KEYS": ",".join(settings.secret_keys),
    }.items():
        monkeypatch.setenv(f"LEADLINE_{name}", value)
