"""A mirror as it is after years, put down at once: for benchmarks and tests that ask what it costs as it grows.

The rows are those that a backfill leaves behind (person, keys, record, index entry), made by PostgreSQL from numbers and a seed.
No CRM has these records; whoever looks at them through one finds them gone.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Engine, text

from connector.store.engine import reading, transact

AT_ONCE: Final = 25_000
"""Records of one transaction: well within the time that a statement may take."""

BIG: Final = ("person", "identity_key", "record", "indexed_record", "event")
"""The tables that grow with the mirror and with what happens in it."""

_NUMBERS = (
    "SELECT n, md5(:seed || ':' || :name || ':' || n)::uuid AS id FROM generate_series(:first ::bigint, :last ::bigint) AS n"
)

_STATEMENTS = tuple(
    text(statement.replace("NUMBERS", f"({_NUMBERS}) AS made"))
    for statement in (
        "INSERT INTO person (id) SELECT id FROM NUMBERS ON CONFLICT DO NOTHING",
        """
        INSERT INTO identity_key (kind, digest, person_id)
        SELECT 'email', substring(sha256(convert_to('email:' || id || '@mirror.example', 'UTF8')), 1, 16), id FROM NUMBERS
        ON CONFLICT DO NOTHING
        """,
        """
        INSERT INTO record (connection, object, record_id, person_id, input_hash, source)
        SELECT :name, :object, :prefix || lpad(n::text, 13, '0'), id, sha256(convert_to(id::text, 'UTF8')), 'Web' FROM NUMBERS
        ON CONFLICT DO NOTHING
        """,
        """
        INSERT INTO indexed_record (connection, object, record_id, why, created_at, fit, engagement, grade, confidence, rank)
        SELECT :name, :object, :prefix || lpad(n::text, 13, '0'), 'old', now() - make_interval(mins => (n % 500000)::int),
            (n % 100)::int, NULL, 'B', 'Medium', (n % 200)::int FROM NUMBERS
        ON CONFLICT DO NOTHING
        """,
        """
        INSERT INTO event (connection, identity, delivery_id, object, record_id, kind, occurred_at)
        SELECT :name, substring(sha256(convert_to('event:' || id, 'UTF8')), 1, 16), 0, :object,
            :prefix || lpad(n::text, 13, '0'), 'swept', now() FROM NUMBERS
        ON CONFLICT DO NOTHING
        """,
    )
)


def put_many(engine: Engine, name: str, object_: str, prefix: str, first: int, last: int, seed: int) -> None:
    """Records number `first` to `last` of one connection; doing it again changes nothing.

    Args:
        prefix: how the records' ids begin; 13 digits follow.
    """
    for start in range(first, last + 1, AT_ONCE):
        values = {"name": name, "object": object_, "prefix": prefix, "seed": str(seed)}
        values |= {"first": start, "last": min(start + AT_ONCE - 1, last)}  # type: ignore[dict-item]
        for statement in _STATEMENTS:
            transact(engine, lambda session, one=statement, values=values: session.execute(one, values))  # type: ignore[misc]


def analyse(engine: Engine) -> None:
    """What PostgreSQL does by itself some time after so many rows came in."""
    for table in BIG:
        transact(engine, lambda session, table=table: session.execute(text(f"ANALYZE {table}")))  # type: ignore[misc]


_READS = text("""
    SELECT relname AS name, seq_tup_read AS walked, COALESCE(idx_tup_fetch, 0) AS found FROM pg_stat_user_tables
    WHERE relname = ANY(:names)
""")


def rows_read(engine: Engine, tables: Sequence[str] = BIG) -> Mapping[str, tuple[int, int]]:
    """By table, how many rows were ever read by walking through it, and how many were found by an index.

    A session tells what it read when it ends, if not before: so the engine's own are ended first.
    """
    engine.dispose()
    with reading(engine) as session:
        return {row.name: (row.walked, row.found) for row in session.execute(_READS, {"names": list(tables)})}
