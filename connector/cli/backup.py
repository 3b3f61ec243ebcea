"""backup, restore: the whole store in one file, and back."""

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from config.settings import Settings, load_settings
from connector.backup import Back, BackupError, Manifest, Verified, keys_in, make, opened, put_back_from, put_in, verified
from connector.cli.opening import servers_for
from connector.keyfile import key_file, present_secret_keys, secret_keys, write_keys
from connector.moments import moment_text
from connector.store.engine import Engine, open_engine
from connector.store.servers import remove, start_servers
from connector.vault import Vault, key_id, new_key

_PASSPHRASE = "LEADLINE_BACKUP_PASSPHRASE"  # noqa: S105 - the name of a variable


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--with-keys", is_flag=True, help="Keep the secret keys in it, sealed under a passphrase.")
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def backup(file: Path, *, with_keys: bool, as_json: bool) -> None:
    """The whole store into FILE, as it is at one moment; nothing is stopped for it.

    Without the secret keys nobody can read tokens and sealed facts out of FILE, and you cannot, either: keep them elsewhere, or
    take them in with --with-keys. The passphrase is asked for, or taken from LEADLINE_BACKUP_PASSPHRASE.
    """
    settings = load_settings()
    keys = secret_keys(settings)
    passphrase = _passphrase(confirm=True) if with_keys else ""
    with _store(settings) as engine:
        manifest = make(engine, Vault(keys), file, secret_keys=keys if with_keys else (), passphrase=passphrase)
    if as_json:
        click.echo(json.dumps(_as_tree(manifest, file)))
        return
    click.echo(f"{file}: {_size(file)}, the store as of {moment_text(manifest.at)}.")
    click.echo(f"{sum(manifest.rows.values())} rows; {_chains(manifest)}.")
    click.echo(_keys_said(manifest))
    click.echo(f"Try it: leadline restore {file} --drill")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--drill", is_flag=True, help="Into a throw-away database; verifies, and changes nothing here.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--with-keys", is_flag=True, help="Take the secret keys out of it, too.")
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def restore(file: Path, *, drill: bool, yes: bool, with_keys: bool, as_json: bool) -> None:
    """Puts the store back as it is in FILE; what is there now is kept beside it. Stop all processes first.

    Nothing is written twice: what was not in the CRM at that moment is read again before it is written, tasks are looked for
    before they are made. What happened since then Leadline learns from the CRM, by a sweep. Exits 1 where it does not verify.
    """
    settings = load_settings()
    keys = keys_in(file, _passphrase(confirm=False)) if with_keys else ()
    vault = Vault([*present_secret_keys(settings), *keys] or [new_key()])
    if drill:
        _drill(file, vault, as_json=as_json)
        return
    with opened(file) as (_, manifest):
        pass
    if not yes:
        click.confirm(f"Put the store back to {moment_text(manifest.at)}?", abort=True)
    if keys:
        _keep_keys(settings, keys)
    with _store(settings) as engine:
        back = put_back_from(engine, vault, file, settings.home / "pg_restore.log")
    click.echo(json.dumps(_back_as_tree(back)) if as_json else "\n".join(_back_said(back)))
    sys.exit(1 if back.found.keys_missing else 0)


def _drill(file: Path, vault: Vault, *, as_json: bool) -> None:
    with _throw_away() as (engine, home):
        manifest = put_in(engine, file, home / "pg_restore.log")
        found = verified(engine, vault, manifest)
    if as_json:
        click.echo(json.dumps({**_as_tree(manifest, file), **_found_as_tree(found)}))
    else:
        click.echo("\n".join(_found_said(file, manifest, found)))
    sys.exit(1 if found.faults or found.keys_missing else 0)


@contextmanager
def _store(settings: Settings) -> Iterator[Engine]:
    with servers_for(settings) as urls:
        engine = open_engine(urls.database, size=2, statement_ms=0)
        try:
            yield engine
        finally:
            engine.dispose()


@contextmanager
def _throw_away() -> Iterator[tuple[Engine, Path]]:
    """A PostgreSQL of its own, for as long as the drill takes."""
    home = Path(tempfile.mkdtemp(prefix="leadline-drill-"))
    home.chmod(0o755)  # as root, PostgreSQL runs as another user and must reach its data
    servers = start_servers(home, redis=False, durable=False)
    engine = open_engine(servers.database_url, size=2, statement_ms=0)
    try:
        yield engine, home
    finally:
        engine.dispose()
        servers.stop()
        remove(Path(servers.redis_url.removeprefix("unix://")).parent)
        remove(home)


def _passphrase(*, confirm: bool) -> str:
    given = os.environ.get(_PASSPHRASE) or click.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm, err=True)
    if len(given) < 12:
        raise click.UsageError("Give the backup's keys a passphrase of 12 characters or more.")
    return str(given)


def _keep_keys(settings: Settings, keys: tuple[str, ...]) -> None:
    present = present_secret_keys(settings)
    if missing := [key for key in keys if key not in present]:
        if settings.secret_keys:
            ids = ", ".join(key_id(key) for key in missing)
            raise BackupError(f"The keys come from LEADLINE_SECRET_KEYS here: add {ids} there, or unset it and restore again.")
        settings.home.mkdir(parents=True, exist_ok=True)
        write_keys(settings, [*present, *missing])
        click.echo(f"{len(missing)} keys were added to {key_file(settings)}.", err=True)


# --- in words


def _chains(manifest: Manifest) -> str:
    return f"{_count(len(manifest.heads), 'chain')}, {_count(sum(seq for seq, _ in manifest.heads.values()), 'document')} long"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _keys_said(manifest: Manifest) -> str:
    if not manifest.key_ids:
        return "Nothing in it is sealed yet."
    ids = ", ".join(manifest.key_ids)
    if manifest.keys == "sealed":
        return f"Its secret keys ({ids}) are in it, sealed under your passphrase."
    return f"Its secret keys ({ids}) are NOT in it: without them what is sealed in it can never be read. Keep them elsewhere."


def _found_said(file: Path, manifest: Manifest, found: Verified) -> Iterator[str]:
    yield f"{file}: the store as of {moment_text(manifest.at)}, put into a throw-away database and verified."
    rows, chains = sum(manifest.rows.values()), _count(len(manifest.heads), "chain")
    yield f"{_count(found.documents, 'document')} with {_count(found.packets, 'packet')} in {chains}; {rows} rows."
    yield from (f"WRONG: {fault}" for fault in found.faults)
    yield from _keys_missing(found)
    if not found.faults and not found.keys_missing:
        yield "It is whole, its chains verify, and its keys are at hand."


def _keys_missing(found: Verified) -> Iterator[str]:
    if found.keys_missing:
        yield (
            f"MISSING: the keys {', '.join(found.keys_missing)}. What is sealed under them stays shut: put them into "
            "LEADLINE_SECRET_KEYS, or take them out of a backup that has them with --with-keys."
        )


def _back_said(back: Back) -> Iterator[str]:
    as_of, chains = moment_text(back.manifest.at), _count(len(back.manifest.heads), "chain")
    yield f"The store is as of {as_of}: {_count(back.found.documents, 'document')} in {chains} verify."
    yield f"Read again before anything is written: {back.writes}. Tasks looked for before they are made: {back.tasks}."
    if back.aside:
        yield f"What was there is kept in the schema {back.aside}; drop it when you no longer need it."
    yield from _keys_missing(back.found)
    yield f"Start the processes, then learn from each CRM what happened since: leadline sweep NAME --since {as_of}"


def _size(file: Path) -> str:
    return f"{file.stat().st_size / 1e6:.1f} MB"


def _as_tree(manifest: Manifest, file: Path) -> dict[str, object]:
    return {
        "file": str(file),
        "as_of": moment_text(manifest.at),
        "edition": manifest.edition,
        "revision": manifest.revision,
        "rows": dict(manifest.rows),
        "chains": {name: {"documents": seq, "head": head} for name, (seq, head) in manifest.heads.items()},
        "key_ids": list(manifest.key_ids),
        "keys": manifest.keys,
    }


def _found_as_tree(found: Verified) -> dict[str, object]:
    return {
        "documents": found.documents,
        "packets": found.packets,
        "faults": list(found.faults),
        "keys_missing": list(found.keys_missing),
        "verified": not found.faults,
    }


def _back_as_tree(back: Back) -> dict[str, object]:
    return {
        "as_of": moment_text(back.manifest.at),
        **_found_as_tree(back.found),
        "kept_in": back.aside or None,
        "writes_read_again": back.writes,
        "tasks_looked_for": back.tasks,
    }
