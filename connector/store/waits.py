"""What waits for calls, and says so: on the record's row, until it goes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Engine, text

from adapters.records import RecordRef
from connector.store.engine import reading

Reason = Literal["budget", "limit"]
"""budget: our own share of the day is spent, hot leads still go · limit: nobody may call, by the CRM's word or by the count."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why what is due does not go."""

    reason: Reason
    wait: float
    """Seconds until it is looked at again."""
    expected: float
    """Seconds until it is expected to go."""

    def columns(self) -> Mapping[str, Any]:
        return {"reason": self.reason, "wait": self.wait, "expected": self.expected, "spare_hot": self.reason == "budget"}


_OF_RECORDS = text("""
    SELECT * FROM (
        SELECT 'write' AS what, connection, object, record_id, waits_for, waits_since, waits_until, not_before, hot FROM outbox
        UNION ALL
        SELECT 'read', connection, object, record_id, waits_for, waits_since, waits_until, not_before, false FROM due) both_
    JOIN unnest(:connections ::text[], :objects ::text[], :records ::text[]) AS wanted(connection, object, record_id)
        USING (connection, object, record_id)
    WHERE waits_for <> '' AND not_before > clock_timestamp() ORDER BY connection, object, record_id, what
""")


@dataclass(frozen=True, slots=True)
class Waits:
    """One record that waits."""

    what: Literal["read", "write"]
    """read: something changed and has not been looked at · write: the decision is made and not yet in the CRM."""
    ref: RecordRef
    reason: Reason
    since: datetime
    until: datetime
    """When it is expected to go."""
    looked_at: datetime
    """When it is looked at again; never later than `until`."""


def waits_of(engine: Engine, refs: Sequence[RecordRef]) -> Sequence[Waits]:
    """Which of these records wait for calls now."""
    values = {"connections": [r.connection for r in refs], "objects": [r.object for r in refs], "records": [r.id for r in refs]}
    with reading(engine) as session:
        rows = session.execute(_OF_RECORDS, values).all()
    return [
        Waits(
            what=row.what,
            ref=RecordRef(row.connection, row.object, row.record_id),
            reason=row.waits_for,
            since=row.waits_since,
            until=row.waits_until,
            looked_at=row.not_before,
        )
        for row in rows
    ]
