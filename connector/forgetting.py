"""Forgetting a person, in both CRMs' records at once: what they said and did here goes, and every chain still holds.

In one transaction their sealing keys are destroyed (so that no packet's facts open any more, and replay answers "erased"),
and everything else that says something about them is deleted or emptied. What stays: the CRM's record ids, the decisions
without their facts, the turns that were taken, and in every chain concerned a document with the destroyed keys' fingerprints.

A forgotten record stays forgotten: a change to it is not read, scored or written, for as long as the CRM has the record, since
whoever asked to be forgotten did not ask to be processed anew by the next edit or sweep. A new record of the same person is a
new person: they came again.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

import structlog

from adapters.records import RecordRef
from connector.intake import open_deliveries
from connector.mentions import Wanted
from connector.moments import moment_text
from connector.packet import Forgotten, body_hash, body_of, fingerprint
from connector.store.chain import Document, append
from connector.store.engine import Session, transact
from connector.store.forgetting import (
    Body,
    blank_deliveries,
    blank_records,
    delivery_bodies,
    drop_work,
    forgotten_among,
    keys_held,
    letter_bodies,
    people_of,
    records_of,
    settle_letters,
    take_sealing_keys,
    to_forget,
)
from connector.store.people import drop_people, lock_people
from connector.vault import Vault, VaultError
from connector.wiring import Services, utc_now

log = structlog.get_logger(__name__)

_AT_ONCE: Final = 1_000
"""Persons in one transaction, and so in one look through all stored bodies."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was forgotten."""

    people: int = 0
    records: tuple[RecordRef, ...] = ()
    keys: int = 0
    deliveries: int = 0
    """Raw deliveries whose body was emptied; other people's events in them were taken in long before."""
    letters: int = 0
    """Dead letters emptied and settled."""

    def __add__(self, other: "Erasure") -> "Erasure":
        return Erasure(
            self.people + other.people,
            self.records + other.records,
            self.keys + other.keys,
            self.deliveries + other.deliveries,
            self.letters + other.letters,
        )


class _MovedError(Exception):
    """Another record of the person was decided meanwhile; begin again with it."""


def forget_people(services: Services, people: Iterable[str], *, by: str, clock: Callable[[], datetime] = utc_now) -> Erasure:
    """Forgets persons with all their records.

    Args:
        by: who asked, for the chain: an account or a connection, no personal value.
    """
    return _forget(services, sorted(set(people)), (), by, clock)


def forget_marked(services: Services, name: str, *, clock: Callable[[], datetime] = utc_now) -> Erasure:
    """Forgets whom a CRM's privacy deletion named, with the same person's records in the other CRM."""
    refs = to_forget(services.engine, name)
    if not refs:
        return Erasure()
    people = transact(services.engine, lambda session: people_of(session, refs))
    return _forget(services, sorted(people), refs, name, clock)


def _forget(
    services: Services, people: Sequence[str], refs: Sequence[RecordRef], by: str, clock: Callable[[], datetime]
) -> Erasure:
    _open_what_waits(services)
    total = Erasure()
    rest = iter(people)
    while (some := list(islice(rest, _AT_ONCE))) or refs:
        total += _forget_some(services, some, refs, _Note(by, moment_text(clock())))
        refs = ()
    return total


def _open_what_waits(services: Services) -> None:
    """A delivery can be emptied once its events are taken out."""
    for crm in services.connections().values():
        while open_deliveries(services.engine, services.vault, services.receivers, crm).deliveries:
            pass


@dataclass(frozen=True, slots=True)
class _Note:
    by: str
    at: str


def _forget_some(services: Services, people: Sequence[str], refs: Sequence[RecordRef], note: _Note) -> Erasure:
    names = list(services.connections())
    while True:
        try:
            erasure, wanted, last = transact(
                services.engine, lambda session: _erase(session, services.vault, names, people, refs, note)
            )
        except _MovedError:
            continue
        break
    later = transact(services.engine, lambda session: _look_again(session, services.vault, names, wanted, erasure.records, last))
    return erasure + Erasure(deliveries=later)


def _look_again(
    session: Session, vault: Vault, names: Sequence[str], wanted: Wanted, refs: Iterable[RecordRef], last: int
) -> int:
    """Whoever opened a delivery while the records were being forgotten did not know of it yet."""
    emptied, _ = _erase_bodies(session, vault, names, wanted, after=last)
    drop_work(session, refs)
    return emptied


def _erase(
    session: Session, vault: Vault, names: Sequence[str], people: Sequence[str], marked: Sequence[RecordRef], note: _Note
) -> tuple[Erasure, Wanted, int]:
    """Locks in the order of a decision: deliveries, due rows, persons, records, chain heads."""
    refs = records_of(session, people) | frozenset(marked)
    refs -= forgotten_among(session, refs)
    wanted = Wanted(_by_connection(refs), keys_held(session, people))
    deliveries, last = _erase_bodies(session, vault, names, wanted)
    drop_work(session, refs)
    there = lock_people(session, people)
    if not records_of(session, people) <= refs:
        raise _MovedError
    letters = settle_letters(session, _mentioning(vault, wanted, letter_bodies(session, names)), refs)
    keys = take_sealing_keys(session, refs)
    blank_records(session, sorted(refs))
    drop_people(session, people)
    _chain(session, vault, refs, keys, note)
    return Erasure(len(there), tuple(sorted(refs)), len(keys), deliveries, letters), wanted, last


def _by_connection(refs: Iterable[RecordRef]) -> Mapping[str, frozenset[str]]:
    ids: dict[str, set[str]] = defaultdict(set)
    for ref in refs:
        ids[ref.connection].add(ref.id)
    return {name: frozenset(found) for name, found in ids.items()}


def _erase_bodies(session: Session, vault: Vault, names: Sequence[str], wanted: Wanted, after: int = 0) -> tuple[int, int]:
    """Empties deliveries that speak of them; returns how many, and the last one looked at."""
    found, last = [], after
    for one in delivery_bodies(session, names, after):
        last = one.id
        if wanted.mentioned_in(one.connection, one.kind, vault.open_body(one.body, one.connection)):
            found.append(one.id)
    return blank_deliveries(session, found), last


def _mentioning(vault: Vault, wanted: Wanted, bodies: Iterable[Body]) -> list[int]:
    opened = ((one, vault.open_body(one.body, one.connection)) for one in bodies)
    return [one.id for one, body in opened if wanted.mentioned_in(one.connection, one.kind, body)]


def _chain(session: Session, vault: Vault, refs: Iterable[RecordRef], keys: Mapping[RecordRef, bytes], note: _Note) -> None:
    prints: dict[str, list[str]] = {ref.connection: [] for ref in refs}
    for ref, wrapped in sorted(keys.items()):
        try:
            prints[ref.connection].append(fingerprint(vault.unwrap(wrapped, ref)))
        except VaultError:
            log.warning("key forgotten unread", connection=ref.connection)  # its secret is lost: it opened nothing any more
    for name in sorted(prints):
        body = body_of(Forgotten(name, tuple(prints[name]), note.at, note.by))
        append(session, name, [Document("forget", "", "", None, body, body_hash(body))])
