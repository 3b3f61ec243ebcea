"""Schema changes only add: the version before goes on writing on the newer schema, and going back to it loses nothing."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import ARRAY, Column, Engine, MetaData, Table, inspect, select, text

from connector.store.engine import open_engine, reading, writing
from connector.store.migrate import alembic_config, current_revision, migrate, newest_revision

MOMENT: Final = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
UUID: Final = "00000000-0000-0000-0000-00000000000{}"


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    opened = open_engine(database_url, size=2)
    yield opened
    opened.dispose()


@contextmanager
def alembic(engine: Engine) -> Iterator[Any]:
    with writing(engine) as connection:
        yield alembic_config(connection)


def revisions(engine: Engine) -> list[str]:
    """Oldest first."""
    with alembic(engine) as config:
        return [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()][::-1]


def to(engine: Engine, revision: str) -> None:
    with alembic(engine) as config:
        move = command.upgrade if (current_revision(engine) or "") < revision else command.downgrade
        move(config, revision)


def schema_of(engine: Engine) -> Mapping[str, Table]:
    found = MetaData()
    with reading(engine) as connection:
        found.reflect(connection)
    return {table.name: table for table in found.sorted_tables if table.name != "alembic_version"}


def shape(engine: Engine) -> Mapping[tuple[str, str], tuple[str, bool]]:
    """(table, column) to its type, and whether an insert has to name it."""
    return {
        (name, column.name): (str(column.type), _to_be_named(column))
        for name, table in schema_of(engine).items()
        for column in table.columns
    }


def _to_be_named(column: Column[Any]) -> bool:
    return not column.nullable and column.server_default is None and column.identity is None


def uniques(engine: Engine) -> set[tuple[str, tuple[str, ...]]]:
    found = inspect(engine)
    return {
        (name, tuple(sorted(one["column_names"]))) for name in schema_of(engine) for one in found.get_unique_constraints(name)
    }


def test_every_change_of_the_schema_only_adds(engine: Engine) -> None:
    """Walked backwards, so that every way back is walked, too."""
    walked = revisions(engine)
    for revision in reversed(walked[:-1]):
        after, after_unique = shape(engine), uniques(engine)
        to(engine, revision)
        before, before_unique = shape(engine), uniques(engine)
        known = {table for table, _ in before}
        gone = {place for place in before if place not in after}
        changed = {place for place in before if place in after and after[place] != before[place]}
        demanded = {place for place in after if place not in before and place[0] in known and after[place][1]}
        narrowed = {one for one in after_unique - before_unique if one[0] in known}
        assert (gone, changed, demanded, narrowed) == (set(), set(), set(), set()), (
            f"what comes after {revision} does not only add"
        )


def some_row(table: Table, number: int) -> dict[str, Any]:
    """Every column filled; all texts alike and all ids alike, so that rows of one number refer to each other."""
    return {column.name: _value(column, number) for column in table.columns if column.identity is None}


def _value(column: Column[Any], number: int) -> Any:
    kind = str(column.type)
    values = {"INTEGER": number, "BIGINT": number, "BOOLEAN": True, "BYTEA": bytes([number]) * 16, "JSONB": {"n": number}}
    if kind.startswith("UUID"):
        return UUID.format(number)
    if kind.startswith("TIMESTAMP"):
        return MOMENT
    if isinstance(column.type, ARRAY):
        return [values.get(str(column.type.item_type), f"n{number}")]
    return values.get(kind, f"n{number}")


def put(engine: Engine, tables: Mapping[str, Table], number: int) -> None:
    with writing(engine) as connection:
        for table in tables.values():
            connection.execute(table.insert().values(some_row(table, number)))


def rows(engine: Engine, tables: Mapping[str, Table]) -> Mapping[str, Sequence[Sequence[Any]]]:
    with reading(engine) as connection:
        return {name: sorted(map(repr, connection.execute(select(table)))) for name, table in tables.items()}  # type: ignore[misc]


@pytest.fixture
def before(engine: Engine) -> Mapping[str, Table]:
    """The schema of the version before, with a row in every table."""
    to(engine, revisions(engine)[-2])
    tables = schema_of(engine)
    put(engine, tables, 1)
    return tables


def test_the_version_before_writes_and_reads_on_the_newer_schema(engine: Engine, before: Mapping[str, Table]) -> None:
    stood = rows(engine, before)
    migrate(engine)
    assert current_revision(engine) == newest_revision()
    assert rows(engine, before) == stood
    put(engine, before, 2)
    with writing(engine) as connection:
        connection.execute(text("UPDATE budget SET used = used + 50, ceiling = LEAST(ceiling, 9) WHERE connection = 'n2'"))
        connection.execute(text("UPDATE outbox SET attempts = attempts + 1, sent_at = clock_timestamp() WHERE connection = 'n2'"))
        connection.execute(text("DELETE FROM due WHERE connection = 'n2'"))
    assert [len(found) for name, found in rows(engine, before).items() if name != "due"] == [2] * (len(before) - 1)


def test_an_upgrade_and_the_way_back_lose_nothing(engine: Engine, before: Mapping[str, Table]) -> None:
    migrate(engine)
    put(engine, schema_of(engine), 3)
    stood = rows(engine, before)
    to(engine, revisions(engine)[-2])
    assert rows(engine, before) == stood
    assert all(len(found) == 2 for found in stood.values())
    put(engine, before, 4)
    migrate(engine)
    assert all(len(found) == 3 for found in rows(engine, before).values())


def test_a_schema_of_a_later_version_is_left_alone(engine: Engine) -> None:
    """A worker of the version before is started again beside newer ones."""
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    stood = shape(engine)
    migrate(engine)
    assert (current_revision(engine), shape(engine)) == ("9999", stood)
