"""Access tokens: sealed, shared by all processes, refreshed by one of them at a time under a row lock."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine, text

from adapters.base import Grant
from connector.store.engine import reading, writing
from connector.vault import Vault


@dataclass(frozen=True, slots=True)
class StoredToken:
    access_token: str
    refresh_token: str | None
    stale: bool
    """It ends within five minutes, by PostgreSQL's clock."""


_READ = text("""
    SELECT sealed, expires_at IS NOT NULL AND expires_at < clock_timestamp() + interval '5 minutes' AS stale
    FROM token WHERE connection = :name
""")

_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('token:' || :name))")

_PUT = text("""
    INSERT INTO token (connection, sealed, generation, expires_at, granted_at)
    VALUES (:name, :sealed, 1, clock_timestamp() + make_interval(secs => :seconds), clock_timestamp())
    ON CONFLICT (connection) DO UPDATE SET sealed = EXCLUDED.sealed, generation = token.generation + 1,
        expires_at = EXCLUDED.expires_at, granted_at = EXCLUDED.granted_at
""")


def read_token(engine: Engine, vault: Vault, name: str) -> StoredToken | None:
    with reading(engine) as connection:
        row = connection.execute(_READ, {"name": name}).first()
    return _opened(vault, row.sealed, stale=row.stale) if row else None


def replace_token(engine: Engine, vault: Vault, name: str, rejected: str | None, grant: Callable[[str | None], Grant]) -> str:
    """Gets a new token unless another process has done so since `rejected` was read. Returns the token to use.

    `grant` is called with the refresh token in force, under the lock; its answer is committed before it is used, since a vendor
    that rotates refresh tokens has already killed the old one.
    """
    with writing(engine) as connection:
        connection.execute(_LOCK, {"name": name})
        row = connection.execute(_READ, {"name": name}).first()
        stored = _opened(vault, row.sealed, stale=row.stale) if row else None
        if stored and not stored.stale and stored.access_token != rejected:
            return stored.access_token
        fresh = grant(stored.refresh_token if stored else None)
        kept = fresh.refresh_token or (stored.refresh_token if stored else None)
        sealed = vault.seal(json.dumps({"access": fresh.access_token, "refresh": kept}))
        connection.execute(_PUT, {"name": name, "sealed": sealed, "seconds": fresh.expires_in})
    return fresh.access_token


def _opened(vault: Vault, sealed: bytes, *, stale: bool) -> StoredToken:
    held = json.loads(vault.open(sealed))
    return StoredToken(held["access"], held["refresh"], stale)
