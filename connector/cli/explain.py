"""explain: why a lead was decided as it was, in words for people."""

import json
import shutil
import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

import click

from connector.cli.opening import services_for
from connector.dossier import Dossier, dossier
from connector.lookup import find_records
from connector.moments import moment_text
from connector.store.lookup import Found
from connector.store.waits import Waits, waits_of
from connector.wiring import Services


@click.command()
@click.argument("lead")
@click.option("--connection", default="", help="Only this connection's records.")
@click.option("--plain", "briefly", is_flag=True, help="Five lines.")
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def explain(lead: str, connection: str, briefly: bool, as_json: bool) -> None:
    """Why a lead was decided as it was.

    LEAD is the CRM's record id, Leadline's key (LL-…) or the person's e-mail address.
    """
    with services_for() as services:
        found = find_records(services.engine, lead, connection)
        told = [(packet, _dossier(services, packet)) for packet in _packets_of(found)]
        waits = waits_of(services.engine, [one.ref for one in found])
    if as_json:
        trees = [{**_as_tree(found, packet, one), "waits": [_waits_as_tree(each) for each in waits]} for packet, one in told]
        click.echo(json.dumps(trees, ensure_ascii=False))
        return
    for line in _said(found, told, briefly=briefly):
        click.echo(line)
    for each in waits:
        for line in _wrapped(waits_said(each)):
            click.echo(line)


def _packets_of(found: Sequence[Found]) -> list[str]:
    """The packets in force about these records, each once."""
    return list(dict.fromkeys(one.packet_id for one in found if one.packet_id))


def _dossier(services: Services, packet_id: str) -> Dossier | None:
    return dossier(services.engine, services.vault, packet_id)


def _as_tree(found: Sequence[Found], packet_id: str, one: Dossier | None) -> dict[str, object]:
    records = [
        {"connection": each.ref.connection, "object": each.ref.object, "id": each.ref.id, "state": each.state}
        for each in found
        if each.packet_id == packet_id
    ]
    if one is None:
        return {"packet_id": packet_id, "records": records, "kept": False}
    chained = {"packet": one.packet, "facts": one.facts, "receipts": one.receipts, "since": one.since}
    erased = one.facts is None
    return {"packet_id": packet_id, "records": records, "kept": True, "erased": erased, **chained, "story": one.story()}


def _said(found: Sequence[Found], told: Sequence[tuple[str, Dossier | None]], *, briefly: bool) -> Iterator[str]:
    for each in found:
        if each.state != "live":
            yield from _wrapped(f"{each.ref.object} {each.ref.id} of {each.ref.connection}: {_STATES[each.state]}")
    for number, (packet_id, one) in enumerate(told):
        if number:
            yield ""
        if one is None:
            yield from _wrapped(f"Packet {packet_id} is older than packets are kept; what it decided still stands in the CRM.")
        else:
            yield from (line for said in (one.plain() if briefly else one.story()) for line in _wrapped(said))


def waits_said(one: Waits) -> str:
    """Why a record's clock runs on while nothing happens."""
    what = "What changed on it has not been read yet" if one.what == "read" else "The decision is not in the CRM yet"
    return (
        f"{one.ref.object} {one.ref.id} of {one.ref.connection} waits since {one.since:%Y-%m-%d %H:%M} UTC. {what}: "
        f"{_WAITS[one.reason]}. It goes by {one.until:%Y-%m-%d %H:%M} UTC, and is looked at again at {one.looked_at:%H:%M}; "
        f"see `leadline budget {one.ref.connection}`."
    )


_WAITS: Final = {
    "budget": "the calls that every lead may use are spent, and only hot leads go",
    "limit": "the CRM takes no more calls for now",
}


def _waits_as_tree(one: Waits) -> dict[str, object]:
    return {
        "connection": one.ref.connection,
        "object": one.ref.object,
        "id": one.ref.id,
        "what": one.what,
        "reason": one.reason,
        "since": moment_text(one.since),
        "until": moment_text(one.until),
        "looked_at": moment_text(one.looked_at),
    }


_STATES: Final = {
    "gone": "deleted, merged or converted in the CRM.",
    "forgetting": "is being forgotten just now.",
    "forgotten": "the person was forgotten; what is left of the decision names nobody.",
}


def _wrapped(line: str) -> list[str]:
    """At most as wide as the terminal, and no wider than is read with ease; what belongs together hangs together."""
    width = min(shutil.get_terminal_size().columns, 100)
    indent = " " * (len(line) - len(line.lstrip()))
    return textwrap.wrap(
        line.strip(),
        width,
        initial_indent=indent,
        subsequent_indent=f"{indent}    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
