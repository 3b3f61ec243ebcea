"""Administrative acts: who did what to what."""

from sqlalchemy import Connection, insert

from connector.store.schema import act


def note_act(connection: Connection, who: str, what: str, about: str) -> None:
    connection.execute(insert(act).values(who=who, what=what, about=about))
