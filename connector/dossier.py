"""A packet with everything that was chained about it since, opened as far as its key still allows."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.records import RecordRef
from connector.explain import plain, story
from connector.packet import open_sealed
from connector.phrases import branch, called, pairs, text
from connector.store.chain import documents_about
from connector.store.engine import Engine
from connector.store.records import record_key_of
from connector.vault import Vault

Tree = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Dossier:
    """One decision, as it stands in its chain."""

    packet: Tree
    facts: Tree | None
    """None: the person was forgotten."""
    receipts: Sequence[Tree]
    since: Sequence[Tree]
    """References from other chains, clock steps, reviews, undo."""

    def story(self) -> list[str]:
        """Everything, in the order in which it came about."""
        return [*story(self.packet, self.facts, self.receipts), *(line for one in self.since for line in _afterwards(one))]

    def plain(self) -> list[str]:
        """Five lines."""
        return plain(self.packet, self.facts)


def dossier(engine: Engine, vault: Vault, packet_id: str) -> Dossier | None:
    """None where there is no such packet, or retention has cut it off its chain.

    Raises:
        connector.vault.VaultError: its key is sealed under a secret that is not at hand.
        connector.packet.PacketError: its sealed part was altered.
    """
    documents = [(kind, json.loads(body)) for kind, body in documents_about(engine, packet_id)]
    packet = next((document for kind, document in documents if kind == "packet"), None)
    if packet is None:
        return None
    return Dossier(
        packet=packet,
        facts=_facts(engine, vault, packet),
        receipts=[document for kind, document in documents if kind == "receipt"],
        since=[document for kind, document in documents if kind not in {"packet", "receipt"}],
    )


def _facts(engine: Engine, vault: Vault, packet: Tree) -> Tree | None:
    ref = RecordRef(packet["connection"], packet["record"]["object"], packet["record"]["id"])
    wrapped = record_key_of(engine, ref)
    return None if wrapped is None else open_sealed(packet["sealed"], vault.unwrap(wrapped, ref), packet["id"])


def _afterwards(document: Tree) -> Iterator[str]:
    record, kind, at = branch(document, "record"), text(document.get("kind")), text(document.get("at"))
    where = f"{text(record.get('object'))} {text(record.get('id'))} of {text(document.get('connection'))}"
    if kind == "reference":
        yield f"It stands for {where}, too, since {at}."
    else:
        what = pairs(branch(document, "what"))
        yield f"{called(kind).capitalize()} of {where} at {at} by {text(document.get('by'))}{f': {what}' if what else ''}."
