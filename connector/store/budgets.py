"""The day's calls to a CRM: counted in blocks in PostgreSQL, corrected by what the vendor's own headers say."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine, text

from connector.store.engine import reading, writing

_RESERVE = text("""
    INSERT INTO budget (connection, day, used, ceiling) VALUES (:name, :day, :calls, :ceiling)
    ON CONFLICT (connection, day) DO UPDATE SET used = budget.used + EXCLUDED.used,
        ceiling = LEAST(budget.ceiling, EXCLUDED.ceiling)
        WHERE budget.used + EXCLUDED.used <= LEAST(budget.ceiling, EXCLUDED.ceiling)
    RETURNING used
""")

_CORRECT = text("""
    UPDATE budget SET used = GREATEST(used, :used), ceiling = LEAST(ceiling, :ceiling) WHERE connection = :name AND day = :day
""")


def reserve_calls(engine: Engine, name: str, day: str, calls: int, ceiling: int) -> bool:
    """Takes a block of calls out of the day's allowance; False when it is spent. A lower limit learned today stands all day."""
    with writing(engine) as connection:
        row = {"name": name, "day": day, "calls": calls, "ceiling": ceiling}
        return connection.execute(_RESERVE, row).scalar_one_or_none() is not None


def correct_budget(engine: Engine, name: str, day: str, *, used: int, ceiling: int) -> None:
    """The vendor counts other programs' calls too: its figure is the better one when it is higher."""
    with writing(engine) as connection:
        connection.execute(_CORRECT, {"name": name, "day": day, "used": used, "ceiling": ceiling})


def budget_of(engine: Engine, name: str, day: str) -> tuple[int, int] | None:
    """(used, ceiling) of one day."""
    query = text("SELECT used, ceiling FROM budget WHERE connection = :name AND day = :day")
    with reading(engine) as connection:
        row = connection.execute(query, {"name": name, "day": day}).first()
    return (row.used, row.ceiling) if row else None


@dataclass(frozen=True, slots=True)
class StoredDay:
    """One connection's day. `today` names the vendor's day; `ceiling` is the vendor's limit less the reserve kept for others."""

    engine: Engine
    connection: str
    ceiling: int
    today: Callable[[], str]

    def reserve(self, calls: int) -> bool:
        return reserve_calls(self.engine, self.connection, self.today(), calls, self.ceiling)

    def correct(self, *, used: int, limit: int) -> None:
        correct_budget(self.engine, self.connection, self.today(), used=used, ceiling=min(limit, self.ceiling))

    def spent(self) -> tuple[int, int] | None:
        """(used, ceiling) of today; None where no call was made yet."""
        return budget_of(self.engine, self.connection, self.today())
