"""What was installed in a CRM: how far it got, and which fields the plan listed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, Engine, text

from config.mapping import FieldMapping
from connector.store.engine import reading

State = Literal["applying", "applied", "removing", "removed"]


@dataclass(frozen=True, slots=True)
class Installation:
    """One connection's installation as the books have it."""

    state: State
    fields: Mapping[str, str]
    """Output to CRM field, as the plan listed them for the object that leads are."""
    began_at: datetime
    ended_at: datetime | None
    """None: it is under way, or was interrupted."""
    steps: int
    """Things done since it began."""


_READ = text("""
    SELECT state, fields, began_at, ended_at, (
        SELECT count(*) FROM installation_step s WHERE s.connection = i.connection AND s.done_at >= i.began_at
    ) AS steps
    FROM installation i WHERE connection = :name
""")


def installation_of(engine: Engine, name: str) -> Installation | None:
    """None: nothing was ever installed through this connection."""
    with reading(engine) as connection:
        row = connection.execute(_READ, {"name": name}).one_or_none()
    return Installation(row.state, row.fields, row.began_at, row.ended_at, row.steps) if row else None


_BEGIN = text("""
    INSERT INTO installation (connection, state, fields, listed)
    VALUES (:name, :state, CAST(:fields AS jsonb), CAST(:listed AS jsonb))
    ON CONFLICT (connection) DO UPDATE SET state = :state, fields = EXCLUDED.fields, listed = EXCLUDED.listed,
        began_at = CASE WHEN installation.state = :state THEN installation.began_at ELSE clock_timestamp() END, ended_at = NULL
""")


def begin_installation(connection: Connection, name: str, state: State, mapping: FieldMapping) -> None:
    """Says what is about to be done, before it is. Begun again after an interruption, it is still the same one.

    Args:
        mapping: whose outputs the plan lists: from here on they may be written, and nothing else.
    """
    listed = {object_: sorted(names) for object_, names in mapping.written_fields().items()}
    values = {"fields": json.dumps(dict(mapping.outputs)), "listed": json.dumps(listed)}
    connection.execute(_BEGIN, {"name": name, "state": state, **values})


def accept_fields(connection: Connection, name: str, mapping: FieldMapping) -> None:
    """Lists a mapping's outputs as an installation would, for fields that somebody else made."""
    begin_installation(connection, name, "applied", mapping)
    end_installation(connection, name, "applied")


_STEP = text("""
    INSERT INTO installation_step (connection, kind, name, action, made)
    VALUES (:name, :kind, :thing, CAST(:action AS text), CAST(:action AS text) = 'create')
    ON CONFLICT (connection, kind, name) DO UPDATE SET action = EXCLUDED.action, done_at = clock_timestamp(),
        made = CASE EXCLUDED.action WHEN 'create' THEN true WHEN 'remove' THEN false ELSE installation_step.made END
""")


def step_done(connection: Connection, name: str, kind: str, thing: str, action: str) -> None:
    connection.execute(_STEP, {"name": name, "kind": kind, "thing": thing, "action": action})


def things_made(engine: Engine, name: str) -> frozenset[tuple[str, str]]:
    """Kind and name of what we created there and have not removed since."""
    query = text("SELECT kind, name FROM installation_step WHERE connection = :name AND made")
    with reading(engine) as connection:
        return frozenset((row.kind, row.name) for row in connection.execute(query, {"name": name}))


def end_installation(connection: Connection, name: str, state: State) -> None:
    done = text("UPDATE installation SET state = :state, ended_at = clock_timestamp() WHERE connection = :name")
    connection.execute(done, {"name": name, "state": state})


# --- taking it out again


def drop_open_writes(connection: Connection, name: str) -> int:
    """Writes that were decided and never sent are not sent any more; returns how many there were."""
    return connection.execute(text("DELETE FROM outbox WHERE connection = :name"), {"name": name}).rowcount


def stop_clocks(connection: Connection, name: str) -> int:
    """Ends the clocks of the people who were decided through this connection; returns how many ran."""
    query = text("UPDATE person SET clock_from = NULL WHERE packet_connection = :name AND clock_from IS NOT NULL")
    return connection.execute(query, {"name": name}).rowcount


def tasks_made(engine: Engine, name: str) -> Sequence[str]:
    """The CRM's ids of all tasks that we made there."""
    query = text("SELECT vendor_id FROM effect WHERE connection = :name AND vendor_id IS NOT NULL ORDER BY key")
    with reading(engine) as connection:
        return list(connection.execute(query, {"name": name}).scalars())
