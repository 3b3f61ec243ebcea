"""keys: the keys under which secrets are kept, and their rotation."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict

import click

from config.settings import Settings, load_settings
from connector.cli.opening import services_for
from connector.keyfile import key_file, present_secret_keys, write_keys
from connector.keyring import KeyRingError, KeyUse, Resealed, key_uses, reseal
from connector.store.singleton import only_one
from connector.vault import Vault, new_key
from connector.vault import key_id as id_of
from connector.wiring import Services


@click.group()
def keys() -> None:
    """The keys under which tokens, secrets and record keys are sealed. They are named by id; no key is ever shown."""


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def list_(as_json: bool) -> None:
    """Every key by its id, newest first, and what is sealed under it. Exit 1 if something needs a key that is not listed."""
    settings = load_settings()
    with services_for(settings) as services:
        uses = key_uses(services.engine, services.vault)
    if as_json:
        click.echo(json.dumps({"source": _source(settings), "keys": [asdict(use) for use in uses]}))
    else:
        _show(settings, uses)
    if any(not use.listed for use in uses):
        sys.exit(1)


@keys.command()
def new() -> None:
    """Prints a fresh key, for LEADLINE_SECRET_KEYS. It is kept nowhere."""
    click.echo(new_key())


@keys.command()
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def rotate(as_json: bool) -> None:
    """Seals everything anew under the newest key. Interrupted, it goes on where it was.

    Keys in LEADLINE_HOME/secret.key: a new one is made and put first, and running processes learn of it by themselves.

    Keys in LEADLINE_SECRET_KEYS: put a new one (`leadline keys new`) LAST and restart every process, then put it FIRST and
    restart them again; now nobody meets a secret that they cannot open. Then run this.
    """
    settings = load_settings()
    with services_for(settings) as services, _alone(services):
        _make_key(settings, services)
        vault = Vault(present_secret_keys(settings))
        done = reseal(services.engine, vault, _progress)
        uses = key_uses(services.engine, vault)
    _report(settings, done, uses, as_json=as_json)
    if any(use.used for use in uses[1:]):
        sys.exit(1)


@keys.command()
@click.argument("key_id", metavar="KEY")
def drop(key_id: str) -> None:
    """Takes a key out of LEADLINE_HOME/secret.key once nothing is sealed under it. KEY is its id, as `keys list` shows it."""
    settings = load_settings()
    with services_for(settings) as services, _alone(services):
        uses = {use.id: use for use in key_uses(services.engine, services.vault) if use.listed}
        _drop(settings, uses, key_id)
    click.echo(f"Key {key_id} is gone from {key_file(settings)}. A backup made before the rotation still needs it.")


@contextmanager
def _alone(services: Services) -> Iterator[None]:
    """Two at once would each write the file without the other's new key, and what is sealed under that would be lost."""
    with only_one(services.engine, "keys") as mine:
        if not mine:
            raise KeyRingError("The keys are being changed by another command just now; run this again when it has ended.")
        yield


def _drop(settings: Settings, uses: dict[str, KeyUse], key_id: str) -> None:
    if settings.secret_keys:
        raise KeyRingError("The keys come from LEADLINE_SECRET_KEYS: take it out there, and restart every process.")
    if key_id not in uses:
        raise click.UsageError(f"There is no key {key_id}; `leadline keys list` shows them.")
    if key_id == next(iter(uses)):
        raise KeyRingError("That is the newest key; `leadline keys rotate` makes another one first.")
    if uses[key_id].used:
        raise KeyRingError(f"Key {key_id} is still needed: run `leadline keys rotate` first.")
    write_keys(settings, [key for key in present_secret_keys(settings) if id_of(key) != key_id])


def _make_key(settings: Settings, services: Services) -> None:
    """A new key first, unless a rotation is under way already."""
    if any(use.used for use in key_uses(services.engine, services.vault)[1:] if use.listed):
        return
    if settings.secret_keys:
        raise KeyRingError(
            "Everything is under the newest key of LEADLINE_SECRET_KEYS already. To rotate, add a key from `leadline keys new`, "
            "in the two steps that `leadline keys rotate --help` names, and run this again."
        )
    write_keys(settings, [new_key(), *present_secret_keys(settings)])


def _progress(done: int) -> None:
    click.echo(f"{done} record keys resealed …", err=True)


def _report(settings: Settings, done: Resealed, found: Sequence[KeyUse], *, as_json: bool) -> None:
    free = [use.id for use in found[1:] if use.listed and not use.used]
    if as_json:
        click.echo(json.dumps({**asdict(done), "newest": found[0].id, "can_go": free}))
        return
    click.echo(
        f"Sealed anew under {found[0].id}: {done.texts} connections and tokens, {done.record_keys} record keys, "
        f"{done.deliveries} deliveries."
    )
    if done.lost:
        click.echo(f"{done.lost} could not be opened: the key they are under is not listed. `leadline keys list` names it.")
    for id_ in free:
        how = "take it out of LEADLINE_SECRET_KEYS" if settings.secret_keys else f"leadline keys drop {id_}"
        click.echo(f"Key {id_} can go: {how}. Keep it as long as backups from before today may be restored.")
    for use in (use for use in found[1:] if use.listed and use.used):
        click.echo(f"Key {use.id} cannot go yet: a process still seals under it. Restart what runs, and run this again.")


def _show(settings: Settings, uses: Sequence[KeyUse]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"Keys from {_source(settings)}", title_justify="left", box=None, pad_edge=False)
    for heading in ("Key", "", "Connections", "Tokens", "Record keys", "Deliveries"):
        table.add_column(heading, justify="right" if heading[1:] else "left")
    for place, use in enumerate(uses):
        what = "newest" if place == 0 else "" if use.listed else "not listed"
        table.add_row(use.id, what, *map(str, (use.connections, use.tokens, use.record_keys, use.deliveries)))
    Console().print(table)
    if any(not use.listed for use in uses):
        click.echo("Something is sealed under a key that is not listed: put that key back at the end of the list.")


def _source(settings: Settings) -> str:
    return "LEADLINE_SECRET_KEYS" if settings.secret_keys else str(key_file(settings))
