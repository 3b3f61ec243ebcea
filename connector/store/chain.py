"""The chained documents of a connection: packets, receipts and the rest, each hash over the one before."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.dialects.postgresql import insert

from connector.packet import genesis, link
from connector.store.engine import reading
from connector.store.schema import chain_head, document


@dataclass(frozen=True, slots=True)
class Document:
    """One document before it is chained. `body_hash` was computed outside the lock."""

    kind: str
    object: str
    record_id: str
    packet_id: str | None
    body: bytes
    body_hash: bytes


@dataclass(frozen=True, slots=True)
class Chained:
    connection: str
    seq: int
    kind: str
    record_id: str
    packet_id: str | None
    body: bytes
    previous: bytes
    hash: bytes


_APPEND = text("""
    INSERT INTO document (connection, seq, kind, object, record_id, packet_id, body, body_hash, previous, hash)
    SELECT :connection, * FROM unnest(:seqs ::bigint[], :kinds ::text[], :objects ::text[], :records ::text[], :packets ::uuid[],
                                      :bodies ::bytea[], :body_hashes ::bytea[], :previous ::bytea[], :hashes ::bytea[])
""")


def append(connection: Connection, name: str, documents: Sequence[Document]) -> Sequence[bytes]:
    """Chains documents to one connection's head, which stays locked until the transaction ends: call it last.

    Returns each document's hash.
    """
    if not documents:
        return []
    seq, head = _lock_head(connection, name)
    hashes = list(accumulate((one.body_hash for one in documents), link, initial=head))
    values = {
        "connection": name,
        "seqs": list(range(seq + 1, seq + 1 + len(documents))),
        "kinds": [one.kind for one in documents],
        "objects": [one.object for one in documents],
        "records": [one.record_id for one in documents],
        "packets": [one.packet_id for one in documents],
        "bodies": [one.body for one in documents],
        "body_hashes": [one.body_hash for one in documents],
        "previous": hashes[:-1],
        "hashes": hashes[1:],
    }
    connection.execute(_APPEND, values)
    last = {"seq": seq + len(documents), "hash": hashes[-1]}
    connection.execute(chain_head.update().where(chain_head.c.connection == name).values(last))
    return hashes[1:]


def _lock_head(connection: Connection, name: str) -> tuple[int, bytes]:
    query = select(chain_head.c.seq, chain_head.c.hash).where(chain_head.c.connection == name).with_for_update()
    row = connection.execute(query).first()
    if row is None:
        first = insert(chain_head).values(connection=name, seq=0, hash=genesis(name)).on_conflict_do_nothing()
        connection.execute(first)
        row = connection.execute(query).one()
    return row.seq, row.hash


def chain_of(engine: Engine, name: str, batch: int = 2_000) -> Iterator[Chained]:
    """A connection's whole chain in order, read page by page."""
    seq = 0
    while True:
        query = select(document).where(document.c.connection == name, document.c.seq > seq).order_by(document.c.seq).limit(batch)
        with reading(engine) as connection:
            rows = connection.execute(query).all()
        if not rows:
            return
        for row in rows:
            packet_id = str(row.packet_id) if row.packet_id else None
            yield Chained(name, row.seq, row.kind, row.record_id, packet_id, row.body, row.previous, row.hash)
        seq = rows[-1].seq


def head_of(engine: Engine, name: str) -> tuple[int, bytes]:
    """Sequence number and hash of the last document; (0, genesis) before the first."""
    with reading(engine) as connection:
        row = connection.execute(select(chain_head.c.seq, chain_head.c.hash).where(chain_head.c.connection == name)).first()
    return (row.seq, row.hash) if row else (0, genesis(name))


_LATEST = text("""
    SELECT body, connection, packet_id FROM document
    WHERE kind = 'packet' AND packet_id = (
        SELECT packet_id FROM record WHERE record_id = :record AND (:name = '' OR connection = :name) LIMIT 1)
""")


def packet_in_force(engine: Engine, record_id: str, name: str = "") -> bytes | None:
    """The body of the packet that decides about a record now."""
    with reading(engine) as connection:
        return connection.execute(_LATEST, {"record": record_id, "name": name}).scalar_one_or_none()


def documents_about(engine: Engine, packet_id: str) -> Sequence[tuple[str, bytes]]:
    """(kind, body) of a packet and of everything chained about it, in order."""
    query = select(document.c.kind, document.c.body).where(document.c.packet_id == packet_id).order_by(document.c.seq)
    with reading(engine) as connection:
        return [(row.kind, row.body) for row in connection.execute(query)]


_PRUNE = text("""
    DELETE FROM document WHERE (connection, seq) IN (
        SELECT d.connection, d.seq FROM document d
        WHERE d.recorded_at < statement_timestamp() - make_interval(months => :months)
          AND NOT EXISTS (SELECT 1 FROM document older WHERE older.connection = d.connection AND older.seq < d.seq
                          AND older.recorded_at >= statement_timestamp() - make_interval(months => :months))
        LIMIT :limit)
""")


def prune_documents(connection: Connection, months: int, limit: int = 5_000) -> int:
    """Cuts the oldest part of each chain, never a hole in it: the first document kept still names the hash before it."""
    return connection.execute(_PRUNE, {"months": months, "limit": limit}).rowcount
