"""Match weights, versioned like a model: every set that was ever in force is kept whole, and the newest is in force."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, insert, select

from connector.store.engine import reading
from connector.store.schema import match_weights


@dataclass(frozen=True, slots=True)
class StoredWeights:
    version: str
    document: Mapping[str, Any]
    records: int
    who: str
    what: str
    """estimated, corrected"""
    at: datetime


def weights_in_force(engine: Engine) -> StoredWeights | None:
    """None where none were ever estimated: then the shipped ones are in force."""
    query = select(match_weights).order_by(match_weights.c.id.desc()).limit(1)
    with reading(engine) as connection:
        row = connection.execute(query).first()
    return StoredWeights(row.version, row.document, row.records, row.who, row.what, row.at) if row else None


def put_weights(session: Connection, *, version: str, document: Mapping[str, Any], records: int, who: str, what: str) -> None:
    """Puts a set in force."""
    values = {"version": version, "document": document, "records": records, "who": who, "what": what}
    session.execute(insert(match_weights).values(values))
