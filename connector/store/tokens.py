"""Access tokens: sealed, shared by all processes, refreshed by one of them at a time under a lock.

A vendor that refuses the grant itself leaves a `refusal`: since when and why. While it stands the vendor is asked again only
every few minutes, and nothing else changes: webhooks are taken in, leads wait.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine, text

from adapters.base import Grant
from adapters.errors import CallOperator
from connector.store.engine import reading, writing
from connector.vault import Vault

ASK_AGAIN_SECONDS: Final = 300
"""A grant that was refused may have been given again in the CRM, without anybody telling us."""


@dataclass(frozen=True, slots=True)
class StoredToken:
    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    stale: bool
    """It ends within five minutes, by PostgreSQL's clock."""
    refused: bool = False
    """The vendor has refused it, or what it was granted for."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The vendor refuses the grant: the connection needs to be connected again."""

    since: datetime
    because: str
    code: str


class StillRefusedError(Exception):
    """The vendor refused the grant a few minutes ago, and was not asked again."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.because)
        self.refusal = refusal


_READ = text("""
    SELECT t.sealed, t.expires_at IS NOT NULL AND t.expires_at < clock_timestamp() + interval '5 minutes' AS stale,
        EXISTS (SELECT FROM refusal r WHERE r.connection = t.connection) AS refused
    FROM token t WHERE t.connection = :name
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
        return _read(connection, vault, name)


_ENDING = text("""
    SELECT t.connection FROM token t LEFT JOIN refusal r ON r.connection = t.connection
    WHERE t.expires_at < clock_timestamp() + interval '5 minutes'
        AND (r.asked_at IS NULL OR r.asked_at < clock_timestamp() - make_interval(secs => :seconds))
    ORDER BY 1
""")


def ending_tokens(engine: Engine) -> Sequence[str]:
    """Connections whose token is to be refreshed by the clock; not those whose vendor refused that a few minutes ago."""
    with reading(engine) as connection:
        return list(connection.execute(_ENDING, {"seconds": ASK_AGAIN_SECONDS}).scalars())


def replace_token(engine: Engine, vault: Vault, name: str, rejected: str | None, grant: Callable[[str | None], Grant]) -> str:
    """Gets a new token unless another process has done so since `rejected` was read. Returns the token to use.

    `grant` is called with the refresh token in force, under the lock; its answer is committed before it is used, since a vendor
    that rotates refresh tokens has already killed the old one. A refusal is committed too, for whoever waits for the lock.

    Raises:
        adapters.errors.CallOperator: the vendor refuses the grant.
        StillRefusedError: it did so lately.
        adapters.errors.AdapterError: no usable answer.
    """
    with writing(engine) as connection:
        lock_token(connection, name)
        stored = _read(connection, vault, name)
        if stored and not stored.stale and stored.access_token != rejected:
            return stored.access_token
        _respect_refusal(connection, name)
        try:
            fresh = grant(stored.refresh_token if stored else None)
        except CallOperator as error:
            refused: CallOperator | None = error
            put_refusal(connection, name, str(error), error.code)
        else:
            refused = None
            put_token(connection, vault, name, fresh, kept=stored.refresh_token if stored else None)
    if refused:
        raise refused
    return fresh.access_token


def lock_token(connection: Connection, name: str) -> None:
    """Until the transaction ends, nobody else gets or puts a token of this connection."""
    connection.execute(_LOCK, {"name": name})


def put_token(connection: Connection, vault: Vault, name: str, fresh: Grant, *, kept: str | None = None) -> None:
    """The grant in force from now on; whoever puts it holds the lock. `kept` is the refresh token if the grant brings none."""
    sealed = vault.seal(json.dumps({"access": fresh.access_token, "refresh": fresh.refresh_token or kept}))
    connection.execute(_PUT, {"name": name, "sealed": sealed, "seconds": fresh.expires_in})
    lift_refusal(connection, name)


def drop_token(connection: Connection, name: str) -> None:
    connection.execute(text("DELETE FROM token WHERE connection = :name"), {"name": name})


_REFUSE = text("""
    INSERT INTO refusal (connection, because, code) VALUES (:name, :because, :code)
    ON CONFLICT (connection) DO UPDATE SET because = EXCLUDED.because, code = EXCLUDED.code, asked_at = clock_timestamp()
""")

_REFUSED_LATELY = text("""
    SELECT since, because, code FROM refusal
    WHERE connection = :name AND asked_at > clock_timestamp() - make_interval(secs => :seconds)
""")


def put_refusal(connection: Connection, name: str, because: str, code: str = "") -> None:
    """`since` stays what it was when the first refusal came."""
    connection.execute(_REFUSE, {"name": name, "because": because, "code": code})


def lift_refusal(connection: Connection, name: str) -> None:
    connection.execute(text("DELETE FROM refusal WHERE connection = :name"), {"name": name})


def refusal_of(engine: Engine, name: str) -> Refusal | None:
    """Since when and why a connection needs to be connected again; None while its grant is good."""
    query = text("SELECT since, because, code FROM refusal WHERE connection = :name")
    with reading(engine) as connection:
        row = connection.execute(query, {"name": name}).first()
    return Refusal(*row) if row else None


def _respect_refusal(connection: Connection, name: str) -> None:
    row = connection.execute(_REFUSED_LATELY, {"name": name, "seconds": ASK_AGAIN_SECONDS}).first()
    if row:
        raise StillRefusedError(Refusal(*row))


def _read(connection: Connection, vault: Vault, name: str) -> StoredToken | None:
    row = connection.execute(_READ, {"name": name}).first()
    if row is None:
        return None
    held = json.loads(vault.open(row.sealed))
    return StoredToken(held["access"], held["refresh"], row.stale, row.refused)
