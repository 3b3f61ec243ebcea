"""The way in: a delivery is on disk before its sender hears 2xx. One statement, one round trip, and no pool in between."""

import threading

import psycopg
from sqlalchemy.engine import make_url

from connector.store.engine import StoreUnavailableError, session_limits
from connector.vault import Vault

_PUT = """
    INSERT INTO delivery (connection, channel, fingerprint, body) VALUES (%s, %s, %b, %b)
    ON CONFLICT (connection, fingerprint) DO NOTHING
"""


class Inbox:
    """Stores deliveries through the driver alone: SQLAlchemy's share would be half of what storing one costs.

    Every thread of the web process keeps a session of its own, in autocommit. One that died with a restart of the database is
    replaced once.
    """

    def __init__(self, url: str, vault: Vault) -> None:
        self._url = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._vault = vault
        self._mine = threading.local()
        self._sessions: list[psycopg.Connection] = []

    def put(self, *, connection: str, channel: str, fingerprint: bytes, body: bytes) -> bool:
        """Commits one delivery, sealed; False if the very same request was stored before.

        Raises:
            StoreUnavailableError: the database is not there.
        """
        row = (connection, channel, fingerprint, self._vault.seal_body(body, connection))
        try:
            return self._put(row)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            self._drop()
        try:
            return self._put(row)
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            self._drop()
            raise StoreUnavailableError("The database does not answer; it is tried again later.") from error

    def close(self) -> None:
        """Ends the sessions of all threads."""
        for session in self._sessions:
            session.close()

    def _put(self, row: tuple[str, str, bytes, bytes]) -> bool:
        return self._cursor().execute(_PUT, row, prepare=True).rowcount == 1

    def _cursor(self) -> psycopg.Cursor:
        cursor: psycopg.Cursor | None = getattr(self._mine, "cursor", None)
        if cursor is None:
            session = psycopg.connect(self._url, autocommit=True, **session_limits())
            self._sessions.append(session)
            cursor = self._mine.cursor = session.cursor()
        return cursor

    def _drop(self) -> None:
        cursor: psycopg.Cursor | None = getattr(self._mine, "cursor", None)
        if cursor is not None:
            self._mine.cursor = None
            self._sessions.remove(cursor.connection)
            cursor.connection.close()
