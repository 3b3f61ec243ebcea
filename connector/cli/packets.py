"""packet, replay: whether the chain is untouched, and the same decisions again."""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import IO
from uuid import UUID

import click

from config.settings import load_settings
from connector import verifier
from connector.cli.connections import known_connection
from connector.cli.opening import services_for
from connector.editions import edition
from connector.exports import ExportError, ExportFolder, chain_lines, export_folder
from connector.keyfile import present_secret_keys
from connector.lookup import NotFoundError
from connector.replay import Replay, Replayed, replay_with
from connector.store.articles import article_text
from connector.store.chain import head_of
from connector.store.keys import SealedPacket, sealed_packet, sealed_packets
from connector.vault import Vault
from connector.wiring import Services

# --- packet


@click.group()
def packet() -> None:
    """The chain of decisions: exported, verified, its head."""


@packet.command()
@click.argument("name")
@click.option("--out", type=click.File("wb"), default="-", help="Where to; without it, standard output.")
@click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False), help="Instead: a new folder that `replay --from` can read."
)
def export(name: str, out: IO[bytes], folder: Path | None) -> None:
    """A connection's chain as JSON lines; with --folder, with keys, policies and profiles.

    The keys are wrapped as they are stored: they open only with LEADLINE_SECRET_KEYS.
    """
    with services_for() as services:
        known_connection(services, name)
        if folder:
            count = export_folder(services.engine, name, folder)
            click.echo(f"{folder}: {count} documents, with their keys, policies and profiles.")
        else:
            out.writelines(chain_lines(services.engine, name))


@packet.command("verify")
@click.argument("file", type=click.Path())
@click.option("--head", help="The last hash as it was noted elsewhere, 64 hexadecimal digits.")
def verify_(file: str, head: str | None) -> None:
    """Checks an exported chain: exit 0 untouched, 1 not, 2 unreadable. Needs nothing of this installation."""
    sys.exit(verifier.main([file, *(["--head", head] if head is not None else [])]))


@packet.command()
@click.argument("name")
def head(name: str) -> None:
    """The last hash of a connection's chain: note it elsewhere, and give it to `verify`."""
    with services_for() as services:
        known_connection(services, name)
        _, last = head_of(services.engine, name)
    click.echo(last.hex())


# --- replay


@click.command()
@click.option("--connection", default="", help="One connection's packets; without it, all connections'.")
@click.option("--packet", "packet_id", type=click.UUID, help="One packet.")
@click.option("--all", "every", is_flag=True, help="Every packet there is.")
@click.option("--from", "folder", type=click.Path(path_type=Path, file_okay=False, exists=True), help="An exported folder.")
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def replay(connection: str, packet_id: UUID | None, every: bool, folder: Path | None, as_json: bool) -> None:
    """Decides again and compares, byte for byte; exit 1 if it differs.

    With --from it needs no database: the packets, keys, policies and profiles come from a folder written by `packet export
    NAME --folder`, and LEADLINE_SECRET_KEYS opens the keys.
    """
    if not (connection or packet_id or every or folder):
        raise click.UsageError("Say what to replay: --packet ID, --connection NAME, --all, or --from FOLDER.")
    if folder:
        results = _replayed_folder(folder, packet_id)
    else:
        with services_for() as services:
            results = _replayed_here(services, connection, packet_id)
    _tell(results, as_json=as_json)
    sys.exit(0 if all(one.fine for one in results) else 1)


def _replayed_here(services: Services, connection: str, packet_id: UUID | None) -> list[Replayed]:
    again = replay_with(services.vault, partial(article_text, services.engine))
    if packet_id:
        one = sealed_packet(services.engine, str(packet_id))
        return _one_of([one] if one else [], again, packet_id)
    if connection:
        known_connection(services, connection)
    names = [connection] if connection else list(services.connections())
    return [result for name in names for result in again.run(sealed_packets(services.engine, name))]


def _replayed_folder(folder: Path, packet_id: UUID | None) -> list[Replayed]:
    exported = ExportFolder(folder)
    with exported.chain() as chain:
        report = verifier.verify(chain)
    if report.findings:
        raise ExportError(f"{folder} is not as it was exported: {report.findings[0]}; `leadline packet verify` shows all.")
    again = replay_with(Vault(present_secret_keys(load_settings())), exported.article)
    if packet_id:
        return _one_of((one for one in exported.packets() if _id_of(one) == str(packet_id)), again, packet_id)
    return list(again.run(exported.packets()))


def _one_of(packets: Iterable[SealedPacket], again: Replay, packet_id: UUID) -> list[Replayed]:
    results = list(again.run(packets))
    if not results:
        raise NotFoundError(f"There is no packet {packet_id} here; check the id, or name the folder it was exported to.")
    return results


def _id_of(packet: SealedPacket) -> str:
    return str(json.loads(packet.body).get("id"))


def _tell(results: Sequence[Replayed], *, as_json: bool) -> None:
    counts: Counter[str] = Counter(one.outcome for one in results)
    others = [one for one in results if not one.fine]
    if as_json:
        click.echo(json.dumps({"packets": len(results), **_COUNTED, **counts, "others": [asdict(one) for one in others]}))
        return
    for one in others:
        click.echo(
            f"packet {one.packet_id} is {one.outcome}, first at {one.where}; it was decided with {one.edition or 'unknown'}"
        )
    if others:
        click.echo(f"This is {edition()}: another version of Leadline, or of the time-zone data, may decide otherwise.")
    click.echo(", ".join(f"{counts[outcome]} {outcome}" for outcome in _COUNTED))


_COUNTED = {"reproduced": 0, "erased": 0, "different": 0, "unreadable": 0}
