"""Pools and the ledger of fair turns. A turn is taken in the transaction that records the decision, under the pool's lock."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine, func, insert, select, text

from connector.store.engine import reading
from connector.store.schema import pool, turn


@dataclass(slots=True)
class Pool:
    """A pool as it stands under our lock: weights and turns taken in the present span, by rep."""

    name: str
    span: int
    members: Mapping[str, int]
    taken: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TakenTurn:
    pool: str
    span: int
    rep: str
    person_id: str
    packet_id: str


def set_pools(connection: Connection, pools: Mapping[str, Mapping[str, int]]) -> None:
    """Sets members and weights. A pool whose members or weights changed starts a new span."""
    for name, members in sorted(pools.items()):
        connection.execute(
            text("""
                INSERT INTO pool (name, members) VALUES (:name, CAST(:members AS jsonb))
                ON CONFLICT (name) DO UPDATE SET members = EXCLUDED.members, since = clock_timestamp(),
                    span = pool.span + 1 WHERE pool.members <> EXCLUDED.members
            """),
            {"name": name, "members": json.dumps(dict(members))},
        )


def all_pools(engine: Engine) -> Mapping[str, Mapping[str, int]]:
    with reading(engine) as connection:
        return {row.name: row.members for row in connection.execute(select(pool.c.name, pool.c.members))}


def lock_pools(connection: Connection, names: Iterable[str]) -> dict[str, Pool]:
    """Locks pools in name order, and counts the turns of their present span."""
    wanted = sorted(set(names))
    if not wanted:
        return {}
    rows = connection.execute(select(pool).where(pool.c.name.in_(wanted)).order_by(pool.c.name).with_for_update()).all()
    pools = {row.name: Pool(row.name, row.span, row.members) for row in rows}
    counts = (
        select(turn.c.pool, turn.c.rep, func.count().label("n"))
        .join(pool, (pool.c.name == turn.c.pool) & (pool.c.span == turn.c.span))
        .where(turn.c.pool.in_(list(pools)), turn.c.returned_at.is_(None))
        .group_by(turn.c.pool, turn.c.rep)
    )
    for row in connection.execute(counts):
        pools[row.pool].taken[row.rep] = row.n
    return pools


def put_turns(connection: Connection, turns: Sequence[TakenTurn]) -> None:
    if turns:
        rows = [{"pool": t.pool, "span": t.span, "rep": t.rep, "person_id": t.person_id, "packet_id": t.packet_id} for t in turns]
        connection.execute(insert(turn), rows)


def ledger(engine: Engine) -> Sequence[tuple[str, int, str, int]]:
    """(pool, span, rep, turns) of every span, returned turns left out."""
    query = (
        select(turn.c.pool, turn.c.span, turn.c.rep, func.count())
        .where(turn.c.returned_at.is_(None))
        .group_by(turn.c.pool, turn.c.span, turn.c.rep)
        .order_by(turn.c.pool, turn.c.span, turn.c.rep)
    )
    with reading(engine) as connection:
        return [(row[0], row[1], row[2], row[3]) for row in connection.execute(query)]


def restart_spans(connection: Connection) -> None:
    """Begins a new span in every pool."""
    connection.execute(text("UPDATE pool SET span = span + 1, since = clock_timestamp()"))
