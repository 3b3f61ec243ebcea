"""The least that keeping a request can cost: one bare insert. Nothing but the receiver's benchmark uses it, as its floor."""

import os
import threading

import psycopg
from sqlalchemy.engine import make_url

_CREATE = "CREATE TABLE IF NOT EXISTS bare_delivery (LIKE delivery INCLUDING ALL)"
_INSERT = "INSERT INTO bare_delivery (connection, channel, fingerprint, body) VALUES ('bare', 'bare', %s, %b)"


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
