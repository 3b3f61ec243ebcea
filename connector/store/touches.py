"""First touches: what was done about a record, and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, text

from adapters.records import ObjectName, RecordRef
from adapters.sweeping import Deed
from connector.store.engine import reading

# A record may be read, and so known, after what was done about it. A conversion hangs a lead's activities on the contact.
_PUT = text("""
    WITH deed AS (
        SELECT * FROM unnest(:objects ::text[], :records ::text[], :activities ::text[], :kinds ::text[], :owners ::text[],
                             :moments ::timestamptz[]) AS d(object, record_id, activity, kind, by_owner, at)),
    owned AS (
        SELECT d.* FROM deed d WHERE d.object = :main AND NOT EXISTS (
            SELECT 1 FROM record r WHERE (r.connection, r.object, r.record_id) = (:name, d.object, d.record_id)
            AND r.state IN ('forgetting', 'forgotten'))
        UNION
        SELECT r.object, r.record_id, d.activity, d.kind, d.by_owner, d.at FROM deed d
        JOIN record r ON r.connection = :name AND r.now_id = d.record_id AND r.object <> d.object
            AND r.state NOT IN ('forgetting', 'forgotten') WHERE d.object <> :main)
    INSERT INTO touch (connection, object, record_id, stream, activity_id, kind, by_owner, at)
    SELECT :name, object, record_id, :stream, activity, kind, by_owner, at FROM owned
    ON CONFLICT (connection, object, record_id, stream, activity_id) DO UPDATE
        SET kind = EXCLUDED.kind, by_owner = EXCLUDED.by_owner, at = EXCLUDED.at
        WHERE (touch.kind, touch.by_owner, touch.at) IS DISTINCT FROM (EXCLUDED.kind, EXCLUDED.by_owner, EXCLUDED.at)
""")


def put_touches(connection: Connection, name: str, stream: str, main: ObjectName, deeds: Sequence[Deed]) -> int:
    """Keeps what was done about records of the `main` object; an activity that changed replaces itself.

    Returns how many were new or changed.
    """
    if not deeds:
        return 0
    once = {(deed.id, deed.touch.ref): deed for deed in deeds}
    rows = [once[key] for key in sorted(once)]
    values = {
        "name": name,
        "stream": stream,
        "main": main,
        "objects": [d.touch.ref.object for d in rows],
        "records": [d.touch.ref.id for d in rows],
        "activities": [d.id for d in rows],
        "kinds": [d.touch.kind for d in rows],
        "owners": [d.touch.by for d in rows],
        "moments": [d.touch.at for d in rows],
    }
    return connection.execute(_PUT, values).rowcount


def prune_touches(connection: Connection, months: int, limit: int = 20_000) -> int:
    """Deletes a batch of touches older than the packets that are kept."""
    gone = text("""
        DELETE FROM touch WHERE ctid IN (
            SELECT ctid FROM touch WHERE at < statement_timestamp() - make_interval(months => :months) LIMIT :limit)
    """)
    return connection.execute(gone, {"months": months, "limit": limit}).rowcount


@dataclass(frozen=True, slots=True)
class FirstTouch:
    kind: str
    at: datetime
    by_owner: str
    """CRM owner id."""


# By a rep who can own there: what an integration logs in nobody's name answers nobody.
_FIRST = text("""
    SELECT t.kind, t.at, t.by_owner FROM touch t
    JOIN seat s ON s.connection = t.connection AND s.owner_id = t.by_owner AND s.kind = 'person'
    WHERE t.connection = :name AND t.object = :object AND t.record_id = :id AND t.at >= :since AND t.at <= clock_timestamp()
        AND NOT t.by_owner = ANY(:nobody)
    ORDER BY t.at LIMIT 1
""")


def first_touch(engine: Engine, ref: RecordRef, since: datetime, nobody: Sequence[str] = ()) -> FirstTouch | None:
    """What a rep did first about a record from `since` on; None: nothing yet that was read."""
    values = {"name": ref.connection, "object": ref.object, "id": ref.id, "since": since, "nobody": list(nobody)}
    with reading(engine) as connection:
        row = connection.execute(_FIRST, values).first()
    return FirstTouch(row.kind, row.at, row.by_owner) if row else None
