"""How connections stand: their tokens, and when the CRM last spoke to us."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, text

from connector.store.engine import reading
from connector.store.tokens import Refusal


@dataclass(frozen=True, slots=True)
class Access:
    """One connection's grant, and its last webhook."""

    granted_at: datetime | None
    """When the token in force was granted; None before the first."""
    expires_at: datetime | None
    """None where the vendor does not say, or there is no token."""
    refusal: Refusal | None
    last_webhook: datetime | None
    """Of those still kept."""


_ACCESS = text("""
    SELECT c.name, t.granted_at, t.expires_at, r.since, r.because, r.code,
        (SELECT d.received_at FROM delivery d WHERE d.connection = c.name ORDER BY d.id DESC LIMIT 1) AS last_webhook
    FROM connection c LEFT JOIN token t ON t.connection = c.name LEFT JOIN refusal r ON r.connection = c.name
""")


def access_of_all(engine: Engine) -> Mapping[str, Access]:
    """By connection name."""
    with reading(engine) as connection:
        rows = connection.execute(_ACCESS).all()
    return {
        row.name: Access(
            row.granted_at,
            row.expires_at,
            Refusal(row.since, row.because, row.code) if row.since else None,
            row.last_webhook,
        )
        for row in rows
    }


def leads_by_source(engine: Engine, name: str) -> Mapping[str, int]:
    """Records decided so far, by lead source in the letters in which modes are kept; the most frequent first."""
    query = text("""
        SELECT lower(trim(source)) AS source, count(*) AS leads FROM record WHERE connection = :name
        GROUP BY 1 ORDER BY 2 DESC, 1
    """)
    with reading(engine) as connection:
        return {row.source: row.leads for row in connection.execute(query, {"name": name})}
