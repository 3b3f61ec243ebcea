"""What must hold after the sweep, told from the CRMs' own records: all known as they stand, and decided only where due."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from adapters.records import Lead, RecordRef
from adapters.sandbox.client import CRMName
from connector.bench.chaos_world import World
from connector.bench.mirror_people import Population, parts
from connector.bench.town import HOUSE, NAMES, TABLES
from connector.hydration import input_hash
from connector.store.audit import known_hashes

READ_BACK: Final = 10_000
"""So many of the unchanged records of each CRM are compared by their values; all others only have to be there."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One CRM's records beside what is known of them."""

    kind: CRMName
    there: frozenset[str]
    """Ids of all live records, as the CRM has them."""
    leads: Mapping[str, Lead]
    """Those that were read back: everything that was changed, and some of the rest."""
    known: Mapping[str, tuple[bytes | None, bool]]


def compare(world: World, population: Population, kind: CRMName) -> Compared:
    sandbox = world.portals.sandbox
    rows = sandbox.records(kind, TABLES[kind])
    there = frozenset(row["id"] for row in rows if not row["archived"] and not row["mergedInto"])
    changed = population.plans[kind].all | population.meanwhile[kind]
    rest = sorted(there - changed)
    chosen = [*sorted(changed), *population.rng.sample(rest, min(READ_BACK, len(rest)))]
    return Compared(kind, there, dict(_read(world, kind, chosen)), known_hashes(world.services.engine, NAMES[kind]))


def _read(world: World, kind: CRMName, ids: Sequence[str]) -> Iterator[tuple[str, Lead]]:
    adapter = world.services.adapter(world.services.connections()[NAMES[kind]])
    refs = [RecordRef(NAMES[kind], HOUSE[kind], id_) for id_ in ids]  # type: ignore[arg-type]
    for some in parts(refs, adapter.batch):
        for ref, found in adapter.fetch(some).items():
            if isinstance(found, Lead):
                yield ref.id, found


def findings(compared: Compared, hands: frozenset[str]) -> Iterator[str]:
    """One sentence for everything that does not hold. `hands`: who asked for something, and nobody else, is decided about."""
    yield from _missing(compared)
    yield from _stale(compared)
    yield from _decisions(compared, hands)


def _missing(compared: Compared) -> Iterator[str]:
    for id_ in sorted(compared.there - compared.known.keys()):
        yield f"{compared.kind} {id_}: Leadline does not know it"


def _stale(compared: Compared) -> Iterator[str]:
    for id_, lead in compared.leads.items():
        if id_ in compared.known and compared.known[id_][0] != input_hash(lead.values):
            yield f"{compared.kind} {id_}: its last state is not known"


def _decisions(compared: Compared, hands: frozenset[str]) -> Iterator[str]:
    decided = {id_ for id_, (_, was) in compared.known.items() if was}
    for id_ in sorted(hands - decided):
        yield f"{compared.kind} {id_}: raised a hand, and nothing was decided"
    for id_ in sorted(decided - hands):
        yield f"{compared.kind} {id_}: was decided about, though it is old and asked for nothing"
