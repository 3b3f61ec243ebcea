"""Packets with the keys that open them, and the keys of a connection, read page by page."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Engine, text

from connector.store.engine import reading

_PAGE = 2_000


@dataclass(frozen=True, slots=True)
class SealedPacket:
    """A packet as it stands in its chain. Without a key its person was forgotten."""

    seq: int
    body: bytes
    wrapped_key: bytes | None


_JOINED = """
    SELECT d.connection, d.seq, d.body, k.wrapped FROM document d
    LEFT JOIN record_key k ON (k.connection, k.object, k.record_id) = (d.connection, d.object, d.record_id)
    WHERE d.kind = 'packet'
"""

_OF_CHAIN = text(f"{_JOINED} AND d.connection = :name AND d.seq > :after ORDER BY d.seq LIMIT {_PAGE}")

_ONE = text(f"{_JOINED} AND d.packet_id = CAST(:packet AS uuid)")


def sealed_packets(engine: Engine, name: str) -> Iterator[SealedPacket]:
    """Every packet of a connection's chain, in order."""
    after = 0
    while True:
        with reading(engine) as connection:
            rows = connection.execute(_OF_CHAIN, {"name": name, "after": after}).all()
        if not rows:
            return
        yield from (SealedPacket(row.seq, row.body, row.wrapped) for row in rows)
        after = rows[-1].seq


def sealed_packet(engine: Engine, packet_id: str) -> SealedPacket | None:
    """One packet, whichever chain it stands in."""
    with reading(engine) as connection:
        row = connection.execute(_ONE, {"packet": packet_id}).first()
    return SealedPacket(row.seq, row.body, row.wrapped) if row else None


_KEYS = text(f"""
    SELECT object, record_id, wrapped FROM record_key
    WHERE connection = :name AND (object, record_id) > (:object, :record) ORDER BY object, record_id LIMIT {_PAGE}
""")  # noqa: S608 - a constant


def wrapped_keys(engine: Engine, name: str) -> Iterator[tuple[str, str, bytes]]:
    """(object, record id, wrapped key) of every record of a connection that has one."""
    object_, record = "", ""
    while True:
        with reading(engine) as connection:
            rows = connection.execute(_KEYS, {"name": name, "object": object_, "record": record}).all()
        if not rows:
            return
        yield from ((row.object, row.record_id, row.wrapped) for row in rows)
        object_, record = rows[-1].object, rows[-1].record_id
