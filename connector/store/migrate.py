"""Brings the database to this version's schema. Safe to run from every process at start: the first does it, the others wait."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from connector.store.engine import reading, writing

_FOLDER = Path(__file__).parent / "migrations"


def migrate(engine: Engine) -> None:
    """Upgrades to the newest revision, under a lock.

    Raises:
        connector.store.engine.StoreUnavailableError: the database is not there.
    """
    if current_revision(engine) == newest_revision():
        return
    with writing(engine) as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('leadline migrations'))"))
        command.upgrade(alembic_config(connection), "head")


def current_revision(engine: Engine) -> str | None:
    with reading(engine) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str | None:
    return ScriptDirectory(str(_FOLDER)).get_current_head()


def alembic_config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    return config
