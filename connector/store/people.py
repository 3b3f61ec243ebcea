"""Who is who: exact keys that belong to one person, whichever CRM shows them."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, text

from connector.store.engine import reading


@dataclass(frozen=True, slots=True, order=True)
class IdentityKey:
    """An exact key, hashed: `kind` is email, phone or cross_id."""

    kind: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Person:
    """A person and the decision in force about them."""

    id: str
    packet_id: str | None = None
    packet_hash: bytes | None = None
    packet_connection: str | None = None
    rep: str | None = None
    route: str | None = None
    raised: str = ""
    clock_from: datetime | None = None
    """Since when the clock of `route` runs."""
    decided_at: datetime | None = None


def identity_key_of(kind: str, value: str) -> IdentityKey:
    return IdentityKey(kind, hashlib.sha256(f"{kind}:{value}".encode()).digest()[:16])


_COLUMNS = "p.id, p.packet_id, p.packet_hash, p.packet_connection, p.rep, p.route, p.raised, p.clock_from, p.decided_at"

_BY_KEY = text(f"""
    SELECT k.kind, k.digest, {_COLUMNS} FROM unnest(:kinds ::text[], :digests ::bytea[]) AS wanted(kind, digest)
    JOIN identity_key k USING (kind, digest) JOIN person p ON p.id = k.person_id
""")  # noqa: S608 - a constant


def people_by_key(engine: Engine, keys: Sequence[IdentityKey]) -> Mapping[IdentityKey, Person]:
    """Who holds each key; keys nobody holds are absent."""
    if not keys:
        return {}
    with reading(engine) as connection:
        rows = connection.execute(_BY_KEY, {"kinds": [k.kind for k in keys], "digests": [k.digest for k in keys]}).all()
    return {IdentityKey(row.kind, bytes(row.digest)): _person(row[2:]) for row in rows}


def people_by_id(engine: Engine, ids: Iterable[str]) -> Mapping[str, Person]:
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    with reading(engine) as connection:
        rows = connection.execute(_BY_ID, {"ids": wanted}).all()
    return {str(row.id): _person(row) for row in rows}


_BY_ID = text(f"SELECT {_COLUMNS} FROM person p WHERE p.id = ANY(CAST(:ids AS uuid[]))")  # noqa: S608 - a constant

_LOCK = text(f"SELECT {_COLUMNS} FROM person p WHERE p.id = ANY(CAST(:ids AS uuid[])) ORDER BY p.id FOR UPDATE")  # noqa: S608


def lock_people(connection: Connection, ids: Iterable[str]) -> Mapping[str, Person]:
    """Locks persons in id order and returns them as they are now."""
    rows = connection.execute(_LOCK, {"ids": sorted(set(ids))})
    return {str(row.id): _person(row) for row in rows}


def add_people(connection: Connection, ids: Sequence[str]) -> None:
    if ids:
        connection.execute(text("INSERT INTO person (id) SELECT unnest(CAST(:ids AS uuid[]))"), {"ids": list(ids)})


def drop_people(connection: Connection, ids: Iterable[str]) -> None:
    """Takes back persons that turned out to be somebody else, with the keys they had just claimed."""
    gone = sorted(ids)
    if gone:
        connection.execute(text("DELETE FROM person WHERE id = ANY(CAST(:ids AS uuid[]))"), {"ids": gone})


_CLAIM_KEYS = text("""
    INSERT INTO identity_key (kind, digest, person_id)
    SELECT * FROM unnest(:kinds ::text[], :digests ::bytea[], :people ::uuid[]) ON CONFLICT DO NOTHING
""")

_HOLDERS = text("""
    SELECT k.kind, k.digest, k.person_id FROM unnest(:kinds ::text[], :digests ::bytea[]) AS wanted(kind, digest)
    JOIN identity_key k USING (kind, digest)
""")


def claim_keys(connection: Connection, wanted: Mapping[IdentityKey, str]) -> Mapping[IdentityKey, str]:
    """Gives each key to the person named unless somebody holds it; returns who holds each one now.

    The unique index makes two workers that want one key meet here: the second waits for the first to commit, then sees that it
    lost. Keys go in one order everywhere, so the wait cannot be a deadlock.
    """
    keys = sorted(wanted)
    if not keys:
        return {}
    columns = {"kinds": [k.kind for k in keys], "digests": [k.digest for k in keys]}
    connection.execute(_CLAIM_KEYS, {**columns, "people": [wanted[k] for k in keys]})
    return {IdentityKey(r.kind, bytes(r.digest)): str(r.person_id) for r in connection.execute(_HOLDERS, columns)}


_DECIDED = text("""
    UPDATE person SET packet_id = d.packet_id, packet_hash = d.packet_hash, packet_connection = :connection, rep = d.rep,
        route = d.route, raised = d.raised, clock_from = d.clock_from, decided_at = d.decided_at
    FROM unnest(:ids ::uuid[], :packet_ids ::uuid[], :hashes ::bytea[], :reps ::text[], :routes ::text[], :raised ::text[],
                :clocks ::timestamptz[], :decided ::timestamptz[])
        AS d(id, packet_id, packet_hash, rep, route, raised, clock_from, decided_at)
    WHERE person.id = d.id
""")


def put_decisions(connection: Connection, name: str, people: Sequence[Person]) -> None:
    """Makes each person's packet the decision in force, from connection `name`."""
    values = {
        "connection": name,
        "ids": [p.id for p in people],
        "packet_ids": [p.packet_id for p in people],
        "hashes": [p.packet_hash for p in people],
        "reps": [p.rep for p in people],
        "routes": [p.route for p in people],
        "raised": [p.raised for p in people],
        "clocks": [p.clock_from for p in people],
        "decided": [p.decided_at for p in people],
    }
    connection.execute(_DECIDED, values)


def _person(row: Sequence[object]) -> Person:
    id_, packet_id, packet_hash, source, rep, route, raised, clock_from, decided_at = row
    return Person(
        id=str(id_),
        packet_id=str(packet_id) if packet_id else None,
        packet_hash=bytes(packet_hash) if packet_hash else None,  # type: ignore[call-overload]
        packet_connection=source,  # type: ignore[arg-type]
        rep=rep,  # type: ignore[arg-type]
        route=route,  # type: ignore[arg-type]
        raised=str(raised),
        clock_from=clock_from,  # type: ignore[arg-type]
        decided_at=decided_at,  # type: ignore[arg-type]
    )
