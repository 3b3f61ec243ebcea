"""What only the benchmarks ask of the store: the barest insert, as the receiver's floor, and one record alone, for the peer."""

import os
import threading
from collections.abc import Mapping
from datetime import datetime
from uuid import uuid4

import psycopg
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url

from adapters.records import RecordRef
from connector.store.dues import Batch, Due
from connector.store.engine import reading, transact

_CREATE = "CREATE TABLE IF NOT EXISTS bare_delivery (LIKE delivery INCLUDING ALL)"
_INSERT = "INSERT INTO bare_delivery (connection, channel, fingerprint, body) VALUES ('bare', 'bare', %b, %b)"


class BareStore:
    """Inserts into a table of the same shape as `delivery`, through the driver alone, in autocommit."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._sessions = threading.local()
        self._session().execute(_CREATE)

    def keep(self, body: bytes) -> None:
        """The row is on disk when this returns."""
        self._session().execute(_INSERT, (os.urandom(16), body), prepare=True)

    def _session(self) -> psycopg.Connection:
        session: psycopg.Connection | None = getattr(self._sessions, "mine", None)
        if session is None:
            session = self._sessions.mine = psycopg.connect(self._url, autocommit=True)
        return session


_CLAIM_ONE = text("""
    UPDATE due SET lease = CAST(:token AS uuid), attempts = attempts + 1
    WHERE connection = :connection AND object = :object AND record_id = :record
    RETURNING version, attempts, source_at
""")


def claim_one(engine: Engine, ref: RecordRef) -> Batch:
    """Leases one due record, whoever else works on the connection."""
    token = str(uuid4())
    values = {"token": token, "connection": ref.connection, "object": ref.object, "record": ref.id}
    rows = transact(engine, lambda connection: connection.execute(_CLAIM_ONE, values).all())
    return Batch(token, [Due(ref, row.version, row.attempts, row.source_at) for row in rows])


_ARRIVALS = text("""
    SELECT e.record_id, min(d.received_at) AS at FROM event e JOIN delivery d ON d.id = e.delivery_id
    WHERE e.connection = :connection GROUP BY e.record_id
""")


def arrivals(engine: Engine, name: str) -> Mapping[str, datetime]:
    """When the first delivery about each record was stored, by record id."""
    with reading(engine) as connection:
        return {row.record_id: row.at for row in connection.execute(_ARRIVALS, {"connection": name})}
