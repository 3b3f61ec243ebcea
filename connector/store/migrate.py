"""Brings the database to this version's schema. Safe to run from every process at start: the first does it, the others wait.

Schema changes only add (expand); what a version no longer needs is taken away by the version after it at the earliest (contract).
So the version before runs on the newer schema, too: it finds a revision there that it does not know, and leaves everything alone.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from connector.store.engine import reading, writing

_FOLDER = Path(__file__).parent / "migrations"


def migrate(engine: Engine) -> None:
    """Upgrades to the newest revision, under a lock. A schema of a later version stays as it is.

    Raises:
        connector.store.engine.StoreUnavailableError: the database is not there.
    """
    present = current_revision(engine)
    if present == newest_revision() or (present is not None and not knows(present)):
        return
    with writing(engine) as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('leadline migrations'))"))
        command.upgrade(alembic_config(connection), "head")


def current_revision(engine: Engine) -> str | None:
    with reading(engine) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str | None:
    return _scripts().get_current_head()


def knows(revision: str) -> bool:
    """Whether this version has that revision: if not, a later one made it."""
    return any(script.revision == revision for script in _scripts().walk_revisions())


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(_FOLDER))


def alembic_config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    return config
